package cockpit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"muster/api"
	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/store"
)

// CarryOut does what an act that [Cockpit.Take] has kept asks for, and answers whoever did
// it. It may be repeated: commands take effect once, and answers may be given twice. Nil
// settles the act, also where it was refused, which its sender was told. With an error it
// is to be carried out again later; the sender was told so, once.
func (c *Cockpit) CarryOut(ctx context.Context, act chat.Act) error {
	t := &turn{Cockpit: c, act: act, now: c.now(), carrying: true, asking: true}
	if act.Owed != nil {
		return t.payOwed(ctx, *act.Owed)
	}
	p, err := t.plan(ctx)
	for err == nil && p.later != nil {
		p, err = p.later(ctx)
	}
	var after incident.State
	if err == nil {
		after, err = t.execute(ctx, p)
	}
	switch {
	case err == nil:
		c.delayed.done(act.ID)
		t.confirm(ctx, p, after)
		t.settlePrompt(after)
		return nil
	case isWords(err), isSettled(err):
		c.delayed.done(act.ID)
		t.log().DebugContext(ctx, "an act was refused", "error", err)
		if t.mayAnswer() {
			t.tell(ctx, t.words(ctx, err))
		}
		t.settlePrompt(t.about)
		return nil
	case ctx.Err() != nil, errors.Is(err, errTooEarly):
		return err
	}
	if t.mayAnswer() && c.delayed.first(act.ID) {
		// It is logged where that fails, and they hear in the end.
		_ = t.show(ctx, answer("Muster cannot do this right now. Nothing is lost: it is done as soon as that is possible, and you need not repeat it."))
	}
	return err
}

// execute does what is planned. It may be repeated.
func (t *turn) execute(ctx context.Context, p plan) (incident.State, error) {
	after := p.about
	if p.declare != nil {
		d := *p.declare
		// The names in it are what the chat knows at the moment, if it answers at all.
		self := t.self(ctx)
		self.Account = t.act.By.ID
		d.Actor, d.Person, d.Source, d.Reworded = incident.PersonActor(self.Name), self, t.source(), true
		state, err := t.commander.Declare(ctx, t.key(""), d)
		if err != nil {
			return incident.State{}, err
		}
		after = state
	}
	for _, intent := range p.intents {
		// Each has a key of its own, which does not depend on what else there is to do: a part
		// may be done already when the act is carried out again.
		state, err := t.commander.Do(ctx, incident.Command{
			Incident: p.about.ID, Key: t.key(intent.Name()), Actor: t.actor(ctx), Source: t.source(), Intent: intent,
		})
		if isDoneOtherwise(err) {
			state, err = t.reader.Incident(ctx, p.about.ID)
		}
		if err != nil {
			return incident.State{}, err
		}
		after = state
	}
	for _, f := range p.follow {
		if err := t.keeper.Follow(ctx, t.signed(ctx, f)); err != nil {
			return incident.State{}, err
		}
	}
	for _, f := range p.unfollow {
		if err := t.keeper.Unfollow(ctx, t.signed(ctx, f)); err != nil {
			return incident.State{}, err
		}
	}
	if p.said != nil {
		return after, t.keeper.KeepSaid(ctx, *p.said)
	}
	return after, nil
}

// keyField is the field of the error for a key that came with another command before.
const keyField = "Idempotency-Key"

// isDoneOtherwise says that this part of the act was done before, in other words: the chat has
// other names for people by now, or says them again. The key is of no other act.
func isDoneOtherwise(err error) bool {
	var wrong *incident.InvalidError
	return errors.As(err, &wrong) && wrong.Field == keyField
}

// signed is a subscription of whoever did the act.
func (t *turn) signed(ctx context.Context, f store.Follow) store.Follow {
	f.Account, f.Person = t.act.By.ID, t.self(ctx)
	return f
}

// confirm answers what was done, where that cannot be seen anyhow.
func (t *turn) confirm(ctx context.Context, p plan, after incident.State) {
	switch {
	case p.form != nil:
		// It was opened when the act was kept, unless things have changed since.
		t.tell(ctx, t.needsForm(*p.form))
	case p.answer != nil:
		t.tell(ctx, *p.answer)
	case p.done == nil:
	case len(p.intents) > 0 && after.Seq == p.about.Seq:
		t.tell(ctx, answer("Nothing to do: that is so already."))
	case p.declare != nil:
		t.tellDeclared(ctx, p, after)
	case !p.quiet || after.Channel.ID == "":
		t.tell(ctx, p.done(after))
	}
}

// tellDeclared says what was declared, and where its channel is if that is open soon. Where
// the chat has a place for several answers they are two; where each is a private message, one
// is enough. The way into the channel is the playbook's business, which loses nobody.
func (t *turn) tellDeclared(ctx context.Context, p plan, declared incident.State) {
	if declared.Exercise != nil {
		// It is known where that is held.
		t.tell(ctx, p.done(declared))
		return
	}
	atOnce := t.act.ReplyTo != "" || declared.Channel.ID != ""
	if atOnce {
		t.tell(ctx, p.done(declared))
	}
	err := t.beside(func(ctx context.Context) {
		s := t.opened(ctx, declared)
		if !atOnce {
			t.tell(ctx, p.done(s))
		}
		if atOnce && s.Channel.ID != declared.Channel.ID {
			t.tell(ctx, channelCard(s))
		}
	})
	if err != nil && !atOnce {
		t.tell(ctx, p.done(declared))
	}
}

// openedWithin is how long whoever declared an incident is told of its channel.
const openedWithin = 10 * time.Second

// opened is a new incident with its channel, or without where that takes too long.
func (t *turn) opened(ctx context.Context, declared incident.State) incident.State {
	ctx, cancel := context.WithTimeout(ctx, openedWithin)
	defer cancel()
	changes, unsubscribe := t.reader.Subscribe(declared.ID)
	defer unsubscribe()
	for {
		s, err := t.reader.Incident(ctx, declared.ID)
		if err == nil && s.Channel.ID != "" {
			return s
		}
		select {
		case <-ctx.Done():
			return declared
		case _, open := <-changes:
			if !open {
				return declared
			}
		}
	}
}

func channelCard(s incident.State) chat.Card {
	c := answer(fmt.Sprintf("%s meets in #%s.", s.ID, s.Channel.Name))
	c.Parts = []chat.Part{{Body: chat.Text{chat.Plain(string(s.ID) + " meets in "), chat.Linked("#"+s.Channel.Name, s.Channel.URL), chat.Plain(".")}}}
	return c
}

// mayAnswer says whether an act is one that people expect an answer to. What they said in
// the channel, or did to a message, is no question.
func (t *turn) mayAnswer() bool {
	if m := t.act.Message; m != nil {
		_, _, marked := readMark(m.Text)
		_, _, almost := similarMark(m.Text)
		return (marked || almost) && !m.Edited && !m.Deleted
	}
	return t.act.Membership == nil
}

// isWords says whether an error is an answer to whoever did the act, rather than a failure.
func isWords(err error) bool {
	var (
		asked   *question
		broken  *incident.RuleError
		wrong   *incident.InvalidError
		missing *incident.NotFoundError
	)
	return errors.As(err, &asked) || errors.As(err, &broken) || errors.As(err, &wrong) || errors.As(err, &missing)
}

// isSettled says whether an error would come again whenever the act was carried out.
func isSettled(err error) bool {
	return errors.Is(err, store.ErrNotFound) || integrations.IsFinal(err)
}

// words are what is answered to an error.
func (t *turn) words(ctx context.Context, err error) chat.Card {
	var asked *question
	switch {
	case errors.As(err, &asked):
		return asked.card
	case isWords(err):
		return answer(capital(err.Error()) + ".")
	case errors.Is(err, store.ErrNotFound):
		return answer("That incident is not there (any more).")
	case integrations.IsFinal(err):
		t.log().WarnContext(ctx, "the chat refused what an act needs", "error", err)
		return answer("The chat does not let Muster do this: " + incident.CutText(err.Error(), incident.MaxErrorRunes))
	case errors.Is(err, api.ErrUnavailable):
		return answer("Muster cannot answer right now. Please try again in a moment.")
	}
	t.log().ErrorContext(ctx, "an act could not be answered", "error", err)
	return answer("Something went wrong in Muster, and its log says what. Please try again in a moment.")
}

// delayed remembers who was told that something takes longer, so that nobody is told so at
// every attempt. A restart forgets it, which costs one more message.
type delayed struct {
	mu   sync.Mutex
	told map[string]bool
}

// mostDelayed bounds what is remembered. Beyond it, people may be told more than once.
const mostDelayed = 10_000

// first says whether somebody is still to be told about an act, and remembers that they are.
func (d *delayed) first(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.told[id] {
		return false
	}
	if d.told == nil || len(d.told) >= mostDelayed {
		d.told = map[string]bool{}
	}
	d.told[id] = true
	return true
}

// done forgets an act.
func (d *delayed) done(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.told, id)
}
