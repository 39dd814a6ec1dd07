package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// How hard a webhook of PagerDuty is tried. PagerDuty itself tries for two days:
// https://support.pagerduty.com/main/docs/webhooks.
const (
	pagerDutyAttempts   = 12
	pagerDutyFirstPause = 200 * time.Millisecond // doubled after every attempt
	pagerDutyPatience   = 16 * time.Second
)

// pagerDutySender delivers PagerDuty's webhooks, one after the other, in the order of what
// they tell. They are on disk until they were taken.
type pagerDutySender struct {
	url, secret string
	db          database
	log         *slog.Logger
	client      *http.Client

	cancel context.CancelFunc
	done   chan struct{}
}

func newPagerDutySender(options Options, db database) *pagerDutySender {
	ctx, cancel := context.WithCancel(context.Background())
	d := &pagerDutySender{
		url: options.PagerDutyWebhookURL, secret: options.PagerDutyWebhookSecret, db: db, log: options.Logger,
		client: &http.Client{Timeout: pagerDutyPatience, Transport: http.DefaultTransport.(*http.Transport).Clone()},
		cancel: cancel, done: make(chan struct{}),
	}
	if d.url == "" {
		close(d.done) // nobody is to be told
		return d
	}
	go func() {
		defer close(d.done)
		d.run(ctx)
	}()
	return d
}

// close ends the deliveries. What was not taken yet is kept for the next start.
func (d *pagerDutySender) close() {
	d.cancel()
	<-d.done
	d.client.CloseIdleConnections()
}

func (d *pagerDutySender) run(ctx context.Context) {
	for ctx.Err() == nil {
		_, changed := d.db.changes.now()
		pause, err := d.next(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "sandbox: PagerDuty's webhooks cannot be read", "error", err)
			pause = time.Second
		}
		if pause == 0 {
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// next delivers the first webhook that waits, and returns how long nothing is to be done.
func (d *pagerDutySender) next(ctx context.Context) (time.Duration, error) {
	var (
		number, failures int
		id, body         string
		due              int64
	)
	err := d.db.QueryRowContext(ctx, `SELECT number, id, body, failures, due_at FROM pagerduty_webhooks ORDER BY number LIMIT 1`).
		Scan(&number, &id, &body, &failures, &due)
	if errors.Is(err, sql.ErrNoRows) {
		return idle, nil
	}
	if err != nil {
		return 0, err
	}
	if wait := time.Until(timeOf(due)); due > 0 && wait > 0 {
		return wait, nil
	}
	again, err := d.post(ctx, id, []byte(body))
	switch {
	case ctx.Err() != nil:
		return idle, nil //nolint:nilerr // it was given up to stop; the next start sends it again
	case err == nil:
	case !again, failures+1 >= pagerDutyAttempts:
		d.log.WarnContext(ctx, "sandbox: a PagerDuty webhook was not taken and is given up", "webhook", id, "error", err)
	default:
		pause := pagerDutyFirstPause << failures
		d.log.WarnContext(ctx, "sandbox: a PagerDuty webhook was not taken", "webhook", id, "attempt", failures+1, "next_try", pause, "error", err)
		_, err := d.db.ExecContext(ctx, `UPDATE pagerduty_webhooks SET failures = failures + 1, due_at = ? WHERE number = ?`,
			microseconds(time.Now().Add(pause)), number)
		return 0, err
	}
	_, err = d.db.ExecContext(ctx, `DELETE FROM pagerduty_webhooks WHERE number = ?`, number)
	return 0, err
}

// post makes one attempt and says whether another makes sense.
func (d *pagerDutySender) post(ctx context.Context, id string, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the webhook's address cannot be used")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "PagerDuty-Webhook/V3.0")
	request.Header.Set("X-Webhook-Id", id)
	request.Header.Set("X-Webhook-Subscription", subscriptionID)
	if d.secret != "" {
		request.Header.Set("X-PagerDuty-Signature", pagerDutySignature(d.secret, body))
	}
	response, err := d.client.Do(request)
	if err != nil {
		// The address stays out of the log: it may carry a token.
		if broken := (*url.Error)(nil); errors.As(err, &broken) {
			err = broken.Err
		}
		return true, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBodyBytes)); err != nil {
		return true, err
	}
	if response.StatusCode < http.StatusMultipleChoices {
		return false, nil
	}
	again = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusRequestTimeout
	return again, fmt.Errorf("the receiver answered %s", response.Status)
}

// pagerDutySignature is the value of X-PagerDuty-Signature:
// https://developer.pagerduty.com/docs/verifying-webhook-signatures.
func pagerDutySignature(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// tellOfPage has PagerDuty tell of an event about an incident. Data is what the event is about,
// nil for the incident itself. Nothing is kept where nobody listens.
func (s *Sandbox) tellOfPage(ctx context.Context, tx *sql.Tx, i pagerDutyIncident, event, actor string, data object) error {
	if s.options.PagerDutyWebhookURL == "" {
		return nil
	}
	if data == nil {
		data = s.webhookIncident(i)
	} else {
		data["incident"] = s.incidentReference(i)
	}
	id := rand.Text()
	body, err := json.Marshal(object{"event": object{
		"id": id, "event_type": "incident." + event, "resource_type": "incident",
		"occurred_at": s.now().Format("2006-01-02T15:04:05.000Z07:00"),
		"agent":       s.webhookAgent(i, actor), "client": nil, "data": data,
	}})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO pagerduty_webhooks (id, body) VALUES (?, ?)`, id, string(body))
	return err
}

// webhookAgent is who did something, in a webhook: nobody where PagerDuty did it by itself.
func (s *Sandbox) webhookAgent(i pagerDutyIncident, actor string) any {
	if p, ok := pagerDutyUser(func(p person) bool { return p.email == actor }); ok {
		return s.userReference(p)
	}
	if actor == eventsActor {
		return s.reference("events_api_v2_inbound_integration", "services/"+i.serviceID+"/integrations", integrationID(i.serviceID), eventsActor)
	}
	return nil
}

func (s *Sandbox) incidentReference(i pagerDutyIncident) object {
	return object{
		"id": i.id(), "type": "incident_reference", "summary": i.title,
		"self": s.address("/pagerduty/incidents/" + i.id()), "html_url": s.address("#" + i.id()),
	}
}

// webhookIncident is an incident as webhooks have it, which is not quite as REST has it.
func (s *Sandbox) webhookIncident(i pagerDutyIncident) object {
	service, _, ok := s.service(i.serviceID)
	if !ok {
		service = Service{ID: i.serviceID, Name: i.serviceID}
	}
	assignees := []object{}
	if i.status != pageResolved {
		for _, p := range s.assigned(i) {
			assignees = append(assignees, s.userReference(p))
		}
	}
	doc := s.incidentReference(i)
	doc["type"] = "incident"
	delete(doc, "summary")
	for name, value := range (object{
		"number": i.number, "status": i.status, "incident_key": i.dedupKey, "title": i.title, "urgency": i.urgency,
		"created_at": rfc3339(i.createdAt), "service": s.serviceReference(service), "assignees": assignees,
		"escalation_policy": s.policyReference(policyOf(service)), "teams": []object{}, "priority": s.priorityReference(i.priority),
		"conference_bridge": nil, "resolve_reason": nil,
	}) {
		doc[name] = value
	}
	return doc
}

// subscriptionID is the webhook that PagerDuty has for Muster.
const subscriptionID = "PSANDBOXHOOK"

// listSubscriptions lists the webhook that was made for Muster, if one was.
func (s *Sandbox) listSubscriptions(_ context.Context, c pagerDutyCall) (int, object, error) {
	var all []object
	if s.options.PagerDutyWebhookURL != "" {
		all = append(all, object{
			"id": subscriptionID, "type": "webhook_subscription", "active": true, "description": "Muster", "events": webhookEvents,
			"delivery_method": object{"id": subscriptionID + "1", "type": "http_delivery_method", "url": s.options.PagerDutyWebhookURL, "temporarily_disabled": false, "secret": nil, "custom_headers": []object{}},
			"filter":          object{"type": "account_reference"},
		})
	}
	return c.list("webhook_subscriptions", all)
}

// webhookEvents are those that the sandbox tells of, and the others that PagerDuty has about
// what people do with an incident.
var webhookEvents = []string{
	"incident.acknowledged", "incident.annotated", "incident.conference_bridge.updated", "incident.delegated", "incident.escalated",
	"incident.priority_updated", "incident.reassigned", "incident.reopened", "incident.resolved", "incident.responder.added",
	"incident.responder.replied", "incident.status_update_published", "incident.triggered", "incident.unacknowledged",
}
