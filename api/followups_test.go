package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFollowupsAreAddedAndListed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()

	none := h.get(path + "/followups")
	require.Equal(t, []any{}, none.json["followups"])

	got := h.post(path+"/followups", `{"title": "Alert earlier", "owner": "responder@example.com", "due": "2026-12-01", "actor": "Sample Responder"}`)

	require.Equal(t, http.StatusCreated, got.Code, "%s", got.Body)
	require.Equal(t, map[string]any{
		"id": "F1", "title": "Alert earlier", "owner": "responder@example.com", "due": "2026-12-01",
		"key": "", "status": "", "url": "", "done": false,
		"added_by": "Sample Responder", "added_at": "2026-03-01T09:03:00Z", "done_at": nil,
	}, got.json)
	require.Equal(t, []any{got.json}, h.get(path + "/followups").json["followups"])
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-9/followups").Code)
}

func TestADueDayIsReadFromADayOrATime(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	for due, want := range map[string]any{
		"":                          nil,
		"2026-12-01":                "2026-12-01",
		"2026-12-01T23:30:00Z":      "2026-12-01",
		"2026-12-01T23:30:00-02:00": "2026-12-02",
	} {
		got := h.post(path+"/followups", `{"title": "Alert earlier", "due": "`+due+`"}`)
		require.Equal(t, http.StatusCreated, got.Code, "%s", got.Body)
		require.Equal(t, want, got.json["due"], due)
	}
}

func TestWorkWithoutATicketIsFinishedByPeople(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.post(path+"/followups", `{"title": "Alert earlier"}`)
	require.Equal(t, http.StatusNotFound, h.post(path+"/followups/F9/complete", "").Code)

	got := h.post(path+"/followups/F1/complete", `{"note": "done by hand", "actor": "Sample Responder"}`)
	require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
	followups := h.get(path + "/followups").json["followups"].([]any)
	require.Equal(t, true, followups[0].(map[string]any)["done"])
}
