package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/stretchr/testify/require"
)

func (w *world) routingKey(t *testing.T, service string) string {
	t.Helper()
	s, err := w.pagerDuty.GetServiceWithContext(t.Context(), service, &pagerduty.GetServiceOptions{Includes: []string{"integrations"}})
	require.NoError(t, err)
	require.Len(t, s.Integrations, 1)
	require.Equal(t, "events_api_v2_inbound_integration", s.Integrations[0].Type)
	return s.Integrations[0].IntegrationKey
}

func (w *world) send(t *testing.T, service, action, key string) *pagerduty.V2EventResponse {
	t.Helper()
	e := pagerduty.V2Event{RoutingKey: w.routingKey(t, service), Action: action, DedupKey: key}
	if action == "trigger" {
		e.Payload = &pagerduty.V2Payload{Summary: "Checkout answers 5xx", Source: "muster", Severity: "critical"}
	}
	r, err := w.pagerDuty.ManageEventWithContext(t.Context(), &e)
	require.NoError(t, err)
	return r
}

func (w *world) trigger(t *testing.T, service, key, summary string) {
	t.Helper()
	_, err := w.pagerDuty.ManageEventWithContext(t.Context(), &pagerduty.V2Event{
		RoutingKey: w.routingKey(t, service), Action: "trigger", DedupKey: key,
		Links:   []any{map[string]string{"href": "https://muster.example.com/INC-1", "text": "Incident"}},
		Payload: &pagerduty.V2Payload{Summary: summary, Source: "muster", Severity: "critical", Details: map[string]string{"severity": "SEV1"}},
	})
	require.NoError(t, err)
}

func (w *world) incidents(t *testing.T, options pagerduty.ListIncidentsOptions) []pagerduty.Incident {
	t.Helper()
	r, err := w.pagerDuty.ListIncidentsWithContext(t.Context(), options)
	require.NoError(t, err)
	return r.Incidents
}

func (w *world) incident(t *testing.T, key string) pagerduty.Incident {
	t.Helper()
	found := w.incidents(t, pagerduty.ListIncidentsOptions{IncidentKey: key})
	require.Len(t, found, 1)
	return found[0]
}

func TestPagerDutyEventsAreDeduplicated(t *testing.T) {
	t.Parallel()
	w := start(t)
	r := w.send(t, "PCHECKOUT", "trigger", "INC-1")
	require.Equal(t, pagerduty.V2EventResponse{Status: "success", Message: "Event processed", DedupKey: "INC-1"}, *r)
	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	require.Equal(t, "triggered", w.incident(t, "INC-1").Status)

	w.send(t, "PCHECKOUT", "acknowledge", "INC-1")
	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	first := w.incident(t, "INC-1")
	require.Equal(t, "acknowledged", first.Status, "a trigger under an open key changes nothing")

	w.send(t, "PSEARCH", "resolve", "INC-1")
	require.Equal(t, "acknowledged", w.incident(t, "INC-1").Status, "a key belongs to its service")

	w.send(t, "PCHECKOUT", "resolve", "INC-1")
	w.send(t, "PCHECKOUT", "resolve", "INC-1")
	w.send(t, "PCHECKOUT", "acknowledge", "INC-1")
	require.Equal(t, "resolved", w.incident(t, "INC-1").Status)

	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	both := w.incidents(t, pagerduty.ListIncidentsOptions{IncidentKey: "INC-1"})
	require.Len(t, both, 2, "after a resolve the key opens a new incident")
	open := w.incidents(t, pagerduty.ListIncidentsOptions{IncidentKey: "INC-1", Statuses: []string{"triggered", "acknowledged"}})
	require.Len(t, open, 1)
	require.NotEqual(t, first.ID, open[0].ID)

	w.trigger(t, "PSEARCH", "long", strings.Repeat("é", 1025))
	require.Equal(t, strings.Repeat("é", 1024), w.incident(t, "long").Title)
	generated := w.send(t, "PCHECKOUT", "trigger", "").DedupKey
	require.NotEmpty(t, generated)
	require.Equal(t, "triggered", w.incident(t, generated).Status)
}

func TestPagerDutyRefusesBadEvents(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.routingKey(t, "PCHECKOUT")
	payload := func() *pagerduty.V2Payload {
		return &pagerduty.V2Payload{Summary: "s", Source: "muster", Severity: "critical"}
	}
	for name, tc := range map[string]struct {
		event pagerduty.V2Event
		want  string
	}{
		"no routing key":            {pagerduty.V2Event{Action: "trigger", Payload: payload()}, "'routing_key' is missing or blank"},
		"a short routing key":       {pagerduty.V2Event{RoutingKey: "abc", Action: "trigger", Payload: payload()}, "Length of 'routing_key' is incorrect (should be 32 characters)"},
		"an unknown routing key":    {pagerduty.V2Event{RoutingKey: strings.Repeat("0", 32), Action: "trigger", Payload: payload()}, "Invalid routing key"},
		"no action":                 {pagerduty.V2Event{RoutingKey: key, Payload: payload()}, "'event_action' is missing or blank"},
		"an unknown action":         {pagerduty.V2Event{RoutingKey: key, Action: "close", Payload: payload()}, "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"},
		"no payload":                {pagerduty.V2Event{RoutingKey: key, Action: "trigger"}, "'payload' is missing or blank"},
		"no summary":                {pagerduty.V2Event{RoutingKey: key, Action: "trigger", Payload: &pagerduty.V2Payload{Source: "m", Severity: "info"}}, "'payload.summary' is missing or blank"},
		"an unknown severity":       {pagerduty.V2Event{RoutingKey: key, Action: "trigger", Payload: &pagerduty.V2Payload{Summary: "s", Source: "m", Severity: "sev1"}}, "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"},
		"a resolve without its key": {pagerduty.V2Event{RoutingKey: key, Action: "resolve"}, "'dedup_key' is missing or blank"},
		"a key that is too long":    {pagerduty.V2Event{RoutingKey: key, Action: "resolve", DedupKey: strings.Repeat("x", 256)}, "Length of 'dedup_key' is incorrect (should be at most 255 characters)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.pagerDuty.ManageEventWithContext(t.Context(), &tc.event)
			var refused pagerduty.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, http.StatusBadRequest, refused.StatusCode)
		})
		t.Run(name+", the body", func(t *testing.T) {
			body := mustJSON(t, tc.event)
			_, answer := w.call(t, "POST", "/sandbox/pagerduty/events/v2/enqueue", body)
			require.JSONEq(t, mustJSON(t, map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": []string{tc.want}}), answer)
		})
	}
	response, _ := w.call(t, "POST", "/sandbox/pagerduty/events/v2/enqueue", `{"routing_key":`)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	response, _ = w.call(t, "POST", "/sandbox/pagerduty/events/v2/enqueue", `{"client":"`+strings.Repeat("x", 600<<10)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	require.Empty(t, w.state(t).PagerDuty.Incidents)
}

func TestPagerDutyIncidentsByREST(t *testing.T) {
	t.Parallel()
	w := start(t)
	create := func(key, service, title string) (*pagerduty.Incident, error) {
		return w.pagerDuty.CreateIncidentWithContext(t.Context(), from, &pagerduty.CreateIncidentOptions{
			Title: title, IncidentKey: key, Service: &pagerduty.APIReference{ID: service, Type: "service_reference"},
			Body: &pagerduty.APIDetails{Type: "incident_body", Details: "12 % of requests fail"},
		})
	}
	made, err := create("INC-1", "PCHECKOUT", "Checkout answers 5xx")
	require.NoError(t, err)
	require.Equal(t, []string{"triggered", "INC-1", "high", "PCHECKOUT", "EPPCHECKOUT"},
		[]string{made.Status, made.IncidentKey, made.Urgency, made.Service.ID, made.EscalationPolicy.ID})
	require.Equal(t, "PSANDBOXONE", made.Assignments[0].Assignee.ID)

	requireRefused := func(err error, status, code int, message string) {
		t.Helper()
		var refused pagerduty.APIError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, status, refused.StatusCode)
		require.Equal(t, code, refused.APIError.ErrorObject.Code)
		require.Contains(t, refused.Error(), message)
	}
	_, err = create("INC-1", "PCHECKOUT", "again")
	requireRefused(err, 400, 2002, "Open incident with matching dedup key already exists on this service")
	_, err = create("", "PNONE", "x")
	requireRefused(err, 404, 2100, "Not Found")
	_, err = create("", "PCHECKOUT", " ")
	requireRefused(err, 400, 2001, "Title cannot be empty")
	_, err = w.pagerDuty.CreateIncidentWithContext(t.Context(), "", &pagerduty.CreateIncidentOptions{Title: "x", Service: &pagerduty.APIReference{ID: "PCHECKOUT"}})
	requireRefused(err, 400, 2001, "From header")
	_, err = w.pagerDuty.CreateIncidentWithContext(t.Context(), from, &pagerduty.CreateIncidentOptions{Title: "x", Service: &pagerduty.APIReference{ID: "PCHECKOUT"}, Priority: &pagerduty.APIReference{ID: "P1"}})
	requireRefused(err, 400, 2001, `The sandbox does not support "priority"`)

	manage := func(changes ...pagerduty.ManageIncidentsOptions) ([]pagerduty.Incident, error) {
		r, err := w.pagerDuty.ManageIncidentsWithContext(t.Context(), from, changes)
		if err != nil {
			return nil, err
		}
		return r.Incidents, nil
	}
	changed, err := manage(pagerduty.ManageIncidentsOptions{ID: made.ID, Status: "acknowledged"})
	require.NoError(t, err)
	require.Equal(t, "PSANDBOXONE", changed[0].Acknowledgements[0].Acknowledger.ID)
	_, err = manage(pagerduty.ManageIncidentsOptions{ID: made.ID, Status: "resolved"}, pagerduty.ManageIncidentsOptions{ID: "QSANDBOX9999", Status: "resolved"})
	requireRefused(err, 404, 2100, "Not Found")
	require.Equal(t, "acknowledged", w.incident(t, "INC-1").Status, "all or nothing")
	_, err = manage(pagerduty.ManageIncidentsOptions{ID: made.ID, Status: "triggered"})
	requireRefused(err, 400, 2001, "Status must be")
	_, err = manage(pagerduty.ManageIncidentsOptions{ID: made.ID, Status: "resolved", Title: "Checkout, resolved"})
	require.NoError(t, err)
	_, err = manage(pagerduty.ManageIncidentsOptions{ID: made.ID, Status: "acknowledged"})
	requireRefused(err, 400, 2001, "Incident Already Resolved")

	note, err := w.pagerDuty.CreateIncidentNoteWithContext(t.Context(), made.ID, pagerduty.IncidentNote{Content: "Rolled back", User: pagerduty.APIObject{Summary: from}})
	require.NoError(t, err)
	require.Equal(t, "Rolled back", note.Content)
	_, err = w.pagerDuty.CreateIncidentNoteWithContext(t.Context(), made.ID, pagerduty.IncidentNote{User: pagerduty.APIObject{Summary: from}})
	requireRefused(err, 400, 2001, "Content cannot be empty")
	notes, err := w.pagerDuty.ListIncidentNotesWithContext(t.Context(), made.ID)
	require.NoError(t, err)
	require.Len(t, notes, 1)

	got, err := w.pagerDuty.GetIncidentWithContext(t.Context(), made.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"resolved", "Checkout, resolved", w.url + "/sandbox#" + made.ID}, []string{got.Status, got.Title, got.HTMLURL})
	response, body := w.call(t, "PUT", "/sandbox/pagerduty/incidents/"+made.ID, `{"incident":{"type":"incident","urgency":"low"}}`, "Authorization", "Token token=any", "From", from)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, body, `"urgency":"low"`)

	again, err := create("INC-1", "PCHECKOUT", "a resolved incident frees its key")
	require.NoError(t, err)
	require.NotEqual(t, made.ID, again.ID)
	require.Empty(t, w.incidents(t, pagerduty.ListIncidentsOptions{ServiceIDs: []string{"PSEARCH"}}))
	require.Empty(t, w.incidents(t, pagerduty.ListIncidentsOptions{Until: "2026-01-05T14:00:00Z"}))
	require.Len(t, w.incidents(t, pagerduty.ListIncidentsOptions{Limit: 1, Offset: 1}), 1)
}

func TestPagerDutyKnowsWhoIsOnCall(t *testing.T) {
	t.Parallel()
	w := start(t)
	services, err := w.pagerDuty.ListServicesWithContext(t.Context(), pagerduty.ListServiceOptions{Query: "check"})
	require.NoError(t, err)
	require.Len(t, services.Services, 1)
	policy := services.Services[0].EscalationPolicy.ID

	onCalls, err := w.pagerDuty.ListOnCallsWithContext(t.Context(), pagerduty.ListOnCallOptions{EscalationPolicyIDs: []string{policy}, Includes: []string{"users"}, Earliest: true})
	require.NoError(t, err)
	require.Len(t, onCalls.OnCalls, 2)
	require.Equal(t, uint(1), onCalls.OnCalls[0].EscalationLevel)
	require.Equal(t, "responder-one@example.com", onCalls.OnCalls[0].User.Email)
	require.Equal(t, "Sample Responder Two", onCalls.OnCalls[1].User.Name)

	bare, err := w.pagerDuty.ListOnCallsWithContext(t.Context(), pagerduty.ListOnCallOptions{UserIDs: []string{"PSANDBOXTWO"}})
	require.NoError(t, err)
	require.Len(t, bare.OnCalls, 2, "neighbouring services share a person")
	require.Empty(t, bare.OnCalls[0].User.Email, "without include[]=users there is only a reference")

	full, err := w.pagerDuty.GetEscalationPolicyWithContext(t.Context(), policy, &pagerduty.GetEscalationPolicyOptions{})
	require.NoError(t, err)
	require.Len(t, full.EscalationRules, 2)
	require.Equal(t, "PSANDBOXONE", full.EscalationRules[0].Targets[0].ID)

	user, err := w.pagerDuty.GetUserWithContext(t.Context(), "PSANDBOXTWO", pagerduty.GetUserOptions{})
	require.NoError(t, err)
	require.Equal(t, "responder-two@example.com", user.Email)
	users, err := w.pagerDuty.ListUsersWithContext(t.Context(), pagerduty.ListUsersOptions{Limit: 4})
	require.NoError(t, err)
	require.Len(t, users.Users, 4)
	require.True(t, users.More)
}

func TestPagerDutyRefusesAsPagerDutyDoes(t *testing.T) {
	t.Parallel()
	w := start(t)
	notFound := `{"error":{"message":"Not Found","code":2100}}`
	for name, tc := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		want               string
	}{
		"no token":             {"GET", "/services", "", nil, 401, `{"error":{"message":"Authentication failed","code":2006}}`},
		"another scheme":       {"GET", "/services", "", []string{"Authorization", "Basic x"}, 401, `{"error":{"message":"Authentication failed","code":2006}}`},
		"an unknown service":   {"GET", "/services/PNONE", "", []string{"Authorization", "Token token=x"}, 404, notFound},
		"an unknown user":      {"GET", "/users/PNONE", "", []string{"Authorization", "Bearer x"}, 404, notFound},
		"an unknown policy":    {"GET", "/escalation_policies/PNONE", "", []string{"Authorization", "Token token=x"}, 404, notFound},
		"an unknown incident":  {"GET", "/incidents/PNONE", "", []string{"Authorization", "Token token=x"}, 404, notFound},
		"an unknown path":      {"GET", "/schedules", "", []string{"Authorization", "Token token=x"}, 404, notFound},
		"a limit of letters":   {"GET", "/services?limit=x", "", []string{"Authorization", "Token token=x"}, 400, `{"error":{"message":"Invalid Input Provided","code":2001,"errors":["limit must be a number of at least 0"]}}`},
		"a since of letters":   {"GET", "/incidents?since=x", "", []string{"Authorization", "Token token=x"}, 400, `{"error":{"message":"Invalid Input Provided","code":2001,"errors":["since must be a time like 2026-01-02T15:04:05Z"]}}`},
		"a body without a key": {"POST", "/incidents", "{}", []string{"Authorization", "Token token=x", "From", from}, 400, `{"error":{"message":"Invalid Input Provided","code":2001,"errors":["The body must have the key \"incident\""]}}`},
		"a body of nothing":    {"PUT", "/incidents", `{"incidents":[]}`, []string{"Authorization", "Token token=x", "From", from}, 400, `{"error":{"message":"Invalid Input Provided","code":2001,"errors":["Send 1 to 250 incidents"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := w.call(t, tc.method, "/sandbox/pagerduty"+tc.path, tc.body, tc.headers...)
			require.Equal(t, tc.status, response.StatusCode)
			require.JSONEq(t, tc.want, body)
		})
	}
}
