package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestEveryCommandReachesTheIncident(t *testing.T) {
	t.Parallel()
	noted := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		method, path, body string
		// before is done first.
		before []string
		want   incident.Intent
	}{
		"acknowledge without a body": {path: "/acknowledge", want: incident.Acknowledge{}},
		"acknowledge with a note":    {path: "/acknowledge", body: `{"note": "on it"}`, want: incident.Acknowledge{Note: "on it"}},
		"status":                     {path: "/status", body: `{"status": "Identified", "note": "n"}`, want: incident.ChangeStatus{Status: "identified", Note: "n"}},
		"severity by its alias":      {path: "/severity", body: `{"severity": "CRITICAL", "reason": "r"}`, want: incident.ChangeSeverity{Severity: "SEV1", Reason: "r"}},
		"a note of an earlier time":  {path: "/notes", body: `{"text": "x", "at": "2026-03-01T08:00:00Z"}`, want: incident.AddNote{Text: "x", At: noted}},
		"a note":                     {path: "/notes", body: `{"text": "x"}`, want: incident.AddNote{Text: "x"}},
		"an update":                  {path: "/updates", body: `{"text": "x"}`, want: incident.PostUpdate{Text: "x"}},
		"resolve":                    {path: "/resolve", body: `{"summary": "s"}`, want: incident.Resolve{Summary: "s"}},
		"resolve with an empty body": {path: "/resolve", body: `{}`, want: incident.Resolve{}},
		"reopen":                     {path: "/reopen", before: []string{"/resolve"}, want: incident.Reopen{}},
		"cancel":                     {path: "/cancel", body: `{"reason": "r"}`, want: incident.Cancel{Reason: "r"}},
		"merge":                      {path: "/merge", body: `{"into": "INC-9", "reason": "r"}`, want: incident.Merge{Into: "INC-9", Reason: "r"}},
		"a decision in the chat": {
			path: "/notes", body: `{"text": "We roll back", "decision": true, "quote": {"by": "Sample Responder", "channel": "C1", "message": "1.2", "url": "https://chat.example/1"}}`,
			want: incident.AddNote{Text: "We roll back", Decision: true, Quote: &incident.Quote{By: "Sample Responder", Message: incident.MessageRef{ChannelID: "C1", ID: "1.2", URL: "https://chat.example/1"}}},
		},
		"a role with an address": {
			method: http.MethodPut, path: "/roles/commander", body: `{"user": "Sample Commander", "email": "commander@example.com"}`,
			want: incident.AssignRole{Role: "commander", User: "Sample Commander", Email: "commander@example.com"},
		},
		"the severity is right":        {path: "/severity/confirm", want: incident.ConfirmSeverity{}},
		"no reminders for a while":     {path: "/snooze", body: `{}`, want: incident.SnoozeReminder{For: 30 * time.Minute}},
		"no reminder of one matter":    {path: "/snooze", body: `{"hook": "step-waiting", "subject": "assess", "minutes": 60}`, want: incident.SnoozeReminder{Hook: "step-waiting", Subject: "assess", For: time.Hour}},
		"no reminders without a body":  {path: "/snooze", want: incident.SnoozeReminder{For: 30 * time.Minute}},
		"help by a service":            {path: "/help", body: `{"service": "payments-api"}`, want: incident.RequestHelp{Who: "service payments-api", PagerService: "PPAY123"}},
		"help by a team":               {path: "/help", body: `{"team": "Payments"}`, want: incident.RequestHelp{Who: "team payments", PagerService: "PPAY123"}},
		"help by a team with a policy": {path: "/help", body: `{"team": "platform", "message": "m"}`, want: incident.RequestHelp{Who: "team platform", Policy: "PPLATPO", Message: "m"}},
		"help by a name":               {path: "/help", body: `{"person": "Sample Responder Two"}`, want: incident.RequestHelp{Who: "Sample Responder Two", Person: incident.Person{Name: "Sample Responder Two"}}},
		"help by a person":             {path: "/help", body: `{"person": "responder@example.com", "message": "m"}`, want: incident.RequestHelp{Who: "responder@example.com", Person: incident.Person{Name: "responder@example.com", Email: "responder@example.com"}, Message: "m"}},
		"a role":                       {method: http.MethodPut, path: "/roles/commander", body: `{"user": "Sample Commander"}`, want: incident.AssignRole{Role: "commander", User: "Sample Commander"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			path := h.declare()
			for _, before := range test.before {
				require.Equal(t, http.StatusOK, h.post(path+before, "").Code)
			}
			if test.method == "" {
				test.method = http.MethodPost
			}

			got := h.send(request{method: test.method, path: path + test.path, body: test.body})

			require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
			require.JSONEq(t, h.get(path).Body.String(), got.Body.String(), "it answers with the incident after it")
			command := h.commander.last()
			require.Equal(t, test.want, command.Intent)
			require.Equal(t, incident.PersonActor("API"), command.Actor)
			require.Equal(t, "api", command.Source)
			require.NotEmpty(t, command.Key)
		})
	}
}

func TestTheActorOfACommandStandsInItsBody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	for _, r := range []request{
		{method: http.MethodPost, path: path + "/acknowledge", body: `{"actor": " Sample Responder "}`},
		{method: http.MethodPut, path: path + "/roles/scribe", body: `{"user": "Sample Scribe", "actor": "Sample Responder"}`},
		{method: http.MethodPost, path: path + "/steps", body: `{"title": "Ask around", "actor": "Sample Responder"}`},
		{method: http.MethodPost, path: path + "/steps/look/complete", body: `{"actor": "Sample Responder"}`},
		{method: http.MethodPost, path: path + "/followups", body: `{"title": "Later", "actor": "Sample Responder"}`},
	} {
		got := h.send(r)
		require.Less(t, got.Code, 300, "%s: %s", r.path, got.Body)
		require.Equal(t, incident.PersonActor("Sample Responder"), h.commander.last().Actor, r.path)
	}
}

func TestRepeatingACommandWithItsKeyTakesEffectOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	note := request{method: http.MethodPost, path: path + "/notes", body: `{"text": "once"}`, header: map[string]string{"Idempotency-Key": "k1"}}
	require.Equal(t, http.StatusOK, h.send(note).Code)
	require.Equal(t, http.StatusOK, h.send(note).Code)
	require.Len(t, h.get(path + "/timeline").json["events"], 3)

	// The same key with another operation is another command.
	update := note
	update.path = path + "/updates"
	require.Equal(t, http.StatusOK, h.send(update).Code)
	require.Len(t, h.get(path + "/timeline").json["events"], 4)

	// And without a key, so is every request.
	note.header = nil
	h.send(note)
	h.send(note)
	require.Len(t, h.get(path + "/timeline").json["events"], 6)
}

func TestDeclaringAgainWithTheSameKeyAnswersWithTheSameIncident(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	declare := request{
		method: http.MethodPost, path: "/api/v1/incidents", header: map[string]string{"Idempotency-Key": "k1"},
		body: `{"title": "Checkout fails", "service": "checkout", "severity": "SEV2"}`,
	}
	first, second := h.send(declare), h.send(declare)
	require.Equal(t, http.StatusCreated, second.Code)
	require.JSONEq(t, first.Body.String(), second.Body.String())
	require.Len(t, h.get("/api/v1/incidents").json["incidents"], 1)
}

func TestARuleThatForbidsACommandIsNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/resolve", "")
	for name, test := range map[string]struct{ path, body, rule string }{
		"resolving twice":             {"/resolve", "", "already_resolved"},
		"a status after resolution":   {"/status", `{"status": "identified"}`, "resolved"},
		"setting an end as a status":  {"/status", `{"status": "closed"}`, "own_command"},
		"acknowledging too late":      {"/acknowledge", "", "not_active"},
		"merging what is resolved":    {"/merge", `{"into": "INC-5"}`, "not_active"},
		"completing an approval":      {"/steps/rollback/complete", "", "needs_approval"},
		"approving what needs none":   {"/steps/look/approve", "", "not_an_approval"},
		"retrying what did not fail":  {"/steps/look/retry", "", "not_failed"},
		"completing an automatic one": {"/steps/page/complete", "", "automatic_step"},
	} {
		got := h.post(path+test.path, test.body)
		require.Equal(t, http.StatusConflict, got.Code, "%s: %s", name, got.Body)
		require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"), name)
		require.Equal(t, test.rule, got.json["rule"], name)
		require.NotEmpty(t, got.json["detail"], name)
	}
	require.Equal(t, "resolved", h.get(path).json["status"])
}

func TestACommandThatMakesNoSenseIsRefusedAtItsPlace(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	before := h.get(path).Body.String()
	long := strings.Repeat("é", incident.MaxTextRunes+1)
	for name, test := range map[string]struct {
		path, body, location, detail string
		status                       int
	}{
		"an unknown field":                             {path: path + "/acknowledge", body: `{"nota": "x"}`, location: "body.nota", detail: "no such field"},
		"an unknown field beside":                      {path: "/api/v1/incidents", body: `{"title": "t", "service": "checkout", "severity": "SEV1", "sevrity": "SEV1"}`, location: "body.sevrity", detail: "no such field"},
		"a missing field":                              {path: "/api/v1/incidents", body: `{"title": "t", "severity": "SEV1"}`, location: "body.service", detail: "is required"},
		"a field of another type":                      {path: path + "/notes", body: `{"text": 7}`, location: "body.text", detail: "expected string"},
		"null for a body":                              {path: path + "/notes", body: `null`, location: "body", detail: "expected object"},
		"an empty title":                               {path: "/api/v1/incidents", body: `{"title": " ", "service": "checkout", "severity": "SEV1"}`, location: "body.title", detail: "must not be empty"},
		"an unknown service":                           {path: "/api/v1/incidents", body: `{"title": "t", "service": "chekout", "severity": "SEV1"}`, location: "body.service", detail: "checkout, payments-api"},
		"an unknown severity":                          {path: "/api/v1/incidents", body: `{"title": "t", "service": "checkout", "severity": "SEV0"}`, location: "body.severity", detail: "SEV1, SEV2, SEV3"},
		"an unknown playbook":                          {path: "/api/v1/incidents", body: `{"title": "t", "service": "checkout", "severity": "SEV1", "playbook": "x"}`, location: "body.playbook", detail: "no playbook"},
		"another unknown severity":                     {path: path + "/severity", body: `{"severity": "SEV0"}`, location: "body.severity", detail: "SEV1, SEV2, SEV3"},
		"an unknown status":                            {path: path + "/status", body: `{"status": "fixed"}`, location: "body.status", detail: "investigating"},
		"an empty note":                                {path: path + "/notes", body: `{"text": "\n"}`, location: "body.text", detail: "must not be empty"},
		"a note at no time":                            {path: path + "/notes", body: `{"text": "x", "at": "noon"}`, location: "body.at", detail: "RFC 3339"},
		"a text that is too long":                      {path: path + "/updates", body: `{"text": "` + long + `"}`, location: "body.text", detail: "10000"},
		"help by nobody":                               {path: path + "/help", body: `{"message": "m"}`, location: "body", detail: "one of person, service and team"},
		"help by two":                                  {path: path + "/help", body: `{"person": "x", "team": "payments"}`, location: "body", detail: "one of person, service and team"},
		"help by an unknown service":                   {path: path + "/help", body: `{"service": "pay"}`, location: "body.service", detail: "checkout, payments-api"},
		"help by an unknown team":                      {path: path + "/help", body: `{"team": "pay"}`, location: "body.team", detail: "there are payments, platform, research"},
		"help by a service that nobody is on call for": {path: path + "/help", body: `{"service": "checkout"}`, detail: "nobody can be paged for the service checkout: give it pagerduty: {service: …} in muster.yaml"},
		"help by a team that has no pager":             {path: path + "/help", body: `{"team": "research"}`, detail: "give it pagerduty: {escalation_policy: …} in muster.yaml"},
		"a quote of no message":                        {path: path + "/notes", body: `{"text": "x", "quote": {"by": "x", "channel": "C1", "message": ""}}`, location: "body.quote", detail: "which message"},
		"a snooze for too long":                        {path: path + "/snooze", body: `{"minutes": 2000}`, location: "body.minutes", detail: "1440"},
		"merging into itself":                          {path: path + "/merge", body: `{"into": "1"}`, location: "body.into", detail: "itself"},
		"merging into nonsense":                        {path: path + "/merge", body: `{"into": "there"}`, location: "body.into", detail: "INC-42"},
		"skipping without a reason":                    {path: path + "/steps/look/skip", location: "body.note", detail: "say why"},
		"a follow-up due at no day":                    {path: path + "/followups", body: `{"title": "t", "due": "soon"}`, location: "body.due", detail: "must be a day"},
		"an actor with a long name":                    {path: path + "/acknowledge", body: `{"actor": "` + strings.Repeat("x", 101) + `"}`, location: "body.actor", detail: "100"},
		"a body that is no JSON":                       {path: path + "/notes", body: `{"text": `, location: "body", detail: "not JSON", status: http.StatusBadRequest},
		"JSON with something after":                    {path: path + "/notes", body: `{"text": "x"} {}`, location: "body", detail: "not JSON", status: http.StatusBadRequest},
		"no body where one is needed":                  {path: path + "/notes", detail: "body is required", status: http.StatusBadRequest},
	} {
		got := h.post(test.path, test.body)
		if test.status == 0 {
			test.status = http.StatusUnprocessableEntity
		}
		require.Equal(t, test.status, got.Code, "%s: %s", name, got.Body)
		require.Contains(t, got.json["detail"], test.detail, name)
		if test.location != "" {
			require.Equal(t, test.location, lookup(t, got.json, "errors", 0, "location"), name)
		}
		require.NotContains(t, got.json["detail"], long)
	}
	require.JSONEq(t, before, h.get(path).Body.String(), "nothing has changed")
	require.Len(t, h.get("/api/v1/incidents").json["incidents"], 1)
}

func TestACommandForWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	for name, r := range map[string]request{
		"an incident":    {method: http.MethodPost, path: "/api/v1/incidents/INC-9/acknowledge"},
		"a malformed id": {method: http.MethodPost, path: "/api/v1/incidents/x/acknowledge"},
		"a role":         {method: http.MethodPut, path: path + "/roles/jester", body: `{"user": "x"}`},
		"a step":         {method: http.MethodPost, path: path + "/steps/dance/complete"},
	} {
		got := h.send(r)
		require.Equal(t, http.StatusNotFound, got.Code, "%s: %s", name, got.Body)
		require.NotEmpty(t, got.json["detail"], name)
	}
}

func TestARoleIsHandedBackWithAnEmptyUser(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	role := request{method: http.MethodPut, path: path + "/roles/commander", body: `{"user": "Sample Commander"}`}
	require.Equal(t, "Sample Commander", lookup(t, h.send(role).json, "roles", "commander"))
	role.body = `{"user": ""}`
	require.Empty(t, lookup(t, h.send(role).json, "roles", "commander"))
}
