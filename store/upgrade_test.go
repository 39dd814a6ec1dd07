package store_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
	"muster/store/storetest"
)

// Databases of earlier versions, and what these versions answered about them. Each schema
// that a release has had gets a pair of files, made by that release's own store. The one
// answer left out is acknowledged_at under the first schema, which reopening did not clear.
func TestADatabaseOfAnEarlierVersionIsAsItWas(t *testing.T) {
	t.Parallel()
	for name, pending := range map[string][]string{
		"schema-00001": {"pending", "pending too", "returned"},
		"schema-00003": {"pending", "pending too", "returned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was := answers(t, name)
			s := storetest.Open(t, store.Options{Path: filled(t, name), Migrate: true})
			require.Equal(t, was.installation, s.Installation(), "the keys of effects have it in them")
			require.Len(t, was.incidents, 5)
			for id, state := range was.incidents {
				now, err := s.Incident(t.Context(), id)
				require.NoError(t, err)
				requireContains(t, state, now)
				journal, err := s.Journal(t.Context(), id)
				require.NoError(t, err)
				require.Len(t, journal, len(was.events[id]))
				for i, e := range journal {
					text, err := json.Marshal(e)
					require.NoError(t, err)
					require.JSONEq(t, string(was.events[id][i]), string(text))
				}
				require.Equal(t, asJSON(t, incident.Fold(journal)), asJSON(t, now), "the read model is what today's fold makes of it")
			}
			open, err := s.OpenFollowups(t.Context())
			require.NoError(t, err)
			require.Len(t, open, len(was.open))
			for i, o := range open {
				requireContains(t, was.open[i], o)
			}
			items, err := s.Pending(t.Context(), 0, 0)
			require.NoError(t, err)
			require.Len(t, items, len(was.pending))
			for i, item := range items {
				require.Equal(t, pending[i], item.Key)
				requireContains(t, was.pending[i], item)
			}
			requireGoesOn(t, s)
		})
	}
}

// requireGoesOn uses what was there before.
func requireGoesOn(t *testing.T, s *store.Store) {
	t.Helper()
	page, _, err := s.Incidents(t.Context(), store.Filter{Query: "checkout"})
	require.NoError(t, err)
	require.NotEmpty(t, page, "a search finds it")
	id, fresh, err := s.NewIncident(t.Context(), "key-INC-1", "")
	require.NoError(t, err)
	require.False(t, fresh, "a declaration that is repeated stays one")
	require.Equal(t, incident.ID("INC-1"), id)
	id, isNew, err := s.Route(t.Context(), "alertmanager", "g1", time.Now(), time.Minute, true)
	require.NoError(t, err)
	require.True(t, isNew, "what was reserved for a group is not given to another")
	require.Equal(t, incident.ID("INC-7"), id)
	accepted, err := s.Accept(t.Context(), []store.Item{{
		Kind: store.KindAlert, Source: "alertmanager", Subject: "g2", Key: "pending", ReceivedAt: time.Now(), Body: []byte(`{}`),
	}})
	require.NoError(t, err)
	require.Equal(t, store.Accepted{Repeated: 1}, accepted)
	state, err := s.Incident(t.Context(), "INC-1")
	require.NoError(t, err)
	events, err := incident.Decide(state, incident.Command{
		Incident: "INC-1", Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.AddNote{Text: "after the upgrade"},
	}, time.Now())
	require.NoError(t, err)
	require.NoError(t, s.Append(t.Context(), events))
}

// requireContains compares what an earlier version answered with what this one does, which
// may say more.
func requireContains(t *testing.T, was json.RawMessage, now any) {
	t.Helper()
	var want, got any
	require.NoError(t, json.Unmarshal(was, &want))
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, now)), &got))
	require.Equal(t, want, common(want, got))
}

// common returns what got has of the fields that want has.
func common(want, got any) any {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return got
		}
		has := map[string]any{}
		for name := range want {
			has[name] = common(want[name], fields[name])
		}
		return has
	case []any:
		elements, ok := got.([]any)
		if !ok || len(elements) != len(want) {
			return got
		}
		has := make([]any, len(want))
		for i := range want {
			has[i] = common(want[i], elements[i])
		}
		return has
	default:
		return got
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// filled makes a database of one that was written down, and returns its path.
func filled(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "upgrade", name+".sql"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "muster.db")
	exec(t, path, string(text))
	return path
}

// earlier is what an earlier version answered.
type earlier struct {
	installation  string
	incidents     map[incident.ID]json.RawMessage
	events        map[incident.ID][]json.RawMessage
	open, pending []json.RawMessage
}

func answers(t *testing.T, name string) earlier {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "upgrade", name+".answers.jsonl"))
	require.NoError(t, err)
	was := earlier{incidents: map[incident.ID]json.RawMessage{}, events: map[incident.ID][]json.RawMessage{}}
	for line := range bytes.Lines(text) {
		var answer struct {
			Installation             string
			Incident, Event, Pending json.RawMessage
			Open                     json.RawMessage `json:"open_followup"`
		}
		require.NoError(t, json.Unmarshal(line, &answer))
		var of struct {
			ID       incident.ID `json:"id"`
			Incident incident.ID `json:"incident"`
		}
		switch {
		case answer.Installation != "":
			was.installation = answer.Installation
		case answer.Incident != nil:
			require.NoError(t, json.Unmarshal(answer.Incident, &of))
			was.incidents[of.ID] = answer.Incident
		case answer.Event != nil:
			require.NoError(t, json.Unmarshal(answer.Event, &of))
			was.events[of.Incident] = append(was.events[of.Incident], answer.Event)
		case answer.Open != nil:
			was.open = append(was.open, answer.Open)
		default:
			was.pending = append(was.pending, answer.Pending)
		}
	}
	return was
}
