package cockpit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// planSteps shows the steps.
func planSteps(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if above, _ := find(verbs(), "step"); !rest.empty() {
		return plan{}, t.askBelow(above, rest)
	}
	return show(card.Steps(s, t.pages))
}

// mostTitleWords is how many words of a line may be the title of a step.
const mostTitleWords = 40

// stepIn finds the step that a line names first, in how many words: by its id, by its title,
// or by the only beginning of one. Open steps come before others.
func stepIn(s incident.State, l line) (step incident.Step, words int) {
	for size := min(len(l.words), mostTitleWords); size > 0; size-- {
		var parts []string
		for _, w := range l.words[:size] {
			parts = append(parts, foldName(w.text))
		}
		name := strings.Join(parts, " ")
		for _, step := range s.Steps {
			if strings.EqualFold(step.ID, name) || foldTitle(step.Title) == name {
				return step, size
			}
		}
	}
	return stepLike(s, l)
}

// stepLike finds the only open step whose title has the line's first words in it, as many
// of them as any title has.
func stepLike(s incident.State, l line) (step incident.Step, words int) {
	candidates := openSteps(s)
	for size := 1; size <= len(l.words); size++ {
		word := foldName(l.words[size-1].text)
		if word == "" {
			break
		}
		narrowed := slices.Clone(candidates)
		narrowed = slices.DeleteFunc(narrowed, func(step incident.Step) bool {
			return !slices.ContainsFunc(strings.Fields(foldTitle(step.Title)), func(part string) bool {
				return part == word || len(word) >= shortestBeginning && strings.HasPrefix(part, word)
			})
		})
		if len(narrowed) == 0 {
			break
		}
		candidates, words = narrowed, size
	}
	if words == 0 || len(candidates) != 1 {
		return incident.Step{}, 0
	}
	return candidates[0], words
}

func foldTitle(title string) string {
	parts := strings.Fields(title)
	for i, part := range parts {
		parts[i] = foldName(part)
	}
	return strings.Join(parts, " ")
}

// openSteps are those that people may do something about now.
func openSteps(s incident.State) []incident.Step {
	var open []incident.Step
	for _, step := range s.Steps {
		if step.State == incident.Waiting || step.State == incident.Failed || step.State == incident.Running {
			open = append(open, step)
		}
	}
	return open
}

// onStep makes the plan of what is to be done with the step that a line names.
func (t *turn) onStep(ctx context.Context, rest line, below string, then func(s incident.State, step incident.Step, rest line) (plan, error)) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return show(card.Steps(s, t.pages))
	}
	step, words := stepIn(s, rest)
	if words == 0 {
		return plan{}, t.askStep(s, rest, below)
	}
	return then(s, step, rest.after(words).past(":", "-", "–", "because"))
}

// askStep asks which step is meant.
func (t *turn) askStep(s incident.State, rest line, below string) error {
	var answers []chat.Control
	for _, step := range openSteps(s) {
		if len(answers) == offered {
			break
		}
		answers = append(answers, say(incident.CutText(step.Title, 40), fmt.Sprintf("%s step %s %s", s.ID, below, step.ID))...)
	}
	text := fmt.Sprintf("Which step is “%s”? There is none, or more than one, that fits.", quoted(rest.text))
	if len(answers) == 0 {
		text = fmt.Sprintf("No step of %s waits for anybody.", s.ID)
	}
	return ask(text, answers...)
}

func planComplete(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.onStep(ctx, rest, "complete", func(s incident.State, step incident.Step, rest line) (plan, error) {
		return do(s, fmt.Sprintf("Done: %s.", step.Title), incident.CompleteStep{Step: step.ID, Note: t.plain(ctx, rest.from(0))})
	})
}

func planSkip(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.onStep(ctx, rest, "skip", func(s incident.State, step incident.Step, rest line) (plan, error) {
		if rest.empty() {
			return open(skipForm(s, step))
		}
		return do(s, fmt.Sprintf("Skipped: %s.", step.Title), incident.SkipStep{Step: step.ID, Reason: t.plain(ctx, rest.from(0))})
	})
}

func planApprove(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.onStep(ctx, rest, "approve", func(s incident.State, step incident.Step, rest line) (plan, error) {
		return do(s, fmt.Sprintf("Approved: %s.", step.Title), incident.ApproveStep{Step: step.ID, Note: t.plain(ctx, rest.from(0))})
	})
}

func planReject(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.onStep(ctx, rest, "reject", func(s incident.State, step incident.Step, rest line) (plan, error) {
		if rest.empty() {
			return open(rejectForm(s, step))
		}
		return do(s, fmt.Sprintf("Rejected: %s.", step.Title), incident.RejectStep{Step: step.ID, Note: t.plain(ctx, rest.from(0))})
	})
}

func planRetry(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.onStep(ctx, rest, "retry", func(s incident.State, step incident.Step, rest line) (plan, error) {
		return do(s, fmt.Sprintf("Trying again: %s.", step.Title), incident.RetryStep{Step: step.ID, Note: t.plain(ctx, rest.from(0))})
	})
}

func planChoose(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.onStep(ctx, rest, "choose", func(s incident.State, step incident.Step, rest line) (plan, error) {
		option, words := optionIn(step, rest)
		if words == 0 {
			var answers []chat.Control
			for _, o := range step.Options {
				answers = append(answers, say(incident.CutText(o.Title, 40), fmt.Sprintf("%s step choose %s %s", s.ID, step.ID, o.ID))...)
			}
			if len(answers) == 0 {
				return plan{}, ask(fmt.Sprintf("“%s” is no decision.", step.Title))
			}
			return plan{}, ask(step.Title, answers...)
		}
		return do(s, fmt.Sprintf("Decided: %s.", option.Title), incident.ChooseOption{Step: step.ID, Option: option.ID, Note: t.plain(ctx, rest.after(words).past("because").from(0))})
	})
}

// optionIn finds the way of a decision that a line names first, in how many words.
func optionIn(step incident.Step, l line) (option incident.Option, words int) {
	for size := min(len(l.words), mostTitleWords); size > 0; size-- {
		var parts []string
		for _, w := range l.words[:size] {
			parts = append(parts, foldName(w.text))
		}
		name := strings.Join(parts, " ")
		for _, o := range step.Options {
			if strings.EqualFold(o.ID, name) || foldTitle(o.Title) == name {
				return o, size
			}
		}
	}
	return incident.Option{}, 0
}

func planAddStep(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	assignee := ""
	if w, at, ok := rest.mentioned(); ok {
		assignee, rest = t.person(ctx, w.id, w.text).Name, rest.without(at)
	}
	if rest.empty() {
		return open(stepForm(s))
	}
	return do(s, fmt.Sprintf("Added: %s.", rest.tidy()), incident.AddStep{Title: rest.tidy(), Assignee: assignee})
}

// planFollowup adds a follow-up, unless the words are those of a command.
func planFollowup(ctx context.Context, t *turn, rest line) (plan, error) {
	if len(rest.words) == 1 {
		above, _ := find(verbs(), "followup")
		if _, like := similar(above.below, rest.first().fold()); like {
			return plan{}, t.askBelow(above, rest)
		}
	}
	return planAddFollowup(ctx, t, rest)
}

func planAddFollowup(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return open(followupForm(s, incident.AddFollowup{}))
	}
	added := t.readFollowup(ctx, rest)
	if added.Title == "" {
		return open(followupForm(s, added))
	}
	if err := t.dueAhead(added); err != nil {
		return plan{}, err
	}
	p, err := do(s, "", added)
	p.done = t.followupAdded(added)
	return p, err
}

// dueAhead refuses a day that had passed when it was said: it would be reminded of at once. It
// may still be the day before wherever they are.
func (t *turn) dueAhead(added incident.AddFollowup) error {
	if earliest := t.saidAt().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1); !added.Due.IsZero() && added.Due.Before(earliest) {
		return &incident.InvalidError{Field: dueEntry, Message: fmt.Sprintf("%s has passed; write a day to come, such as “by friday”, “by tomorrow” or “by %s”",
			added.Due.Format(time.DateOnly), t.saidAt().UTC().AddDate(0, 0, 7).Format(time.DateOnly))}
	}
	return nil
}

func (t *turn) followupAdded(added incident.AddFollowup) func(incident.State) chat.Card {
	return func(after incident.State) chat.Card {
		text := "Follow-up added: " + added.Title
		for _, f := range slices.Backward(after.Followups) {
			if f.Title == added.Title {
				text = fmt.Sprintf("Follow-up %s: %s", f.ID, f.Title)
				break
			}
		}
		if added.Owner != "" {
			text += " · " + added.Owner
		}
		if !added.Due.IsZero() {
			text += " · due on " + added.Due.Format(time.DateOnly)
		}
		return answer(text + ".")
	}
}

// readFollowup reads the title, who does it, and by when: "fix the alert @person by friday".
func (t *turn) readFollowup(ctx context.Context, l line) incident.AddFollowup {
	var added incident.AddFollowup
	if w, at, ok := l.mentioned(); ok {
		person := t.person(ctx, w.id, w.text)
		added.Owner = cmp.Or(person.Email, person.Name)
		l = l.without(at)
	}
	for i, w := range l.words {
		if !slices.Contains([]string{"by", "due", "until"}, w.fold()) {
			continue
		}
		if day, ok := readDay(l.after(i+1), t.saidAt()); ok {
			added.Due = day
			l = readLine(l.text[:w.from])
			break
		}
	}
	added.Title = t.plain(ctx, l.tidy())
	if len(l.words) == 1 && l.words[0].kind == quotedWord {
		added.Title = l.words[0].text
	}
	return added
}

// saidAt is when whoever did the act said "tomorrow": it may be carried out days later.
func (t *turn) saidAt() time.Time {
	if t.act.At.IsZero() {
		return t.now
	}
	return t.act.At
}

// readDay reads a day that a line consists of: 2026-12-01, today, tomorrow, friday, "next
// week", "in 3 days". Days are those of UTC.
func readDay(l line, now time.Time) (time.Time, bool) {
	var words []string
	for _, w := range l.words {
		words = append(words, w.fold())
	}
	today := now.UTC().Truncate(24 * time.Hour)
	text := strings.Join(words, " ")
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, true
	}
	switch text {
	case "today", "end of day", "eod":
		return today, true
	case "tomorrow":
		return today.AddDate(0, 0, 1), true
	case "next week":
		return today.AddDate(0, 0, 7), true
	}
	if weekday, ok := readWeekday(strings.TrimPrefix(text, "next ")); ok {
		ahead := (int(weekday)-int(today.Weekday())+6)%7 + 1
		return today.AddDate(0, 0, ahead), true
	}
	if len(words) == 3 && words[0] == "in" && count(words[1]) > 0 {
		switch strings.TrimSuffix(words[2], "s") {
		case "day":
			return today.AddDate(0, 0, count(words[1])), true
		case "week":
			return today.AddDate(0, 0, 7*count(words[1])), true
		case "month":
			return today.AddDate(0, count(words[1]), 0), true
		}
	}
	return time.Time{}, false
}

func readWeekday(word string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		name := strings.ToLower(day.String())
		if word == name || len(word) >= 3 && strings.HasPrefix(name, word) {
			return day, true
		}
	}
	return 0, false
}

func planFollowups(ctx context.Context, t *turn, _ line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	return show(card.Followups(s, t.now, t.pages))
}

// ticketUnderWay is how long after a follow-up was added its ticket may be expected. What people
// finish meanwhile stays finished, whatever the ticket says.
const ticketUnderWay = 10 * time.Minute

func planFollowupDone(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return show(card.Followups(s, t.now, t.pages))
	}
	id := strings.ToUpper(rest.first().fold())
	p, err := do(s, "", incident.CompleteFollowup{Followup: id, Note: t.plain(ctx, rest.from(1))})
	p.done = func(after incident.State) chat.Card {
		text := fmt.Sprintf("Follow-up %s is done.", id)
		if f, ok := after.Followup(id); ok && f.Ticket.Key == "" && t.now.Sub(f.AddedAt) < ticketUnderWay {
			text += " If a ticket is just being filed for it, close that in the tracker as well: Muster does not."
		}
		return answer(text)
	}
	return p, err
}
