package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/store"
)

const pageAcknowledged = `{"event": {
	"id": "01EVENT", "event_type": "incident.acknowledged", "resource_type": "incident", "occurred_at": "2026-01-05T14:00:00.250Z",
	"agent": {"id": "PUSER1", "type": "user_reference", "summary": "Sample Responder"},
	"client": null,
	"data": {
		"id": "QPAGE1", "type": "incident", "html_url": "https://sample.pagerduty.com/incidents/QPAGE1", "status": "acknowledged",
		"incident_key": "muster-0a1b2c3d-INC-42-page", "title": "Checkout fails",
		"service": {"id": "PCHECKOUT", "type": "service_reference", "summary": "Checkout"},
		"assignees": [{"id": "PUSER1", "type": "user_reference", "summary": "Sample Responder"}],
		"priority": {"id": "PPRIO", "type": "priority_reference", "summary": "SEV1"}
	}}}`

// pageNews reads a delivery that holds one report.
func pageNews(t *testing.T, body string) (store.Item, webhook.PageReport) {
	t.Helper()
	items, err := webhook.PagerDuty(config.Secret{}, false).Parse([]byte(body))
	require.NoError(t, err)
	require.Len(t, items, 1)
	var report webhook.PageReport
	require.NoError(t, json.Unmarshal(items[0].Body, &report))
	return items[0], report
}

func TestNewsOfAPageIsOneItem(t *testing.T) {
	t.Parallel()

	item, report := pageNews(t, pageAcknowledged)

	require.Empty(t, cmp.Diff(store.Item{Kind: store.KindPage, Subject: "QPAGE1", Key: "01EVENT", Body: item.Body}, item))
	responder := webhook.PagerAccount{ID: "PUSER1", Name: "Sample Responder"}
	require.Empty(t, cmp.Diff(webhook.PageReport{
		News: webhook.PageAcknowledged, ID: "QPAGE1", URL: "https://sample.pagerduty.com/incidents/QPAGE1",
		Key: "muster-0a1b2c3d-INC-42-page", Service: "PCHECKOUT", Priority: "SEV1",
		At: time.Date(2026, 1, 5, 14, 0, 0, 250_000_000, time.UTC),
		By: responder, AssignedTo: []webhook.PagerAccount{responder},
	}, report))
}

// event is a delivery of PagerDuty about an incident or what belongs to one.
func event(kind, agent, data string) string {
	return fmt.Sprintf(`{"event": {"id": "01EVENT", "event_type": %q, "occurred_at": "2026-01-05T14:00:00Z", "agent": %s, "data": %s}}`, kind, agent, data)
}

const (
	byUser      = `{"id": "PUSER1", "type": "user_reference", "summary": "Sample Responder"}`
	ofPage      = `"incident": {"id": "QPAGE1", "type": "incident_reference", "html_url": "https://sample.pagerduty.com/incidents/QPAGE1"}`
	ofResponder = `"user": {"id": "PUSER2", "type": "user_reference", "summary": "Second Responder"}`
)

func TestWhatBelongsToAPageIsReadByItsKind(t *testing.T) {
	t.Parallel()
	user, second := webhook.PagerAccount{ID: "PUSER1", Name: "Sample Responder"}, webhook.PagerAccount{ID: "PUSER2", Name: "Second Responder"}
	for name, test := range map[string]struct {
		body string
		want webhook.PageReport
	}{
		"a note": {
			event("incident.annotated", byUser, `{`+ofPage+`, "id": "PNOTE", "content": " rolled back \n", "trimmed": false, "type": "incident_note"}`),
			webhook.PageReport{News: webhook.PageNoted, By: user, Note: "PNOTE", Text: "rolled back"},
		},
		"a status update": {
			event("incident.status_update_published", byUser, `{`+ofPage+`, "id": "PUPDATE", "message": "a fix is on its way", "type": "incident_status_update"}`),
			webhook.PageReport{News: webhook.PageUpdatePublished, By: user, Note: "PUPDATE", Text: "a fix is on its way"},
		},
		"an address to meet at": {
			event("incident.conference_bridge.updated", byUser, `{`+ofPage+`, "conference_numbers": [{"label": "", "number": "+1-555-555-5555"}], "conference_url": "https://meet.example.com/42"}`),
			webhook.PageReport{News: webhook.PageBridgeChanged, By: user, Text: "https://meet.example.com/42 +1-555-555-5555"},
		},
		"a request for help": {
			event("incident.responder.added", byUser, `{`+ofPage+`, `+ofResponder+`, "message": "please join", "state": "pending"}`),
			webhook.PageReport{News: webhook.PageHelpAsked, By: user, Responder: second, Reply: webhook.ReplyPending, Text: "please join"},
		},
		"somebody who joins": {
			event("incident.responder.replied", byUser, `{`+ofPage+`, `+ofResponder+`, "message": "", "state": "joined"}`),
			webhook.PageReport{News: webhook.PageHelpAnswered, By: user, Responder: second, Reply: webhook.ReplyAccepted},
		},
		"somebody who does not": {
			event("incident.responder.replied", byUser, `{`+ofPage+`, `+ofResponder+`, "message": "", "state": "declined"}`),
			webhook.PageReport{News: webhook.PageHelpAnswered, By: user, Responder: second, Reply: webhook.ReplyDeclined},
		},
		"an escalation that nobody asked for": {
			event("incident.escalated", `null`, `{"id": "QPAGE1", "html_url": "https://sample.pagerduty.com/incidents/QPAGE1", "assignees": [`+byUser+`, {"id": "PX", "type": "escalation_policy_reference"}]}`),
			webhook.PageReport{News: webhook.PageReassigned, AssignedTo: []webhook.PagerAccount{user}},
		},
		"a resolution by an integration": {
			event("incident.resolved", `{"id": "PINT", "type": "events_api_v2_inbound_integration_reference", "summary": "Events API v2"}`,
				`{"id": "QPAGE1", "html_url": "https://sample.pagerduty.com/incidents/QPAGE1", "assignees": [], "incident_key": null, "priority": null}`),
			webhook.PageReport{News: webhook.PageResolved, AssignedTo: []webhook.PagerAccount{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			item, report := pageNews(t, test.body)
			require.Equal(t, "QPAGE1", item.Subject)
			test.want.ID, test.want.URL = "QPAGE1", "https://sample.pagerduty.com/incidents/QPAGE1"
			test.want.At = time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
			require.Empty(t, cmp.Diff(test.want, report))
		})
	}
}

func TestWhoMergesPagesHasResolvedNothing(t *testing.T) {
	t.Parallel()
	const ended = `{"id": "QPAGE1", "type": "incident", "incident_key": "muster-0a1b2c3d-INC-42-page", "resolve_reason": %s}`

	_, report := pageNews(t, event("incident.resolved", byUser, fmt.Sprintf(ended, `null`)))
	require.Equal(t, "PUSER1", report.By.ID)

	_, report = pageNews(t, event("incident.resolved", byUser, fmt.Sprintf(ended, `{"type": "merge_resolve_reason", "incident": {"id": "QPAGE2", "type": "incident_reference"}}`)))
	require.Equal(t, webhook.PageResolved, report.News)
	require.Zero(t, report.By)
}

func TestEventsOfPagerDutyThatSayNothingAreNoNews(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"event": {"id": "01EVENT", "event_type": "pagey.ping", "resource_type": "pagey", "occurred_at": "2026-01-05T14:00:00Z", "data": {"message": "Hello", "type": "ping"}}}`,
		event("incident.custom_field_values.updated", byUser, `{`+ofPage+`, "custom_fields": []}`),
		event("incident.role.assigned", byUser, `{}`),
		event("service.updated", `null`, `{"id": "PSERVICE"}`),
		event("incident.something_new", byUser, `[1, 2]`),
		// What Muster has written itself comes back.
		event("incident.annotated", byUser, `{`+ofPage+`, "id": "N", "content": "rolled back\n[muster:muster-0a1b2c3d-INC-42-notes.17] "}`),
	} {
		items, err := webhook.PagerDuty(config.Secret{}, false).Parse([]byte(body))
		require.NoError(t, err, body)
		require.Empty(t, items, body)
	}
}

func TestADeliveryThatIsNotPagerDutysIsRefused(t *testing.T) {
	t.Parallel()
	for want, body := range map[string]string{
		"not JSON":                  "",
		"event.id: is missing":      "{}",
		"must be a JSON object":     "[]",
		"event.event_type":          `{"event": {"id": "01EVENT"}}`,
		"event.occurred_at":         `{"event": {"id": "01EVENT", "event_type": "incident.resolved"}}`,
		"say which incident":        event("incident.resolved", byUser, `{}`),
		"event.data.assignees: mus": event("incident.resolved", byUser, `{"id": "QPAGE1", "assignees": 7}`),
		"event.data":                event("incident.annotated", byUser, `{"id": "PNOTE", "content": "of nothing"}`),
	} {
		items, err := webhook.PagerDuty(config.Secret{}, false).Parse([]byte(body))
		var malformed *webhook.MalformedError
		require.ErrorAs(t, err, &malformed, body)
		require.ErrorContains(t, err, want)
		require.Nil(t, items)
	}
}

func TestWhatIsWrittenInThePagerIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2*incident.MaxTextRunes)
	_, report := pageNews(t, event("incident.annotated", `{"id": "P1", "type": "user_reference", "summary": "`+long+`"}`, `{`+ofPage+`, "id": "N", "content": "`+long+`\u0000"}`))
	require.Len(t, []rune(report.Text), incident.MaxTextRunes)
	require.Len(t, []rune(report.By.Name), incident.MaxNameRunes)

	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf(`{"id": "P%d", "type": "user_reference"}`, i))
	}
	_, report = pageNews(t, event("incident.reassigned", byUser, `{"id": "QPAGE1", "assignees": [`+strings.Join(many, ",")+`]}`))
	require.Len(t, report.AssignedTo, 50)
	require.Equal(t, webhook.PagerAccount{ID: "P7", Name: "P7"}, report.AssignedTo[7])
}

// TestDocumentedDeliveriesOfPagerDutyAreRead reads the samples of PagerDuty's documentation,
// of which most show the data of an event alone.
func TestDocumentedDeliveriesOfPagerDutyAreRead(t *testing.T) {
	t.Parallel()
	const folder = "../../../shared/counterparts/payloads/pagerduty"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the documented payloads are not here")
	}
	sample := func(name string) string {
		body, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		return string(body)
	}
	_, report := pageNews(t, sample("overview-2.json"))
	require.Equal(t, webhook.PagePriorityChanged, report.News)
	require.Equal(t, "d3640fbd41094207a1c11e58e46b1662", report.Key)
	require.Equal(t, "P1", report.Priority)
	require.Equal(t, []webhook.PagerAccount{{ID: "PTUXL6G", Name: "User 123"}}, report.AssignedTo)

	items, err := webhook.PagerDuty(config.Secret{}, false).Parse([]byte(sample("overview-3.json")))
	require.NoError(t, err)
	require.Empty(t, items, "a change of a service is no news")

	for name, test := range map[string]struct{ kind, page, text string }{
		"overview-4.json":  {"incident.resolved", "PGR0VU2", ""},
		"overview-5.json":  {"incident.conference_bridge.updated", "PGR0VU2", "https://example.com +1-555-555-5555"},
		"overview-7.json":  {"incident.annotated", "PGR0VU2", "I sure am glad we are using PagerDuty!"},
		"overview-9.json":  {"incident.status_update_published", "PGR0VU2", "A fix for this incident is being developed"},
		"overview-10.json": {"incident.responder.added", "PGR0VU2", "Please help me make the tests pass"},
	} {
		item, report := pageNews(t, event(test.kind, byUser, sample(name)))
		require.Equal(t, test.page, item.Subject, name)
		require.Equal(t, test.text, report.Text, name)
	}
	for name, kind := range map[string]string{
		"overview-6.json": "incident.custom_field_values.updated", "overview-8.json": "incident.role.assigned",
		"overview-11.json": "incident.task.created", "overview-12.json": "incident.workflow.started",
		"overview-14.json": "service.custom_field_values.updated", "overview-15.json": "incident.action_invocation.created",
	} {
		items, err := webhook.PagerDuty(config.Secret{}, false).Parse([]byte(event(kind, byUser, sample(name))))
		require.NoError(t, err, name)
		require.Empty(t, items, name)
	}
}

func TestASignatureOfPagerDutyIsChecked(t *testing.T) {
	t.Parallel()
	sign := func(secret, body string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		return "v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	receiver := webhook.NewReceiver(&inbox{}, webhook.PagerDuty(config.NewSecret("s3cret-old, s3cret-new\n"), true))
	for name, test := range map[string]struct {
		signatures []string
		taken      bool
	}{
		"with the first secret":          {[]string{sign("s3cret-old", pageAcknowledged)}, true},
		"with the second":                {[]string{sign("s3cret-new", pageAcknowledged)}, true},
		"among others":                   {[]string{sign("other", pageAcknowledged) + ", " + sign("s3cret-new", pageAcknowledged)}, true},
		"among others, in lines":         {[]string{sign("other", pageAcknowledged), sign("s3cret-new", pageAcknowledged)}, true},
		"beside one of a later version":  {[]string{"v2=00," + sign("s3cret-new", pageAcknowledged)}, true},
		"with another secret":            {[]string{sign("other", pageAcknowledged)}, false},
		"with both secrets as one":       {[]string{sign("s3cret-old, s3cret-new", pageAcknowledged)}, false},
		"with no secret at all":          {[]string{sign("", pageAcknowledged)}, false},
		"of another body":                {[]string{sign("s3cret-new", pageAcknowledged+" ")}, false},
		"of another version":             {[]string{"v2=" + strings.TrimPrefix(sign("s3cret-new", pageAcknowledged), "v1=")}, false},
		"behind more than anybody sends": {[]string{strings.Repeat(sign("other", pageAcknowledged)+",", 10) + sign("s3cret-new", pageAcknowledged)}, false},
		"that is no number":              {[]string{"v1=zz"}, false},
		"that is missing":                {nil, false},
	} {
		accepted, err := receiver.Receive(t.Context(), "pagerduty", http.Header{"X-Pagerduty-Signature": test.signatures}, []byte(pageAcknowledged))
		if test.taken {
			require.NoError(t, err, name)
			require.Equal(t, 1, accepted.New, name)
			continue
		}
		var unauthorized *webhook.UnauthorizedError
		require.ErrorAs(t, err, &unauthorized, name)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestNewsOfRealPagesIsRefusedWithoutASecret(t *testing.T) {
	t.Parallel()
	_, err := webhook.NewReceiver(&inbox{}, webhook.PagerDuty(config.Secret{}, true)).Receive(t.Context(), "pagerduty", nil, []byte(pageAcknowledged))
	require.ErrorContains(t, err, "set MUSTER_PAGERDUTY_WEBHOOK_SECRET")

	_, err = webhook.NewReceiver(&inbox{}, webhook.PagerDuty(config.Secret{}, false)).Receive(t.Context(), "pagerduty", nil, []byte(pageAcknowledged))
	require.NoError(t, err, "the sandbox's pages are nobody's")
}

func FuzzNewsOfAPage(f *testing.F) {
	f.Add([]byte(pageAcknowledged))
	f.Add([]byte(event("incident.annotated", byUser, `{`+ofPage+`, "id": "N", "content": "x"}`)))
	f.Add([]byte(event("incident.responder.replied", "null", `{`+ofPage+`, `+ofResponder+`, "state": "joined"}`)))
	f.Add([]byte(`{"event":{"id":"1","event_type":"pagey.ping"}}`))
	source := webhook.PagerDuty(config.Secret{}, false)
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := source.Parse(body)
		if err != nil {
			var malformed *webhook.MalformedError
			require.ErrorAs(t, err, &malformed)
			require.Nil(t, items)
			return
		}
		require.LessOrEqual(t, len(items), 1)
		for _, item := range items {
			require.NotEmpty(t, item.Key)
			require.NotEmpty(t, item.Subject)
			require.LessOrEqual(t, len(item.Key)+len(item.Subject), 1000)
			var report webhook.PageReport
			require.NoError(t, json.Unmarshal(item.Body, &report))
			require.False(t, report.At.IsZero())
			require.LessOrEqual(t, len([]rune(report.Text)), incident.MaxTextRunes)
		}
	})
}
