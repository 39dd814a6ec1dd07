package store

import "sync"

// maxArrived is how many subjects are remembered by name. Beyond it, and with items that
// became pending again, it is only known that there are others.
const maxArrived = 1000

// Wake returns a channel that receives whenever something became pending in this
// process. Signals that nobody waits for become one. It is for one dispatcher, which asks
// [Store.Arrived] what it was, and should look for pending items now and then anyway:
// another process may have accepted them, or a crash may have come between.
func (s *Store) Wake() <-chan struct{} { return s.wake }

// Arrived returns what the items are about that became pending in this process since it was
// asked last, in the order of their arrival, each subject once. It asks no database, which
// in a storm would have to be asked with every delivery. all is false where items of others
// may have become pending as well, so that [Store.Subjects] has to be asked; the first time,
// it is false because of what was there before.
func (s *Store) Arrived() (subjects []Subject, all bool) { return s.arrived.take() }

// became notes that items of these subjects are pending now, or of whatever others, and
// wakes the dispatcher.
func (s *Store) became(pending []Subject, others bool) {
	s.arrived.add(pending, others)
	select {
	case s.wake <- struct{}{}:
	default: // The dispatcher has a signal already.
	}
}

// arrived are the subjects that the dispatcher has not been told of. Its zero value is ready
// for use, and says that there may be others.
type arrived struct {
	mu       sync.Mutex
	subjects []Subject
	known    map[Subject]struct{}
	all      bool
}

func (a *arrived) add(subjects []Subject, others bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = a.all && !others
	for _, subject := range subjects {
		if _, known := a.known[subject]; known {
			continue
		}
		if len(a.subjects) == maxArrived {
			a.all = false
			return
		}
		if a.known == nil {
			a.known = map[Subject]struct{}{}
		}
		a.known[subject] = struct{}{}
		a.subjects = append(a.subjects, subject)
	}
}

func (a *arrived) take() (subjects []Subject, all bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	subjects, all = a.subjects, a.all
	a.subjects, a.all = nil, true
	clear(a.known)
	return subjects, all
}
