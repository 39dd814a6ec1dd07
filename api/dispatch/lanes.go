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
	// gatherFor is how long after a turn that left nothing the next one of the same subject
	// begins at the earliest. The first alert of a group waits for nothing; those of a storm
	// go in few large signals rather than in many small ones, each of which costs a workflow
	// task.
	gatherFor = 200 * time.Millisecond
	// whileOthers is how long a subject is left alone that another server carries out: a turn
	// takes the time of a few commands, and somebody waits.
	whileOthers = 100 * time.Millisecond
)

// lanes hand on subjects of the inbox side by side: each subject in order, in one lane
// at a time, and none waits for what another one's incident or its failures take. All its
// methods belong to the goroutine that made it.
//
// What arrives in this process has its turn in the order of its arrival. Now and then the
// database is asked what else is pending, which costs it more the more was handed on of late:
// these subjects are gone through in a round, those that have waited longest first, and each
// has its turn once in a round.
type lanes struct {
	d *Dispatcher
	// mine says which kinds of subjects these lanes are for, and list reads those that have
	// something pending, as [store.Store.Subjects] does.
	mine func(kind string) bool
	list func(ctx context.Context, after int64, limit int) (subjects []store.Subject, next int64, err error)
	// gather and other are how long a subject is left alone that was drained, or that waits
	// for something.
	gather, other time.Duration

	ended   chan turnEnded
	running sync.WaitGroup
	taken   map[store.Subject]bool
	// known has what is remembered of subjects that wait for a turn, or had one of late.
	known map[store.Subject]*standing
	// queue are those that may have it now.
	queue []store.Subject

	// nextRound is when the next round begins, listed are the subjects of this one that were
	// read and not looked at yet, after where to read on, and last whether there are no more.
	nextRound time.Time
	listed    []store.Subject
	after     int64
	last      bool

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
	// notBefore is when its next turn may be. wanted says that it shall have one, because
	// something is pending, and queued that it is in the queue.
	notBefore      time.Time
	wanted, queued bool
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
		last: true, failing: map[store.Subject]bool{},
	}
}

// sendingLanes are for what goes to workflows.
func (d *Dispatcher) sendingLanes() *lanes {
	l := newLanes(d)
	l.mine = func(kind string) bool { return !slices.Contains(handledKinds, kind) }
	l.list, l.gather, l.other = d.store.Subjects, gatherFor, notYet
	return l
}

// handlingLanes are for one of the handled kinds, which are carried out here, each item by
// itself: nothing is gained by waiting for more of it.
func (d *Dispatcher) handlingLanes(of string) *lanes {
	l := newLanes(d)
	l.mine = func(kind string) bool { return kind == of }
	l.list = func(ctx context.Context, after int64, limit int) ([]store.Subject, int64, error) {
		return d.store.SubjectsOf(ctx, []string{of}, after, limit)
	}
	l.other = whileOthers
	return l
}

// close waits for the turns under way, which end soon after their context.
func (l *lanes) close() { l.running.Wait() }

// fill gives free lanes to subjects that wait for one. It returns how long nothing more is
// to be done unless something happens, and what fails.
func (l *lanes) fill(ctx context.Context) (wait time.Duration, err error) {
	if l.allFail() {
		if pause := time.Until(l.notAgain); pause > 0 {
			return min(pause, pollInterval), l.failure()
		}
	}
	for due := !time.Now().Before(l.nextRound); len(l.taken) < l.open(); {
		if len(l.listed) == 0 && (due || !l.last) {
			due = due && !l.last
			if err := l.read(ctx); err != nil {
				return minPause, err
			}
			continue
		}
		about, ok := l.next()
		if !ok {
			return l.untilDue(), l.failure()
		}
		s := l.standing(about)
		if l.taken[about] || time.Now().Before(s.notBefore) {
			s.wanted = true
			continue
		}
		l.take(ctx, about, s)
	}
	// Nothing can be done until a lane is free.
	return pollInterval, l.failure()
}

// hear queues what has arrived, and what may have its next turn now; all is false where other
// things may have arrived as well ([store.Store.Arrived]).
func (l *lanes) hear(arrived []store.Subject, all bool) {
	arrived = slices.DeleteFunc(slices.Clone(arrived), func(about store.Subject) bool { return !l.mine(about.Kind) })
	if !all || l.allFail() || len(l.queue) > listedAtOnce {
		// A round finds it all.
		l.nextRound, arrived = time.Time{}, nil
	}
	for _, about := range arrived {
		l.standing(about).wanted = true
	}
	now := time.Now()
	for _, about := range arrived {
		l.enqueue(about, now)
	}
	for about, s := range l.known {
		l.enqueue(about, now)
		if !s.wanted && !s.queued && !l.taken[about] && !now.Before(s.notBefore) {
			delete(l.known, about)
		}
	}
}

// enqueue queues a known subject if it may have a turn.
func (l *lanes) enqueue(about store.Subject, now time.Time) {
	s := l.known[about]
	if s.wanted && !s.queued && !l.taken[about] && !now.Before(s.notBefore) {
		l.queue, s.queued = append(l.queue, about), true
	}
}

// untilDue is how long nothing is to be done unless something happens.
func (l *lanes) untilDue() time.Duration {
	wait := time.Until(l.nextRound)
	for about, s := range l.known {
		if s.wanted && !l.taken[about] {
			wait = min(wait, time.Until(s.notBefore))
		}
	}
	return max(wait, 0)
}

// read reads the next subjects, from the first on when the last round has ended.
func (l *lanes) read(ctx context.Context) error {
	if l.last {
		l.after, l.nextRound = 0, time.Now().Add(pollInterval)
	}
	subjects, next, err := l.list(ctx, l.after, listedAtOnce)
	if err != nil {
		return err
	}
	l.after, l.last = next, len(subjects) < listedAtOnce
	l.listed = slices.DeleteFunc(subjects, func(about store.Subject) bool { return !l.mine(about.Kind) })
	return nil
}

// next takes a subject from the list of the round, or from the queue: where everything
// fails, one that has not been tried yet if there is any, for it may be another matter.
func (l *lanes) next() (about store.Subject, ok bool) {
	if len(l.listed) == 0 {
		if len(l.queue) == 0 {
			return about, false
		}
		about, l.queue = l.queue[0], l.queue[1:]
		l.standing(about).queued = false
		return about, true
	}
	at := 0
	if l.allFail() {
		at = max(0, slices.IndexFunc(l.listed, func(about store.Subject) bool {
			s := l.known[about]
			return s == nil || s.failed == nil
		}))
	}
	about = l.listed[at]
	l.listed = slices.Delete(l.listed, at, at+1)
	return about, true
}

// standing is what is known of a subject from now on.
func (l *lanes) standing(about store.Subject) *standing {
	s := l.known[about]
	if s == nil {
		s = &standing{}
		l.known[about] = s
	}
	return s
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

func (l *lanes) take(ctx context.Context, about store.Subject, s *standing) {
	s.wanted = false
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
	s, now := l.known[e.about], time.Now()
	switch {
	case e.err != nil:
		s.failed, s.pause, s.wanted = e.err, longer(s.pause), true
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
		s.failed, s.pause, s.notBefore = nil, 0, now.Add(l.gather)
	case e.rest == remains:
		s.failed, s.pause, s.notBefore, s.wanted = nil, 0, now, true
	case e.rest == waits:
		// Neither a success nor a failure.
		s.failed, s.pause, s.notBefore, s.wanted = nil, 0, now.Add(max(l.other, s.progress.later)), true
		return
	}
	clear(l.failing)
	l.pause, l.notAgain = 0, time.Time{}
}

// longer is the pause after another failure.
func longer(pause time.Duration) time.Duration { return min(max(2*pause, minPause), maxPause) }
