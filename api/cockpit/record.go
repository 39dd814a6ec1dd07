package cockpit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/internal/spelling"
	"muster/store"
)

// planRecord puts a message on the timeline that somebody marked with a reaction or a pin.
// What it says has to be asked for.
func (t *turn) planRecord(ctx context.Context, on incident.MessageRef) (plan, error) {
	s, found, err := t.recordIn(ctx, on.ChannelID)
	if err != nil || !found {
		return plan{}, err
	}
	return plan{later: func(ctx context.Context) (plan, error) {
		m, there, err := t.chat.Message(ctx, on)
		if err != nil || !there {
			return plan{}, err
		}
		return plan{about: s, intents: []incident.Intent{t.recording(ctx, m, m.Text, false)}}, nil
	}}, nil
}

// recordIn returns the incident whose channel it is; false where it is none's.
func (t *turn) recordIn(ctx context.Context, channel string) (incident.State, bool, error) {
	id, err := t.channels(ctx, channel)
	if err != nil || id == "" {
		return incident.State{}, false, err
	}
	s, err := t.reader.Incident(ctx, id)
	return s, err == nil, err
}

// recording is the command that puts a message on the timeline: once, whoever asks for it
// and however often, which the incident sees to.
func (t *turn) recording(ctx context.Context, m chat.Message, text string, decision bool) incident.AddNote {
	return incident.AddNote{
		Text: incident.CutText(t.plain(ctx, strings.TrimSpace(text)), incident.MaxTextRunes), At: m.At, Decision: decision,
		Quote: &incident.Quote{By: t.person(ctx, m.By.ID, m.By.Name).Name, Message: m.Ref, Files: m.Files},
	}
}

// inChannel makes the plan of something that happened in a channel, where that is an
// incident's. People are invited before the incident knows that it has the channel: while
// there is one that waits for its own, the act is kept until it is known.
func (t *turn) inChannel(ctx context.Context, then func(ctx context.Context, s incident.State) (plan, error)) (plan, error) {
	s, found, err := t.recordIn(ctx, t.act.Channel)
	switch {
	case err != nil:
		return plan{}, err
	case found && t.carrying:
		return then(ctx, s)
	case found:
		return plan{later: func(ctx context.Context) (plan, error) { return then(ctx, s) }}, nil
	case t.now.Sub(t.act.At) >= channelKnownWithin:
		return plan{}, nil
	}
	open, _, err := t.reader.Incidents(ctx, store.Filter{Status: activeStatuses(), Limit: lookedBack})
	if err != nil || !slices.ContainsFunc(open, func(s incident.State) bool { return s.Channel.ID == "" }) {
		return plan{}, err
	}
	return plan{later: func(context.Context) (plan, error) { return plan{}, errTooEarly }}, nil
}

// channelKnownWithin is how long after something was done in a channel that belongs to no
// incident it is left alone for good.
const channelKnownWithin = 30 * time.Second

// planPresence notes who has come into an incident's channel, and who has left it.
func (t *turn) planPresence(ctx context.Context, m chat.Membership) (plan, error) {
	return t.inChannel(ctx, func(ctx context.Context, s incident.State) (plan, error) {
		if s.Status.Ended() {
			return plan{}, nil
		}
		return plan{about: s, intents: []incident.Intent{incident.ReportPresence{Person: t.self(ctx), Left: m.Left}}}, nil
	})
}

// A message that begins with a mark is put on the timeline by itself.
type mark string

// The marks, as they are written behind an exclamation mark.
const (
	noteMark     mark = "note"
	decisionMark mark = "decision"
	actionMark   mark = "action"
)

// markWord is a word that begins a message and may be a mark that was mistyped.
var markWord = regexp.MustCompile(`^\s*!(\pL{4,12})(?:[\s:,]|$)`)

// similarMark returns what a mistyped mark most likely means. Where it is no more than the
// beginning of one, or almost the short “note”, somebody may just be talking.
func similarMark(text string) (written string, meant mark, ok bool) {
	found := markWord.FindStringSubmatch(text)
	if found == nil {
		return "", "", false
	}
	word := strings.ToLower(found[1])
	for _, m := range []mark{decisionMark, actionMark} {
		if n := spelling.Edits(word, string(m)); n > 0 && n <= likeness(len(m)) && word != string(m)+"s" {
			return found[1], m, true
		}
	}
	return "", "", false
}

var markText = regexp.MustCompile(`(?is)^\s*!(note|decision|action)(?:[\s:,]+(.*))?$`)

// readMark reads a message that begins with a mark.
func readMark(text string) (m mark, rest string, ok bool) {
	found := markText.FindStringSubmatch(text)
	if found == nil {
		return "", "", false
	}
	return mark(strings.ToLower(found[1])), strings.TrimSpace(found[2]), true
}

// planMessage keeps what is said in an incident's channel, where that is wanted, and puts on
// the timeline what is marked. When a message is changed after that, the transcript follows,
// and the timeline stays: it says what people knew then.
func (t *turn) planMessage(ctx context.Context, m chat.Message) (plan, error) {
	return t.inChannel(ctx, func(ctx context.Context, s incident.State) (plan, error) {
		p := plan{about: s}
		if t.transcript {
			p.said = t.saying(ctx, s.ID, m)
		}
		kind, rest, isMarked := readMark(m.Text)
		if m.Edited || m.Deleted || m.By.Bot {
			return p, nil
		}
		if written, meant, like := similarMark(m.Text); !isMarked && like {
			p.done = func(incident.State) chat.Card {
				return answer(fmt.Sprintf("`!%s` is no mark, so nothing was put on the timeline. If you meant `!%s`, send the message again with it.", quoted(written), meant))
			}
		}
		if !isMarked {
			return p, nil
		}
		return t.planMarked(ctx, p, m, kind, rest)
	})
}

// saying is a message for the transcript.
func (t *turn) saying(ctx context.Context, id incident.ID, m chat.Message) *store.Said {
	said := &store.Said{
		Incident: id, Ref: m.Ref, Thread: m.Thread, Account: m.By.ID, By: t.person(ctx, m.By.ID, m.By.Name).Name, At: m.At,
		Edited: m.Edited, Deleted: m.Deleted, ChangedAt: t.act.At,
	}
	if !m.Deleted {
		said.Text, said.Files = incident.CutText(t.plain(ctx, m.Text), incident.MaxTextRunes), m.Files
	}
	if said.At.IsZero() {
		said.At = t.act.At
	}
	return said
}

// planMarked puts a marked message on the timeline. A mark alone, in answer to a message, is
// meant for that message.
func (t *turn) planMarked(ctx context.Context, p plan, m chat.Message, kind mark, rest string) (plan, error) {
	asked := m
	if rest == "" && m.Thread != "" && m.Thread != m.Ref.ID {
		asked.Ref = incident.MessageRef{ChannelID: m.Ref.ChannelID, ID: m.Thread}
	}
	whole, there, err := t.chat.Message(ctx, asked.Ref)
	switch {
	case err != nil:
		// The message itself is known; what is missing is the way to it.
		t.log().WarnContext(ctx, "a message is recorded without its link", "error", err)
		whole = asked
	case !there:
		return p, nil
	}
	if rest == "" && asked.Ref.ID != m.Ref.ID && err == nil {
		rest = whole.Text
	}
	if rest == "" && len(whole.Files) == 0 {
		return plan{}, ask(fmt.Sprintf("Write it behind the mark: `!%s what it is`.", kind))
	}
	p.intents = []incident.Intent{t.recording(ctx, whole, rest, kind == decisionMark)}
	if kind == decisionMark {
		p.done = func(after incident.State) chat.Card {
			return answer(fmt.Sprintf("The decision is on the timeline of %s.", after.ID))
		}
	}
	if kind == actionMark {
		added := t.readFollowup(ctx, readLine(rest))
		if err := t.dueAhead(added); err != nil {
			return plan{}, err
		}
		if !hasFollowup(p.about, added) {
			p.intents = append(p.intents, added)
		}
		p.done = t.followupAdded(added)
	}
	return p, nil
}

// hasFollowup says that an incident has a follow-up already that is not done.
func hasFollowup(s incident.State, added incident.AddFollowup) bool {
	for _, f := range s.OpenFollowups() {
		if strings.EqualFold(f.Title, added.Title) {
			return true
		}
	}
	return false
}

func planNote(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.noting(ctx, rest, false)
}

func planDecision(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.noting(ctx, rest, true)
}

func (t *turn) noting(ctx context.Context, rest line, decision bool) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return open(noteForm(s, "", decision))
	}
	what := "Noted on the timeline of"
	if decision {
		what = "The decision is on the timeline of"
	}
	return do(s, fmt.Sprintf("%s %s.", what, s.ID), incident.AddNote{Text: t.plain(ctx, rest.from(0)), Decision: decision})
}

// eventsBack is how many of the latest events are read for a draft, and for a timeline.
const eventsBack = 200

func (t *turn) latest(ctx context.Context, s incident.State) ([]incident.Event, error) {
	return t.reader.Events(ctx, s.ID, max(0, s.Seq-eventsBack), eventsBack)
}

func planUpdate(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return t.openUpdate(ctx, s)
	}
	return do(s, fmt.Sprintf("The update on %s is out.%s", s.ID, nextUpdate(s)), incident.PostUpdate{Text: t.plain(ctx, rest.from(0))})
}

// nextUpdate says when the next update is due.
func nextUpdate(s incident.State) string {
	if every := s.Level().UpdateEvery; every > 0 {
		return fmt.Sprintf(" The next one is due in %s.", incident.FormatDuration(every))
	}
	return ""
}

func (t *turn) openUpdate(ctx context.Context, s incident.State) (plan, error) {
	events, err := t.latest(ctx, s)
	if err != nil {
		return plan{}, err
	}
	return open(updateForm(s, card.Draft(s, events)))
}

func planTimeline(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	n := count(rest.first().fold())
	if !rest.empty() && (n == 0 || n > card.TimelineMost) {
		text := fmt.Sprintf("The timeline is shown here up to its latest %d entries: `%s timeline %d`. All of it is on the incident's page.", card.TimelineMost, t.command, card.TimelineMost)
		return plan{}, ask(text, say(fmt.Sprintf("Show the latest %d", card.TimelineMost), fmt.Sprintf("%s timeline", s.ID))...)
	}
	events, err := t.latest(ctx, s)
	if err != nil {
		return plan{}, err
	}
	return show(card.Timeline(s, events, n, t.pages))
}

// count reads a small number; 0 for anything else.
func count(word string) int {
	n := 0
	for _, r := range word {
		if r < '0' || r > '9' || n > 1000 {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// restFor is how long reminders rest when nobody says.
const restFor = 30 * time.Minute

func planSnooze(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	length := restFor
	if words := rest.past("for", "all"); !words.empty() {
		var ok bool
		if length, ok = readLength(words); !ok {
			return plan{}, ask(fmt.Sprintf("For how long? Write it as `%s snooze 30m` or `%s snooze 2h`.", t.command, t.command),
				append(say("30 minutes", string(s.ID)+" snooze 30m"), say("2 hours", string(s.ID)+" snooze 2h")...)...)
		}
	}
	return t.snoozing(s, length, "", "")
}

func (t *turn) snoozing(s incident.State, length time.Duration, hook, subject string) (plan, error) {
	what := "All reminders of " + string(s.ID) + " rest"
	if hook != "" {
		what = "This reminder rests"
	}
	return do(s, fmt.Sprintf("%s for %s.", what, incident.FormatDuration(length)), incident.SnoozeReminder{Hook: hook, Subject: subject, For: length})
}

var (
	lengthText = regexp.MustCompile(`^(\d{1,4})\s*([a-z]*)$`)
	lengthUnit = map[string]time.Duration{
		"": time.Minute, "m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
		"h": time.Hour, "hour": time.Hour, "hours": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	}
)

// readLength reads how long something is to take: "30m", "2 hours", "1h30m".
func readLength(l line) (time.Duration, bool) {
	var b strings.Builder
	for _, w := range l.words {
		b.WriteString(w.fold())
	}
	if d, err := time.ParseDuration(b.String()); err == nil {
		return d, true
	}
	found := lengthText.FindStringSubmatch(b.String())
	if found == nil {
		return 0, false
	}
	unit, known := lengthUnit[found[2]]
	return time.Duration(count(found[1])) * unit, known
}
