package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestADeclaredIncidentHasTheShapeOfTheContract(t *testing.T) {
	t.Parallel()
	h := newHarness(t)

	got := h.post("/api/v1/incidents", `{"title": " Checkout fails ", "service": "SHOP", "severity": "page", "summary": "Cards are refused", "actor": "Sample Responder"}`)

	require.Equal(t, http.StatusCreated, got.Code, "%s", got.Body)
	require.Equal(t, publicURL+"/api/v1/incidents/INC-1", got.Header().Get("Location"))
	for key, want := range map[string]any{
		"id": "INC-1", "title": "Checkout fails", "summary": "Cards are refused", "status": "investigating",
		"severity": "SEV1", "service": "checkout", "team": "payments", "declared_by": "Sample Responder",
		"declared_at": "2026-03-01T09:01:00Z", "acknowledged_at": nil, "mitigated_at": nil, "resolved_at": nil, "closed_at": nil,
		"seconds_to_resolve": nil, "channel": nil, "alerts": []any{}, "followups": []any{}, "alerts_firing": 0.0,
		"roles":    map[string]any{"commander": "", "scribe": ""},
		"playbook": map[string]any{"name": "default", "version": "v1", "parts": []any{}},
		"url":      publicURL + "/incidents/INC-1", "postmortem_url": "", "seq": 2.0,
	} {
		require.Equal(t, want, lookup(t, got.json, key), key)
	}
	require.Len(t, got.json["steps"], 3)
	step, ok := lookup(t, got.json, "steps", 1).(map[string]any)
	require.True(t, ok)
	require.Subset(t, step, map[string]any{
		"id": "look", "title": "Look at the dashboards", "kind": "manual", "state": "waiting", "assignee": "", "error": "", "role": "scribe",
	})
	again := h.get("/api/v1/incidents/INC-1")
	require.JSONEq(t, got.Body.String(), again.Body.String())
	require.NotContains(t, again.Header(), "Location")
}

func TestAnIncidentIsFoundByAnyWayOfWritingItsID(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.declare()
	for _, id := range []string{"INC-1", "inc-1", "1"} {
		require.Equal(t, "INC-1", lookup(t, h.get("/api/v1/incidents/"+id).json, "id"))
	}
	for _, id := range []string{"INC-2", "INC-0", "-1", "nonsense", "INC-99999999999999999999", "%00"} {
		require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/"+id).Code, id)
	}
}

func TestEverythingAboutAnIncidentIsShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	started := time.Date(2026, 3, 1, 8, 55, 0, 0, time.FixedZone("", 3600))
	firing := incident.Alert{Fingerprint: "f1", Name: "HighErrors", StartsAt: started, Source: "alertmanager",
		Annotations: map[string]string{"summary": "Many errors"}}
	resolved := incident.Alert{Fingerprint: "f2", Name: "SlowQueries", StartsAt: started, Labels: map[string]string{"db": "main"}}
	gone := resolved
	gone.ResolvedAt = started.Add(time.Minute)
	h.command(path, incident.ReportAlerts{Alerts: []incident.Alert{firing, resolved}})
	h.command(path, incident.ReportAlerts{Alerts: []incident.Alert{gone}})
	h.command(path, incident.StartStep{Step: "page"})
	h.command(path, incident.FinishStep{Step: "page", Outcome: incident.Outcome{
		Page: &incident.Page{Key: "k", Service: "PABC123"}, Channel: &incident.Channel{ID: "C1", Name: "inc-1", URL: "https://chat.example.com/C1"},
	}})
	h.send(request{method: http.MethodPut, path: path + "/roles/scribe", body: `{"user": "Sample Scribe"}`})
	h.post(path+"/acknowledge", "")
	h.post(path+"/followups", `{"title": "Alert earlier", "due": "2026-12-01"}`)
	h.command(path, incident.FinishStep{Step: "ticket", Hook: "ticket", Title: "File the ticket", Outcome: incident.Outcome{
		Followup: "F1", Ticket: &incident.Ticket{Key: "PAY-1", URL: "https://tracker.example.com/PAY-1", Status: "To Do"}, Postmortem: true,
	}})
	h.post(path+"/resolve", `{"summary": "Rolled back"}`)

	got := h.get(path).json

	require.Equal(t, "firing", lookup(t, got, "alerts", 0, "status"))
	require.Equal(t, "2026-03-01T07:55:00Z", lookup(t, got, "alerts", 0, "starts_at"), "times are UTC")
	require.Equal(t, "Many errors", lookup(t, got, "alerts", 0, "summary"))
	require.Equal(t, map[string]any{}, lookup(t, got, "alerts", 0, "labels"))
	require.Equal(t, "2026-03-01T07:56:00Z", lookup(t, got, "alerts", 1, "resolved_at"))
	require.InDelta(t, 1, lookup(t, got, "alerts_firing"), 0)
	require.Equal(t, map[string]any{"id": "C1", "name": "inc-1", "url": "https://chat.example.com/C1"}, got["channel"])
	require.Equal(t, "PABC123", lookup(t, got, "pages", 0, "service"))
	require.Equal(t, "Sample Scribe", lookup(t, got, "roles", "scribe"))
	require.Equal(t, "Sample Scribe", lookup(t, got, "steps", 1, "assignee"), "the step is for whoever holds its role")
	require.Equal(t, "PAY-1", lookup(t, got, "followups", 0, "key"))
	require.Equal(t, "To Do", lookup(t, got, "followups", 0, "status"))
	require.Equal(t, "2026-12-01", lookup(t, got, "followups", 0, "due"))
	require.Equal(t, "API", got["acknowledged_by"])
	require.Equal(t, "Rolled back", got["resolution"])
	require.Greater(t, got["seconds_to_resolve"], got["seconds_to_acknowledge"])
	require.NotNil(t, got["mitigated_at"])
	require.Nil(t, got["closed_at"])
	require.Equal(t, publicURL+path+"/postmortem", got["postmortem_url"])
}

func TestTheListIsFiltered(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i, body := range []string{
		`{"title": "First fire", "service": "checkout", "severity": "SEV1"}`,
		`{"title": "Second fire", "service": "payments-api", "severity": "SEV2"}`,
		`{"title": "Third flood", "service": "checkout", "severity": "SEV2"}`,
		`{"title": "Fourth flood", "service": "checkout", "severity": "SEV3"}`,
	} {
		require.Equal(t, http.StatusCreated, h.post("/api/v1/incidents", body).Code, "incident %d", i+1)
	}
	h.post("/api/v1/incidents/INC-2/resolve", "")
	h.post("/api/v1/incidents/INC-3/cancel", "")
	h.post("/api/v1/incidents/INC-4/status", `{"status": "monitoring"}`)

	for query, want := range map[string][]string{
		"":                                     {"INC-4", "INC-3", "INC-2", "INC-1"},
		"status=open":                          {"INC-4", "INC-2", "INC-1"},
		"status=active":                        {"INC-4", "INC-1"},
		"status=Resolved,cancelled":            {"INC-3", "INC-2"},
		"status=resolved,active,investigating": {"INC-4", "INC-2", "INC-1"},
		"status=closed":                        {},
		"severity=critical":                    {"INC-1"},
		"severity=sev2":                        {"INC-3", "INC-2"},
		"severity=SEV9":                        {},
		"service=Shop&severity=SEV2":           {"INC-3"},
		"service=gone":                         {},
		"q=FLOOD":                              {"INC-4", "INC-3"},
		"q=third+flood":                        {"INC-3"},
		"since=2026-03-01T09:04:30Z":           {"INC-4", "INC-3"},
	} {
		got := h.get("/api/v1/incidents?" + query)
		require.Equal(t, http.StatusOK, got.Code, "%s: %s", query, got.Body)
		require.Equal(t, want, ids(t, got), query)
		require.Empty(t, got.json["next_cursor"], query)
	}
}

func ids(t *testing.T, list answer) []string {
	t.Helper()
	ids := []string{}
	incidents, ok := list.json["incidents"].([]any)
	require.True(t, ok)
	for _, in := range incidents {
		ids = append(ids, fmt.Sprint(lookup(t, in, "id")))
	}
	return ids
}

func TestTheListComesInPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for range 5 {
		h.declare()
	}
	var seen []string
	cursor := ""
	for range 3 {
		page := h.get("/api/v1/incidents?limit=2&cursor=" + cursor)
		seen = append(seen, ids(t, page)...)
		cursor = fmt.Sprint(page.json["next_cursor"])
	}
	require.Empty(t, cursor)
	require.Equal(t, []string{"INC-5", "INC-4", "INC-3", "INC-2", "INC-1"}, seen)
}

func TestAFilterThatMakesNoSenseIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for query, location := range map[string]string{
		"status=fixed":        "query.status",
		"status=open,,active": "query.status",
		"limit=0":             "query.limit",
		"limit=201":           "query.limit",
		"limit=many":          "query.limit",
		"since=yesterday":     "query.since",
		"cursor=made-up":      "query.cursor",
	} {
		got := h.get("/api/v1/incidents?" + query)
		require.Equal(t, http.StatusUnprocessableEntity, got.Code, query)
		require.Equal(t, location, lookup(t, got.json, "errors", 0, "location"), query)
	}
}

func TestTheTimelineTellsWhatHappened(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/notes", `{"text": "Looks like the new release", "at": "2026-03-01T08:00:00+01:00", "actor": "Sample Scribe"}`)

	got := h.get(path + "/timeline")

	require.Equal(t, http.StatusOK, got.Code)
	require.Len(t, got.json["events"], 3)
	require.Nil(t, got.json["next_after"])
	require.Equal(t, map[string]any{
		"seq": 3.0, "at": "2026-03-01T09:03:00Z", "kind": "note_added", "actor": "Sample Scribe", "actor_kind": "person",
		"source": "api", "text": "Looks like the new release",
		"data": map[string]any{"text": "Looks like the new release", "happened_at": "2026-03-01T07:00:00Z"},
	}, lookup(t, got.json, "events", 2))
	require.Equal(t, "muster", lookup(t, got.json, "events", 1, "actor_kind"))
	require.NotContains(t, lookup(t, got.json, "events", 1, "data"), "document", "a playbook's text is too long for here")
}

func TestTheTimelineMarksWhatHadNothingToDo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.command(path, incident.FinishStep{Step: "tell@1", Hook: "tell", Title: "Tell those who follow", Outcome: incident.Outcome{Idle: true, Text: "nobody follows"}})

	got := h.get(path + "/timeline")

	require.NotContains(t, lookup(t, got.json, "events", 1), "idle")
	require.Equal(t, true, lookup(t, got.json, "events", 2, "idle"))
	require.Equal(t, "Done: Tell those who follow: nobody follows", lookup(t, got.json, "events", 2, "text"), "whoever looks for a fault finds it")
}

func TestTheTimelineComesInPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/notes", `{"text": "one"}`)

	first := h.get(path + "/timeline?limit=2")
	require.Len(t, first.json["events"], 2)
	require.InDelta(t, 2, first.json["next_after"], 0)
	second := h.get(path + "/timeline?after=2&limit=2")
	require.Equal(t, "one", lookup(t, second.json, "events", 0, "text"))
	require.Nil(t, second.json["next_after"])
	require.Empty(t, h.get(path + "/timeline?after=3").json["events"])

	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-7/timeline").Code)
	require.Equal(t, http.StatusUnprocessableEntity, h.get(path+"/timeline?after=-1").Code)
}
