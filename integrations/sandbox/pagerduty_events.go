package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the Events API: https://developer.pagerduty.com/docs/send-alert-event.
const (
	routingKeyLength     = 32
	maxDedupKeyLength    = 255
	maxSummaryCharacters = 1024
	maxEventBytes        = 512 << 10
)

// event is the body of POST /v2/enqueue.
type event struct {
	RoutingKey string      `json:"routing_key"`
	Action     string      `json:"event_action"`
	DedupKey   string      `json:"dedup_key"`
	Client     string      `json:"client"`
	ClientURL  string      `json:"client_url"`
	Links      []eventLink `json:"links"`
	Payload    *struct {
		Summary  string          `json:"summary"`
		Source   string          `json:"source"`
		Severity string          `json:"severity"`
		Custom   json.RawMessage `json:"custom_details"`
	} `json:"payload"`
}

// eventLink is a link that a page carries along.
type eventLink struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// problems lists what PagerDuty would refuse the event for, in its words.
func (e event) problems() []string {
	var errs []string
	missing := func(field, value string) bool {
		if strings.TrimSpace(value) != "" {
			return false
		}
		errs = append(errs, "'"+field+"' is missing or blank")
		return true
	}
	if !missing("routing_key", e.RoutingKey) && len(e.RoutingKey) != routingKeyLength {
		errs = append(errs, "Length of 'routing_key' is incorrect (should be 32 characters)")
	}
	if len(e.DedupKey) > maxDedupKeyLength {
		errs = append(errs, "Length of 'dedup_key' is incorrect (should be at most 255 characters)")
	}
	switch e.Action {
	case "trigger":
		if e.Payload == nil {
			errs = append(errs, "'payload' is missing or blank")
			break
		}
		missing("payload.summary", e.Payload.Summary)
		missing("payload.source", e.Payload.Source)
		if !slices.Contains([]string{"critical", "error", "warning", "info"}, e.Payload.Severity) {
			errs = append(errs, "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
		}
	case "acknowledge", "resolve":
		missing("dedup_key", e.DedupKey)
	default:
		if !missing("event_action", e.Action) {
			errs = append(errs, "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
		}
	}
	return errs
}

// enqueueEvent serves the Events API. The routing key in the body is its only credential.
// Triggering an open key again, and acknowledging or resolving one that is not open, is
// accepted and changes nothing.
func (s *Sandbox) enqueueEvent(w http.ResponseWriter, r *http.Request) {
	reject := func(errs ...string) {
		writeJSON(w, http.StatusBadRequest, object{"status": "invalid event", "message": "Event object is invalid", "errors": errs})
	}
	var e event
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEventBytes)).Decode(&e); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			writeJSON(w, http.StatusRequestEntityTooLarge, object{"status": "invalid event", "message": "Event object is too large"})
			return
		}
		reject("JSON is invalid")
		return
	}
	if errs := e.problems(); len(errs) > 0 {
		reject(errs...)
		return
	}
	at := slices.IndexFunc(s.options.PagerDutyServices, func(service Service) bool { return integrationKey(service.ID) == e.RoutingKey })
	if at < 0 {
		reject("Invalid routing key")
		return
	}
	if e.DedupKey == "" {
		e.DedupKey = newDedupKey()
	}
	err := s.db.transact(r.Context(), func(tx *sql.Tx) error {
		return s.processEvent(r.Context(), tx, s.options.PagerDutyServices[at], e)
	})
	if err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: a PagerDuty event failed", "error", err)
		writeJSON(w, http.StatusInternalServerError, object{"status": "internal error", "message": "Internal Server Error"})
		return
	}
	writeJSON(w, http.StatusAccepted, object{"status": "success", "message": "Event processed", "dedup_key": e.DedupKey})
}

// eventsActor is who acts in the log where the Events API did.
const eventsActor = "Events API v2"

func (s *Sandbox) processEvent(ctx context.Context, tx *sql.Tx, service Service, e event) error {
	const actor = eventsActor
	current, open, err := openIncident(ctx, tx, service.ID, e.DedupKey)
	if err != nil || open == (e.Action == "trigger") {
		return err
	}
	switch e.Action {
	case "acknowledge":
		_, err = s.setStatus(ctx, tx, current, pageAcknowledged, actor, "")
		return err
	case "resolve":
		_, err = s.setStatus(ctx, tx, current, pageResolved, actor, "")
		return err
	}
	urgency := "high"
	if e.Payload.Severity == "warning" || e.Payload.Severity == "info" {
		urgency = "low"
	}
	detail, err := json.Marshal(incidentDetails{
		Source: e.Payload.Source, Severity: e.Payload.Severity, Client: e.Client, ClientURL: e.ClientURL, Links: e.Links, Custom: e.Payload.Custom,
	})
	if err != nil {
		return err
	}
	_, err = s.triggerIncident(ctx, tx, pagerDutyIncident{
		dedupKey: e.DedupKey, serviceID: service.ID, title: truncate(e.Payload.Summary, maxSummaryCharacters), urgency: urgency, detail: string(detail),
	}, actor)
	return err
}

// truncate cuts a text to a number of characters, as PagerDuty does with long summaries.
func truncate(text string, characters int) string {
	if utf8.RuneCountInString(text) <= characters {
		return text
	}
	return string([]rune(text)[:characters])
}
