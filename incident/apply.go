package incident

import (
	"iter"
	"slices"
	"time"
)

// FoldVersion counts the changes of what [Apply] makes of stored events. Raise it with each:
// stores then make their read models anew from their journals.
const FoldVersion = 5

// Apply adds one event to a state and returns the new state; the old one is left as
// it was. It is total: what an event names and
// the state does not have, such as a step, changes nothing but Seq and At. An
// event that was applied before (its Seq is not above the state's) changes nothing,
// so applying again is safe.
func Apply(s State, e Event) State {
	if e.Seq <= s.Seq {
		return s
	}
	e.Fact.apply(&s, e)
	s.Seq, s.At = e.Seq, e.At
	if e.Actor.Kind == ActorPerson {
		s.PersonAt = e.At
	}
	return s
}

// Fold returns the state after all the events, which must be in the order of Seq.
func Fold(events []Event) State {
	var s State
	for _, e := range events {
		s = Apply(s, e)
	}
	return s
}

// FoldUntil returns the state as it was at a moment: after every event up to and
// including it.
func FoldUntil(events []Event, moment time.Time) State {
	var s State
	for _, e := range events {
		if e.At.After(moment) {
			break
		}
		s = Apply(s, e)
	}
	return s
}

// Facts yields the facts of one type among the events, each with its event.
func Facts[F Fact](events []Event) iter.Seq2[Event, F] {
	return func(yield func(Event, F) bool) {
		for _, e := range events {
			if f, ok := e.Fact.(F); ok && !yield(e, f) {
				return
			}
		}
	}
}

// replace returns the slice with the element at i changed, leaving the given slice
// as it was.
func replace[T any](in []T, i int, change func(*T)) []T {
	out := slices.Clone(in)
	change(&out[i])
	return out
}

// with returns the slice with one element more, never sharing memory with it.
func with[T any](in []T, more ...T) []T {
	return append(slices.Clip(slices.Clone(in)), more...)
}
