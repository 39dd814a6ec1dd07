package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func TestEveryAlertOfAnIncidentCanBeRead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	const reports = 5
	var ids []int64
	for i := range reports {
		body, err := json.Marshal(incident.Alert{Fingerprint: strconv.Itoa(i), Name: "HostDown", StartsAt: time.Date(2026, 3, 2, 3, 0, i, 0, time.UTC)})
		require.NoError(t, err)
		_, err = h.store.Accept(t.Context(), []store.Item{{
			Kind: store.KindAlert, Source: "alertmanager", Subject: "g", Key: strconv.Itoa(i), ReceivedAt: time.Now(), Body: body,
		}})
		require.NoError(t, err)
		pending, err := h.store.Pending(t.Context(), 0, 0)
		require.NoError(t, err)
		ids = append(ids, pending[len(pending)-1].ID)
	}
	require.NoError(t, h.store.Record(t.Context(), "INC-1", 0, nil, ids))

	var names []string
	for query := "?limit=2"; query != ""; {
		page := h.get(path + "/alerts" + query)
		require.Equal(t, http.StatusOK, page.Code)
		for _, r := range page.json["reports"].([]any) {
			names = append(names, r.(map[string]any)["alert"].(map[string]any)["fingerprint"].(string))
		}
		query = ""
		if after := page.json["next_after"]; after != nil {
			query = "?limit=2&after=" + strconv.Itoa(int(after.(float64)))
		}
	}
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, names)
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-99/alerts").Code)
}
