package client_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/chaos/client"
)

// answers serves one answer after the other, the last for ever, and notes the keys that
// it was asked with.
func answers(t *testing.T, statuses ...int) (base string, keys *[]string) {
	t.Helper()
	keys = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := statuses[min(len(*keys), len(statuses)-1)]
		*keys = append(*keys, r.Header.Get("Idempotency-Key"))
		if status == 0 {
			panic(http.ErrAbortHandler) // The connection breaks.
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(server.Close)
	return server.URL, keys
}

func TestACommandIsRepeatedWithItsKeyUntilTheAnswerIsDefinite(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		statuses []int
		want     int
		times    int
	}{
		{"carried out at once", []int{200}, 200, 1},
		{"refused at once", []int{409}, 409, 1},
		{"carried out after a 503", []int{503, 200}, 200, 2},
		{"carried out after a broken connection", []int{0, 201}, 201, 2},
		{"refused after an internal error", []int{500, 422}, 422, 2},
		{"carried out after being too early", []int{429, 200}, 200, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			base, keys := answers(t, row.statuses...)
			var heard []int
			c := client.New(base, func(status int) { heard = append(heard, status) })
			answer, err := c.Command(t.Context(), http.MethodPost, "/x", "key", map[string]any{})
			require.NoError(t, err)
			require.Equal(t, row.want, answer.Status)
			require.Equal(t, row.statuses, heard, "every attempt is heard of")
			require.Len(t, *keys, row.times)
			for _, key := range *keys {
				require.Equal(t, "key", key)
			}
		})
	}
}

func TestItGivesUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	base, _ := answers(t, 503)
	ctx, cancel := context.WithCancel(t.Context())
	c := client.New(base, func(int) { cancel() })
	_, err := c.Deliver(ctx, []byte(`{}`))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "no definite answer, the last was 503")
}

func TestTheListIsReadPageByPage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") != "word" {
			w.WriteHeader(http.StatusBadRequest)
		}
		page := `{"incidents": [{"id": "INC-2"}], "next_cursor": "more"}`
		if r.URL.Query().Get("cursor") == "more" {
			page = `{"incidents": [{"id": "INC-1"}], "next_cursor": ""}`
		}
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(server.Close)
	all, err := client.New(server.URL, nil).Incidents(t.Context(), "word")
	require.NoError(t, err)
	require.Len(t, all, 2)
}

func TestMessagesOfPeopleHaveNoKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"text": "a"}`:                   "",
		`{"text": "a", "metadata": null}`: "",
		`{"text": "a", "metadata": {"event_type": "muster_message", "event_payload": {"key": "k"}}}`: "k",
	} {
		var m client.SlackMessage
		require.NoError(t, json.Unmarshal([]byte(text), &m))
		require.Equal(t, want, m.Metadata.Payload.Key, text)
	}
}
