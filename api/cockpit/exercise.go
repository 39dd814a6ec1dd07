package cockpit

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"muster/chat"
	"muster/incident"
)

// planExercise declares an exercise in one line, if that says all that a declaration needs and
// there is a channel to hold it in. What is missing the form asks.
func planExercise(ctx context.Context, t *turn, rest line) (plan, error) {
	place, rest := heldIn(rest)
	if place.Channel == "" {
		free, err := t.freeHere(ctx)
		if err != nil {
			return plan{}, err
		}
		if free {
			place = incident.Exercise{Channel: t.act.Channel, ChannelName: t.act.ChannelName}
		}
	} else if free, err := t.free(ctx, place.Channel); err != nil {
		return plan{}, err
	} else if !free {
		place = incident.Exercise{} // the form asks where else
	}
	d := t.readDeclaration(ctx, rest)
	d.exercise = &place
	if d.unsure || d.service == "" || d.title == "" || place.Channel == "" || len(rest.words) <= 1 {
		return t.declareForm(ctx, d)
	}
	named := d.severity != ""
	d.severity = cmp.Or(d.severity, t.catalogue.Defaults().Severity)
	return t.declaring(d, named)
}

// maxChannelName is how long the name of a channel is at most, in Slack and in others:
// https://docs.slack.dev/reference/methods/conversations.create.
const maxChannelName = 80

// heldIn takes the channel off a line that ends with one: "in #game-days".
func heldIn(l line) (incident.Exercise, line) {
	last := len(l.words) - 1
	if last < 0 {
		return incident.Exercise{}, l
	}
	var place incident.Exercise
	switch w := l.words[last]; {
	case w.kind == channelWord:
		place = incident.Exercise{Channel: w.id, ChannelName: w.text}
	case w.kind == bareWord && strings.HasPrefix(w.text, "#") && len(w.text) > 1 && len(w.text) <= maxChannelName:
		place.Channel = strings.TrimPrefix(w.text, "#")
	default:
		return incident.Exercise{}, l
	}
	left := []int{last}
	if last > 0 && l.words[last-1].fold() == "in" {
		left = append(left, last-1)
	}
	slices.Sort(left)
	return place, l.without(left...)
}

// freeHere says whether an exercise can be held in the channel of the act.
func (t *turn) freeHere(ctx context.Context) (bool, error) {
	if t.act.Channel == "" {
		return false, nil
	}
	return t.free(ctx, t.act.Channel)
}

// free says whether an exercise can be held in a channel: it is no incident's. Of one that is
// given by its name, only the chat knows which it is. An act that was kept may have been carried
// out before, and then the channel is that of the exercise which it has begun.
func (t *turn) free(ctx context.Context, channel string) (bool, error) {
	id, err := t.channels(ctx, channel)
	if err != nil || id == "" {
		return err == nil, err
	}
	s, err := t.reader.Incident(ctx, id)
	return t.carrying && s.Exercise != nil, err
}

// The values of the field that asks whether an incident is real. That of an exercise which is
// held in a channel is that one's id and name behind heldPrefix.
const (
	realValue    = "real"
	writtenValue = "written"
	heldPrefix   = "in|"
)

// places are the channels that the form offers to hold an exercise in: the one that was
// named, and this one.
func (t *turn) places(ctx context.Context, named *incident.Exercise) ([]incident.Exercise, error) {
	var places []incident.Exercise
	if named != nil && named.Channel != "" {
		places = append(places, *named)
	}
	free, err := t.freeHere(ctx)
	if free && !slices.ContainsFunc(places, func(e incident.Exercise) bool { return e.Channel == t.act.Channel }) {
		places = append(places, incident.Exercise{Channel: t.act.Channel, ChannelName: t.act.ChannelName})
	}
	return places, err
}

// realEntryOf asks whether the incident is real.
func (t *turn) realEntryOf(exercise *incident.Exercise, places []incident.Exercise) chat.Entry {
	entry := chat.Entry{
		ID: realEntry, Label: "Is it real?", Kind: chat.ChoiceEntry, Value: realValue,
		Hint:    "Of an exercise nobody is paged, nothing is filed, and it counts in no statistics.",
		Options: []chat.Option{{Value: realValue, Label: "Yes, it is real"}},
	}
	for _, e := range places {
		label := "No, it is an exercise in #" + incident.CutText(cmp.Or(e.ChannelName, e.Channel), 40)
		if e.Channel == t.act.Channel {
			label = "No, it is an exercise in this channel"
		}
		entry.Options = append(entry.Options, chat.Option{Value: heldPrefix + e.Channel + "|" + e.ChannelName, Label: label})
	}
	entry.Options = append(entry.Options, chat.Option{Value: writtenValue, Label: "No, it is an exercise on Muster's pages only"})
	if exercise != nil {
		// The first place that there is, or else none.
		entry.Value = entry.Options[1].Value
	}
	return entry
}

// readExercise reads what was chosen there; nil is what is real.
func readExercise(value string) *incident.Exercise {
	if value == writtenValue {
		return &incident.Exercise{}
	}
	place, held := strings.CutPrefix(value, heldPrefix)
	if !held {
		return nil
	}
	id, name, _ := strings.Cut(place, "|")
	return &incident.Exercise{Channel: id, ChannelName: name}
}

// heldWhere says where an exercise is held.
func (t *turn) heldWhere(e incident.Exercise) string {
	switch e.Channel {
	case "":
		return "What would be said is written down on its page only."
	case t.act.Channel:
		return "It is held in this channel: until it ends, what is written to Muster here is about it."
	default:
		return "It is held in #" + cmp.Or(e.ChannelName, e.Channel) + ": until it ends, what is written to Muster there is about it."
	}
}
