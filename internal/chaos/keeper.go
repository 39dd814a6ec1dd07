package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"muster/internal/chaos/client"
	"muster/internal/chaos/plan"
	"muster/internal/chaos/process"
)

const (
	// readyPatience is how long a start may take.
	readyPatience = 90 * time.Second
	// startsInRow is how often a start is tried again that ends by itself.
	startsInRow = 5
)

// keeper keeps a Muster running, as a supervisor would, and brings the troubles over it.
// Only its own goroutine starts and ends processes.
type keeper struct {
	muster *process.Muster
	exited <-chan struct{}

	mu sync.Mutex
	// what happened so far
	counts map[plan.TroubleKind]int
	starts int
	deaths []string
	// now is what the process suffers at the moment; empty for nothing.
	now string
}

func newKeeper(m *process.Muster) *keeper {
	return &keeper{muster: m, counts: map[plan.TroubleKind]int{}}
}

// errWillNotStart ends a run: there is nothing left to test.
var errWillNotStart = errors.New("muster does not start")

// start brings a process up and waits until it is ready.
func (k *keeper) start(ctx context.Context) error {
	for range startsInRow {
		exited, err := k.muster.Start()
		if err != nil {
			return err
		}
		k.exited = exited
		k.set(func() { k.starts++; k.now = "starting" })
		ready, err := k.awaitReady(ctx)
		k.set(func() { k.now = "" })
		if ready || err != nil {
			return err
		}
		k.mourn("while it started")
	}
	return fmt.Errorf("%w: it ended by itself %d times in a row", errWillNotStart, startsInRow)
}

// awaitReady says whether the process became ready; otherwise it has ended.
func (k *keeper) awaitReady(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	for !k.muster.Ready(ctx) {
		select {
		case <-k.exited:
			return false, nil
		case <-ctx.Done():
			return false, fmt.Errorf("%w: it is not ready after %s", errWillNotStart, readyPatience)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true, nil
}

// mourn writes down the end of a process that nobody brought about.
func (k *keeper) mourn(when string) {
	if how, ours := k.muster.Fate(); !ours {
		k.set(func() { k.deaths = append(k.deaths, fmt.Sprintf("muster ended by itself %s: %s", when, how)) })
	}
}

// keep brings the troubles until calm is closed, and keeps the process up until ctx ends.
func (k *keeper) keep(ctx context.Context, calm <-chan struct{}, troubles iter.Seq[plan.Trouble]) error {
	next, stop := iter.Pull(troubles)
	defer stop()
	trouble, more := next()
	for {
		var strike <-chan time.Time
		if more && !isClosed(calm) {
			timer := time.NewTimer(trouble.After)
			defer timer.Stop()
			strike = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case <-k.exited:
			k.mourn("while it ran")
			if err := k.start(ctx); err != nil {
				return err
			}
		case <-strike:
			if isClosed(calm) {
				continue
			}
			if err := k.strike(ctx, trouble); err != nil && ctx.Err() == nil {
				return err
			}
			trouble, more = next()
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// strike brings one trouble over the process, and leaves it healthy again.
func (k *keeper) strike(ctx context.Context, t plan.Trouble) error {
	if t.Kind == plan.FillDisk && !process.DiskCanFill {
		return nil
	}
	k.set(func() { k.counts[t.Kind]++; k.now = string(t.Kind) })
	defer k.set(func() { k.now = "" })
	switch t.Kind {
	case plan.Freeze:
		return k.freeze(ctx, t.For)
	case plan.FillDisk:
		return k.fillDisk(ctx, t.For)
	}
	if err := k.muster.Kill(); err != nil {
		return err
	}
	if t.Kind == plan.LoseTemporal {
		if err := k.muster.LoseTemporal(); err != nil {
			return fmt.Errorf("delete Temporal's store: %w", err)
		}
	}
	if t.Kind == plan.KillStarting {
		if _, err := k.muster.Start(); err != nil {
			return err
		}
		k.set(func() { k.starts++ })
		waited := client.Wait(ctx, t.For)
		if err := errors.Join(waited, k.muster.Kill()); err != nil {
			return err
		}
	}
	return k.start(ctx)
}

func (k *keeper) freeze(ctx context.Context, d time.Duration) error {
	if err := k.muster.Pause(); err != nil {
		return err
	}
	waited := client.Wait(ctx, d)
	// It must go on in any case: a stopped process could not even be told to end.
	return errors.Join(k.muster.Resume(), waited)
}

func (k *keeper) fillDisk(ctx context.Context, d time.Duration) error {
	if err := k.muster.FillDisk(true); err != nil {
		return err
	}
	waited := client.Wait(ctx, d)
	return errors.Join(k.muster.FillDisk(false), waited)
}

func (k *keeper) set(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
}

// kills counts the processes that were killed.
func (k *keeper) kills() int {
	return k.counts[plan.Kill] + 2*k.counts[plan.KillStarting] + k.counts[plan.LoseTemporal]
}
