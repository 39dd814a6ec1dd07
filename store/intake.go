package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// seenGranularity is how exactly the inbox remembers when a delivery was last
	// repeated. Within it, repetitions write nothing, so that a storm of them costs
	// no disk writes.
	seenGranularity = time.Hour
	// maxGroupItems is how many items one transaction of the intake takes before those
	// who come later wait for the next. A delivery is never divided.
	maxGroupItems = 1000
)

var errClosed = errors.New("the store is closed")

// intake lets deliveries that come at the same time share a transaction, since most of
// what accepting costs is the wait for the disk. Nothing is delayed for it: a delivery
// that finds no commit under way is committed at once, and what arrives meanwhile
// is the next group.
//
// Goroutines of its own commit, as many as the database makes good use of. No caller does
// it for the others, because a caller may leave; and SQLite's deep stack has to grow once
// only.
type intake struct {
	commit     func(ctx context.Context, group []*delivery) error
	more       chan struct{} // signalled when the queue has something, or is closed
	committers sync.WaitGroup

	mu     sync.Mutex
	queue  []*delivery
	closed bool
}

func startIntake(committers int, commit func(context.Context, []*delivery) error) *intake {
	in := &intake{commit: commit, more: make(chan struct{}, 1)}
	for range committers {
		in.committers.Go(in.run)
	}
	return in
}

// delivery is what one caller waits for.
type delivery struct {
	items    []Item
	accepted Accepted
	err      error
	done     chan struct{} // closed once accepted or err is there
	left     bool          // the caller has gone
	group    *group        // once a transaction has it
}

// group is the deliveries of one transaction. It goes on as long as any of their
// callers wants to know how it ends.
type group struct {
	waiting int
	cancel  context.CancelFunc
}

// accept takes the items in together with whatever else has come.
func (in *intake) accept(ctx context.Context, items []Item) (Accepted, error) {
	if err := ctx.Err(); err != nil {
		return Accepted{}, err
	}
	d := &delivery{items: items, done: make(chan struct{})}
	if err := in.enqueue(d); err != nil {
		return Accepted{}, err
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		if in.leave(d) {
			return Accepted{}, ctx.Err()
		}
	}
	return d.accepted, d.err
}

func (in *intake) enqueue(d *delivery) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return errClosed
	}
	in.queue = append(in.queue, d)
	in.signal()
	return nil
}

func (in *intake) signal() {
	select {
	case in.more <- struct{}{}:
	default: // It will look anyway.
	}
}

// leave says that a delivery's caller goes, unless the answer is there by now.
func (in *intake) leave(d *delivery) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	select {
	case <-d.done:
		return false
	default:
	}
	d.left = true
	if d.group != nil {
		d.group.waiting--
		if d.group.waiting == 0 {
			d.group.cancel()
		}
	}
	return true
}

// run commits one group after another, until the intake is closed and empty.
func (in *intake) run() {
	for {
		ctx, cancel := context.WithCancel(context.Background())
		deliveries, closed := in.take(cancel)
		if len(deliveries) > 0 {
			in.answer(deliveries, in.commit(ctx, deliveries))
		}
		cancel()
		switch {
		case len(deliveries) > 0:
		case closed:
			in.signal() // Others shall see it as well.
			return
		default:
			<-in.more
		}
	}
}

// take removes the next group from the queue; what nobody waits for is not stored.
func (in *intake) take(cancel context.CancelFunc) (deliveries []*delivery, closed bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	g := &group{cancel: cancel}
	items := 0
	for len(in.queue) > 0 {
		next := in.queue[0]
		if !next.left && len(deliveries) > 0 && items+len(next.items) > maxGroupItems {
			break
		}
		in.queue[0], in.queue = nil, in.queue[1:] // nothing keeps what it carried in memory
		if next.left {
			continue
		}
		next.group = g
		g.waiting++
		deliveries = append(deliveries, next)
		items += len(next.items)
	}
	return deliveries, in.closed
}

func (in *intake) answer(deliveries []*delivery, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, d := range deliveries {
		if err != nil {
			d.accepted, d.err = Accepted{}, err
		}
		close(d.done)
	}
}

// close refuses what comes from now on and waits for what came before.
func (in *intake) close() {
	in.mu.Lock()
	in.closed = true
	in.signal()
	in.mu.Unlock()
	in.committers.Wait()
}

// commitGroup stores deliveries in their order, all or none, and counts what was new.
func (s *Store) commitGroup(ctx context.Context, group []*delivery) error {
	err := s.attempt(ctx, func() error {
		for _, d := range group {
			d.accepted = Accepted{}
		}
		return s.backend.accept(ctx, s, group)
	})
	if err != nil {
		return err
	}
	if subjects := pendingNow(group); len(subjects) > 0 {
		s.became(subjects, false)
	}
	return nil
}

// pendingNow is what the deliveries are about that had something new. The items of one are
// mostly about the same.
func pendingNow(group []*delivery) (subjects []Subject) {
	for _, d := range group {
		if d.accepted.New == 0 {
			continue
		}
		for _, item := range d.items {
			about := Subject{Kind: item.Kind, Source: item.Source, Key: item.Subject}
			if len(subjects) == 0 || subjects[len(subjects)-1] != about {
				subjects = append(subjects, about)
			}
		}
	}
	return subjects
}

// count counts one item of the delivery.
func (d *delivery) count(fresh bool) {
	if fresh {
		d.accepted.New++
	} else {
		d.accepted.Repeated++
	}
}
