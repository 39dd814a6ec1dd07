package playbooks

import (
	"fmt"
	"slices"
	"time"
)

// The bounds of how much faster than usual an exercise may go by. Beyond the upper one people
// could not follow.
const (
	MinSpeed = 1
	MaxSpeed = 100
)

// shortest is how short an exercise makes a duration at most: a reminder every second is
// no exercise any more.
const shortest = time.Second

// AtSpeed returns the playbook with all its waiting shortened, for an exercise that takes
// an hour's response in minutes: pauses, reminders, time limits, repetitions. Dates stay as
// they are: those of follow-ups, and how long the incident stays open at the end.
// The error says which speeds there are.
func (p *Playbook) AtSpeed(speed float64) (*Playbook, error) {
	if speed < MinSpeed || speed > MaxSpeed {
		return nil, fmt.Errorf("the speed of an exercise is a number from %d to %d, not %g", MinSpeed, MaxSpeed, speed)
	}
	fast := *p
	if speed == MinSpeed {
		return &fast, nil
	}
	shorten := func(d time.Duration) time.Duration {
		if d <= shortest {
			return d
		}
		return max(time.Duration(float64(d)/speed).Round(time.Millisecond), shortest)
	}
	fast.Hooks = slices.Clone(p.Hooks)
	for i := range fast.Hooks {
		h := &fast.Hooks[i]
		if h.clock() != FollowupDue {
			h.After, h.Every, h.Pause = shorten(h.After), shorten(h.Every), shorten(h.Pause)
		}
	}
	fast.Steps = slices.Clone(p.Steps)
	for i := range fast.Steps {
		s := &fast.Steps[i]
		if s.Wait != nil {
			wait := *s.Wait
			wait.For = shorten(wait.For)
			if wait.Metric != nil {
				metric := *wait.Metric
				metric.Every = shorten(metric.interval())
				wait.Metric = &metric
			}
			s.Wait = &wait
		}
		if s.Repeat != nil {
			repeat := *s.Repeat
			repeat.Every = shorten(repeat.Every)
			s.Repeat = &repeat
		}
		if s.Timeout != nil {
			limits := *s.Timeout
			limits.Nudge, limits.Escalate, limits.Limit = shorten(limits.Nudge), shorten(limits.Escalate), shorten(limits.Limit)
			s.Timeout = &limits
		}
		if s.Retry != nil {
			retry := *s.Retry
			retry.Pause = shorten(retry.Pause)
			s.Retry = &retry
		}
	}
	return &fast, nil
}
