package cockpit

import (
	"context"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// A form that a prompt's button has opened takes the message along in its context, behind what
// the form is about, so that the prompt is brought up to date once the form was sent.
const (
	promptMark = "\n"
	promptJoin = "|"
)

// withPrompt is the context of a form that was opened on a message.
func withPrompt(about string, on incident.MessageRef) string {
	if on.IsZero() {
		return about
	}
	return about + promptMark + on.ChannelID + promptJoin + on.ID
}

// splitPrompt takes apart what [withPrompt] has put together.
func splitPrompt(whole string) (about string, on incident.MessageRef) {
	about, place, _ := strings.Cut(whole, promptMark)
	on.ChannelID, on.ID, _ = strings.Cut(place, promptJoin)
	return about, on
}

// prompt is the message that asked for the act; zero where none is known.
func (t *turn) prompt() incident.MessageRef {
	switch {
	case t.act.Press != nil:
		return t.act.Press.On
	case t.act.Submission != nil:
		_, on := splitPrompt(t.act.Submission.Context)
		return on
	}
	return incident.MessageRef{}
}

// settlePrompt brings the message up to date that asked for the act, so that it shows what became
// of it: also where that was the case before, since somebody has pressed what should be gone.
//
// It is done beside the act, which neither waits for it nor fails with it. Where it does not
// succeed, the playbook brings prompts up to date as well.
func (t *turn) settlePrompt(s incident.State) {
	on := t.prompt()
	shown := func(m incident.ShownMessage) bool { return m.Ref.ChannelID == on.ChannelID && m.Ref.ID == on.ID }
	if on.IsZero() || s.ID == "" || slices.ContainsFunc(s.Shown, shown) {
		return
	}
	err := t.beside(func(ctx context.Context) {
		err := t.chat.EditPrompt(ctx, on, func(prompt chat.Card, posted time.Time) (chat.Card, bool) {
			return card.Met(prompt, s, posted)
		})
		if err != nil {
			t.log().InfoContext(ctx, "a prompt is not brought up to date", "incident", s.ID, "error", err)
		}
	})
	if err != nil {
		t.log().InfoContext(t.ctx, "a prompt is not brought up to date", "incident", s.ID, "error", err)
	}
}
