package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/postgrestest"
	"muster/store"
	"muster/store/storetest"
)

// replicas opens two stores on one database, which stand for two processes.
func replicas(t *testing.T) (database string, one, two *store.Store) {
	t.Helper()
	database = postgrestest.New(t)
	options := store.Options{URL: database, Migrate: true}
	return database, storetest.Open(t, options), storetest.Open(t, options)
}

func TestASubscriberHearsOfWhatOtherProcessesAppend(t *testing.T) {
	t.Parallel()
	_, one, two := replicas(t)
	all, cancelAll := one.Subscribe("")
	defer cancelAll()
	events := declareOn(t, two)
	require.Equal(t, store.Change{Incident: events[0].Incident, Seq: 1}, <-all)
	only, cancelOnly := one.Subscribe(events[0].Incident)
	defer cancelOnly()
	declareOn(t, two)
	note(t, two, events)
	require.Equal(t, store.Change{Incident: events[0].Incident, Seq: 2}, <-only)
}

func TestAClaimIsAgainstOtherProcesses(t *testing.T) {
	t.Parallel()
	database, one, two := replicas(t)
	claim := func(s *store.Store, name string) (func(), bool) {
		t.Helper()
		release, ok, err := s.Claim(t.Context(), name)
		require.NoError(t, err)
		return release, ok
	}
	release, ok := claim(one, "g")
	require.True(t, ok)
	_, ok = claim(two, "g")
	require.False(t, ok)
	_, ok = claim(two, "h")
	require.True(t, ok)
	release()
	_, ok = claim(two, "g")
	require.True(t, ok)

	// A process that dies takes its sessions with it.
	cut(t, database)
	_, ok = claim(one, "h")
	require.True(t, ok)
	_, ok = claim(two, "h")
	require.False(t, ok, "it does not know that it has lost it")

	third, err := store.Open(t.Context(), store.Options{URL: database})
	require.NoError(t, err)
	_, ok = claim(third, "i")
	require.True(t, ok)
	require.NoError(t, third.Close())
	_, ok = claim(one, "i")
	require.True(t, ok)
}

// cut ends all connections to a database, as a restart or a failover does.
func cut(t *testing.T, database string) {
	t.Helper()
	onPostgres(t, database, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
}

func TestNothingIsLostWhenConnectionsBreak(t *testing.T) {
	t.Parallel()
	database, one, two := replicas(t)
	_, err := one.Accept(t.Context(), []store.Item{anAlert("first")})
	require.NoError(t, err)
	first := declareOn(t, one)

	// until repeats what failed, as senders and workflows do.
	until := func(do func() error) {
		for do() != nil && t.Context().Err() == nil {
		}
	}
	const alerts, notes = 150, 60
	var work sync.WaitGroup
	for who, s := range []*store.Store{one, two} {
		work.Go(func() {
			for i := range alerts {
				until(func() error {
					_, err := s.Accept(t.Context(), []store.Item{anAlert(fmt.Sprint(who, i)), anAlert(fmt.Sprint("both ", i))})
					return err
				})
			}
		})
	}
	events := first
	work.Go(func() {
		for range notes {
			more, err := incident.Decide(incident.Fold(events), incident.Command{
				Incident: first[0].Incident, Actor: incident.MusterActor(), Intent: incident.AddNote{Text: "a note"},
			}, first[0].At)
			if err != nil {
				t.Error(err)
				return
			}
			until(func() error { return one.Append(t.Context(), more) })
			events = append(events, more...)
		}
	})
	finished := make(chan struct{})
	go func() { work.Wait(); close(finished) }()
	for cuts := 0; ; cuts++ {
		select {
		case <-finished:
			require.Positive(t, cuts)
		default:
			cut(t, database)
			continue
		}
		break
	}

	journal, err := store.Open(t.Context(), store.Options{URL: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, journal.Close()) }()
	recorded, err := journal.Journal(t.Context(), first[0].Incident)
	require.NoError(t, err)
	require.Len(t, recorded, 1+notes)
	items, err := journal.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	keys := map[string]bool{}
	for _, item := range items {
		require.False(t, keys[item.Key], item.Key)
		keys[item.Key] = true
	}
	require.Len(t, keys, 1+3*alerts)
}

func TestSubscribersHearAgainAfterAConnectionBroke(t *testing.T) {
	t.Parallel()
	database, one, two := replicas(t)
	changes, cancel := one.Subscribe("")
	defer cancel()
	for range 3 {
		cut(t, database)
		// While nobody listens, or while somebody does again: it is heard of either way. What
		// was told before may be told again.
		var events []incident.Event
		for events == nil {
			events = tryDeclare(t.Context(), two)
		}
		for c := range changes {
			if c.Incident == events[0].Incident {
				break
			}
		}
	}
}

// tryDeclare declares an incident, or returns nil.
func tryDeclare(ctx context.Context, s *store.Store) []incident.Event {
	id, _, err := s.NewIncident(ctx, "", "")
	if err != nil {
		return nil
	}
	events, err := incident.Decide(incident.State{}, incident.Command{
		Incident: id, Actor: incident.MusterActor(), Intent: incident.Declare{
			Title: "Errors", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}}, Service: incident.Service{Name: "checkout"},
		},
	}, time.Now())
	if err != nil || s.Append(ctx, events) != nil {
		return nil
	}
	return events
}

func TestWhoWaitsForALockIsToldByItsContext(t *testing.T) {
	t.Parallel()
	database, one, _ := replicas(t)
	events := declareOn(t, one)
	holder, err := connected(t, database).Begin(t.Context())
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), "SELECT * FROM incidents FOR UPDATE")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := one.Finished(ctx, events[0].Incident)
		failed <- err
		failed <- one.Finish(ctx, events[0].Incident, 0)
	}()
	require.NoError(t, <-failed, "readers wait for nobody")
	waitFor(t, database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	require.NoError(t, holder.Rollback(t.Context()))
	require.NoError(t, one.Finish(t.Context(), events[0].Incident, 0))
}

func TestADeadlockIsNobodysBusiness(t *testing.T) {
	t.Parallel()
	_, one, two := replicas(t)
	var items []store.Item
	for i := range 300 {
		items = append(items, anAlert(fmt.Sprint(i)))
	}
	_, err := one.Accept(t.Context(), items)
	require.NoError(t, err)
	accepted, err := one.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	ids := make([]int64, len(accepted))
	for i, item := range accepted {
		ids[i] = item.ID
	}
	var work sync.WaitGroup
	for who, s := range []*store.Store{one, two, one, two} {
		id := incident.NewID(int64(who + 1))
		work.Go(func() {
			for range 10 {
				if err := s.Sent(t.Context(), ids, id, 0); err != nil {
					t.Error(err)
				}
				if err := s.Return(t.Context(), ids, id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
}

// waitFor asks until the answer is not zero.
func waitFor(t *testing.T, database, query string) {
	t.Helper()
	conn := connected(t, database)
	for count := 0; count == 0; {
		require.NoError(t, conn.QueryRow(t.Context(), query, pgx.QueryExecModeSimpleProtocol).Scan(&count))
	}
}
