package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"muster/store"
)

const (
	// laneCount is how many subjects are handed on at once. Most of a turn is waiting for
	// Temporal, 5 to 50 ms for a signal; a storm in one group occupies one lane.
	laneCount = 8
	// The pauses after a failure, doubled each time.
	minPause, maxPause = 500 * time.Millisecond, 15 * time.Second
)

// lanes hand on the subjects of the inbox side by side: each subject in order, in one lane
// at a time, and none waits for what another one's incident or its failures take. All its
// methods belong to the goroutine that made it.
type lanes struct {
	d       *Dispatcher
	ended   chan turnEnded
	running sync.WaitGroup
	taken   map[store.Subject]bool
	// known has what is remembered of subjects that are not drained.
	known map[store.Subject]*standing
	// failing counts the turns that failed since the last one that did not, and pause is
	// until when nothing is tried where all of them do.
	failing  int
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
	return &lanes{d: d, ended: make(chan turnEnded, laneCount), taken: map[store.Subject]bool{}, known: map[store.Subject]*standing{}}
}

// close waits for the turns under way, which end soon after their context.
func (l *lanes) close() { l.running.Wait() }

// fill gives free lanes to subjects that wait for one, those that have waited longest first.
// It returns how long nothing more is to be done unless something happens, and what fails.
func (l *lanes) fill(ctx context.Context) (wait time.Duration, err error) {
	now := time.Now()
	// One more than those that cannot be taken is one that can.
	subjects, err := l.d.store.Subjects(ctx, len(l.known)+2*laneCount)
	if err != nil {
		return minPause, err
	}
	l.forgetAllBut(subjects)
	wait = pollInterval
	for _, about := range subjects {
		if s := l.known[about]; s != nil && s.failed != nil && err == nil {
			err = fmt.Errorf("%s %s: %w", about.Kind, about.Key, s.failed)
		}
		if l.taken[about] {
			continue
		}
		if at := l.turnOf(about); at.After(now) {
			wait = min(wait, at.Sub(now))
			continue
		}
		if len(l.taken) < l.open() {
			l.take(ctx, about)
		}
	}
	return wait, err
}

// forgetAllBut drops what is remembered of subjects that have nothing pending: another
// server has handed it on.
func (l *lanes) forgetAllBut(subjects []store.Subject) {
	pending := make(map[store.Subject]bool, len(subjects))
	for _, about := range subjects {
		pending[about] = true
	}
	for about := range l.known {
		if !pending[about] && !l.taken[about] {
			delete(l.known, about)
		}
	}
}

// turnOf is when a subject may have its next turn.
func (l *lanes) turnOf(about store.Subject) time.Time {
	at := l.notAgain
	if s := l.known[about]; s != nil && s.notBefore.After(at) {
		at = s.notBefore
	}
	return at
}

// allFail says that everything fails, so that it hardly lies with the subjects.
func (l *lanes) allFail() bool { return l.failing >= laneCount }

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

// end frees the lane of a turn that has ended.
func (l *lanes) end(ctx context.Context, e turnEnded) {
	delete(l.taken, e.about)
	s, now := l.known[e.about], time.Now()
	switch {
	case e.err != nil:
		s.failed, s.pause = e.err, longer(s.pause)
		s.notBefore = now.Add(s.pause)
		l.failing++
		if l.allFail() {
			l.pause = longer(l.pause)
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
		s.failed, s.pause, s.notBefore = nil, 0, now.Add(notYet)
	}
	l.failing, l.pause, l.notAgain = 0, 0, time.Time{}
}

// longer is the pause after another failure.
func longer(pause time.Duration) time.Duration { return min(max(2*pause, minPause), maxPause) }
