package incident

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on what people write. They keep an incident readable and its history small;
// longer text belongs in a document that is linked to.
const (
	MaxTitleRunes = 200
	MaxTextRunes  = 10_000
	MaxNameRunes  = 100
	// MaxErrorRunes bounds what a vendor's error brings into the timeline.
	MaxErrorRunes = 1_000
)

// Decide applies every rule to a command and returns the events that follow, in
// order, ready for [Apply]. It returns none and no error where the command asks for
// what is already so, which makes commands safe to repeat. The errors are
// [RuleError], [InvalidError] and [NotFoundError]; with any of them nothing happens.
//
// It is a pure function; now is the time the events get, and is brought to UTC
// microseconds, and never before the last event's.
func Decide(s State, c Command, now time.Time) ([]Event, error) {
	if err := admissible(s, c, now); err != nil {
		return nil, err
	}
	facts, err := c.Intent.decide(s, c)
	if err != nil {
		return nil, err
	}
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(s.At) {
		at = s.At
	}
	events := make([]Event, len(facts))
	for i, f := range facts {
		events[i] = Event{
			Incident: c.Incident, Seq: s.Seq + 1 + i, At: at,
			Actor: c.Actor, Source: c.Source, Cause: c.Key, Fact: f,
		}
	}
	return events, nil
}

// clockSkew is how far the clock of somebody who writes a note may be ahead of ours.
const clockSkew = 5 * time.Minute

// admissible holds the rules that every command obeys.
func admissible(s State, c Command, now time.Time) error {
	if c.Incident == "" {
		return invalid("incident", "the command does not say which incident it is for")
	}
	if c.Intent == nil {
		return invalid("command", "the command does not say what to do")
	}
	if strings.TrimSpace(c.Actor.Name) == "" {
		return invalid("actor", "the command does not say who gives it")
	}
	if utf8.RuneCountInString(c.Actor.Name) > MaxNameRunes {
		return invalid("actor", "the actor's name is longer than %d characters", MaxNameRunes)
	}
	if dated, ok := c.Intent.(AddNote); ok && dated.At.After(now.Add(clockSkew)) {
		return invalid("at", "%s is in the future; a note is about what has happened", dated.At.UTC().Format(time.RFC3339))
	}
	_, declares := c.Intent.(Declare)
	if declares {
		return nil
	}
	if !s.Declared() {
		return notFound("incident", "%s has not been declared", c.Incident)
	}
	if s.ID != c.Incident {
		return invalid("incident", "the command is for %s, not for %s", c.Incident, s.ID)
	}
	if _, late := c.Intent.(afterEnd); !late && s.Status.Ended() {
		return ended(s)
	}
	return nil
}

// afterEnd marks the intents that belong to what was under way when the incident ended:
// reports of it, and another try at what Muster has to bring to an end.
type afterEnd interface{ afterEnd() }

func ended(s State) error {
	switch s.Status {
	case Merged:
		return rule("merged", "%s was merged into %s; continue there", s.ID, s.MergedInto)
	case Cancelled:
		return rule("cancelled", "%s was cancelled; declare a new incident if it was real after all", s.ID)
	default:
		return rule("closed", "%s is closed; declare a new incident if it happens again", s.ID)
	}
}

// requiredText checks a required text and returns it trimmed.
func requiredText(field, value string, maxRunes int) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", invalid(field, "%s must not be empty", field)
	}
	return value, boundedText(field, value, maxRunes)
}

// storableTime refuses times that JSON cannot hold, which would be accepted and then
// could not be written down.
func storableTime(field string, t time.Time) error {
	if year := t.UTC().Year(); year < 1 || year > 9999 {
		return invalid(field, "%s is in the year %d; it must be between the years 1 and 9999", field, year)
	}
	return nil
}

func boundedText(field, value string, maxRunes int) error {
	if strings.ContainsRune(value, 0) {
		return invalid(field, "%s holds a NUL character, which no database keeps", field)
	}
	if n := utf8.RuneCountInString(value); n > maxRunes {
		return invalid(field, "%s has %d characters, %d at most are allowed; link to longer text instead", field, n, maxRunes)
	}
	return nil
}

// CutText shortens a text to a number of characters, with a mark where it was cut, and
// leaves out NUL characters. It is for texts that machines write, which must not be
// refused.
func CutText(text string, maxRunes int) string {
	text = strings.ReplaceAll(text, "\x00", "")
	runes := []rune(text)
	if len(runes) <= maxRunes {
		return text
	}
	return string(runes[:maxRunes-1]) + "…"
}
