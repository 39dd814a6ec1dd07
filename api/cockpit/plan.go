package cockpit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"muster/api"
	"muster/chat"
	"muster/incident"
	"muster/store"
)

// plan is what follows from an act. Making one changes nothing, so it is made twice of an
// act that changes something: before it is kept, to see whether it does, and once more when
// it is carried out.
type plan struct {
	// about is the incident that it is about, as it was read; zero for none.
	about incident.State

	// What changes something. The intents are carried out in their order.
	declare          *api.Declaration
	intents          []incident.Intent
	follow, unfollow []store.Follow
	said             *store.Said
	// later is a plan that can be made only with the help of the chat, which answers in its
	// own time.
	later func(ctx context.Context) (plan, error)

	// What is shown. Just one of them is set where nothing is changed; both are empty where
	// there is nothing to do.
	form   *chat.Form
	answer *chat.Card
	// done is what is answered when everything is done; nil answers nothing.
	done func(after incident.State) chat.Card
	// quiet leaves that out where the incident's channel shows what was done.
	quiet bool
}

// changes says whether something is to be done that must not be lost.
func (p plan) changes() bool {
	return p.declare != nil || len(p.intents)+len(p.follow)+len(p.unfollow) > 0 || p.said != nil || p.later != nil
}

// turn is one act and what is known about it.
type turn struct {
	*Cockpit
	act chat.Act
	now time.Time
	// carrying says that the act is being carried out, after it was kept.
	carrying bool
	// asking says that the chat may be asked who people are. While an act is being taken
	// there is no time for that.
	asking bool
	// about is the incident as it was read last.
	about incident.State
	// target is the incident that the act names; empty leaves it to the channel.
	target incident.ID
	// chosen says that the target was chosen in a form, among others.
	chosen bool
	// wording is the command line that is being understood, for what is asked about it.
	wording line
}

// errTooEarly says that an act may belong to an incident whose channel is not known yet.
var errTooEarly = tooEarlyError{}

type tooEarlyError struct{}

func (tooEarlyError) Error() string { return "the channel may be about to become an incident's" }

// Early says that the act is to be carried out in a moment, and that nothing is wrong.
func (tooEarlyError) Early() bool { return true }

// question is the error for words that can be understood in more than one way, or in none:
// whoever wrote them is asked.
type question struct{ card chat.Card }

func (q *question) Error() string { return q.card.Summary }

// ask returns the error that puts a question, with buttons for the answers.
func ask(text string, answers ...chat.Control) error {
	q := answer(text)
	if len(answers) > 0 {
		q.Parts = append(q.Parts, chat.Part{Controls: answers})
	}
	return &question{card: q}
}

// Acts of the cockpit's own cards, beside those of package card.
const (
	// sayAct does as if its value had been written as a command.
	sayAct = "say"
	// declareAsAct opens the form that declares, filled in with its value.
	declareAsAct = "declare_as"
	// unsubscribeAct takes a subscription back. Values: kind|name.
	unsubscribeAct = "unsubscribe"
)

// say is a button that writes a command. It is left out where a chat could not carry it.
func say(label, words string) []chat.Control {
	if len([]rune(words)) > chat.MaxValueRunes {
		return nil
	}
	return []chat.Control{{Act: sayAct, Label: label, Value: words}}
}

// show is the plan to answer with a card, and to do nothing.
func show(c chat.Card) (plan, error) { return plan{answer: &c}, nil }

// open is the plan to open a form.
func open(f chat.Form) (plan, error) { return plan{form: &f}, nil }

// do is the plan to give commands to an incident, and what to answer then.
func do(about incident.State, done string, intents ...incident.Intent) (plan, error) {
	return plan{about: about, intents: intents, done: func(incident.State) chat.Card { return answer(done) }}, nil
}

// incident returns the incident that an act is about: the one it names, or else the one
// whose channel it was done in.
func (t *turn) incident(ctx context.Context) (incident.State, error) {
	id := t.target
	if id == "" {
		var err error
		if id, err = t.channels(ctx, t.act.Channel); err != nil {
			return incident.State{}, err
		}
	}
	if id == "" {
		return incident.State{}, t.askWhich(ctx)
	}
	state, err := t.reader.Incident(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return incident.State{}, ask(fmt.Sprintf("There is no %s.", id), say("Show the open incidents", "list")...)
	}
	if err == nil && !t.admitted(ctx, state) {
		return incident.State{}, ask(fmt.Sprintf("%s is restricted to those who were let into its channel. If you are there, say it there.", id))
	}
	t.about = state
	return state, err
}

// admitted says whether whoever did the act may see and change an incident from here. A form
// about an incident is one that they were shown by Muster, which has asked this before.
func (t *turn) admitted(ctx context.Context, s incident.State) bool {
	return !s.Restricted() || s.Channel.ID != "" && t.act.Channel == s.Channel.ID || t.act.Submission != nil && !t.chosen ||
		s.Admits(t.identify(ctx, t.act.By.ID, incident.Person{}))
}

// channels returns the incident of a channel, empty where it has none.
func (c *Cockpit) channels(ctx context.Context, channel string) (incident.ID, error) {
	if channel == "" {
		return "", nil
	}
	id, err := c.reader.IncidentOfChannel(ctx, channel)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return id, err
}

// offered is how many incidents or choices a question has buttons for.
const offered = 4

// askWhich asks which incident is meant, where that cannot be told.
func (t *turn) askWhich(ctx context.Context) error {
	open, _, err := t.reader.Incidents(ctx, store.Filter{Status: activeStatuses(), Limit: offered})
	if err != nil {
		return err
	}
	var answers []chat.Control
	for _, s := range open {
		if t.wording.empty() {
			break
		}
		answers = append(answers, say(called(s, 40), string(s.ID)+" "+t.wording.text)...)
	}
	text := fmt.Sprintf("This channel belongs to no incident, so I cannot tell which one you mean. Say it in an incident's channel, or name it first: `%s INC-42 %s`.",
		t.command, strings.TrimSpace(t.wording.first().text))
	if len(t.wording.words) > 1 {
		answers = append(answers, declareAs(t.wording)...)
	}
	return ask(text, answers...)
}

// called is an incident for those who choose among several: an exercise is marked as one.
func called(s incident.State, titleRunes int) string {
	id := string(s.ID)
	if s.Exercise != nil {
		id += " (exercise)"
	}
	return id + " " + incident.CutText(s.PublicTitle(), titleRunes)
}

// declareAs is the button that declares what somebody wrote, after another look at it.
func declareAs(words line) []chat.Control {
	title := incident.CutText(words.text, chat.MaxValueRunes)
	return []chat.Control{{Act: declareAsAct, Label: fmt.Sprintf("Declare “%s”…", incident.CutText(words.tidy(), 40)), Value: title}}
}

func activeStatuses() []incident.Status {
	return []incident.Status{incident.Investigating, incident.Identified, incident.Monitoring}
}

// person returns who an account belongs to. While the act is being taken, and where the
// chat cannot say, it is known by the name that came along.
func (t *turn) person(ctx context.Context, id, name string) incident.Person {
	if name == "" {
		name = id
	}
	stand := incident.Person{Name: incident.CutText(name, incident.MaxNameRunes)}
	if !t.asking || id == "" {
		return stand
	}
	return t.identify(ctx, id, stand)
}

// identifyFor bounds how long the chat is asked for a name.
const identifyFor = 3 * time.Second

func (c *Cockpit) identify(ctx context.Context, id string, stand incident.Person) incident.Person {
	ctx, cancel := context.WithTimeout(ctx, identifyFor)
	defer cancel()
	person, err := c.chat.Person(ctx, id)
	if err != nil || strings.TrimSpace(person.Name) == "" {
		c.logger.WarnContext(ctx, "the chat did not say who an account belongs to", "account", id, "error", err)
		return stand
	}
	person.Name = incident.CutText(person.Name, incident.MaxNameRunes)
	return person
}

// self is whoever did the act.
func (t *turn) self(ctx context.Context) incident.Person {
	return t.person(ctx, t.act.By.ID, t.act.By.Name)
}

// plain is a text as the timeline keeps it, with names for mentions.
func (t *turn) plain(ctx context.Context, text string) string {
	return spell(text,
		func(id, name string) string { return t.person(ctx, id, name).Name },
		func(id, name string) string {
			if name == "" {
				return id
			}
			return name
		})
}

// source is the way the commands came in, as timelines tell it.
func (t *turn) source() string { return t.act.Chat }

// key is the key of a command: the same whenever the act is carried out again.
//
// What answers a question that only they saw has the same key whenever that answer is given:
// who presses the button twice, or again tomorrow, means it once.
func (t *turn) key(suffix string) string {
	key := t.act.Chat + ":" + t.act.ID
	if p := t.act.Press; p != nil && p.Act == sayAct {
		if asked := cmp.Or(p.Asked, p.On.ID); asked != "" {
			words := sha256.Sum256([]byte(p.Value))
			key = fmt.Sprintf("%s:said:%s:%s:%x", t.act.Chat, t.act.By.ID, asked, words[:8])
		}
	}
	if suffix != "" {
		key += ":" + suffix
	}
	return key
}

// log is the logger with what is known about the act, which is nothing that people wrote.
func (t *turn) log() *slog.Logger {
	return t.logger.With("act", t.act.ID, "chat", t.act.Chat, "channel", t.act.Channel, "account", t.act.By.ID)
}
