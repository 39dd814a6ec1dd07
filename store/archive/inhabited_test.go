package archive_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"muster/incident"
	"muster/internal/postgrestest"
	"muster/store"
	"muster/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backends lists the databases that Muster runs on.
func backends() []storetest.Backend {
	return []storetest.Backend{{
		Name: "SQLite",
		Fresh: func(t testing.TB) store.Options {
			return store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true}
		},
	}, {
		Name: "Postgres",
		Fresh: func(t testing.TB) store.Options {
			return store.Options{URL: postgrestest.New(t), Migrate: true}
		},
	}}
}

// inhabited is an installation with something of everything: incidents that are open, merged,
// closed and finished, one of them begun again, one only reserved; a journal with an event of a newer
// version; follow-ups; and items of the inbox in each of their states.
func inhabited(t *testing.T, b storetest.Backend) *store.Store {
	t.Helper()
	s := storetest.Open(t, b.Fresh(t))
	open := declare(t, s, "", incident.Acknowledge{Note: "on my way <&> \u2028"},
		incident.AddFollowup{Title: "Warn sooner"},
		incident.FinishStep{Step: "file-followup@3", Hook: "file-followup", Title: "File", Outcome: incident.Outcome{
			Followup: "F1", Ticket: &incident.Ticket{Key: "PAY-7", Status: "To Do"},
		}})
	merged := declare(t, s, "key-of-inc-2", incident.Merge{Into: open.ID})
	closed := declare(t, s, "", incident.Resolve{Summary: "rolled back"}, incident.Close{})
	require.NoError(t, s.Finish(t.Context(), closed.ID, 0))
	fresh := declare(t, s, "")
	require.NoError(t, s.Append(t.Context(), []incident.Event{{
		Incident: fresh.ID, Seq: fresh.Seq + 1, At: fresh.At.Add(time.Second), Actor: incident.MusterActor(),
		Fact: incident.UnknownFact{Name: "moon_landed", Data: json.RawMessage(`{"site":[1,2]}`)},
	}}))

	accept(t, s, "g1", "recorded")
	accept(t, s, "g2", "reserved")
	accept(t, s, "g2", "pending")
	accept(t, s, "g3", "discarded")
	accept(t, s, "g4", "returned")
	accept(t, s, "g5", "delivered")
	accept(t, s, "g6", "forgotten")
	require.NoError(t, s.Sent(t.Context(), []int64{1}, open.ID, 0))
	require.NoError(t, s.Record(t.Context(), open.ID, 0, nil, []int64{1}))
	id, _, err := s.Route(t.Context(), "alertmanager", "g2", time.Now(), time.Minute, true)
	require.NoError(t, err)
	require.Equal(t, incident.ID("INC-5"), id)
	require.NoError(t, s.Sent(t.Context(), []int64{2}, id, 0))
	require.NoError(t, s.Discard(t.Context(), []int64{4}, "a route says to ignore it"))
	require.NoError(t, s.Return(t.Context(), []int64{5}, merged.ID))
	require.NoError(t, s.Delivered(t.Context(), []int64{6, 7}, closed.ID))
	_, _, err = s.NewIncident(t.Context(), "key-of-inc-6", "digest")
	require.NoError(t, err)
	keepSaid(t, s, open.ID)
	for _, f := range []store.Follow{{Account: "U1", Kind: store.FollowAll}, {
		Account: "U2", Person: incident.Person{Name: "Sample Responder", Email: "responder@example.com"}, Kind: store.FollowService, Name: "checkout",
	}} {
		require.NoError(t, s.Follow(t.Context(), f))
	}
	_, err = s.Revive(t.Context(), open.ID)
	require.NoError(t, err)
	_, err = s.Revive(t.Context(), open.ID)
	require.NoError(t, err)
	return s
}

// keepSaid keeps more messages than a page of a dump has, some of them edited or deleted.
func keepSaid(t *testing.T, s *store.Store, id incident.ID) {
	t.Helper()
	for i := range 120 {
		at := time.Now().Add(time.Duration(i/2) * time.Second)
		require.NoError(t, s.KeepSaid(t.Context(), store.Said{
			Incident: id, Ref: incident.MessageRef{ChannelID: "C1", ID: fmt.Sprint(i), URL: "https://chat.example.com/C1"}, Thread: "0", Account: "U1", By: "Sample Responder",
			At: at, ChangedAt: at, Text: "a < b & \u2028", Edited: i%7 == 3, Deleted: i%7 == 4,
			Files: []incident.File{{Name: "graph.png", MediaType: "image/png", URL: "https://chat.example.com/graph.png"}},
		}))
	}
}

// declare stores an incident after some commands.
func declare(t *testing.T, s *store.Store, key string, intents ...incident.Intent) incident.State {
	t.Helper()
	id, _, err := s.NewIncident(t.Context(), key, "")
	require.NoError(t, err)
	first := incident.Declare{
		Title: fmt.Sprintf("Checkout fails, number %d", id.Number()), Severity: "SEV2", Scale: []incident.SeverityLevel{{Name: "SEV2"}},
		Service: incident.Service{Name: "checkout"},
	}
	var state incident.State
	var events []incident.Event
	now := time.Now().Add(-time.Hour)
	for _, intent := range append([]incident.Intent{first}, intents...) {
		now = now.Add(time.Second)
		decided, err := incident.Decide(state, incident.Command{
			Incident: id, Key: intent.Name(), Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: intent,
		}, now)
		require.NoError(t, err)
		for _, e := range decided {
			state = incident.Apply(state, e)
		}
		events = append(events, decided...)
	}
	require.NoError(t, s.Append(t.Context(), events))
	return state
}

func accept(t *testing.T, s *store.Store, group, key string) {
	t.Helper()
	_, err := s.Accept(t.Context(), []store.Item{{
		Kind: store.KindAlert, Source: "alertmanager", Subject: group, Key: key, ReceivedAt: time.Now(),
		Body: json.RawMessage(`{"name":"Errors","fingerprint":"` + key + `","text":"a \u003c b & \u2028 c"}`),
	}})
	require.NoError(t, err)
}
