package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestPeopleMoveSteps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step, verb, body string
		before           func(h *harness, path string)
		state, note      string
	}{
		"completing":             {step: "look", verb: "complete", body: `{"note": "all green"}`, state: "done", note: "all green"},
		"completing in silence":  {step: "look", verb: "complete", state: "done"},
		"skipping with a reason": {step: "look", verb: "skip", body: `{"note": "no time"}`, state: "skipped", note: "no time"},
		"approving":              {step: "rollback", verb: "approve", body: `{"note": "go"}`, state: "done", note: "go"},
		"rejecting":              {step: "rollback", verb: "reject", body: `{"note": "too risky"}`, state: "failed", note: "too risky"},
		"retrying": {step: "page", verb: "retry", state: "pending", before: func(h *harness, path string) {
			h.command(path, incident.StartStep{Step: "page"})
			h.command(path, incident.FailStep{Step: "page", Error: "the pager is down"})
			got := h.get(path)
			require.Equal(h.t, "failed", lookup(h.t, got.json, "steps", 0, "state"))
			require.Equal(h.t, "the pager is down", lookup(h.t, got.json, "steps", 0, "error"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			path := h.declare()
			if test.before != nil {
				test.before(h, path)
			}
			got := h.post(path+"/steps/"+test.step+"/"+test.verb, test.body)
			require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
			index := map[string]int{"page": 0, "look": 1, "rollback": 2}[test.step]
			require.Equal(t, test.state, lookup(t, got.json, "steps", index, "state"))
			require.Equal(t, test.note, lookup(t, got.json, "steps", index, "note"))
		})
	}
}

func TestPeopleAddSteps(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/steps", `{"title": "Ask around"}`)

	got := h.post(path+"/steps", `{"title": " Ask the network team ", "assignee": "Sample Responder"}`)

	require.Equal(t, http.StatusCreated, got.Code, "%s", got.Body)
	require.Equal(t, publicURL+path, got.Header().Get("Location"))
	require.Subset(t, got.json, map[string]any{
		"id": "added-2", "title": "Ask the network team", "kind": "manual", "state": "waiting", "assignee": "Sample Responder", "added_by": "API",
	})
	require.Equal(t, got.json, lookup(t, h.get(path).json, "steps", 4))
	require.Equal(t, "done", lookup(t, h.post(path+"/steps/added-2/complete", "").json, "steps", 4, "state"))
}

func TestTheSameKeyOnTwoStepsIsTwoCommands(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/steps", `{"title": "Ask around"}`)
	for _, step := range []string{"look", "added-1"} {
		got := h.send(request{method: http.MethodPost, path: path + "/steps/" + step + "/complete", header: map[string]string{"Idempotency-Key": "k"}})
		require.Equal(t, http.StatusOK, got.Code)
	}
	got := h.get(path)
	require.Equal(t, "done", lookup(t, got.json, "steps", 1, "state"))
	require.Equal(t, "done", lookup(t, got.json, "steps", 3, "state"))
}
