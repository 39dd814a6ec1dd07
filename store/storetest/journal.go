package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runJournal(t *testing.T, b Backend) {
	note := func(text string) incident.Intent { return incident.AddNote{Text: text} }
	runAll(t, b, []test{
		{"events come back as they were appended", func(t *testing.T, s *store.Store) {
			st := begin(t, "INC-1", incident.Declare{Summary: "Ünïcode, 'quotes' and a\ttab"})
			st.do(incident.AttachPlaybook{
				Playbook: incident.PlaybookRef{Name: "default", Version: "abc"},
				Document: json.RawMessage(`{"b":1,"a":[1,2]}`),
			}, incident.Acknowledge{Note: "mine"})
			st.store(s)
			got, err := s.Journal(t.Context(), "INC-1")
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(st.events, got))
		}},
		{"appending again changes nothing", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{}, note("one"), note("two"))
			st.store(s)
			require.NoError(t, s.Append(t.Context(), st.events[1:2]))
			requireJournal(t, s, st)
		}},
		{"events that overlap with the journal are appended from where it ends", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{}, note("one"))
			st.do(note("two"), note("three"))
			require.NoError(t, s.Append(t.Context(), st.events[1:]))
			requireJournal(t, s, st)
		}},
		{"appending no events does nothing", func(t *testing.T, s *store.Store) {
			require.NoError(t, s.Append(t.Context(), nil))
		}},
		{"another event in the same place is a conflict and writes nothing", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{}, note("one"))
			rival := begin(t, st.state.ID, incident.Declare{})
			rival.do(note("another"), note("more"))
			err := s.Append(t.Context(), rival.events)
			require.ErrorIs(t, err, store.ErrConflict)
			var conflict *store.ConflictError
			require.ErrorAs(t, err, &conflict)
			require.Equal(t, store.ConflictError{Incident: st.state.ID, Seq: 2}, *conflict)
			requireJournal(t, s, st)
		}},
		{"a missing event is a gap and writes nothing", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			st.do(note("one"), note("two"))
			err := s.Append(t.Context(), st.events[2:])
			require.ErrorIs(t, err, store.ErrGap)
			var gap *store.GapError
			require.ErrorAs(t, err, &gap)
			require.Equal(t, store.GapError{Incident: st.state.ID, Want: 2, Got: 3}, *gap)

			err = s.Append(t.Context(), []incident.Event{st.events[0], st.events[2]})
			require.ErrorIs(t, err, store.ErrGap)
			events, err := s.Journal(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.Len(t, events, 1)
		}},
		{"events that are no journal are refused", func(t *testing.T, s *store.Store) {
			st := begin(t, "INC-1", incident.Declare{})
			st.do(note("one"))
			wrong := func(change func(*incident.Event)) []incident.Event {
				e := st.events[0]
				change(&e)
				return []incident.Event{e, st.events[1]}
			}
			for name, events := range map[string][]incident.Event{
				"incident": wrong(func(e *incident.Event) { e.Incident = "INC-01" }),
				"events":   wrong(func(e *incident.Event) { e.Incident = "INC-2" }),
				"fact":     wrong(func(e *incident.Event) { e.Fact = nil }),
				"time":     wrong(func(e *incident.Event) { e.At = time.Time{} }),
				"seq":      wrong(func(e *incident.Event) { e.Seq = 0 }),
				"begin":    wrong(func(e *incident.Event) { e.Fact = incident.NoteAdded{Body: "first"} }),
			} {
				field := "events"
				if name == "incident" {
					field = name
				}
				requireInvalid(t, s.Append(t.Context(), events), field)
			}
			_, err := s.Incident(t.Context(), "INC-1")
			require.ErrorIs(t, err, store.ErrNotFound)
		}},
		{"times are kept in UTC to the microsecond, and finer ones are no conflict", func(t *testing.T, s *store.Store) {
			st := begin(t, "INC-1", incident.Declare{})
			zone := time.FixedZone("UTC+2", 2*60*60)
			st.events[0].At = time.Date(2026, 2, 3, 6, 5, 6, 123456789, zone)
			st.store(s).store(s)
			got, err := s.Journal(t.Context(), "INC-1")
			require.NoError(t, err)
			require.Equal(t, time.Date(2026, 2, 3, 4, 5, 6, 123456000, time.UTC), got[0].At)
		}},
		{"events are read in pages", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{}, note("one"), note("two"), note("three"))
			var got []incident.Event
			for {
				page, err := s.Events(t.Context(), st.state.ID, len(got), 3)
				require.NoError(t, err)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
			}
			require.Empty(t, cmp.Diff(st.events, got))
		}},
		{"a limit out of bounds is refused", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			for _, limit := range []int{-1, store.MaxEvents + 1} {
				_, err := s.Events(t.Context(), st.state.ID, 0, limit)
				requireInvalid(t, err, "limit")
			}
		}},
		{"an incident that is not there is not found", func(t *testing.T, s *store.Store) {
			_, err := s.Events(t.Context(), "INC-7", 0, 0)
			require.ErrorIs(t, err, store.ErrNotFound)
			_, err = s.Journal(t.Context(), "INC-7")
			require.ErrorIs(t, err, store.ErrNotFound)
			_, err = s.Journal(t.Context(), "seven")
			requireInvalid(t, err, "incident")
		}},
		{"a kind of event from a newer version is kept as it is", func(t *testing.T, s *store.Store) {
			st := begin(t, "INC-1", incident.Declare{})
			st.tell([]incident.Event{{
				Incident: "INC-1", Seq: 2, At: start, Actor: incident.MusterActor(),
				Fact: incident.UnknownFact{Name: "moon_landed", Data: json.RawMessage(`{"crew":2}`)},
			}})
			st.store(s).store(s)
			requireJournal(t, s, st)
		}},
		{"the same events appended at once by many are there once", func(t *testing.T, s *store.Store) {
			st := begin(t, "INC-1", incident.Declare{})
			for i := range 20 {
				st.do(note(fmt.Sprintf("note %d", i)))
			}
			errs := atOnce(8, func(int) error {
				for i := range st.events {
					if err := s.Append(t.Context(), st.events[:i+1]); err != nil {
						return err
					}
				}
				return nil
			})
			require.NoError(t, errors.Join(errs...))
			requireJournal(t, s, st)
		}},
		{"of rivals that append at once one wins and the others hear of a conflict", func(t *testing.T, s *store.Store) {
			st := declared(t, s, incident.Declare{})
			errs := atOnce(8, func(i int) error {
				rival := begin(t, st.state.ID, incident.Declare{})
				return s.Append(t.Context(), rival.do(note(fmt.Sprintf("rival %d", i))))
			})
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				require.ErrorIs(t, err, store.ErrConflict)
			}
			require.Equal(t, 1, won)
			events, err := s.Journal(t.Context(), st.state.ID)
			require.NoError(t, err)
			require.Len(t, events, 2)
		}},
		{"many incidents grow at once", func(t *testing.T, s *store.Store) {
			stories := make([]*story, 8)
			for i := range stories {
				stories[i] = declared(t, s, incident.Declare{})
				stories[i].do(note("one"), note("two"), note("three"))
			}
			errs := atOnce(len(stories), func(i int) error {
				for j := range stories[i].events {
					if err := s.Append(t.Context(), stories[i].events[j:j+1]); err != nil {
						return err
					}
					if _, err := s.Incident(t.Context(), stories[i].state.ID); err != nil {
						return err
					}
				}
				return nil
			})
			require.NoError(t, errors.Join(errs...))
			for _, st := range stories {
				requireJournal(t, s, st)
			}
		}},
	})
}

// requireJournal says that the store has exactly the story's events and state.
func requireJournal(t testing.TB, s *store.Store, st *story) {
	t.Helper()
	events, err := s.Journal(t.Context(), st.state.ID)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(st.events, events))
	state, err := s.Incident(t.Context(), st.state.ID)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(st.state, state))
}

// atOnce calls do for 0 to n-1, all at once, and returns their errors.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errs
}
