package sandbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The statuses of an incident, in the only order it can go through them.
const (
	pageTriggered    = "triggered"
	pageAcknowledged = "acknowledged"
	pageResolved     = "resolved"
)

// maxManagedIncidents is how many incidents one PUT /incidents may change:
// https://developer.pagerduty.com/api-reference, "Manage Incidents".
const maxManagedIncidents = 250

type pagerDutyIncident struct {
	number                                              int
	dedupKey, serviceID, title, status, urgency, detail string // detail is a JSON object
	priority, assignees                                 string // assignees is a JSON list
	createdAt, changedAt, resolvedAt                    int64
}

const selectIncidents = `SELECT number, dedup_key, service_id, title, status, urgency, details, created_at, changed_at, resolved_at, priority, assignees
	FROM pagerduty_incidents`

func scanIncident(row scanner) (i pagerDutyIncident, err error) {
	err = row.Scan(&i.number, &i.dedupKey, &i.serviceID, &i.title, &i.status, &i.urgency, &i.detail, &i.createdAt, &i.changedAt, &i.resolvedAt, &i.priority, &i.assignees)
	return i, err
}

func (i pagerDutyIncident) id() string { return fmt.Sprintf("QSANDBOX%04d", i.number) }

type logEntry struct {
	number      int
	at          int64
	kind, actor string
	text        string
}

func scanLogEntry(row scanner) (e logEntry, err error) {
	err = row.Scan(&e.number, &e.at, &e.kind, &e.actor, &e.text)
	return e, err
}

func incidentLog(ctx context.Context, tx *sql.Tx, incident int) ([]logEntry, error) {
	return collect(ctx, tx, scanLogEntry, `SELECT number, at, kind, actor, text FROM pagerduty_log WHERE incident = ? ORDER BY number`, incident)
}

func (s *Sandbox) writeLog(ctx context.Context, tx *sql.Tx, incident int, kind, actor, text string) (logEntry, error) {
	e := logEntry{at: microseconds(s.now()), kind: kind, actor: actor, text: text}
	err := tx.QueryRowContext(ctx, `INSERT INTO pagerduty_log (incident, at, kind, actor, text) VALUES (?, ?, ?, ?, ?) RETURNING number`,
		incident, e.at, e.kind, e.actor, e.text).Scan(&e.number)
	return e, err
}

// newDedupKey names an incident whose creator did not.
func newDedupKey() string { return strings.ToLower(rand.Text()) }

// openIncident finds the incident that is not resolved under a key; ok is false where
// there is none.
func openIncident(ctx context.Context, tx *sql.Tx, serviceID, dedupKey string) (i pagerDutyIncident, ok bool, err error) {
	i, err = scanIncident(tx.QueryRowContext(ctx, selectIncidents+` WHERE service_id = ? AND dedup_key = ? AND status <> ?`, serviceID, dedupKey, pageResolved))
	if errors.Is(err, sql.ErrNoRows) {
		return i, false, nil
	}
	return i, err == nil, err
}

func (s *Sandbox) triggerIncident(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, actor string) (pagerDutyIncident, error) {
	i.status, i.createdAt = pageTriggered, microseconds(s.now())
	i.changedAt = i.createdAt
	if err := tx.QueryRowContext(ctx, `INSERT INTO pagerduty_incidents
		(dedup_key, service_id, title, status, urgency, details, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number`,
		i.dedupKey, i.serviceID, i.title, i.status, i.urgency, i.detail, i.createdAt, i.changedAt).Scan(&i.number); err != nil {
		return i, err
	}
	if len(i.assignees) > 0 {
		if _, err := tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET assignees = ? WHERE number = ?`, i.assignees, i.number); err != nil {
			return i, err
		}
	}
	if _, err := s.writeLog(ctx, tx, i.number, "trigger", actor, ""); err != nil {
		return i, err
	}
	return i, s.tellOfPage(ctx, tx, i, "triggered", actor, nil)
}

// setStatus moves an incident on. Acknowledging again is allowed and written to the log,
// as in PagerDuty; a resolved incident stays as it is and is an error.
func (s *Sandbox) setStatus(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, status, actor, text string) (pagerDutyIncident, error) {
	if i.status == pageResolved {
		return i, invalidInput("Incident Already Resolved")
	}
	i.status, i.changedAt = status, microseconds(s.now())
	kind := "acknowledge"
	if status == pageResolved {
		kind, i.resolvedAt = "resolve", i.changedAt
	}
	if _, err := tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET status = ?, changed_at = ?, resolved_at = ? WHERE number = ?`,
		i.status, i.changedAt, i.resolvedAt, i.number); err != nil {
		return i, err
	}
	if _, err := s.writeLog(ctx, tx, i.number, kind, actor, text); err != nil {
		return i, err
	}
	return i, s.tellOfPage(ctx, tx, i, status, actor, nil)
}

func rfc3339(microseconds int64) string { return timeOf(microseconds).Format(time.RFC3339) }

func (s *Sandbox) incidentDocument(ctx context.Context, tx *sql.Tx, i pagerDutyIncident) (object, error) {
	entries, err := incidentLog(ctx, tx, i.number)
	if err != nil {
		return nil, err
	}
	responders, err := respondersOf(ctx, tx, i.number)
	if err != nil {
		return nil, err
	}
	service, _, ok := s.service(i.serviceID)
	if !ok { // it was taken out of the configuration after the incident
		service = Service{ID: i.serviceID, Name: i.serviceID}
	}
	asked := []object{}
	for _, r := range responders {
		asked = append(asked, s.responderDocument(i, r))
	}
	doc := object{
		"id": i.id(), "type": "incident", "summary": fmt.Sprintf("[#%d] %s", i.number, i.title), "title": i.title,
		"self": s.address("/pagerduty/incidents/" + i.id()), "html_url": s.address("#" + i.id()),
		"incident_number": i.number, "incident_key": i.dedupKey, "status": i.status, "urgency": i.urgency,
		"created_at": rfc3339(i.createdAt), "updated_at": rfc3339(i.changedAt), "last_status_change_at": rfc3339(i.changedAt), "resolved_at": nil,
		"service": s.serviceReference(service), "escalation_policy": s.policyReference(policyOf(service)), "teams": []object{},
		"assigned_via": "escalation_policy", "assignments": []object{}, "acknowledgements": []object{},
		"priority": s.priorityReference(i.priority), "incidents_responders": asked, "responder_requests": s.requestDocuments(i, responders),
	}
	if i.status == pageResolved {
		doc["resolved_at"] = rfc3339(i.resolvedAt)
		return doc, nil
	}
	assignments := []object{}
	for _, p := range s.assigned(i) {
		assignments = append(assignments, object{"at": rfc3339(i.createdAt), "assignee": s.userReference(p)})
	}
	doc["assignments"] = assignments
	acknowledgements := []object{}
	for _, e := range entries {
		if e.kind == "acknowledge" {
			acknowledgements = append(acknowledgements, object{"at": rfc3339(e.at), "acknowledger": s.agent(e.actor)})
		}
	}
	doc["acknowledgements"] = acknowledgements
	return doc, nil
}

// agent is who did something: a user, or whatever else the log has a name for.
func (s *Sandbox) agent(actor string) object {
	if p, ok := pagerDutyUser(func(p person) bool { return p.email == actor }); ok {
		return s.userReference(p)
	}
	return object{"type": "service_reference", "summary": actor}
}

func (s *Sandbox) listIncidents(ctx context.Context, c pagerDutyCall) (int, object, error) {
	since, until, err := c.interval()
	if err != nil {
		return 0, nil, err
	}
	all, err := collect(ctx, c.tx, scanIncident, selectIncidents+` ORDER BY number`)
	if err != nil {
		return 0, nil, err
	}
	documents := []object{}
	for _, i := range all {
		if !c.accepts("incident_key", i.dedupKey) || !c.accepts("statuses[]", i.status) ||
			!c.accepts("service_ids[]", i.serviceID) || !c.accepts("urgencies[]", i.urgency) ||
			timeOf(i.createdAt).Before(since) || (!until.IsZero() && !timeOf(i.createdAt).Before(until)) {
			continue
		}
		doc, err := s.incidentDocument(ctx, c.tx, i)
		if err != nil {
			return 0, nil, err
		}
		documents = append(documents, doc)
	}
	if strings.HasSuffix(c.query.Get("sort_by"), ":desc") {
		slices.Reverse(documents)
	}
	return c.list("incidents", documents)
}

// interval reads since and until. Without them the sandbox goes back to its beginning,
// where PagerDuty would go back one month.
func (c pagerDutyCall) interval() (since, until time.Time, err error) {
	for parameter, target := range map[string]*time.Time{"since": &since, "until": &until} {
		if raw := c.query.Get(parameter); raw != "" {
			if *target, err = time.Parse(time.RFC3339, raw); err != nil {
				return since, until, invalidInput(parameter + " must be a time like 2026-01-02T15:04:05Z")
			}
		}
	}
	return since, until, nil
}

func (c pagerDutyCall) incident(ctx context.Context, id string) (pagerDutyIncident, error) {
	number := 0
	if _, err := fmt.Sscanf(id, "QSANDBOX%d", &number); err != nil {
		return pagerDutyIncident{}, errPagerDutyNotFound
	}
	i, err := scanIncident(c.tx.QueryRowContext(ctx, selectIncidents+` WHERE number = ?`, number))
	if errors.Is(err, sql.ErrNoRows) {
		return i, errPagerDutyNotFound
	}
	return i, err
}

func (s *Sandbox) getIncident(ctx context.Context, c pagerDutyCall) (int, object, error) {
	i, err := c.incident(ctx, c.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	doc, err := s.incidentDocument(ctx, c.tx, i)
	return http.StatusOK, object{"incident": doc}, err
}

// unsupported names the fields that a client set and the sandbox would have to ignore.
func unsupported(raw map[string]json.RawMessage, supported ...string) error {
	var errs []string
	for name, value := range raw {
		if string(value) != "null" && !slices.Contains(supported, name) {
			errs = append(errs, fmt.Sprintf("The sandbox does not support %q", name))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	slices.Sort(errs)
	return invalidInput(errs...)
}

// remarshal reads a document, that was first read as raw fields, into its own type.
func remarshal(raw map[string]json.RawMessage, v any) error {
	data, err := json.Marshal(raw)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return invalidInput(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func (s *Sandbox) createIncident(ctx context.Context, c pagerDutyCall) (int, object, error) {
	var raw map[string]json.RawMessage
	if err := c.decode("incident", &raw); err != nil {
		return 0, nil, err
	}
	if err := unsupported(raw, "type", "title", "service", "urgency", "incident_key", "body", "assignments", "escalation_policy"); err != nil {
		return 0, nil, err
	}
	var in struct {
		Title       string `json:"title"`
		Urgency     string `json:"urgency"`
		IncidentKey string `json:"incident_key"`
		Service     struct {
			ID string `json:"id"`
		} `json:"service"`
		Body struct {
			Details json.RawMessage `json:"details"`
		} `json:"body"`
		Policy struct {
			ID string `json:"id"`
		} `json:"escalation_policy"`
		assigned
	}
	if err := remarshal(raw, &in); err != nil {
		return 0, nil, err
	}
	if strings.TrimSpace(in.Title) == "" {
		return 0, nil, invalidInput("Title cannot be empty")
	}
	if in.Urgency != "" && in.Urgency != "high" && in.Urgency != "low" {
		return 0, nil, invalidInput("Urgency must be high or low")
	}
	if _, _, ok := s.service(in.Service.ID); !ok {
		return 0, nil, errPagerDutyNotFound
	}
	if in.IncidentKey == "" {
		in.IncidentKey = newDedupKey()
	} else if _, open, err := openIncident(ctx, c.tx, in.Service.ID, in.IncidentKey); err != nil {
		return 0, nil, err
	} else if open {
		return 0, nil, pagerDutyError{status: http.StatusBadRequest, code: 2002, message: "Arguments Caused Error",
			errors: []string{"Open incident with matching dedup key already exists on this service"}}
	}
	detail, err := json.Marshal(detailsOf(in.Body.Details))
	if err != nil {
		return 0, nil, err
	}
	made := pagerDutyIncident{
		dedupKey: in.IncidentKey, serviceID: in.Service.ID, title: in.Title, urgency: cmp.Or(in.Urgency, "high"), detail: string(detail),
	}
	if made.assignees, err = s.assigneesOf(in.assigned, in.Policy.ID); err != nil {
		return 0, nil, err
	}
	i, err := s.triggerIncident(ctx, c.tx, made, c.Header.Get("From"))
	if err != nil {
		return 0, nil, err
	}
	doc, err := s.incidentDocument(ctx, c.tx, i)
	return http.StatusCreated, object{"incident": doc}, err
}

// incidentDetails is what a page says beyond its title.
type incidentDetails struct {
	Description string          `json:"description,omitempty"`
	Source      string          `json:"source,omitempty"`
	Severity    string          `json:"severity,omitempty"`
	Client      string          `json:"client,omitempty"`
	ClientURL   string          `json:"client_url,omitempty"`
	Links       []eventLink     `json:"links,omitempty"`
	Custom      json.RawMessage `json:"custom_details,omitempty"`
}

func (s *Sandbox) manageIncidents(ctx context.Context, c pagerDutyCall) (int, object, error) {
	var changes []map[string]json.RawMessage
	if err := c.decode("incidents", &changes); err != nil {
		return 0, nil, err
	}
	if len(changes) == 0 || len(changes) > maxManagedIncidents {
		return 0, nil, invalidInput(fmt.Sprintf("Send 1 to %d incidents", maxManagedIncidents))
	}
	documents := []object{}
	for _, change := range changes {
		var id string
		if json.Unmarshal(change["id"], &id) != nil {
			return 0, nil, invalidInput("Every incident needs an id")
		}
		doc, err := s.changeIncident(ctx, c, id, change)
		if err != nil {
			return 0, nil, err
		}
		documents = append(documents, doc)
	}
	return http.StatusOK, object{"incidents": documents}, nil
}

func (s *Sandbox) updateIncident(ctx context.Context, c pagerDutyCall) (int, object, error) {
	var change map[string]json.RawMessage
	if err := c.decode("incident", &change); err != nil {
		return 0, nil, err
	}
	doc, err := s.changeIncident(ctx, c, c.PathValue("id"), change)
	return http.StatusOK, object{"incident": doc}, err
}

func (s *Sandbox) changeIncident(ctx context.Context, c pagerDutyCall, id string, raw map[string]json.RawMessage) (object, error) {
	if err := unsupported(raw, "id", "type", "status", "title", "urgency", "resolution", "priority", "assignments"); err != nil {
		return nil, err
	}
	var change struct {
		Status, Title, Urgency, Resolution string
		Priority                           *struct{ ID string }
		assigned
	}
	if err := remarshal(raw, &change); err != nil {
		return nil, err
	}
	i, err := c.incident(ctx, id)
	if err != nil {
		return nil, err
	}
	switch {
	case change.Status != "" && change.Status != pageAcknowledged && change.Status != pageResolved:
		return nil, invalidInput("Status must be acknowledged or resolved")
	case change.Urgency != "" && change.Urgency != "high" && change.Urgency != "low":
		return nil, invalidInput("Urgency must be high or low")
	}
	i.title, i.urgency = cmp.Or(change.Title, i.title), cmp.Or(change.Urgency, i.urgency)
	if _, err := c.tx.ExecContext(ctx, `UPDATE pagerduty_incidents SET title = ?, urgency = ? WHERE number = ?`, i.title, i.urgency, i.number); err != nil {
		return nil, err
	}
	if change.Priority != nil {
		name, ok := s.priorityNamed(change.Priority.ID)
		if !ok {
			return nil, invalidInput("Priority must be one of the account's")
		}
		if i, err = s.setPriority(ctx, c.tx, i, name, c.Header.Get("From")); err != nil {
			return nil, err
		}
	}
	if len(change.Assignments) > 0 {
		if i.assignees, err = s.assigneesOf(change.assigned, ""); err != nil {
			return nil, err
		}
		if err := assign(ctx, c.tx, &i, s.assigned(i)...); err != nil {
			return nil, err
		}
		if err := s.tellOfPage(ctx, c.tx, i, "reassigned", c.Header.Get("From"), nil); err != nil {
			return nil, err
		}
	}
	if change.Status != "" {
		if i, err = s.setStatus(ctx, c.tx, i, change.Status, c.Header.Get("From"), change.Resolution); err != nil {
			return nil, err
		}
	}
	return s.incidentDocument(ctx, c.tx, i)
}
