// Package storetest says what a database must do to be Muster's: a suite of tests over
// package store that runs on every backend. The tests know nothing of the database
// behind the store.
package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// Backend is a kind of database to run the suite on.
type Backend struct {
	// Name is what the backend's tests are called.
	Name string
	// Fresh returns the options of a database that is empty and goes away with the test.
	Fresh func(t testing.TB) store.Options
	// Fill makes it seem as if the disk were full, until free is called. Nil where a test
	// cannot arrange that; the suite then does without.
	Fill func(t testing.TB, s *store.Store) (free func())
}

// Run runs the whole suite on a backend.
func Run(t *testing.T, b Backend) {
	t.Run(b.Name, func(t *testing.T) {
		t.Run("journal", func(t *testing.T) { t.Parallel(); runJournal(t, b) })
		t.Run("read model", func(t *testing.T) { t.Parallel(); runReadModel(t, b) })
		t.Run("numbers", func(t *testing.T) { t.Parallel(); runNumbers(t, b) })
		t.Run("list", func(t *testing.T) { t.Parallel(); runList(t, b) })
		t.Run("follow-ups", func(t *testing.T) { t.Parallel(); runFollowups(t, b) })
		t.Run("inbox", func(t *testing.T) { t.Parallel(); runInbox(t, b) })
		t.Run("settling", func(t *testing.T) { t.Parallel(); runSettling(t, b) })
		t.Run("lives", func(t *testing.T) { t.Parallel(); runLives(t, b) })
		t.Run("finishing", func(t *testing.T) { t.Parallel(); runFinishing(t, b) })
		t.Run("route", func(t *testing.T) { t.Parallel(); runRoute(t, b) })
		t.Run("subjects", func(t *testing.T) { t.Parallel(); runSubjects(t, b) })
		t.Run("claims", func(t *testing.T) { t.Parallel(); runClaims(t, b) })
		t.Run("channels", func(t *testing.T) { t.Parallel(); runChannels(t, b) })
		t.Run("transcripts", func(t *testing.T) { t.Parallel(); runTranscripts(t, b) })
		t.Run("follows", func(t *testing.T) { t.Parallel(); runFollows(t, b) })
		t.Run("census", func(t *testing.T) { t.Parallel(); runCensus(t, b) })
		t.Run("rivals", func(t *testing.T) { t.Parallel(); runRivals(t, b) })
		t.Run("live", func(t *testing.T) { t.Parallel(); runLive(t, b) })
		t.Run("opening", func(t *testing.T) { t.Parallel(); runOpening(t, b) })
		if b.Fill != nil {
			t.Run("full disk", func(t *testing.T) { t.Parallel(); runFullDisk(t, b) })
		}
	})
}

// test is one test of the suite, named by a sentence, with an empty store.
type test struct {
	name string
	run  func(t *testing.T, s *store.Store)
}

func runAll(t *testing.T, b Backend, tests []test) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t, Open(t, b.Fresh(t)))
		})
	}
}

// Open opens a store and closes it when the test ends.
func Open(t testing.TB, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// start is the moment at which the suite's stories begin.
var start = time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)

// story is an incident that a test leads through its life, one command a minute.
type story struct {
	t      testing.TB
	state  incident.State
	events []incident.Event
	now    time.Time
}

// begin declares an incident without storing it. The title may be empty.
func begin(t testing.TB, id incident.ID, declare incident.Declare) *story {
	t.Helper()
	if declare.Title == "" {
		declare.Title = "Checkout is slow"
	}
	if declare.Severity == "" {
		declare.Severity = "SEV2"
	}
	if declare.Service.Name == "" {
		declare.Service.Name = "checkout"
	}
	declare.Scale = []incident.SeverityLevel{{Name: "SEV1"}, {Name: "SEV2"}, {Name: "SEV3"}}
	st := &story{t: t, state: incident.State{ID: id}, now: start}
	events, err := incident.Decide(incident.State{}, st.command(declare), st.now)
	require.NoError(t, err)
	st.state = incident.State{}
	st.tell(events)
	return st
}

// do gives commands that must succeed and returns the events that follow.
func (st *story) do(intents ...incident.Intent) []incident.Event {
	st.t.Helper()
	before := len(st.events)
	for _, intent := range intents {
		st.now = st.now.Add(time.Minute)
		events, err := incident.Decide(st.state, st.command(intent), st.now)
		require.NoError(st.t, err)
		st.tell(events)
	}
	return st.events[before:]
}

func (st *story) command(intent incident.Intent) incident.Command {
	return incident.Command{
		Incident: st.state.ID, Key: fmt.Sprintf("command-%d", st.state.Seq),
		Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: intent,
	}
}

func (st *story) tell(events []incident.Event) {
	for _, e := range events {
		st.state = incident.Apply(st.state, e)
	}
	st.events = append(st.events, events...)
}

// store appends the whole story, which may be there in part.
func (st *story) store(s *store.Store) *story {
	st.t.Helper()
	require.NoError(st.t, s.Append(st.t.Context(), st.events))
	return st
}

// declared stores a new incident after some commands and returns it.
func declared(t testing.TB, s *store.Store, declare incident.Declare, intents ...incident.Intent) *story {
	t.Helper()
	id, _, err := s.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	st := begin(t, id, declare)
	st.do(intents...)
	return st.store(s)
}

// alert returns an inbox item of a group.
func alert(group, key string) store.Item {
	return store.Item{
		Kind: store.KindAlert, Source: "alertmanager", Subject: group, Key: key,
		ReceivedAt: start, Body: json.RawMessage(fmt.Sprintf(`{"fingerprint": %q}`, key)),
	}
}

func keysOf(items []store.Item) []string {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	return keys
}

func itemIDs(items []store.Item) []int64 {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	return ids
}

// pending returns all that is pending.
func pending(t testing.TB, s *store.Store) []store.Item {
	t.Helper()
	items, err := s.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	return items
}

func requireInvalid(t testing.TB, err error, field string) {
	t.Helper()
	var invalid *incident.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, field, invalid.Field)
}
