package sandbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// pageAct is what a person does to an incident on PagerDuty's pages, as a program or a form
// says it.
type pageAct struct {
	// By is the e-mail address of who does it; empty for whoever the incident is assigned to.
	By string `json:"by"`
	// To is the e-mail address of who gets it: for reassign and request.
	To string `json:"to"`
	// Text is a note, a status update or a message.
	Text string `json:"text"`
	// Priority is the name of one; empty takes it away.
	Priority string `json:"priority"`
	// Reply is joined or declined.
	Reply string `json:"reply"`
}

// pageActs are what people can do, by the last part of the path.
func (s *Sandbox) pageActs() map[string]func(context.Context, *sql.Tx, pagerDutyIncident, person, pageAct) error {
	return map[string]func(context.Context, *sql.Tx, pagerDutyIncident, person, pageAct) error{
		"acknowledge": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, _ pageAct) error {
			_, err := s.setStatus(ctx, tx, i, pageAcknowledged, by.email, "")
			return err
		},
		"unacknowledge": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, _ person, _ pageAct) error {
			// Nobody does this: the time for which it was acknowledged has passed.
			return s.triggerAgain(ctx, tx, i, pageAcknowledged, "unacknowledge", "")
		},
		"resolve": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
			_, err := s.setStatus(ctx, tx, i, pageResolved, by.email, act.Text)
			return err
		},
		"reopen": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, _ pageAct) error {
			if _, open, err := openIncident(ctx, tx, i.serviceID, i.dedupKey); err != nil || open {
				return cmp.Or(err, invalidInput("An incident with this key is open"))
			}
			return s.triggerAgain(ctx, tx, i, pageResolved, "reopen", by.email)
		},
		"reassign": s.reassign,
		"escalate": s.escalate,
		"priority": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
			name, ok := s.priorityNamed(act.Priority)
			if !ok && act.Priority != "" {
				return invalidInput(fmt.Sprintf("There is no priority %q; the priorities are %s", act.Priority, strings.Join(s.options.PagerDutyPriorities, ", ")))
			}
			_, err := s.setPriority(ctx, tx, i, name, by.email)
			return err
		},
		"note": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
			_, err := s.annotate(ctx, tx, i, by.email, act.Text)
			return err
		},
		"update": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
			if strings.TrimSpace(act.Text) == "" {
				return invalidInput("Message cannot be empty")
			}
			e, err := s.writeLog(ctx, tx, i.number, "status_update", by.email, act.Text)
			if err != nil {
				return err
			}
			return s.tellOfPage(ctx, tx, i, "status_update_published", by.email, object{
				"type": "incident_status_update", "id": fmt.Sprintf("PSANDBOXUPDATE%d", e.number), "message": act.Text, "trimmed": false,
			})
		},
		"request": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
			who, err := responderNamed(act.To)
			if err != nil {
				return err
			}
			return s.requestResponder(ctx, tx, i, who.pagerDutyID, who, by, cmp.Or(act.Text, "Please help"))
		},
		"reply": func(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
			if act.Reply != "joined" && act.Reply != "declined" {
				return invalidInput("Reply must be joined or declined")
			}
			return s.reply(ctx, tx, i, by, act.Reply)
		},
	}
}

// responderNamed is one of the people who answer pages, by their address.
func responderNamed(email string) (person, error) {
	p, ok := find(func(p person) bool { return strings.EqualFold(p.email, email) })
	if !ok {
		return p, invalidInput(fmt.Sprintf("There is no user %q; responder-one@example.com is one", email))
	}
	return p, nil
}

// triggerAgain has an incident of a certain status wait for somebody again.
func (s *Sandbox) triggerAgain(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, from, kind, actor string) error {
	if i.status != from {
		return invalidInput(fmt.Sprintf("The incident is %s, not %s", i.status, from))
	}
	i.status, i.changedAt, i.resolvedAt = pageTriggered, microseconds(s.now()), 0
	if _, err := tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET status = ?, changed_at = ?, resolved_at = 0 WHERE number = ?`, i.status, i.changedAt, i.number); err != nil {
		return err
	}
	if _, err := s.writeLog(ctx, tx, i.number, kind, actor, ""); err != nil {
		return err
	}
	event := map[string]string{"unacknowledge": "unacknowledged", "reopen": "reopened"}[kind]
	return s.tellOfPage(ctx, tx, i, event, actor, nil)
}

func (s *Sandbox) reassign(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, act pageAct) error {
	to, err := responderNamed(act.To)
	if err != nil {
		return err
	}
	return s.give(ctx, tx, i, to, "assign", "reassigned", by.email)
}

// escalate gives the incident to the next level of the policy.
func (s *Sandbox) escalate(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, by person, _ pageAct) error {
	_, position, _ := s.service(i.serviceID)
	_, secondary := onCall(position)
	return s.give(ctx, tx, i, secondary, "escalate", "escalated", by.email)
}

// give assigns an incident to somebody else, who has not acknowledged it yet.
func (s *Sandbox) give(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, to person, kind, event, actor string) error {
	if i.status == pageResolved {
		return invalidInput("Incident Already Resolved")
	}
	if err := assign(ctx, tx, &i, to); err != nil {
		return err
	}
	i.status, i.changedAt = pageTriggered, microseconds(s.now())
	if _, err := tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET status = ?, changed_at = ? WHERE number = ?`, i.status, i.changedAt, i.number); err != nil {
		return err
	}
	if _, err := s.writeLog(ctx, tx, i.number, kind, actor, to.name); err != nil {
		return err
	}
	return s.tellOfPage(ctx, tx, i, event, actor, nil)
}

// annotate writes a note on an incident.
func (s *Sandbox) annotate(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, actor, content string) (logEntry, error) {
	if strings.TrimSpace(content) == "" {
		return logEntry{}, invalidInput("Content cannot be empty")
	}
	e, err := s.writeLog(ctx, tx, i.number, "annotate", actor, content)
	if err != nil {
		return e, err
	}
	return e, s.tellOfPage(ctx, tx, i, "annotated", actor, object{"type": "incident_note", "id": noteID(e), "content": content, "trimmed": false})
}

// doInPagerDuty serves POST /sandbox/pagerduty/incidents/{id}/{act}: a person does something
// to an incident. A program gets the incident; a browser's form goes back to the page. The
// webhook is sent on its own time.
func (s *Sandbox) doInPagerDuty(do func(context.Context, *sql.Tx, pagerDutyIncident, person, pageAct) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var act pageAct
		form, ok := readControl(w, r, &act, func(values url.Values) {
			act = pageAct{
				By: values.Get("by"), To: values.Get("to"), Text: values.Get("text"), Priority: values.Get("priority"), Reply: values.Get("reply"),
			}
		})
		if !ok {
			return
		}
		ctx := context.WithoutCancel(r.Context())
		var shown incidentState
		err := s.db.transact(ctx, func(tx *sql.Tx) error {
			call := pagerDutyCall{r, r.URL.Query(), tx}
			i, err := call.incident(ctx, r.PathValue("id"))
			if err != nil {
				return err
			}
			by := s.assigned(i)[0]
			if act.By != "" {
				if by, err = responderNamed(act.By); err != nil {
					return err
				}
			}
			if err := do(ctx, tx, i, by, act); err != nil {
				return err
			}
			if i, err = call.incident(ctx, r.PathValue("id")); err != nil {
				return err
			}
			shown, err = s.incidentState(ctx, tx, i)
			return err
		})
		switch refused := (pagerDutyError{}); {
		case errors.As(err, &refused) && refused.status == http.StatusNotFound:
			writeProblem(w, http.StatusNotFound, fmt.Sprintf("There is no incident %s; GET /sandbox/state lists them all.", r.PathValue("id")))
		case errors.As(err, &refused):
			writeProblem(w, http.StatusBadRequest, strings.Join(refused.errors, " ")+".")
		case err != nil:
			s.log.ErrorContext(ctx, "sandbox: an incident could not be changed", "incident", r.PathValue("id"), "error", err)
			writeProblem(w, http.StatusInternalServerError, "The incident could not be changed; the log says why.")
		case form:
			http.Redirect(w, r, "/sandbox#"+url.PathEscape(shown.ID), http.StatusSeeOther)
		default:
			writeJSON(w, http.StatusOK, shown)
		}
	}
}
