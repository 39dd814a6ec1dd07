package dispatch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"muster/store"
)

const (
	// laneCount is how many subjects are handed on at once. Most of a turn is waiting for
	// Temporal, 5 to 50 ms for a signal; a storm in one group occupies one lane.
	laneCount = 8
	// listedAtOnce is how many subjects are read at a time: reading costs a lookup for each
	// that there is, so that it must not be done for each that is handed on.
	listedAtOnce = 1000
	// The pauses after a failure of a subject, doubled each time.
	minPause, maxPause = 500 * time.Millisecond, 15 * time.Second
	// maxProbePause is how long nothing is tried at most where everything fails. It is short
	// because not everything may: another subject is tried each time.
	maxProbePause = 4 * time.Second
)

// lanes hand on the subjects of the inbox side by side: each subject in order, in one lane
// at a time, and none waits for what another one's incident or its failures take. All its
// methods belong to the goroutine that made it.
//
// Subjects are gone through in rounds, those that have waited longest first, and each has
// its turn once in a round.
type lanes struct {
	d       *Dispatcher
	ended   chan turnEnded
	running sync.WaitGroup
	taken   map[store.Subject]bool
	// known has what is remembered of subjects that have had a turn and are not drained.
	known map[store.Subject]*standing

	// listed are the subjects that were read and not looked at yet, after where to read on,
	// and last whether there are no more. seen are those of this round.
	listed []store.Subject
	after  int64
	last   bool
	seen   map[store.Subject]bool

	// failing are the subjects whose turns failed since the last one that did not. pause is
	// how long nothing is tried where all of them do, and notAgain until when.
	failing  map[store.Subject]bool
	pause    time.Duration
	notAgain time.Time
}

// standing is how it stands with a subject.
type standing struct {
	progress progress
	// failed is why its last turn failed, and pause how long it was left alone then.
	failed error
	pause  time.Duration
	// notBefore is when its next turn may be.
	notBefore time.Time
}

// turnEnded is how a turn ended.
type turnEnded struct {
	about store.Subject
	rest  rest
	err   error
}

func newLanes(d *Dispatcher) *lanes {
	return &lanes{
		d: d, ended: make(chan turnEnded, laneCount), taken: map[store.Subject]bool{}, known: map[store.Subject]*standing{},
		last: true, seen: map[store.Subject]bool{}, failing: map[store.Subject]bool{},
	}
}

// close waits for the turns under way, which end soon after their context.
func (l *lanes) close() { l.running.Wait() }

// fill gives free lanes to subjects that wait for one. It returns how long nothing more is
// to be done unless something happens, and what fails.
func (l *lanes) fill(ctx context.Context) (wait time.Duration, err error) {
	wait = pollInterval
	if l.allFail() {
		if pause := time.Until(l.notAgain); pause > 0 {
			return min(pause, wait), l.failure()
		}
	}
	for begun := false; len(l.taken) < l.open(); {
		if len(l.listed) == 0 {
			if l.last && begun {
				break // Everything has been looked at once.
			}
			begun = begun || l.last
			if err := l.read(ctx); err != nil {
				return minPause, err
			}
			continue
		}
		about := l.next()
		l.seen[about] = true
		if l.taken[about] {
			continue
		}
		if s := l.known[about]; s != nil {
			if pause := time.Until(s.notBefore); pause > 0 {
				wait = min(wait, pause)
				continue
			}
		}
		l.take(ctx, about)
	}
	return wait, l.failure()
}

// read reads the next subjects, from the first on when the last round has ended.
func (l *lanes) read(ctx context.Context) error {
	if l.last {
		l.forgetUnseen()
		l.after = 0
	}
	subjects, next, err := l.d.store.Subjects(ctx, l.after, listedAtOnce)
	if err != nil {
		return err
	}
	l.listed, l.after, l.last = subjects, next, len(subjects) < listedAtOnce
	return nil
}

// forgetUnseen drops what is remembered of subjects that had nothing pending in a whole
// round: another server has handed it on.
func (l *lanes) forgetUnseen() {
	for about := range l.known {
		if !l.seen[about] && !l.taken[about] {
			delete(l.known, about)
			delete(l.failing, about)
		}
	}
	clear(l.seen)
}

// next takes a subject from the list: where everything fails, one that has not been tried
// yet if there is any, for it may be another matter.
func (l *lanes) next() store.Subject {
	at := 0
	if l.allFail() {
		at = max(0, slices.IndexFunc(l.listed, func(about store.Subject) bool { return l.known[about] == nil }))
	}
	about := l.listed[at]
	l.listed = slices.Delete(l.listed, at, at+1)
	return about
}

// failure is one of the failures of the subjects that wait.
func (l *lanes) failure() error {
	for about, s := range l.known {
		if s.failed != nil {
			return fmt.Errorf("%s %s: %w", about.Kind, about.Key, s.failed)
		}
	}
	return nil
}

// allFail says that everything fails, so that it hardly lies with the subjects.
func (l *lanes) allFail() bool { return len(l.failing) >= laneCount }

// open is how many lanes may be used: where everything fails, one finds out whether it
// still does.
func (l *lanes) open() int {
	if l.allFail() {
		return 1
	}
	return laneCount
}

func (l *lanes) take(ctx context.Context, about store.Subject) {
	s := l.known[about]
	if s == nil {
		s = &standing{}
		l.known[about] = s
	}
	l.taken[about] = true
	l.running.Go(func() {
		rest, err := l.d.turn(ctx, about, &s.progress)
		l.ended <- turnEnded{about, rest, err}
	})
}

// endAll frees the lanes of all turns that have ended.
func (l *lanes) endAll(ctx context.Context) {
	for {
		select {
		case ended := <-l.ended:
			l.end(ctx, ended)
		default:
			return
		}
	}
}

// end frees the lane of a turn that has ended.
func (l *lanes) end(ctx context.Context, e turnEnded) {
	delete(l.taken, e.about)
	l.seen[e.about] = true
	s, now := l.known[e.about], time.Now()
	switch {
	case e.err != nil:
		s.failed, s.pause = e.err, longer(s.pause)
		s.notBefore = now.Add(s.pause)
		l.failing[e.about] = true
		if l.allFail() {
			l.pause = min(longer(l.pause), maxProbePause)
			l.notAgain = now.Add(l.pause)
		}
		if ctx.Err() == nil {
			l.d.logger.WarnContext(ctx, "what was accepted waits in the inbox",
				"kind", e.about.Kind, "subject", e.about.Key, "error", e.err, "next_try", max(s.pause, l.pause))
		}
		return
	case e.rest == drained:
		delete(l.known, e.about)
	case e.rest == remains:
		s.failed, s.pause, s.notBefore = nil, 0, now
	case e.rest == waits:
		// Neither a success nor a failure.
		s.failed, s.pause, s.notBefore = nil, 0, now.Add(notYet)
		return
	}
	clear(l.failing)
	l.pause, l.notAgain = 0, time.Time{}
}

// longer is the pause after another failure.
func longer(pause time.Duration) time.Duration { return min(max(2*pause, minPause), maxPause) }
