package integrations

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// patience is how long a call may wait for its turn inside of an activity. It is a
	// fraction of the 20 seconds that an activity has, since one activity makes several
	// calls. What has to wait longer waits in Temporal.
	patience = 3 * time.Second
	// fewBuckets is how many buckets are kept before it is worth looking for idle ones.
	fewBuckets = 64
)

// shaper spreads calls so that a vendor's limits are kept instead of run into. It is a
// token bucket for each limit and subject, and it knows until when a vendor that was
// asked too much wants to be left alone. It lives in memory: after a restart all buckets
// are full, and several processes share a vendor's limits without knowing it. Where that
// is too much, the vendor's own refusal corrects it.
type shaper struct {
	limits Limits

	mu      sync.Mutex
	buckets map[bucketKey]*bucket
	// sweepAt is the number of buckets at which idle ones are forgotten.
	sweepAt int
}

func newShaper(limits Limits) *shaper {
	return &shaper{limits: limits, buckets: map[bucketKey]*bucket{}, sweepAt: fewBuckets}
}

// bucketKey tells buckets apart.
type bucketKey struct{ name, subject string }

// bucket is what is left of one limit.
type bucket struct {
	limit  Limit
	tokens *rate.Limiter
	// held is until when the vendor wants no call, if that is in the future.
	held time.Time
	// promised is the last turn that was given to a call that was sent away, so that
	// those who come back do not all come back at once.
	promised time.Time
}

// idle says whether a bucket is no different from a new one.
func (b *bucket) idle(now time.Time) bool {
	return !b.held.After(now) && !b.promised.After(now) && b.tokens.TokensAt(now) >= float64(b.limit.Burst)
}

// from is the earliest time for which a token may be had.
func (b *bucket) from(now time.Time) time.Time {
	if b.held.After(now) {
		return b.held
	}
	return now
}

// hold lets no call through before a time, and then one call before it flows evenly: a
// vendor that refuses has counted more than the bucket knows of.
func (b *bucket) hold(until time.Time) {
	if !until.After(b.held) {
		return
	}
	b.held = until
	if spare := int(b.tokens.TokensAt(until)) - 1; spare > 0 {
		b.tokens.AllowN(until, spare)
	}
}

// promise gives a call that comes too early a turn behind those given before.
func (b *bucket) promise(now time.Time, wait time.Duration) (after time.Duration) {
	after = max(wait, b.promised.Add(b.limit.interval()).Sub(now))
	after = min(after, MaxDelay)
	b.promised = now.Add(after)
	return after
}

// turn is when a call may be made.
type turn struct {
	// after is how long it has to stay away. Zero means that it may be made now.
	after time.Duration
	limit Limit
	// paused says that the vendor itself asked for the wait.
	paused bool
}

// reason says to people why a call was not made.
func (t turn) reason() string {
	if t.paused {
		return "waiting for its turn: the vendor asked for a pause after too many requests, under " + t.limit.Words
	}
	return "waiting for its turn under " + t.limit.Words
}

// booking is a token from every bucket that a call needs one from.
type booking struct {
	tokens []token
	// wait is how long until all of them may be used.
	wait time.Duration
}

// token is a place in a bucket's flow.
type token struct {
	bucket      *bucket
	reservation *rate.Reservation
}

// wait returns when a call may be made: at once, after having waited no longer than
// patience and half of the time that ctx leaves, or, when its turn is further away, not
// now. It returns the context's error when that is over first.
func (s *shaper) wait(ctx context.Context, operation, subject string) (turn, error) {
	latest := time.Now().Add(patience)
	if deadline, ok := ctx.Deadline(); ok {
		// The other half is for the call.
		if half := time.Now().Add(time.Until(deadline) / 2); half.Before(latest) {
			latest = half
		}
	}
	for {
		booked, later := s.book(operation, subject, latest)
		if later.after > 0 || booked.wait == 0 {
			return later, nil
		}
		timer := time.NewTimer(booked.wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			s.cancel(booked)
			return turn{}, ctx.Err()
		case <-timer.C:
		}
		if !s.heldMeanwhile(booked) {
			return turn{}, nil
		}
	}
}

// book takes a token from every bucket of a call, or from none when they cannot all be
// used by the latest time.
func (s *shaper) book(operation, subject string, latest time.Time) (booking, turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var booked booking
	var slowest *bucket
	for _, limit := range s.limits.of(operation) {
		b := s.bucket(limit, operation, subject, now)
		reservation := b.tokens.ReserveN(b.from(now), 1)
		booked.tokens = append(booked.tokens, token{b, reservation})
		if wait := reservation.DelayFrom(now); wait >= booked.wait {
			booked.wait, slowest = wait, b
		}
	}
	if booked.wait == 0 || !now.Add(booked.wait).After(latest) {
		return booked, turn{}
	}
	booked.cancel(now)
	return booking{}, turn{
		after: slowest.promise(now, booked.wait), limit: slowest.limit, paused: slowest.held.After(now),
	}
}

// bucket returns the bucket of a limit and subject.
func (s *shaper) bucket(limit Limit, operation, subject string, now time.Time) *bucket {
	key := bucketKey{name: limit.Name}
	if key.name == "" {
		key.name = operation
	}
	if limit.Each {
		key.subject = subject
	}
	b, ok := s.buckets[key]
	if ok {
		return b
	}
	if len(s.buckets) >= s.sweepAt {
		for key, b := range s.buckets {
			if b.idle(now) {
				delete(s.buckets, key)
			}
		}
		s.sweepAt = max(fewBuckets, 2*len(s.buckets))
	}
	b = &bucket{limit: limit, tokens: rate.NewLimiter(rate.Every(limit.interval()), limit.Burst)}
	s.buckets[key] = b
	return b
}

// cancel gives the tokens of a call back that is not made after all.
func (s *shaper) cancel(booked booking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	booked.cancel(time.Now())
}

func (b booking) cancel(now time.Time) {
	for _, token := range b.tokens {
		token.reservation.CancelAt(token.bucket.from(now))
	}
}

// heldMeanwhile says whether the vendor has asked for a pause since a booking.
func (s *shaper) heldMeanwhile(booked booking) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, token := range booked.tokens {
		if token.bucket.held.After(now) {
			return true
		}
	}
	return false
}

// hold keeps the calls away that are under the same limit as one that the vendor refused,
// so that each of them need not learn it by a refusal of its own.
func (s *shaper) hold(operation, subject string, refusal http.Header, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, limit := range s.limits.blamed(operation, refusal) {
		s.bucket(limit, operation, subject, now).hold(now.Add(wait))
	}
}
