package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// branching begins an exercise whose playbook has a decision, a wait and an approval by two,
// all of which wait, and returns the path of the incident.
func (h *harness) branching() string {
	h.t.Helper()
	id, _, err := h.commander.store.NewIncident(h.t.Context(), "", "")
	require.NoError(h.t, err)
	_, err = h.commander.decide(h.t.Context(), incident.State{}, incident.Command{
		Incident: id, Actor: incident.PersonActor("Sample Responder"), Source: "test", Intent: incident.Declare{
			Title: "Checkout fails", Severity: "SEV2", Scale: []incident.SeverityLevel{{Name: "SEV2"}},
			Service: incident.Service{Name: "checkout"}, Exercise: &incident.Exercise{Channel: "game-day"},
		},
	})
	require.NoError(h.t, err)
	path := "/api/v1/incidents/" + string(id)
	h.command(path, incident.AttachPlaybook{
		Playbook: incident.PlaybookRef{Name: "deploy", Version: "v3"},
		Parts:    []incident.PlaybookRef{{Name: "deploy", Version: "v2"}, {Name: "security", Version: "v1"}},
		Roles:    []incident.Role{{ID: "commander", Title: "Incident commander"}},
		Steps: []incident.Step{
			{
				ID: "which", Title: "Which way?", Kind: incident.Decision, State: incident.Waiting, Group: "Mend",
				Playbook: "deploy", Expect: "The errors fall", Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "forward", Title: "Fix it"}},
			},
			{ID: "soak", Title: "Errors stay away", Kind: incident.Wait, State: incident.Waiting, Until: "10m have passed"},
			{ID: "close", Title: "Close the gate", Kind: incident.Approval, State: incident.Waiting, Quorum: 2},
			{ID: "measure", Title: "Measure", Kind: incident.Automatic, State: incident.Running},
		},
	})
	return path
}

func TestPeopleChooseAWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step, body string
		status     int
		says       string
	}{
		"one of the options":           {step: "which", body: `{"option": "back", "note": "it began with the deployment"}`, status: http.StatusOK},
		"an option that is none":       {step: "which", body: `{"option": "up"}`, status: http.StatusUnprocessableEntity, says: "choose one of back, forward"},
		"no option":                    {step: "which", body: `{}`, status: http.StatusUnprocessableEntity, says: "option"},
		"in a step that is none":       {step: "when", body: `{"option": "back"}`, status: http.StatusNotFound, says: "no step"},
		"in a step that is another":    {step: "soak", body: `{"option": "back"}`, status: http.StatusConflict, says: "is no decision"},
		"in one that was made already": {step: "which", body: `{"option": "forward"}`, status: http.StatusConflict, says: "was decided"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			path := h.branching()
			if test.says == "was decided" {
				h.command(path, incident.ChooseOption{Step: "which", Option: "back"})
			}
			got := h.post(path+"/steps/"+test.step+"/choose", test.body)
			require.Equal(t, test.status, got.Code, "%s", got.Body)
			if test.status != http.StatusOK {
				require.Contains(t, got.Body.String(), test.says)
				return
			}
			step := lookup(t, got.json, "steps", 0)
			require.Subset(t, step, map[string]any{
				"kind": "decision", "state": "done", "choice": "back", "note": "it began with the deployment", "by": "API",
				"group": "Mend", "playbook": "deploy", "expect": "The errors fall",
				"options": []any{map[string]any{"id": "back", "title": "Roll back"}, map[string]any{"id": "forward", "title": "Fix it"}},
			})
		})
	}
}

func TestADecisionIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.branching()
	for range 2 {
		got := h.send(request{
			method: http.MethodPost, path: path + "/steps/which/choose", body: `{"option": "back"}`,
			header: map[string]string{"Idempotency-Key": "k"},
		})
		require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
	}
	var kinds []any
	for _, e := range h.get(path + "/timeline").json["events"].([]any) {
		kinds = append(kinds, lookup(t, e, "kind"))
	}
	require.Equal(t, []any{"declared", "playbook_attached", "decision_made"}, kinds)
}

func TestAQuorumIsSeenToGrow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.branching()

	got := h.post(path+"/steps/close/approve", `{"actor": "Sample Responder", "note": "go"}`)

	step := lookup(t, got.json, "steps", 2)
	require.Subset(t, step, map[string]any{"state": "waiting", "quorum": 2.0, "approvers": []any{}})
	require.Subset(t, lookup(t, step, "approvals", 0), map[string]any{"by": "Sample Responder", "note": "go"})
	require.Equal(t, "done", lookup(t, h.post(path+"/steps/close/approve", `{"actor": "Second Responder"}`).json, "steps", 2, "state"))
}

func TestAnIncidentSaysWhatItIsMadeOf(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.branching()
	h.command(path, incident.FinishStep{Step: "measure", Outcome: incident.Outcome{
		Page: &incident.Page{Key: "k"}, Responders: []incident.Person{{Name: "Sample Responder", Email: "responder@example.com"}},
		Output: map[string]any{"value": 0.5},
	}})
	h.command(path, incident.NudgeStep{Step: "which"})
	h.command(path, incident.SkipStep{Step: "soak", Reason: "another way", LeftOut: true})

	got := h.get(path).json

	require.Equal(t, map[string]any{"speed": 1.0, "channel": "game-day"}, got["exercise"])
	require.Equal(t, []any{map[string]any{"name": "Sample Responder", "email": "responder@example.com"}}, got["on_call"])
	require.Equal(t, map[string]any{"name": "deploy", "version": "v3", "parts": []any{
		map[string]any{"name": "deploy", "version": "v2"}, map[string]any{"name": "security", "version": "v1"},
	}}, got["playbook"])
	require.NotNil(t, lookup(t, got, "steps", 0, "nudged_at"))
	require.Nil(t, lookup(t, got, "steps", 0, "escalated_at"))
	require.Subset(t, lookup(t, got, "steps", 1), map[string]any{"kind": "wait", "until": "10m have passed", "left_out": true})
	require.Equal(t, map[string]any{"value": 0.5}, lookup(t, got, "steps", 3, "output"))
	require.Equal(t, map[string]any{}, lookup(t, got, "steps", 0, "output"))
	require.Nil(t, h.get(h.declare()).json["exercise"], "most incidents are none")
}

func TestARoleIsHandedOverWithABrief(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	put := func(body string) any {
		got := h.send(request{method: http.MethodPut, path: path + "/roles/commander", body: body})
		require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
		return lookup(t, got.json, "role_details", 0, "brief")
	}
	require.Empty(t, put(`{"user": "Sample Responder"}`))
	require.Equal(t, "Ask the network team.", put(`{"user": "Second Responder", "brief": "Ask the network team."}`))
	require.Contains(t, put(`{"user": "Third Responder"}`), "SEV2, investigating")
}
