package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

// pagerDutyEvent is what a receiver reads of a webhook of version 3.
type pagerDutyEvent struct {
	Event struct {
		ID    string `json:"id"`
		Type  string `json:"event_type"`
		Agent *struct{ ID, Type, Summary string }
		Data  struct {
			ID        string
			Key       string `json:"incident_key"`
			Status    string
			Content   string
			Message   string
			State     string
			Incident  struct{ ID string }
			Assignees []struct{ Summary string }
			Priority  *struct{ Summary string }
			User      *struct{ Summary string }
		}
	}
}

// told is the next webhook that PagerDuty sends, which must be signed.
func told(t *testing.T, deliveries <-chan delivery) pagerDutyEvent {
	t.Helper()
	d := <-deliveries
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write(d.body)
	require.Equal(t, "v1="+hex.EncodeToString(mac.Sum(nil)), d.header.Get("X-PagerDuty-Signature"))
	var e pagerDutyEvent
	require.NoError(t, json.Unmarshal(d.body, &e), string(d.body))
	require.Equal(t, e.Event.ID, d.header.Get("X-Webhook-Id"))
	return e
}

// person has somebody do something to the first incident, which must be possible.
func (w *world) person(t *testing.T, act, body string) {
	t.Helper()
	response, answer := w.call(t, "POST", "/sandbox/pagerduty/incidents/QSANDBOX0001/"+act, body)
	require.Equal(t, http.StatusOK, response.StatusCode, answer)
}

func TestWhatPeopleDoInPagerDutyIsTold(t *testing.T) {
	t.Parallel()
	url, deliveries := receive(t, http.StatusServiceUnavailable)
	w := start(t, func(o *sandbox.Options) {
		o.PagerDutyWebhookURL, o.PagerDutyWebhookSecret, o.PagerDutyPriorities = url, "s3cret", []string{"SEV1", "SEV2"}
	})
	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	first := told(t, deliveries)
	again := told(t, deliveries)
	require.Equal(t, first, again, "what was not taken is told again")
	require.Equal(t, "incident.triggered", first.Event.Type)
	require.Equal(t, "events_api_v2_inbound_integration_reference", first.Event.Agent.Type)
	require.Equal(t, "INC-1", first.Event.Data.Key)

	for _, step := range []struct {
		act, body, event, by string
		check                func(pagerDutyEvent)
	}{
		{"acknowledge", `{}`, "incident.acknowledged", "Sample Responder One", func(e pagerDutyEvent) { require.Equal(t, "acknowledged", e.Event.Data.Status) }},
		{"unacknowledge", `{}`, "incident.unacknowledged", "", func(e pagerDutyEvent) { require.Equal(t, "triggered", e.Event.Data.Status) }},
		{"reassign", `{"by":"responder-two@example.com","to":"responder-three@example.com"}`, "incident.reassigned", "Sample Responder Two", func(e pagerDutyEvent) {
			require.Equal(t, "Sample Responder Three", e.Event.Data.Assignees[0].Summary)
		}},
		{"escalate", `{}`, "incident.escalated", "Sample Responder Three", func(e pagerDutyEvent) {
			require.Equal(t, "Sample Responder Two", e.Event.Data.Assignees[0].Summary)
		}},
		{"priority", `{"priority":"sev1"}`, "incident.priority_updated", "Sample Responder Two", func(e pagerDutyEvent) {
			require.Equal(t, "SEV1", e.Event.Data.Priority.Summary)
		}},
		{"note", `{"text":"rolled back"}`, "incident.annotated", "Sample Responder Two", func(e pagerDutyEvent) {
			require.Equal(t, "rolled back", e.Event.Data.Content)
			require.Equal(t, "QSANDBOX0001", e.Event.Data.Incident.ID)
			require.Empty(t, e.Event.Data.Key, "as with PagerDuty, what belongs to an incident does not say its key")
		}},
		{"update", `{"text":"a fix is coming"}`, "incident.status_update_published", "Sample Responder Two", func(e pagerDutyEvent) {
			require.Equal(t, "a fix is coming", e.Event.Data.Message)
		}},
		{"request", `{"to":"responder-five@example.com"}`, "incident.responder.added", "Sample Responder Two", func(e pagerDutyEvent) {
			require.Equal(t, "Sample Responder Five", e.Event.Data.User.Summary)
		}},
		{"reply", `{"by":"responder-five@example.com","reply":"joined"}`, "incident.responder.replied", "Sample Responder Five", func(e pagerDutyEvent) {
			require.Equal(t, "joined", e.Event.Data.State)
		}},
		{"resolve", `{}`, "incident.resolved", "Sample Responder Two", func(e pagerDutyEvent) { require.Empty(t, e.Event.Data.Assignees) }},
		{"reopen", `{}`, "incident.reopened", "Sample Responder Two", func(e pagerDutyEvent) { require.Equal(t, "triggered", e.Event.Data.Status) }},
	} {
		w.person(t, step.act, step.body)
		e := told(t, deliveries)
		require.Equal(t, step.event, e.Event.Type)
		if step.by == "" {
			require.Nil(t, e.Event.Agent, step.act)
		} else {
			require.Equal(t, "user_reference", e.Event.Agent.Type)
			require.Equal(t, step.by, e.Event.Agent.Summary)
		}
		step.check(e)
	}
	_, page := w.call(t, "GET", "/sandbox", "")
	for _, want := range []string{"Sample Responder Two", "SEV1", "rolled back", "Sample Responder Five", `action="/sandbox/pagerduty/incidents/QSANDBOX0001/acknowledge"`} {
		require.Contains(t, page, want)
	}
}

func TestWhatNobodyCanDoInPagerDutyIsRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	for _, bad := range []struct{ act, body, want string }{
		{"note", `{"text":" "}`, "Content cannot be empty."},
		{"update", `{}`, "Message cannot be empty."},
		{"reassign", `{"to":"nobody@example.com"}`, `There is no user "nobody@example.com"`},
		{"acknowledge", `{"by":"nobody@example.com"}`, `There is no user "nobody@example.com"`},
		{"priority", `{"priority":"P9"}`, "the priorities are P1, P2, P3, P4, P5"},
		{"reply", `{"reply":"maybe"}`, "Reply must be joined or declined."},
		{"reply", `{"reply":"joined"}`, "Sample Responder One was not asked to help with this incident."},
		{"unacknowledge", `{}`, "The incident is triggered, not acknowledged."},
		{"reopen", `{}`, "An incident with this key is open."},
		{"acknowledge", `{"who":"me"}`, "unknown field"},
	} {
		response, answer := w.call(t, "POST", "/sandbox/pagerduty/incidents/QSANDBOX0001/"+bad.act, bad.body)
		require.Equal(t, http.StatusBadRequest, response.StatusCode, bad.act+bad.body)
		var problem struct{ Detail string }
		require.NoError(t, json.Unmarshal([]byte(answer), &problem))
		require.Contains(t, problem.Detail, bad.want)
	}
	response, _ := w.call(t, "POST", "/sandbox/pagerduty/incidents/QSANDBOX0009/resolve", `{}`)
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	response, _ = w.call(t, "POST", "/sandbox/pagerduty/incidents/QSANDBOX0001/resolve", `{}`, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	require.Equal(t, "triggered", w.incident(t, "INC-1").Status)
}

func TestAFormOfThePageActsInPagerDuty(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	response, _ := w.call(t, "POST", "/sandbox/pagerduty/incidents/QSANDBOX0001/reassign", "by=responder-one%40example.com&to=responder-four%40example.com",
		"Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusSeeOther, response.StatusCode)
	require.Equal(t, "/sandbox#QSANDBOX0001", response.Header.Get("Location"))
	require.Equal(t, "PSANDBOXFOUR", w.incident(t, "INC-1").Assignments[0].Assignee.ID)
}

func TestRespondersArePrioritisedAndAskedByREST(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	priorities, err := w.pagerDuty.ListPrioritiesWithContext(t.Context(), pagerduty.ListPrioritiesOptions{})
	require.NoError(t, err)
	require.Len(t, priorities.Priorities, 5)
	_, err = w.pagerDuty.ManageIncidentsWithContext(t.Context(), "muster@example.com", []pagerduty.ManageIncidentsOptions{{
		ID: "QSANDBOX0001", Priority: &pagerduty.APIReference{ID: priorities.Priorities[1].ID, Type: "priority_reference"},
		Assignments: []pagerduty.Assignee{{Assignee: pagerduty.APIObject{ID: "PSANDBOXTWO", Type: "user_reference"}}},
	}})
	require.NoError(t, err)
	_, err = w.pagerDuty.ManageIncidentsWithContext(t.Context(), "muster@example.com", []pagerduty.ManageIncidentsOptions{{
		ID: "QSANDBOX0001", Priority: &pagerduty.APIReference{ID: "PNONE", Type: "priority_reference"},
	}})
	require.ErrorContains(t, err, "Priority must be one of the account's")

	ask := func(target, kind string) error {
		_, err := w.pagerDuty.ResponderRequestWithContext(t.Context(), "QSANDBOX0001", pagerduty.ResponderRequestOptions{
			From: "muster@example.com", RequesterID: "PSANDBOXMUSTER", Message: "please",
			Targets: []pagerduty.ResponderRequestTargetWrapper{{Target: pagerduty.ResponderRequestTarget{APIObject: pagerduty.APIObject{ID: target, Type: kind}}}},
		})
		return err
	}
	policies, err := w.pagerDuty.ListEscalationPoliciesWithContext(t.Context(), pagerduty.ListEscalationPoliciesOptions{Query: "search"})
	require.NoError(t, err)
	require.Len(t, policies.EscalationPolicies, 1)
	require.NoError(t, ask("PSANDBOXSIX", "user_reference"))
	require.NoError(t, ask("PSANDBOXSIX", "user_reference"), "nobody is asked twice")
	require.NoError(t, ask(policies.EscalationPolicies[0].ID, "escalation_policy_reference"))
	require.ErrorContains(t, ask("PNOBODY", "user_reference"), "Not Found")

	record := w.incident(t, "INC-1")
	require.Equal(t, "P2", record.Priority.Summary)
	require.Equal(t, "PSANDBOXTWO", record.Assignments[0].Assignee.ID)
	require.Len(t, record.IncidentResponders, 2)
	require.Equal(t, "PSANDBOXSIX", record.IncidentResponders[0].User.ID)
	require.Equal(t, policies.EscalationPolicies[0].ID, record.ResponderRequests[1].Targets[0].Target.ID)
}
