package cockpit_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// act is an act of somebody, with all that the chat sends along.
func (w *world) act(by, channel string) chat.Act {
	w.acts++
	name := ""
	if channel == general {
		name = "general"
	}
	return chat.Act{
		ChannelName: name,
		ID:          fmt.Sprintf("act-%d", w.acts), Chat: "slack", At: w.clock(), Workspace: "T01", Channel: channel,
		By: chat.Account{ID: by, Name: "handle." + by}, Trigger: "trigger", ReplyTo: "https://chat.example/reply",
	}
}

// take has an act taken, lets everything beside it come to rest, and empties the inbox.
func (w *world) take(act chat.Act) []chat.Problem {
	w.t.Helper()
	problems, err := w.cockpit.Take(w.t.Context(), act)
	require.NoError(w.t, err)
	synctest.Wait()
	w.drain()
	return problems
}

// drain carries out what the inbox has, as it was written there. What somebody is owed stays
// there until [world.retries].
func (w *world) drain() {
	w.t.Helper()
	items := w.items
	w.items = nil
	for _, item := range items {
		var act chat.Act
		require.NoError(w.t, json.Unmarshal(item.Body, &act))
		if act.Owed != nil {
			w.items = append(w.items, item)
			continue
		}
		require.NoError(w.t, w.cockpit.CarryOut(w.t.Context(), act))
	}
	synctest.Wait()
}

// settle lets everything beside the acts come to rest.
func (w *world) settle() {
	w.t.Helper()
	synctest.Wait()
}

// waits lets virtual time go by beside the acts.
func (w *world) waits(d time.Duration) {
	<-time.After(d)
	w.settle()
}

// writes is somebody writing a command.
func (w *world) writes(by, channel, text string) {
	w.t.Helper()
	w.channel = channel
	act := w.act(by, channel)
	act.Command = &chat.Command{Name: "/incident", Text: text}
	require.Empty(w.t, w.take(act))
}

// presses is somebody pressing a control of a card that stands in the incident's channel, or
// in the one that was written in last.
func (w *world) presses(by string, c chat.Control) {
	w.t.Helper()
	channel := w.channel
	if id, _ := card.ReadValue(c.Value, 1); id.Number() > 0 {
		channel = channelOf(id)
	}
	act := w.act(by, channel)
	act.Press = &chat.Press{Act: c.Act, Value: c.Value, On: incident.MessageRef{ChannelID: channel, ID: "1"}}
	require.Empty(w.t, w.take(act))
}

// chooses is somebody choosing from a menu.
func (w *world) chooses(by string, c chat.Control, label string) {
	w.t.Helper()
	i := slices.IndexFunc(c.Options, func(o chat.Option) bool { return o.Label == label })
	require.GreaterOrEqual(w.t, i, 0, "%q is no option of %q", label, c.Label)
	w.presses(by, chat.Control{Act: c.Act, Value: c.Options[i].Value})
}

// onBrief is a control of the incident's brief as it is now.
func (w *world) onBrief(id incident.ID, label string) chat.Control {
	w.t.Helper()
	s := w.state(id)
	return control(w.t, card.Brief(s, s.Outlook(), w.pages, nil), label)
}

// onAnswer is a control of the last answer.
func (w *world) onAnswer(label string) chat.Control {
	w.t.Helper()
	require.NotEmpty(w.t, w.answers)
	return control(w.t, w.answers[len(w.answers)-1].card, label)
}

func control(t *testing.T, c chat.Card, label string) chat.Control {
	t.Helper()
	var labels []string
	for _, part := range c.Parts {
		row := part.Controls
		if part.Beside != nil {
			row = append(slices.Clone(row), *part.Beside)
		}
		for _, found := range row {
			if found.Label == label {
				return found
			}
			labels = append(labels, found.Label)
		}
	}
	require.Failf(t, "no such control", "the card has no control %q, but %q", label, labels)
	return chat.Control{}
}

// form is the form that was opened last.
func (w *world) form(id string) chat.Form {
	w.t.Helper()
	require.NotEmpty(w.t, w.forms, "a form was opened")
	last := w.forms[len(w.forms)-1]
	require.Equal(w.t, id, last.ID)
	return last
}

// fills is somebody sending the form that was opened last, with what stood there at first
// unless it is given.
func (w *world) fills(by, form string, given map[string]string) []chat.Problem {
	w.t.Helper()
	last := w.form(form)
	filled := map[string]string{}
	for _, field := range last.Fields {
		if value, ok := given[field.ID]; ok {
			filled[field.ID] = value
		} else if field.Value != "" {
			filled[field.ID] = field.Value
		}
	}
	act := w.act(by, "")
	act.Trigger, act.ReplyTo = "", ""
	act.Submission = &chat.Submission{Form: last.ID, Context: last.Context, Values: filled}
	return w.take(act)
}

// says is somebody saying something in a channel.
func (w *world) says(by, channel, text string, change ...func(*chat.Message)) incident.MessageRef {
	w.t.Helper()
	act := w.act(by, channel)
	m := chat.Message{Ref: incident.MessageRef{ChannelID: channel, ID: fmt.Sprintf("%d.0001", w.acts)}, By: act.By, At: act.At, Text: text}
	for _, f := range change {
		f(&m)
	}
	w.messages[m.Ref] = m
	act.Message = &m
	require.Empty(w.t, w.take(act))
	return m.Ref
}

// reacts is somebody reacting to a message.
func (w *world) reacts(by string, on incident.MessageRef, emoji string) {
	w.t.Helper()
	act := w.act(by, on.ChannelID)
	act.Reaction = &chat.Reaction{Emoji: emoji, On: on}
	require.Empty(w.t, w.take(act))
}

func (w *world) state(id incident.ID) incident.State {
	w.t.Helper()
	s, err := w.Incident(w.t.Context(), id)
	require.NoError(w.t, err)
	return s
}

// lastAnswer is the text of the last answer, and to whom it went.
func (w *world) lastAnswer() (to, text string) {
	w.t.Helper()
	require.NotEmpty(w.t, w.answers, "somebody was answered")
	last := w.answers[len(w.answers)-1]
	return last.to, textOf(last.card)
}

func textOf(c chat.Card) string {
	var b strings.Builder
	for _, part := range c.Parts {
		b.WriteString(part.Heading + part.Body.String() + part.Aside.String())
		for _, f := range part.Fields {
			b.WriteString(f.Label + " " + f.Text.String() + " ")
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

// told is what the people have brought about: the timeline without Muster's own entries.
func (w *world) told(id incident.ID) []string {
	var lines []string
	for _, e := range w.journals[id] {
		if e.Actor.Kind == incident.ActorPerson {
			lines = append(lines, e.Actor.Name+": "+e.Text())
		}
	}
	return lines
}

// chooseShortcut is somebody choosing "record" from a message's menu.
func (w *world) chooseShortcut(by string, on incident.MessageRef) {
	w.t.Helper()
	act := w.act(by, on.ChannelID)
	m := w.messages[on]
	act.Shortcut = &chat.Shortcut{Name: "record", Message: &m}
	require.Empty(w.t, w.take(act))
}
