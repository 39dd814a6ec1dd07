package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/config"
	"muster/playbooks"
	"muster/store"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// act has somebody do something in a channel.
func act(t *testing.T, db *store.Store, channel, key string) {
	t.Helper()
	_, err := db.Accept(t.Context(), []store.Item{{
		Kind: store.KindAct, Source: "slack", Subject: channel, Key: key, ReceivedAt: time.Now(), Body: []byte(`{"id": "` + key + `"}`),
	}})
	require.NoError(t, err)
}

// handling is a dispatcher that runs until the test ends, with a handler for acts.
func handling(t *testing.T, db *store.Store, temporal client.Client, handler Handler, others ...func(*Dispatcher)) {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	d := New(Options{Temporal: temporal, Store: db, Catalogue: config.Sample(), Library: library, Logger: slog.New(slog.DiscardHandler)})
	d.Handle(store.KindAct, handler)
	for _, other := range others {
		other(d)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

// entries returns what the inbox remembers.
func entries(t *testing.T, db *store.Store) map[string]store.InboxEntry {
	t.Helper()
	all := map[string]store.InboxEntry{}
	require.NoError(t, db.Dump(t.Context(), func(r store.Record) error {
		if e, ok := r.(store.InboxEntry); ok {
			all[e.Key] = e
		}
		return nil
	}))
	return all
}

// requireSettled waits until nothing is pending, without a clock: each look is a read.
func requireSettled(t *testing.T, db *store.Store) {
	t.Helper()
	for {
		items, err := db.Pending(t.Context(), 0, 0)
		require.NoError(t, err)
		if len(items) == 0 {
			return
		}
	}
}

func TestWhatPeopleDidIsCarriedOutInOrderAndSettled(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	var mu sync.Mutex
	done := map[string][]string{}
	for n := range 5 { // before it runs
		act(t, db, "C1", fmt.Sprint("C1 ", n))
	}
	handling(t, db, newTaker(nil), func(_ context.Context, item store.Item) error {
		mu.Lock()
		defer mu.Unlock()
		require.JSONEq(t, `{"id": "`+item.Key+`"}`, string(item.Body))
		done[item.Subject] = append(done[item.Subject], item.Key)
		return nil
	})
	want := map[string][]string{}
	for n := range 10 {
		if n >= 5 {
			act(t, db, "C1", fmt.Sprint("C1 ", n))
		}
		act(t, db, "C2", fmt.Sprint("C2 ", n))
		want["C1"], want["C2"] = append(want["C1"], fmt.Sprint("C1 ", n)), append(want["C2"], fmt.Sprint("C2 ", n))
	}
	requireSettled(t, db)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, want, done)
	for _, entry := range entries(t, db) {
		require.JSONEq(t, "{}", string(entry.Body), "what they said is forgotten")
		require.Empty(t, entry.Reason)
	}
}

func TestAnActThatFailsIsTriedAgainWhileThoseBehindItWait(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	attempts, fail := make(chan string), true
	handling(t, db, newTaker(nil), func(_ context.Context, item store.Item) error {
		attempts <- item.Key
		if fail {
			fail = false
			return errors.New("away")
		}
		return nil
	})
	_, err := db.Accept(t.Context(), []store.Item{
		{Kind: store.KindAct, Source: "slack", Subject: "C1", Key: "first", ReceivedAt: time.Now(), Body: json.RawMessage("{}")},
		{Kind: store.KindAct, Source: "slack", Subject: "C1", Key: "second", ReceivedAt: time.Now(), Body: json.RawMessage("{}")},
	})
	require.NoError(t, err)
	for _, key := range []string{"first", "first", "second"} {
		require.Equal(t, key, <-attempts)
	}
	requireSettled(t, db)
}

// early is an error that is none.
type early struct{}

func (early) Error() string { return "not yet" }

func (early) Early() bool { return true }

func TestAnActThatComesTooEarlyWaitsAndIsNoFailure(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	d := New(Options{Temporal: newTaker(nil), Store: db, Catalogue: config.Sample(), Library: library, Logger: slog.New(slog.DiscardHandler)})
	attempts := 0
	d.Handle(store.KindAct, func(context.Context, store.Item) error {
		if attempts++; attempts < 3 {
			return fmt.Errorf("join: %w", early{})
		}
		return nil
	})
	act(t, db, "C1", "an act")
	about := store.Subject{Kind: store.KindAct, Source: "slack", Key: "C1"}
	for want := range 3 {
		rest, err := d.turn(t.Context(), about, &progress{})
		require.NoError(t, err)
		require.Equal(t, want == 2, rest == drained)
	}
	require.Zero(t, pending(t, db))
}

// later is an error that is none, and says when to come again.
type later struct{ early }

func (later) Delay() time.Duration { return time.Hour }

func TestAnActThatIsToWaitLongerIsLeftAloneForSoLongAndIsNoFailure(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	attempts := make(chan string, 10)
	handling(t, db, newTaker(nil), func(_ context.Context, item store.Item) error {
		attempts <- item.Key
		if item.Subject == "later" {
			return fmt.Errorf("answer: %w", later{})
		}
		return nil
	})
	act(t, db, "later", "an answer")
	require.Equal(t, "an answer", <-attempts)
	for n := range 3 {
		act(t, db, "C1", fmt.Sprint(n))
		require.Equal(t, fmt.Sprint(n), <-attempts, "it is not tried again meanwhile")
	}
}

// refused is an error that trying again cannot help.
type refused struct{}

func (refused) Error() string { return "the incident is closed" }

func (refused) Permanent() bool { return true }

func TestWhatCannotBeDoneIsSettledWithItsReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handler Handler
		reason  string
	}{
		"a refusal": {func(context.Context, store.Item) error { return fmt.Errorf("resolve: %w", refused{}) }, "resolve: the incident is closed"},
		"a panic":   {func(context.Context, store.Item) error { panic("no such thing") }, "a mistake in Muster: no such thing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, db, _ := desk(t)
			handling(t, db, newTaker(nil), test.handler)
			act(t, db, "C1", "an act")
			requireSettled(t, db)
			require.Equal(t, test.reason, entries(t, db)["an act"].Reason)
		})
	}
}

func TestAnActWaitsForNoStorm(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	stuck, goOn := make(chan struct{}, 1000), make(chan struct{})
	temporal := newTaker(func(string) error {
		stuck <- struct{}{}
		<-goOn
		return nil
	})
	for group := range 3 * laneCount {
		accept(t, db, fmt.Sprintf("group %d/", group), "1", `"x"`, false)
	}
	handled := make(chan string)
	handling(t, db, temporal, func(_ context.Context, item store.Item) error { handled <- item.Key; return nil })
	for range laneCount {
		<-stuck // every lane is taken
	}
	for n := range 5 {
		act(t, db, "C1", strconv.Itoa(n))
		require.Equal(t, strconv.Itoa(n), <-handled)
	}
	close(goOn)
}

func TestAnActWaitsForNoPager(t *testing.T) {
	t.Parallel()
	_, db, temporal := desk(t)
	asking, goOn := make(chan struct{}, 1000), make(chan struct{})
	for page := range 3 * laneCount {
		_, err := db.Accept(t.Context(), []store.Item{{
			Kind: store.KindPage, Source: "pagerduty", Subject: strconv.Itoa(page), Key: strconv.Itoa(page), ReceivedAt: time.Now(), Body: []byte(`{}`),
		}})
		require.NoError(t, err)
	}
	handled := make(chan string)
	handling(t, db, temporal, func(_ context.Context, item store.Item) error { handled <- item.Key; return nil }, func(d *Dispatcher) {
		d.Handle(store.KindPage, func(context.Context, store.Item) error {
			asking <- struct{}{}
			<-goOn
			return nil
		})
	})
	for range laneCount {
		<-asking // every lane of pages is taken
	}
	for n := range 5 {
		act(t, db, "C1", strconv.Itoa(n))
		require.Equal(t, strconv.Itoa(n), <-handled)
	}
	close(goOn)
}

func TestOneActAfterTheOtherWaitsForNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(folder, "muster.db"), Migrate: true})
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		library, err := playbooks.BuiltIn()
		require.NoError(t, err)
		d := New(Options{Temporal: newTaker(nil), Store: db, Catalogue: config.Sample(), Library: library, Logger: slog.New(slog.DiscardHandler)})
		handled := make(chan struct{})
		d.Handle(store.KindAct, func(context.Context, store.Item) error { handled <- struct{}{}; return nil })
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		defer func() { stop(); running.Wait() }()
		begun := time.Now()
		for n := range 20 {
			act(t, db, "C1", strconv.Itoa(n))
			<-handled
		}
		require.Zero(t, time.Since(begun), "no clock had to move")
	})
}
