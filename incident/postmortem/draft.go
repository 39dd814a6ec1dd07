package postmortem

import (
	"maps"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// Draft computes the postmortem from an incident's events, which must be in the
// order of their Seq. It is a pure function and may be called at any moment of the
// incident; without events it returns the zero Document.
//
// The course shows every event except these, which it counts:
//   - the start of a step, a playbook, a channel, invitations, the postmortem: Muster
//     doing what it always does;
//   - steps that Muster completed at the first attempt ([Document.Routine] names
//     them);
//   - automatic retries, and failures of a step that had failed already, which are
//     folded into the first failure;
//   - what is left out because the response took another way, what is done once more, and
//     the last of several approvals, which the step's own completion tells;
//   - reminders, those of a single step too ([Document.Difficulties] sums them up) and follow-ups
//     ([Document.Followups] lists them);
//   - alerts that fire or resolve within ten minutes of others, with nothing else in
//     between, which are folded into one entry.
//
// Notes stand at the time at which the thing noted happened.
func Draft(events []incident.Event, links Links) Document {
	s := incident.Fold(events)
	if !s.Declared() {
		return Document{}
	}
	d := Document{
		ID: s.ID, URL: webAddress(links.Incident), Title: s.Title,
		Service: s.Service.Name, Team: s.Service.Team,
		Severity: s.Severity, HighestSeverity: highestSeverity(s, events),
		Status: s.Status, Playbook: s.Playbook, PlaybookParts: s.PlaybookParts, Exercise: s.Exercise != nil, AsOf: s.At,
		DeclaredAt: s.DeclaredAt, DeclaredBy: s.DeclaredBy.Name,
		AcknowledgedAt: s.FirstAcknowledgedAt, AcknowledgedBy: s.FirstAcknowledgedBy.Name,
		MitigatedAt: s.MitigatedAt, ResolvedAt: s.ResolvedAt, EndedAt: s.EndedAt,
		TimeToAcknowledge: known(s.TimeToAcknowledge()),
		TimeToMitigate:    known(s.TimeToMitigate()),
		TimeToResolve:     known(s.TimeToResolve()),
		Summary:           s.Summary, Resolution: s.Resolution,
		MergedInto: s.MergedInto, Absorbed: s.Absorbed,
		Impact: impact(s, events), People: people(s, events), Course: course(events),
		Decisions: decisions(s, events), Tried: tried(events), Routine: routine(events), Difficulties: difficulties(s, events),
		Alerts: alerts(s, events), Followups: followups(s),
	}
	if !s.ResolvedAt.IsZero() {
		for e := range incident.Facts[incident.IncidentResolved](events) {
			d.ResolvedBy = e.Actor.Name
		}
	}
	d.EndReason = endReason(events)
	d.Questions = questions(s, d)
	return d
}

func known(d time.Duration, ok bool) *Duration {
	if !ok {
		return nil
	}
	seconds := Duration(d)
	return &seconds
}

// endReason is what was said when the incident was cancelled, merged or closed.
func endReason(events []incident.Event) string {
	reason := ""
	for _, e := range events {
		switch f := e.Fact.(type) {
		case incident.IncidentCancelled:
			reason = f.Reason
		case incident.IncidentMerged:
			reason = f.Reason
		case incident.IncidentClosed:
			reason = f.Reason
		}
	}
	return reason
}

// highestSeverity is the most severe the incident ever was, by its own scale.
func highestSeverity(s incident.State, events []incident.Event) incident.Severity {
	rank := func(severity incident.Severity) int {
		i := slices.IndexFunc(s.Scale, func(l incident.SeverityLevel) bool { return l.Name == severity })
		if i < 0 {
			return len(s.Scale)
		}
		return i
	}
	highest := s.Severity
	for _, f := range incident.Facts[incident.SeverityChanged](events) {
		for _, severity := range []incident.Severity{f.From, f.To} {
			if rank(severity) < rank(highest) {
				highest = severity
			}
		}
	}
	return highest
}

func impact(s incident.State, events []incident.Event) Impact {
	var i Impact
	for _, a := range s.Alerts {
		if at := a.StartsAt.UTC(); i.FirstAlertAt.IsZero() || at.Before(i.FirstAlertAt) {
			i.FirstAlertAt = at
		}
	}
	if !i.FirstAlertAt.IsZero() && i.FirstAlertAt.Before(s.DeclaredAt) {
		i.Undeclared = known(s.DeclaredAt.Sub(i.FirstAlertAt), true)
	}
	var resolvedAt time.Time
	for _, e := range events {
		switch f := e.Fact.(type) {
		case incident.SeverityChanged:
			i.Severities = append(i.Severities, SeverityChange{
				At: e.At, From: f.From, To: f.To, Raised: f.Raised, Reason: f.Reason, By: e.Actor.Name,
			})
		case incident.UpdatePosted:
			i.Updates = append(i.Updates, Statement{At: e.At, By: e.Actor.Name, Text: f.Body})
		case incident.IncidentResolved:
			resolvedAt = e.At
		case incident.IncidentReopened:
			i.Reopenings = append(i.Reopenings, Reopening{ResolvedAt: resolvedAt, At: e.At, By: e.Actor.Name, Reason: f.Reason})
		}
	}
	return i
}

func people(s incident.State, events []incident.Event) People {
	var p People
	tenures := make(map[string][]Tenure)
	tookPart := func(name string) { p.TookPart = appendNew(p.TookPart, name) }
	for _, e := range events {
		switch e.Fact.(type) {
		case incident.ResponderJoined, incident.ResponderLeft:
			// Who came to watch has not taken part.
		default:
			if e.Actor.Kind == incident.ActorPerson {
				tookPart(e.Actor.Name)
			}
		}
		switch f := e.Fact.(type) {
		case incident.RoleAssigned:
			held := tenures[f.Role]
			if n := len(held); n > 0 && held[n-1].Until.IsZero() {
				held[n-1].Until = e.At
			}
			if f.To != "" {
				held = append(held, Tenure{Name: f.To, From: e.At})
				tookPart(f.To)
			}
			tenures[f.Role] = held
		case incident.PageSent:
			for _, person := range f.OnCall {
				p.Paged = appendNew(p.Paged, person.Name)
			}
		}
	}
	for _, r := range s.Roles {
		p.Roles = append(p.Roles, Role{ID: r.ID, Title: roleTitle(r), Holders: tenures[r.ID]})
	}
	return p
}

func roleTitle(r incident.Role) string {
	if r.Title == "" {
		return r.ID
	}
	return r.Title
}

func appendNew(names []string, name string) []string {
	if name == "" || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// alerts sums the alerts up by name, in the order in which they first fired. Of those that
// were only counted, it is known when they were reported.
func alerts(s incident.State, events []incident.Event) []Alert {
	byName := make(map[string]*Alert)
	firing := make(map[string]bool)
	for _, a := range s.Alerts {
		at, resolved := a.StartsAt.UTC(), a.ResolvedAt.UTC()
		sum, seen := byName[a.Name]
		if !seen {
			sum = &Alert{Name: a.Name, FiredAt: at}
			byName[a.Name] = sum
		}
		sum.Count++
		firing[a.Name] = firing[a.Name] || a.Firing()
		if at.Before(sum.FiredAt) {
			sum.FiredAt = at
		}
		if resolved.After(sum.ResolvedAt) {
			sum.ResolvedAt = resolved
		}
		if text := a.Summary(); sum.Summary == "" && text != a.Name {
			sum.Summary = text
		}
		if sum.URL == "" {
			sum.URL = webAddress(a.URL)
		}
	}
	for _, t := range s.Crowd {
		if _, seen := byName[t.Name]; !seen {
			byName[t.Name] = &Alert{Name: t.Name}
		}
		byName[t.Name].Count += t.Fired
		firing[t.Name] = firing[t.Name] || t.Firing() > 0
	}
	for e, f := range incident.Facts[incident.AlertsFired](events) {
		for name := range f.Crowd {
			if sum := byName[name]; sum != nil && sum.FiredAt.IsZero() {
				sum.FiredAt = e.At
			}
		}
	}
	for e, f := range incident.Facts[incident.AlertsResolved](events) {
		for name := range f.Crowd {
			if sum := byName[name]; sum != nil && e.At.After(sum.ResolvedAt) {
				sum.ResolvedAt = e.At
			}
		}
	}
	var sums []Alert
	for name, sum := range byName {
		if firing[name] {
			sum.ResolvedAt = time.Time{}
		} else {
			sum.Duration = known(max(0, sum.ResolvedAt.Sub(sum.FiredAt)), true)
		}
		sums = append(sums, *sum)
	}
	slices.SortFunc(sums, func(a, b Alert) int {
		if order := a.FiredAt.Compare(b.FiredAt); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return sums
}

func followups(s incident.State) []Followup {
	var all []Followup
	for _, f := range s.Followups {
		all = append(all, Followup{
			ID: f.ID, Title: f.Title, Owner: f.Owner, Due: f.Due, Done: f.Done,
			Ticket: f.Ticket.Key, URL: webAddress(f.Ticket.URL), Status: f.Ticket.Status,
		})
	}
	return all
}

// sortedKeys spares callers the iteration order of a map.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
