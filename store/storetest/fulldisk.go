package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// runFullDisk tells what happens when there is no more room.
func runFullDisk(t *testing.T, b Backend) {
	// large is an alert for which there is room only where the database may grow.
	large := func(key string) store.Item {
		item := alert("g", key)
		item.Body = json.RawMessage(fmt.Sprintf("%q", bytes.Repeat([]byte("x"), 1<<20)))
		return item
	}
	runAll(t, b, []test{
		{"a delivery for which there is no room is refused whole, and accepted when there is", func(t *testing.T, s *store.Store) {
			_, err := s.Accept(t.Context(), []store.Item{alert("g", "before")})
			require.NoError(t, err)
			<-s.Wake()
			delivery := []store.Item{alert("g", "small"), large("large"), alert("g", "small too")}
			free := b.Fill(t, s)
			for range 3 {
				accepted, err := s.Accept(t.Context(), delivery)
				require.ErrorContains(t, err, "the disk is full; make room")
				require.Zero(t, accepted)
				require.Empty(t, s.Wake())
				require.Equal(t, []string{"before"}, keysOf(pending(t, s)))
			}
			free()
			accepted, err := s.Accept(t.Context(), delivery)
			require.NoError(t, err)
			require.Equal(t, store.Accepted{New: 3}, accepted)
			require.Equal(t, []string{"before", "small", "large", "small too"}, keysOf(pending(t, s)))
		}},
		{"what the journal has no room for stays sent, and is recorded when there is", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			_, err := s.Accept(t.Context(), []store.Item{alert("g", "a")})
			require.NoError(t, err)
			ids := itemIDs(pending(t, s))
			require.NoError(t, sendNow(t, s, ids, st.state.ID))
			st.tell([]incident.Event{{
				Incident: st.state.ID, Seq: 2, At: start, Actor: incident.MusterActor(),
				Fact: incident.UnknownFact{Name: "filled_up", Data: large("").Body},
			}})
			free := b.Fill(t, s)
			for range 3 {
				require.ErrorContains(t, recordNow(t, s, st.state.ID, st.events, ids), "the disk is full; make room")
				require.Equal(t, []incident.ID{st.state.ID}, unrecorded(t, s))
				events, err := s.Journal(t.Context(), st.state.ID)
				require.NoError(t, err)
				require.Len(t, events, 1)
			}
			free()
			require.NoError(t, recordNow(t, s, st.state.ID, st.events, ids))
			requireJournal(t, s, st)
			require.Equal(t, []string{"a"}, keysOf(alertsOf(t, s, st.state.ID)))
		}},
	})
}
