package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Every status can be reached from every other, as in Jira's simplest workflow.

func (s *Sandbox) listTransitions(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	if _, err := c.issue(ctx, c.PathValue("key")); err != nil {
		return jiraAnswer{}, err
	}
	transitions := make([]object, 0, len(jiraStatuses))
	for _, status := range jiraStatuses {
		transitions = append(transitions, object{
			"id": status.transitionID, "name": status.name, "to": s.statusDocument(status),
			"hasScreen": false, "isGlobal": true, "isInitial": false, "isAvailable": true, "isConditional": false, "fields": object{},
		})
	}
	return jiraAnswer{status: http.StatusOK, body: object{"expand": "transitions", "transitions": transitions}}, nil
}

func (s *Sandbox) doTransition(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	var in struct {
		Transition struct {
			ID string `json:"id"`
		} `json:"transition"`
		Update struct {
			Comment []struct {
				Add struct {
					Body string `json:"body"`
				} `json:"add"`
			} `json:"comment"`
		} `json:"update"`
	}
	if err := json.NewDecoder(c.Body).Decode(&in); err != nil {
		return jiraAnswer{}, jiraBadRequest("There was an error parsing JSON. Check that your request body is valid.")
	}
	if in.Transition.ID == "" {
		return jiraAnswer{}, jiraBadRequest("Missing 'transition' identifier")
	}
	for _, status := range jiraStatuses {
		if status.transitionID != in.Transition.ID {
			continue
		}
		for _, comment := range in.Update.Comment {
			if _, err := s.insertComment(ctx, c.tx, i.id, comment.Add.Body); err != nil {
				return jiraAnswer{}, err
			}
		}
		_, webhook, err := s.move(ctx, c.tx, i, status, jiraAutomation)
		return jiraAnswer{status: http.StatusNoContent, webhook: webhook}, err
	}
	return jiraAnswer{}, jiraBadRequest(fmt.Sprintf("Transition id '%s' is not valid for this issue.", in.Transition.ID))
}

// move puts a ticket into a status and returns the webhook that tells of it. A ticket
// that is there already stays untouched, and there is nothing to tell.
func (s *Sandbox) move(ctx context.Context, tx *sql.Tx, i jiraIssue, to jiraStatus, actor person) (jiraIssue, *jiraWebhook, error) {
	from, _ := statusNamed(i.status)
	if from == to {
		return i, nil, nil
	}
	wasResolved := i.resolvedAt > 0
	i.status, i.updatedAt = to.name, microseconds(s.now())
	if i.resolvedAt = 0; to.categoryKey == "done" {
		i.resolvedAt = i.updatedAt
	}
	if _, err := tx.ExecContext(ctx, `UPDATE jira_issues SET status = ?, updated_at = ?, resolved_at = ? WHERE id = ?`,
		i.status, i.updatedAt, i.resolvedAt, i.id); err != nil {
		return i, nil, err
	}
	changes := []object{}
	if resolved := i.resolvedAt > 0; resolved != wasResolved {
		change := object{"field": "resolution", "fieldtype": "jira", "fieldId": "resolution", "from": nil, "fromString": nil, "to": nil, "toString": nil}
		if resolved {
			change["to"], change["toString"] = "10000", "Done"
		} else {
			change["from"], change["fromString"] = "10000", "Done"
		}
		changes = append(changes, change)
	}
	changes = append(changes, object{
		"field": "status", "fieldtype": "jira", "fieldId": "status",
		"from": from.id, "fromString": from.name, "to": to.id, "toString": to.name,
	})
	webhook, err := newJiraWebhook(object{
		"timestamp": timeOf(i.updatedAt).UnixMilli(), "webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_generic",
		"user": s.jiraUser(actor), "issue": s.issueDocument(i, s.issueFields(i)),
		"changelog": object{"id": fmt.Sprint(i.updatedAt), "items": changes},
	})
	return i, webhook, err
}

// moveIssue serves POST /sandbox/jira/issues/{key}/status: a person moves a ticket. It
// may be repeated safely. A program gets the ticket; a browser's form goes back to the
// page. The webhook is sent on its own time.
func (s *Sandbox) moveIssue(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Status string `json:"status"`
	}
	form, ok := readControl(w, r, &in, func(values url.Values) { in.Status = values.Get("status") })
	if !ok {
		return
	}
	status, ok := statusNamed(in.Status)
	if !ok {
		names := make([]string, 0, len(jiraStatuses))
		for _, known := range jiraStatuses {
			names = append(names, known.name)
		}
		writeProblem(w, http.StatusBadRequest, fmt.Sprintf("No ticket can have the status %q; the statuses are %s.", in.Status, strings.Join(names, ", ")),
			problemError{Location: "body.status", Message: "send one of " + strings.Join(names, ", ")})
		return
	}
	ctx := context.WithoutCancel(r.Context())
	var moved issueState
	var webhook *jiraWebhook
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		i, err := jiraCall{r, tx}.issue(ctx, r.PathValue("key"))
		if err != nil {
			return err
		}
		if i, webhook, err = s.move(ctx, tx, i, status, jiraVisitor); err != nil {
			return err
		}
		moved, err = s.issueState(ctx, tx, i)
		return err
	})
	switch refused := (jiraError{}); {
	case errors.As(err, &refused):
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("There is no ticket %s; GET /sandbox/state lists them all.", r.PathValue("key")))
		return
	case err != nil:
		s.log.ErrorContext(ctx, "sandbox: moving a ticket failed", "key", r.PathValue("key"), "error", err)
		writeProblem(w, http.StatusInternalServerError, "The ticket could not be moved; the log says why.")
		return
	}
	if webhook != nil {
		s.webhooks.send(*webhook)
	}
	if form {
		http.Redirect(w, r, "/sandbox#"+url.PathEscape(moved.Key), http.StatusSeeOther)
		return
	}
	writeJSON(w, http.StatusOK, moved)
}

// redirectToIssue opens a ticket on the page.
func (s *Sandbox) redirectToIssue(w http.ResponseWriter, r *http.Request) {
	target := url.URL{Path: "/sandbox", Fragment: strings.ToUpper(r.PathValue("key"))}
	http.Redirect(w, r, target.String(), http.StatusFound)
}
