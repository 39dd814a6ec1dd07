package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
	"muster/store/storetest"
)

// declare stores an incident after some commands and returns how it stands.
func declare(t *testing.T, s *store.Store, intents ...incident.Intent) incident.State {
	t.Helper()
	id, _, err := s.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	first := incident.Declare{
		Title: "Checkout is slow", Severity: "SEV2", Scale: []incident.SeverityLevel{{Name: "SEV2"}}, Service: incident.Service{Name: "checkout"},
	}
	state := incident.State{}
	var events []incident.Event
	for _, intent := range append([]incident.Intent{first}, intents...) {
		decided, err := incident.Decide(state, incident.Command{
			Incident: id, Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: intent,
		}, time.Now())
		require.NoError(t, err)
		for _, e := range decided {
			state = incident.Apply(state, e)
		}
		events = append(events, decided...)
	}
	require.NoError(t, s.Append(t.Context(), events))
	return state
}

func TestARestoredDatabaseIsMadeFitToBeUsed(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, b.Fresh(t))
			open := declare(t, s, incident.Acknowledge{})
			ended := declare(t, s, incident.Cancel{Reason: "false alarm"})
			finished := declare(t, s, incident.Cancel{Reason: "false alarm"})
			require.NoError(t, s.Finish(t.Context(), finished.ID, 0))
			_, _, err := s.NewIncident(t.Context(), "reserved", "")
			require.NoError(t, err)
			items := acceptAll(t, s, "recorded", "sent")
			_, _, err = s.Route(t.Context(), "alertmanager", "g", time.Now(), time.Minute, true)
			require.NoError(t, err)
			require.NoError(t, s.Sent(t.Context(), items, "INC-5", 0))
			require.NoError(t, s.Record(t.Context(), open.ID, 0, nil, items[:1]))

			done, err := s.Reenter(t.Context(), 0, 1000)
			require.NoError(t, err)
			require.Equal(t, store.Reentry{Next: "INC-1006", Incidents: 2, Forgotten: 2, Pending: 1}, done)

			for _, state := range []incident.State{open, ended} {
				now, err := s.Incident(t.Context(), state.ID)
				require.NoError(t, err)
				require.Equal(t, state.Seq+1, now.Seq)
				require.NotEmpty(t, now.MarkAt(now.Seq))
				require.Empty(t, now.MarkAt(state.Seq), "what was there before is what it was")
				require.Equal(t, state.Status, now.Status)
				life, err := s.Life(t.Context(), state.ID)
				require.NoError(t, err)
				require.Equal(t, 1, life)
				var superseded *store.SupersededError
				require.ErrorAs(t, s.Record(t.Context(), state.ID, 0, nil, items), &superseded, "a workflow that knows more does not write")
			}
			same, err := s.Incident(t.Context(), finished.ID)
			require.NoError(t, err)
			require.Equal(t, finished.Seq, same.Seq)

			id, fresh, err := s.NewIncident(t.Context(), "reserved", "")
			require.NoError(t, err)
			require.True(t, fresh, "INC-4 may have begun since, and is not known to have")
			require.Equal(t, incident.ID("INC-1006"), id)
			id, isNew, err := s.Route(t.Context(), "alertmanager", "g", time.Now(), time.Minute, true)
			require.NoError(t, err)
			require.True(t, isNew)
			require.Equal(t, incident.ID("INC-1007"), id)
			later := acceptAll(t, s, "later")
			require.Greater(t, later[len(later)-1], items[1]+1_000_000, "workflows may remember the ids that were given out since")

			again, err := s.Reenter(t.Context(), 5000, 0)
			require.NoError(t, err)
			require.Equal(t, incident.ID("INC-5001"), again.Next)
			now, err := s.Incident(t.Context(), open.ID)
			require.NoError(t, err)
			require.Len(t, now.Restorations, 2)
			require.NotEqual(t, now.Restorations[0].Mark, now.Restorations[1].Mark)
		})
	}
}

// acceptAll accepts alerts of the group "g" and returns the ids of all that are pending.
func acceptAll(t *testing.T, s *store.Store, keys ...string) []int64 {
	t.Helper()
	for _, key := range keys {
		_, err := s.Accept(t.Context(), []store.Item{{
			Kind: store.KindAlert, Source: "alertmanager", Subject: "g", Key: key, ReceivedAt: time.Now(), Body: []byte(fmt.Sprintf("%q", key)),
		}})
		require.NoError(t, err)
	}
	pending, err := s.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	ids := make([]int64, len(pending))
	for i, item := range pending {
		ids[i] = item.ID
	}
	return ids
}
