package main

import (
	"context"
	"iter"
	"sync"
	"time"

	"muster/internal/chaos/client"
	"muster/internal/chaos/plan"
)

// faultKey is a vendor and a way in which it misbehaves.
type faultKey struct{ Vendor, Mode string }

// saboteur has vendors misbehave, one fault after the other; a fault of one vendor may
// begin before that of another has ended.
type saboteur struct {
	client *client.Client

	mu     sync.Mutex
	counts map[faultKey]int
}

// run goes on until ctx ends. A process that is away has no vendors to sabotage, and forgets
// the faults that were on: both are as good as a fault that has ended.
func (s *saboteur) run(ctx context.Context, faults iter.Seq[plan.Fault]) {
	var ending sync.WaitGroup
	defer ending.Wait()
	for fault := range faults {
		if client.Wait(ctx, fault.After) != nil {
			return
		}
		if s.client.SetFault(ctx, fault.Vendor, fault.Mode, fault.Rate) != nil {
			continue
		}
		s.mu.Lock()
		s.counts[faultKey{fault.Vendor, fault.Mode}]++
		s.mu.Unlock()
		ending.Go(func() {
			if client.Wait(ctx, fault.For) == nil {
				// If it cannot be ended now, the next start or the end of the run does it.
				_ = s.client.SetFault(ctx, fault.Vendor, "none", 0)
			}
		})
	}
}

// end ends all faults.
func (s *saboteur) end(ctx context.Context) error {
	var last error
	if err := client.Until(ctx, 200*time.Millisecond, func() bool {
		last = s.client.SetFault(ctx, "", "none", 0)
		return last == nil
	}); err != nil {
		return last
	}
	return nil
}
