package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runLive(t *testing.T, b Backend) {
	note := incident.AddNote{Text: "a note"}
	runAll(t, b, []test{
		{"a subscriber to one incident hears of that one", func(t *testing.T, s *store.Store) {
			first, second := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			changes, cancel := s.Subscribe(second.state.ID)
			defer cancel()
			first.do(note)
			first.store(s)
			second.do(note)
			second.store(s)
			require.Equal(t, store.Change{Incident: second.state.ID, Seq: 2}, <-changes)
		}},
		{"a subscriber to all hears of all", func(t *testing.T, s *store.Store) {
			changes, cancel := s.Subscribe("")
			defer cancel()
			first, second := declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})
			require.Equal(t, store.Change{Incident: first.state.ID, Seq: 1}, <-changes)
			require.Equal(t, store.Change{Incident: second.state.ID, Seq: 1}, <-changes)
		}},
		{"a slow reader holds nobody up and learns the newest of every incident", func(t *testing.T, s *store.Store) {
			changes, cancel := s.Subscribe("")
			defer cancel()
			stories := []*story{declared(t, s, incident.Declare{}), declared(t, s, incident.Declare{})}
			for range 20 {
				for _, st := range stories {
					st.do(note)
					st.store(s)
				}
			}
			learned := map[incident.ID]int{}
			taken := 0
			for learned[stories[0].state.ID] < 21 || learned[stories[1].state.ID] < 21 {
				c := <-changes
				require.Greater(t, c.Seq, learned[c.Incident])
				learned[c.Incident] = c.Seq
				taken++
			}
			require.LessOrEqual(t, taken, 3, "one each, and the one that was being handed over")
		}},
		{"appending again tells nobody", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			changes, cancel := s.Subscribe(st.state.ID)
			defer cancel()
			st.store(s)
			st.do(note)
			st.store(s)
			require.Equal(t, 2, (<-changes).Seq)
		}},
		{"cancelling closes the channel, and may be repeated", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			changes, cancel := s.Subscribe("")
			st.do(note)
			st.store(s) // nobody takes this one
			cancel()
			cancel()
			for range changes { // what was being handed over may still come
			}
			declared(t, s, incident.Declare{})
		}},
	})
}
