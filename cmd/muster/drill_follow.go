package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"muster/api"
	"muster/incident"
)

const (
	// waitLimit is how long the drill waits for one thing.
	waitLimit = time.Minute
	// pollInterval is how often the drill asks for what the live stream may not bring.
	pollInterval = 500 * time.Millisecond
	// lostLimit is how many times in a row Muster may not answer while the drill
	// follows: long enough for a restart.
	lostLimit = int(30 * time.Second / pollInterval)
	// idleLimit is how often in a row nothing new may be seen before the automatic
	// steps that are left are taken to wait for people.
	idleLimit = int(3 * time.Second / pollInterval)
)

// follower prints an incident's timeline while it grows, every event once and in order.
// The live stream brings events at once; asking from time to time brings the rest, so
// that a broken or absent stream costs nothing but time.
type follower struct {
	*drill
	id string
	// seq is the number of the last event that was printed.
	seq int
	// last is the incident as it was last read.
	last api.Incident
	// lost counts the times in a row that Muster did not answer.
	lost int
	live chan api.TimelineEvent
	// stop ends the stream.
	stop context.CancelFunc
}

// follow begins to follow an incident after the event with this number. The caller
// must stop it.
func (d *drill) follow(ctx context.Context, id string, after int) *follower {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{drill: d, id: id, seq: after, live: make(chan api.TimelineEvent)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.listen(ctx, after)
	}()
	f.stop = func() { cancel(); <-ended }
	return f
}

// listen passes the live stream on, over interruptions, until ctx ends or there turns
// out to be no stream.
func (f *follower) listen(ctx context.Context, after int) {
	for {
		err := f.muster.stream(ctx, f.id, after, func(e api.TimelineEvent) {
			after = e.Seq
			select {
			case f.live <- e:
			case <-ctx.Done():
			}
		})
		var refused *refusedError
		if errors.As(err, &refused) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-f.after(pollInterval):
		}
	}
}

// until prints what happens until the condition holds, and returns the incident as it
// is then, with all its events printed.
func (f *follower) until(ctx context.Context, what string, holds func(api.Incident) bool) (api.Incident, error) {
	limit := f.after(waitLimit)
	for {
		in, err := f.catchUp(ctx)
		switch {
		case err != nil && !f.bears(err):
			return in, err
		case err == nil && holds(in):
			return in, nil
		case err == nil && in.EndedAt != nil:
			return in, fmt.Errorf("%s is %s: the drill ends here, while it waits for %s", in.ID, in.Status, what)
		}
		expired, err := f.next(ctx, limit)
		if err != nil {
			return in, err
		}
		if expired {
			return in, fmt.Errorf("waited %s for %s, in vain: see %s", waitLimit, what, f.page(f.last))
		}
	}
}

// forever prints what happens until ctx ends.
func (f *follower) forever(ctx context.Context) error {
	for {
		if _, err := f.catchUp(ctx); err != nil && !f.bears(err) {
			return err
		}
		if _, err := f.next(ctx, nil); err != nil {
			return err
		}
	}
}

// pause prints what happens for a while.
func (f *follower) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	for limit := f.after(d); ; {
		if expired, err := f.next(ctx, limit); expired || err != nil {
			return err
		}
	}
}

// bears says whether an error may pass by itself: Muster may be starting again.
func (f *follower) bears(err error) bool {
	var unreachable *unreachableError
	if !errors.As(err, &unreachable) {
		return false
	}
	f.lost++
	if f.lost == 1 {
		f.console.printf("  %s\n", f.console.style(yellow, "Muster does not answer. Waiting for it to come back …"))
	}
	return f.lost < lostLimit
}

// next waits for an event, or for the time to ask. It says whether the limit has come.
func (f *follower) next(ctx context.Context, limit <-chan time.Time) (expired bool, err error) {
	poll := f.after(pollInterval)
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-limit:
			return true, nil
		case <-poll:
			return false, nil
		case e := <-f.live:
			if e.Seq <= f.seq {
				continue
			}
			if e.Seq == f.seq+1 {
				f.print(e)
			}
			return false, nil
		}
	}
}

// catchUp reads the incident and prints what it has beyond the last event printed.
func (f *follower) catchUp(ctx context.Context) (api.Incident, error) {
	var in api.Incident
	if err := f.muster.get(ctx, f.muster.incident(f.id), &in); err != nil {
		return in, err
	}
	for f.seq < in.Seq {
		address := f.muster.incident(f.id, "timeline")
		address.RawQuery = url.Values{"after": {strconv.Itoa(f.seq)}}.Encode()
		var page api.Timeline
		if err := f.muster.get(ctx, address, &page); err != nil {
			return in, err
		}
		if len(page.Events) == 0 {
			return in, fmt.Errorf("%s has %d events, but its timeline ends after %d", in.ID, in.Seq, f.seq)
		}
		for _, e := range page.Events {
			// What is newer than the incident as it was read is for the next time: its
			// event would otherwise be passed over when the stream brings it.
			if e.Seq <= in.Seq {
				f.print(e)
			}
		}
	}
	f.last, f.lost = in, 0
	return in, nil
}

// ownSteps follows until Muster has done what it can without people. Steps that failed
// count as done: they are tried again later, or by people.
func (f *follower) ownSteps(ctx context.Context) (api.Incident, error) {
	seq, idle := 0, 0
	return f.until(ctx, "Muster's own steps", func(in api.Incident) bool {
		idle++
		if in.Seq != seq {
			seq, idle = in.Seq, 0
		}
		pending := false
		for _, step := range in.Steps {
			if incident.StepKind(step.Kind) != incident.Automatic {
				continue
			}
			switch incident.StepState(step.State) {
			case incident.Running:
				return false
			case incident.Pending:
				pending = true
			}
		}
		return in.Playbook != nil && (!pending || idle >= idleLimit)
	})
}

// The widths of the timeline's columns, in characters. What people write can be long;
// the page has all of it.
const (
	actorWidth = 22
	textWidth  = 160
)

// print prints an event on a line of its own, if it says something to people.
func (f *follower) print(e api.TimelineEvent) {
	f.seq = e.Seq
	if e.Idle {
		return
	}
	c := f.console
	actor := fmt.Sprintf("%-*s", actorWidth, incident.CutText(oneLine(e.Actor), actorWidth))
	c.printf("  %s  %s  %s\n", c.style(dim, e.At.UTC().Format(time.TimeOnly)), actor,
		c.style(eventStyles[incident.Kind(e.Kind)], incident.CutText(oneLine(e.Text), textWidth)))
}

// oneLine keeps a text from breaking the line or steering the terminal.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// eventStyles colours the timeline: red is trouble, green is relief, yellow a change of
// course, blue what people bring in, cyan what Muster reached elsewhere.
var eventStyles = map[incident.Kind]string{
	"declared": red, "alerts_fired": red, "reopened": red, "step_failed": red, "step_rejected": red,
	"acknowledged": green, "alerts_resolved": green, "alerts_cleared": green, "resolved": green, "closed": green,
	"status_changed": yellow, "severity_changed": yellow, "step_skipped": yellow, "reminder_given": yellow,
	"cancelled": yellow, "merged": yellow, "absorbed": yellow,
	"role_assigned": blue, "note_added": blue, "update_posted": blue, "step_added": blue, "followup_added": blue,
	"page_sent": cyan, "channel_opened": cyan, "responders_invited": cyan, "postmortem_drafted": cyan,
	"ticket_filed": cyan, "ticket_changed": cyan,
	"playbook_attached": dim, "step_started": dim, "step_retried": dim,
}
