package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"muster/chat"
	"muster/config"
	"muster/incident"
	"muster/store"
	"muster/worker"

	"github.com/stretchr/testify/require"
)

func TestTheDigestListsWhatWasResolvedMeanwhileAndNoPractice(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	keep := func(number int64, declared, resolved time.Duration, exercise *incident.Exercise) {
		id := incident.NewID(number)
		_, _, err := s.NewIncident(t.Context(), fmt.Sprint("key ", number), "digest")
		require.NoError(t, err)
		events := []incident.Event{{Incident: id, Seq: 1, At: now.Add(-declared), Actor: incident.MusterActor(), Fact: incident.IncidentDeclared{
			Title: "Down", Severity: "SEV2", Exercise: exercise,
		}}}
		if resolved > 0 {
			events = append(events, incident.Event{Incident: id, Seq: 2, At: now.Add(-resolved), Actor: incident.MusterActor(), Fact: incident.IncidentResolved{From: incident.Investigating}})
		}
		require.NoError(t, s.Append(t.Context(), events))
	}
	const day = 24 * time.Hour
	keep(1, 50*day, 2*time.Hour, nil)
	keep(2, 3*day, 2*day, nil)
	keep(3, 2*time.Hour, 0, nil)
	keep(4, 5*time.Hour, time.Hour, nil)
	keep(5, 5*time.Hour, time.Hour, &incident.Exercise{})
	keep(6, time.Hour, 0, &incident.Exercise{})
	keep(7, time.Hour, 0, nil)
	keep(8, day+time.Hour, day, nil)
	ids := func(states []incident.State, err error) []incident.ID {
		require.NoError(t, err)
		var all []incident.ID
		for _, s := range states {
			all = append(all, s.ID)
		}
		return all
	}
	r := register{s}
	require.Equal(t, []incident.ID{"INC-7", "INC-3"}, ids(r.Active(t.Context(), 10)))
	require.Equal(t, []incident.ID{"INC-7"}, ids(r.Active(t.Context(), 1)))
	require.Equal(t, []incident.ID{"INC-8", "INC-4", "INC-1"}, ids(r.ResolvedBetween(t.Context(), now.Add(-day), now, 10)))
	require.Equal(t, []incident.ID{"INC-8", "INC-4"}, ids(r.ResolvedBetween(t.Context(), now.Add(-day), now, 2)))
	require.Equal(t, []incident.ID{"INC-2"}, ids(r.ResolvedBetween(t.Context(), now.Add(-3*day), now.Add(-day), 10)), "what is told once is not told again")

	require.NoError(t, s.Follow(t.Context(), store.Follow{Account: "U1", Person: incident.Person{Name: "Sample Responder"}, Kind: store.FollowAll}))
	state, err := s.Incident(t.Context(), "INC-7")
	require.NoError(t, err)
	accounts, err := followers{s}.Followers(t.Context(), state)
	require.NoError(t, err)
	require.Equal(t, []chat.Account{{ID: "U1", Name: "Sample Responder"}}, accounts)
}

func TestTheDigestIsPostedAsTheSettingsSay(t *testing.T) {
	t.Parallel()
	require.Equal(t, worker.Digest{Channel: "digest", At: 9 * time.Hour, Timezone: "UTC"}, digestOf(config.Digest{Channel: "digest", At: 9 * time.Hour, Timezone: "UTC"}))
	require.Equal(t, "https://temporal.example.com/namespaces/default", temporalPages("https://temporal.example.com/", "default"))
	require.Empty(t, temporalPages("", "default"))
}
