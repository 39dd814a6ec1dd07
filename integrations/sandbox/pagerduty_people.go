package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// musterInPagerDuty is the user in whose name Muster acts there. Nobody pages it.
var musterInPagerDuty = person{name: "Muster", handle: "muster", email: "muster@example.com", pagerDutyID: "PSANDBOXMUSTER"}

// pagerDutyUser returns the first of the account's users that the predicate accepts.
func pagerDutyUser(accept func(person) bool) (person, bool) {
	if accept(musterInPagerDuty) {
		return musterInPagerDuty, true
	}
	return find(accept)
}

// assigned are the people who are to answer an incident.
func (s *Sandbox) assigned(i pagerDutyIncident) []person {
	var people []person
	for _, email := range i.assigneeList() {
		if p, ok := find(func(p person) bool { return p.email == email }); ok {
			people = append(people, p)
		}
	}
	if len(people) == 0 {
		_, position, _ := s.service(i.serviceID)
		primary, _ := onCall(position)
		people = []person{primary}
	}
	return people
}

func (i pagerDutyIncident) assigneeList() []string {
	var emails []string
	// It is what the sandbox wrote itself; of anything else, nothing is a fair reading.
	_ = json.Unmarshal([]byte(i.assignees), &emails)
	return emails
}

// assign gives an incident to people.
func assign(ctx context.Context, tx *sql.Tx, i *pagerDutyIncident, people ...person) error {
	emails := make([]string, len(people))
	for at, p := range people {
		emails[at] = p.email
	}
	document, err := json.Marshal(emails)
	if err != nil {
		return err
	}
	i.assignees = string(document)
	_, err = tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET assignees = ? WHERE number = ?`, i.assignees, i.number)
	return err
}

// assigned is how REST names the people whom an incident is assigned to.
type assigned struct {
	Assignments []struct {
		Assignee struct {
			ID string `json:"id"`
		} `json:"assignee"`
	} `json:"assignments"`
}

// assigneesOf are the addresses of those whom an incident is assigned to, or of the first
// whom an escalation policy names, as a JSON list. Without either it leaves it to the service.
func (s *Sandbox) assigneesOf(given assigned, policy string) (string, error) {
	emails := []string{}
	ids := []string{}
	for _, a := range given.Assignments {
		ids = append(ids, a.Assignee.ID)
	}
	if policy != "" {
		ids = append(ids, policy)
	}
	for _, id := range ids {
		people, err := s.targets(id)
		if err != nil {
			return "", err
		}
		for _, p := range people {
			emails = append(emails, p.email)
		}
	}
	document, err := json.Marshal(emails)
	return string(document), err
}

// detailsOf reads what a body says, which is a text or an object.
func detailsOf(raw json.RawMessage) incidentDetails {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return incidentDetails{Description: text}
	}
	return incidentDetails{Custom: raw}
}

// priorityReference mentions a priority by its name; it is nil for none.
func (s *Sandbox) priorityReference(name string) any {
	at := slices.Index(s.options.PagerDutyPriorities, name)
	if name == "" || at < 0 {
		return nil
	}
	return s.reference("priority", "priorities", priorityID(at), name)
}

func priorityID(at int) string { return fmt.Sprintf("PSANDBOXPRIO%d", at+1) }

// priorityNamed finds a priority by its name, upper and lower case being the same, or by its
// id.
func (s *Sandbox) priorityNamed(name string) (string, bool) {
	for at, known := range s.options.PagerDutyPriorities {
		if strings.EqualFold(known, name) || priorityID(at) == name {
			return known, true
		}
	}
	return "", false
}

func (s *Sandbox) listPriorities(_ context.Context, c pagerDutyCall) (int, object, error) {
	var all []object
	for at, name := range s.options.PagerDutyPriorities {
		doc := s.reference("priority", "priorities", priorityID(at), name)
		doc["type"], doc["name"], doc["description"] = "priority", name, ""
		all = append(all, doc)
	}
	return c.list("priorities", all)
}

// setPriority gives an incident a priority by its name, or none.
func (s *Sandbox) setPriority(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, name, actor string) (pagerDutyIncident, error) {
	if i.priority == name {
		return i, nil
	}
	i.priority = name
	if _, err := tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET priority = ? WHERE number = ?`, name, i.number); err != nil {
		return i, err
	}
	if _, err := s.writeLog(ctx, tx, i.number, "priority", actor, name); err != nil {
		return i, err
	}
	return i, s.tellOfPage(ctx, tx, i, "priority_updated", actor, nil)
}

// responder is somebody who was asked to help with an incident.
type responder struct {
	target, person, state, message, requester string
	requestedAt, updatedAt                    int64
}

func scanResponder(row scanner) (r responder, err error) {
	err = row.Scan(&r.target, &r.person, &r.state, &r.message, &r.requester, &r.requestedAt, &r.updatedAt)
	return r, err
}

func respondersOf(ctx context.Context, tx *sql.Tx, incident int) ([]responder, error) {
	return collect(ctx, tx, scanResponder, `SELECT target, person, state, message, requester, requested_at, updated_at
		FROM pagerduty_responders WHERE incident = ? ORDER BY number`, incident)
}

func (s *Sandbox) responderDocument(i pagerDutyIncident, r responder) object {
	who, _ := pagerDutyUser(func(p person) bool { return p.email == r.person })
	requester, _ := pagerDutyUser(func(p person) bool { return p.email == r.requester })
	return object{
		"state": r.state, "user": s.userReference(who), "incident": s.incidentReference(i), "message": r.message,
		"requester": s.userReference(requester), "requested_at": rfc3339(r.requestedAt), "updated_at": rfc3339(r.updatedAt),
	}
}

// requestDocuments are the requests for help with an incident, one for each target.
func (s *Sandbox) requestDocuments(i pagerDutyIncident, all []responder) []object {
	documents, seen := []object{}, map[string]bool{}
	for _, r := range all {
		if seen[r.target] {
			continue
		}
		seen[r.target] = true
		kind := "user_reference"
		if _, ok := s.policy(r.target); ok {
			kind = "escalation_policy_reference"
		}
		documents = append(documents, object{
			"incident": s.incidentReference(i), "message": r.message, "requested_at": rfc3339(r.requestedAt),
			"responder_request_targets": []object{{"responder_request_target": object{"id": r.target, "type": kind}}},
		})
	}
	return documents
}
