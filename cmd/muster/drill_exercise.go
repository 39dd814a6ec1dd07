package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"muster/api"
	"muster/incident"
)

// exerciseOptions are the flags of a game day: an incident that is practice, which people
// lead on the real installation.
type exerciseOptions struct {
	Playbook string  `placeholder:"NAME" help:"Hold a game day: begin an exercise that follows this playbook. Nobody is paged, nothing is filed, and it counts in no statistics."`
	Speed    float64 `default:"1" placeholder:"N" help:"With --playbook: how much faster than usual its waiting goes by, from 1 to 100 (${default})."`
	Channel  string  `placeholder:"NAME" help:"With --playbook: the chat channel to hold it in. Without one, what would be said is only written down."`
	Debrief  string  `xor:"drill" placeholder:"INC-1" help:"Begin nothing: say how the response of this incident went."`
}

// holdExercise begins an exercise and follows it until the response is over, or Ctrl-C.
func (d *drill) holdExercise(ctx context.Context, cmd drillCommand) error {
	var in api.Incident
	err := d.muster.send(ctx, http.MethodPost, d.muster.address("api", "v1", "incidents"), commandBody{
		"title":    "Game day: " + cmd.Playbook,
		"service":  cmd.Service,
		"severity": cmp.Or(cmd.Severity, "critical"),
		"playbook": cmd.Playbook,
		"actor":    "muster drill",
		"exercise": commandBody{"speed": cmd.Speed, "channel": cmd.Channel},
	}, &in)
	if err != nil {
		return err
	}
	d.introduce(ctx, in)
	f := d.follow(ctx, in.ID, 0)
	defer f.stop()
	if in, err = f.ownSteps(ctx); err != nil {
		return err
	}
	d.tellFailures(in)
	if cmd.Play {
		err = (&player{follower: f, pace: cmd.Pace, tried: map[string]bool{}, exercise: true}).play(ctx)
	} else {
		d.tellExercise(in, cmd.Speed)
		err = f.untilOver(ctx)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	// Who ends the exercise by Ctrl-C wants to see how it went all the same.
	return d.debrief(context.WithoutCancel(ctx), in.ID)
}

func (d *drill) tellExercise(in api.Incident, speed float64) {
	c := d.console
	c.printf("\n%s %s\n\n", c.style(green, "The exercise has begun."), "Lead it as you would lead the real thing:")
	d.item("Open the page", d.page(in))
	if speed > 1 {
		d.item("Time", fmt.Sprintf("goes by %g times as fast: an hour of the playbook takes %s", speed, incident.FormatDuration(time.Duration(float64(time.Hour)/speed))))
	}
	d.item("End it", "resolve it on the page, or press Ctrl-C here")
	c.printf("\n")
}

// untilOver prints what happens until people have ended the response.
func (f *follower) untilOver(ctx context.Context) error {
	for {
		in, err := f.catchUp(ctx)
		switch {
		case err != nil && !f.bears(err):
			return err
		case err == nil && !incident.Status(in.Status).Active():
			return nil
		}
		if _, err := f.next(ctx, nil); err != nil {
			return err
		}
	}
}

// debrief says how a response went.
func (d *drill) debrief(ctx context.Context, id string) error {
	var looked api.Debrief
	if err := d.muster.get(ctx, d.muster.incident(id, "debrief"), &looked); err != nil {
		return err
	}
	c := d.console
	tone := green
	if looked.Met < looked.Due {
		tone = yellow
	}
	c.printf("\n%s %s\n\n", c.style(tone, fmt.Sprintf("%s met %d of %d marks.", looked.Incident, looked.Met, looked.Due)), "This is how it went:")
	for _, m := range looked.Marks {
		d.mark(m)
	}
	c.printf("\n")
	done := looked.Steps.Done + looked.Steps.Skipped + looked.Steps.Open
	d.item("Steps done", fmt.Sprintf("%d of %d", looked.Steps.Done, done))
	for _, s := range looked.Skipped {
		d.item("Skipped", oneLine(s.Title)+": "+oneLine(s.Reason))
	}
	for _, s := range looked.Open {
		d.item("Left open", oneLine(s.Title))
	}
	d.item("Reminders", strconv.Itoa(looked.Reminders))
	c.printf("\n")
	return nil
}

// markWidth is how wide the column of the marks' titles is, in characters.
const markWidth = 36

func (d *drill) mark(m api.DebriefMark) {
	c := d.console
	sign, took := c.style(green, "✓"), "not yet"
	switch {
	case m.Open:
		sign, took = c.style(dim, "·"), "still time"
	case !m.Met:
		sign = c.style(red, "✗")
	}
	if m.Seconds != nil {
		took = incident.FormatDuration(time.Duration(*m.Seconds * float64(time.Second)))
	}
	if m.By != "" {
		took += " (" + oneLine(m.By) + ")"
	}
	if m.WithinSeconds > 0 {
		took += c.style(dim, ", within "+incident.FormatDuration(time.Duration(m.WithinSeconds*float64(time.Second))))
	}
	c.printf("  %s %-*s %s\n", sign, markWidth, oneLine(m.Title), took)
}
