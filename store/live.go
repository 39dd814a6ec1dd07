package store

import (
	"sync"

	"muster/incident"
)

// Change says that an incident's journal has grown.
type Change struct {
	Incident incident.ID
	// Seq is the newest event's sequence number, as far as the sender of the change knew.
	Seq int
}

// Subscribe returns a channel of the changes to one incident, or to all where id is
// empty, from now on. A slow reader holds nobody up: changes it has not taken are joined,
// incident by incident, into the newest. Calling cancel
// ends the subscription, as closing the Store does; either closes the channel.
// Calling it again does nothing.
//
// On Postgres these are the changes that any process makes. After a connection was lost,
// they are told again of a little more than what happened meanwhile. On SQLite they are
// those of this process.
//
// To miss nothing, subscribe first and then read the journal.
func (s *Store) Subscribe(id incident.ID) (changes <-chan Change, cancel func()) {
	sub := &subscription{
		only: id, pending: map[incident.ID]int{},
		out: make(chan Change), more: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if !s.live.add(sub) {
		close(sub.out)
		return sub.out, func() {}
	}
	go sub.run()
	return sub.out, func() { s.live.remove(sub) }
}

// live is the set of subscriptions. Its zero value is ready for use.
type live struct {
	mu     sync.Mutex
	subs   map[*subscription]struct{}
	closed bool
}

func (l *live) add(sub *subscription) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if l.subs == nil {
		l.subs = map[*subscription]struct{}{}
	}
	l.subs[sub] = struct{}{}
	return true
}

func (l *live) remove(sub *subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.subs[sub]; there {
		delete(l.subs, sub)
		close(sub.done)
	}
}

func (l *live) publish(c Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for sub := range l.subs {
		if sub.only == "" || sub.only == c.Incident {
			sub.offer(c)
		}
	}
}

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for sub := range l.subs {
		close(sub.done)
	}
	l.subs = nil
}

// subscription holds back what its reader has not taken.
type subscription struct {
	only incident.ID
	out  chan Change
	more chan struct{} // signalled when the queue has something
	done chan struct{}

	mu      sync.Mutex
	queue   []incident.ID // in the order of their first change
	pending map[incident.ID]int
}

func (s *subscription) offer(c Change) {
	s.mu.Lock()
	seq, waiting := s.pending[c.Incident]
	if !waiting {
		s.queue = append(s.queue, c.Incident)
	}
	s.pending[c.Incident] = max(seq, c.Seq)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// take removes and returns the change that has waited longest.
func (s *subscription) take() (Change, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return Change{}, false
	}
	c := Change{Incident: s.queue[0], Seq: s.pending[s.queue[0]]}
	s.queue = s.queue[1:]
	delete(s.pending, c.Incident)
	return c, true
}

func (s *subscription) run() {
	defer close(s.out)
	for {
		c, some := s.take()
		if !some {
			select {
			case <-s.more:
				continue
			case <-s.done:
				return
			}
		}
		select {
		case s.out <- c:
		case <-s.done:
			return
		}
	}
}
