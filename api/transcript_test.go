package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func TestATranscriptIsReadInPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	require.Empty(t, h.get(path + "/transcript").json["messages"], "nothing is kept")
	at := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for n := range 3 {
		m := store.Said{
			Incident: "INC-1", Ref: incident.MessageRef{ChannelID: "C1", ID: fmt.Sprintf("1700000000.00000%d", n)}, Account: "U1", By: "Sample Responder",
			At: at.Add(time.Duration(n) * time.Second), ChangedAt: at.Add(time.Minute), Text: fmt.Sprint("message ", n), Edited: n == 1, Deleted: n == 2,
			Files: []incident.File{{Name: "graph.png", MediaType: "image/png", URL: "https://chat.example.com/graph.png"}},
		}
		require.NoError(t, h.store.KeepSaid(t.Context(), m))
	}
	first := h.get(path + "/transcript?limit=2")
	require.Equal(t, "C1/1700000000.000001", first.json["next_after"])
	messages, ok := first.json["messages"].([]any)
	require.True(t, ok)
	require.Len(t, messages, 2)
	require.Equal(t, map[string]any{
		"channel": "C1", "id": "1700000000.000001", "url": "", "thread": "", "by": "Sample Responder", "account": "U1", "at": "2026-03-10T12:00:01Z",
		"text": "message 1", "files": []any{map[string]any{"name": "graph.png", "media_type": "image/png", "url": "https://chat.example.com/graph.png"}},
		"edited": true, "deleted": false, "changed_at": "2026-03-10T12:01:00Z",
	}, messages[1])
	last := h.get(path + "/transcript?limit=2&after=" + url.QueryEscape("C1/1700000000.000001"))
	require.Nil(t, last.json["next_after"])
	messages, ok = last.json["messages"].([]any)
	require.True(t, ok)
	require.Len(t, messages, 1)
	for _, after := range []string{"C1", "C1/", "C9/1700000000.000001"} {
		require.Equal(t, http.StatusUnprocessableEntity, h.get(path+"/transcript?after="+url.QueryEscape(after)).Code, after)
	}
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-99/transcript").Code)
}
