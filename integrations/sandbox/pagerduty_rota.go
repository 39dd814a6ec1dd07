package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// policy is an escalation policy, of a service or of a team. Its people are always on call,
// one on each level.
type policy struct {
	id, name string
	levels   []person
	// service is the one that it is of, zero for a team's.
	service Service
	// schedule has the person of the first level, where there is one.
	schedule scheduleEntry
}

// scheduleEntry is a schedule, by what it is called.
type scheduleEntry struct{ id, name string }

func policyOf(service Service) policy {
	return policy{id: "EP" + service.ID, name: service.Name + " on-call", service: service}
}

// policies are all escalation policies: those of the services come first.
func (s *Sandbox) policies() []policy {
	var all []policy
	add := func(p policy) {
		primary, secondary := onCall(len(all))
		p.levels = []person{primary, secondary}
		all = append(all, p)
	}
	for _, service := range s.options.PagerDutyServices {
		add(policyOf(service))
	}
	for _, team := range s.options.PagerDutyTeams {
		p := policy{id: team.PolicyID, name: "Team " + team.Name}
		if team.ScheduleID != "" {
			p.schedule = scheduleEntry{team.ScheduleID, "Shifts of " + team.Name}
		}
		if p.id == "" {
			p.id = "EP" + team.ScheduleID
		}
		add(p)
	}
	return all
}

func (s *Sandbox) policy(id string) (policy, bool) {
	return first(s.policies(), func(p policy) bool { return p.id == id })
}

func first[T any](among []T, accept func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(among, accept); i >= 0 {
		return among[i], true
	}
	return found, false
}

func (s *Sandbox) policyReference(p policy) object {
	return s.reference("escalation_policy", "escalation_policies", p.id, p.name)
}

func (s *Sandbox) scheduleReference(e scheduleEntry) object {
	return s.reference("schedule", "schedules", e.id, e.name)
}

func (s *Sandbox) policyDocument(p policy) object {
	doc := s.policyReference(p)
	doc["type"], doc["name"], doc["num_loops"] = "escalation_policy", p.name, 2
	doc["services"], doc["teams"] = []object{}, []object{}
	if p.service.ID != "" {
		doc["services"] = []object{s.serviceReference(p.service)}
	}
	target := s.userReference(p.levels[0])
	if p.schedule.id != "" {
		target = s.scheduleReference(p.schedule)
	}
	doc["escalation_rules"] = []object{
		{"id": p.id + "1", "escalation_delay_in_minutes": 10, "targets": []object{target}},
		{"id": p.id + "2", "escalation_delay_in_minutes": 15, "targets": []object{s.userReference(p.levels[1])}},
	}
	return doc
}

// listOnCalls lists, for each policy, the primary on level 1 and the secondary on level 2.
// Both are always on call, which PagerDuty writes as no start and no end.
func (s *Sandbox) listOnCalls(_ context.Context, c pagerDutyCall) (int, object, error) {
	var all []object
	for _, p := range s.policies() {
		if !c.accepts("escalation_policy_ids[]", p.id) {
			continue
		}
		for i, who := range p.levels {
			scheduled := scheduleEntry{}
			if i == 0 {
				scheduled = p.schedule
			}
			if !c.accepts("user_ids[]", who.pagerDutyID) || !c.accepts("schedule_ids[]", scheduled.id) {
				continue
			}
			user, reference := s.userReference(who), s.policyReference(p)
			if c.includes("users") {
				user = s.userDocument(who)
			}
			if c.includes("escalation_policies") {
				reference = s.policyDocument(p)
			}
			entry := object{
				"user": user, "escalation_policy": reference, "escalation_level": i + 1, "schedule": nil, "start": nil, "end": nil,
			}
			if scheduled.id != "" {
				entry["schedule"] = s.scheduleReference(scheduled)
			}
			all = append(all, entry)
		}
	}
	return c.list("oncalls", all)
}

func (s *Sandbox) listEscalationPolicies(_ context.Context, c pagerDutyCall) (int, object, error) {
	query := strings.ToLower(c.query.Get("query"))
	var all []object
	for _, p := range s.policies() {
		if strings.Contains(strings.ToLower(p.name), query) {
			all = append(all, s.policyDocument(p))
		}
	}
	return c.list("escalation_policies", all)
}

func (s *Sandbox) getEscalationPolicy(_ context.Context, c pagerDutyCall) (int, object, error) {
	p, ok := s.policy(c.PathValue("id"))
	if !ok {
		return 0, nil, errPagerDutyNotFound
	}
	return http.StatusOK, object{"escalation_policy": s.policyDocument(p)}, nil
}

func (s *Sandbox) getSchedule(_ context.Context, c pagerDutyCall) (int, object, error) {
	p, ok := first(s.policies(), func(p policy) bool { return p.schedule.id != "" && p.schedule.id == c.PathValue("id") })
	if !ok {
		return 0, nil, errPagerDutyNotFound
	}
	doc := s.scheduleReference(p.schedule)
	doc["type"], doc["name"], doc["time_zone"], doc["description"] = "schedule", p.schedule.name, "Etc/UTC", "A schedule of Muster's sandbox"
	doc["users"], doc["escalation_policies"], doc["teams"] = []object{s.userReference(p.levels[0])}, []object{s.policyReference(p)}, []object{}
	doc["schedule_layers"] = []object{}
	return http.StatusOK, object{"schedule": doc}, nil
}
