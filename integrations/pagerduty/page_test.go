package pagerduty_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/vendortest"
)

func request() incident.PageRequest {
	return incident.PageRequest{
		Key: key, Service: "PSAMPLE", Summary: "Checkout\nfails", Severity: "critical", Source: "checkout",
		Details: map[string]string{"alert": "HighErrorRate", "long": strings.Repeat("x", 5000)},
		Links:   []incident.Link{{Title: "Incident INC-42", URL: "https://muster.example.com/incidents/INC-42"}},
	}
}

func TestPageWakesTheServiceOnce(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusOK, service)
	fake.Answer(enqueue, http.StatusAccepted, enqueued)
	fake.Answer(incidents, http.StatusOK, `{"incidents":[{"id":"Q42","html_url":"https://sample.pagerduty.com/incidents/Q42"}]}`)

	page, err := client.Page(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, incident.Page{
		Key: key, Service: "PSAMPLE", ID: "Q42", URL: "https://sample.pagerduty.com/incidents/Q42",
	}, page)

	asked := fake.Requests("/services/PSAMPLE")[0]
	require.Equal(t, "Token token="+token, asked.Header.Get("Authorization"))
	require.Equal(t, "responder@example.com", asked.Header.Get("From"))
	require.Equal(t, []string{"integrations"}, asked.Query["include[]"])

	sent := fake.Requests("/v2/enqueue")[0]
	require.Empty(t, sent.Header.Get("Authorization"), "the Events API gets no token")
	require.Empty(t, sent.Header.Get("From"))
	event := sent.JSON(t)
	payload := event["payload"].(map[string]any)
	details := payload["custom_details"].(map[string]any)
	require.Len(t, []rune(details["long"].(string)), 4096)
	delete(details, "long")
	require.Equal(t, map[string]any{
		"routing_key": routingKey, "event_action": "trigger", "dedup_key": key,
		"client": "Muster", "client_url": "https://muster.example.com/incidents/INC-42",
		"links": []any{map[string]any{"href": "https://muster.example.com/incidents/INC-42", "text": "Incident INC-42"}},
		"payload": map[string]any{
			"summary": "Checkout fails", "severity": "critical", "source": "checkout",
			"custom_details": map[string]any{"alert": "HighErrorRate"},
		},
	}, event)

	searched := fake.Requests("/incidents")[0].Query
	require.Equal(t, key, searched.Get("incident_key"))
	require.Equal(t, []string{"PSAMPLE"}, searched["service_ids[]"])
}

func TestPageStandsWithoutAnAddress(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		answer string
	}{
		"while PagerDuty works through the event": {http.StatusOK, `{"incidents":[]}`},
		"where the token may not list incidents":  {http.StatusForbidden, `{"error":{"message":"Access Denied","code":2010}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(getService, http.StatusOK, service)
			fake.Answer(enqueue, http.StatusAccepted, enqueued)
			fake.Answer(incidents, row.status, row.answer)

			page, err := client.Page(t.Context(), request())
			require.NoError(t, err)
			require.Equal(t, incident.Page{Key: key, Service: "PSAMPLE"}, page)
		})
	}
}

func TestPageRefusesWhatPagerDutyWouldRefuse(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*incident.PageRequest){
		"has no key":                          func(r *incident.PageRequest) { r.Key = "" },
		"longer than 255 characters":          func(r *incident.PageRequest) { r.Key = strings.Repeat("k", 256) },
		"has no summary":                      func(r *incident.PageRequest) { r.Summary = " \n" },
		"does not say what is affected":       func(r *incident.PageRequest) { r.Source = "" },
		`"SEV1": use one of critical`:         func(r *incident.PageRequest) { r.Severity = "SEV1" },
		"set it for the service in muster.ya": func(r *incident.PageRequest) { r.Service = "" },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			client, _ := newClient(t)
			spoiled := request()
			spoil(&spoiled)
			_, err := client.Page(t.Context(), spoiled)
			require.ErrorContains(t, err, want)
			require.True(t, integrations.IsFinal(err))
		})
	}
}

func TestPageUsesAFreshRoutingKey(t *testing.T) {
	t.Parallel()
	const second = "fedcba9876543210fedcba9876543210"
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusOK, service, strings.ReplaceAll(service, routingKey, second))
	fake.Answer(enqueue, http.StatusAccepted, enqueued)
	fake.Answer(incidents, http.StatusOK, `{"incidents":[]}`)

	for _, want := range []string{routingKey, second} {
		page, err := client.Page(t.Context(), request())
		require.NoError(t, err)
		require.NoError(t, client.Acknowledge(t.Context(), page), "acknowledging remembers the key")
		sent := fake.Requests("/v2/enqueue")
		require.Equal(t, want, sent[len(sent)-2].JSON(t)["routing_key"])
		require.Equal(t, want, sent[len(sent)-1].JSON(t)["routing_key"])
	}
	require.Len(t, fake.Requests("/services/PSAMPLE"), 2)
}

func TestPageFallsBackToTheRoutingKeyItKnows(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	status := http.StatusOK
	fake.Handle(getService, func(w http.ResponseWriter, _ *http.Request) {
		vendortest.WriteJSON(t, w, status, service)
	})
	fake.Answer(enqueue, http.StatusAccepted, enqueued)
	fake.Answer(incidents, http.StatusOK, `{"incidents":[]}`)

	_, err := client.Page(t.Context(), request())
	require.NoError(t, err)
	status = http.StatusServiceUnavailable
	_, err = client.Page(t.Context(), request())
	require.NoError(t, err, "a REST API that is down does not stop a page")
	require.Len(t, fake.Requests("/v2/enqueue"), 2)
}

func TestThePagesOfSeveralServicesGoEachByItsOwnKey(t *testing.T) {
	t.Parallel()
	const other = "fedcba9876543210fedcba9876543210"
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusOK, service)
	fake.Answer("GET /services/POTHER", http.StatusOK, strings.NewReplacer(routingKey, other, "PSAMPLE", "POTHER").Replace(service))
	fake.Answer(incidents, http.StatusOK, `{"incidents":[{"id":"Q43","service":{"id":"POTHER"}}]}`)
	fake.Answer(enqueue, http.StatusAccepted, enqueued)

	for _, page := range []incident.Page{{Key: "one", Service: "PSAMPLE"}, {Key: "two", Service: "POTHER"}, {Key: "three"}} {
		require.NoError(t, client.Acknowledge(t.Context(), page))
		require.NoError(t, client.Resolve(t.Context(), page))
	}
	var sent []string
	for _, r := range fake.Requests("/v2/enqueue") {
		event := r.JSON(t)
		sent = append(sent, event["dedup_key"].(string)+" "+event["event_action"].(string)+" "+event["routing_key"].(string))
	}
	require.Equal(t, []string{
		"one acknowledge " + routingKey, "one resolve " + routingKey, "two acknowledge " + other, "two resolve " + other,
		"three acknowledge " + other, "three resolve " + other,
	}, sent, "where a page was sent is looked up, if it is not known")
}

func TestAcknowledgeAndResolveSayOnlyThat(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusOK, service)
	fake.Answer(enqueue, http.StatusAccepted, enqueued)
	page := incident.Page{Key: key, Service: "PSAMPLE"}

	require.NoError(t, client.Acknowledge(t.Context(), page))
	require.NoError(t, client.Resolve(t.Context(), page))

	want := map[string]any{"routing_key": routingKey, "dedup_key": key}
	for i, action := range []string{"acknowledge", "resolve"} {
		event := maps.Clone(want)
		event["event_action"] = action
		require.Equal(t, event, fake.Requests("/v2/enqueue")[i].JSON(t))
	}
	require.Len(t, fake.Requests("/services/PSAMPLE"), 1)
}
