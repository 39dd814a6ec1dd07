package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"muster/config"
	"muster/playbooks"
	"muster/store"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// taker is a Temporal that is told of alerts only.
type taker struct {
	client.Client
	// before is asked before anything is taken.
	before func(incident string) error

	mu    sync.Mutex
	items map[string][]int64
	taken chan struct{}
}

func newTaker(before func(incident string) error) *taker {
	return &taker{before: before, items: map[string][]int64{}, taken: make(chan struct{}, 1000)}
}

func (tk *taker) SignalWithStartWorkflow(_ context.Context, id, _ string, arg any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if err := tk.before(id); err != nil {
		return nil, err
	}
	tk.mu.Lock()
	defer tk.mu.Unlock()
	for _, d := range arg.([]workflows.AlertDelivery) {
		tk.items[id] = append(tk.items[id], d.Item)
		tk.taken <- struct{}{}
	}
	return nil, nil
}

// servers are dispatchers over one database that run until the test ends.
func servers(t *testing.T, db *store.Store, temporal client.Client, many int) {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range many {
		d := New(Options{Temporal: temporal, Store: db, Catalogue: config.Sample(), Library: library, Logger: slog.New(slog.DiscardHandler)})
		running.Go(func() { d.Run(ctx) })
	}
	t.Cleanup(func() { stop(); running.Wait() })
}

func TestSeveralServersHandOnEachAlertOnceAndInOrder(t *testing.T) {
	t.Parallel()
	const groups, alerts = 6, 8
	_, db, _ := desk(t)
	temporal := newTaker(func(string) error { return nil })
	servers(t, db, temporal, 3)
	for n := range alerts {
		for group := range groups {
			accept(t, db, fmt.Sprintf("group %d/", group), strconv.Itoa(n), `"x"`, false)
		}
	}
	for range groups * alerts {
		<-temporal.taken
	}
	temporal.mu.Lock()
	defer temporal.mu.Unlock()
	require.Len(t, temporal.items, groups)
	for id, items := range temporal.items {
		require.Len(t, items, alerts, id)
		require.IsIncreasing(t, items, id)
	}
}

func TestAGroupThatTakesLongHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	hangs, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	temporal := newTaker(func(id string) error {
		if id == "INC-1" {
			once.Do(func() { close(hangs) })
			<-goOn
		}
		return nil
	})
	accept(t, db, "slow", "1", `"x"`, false)
	servers(t, db, temporal, 1)
	<-hangs
	for group := range 30 {
		accept(t, db, fmt.Sprintf("group %d/", group), "1", `"x"`, false)
		<-temporal.taken
	}
	close(goOn)
	<-temporal.taken
}

func TestWhatFailsIsTriedAgainWhileTheOthersGoOn(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	var mu sync.Mutex
	attempts := 0
	temporal := newTaker(func(id string) error {
		mu.Lock()
		defer mu.Unlock()
		if id != "INC-1" {
			return nil
		}
		if attempts++; attempts < 3 {
			return errors.New("away")
		}
		return nil
	})
	accept(t, db, "failing", "1", `"x"`, false)
	servers(t, db, temporal, 1)
	for group := range 10 {
		accept(t, db, fmt.Sprintf("group %d/", group), "1", `"x"`, false)
	}
	for range 11 {
		<-temporal.taken
	}
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 3, attempts)
}

// Groups whose incident cannot be begun must not keep others from theirs, however many.
func TestGroupsThatFailForGoodHoldUpNoOther(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	var mu sync.Mutex
	healthy := map[string]bool{}
	failed := make(chan struct{}, 1000)
	temporal := newTaker(func(id string) error {
		mu.Lock()
		defer mu.Unlock()
		if healthy[id] {
			return nil
		}
		failed <- struct{}{}
		return errors.New("refused")
	})
	for group := range 2 * laneCount {
		accept(t, db, fmt.Sprintf("failing %d/", group), "1", `"x"`, false)
	}
	servers(t, db, temporal, 1)
	for range 2 * laneCount {
		<-failed
	}
	mu.Lock()
	healthy[fmt.Sprintf("INC-%d", 2*laneCount+1)] = true
	mu.Unlock()
	accept(t, db, "healthy", "1", `"x"`, false)
	<-temporal.taken
}

func TestAStormOfGroupsIsReadInPages(t *testing.T) {
	t.Parallel()
	_, db, _ := desk(t)
	const groups = 3 * listedAtOnce / 2
	temporal := newTaker(func(string) error { return nil })
	temporal.taken = make(chan struct{}, groups)
	items := make([]store.Item, groups)
	for n := range items {
		items[n] = store.Item{
			Kind: store.KindAlert, Source: "alertmanager", Subject: strconv.Itoa(n), Key: strconv.Itoa(n), ReceivedAt: time.Now(),
			Body: []byte(`{"fingerprint": "1", "name": "Errors", "starts_at": "2026-03-02T03:00:00Z", "labels": {"service": "checkout"}, "source": "alertmanager"}`),
		}
	}
	_, err := db.Accept(t.Context(), items)
	require.NoError(t, err)
	servers(t, db, temporal, 1)
	for range groups {
		<-temporal.taken
	}
	temporal.mu.Lock()
	defer temporal.mu.Unlock()
	require.Len(t, temporal.items, groups)
}
