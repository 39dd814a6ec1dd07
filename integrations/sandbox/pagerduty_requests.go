package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// requestResponders serves POST /incidents/{id}/responder_requests.
func (s *Sandbox) requestResponders(ctx context.Context, c pagerDutyCall) (int, object, error) {
	i, err := c.incident(ctx, c.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	var in struct {
		RequesterID string `json:"requester_id"`
		Message     string `json:"message"`
		Targets     []struct {
			Target struct {
				ID   string `json:"id"`
				Type string `json:"type"`
			} `json:"responder_request_target"`
		} `json:"responder_request_targets"`
	}
	if err := json.NewDecoder(c.Body).Decode(&in); err != nil {
		return 0, nil, invalidInput("The body must be a JSON object")
	}
	requester, ok := pagerDutyUser(func(p person) bool { return p.pagerDutyID == in.RequesterID })
	switch {
	case !ok:
		return 0, nil, invalidInput("Requester must be a user of the account")
	case strings.TrimSpace(in.Message) == "":
		return 0, nil, invalidInput("Message cannot be empty")
	case len(in.Targets) == 0:
		return 0, nil, invalidInput("Responder request targets cannot be empty")
	case i.status == pageResolved:
		return 0, nil, invalidInput("Incident Already Resolved")
	}
	for _, t := range in.Targets {
		people, err := s.targets(t.Target.ID)
		if err != nil {
			return 0, nil, err
		}
		for _, p := range people {
			if err := s.requestResponder(ctx, c.tx, i, t.Target.ID, p, requester, in.Message); err != nil {
				return 0, nil, err
			}
		}
	}
	all, err := respondersOf(ctx, c.tx, i.number)
	return http.StatusOK, object{"responder_request": object{
		"incident": s.incidentReference(i), "requester": s.userReference(requester), "message": in.Message,
		"requested_at": rfc3339(microseconds(s.now())), "responder_request_targets": s.requestDocuments(i, all),
	}}, err
}

// targets are the people behind a user's id or an escalation policy's.
func (s *Sandbox) targets(id string) ([]person, error) {
	if p, ok := find(func(p person) bool { return p.pagerDutyID == id }); ok {
		return []person{p}, nil
	}
	if policy, ok := s.policy(id); ok {
		return policy.levels[:1], nil
	}
	return nil, errPagerDutyNotFound
}

// requestResponder asks somebody to help, unless they were asked before.
func (s *Sandbox) requestResponder(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, target string, who, requester person, message string) error {
	now := microseconds(s.now())
	result, err := tx.ExecContext(ctx, `INSERT INTO pagerduty_responders (incident, target, person, state, message, requester, requested_at, updated_at)
		VALUES (?, ?, ?, 'pending', ?, ?, ?, ?) ON CONFLICT DO NOTHING`, i.number, target, who.email, message, requester.email, now, now)
	if err != nil {
		return err
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return err
	}
	if _, err := s.writeLog(ctx, tx, i.number, "responder_request", requester.email, who.name); err != nil {
		return err
	}
	return s.tellOfPage(ctx, tx, i, "responder.added", requester.email, object{
		"type": "incident_responder", "user": s.userReference(who), "escalation_policy": nil, "message": message, "state": "pending",
	})
}

// reply has somebody who was asked to help answer.
func (s *Sandbox) reply(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, who person, state string) error {
	all, err := respondersOf(ctx, tx, i.number)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(r responder) bool { return r.person == who.email })
	if at < 0 {
		return invalidInput(who.name + " was not asked to help with this incident")
	}
	if all[at].state == state {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE pagerduty_responders SET state = ?, updated_at = ? WHERE incident = ? AND person = ?`,
		state, microseconds(s.now()), i.number, who.email); err != nil {
		return err
	}
	if _, err := s.writeLog(ctx, tx, i.number, "responder_reply", who.email, state); err != nil {
		return err
	}
	return s.tellOfPage(ctx, tx, i, "responder.replied", who.email, object{
		"type": "incident_responder", "user": s.userReference(who), "escalation_policy": nil, "message": "", "state": state,
	})
}
