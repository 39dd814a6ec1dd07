package sandbox

import (
	"context"
	"net/http"
	"strings"
)

// The directory (services, people, who is on call) is derived from the configuration and
// never changes while the sandbox runs.

// service returns a configured service and its place in the configuration.
func (s *Sandbox) service(id string) (service Service, position int, ok bool) {
	for i, service := range s.options.PagerDutyServices {
		if service.ID == id {
			return service, i, true
		}
	}
	return Service{}, 0, false
}

func policyID(serviceID string) string      { return "EP" + serviceID }
func integrationID(serviceID string) string { return "IN" + serviceID }

func (s *Sandbox) serviceReference(service Service) object {
	return s.reference("service", "services", service.ID, service.Name)
}

func (s *Sandbox) policyReference(service Service) object {
	return s.reference("escalation_policy", "escalation_policies", policyID(service.ID), service.Name+" on-call")
}

func (s *Sandbox) userReference(p person) object {
	return s.reference("user", "users", p.pagerDutyID, p.name)
}

func (s *Sandbox) serviceDocument(service Service, withIntegrations bool) object {
	doc := s.serviceReference(service)
	doc["type"] = "service"
	doc["name"] = service.Name
	doc["description"] = "A service of Muster's sandbox"
	doc["status"] = "active"
	doc["alert_creation"] = "create_alerts_and_incidents"
	doc["escalation_policy"] = s.policyReference(service)
	integration := s.reference("events_api_v2_inbound_integration", "services/"+service.ID+"/integrations", integrationID(service.ID), "Events API v2")
	if withIntegrations {
		integration["type"] = "events_api_v2_inbound_integration"
		integration["name"] = "Events API v2"
		integration["integration_key"] = integrationKey(service.ID)
		integration["service"] = s.serviceReference(service)
	}
	doc["integrations"] = []object{integration}
	return doc
}

func (s *Sandbox) userDocument(p person) object {
	doc := s.userReference(p)
	doc["type"] = "user"
	doc["name"] = p.name
	doc["email"] = p.email
	doc["time_zone"] = "Etc/UTC"
	doc["role"] = "limited_user"
	return doc
}

func (s *Sandbox) listServices(_ context.Context, c pagerDutyCall) (int, object, error) {
	query := strings.ToLower(c.query.Get("query"))
	var all []object
	for _, service := range s.options.PagerDutyServices {
		if strings.Contains(strings.ToLower(service.Name), query) {
			all = append(all, s.serviceDocument(service, c.includes("integrations")))
		}
	}
	return c.list("services", all)
}

func (s *Sandbox) getService(_ context.Context, c pagerDutyCall) (int, object, error) {
	service, _, ok := s.service(c.PathValue("id"))
	if !ok {
		return 0, nil, errPagerDutyNotFound
	}
	return http.StatusOK, object{"service": s.serviceDocument(service, c.includes("integrations"))}, nil
}

func (s *Sandbox) listPagerDutyUsers(_ context.Context, c pagerDutyCall) (int, object, error) {
	query := strings.ToLower(c.query.Get("query"))
	var all []object
	for _, p := range append([]person{musterInPagerDuty}, responders...) {
		if strings.Contains(strings.ToLower(p.name), query) || strings.Contains(p.email, query) {
			all = append(all, s.userDocument(p))
		}
	}
	return c.list("users", all)
}

func (s *Sandbox) getPagerDutyUser(_ context.Context, c pagerDutyCall) (int, object, error) {
	p, ok := pagerDutyUser(func(p person) bool { return p.pagerDutyID == c.PathValue("id") })
	if !ok {
		return 0, nil, errPagerDutyNotFound
	}
	return http.StatusOK, object{"user": s.userDocument(p)}, nil
}

// listOnCalls lists, for each policy, the primary on level 1 and the secondary on level
// 2. Both are always on call, which PagerDuty writes as no start and no end.
func (s *Sandbox) listOnCalls(_ context.Context, c pagerDutyCall) (int, object, error) {
	var all []object
	for position, service := range s.options.PagerDutyServices {
		// There are no schedules: people stand in the policies themselves.
		if !c.accepts("escalation_policy_ids[]", policyID(service.ID)) || c.query.Has("schedule_ids[]") {
			continue
		}
		primary, secondary := onCall(position)
		for i, p := range []person{primary, secondary} {
			if !c.accepts("user_ids[]", p.pagerDutyID) {
				continue
			}
			user, policy := s.userReference(p), s.policyReference(service)
			if c.includes("users") {
				user = s.userDocument(p)
			}
			if c.includes("escalation_policies") {
				policy = s.policyDocument(service, position)
			}
			all = append(all, object{
				"user": user, "escalation_policy": policy, "escalation_level": i + 1,
				"schedule": nil, "start": nil, "end": nil,
			})
		}
	}
	return c.list("oncalls", all)
}

func (s *Sandbox) policyDocument(service Service, position int) object {
	primary, secondary := onCall(position)
	doc := s.policyReference(service)
	doc["type"] = "escalation_policy"
	doc["name"] = doc["summary"]
	doc["num_loops"] = 2
	doc["services"] = []object{s.serviceReference(service)}
	doc["teams"] = []object{}
	doc["escalation_rules"] = []object{
		{"id": policyID(service.ID) + "1", "escalation_delay_in_minutes": 10, "targets": []object{s.userReference(primary)}},
		{"id": policyID(service.ID) + "2", "escalation_delay_in_minutes": 15, "targets": []object{s.userReference(secondary)}},
	}
	return doc
}

func (s *Sandbox) listEscalationPolicies(_ context.Context, c pagerDutyCall) (int, object, error) {
	query := strings.ToLower(c.query.Get("query"))
	var all []object
	for position, service := range s.options.PagerDutyServices {
		if doc := s.policyDocument(service, position); strings.Contains(strings.ToLower(service.Name+" on-call"), query) {
			all = append(all, doc)
		}
	}
	return c.list("escalation_policies", all)
}

func (s *Sandbox) getEscalationPolicy(_ context.Context, c pagerDutyCall) (int, object, error) {
	for position, service := range s.options.PagerDutyServices {
		if policyID(service.ID) == c.PathValue("id") {
			return http.StatusOK, object{"escalation_policy": s.policyDocument(service, position)}, nil
		}
	}
	return 0, nil, errPagerDutyNotFound
}
