package cockpit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/store"
)

// values are what was filled in, by the fields' names; those left empty are missing.
type values map[string]string

// submission makes the plan of a form about an incident. The parts are what its context says
// beside the incident.
type submission struct {
	// fields are the form's, the first being where a problem is shown that is no field's.
	fields []string
	plan   func(ctx context.Context, t *turn, s incident.State, parts []string, v values) (plan, error)
}

// submissions are the forms about an incident, by their ids.
var submissions = map[string]submission{
	statusFormID: {[]string{statusEntry, noteEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		return t.changingStatus(s, incident.Status(v[statusEntry]), t.plain(ctx, v[noteEntry]))
	}},
	severityFormID: {[]string{severityEntry, reasonEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		return do(s, fmt.Sprintf("%s is now %s.", s.ID, v[severityEntry]),
			incident.ChangeSeverity{Severity: incident.Severity(v[severityEntry]), Reason: t.plain(ctx, v[reasonEntry])})
	}},
	roleFormID:   {[]string{userEntry, roleEntry, briefEntry}, submitRole},
	updateFormID: {[]string{textEntry, statusEntry}, submitUpdate},
	noteFormID: {[]string{textEntry, asEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		return do(s, fmt.Sprintf("It is on the timeline of %s.", s.ID), incident.AddNote{Text: t.plain(ctx, v[textEntry]), Decision: mark(v[asEntry]) == decisionMark})
	}},
	followupFormID: {[]string{titleEntry, ownerEntry, dueEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		added, err := t.followupOf(ctx, v[titleEntry], v)
		if err != nil {
			return plan{}, err
		}
		p, err := do(s, "", added)
		p.done = t.followupAdded(added)
		return p, err
	}},
	stepFormID: {[]string{titleEntry, userEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		added := incident.AddStep{Title: v[titleEntry]}
		if id := v[userEntry]; id != "" {
			added.Assignee = t.person(ctx, id, "").Name
		}
		return do(s, fmt.Sprintf("Added: %s.", added.Title), added)
	}},
	skipFormID: {[]string{reasonEntry}, func(ctx context.Context, t *turn, s incident.State, parts []string, v values) (plan, error) {
		return do(s, "The step is skipped.", incident.SkipStep{Step: parts[0], Reason: t.plain(ctx, v[reasonEntry])})
	}},
	rejectFormID: {[]string{noteEntry}, func(ctx context.Context, t *turn, s incident.State, parts []string, v values) (plan, error) {
		return do(s, "The step is rejected.", incident.RejectStep{Step: parts[0], Note: t.plain(ctx, v[noteEntry])})
	}},
	pageFormID: {[]string{personEntry, serviceEntry, teamEntry, messageEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		return submitPage(ctx, t, s, v)
	}},
	resolveFormID: {[]string{summaryEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		return do(s, resolvedText(s), incident.Resolve{Summary: t.plain(ctx, v[summaryEntry])})
	}},
	cancelFormID: {[]string{reasonEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		if strings.TrimSpace(v[reasonEntry]) == "" {
			return plan{}, &incident.InvalidError{Field: reasonEntry, Message: "say why it was a false alarm"}
		}
		return do(s, fmt.Sprintf("%s is cancelled.", s.ID), incident.Cancel{Reason: t.plain(ctx, v[reasonEntry])})
	}},
	mergeFormID: {[]string{intoEntry, reasonEntry}, func(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
		return t.mergeInto(ctx, s, incident.ID(v[intoEntry]), v[reasonEntry])
	}},
	recordFormID: {[]string{textEntry, asEntry, ownerEntry, dueEntry, intoEntry}, submitRecord},
}

// contextParts is how many parts the context of a form has at most beside the incident.
const contextParts = 4

func (t *turn) planSubmission(ctx context.Context, s chat.Submission) (plan, error) {
	switch s.Form {
	case declareFormID:
		return submitDeclaration(ctx, t, s)
	case followFormID:
		return submitFollow(ctx, t, s)
	}
	known, ok := submissions[s.Form]
	if !ok {
		return plan{}, ask("This version of Muster does not know that form. Please begin again.")
	}
	about, _ := splitPrompt(s.Context)
	parts := strings.SplitN(about, "|", contextParts+1)
	parts = append(parts, make([]string, contextParts)...)
	t.target, t.chosen = incident.ID(parts[0]), parts[0] == ""
	if t.chosen {
		t.target = incident.ID(s.Values[intoEntry])
	}
	state, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	p, err := known.plan(ctx, t, state, parts[1:], s.Values)
	p.quiet = true
	return p, err
}

func submitRole(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
	if v[userEntry] == "" {
		return plan{}, &incident.InvalidError{Field: userEntry, Message: "choose who takes the role"}
	}
	person := t.person(ctx, v[userEntry], "")
	role, _ := s.Role(v[roleEntry])
	return do(s, fmt.Sprintf("%s is now %s of %s.", person.Name, role.Title, s.ID),
		incident.AssignRole{Role: v[roleEntry], User: person.Name, Email: person.Email, Brief: t.plain(ctx, v[briefEntry])})
}

// submitUpdate posts the update, after a change of status that came with it, so that the
// update is read in its light.
func submitUpdate(ctx context.Context, t *turn, s incident.State, _ []string, v values) (plan, error) {
	var intents []incident.Intent
	if status := incident.Status(v[statusEntry]); status != "" && status != s.Status && s.Status.Active() {
		intents = append(intents, incident.ChangeStatus{Status: status})
	}
	return do(s, fmt.Sprintf("The update on %s is out.%s", s.ID, nextUpdate(s)), append(intents, incident.PostUpdate{Text: t.plain(ctx, v[textEntry])})...)
}

// followupOf is the follow-up that a form describes.
func (t *turn) followupOf(ctx context.Context, title string, v values) (incident.AddFollowup, error) {
	added := incident.AddFollowup{Title: t.plain(ctx, strings.TrimSpace(title))}
	if id := v[ownerEntry]; id != "" {
		person := t.person(ctx, id, "")
		added.Owner = cmp.Or(person.Email, person.Name)
	}
	if day := v[dueEntry]; day != "" {
		due, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return added, &incident.InvalidError{Field: dueEntry, Message: "give the day it is due as 2006-01-02"}
		}
		added.Due = due
	}
	return added, t.dueAhead(added)
}

// submitRecord puts the message on the timeline that the form was opened for.
func submitRecord(ctx context.Context, t *turn, s incident.State, parts []string, v values) (plan, error) {
	ref := incident.MessageRef{ChannelID: parts[0], ID: parts[1]}
	m := chat.Message{Ref: ref, By: chat.Account{ID: parts[2], Name: parts[3]}}
	text, as := v[textEntry], mark(v[asEntry])
	if !t.carrying {
		return t.recorded(ctx, s, m, text, as, v)
	}
	return plan{later: func(ctx context.Context) (plan, error) {
		whole, there, err := t.chat.Message(ctx, ref)
		switch {
		case err != nil:
			t.log().WarnContext(ctx, "a message is recorded without its link", "error", err)
		case there:
			m = whole
		}
		p, err := t.recorded(ctx, s, m, text, as, v)
		p.quiet = true
		return p, err
	}}, nil
}

func (t *turn) recorded(ctx context.Context, s incident.State, m chat.Message, text string, as mark, v values) (plan, error) {
	intents := []incident.Intent{t.recording(ctx, m, text, as == decisionMark)}
	if as == actionMark {
		added, err := t.followupOf(ctx, firstLine(text), v)
		if err != nil {
			return plan{}, err
		}
		added.Title = incident.CutText(added.Title, incident.MaxTitleRunes)
		if !hasFollowup(s, added) {
			intents = append(intents, added)
		}
	}
	return do(s, fmt.Sprintf("It is on the timeline of %s.", s.ID), intents...)
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return first
}

// check decides what a form asks for as the incident will, without doing it, so that the
// form stays open where something is wrong.
func (t *turn) check(ctx context.Context, p plan) error {
	state := p.about
	name, known := t.checkedAs(ctx)
	for _, intent := range p.intents {
		command := incident.Command{Incident: state.ID, Actor: incident.PersonActor(name), Source: t.source(), Intent: intent}
		events, err := incident.Decide(state, command, t.now)
		var broken *incident.RuleError
		if !known && errors.As(err, &broken) {
			return nil // it may be about who it is, which is known when the act is carried out
		}
		if err != nil {
			return err
		}
		for _, e := range events {
			state = incident.Apply(state, e)
		}
	}
	for _, intent := range p.intents {
		merge, ok := intent.(incident.Merge)
		if !ok {
			continue
		}
		if _, err := t.reader.Incident(ctx, merge.Into); errors.Is(err, store.ErrNotFound) {
			return &incident.InvalidError{Field: intoEntry, Message: fmt.Sprintf("there is no incident %s to merge into", merge.Into)}
		}
	}
	return nil
}

// checkedAs is the name of whoever filled in a form. Some rules ask who it is, so the chat is
// asked if that is known at once; known is false where they do and it is not.
func (t *turn) checkedAs(ctx context.Context) (name string, known bool) {
	stand := cmp.Or(t.act.By.Name, t.act.By.ID, "somebody")
	if t.act.Submission.Form != rejectFormID {
		return stand, true
	}
	ctx, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	person := t.identify(ctx, t.act.By.ID, incident.Person{})
	return cmp.Or(person.Name, stand), person.Name != ""
}

// checkFor bounds how long the chat is asked for that. What comes after, keeping the act, has
// the same three seconds of the chat, and the incident checks once more.
const checkFor = 500 * time.Millisecond

// problems are the words of an error beside the fields of the form that it is about; false
// for an error that is none of a form's.
func (t *turn) problems(err error) ([]chat.Problem, bool) {
	if !isWords(err) {
		return nil, false
	}
	fields := []string{titleEntry, serviceEntry, severityEntry, summaryEntry, realEntry}
	switch form := t.act.Submission.Form; form {
	case declareFormID:
	case followFormID:
		fields = []string{whatEntry}
	default:
		known, ok := submissions[form]
		if !ok {
			return nil, false
		}
		fields = known.fields
	}
	entry := fields[0]
	var wrong *incident.InvalidError
	if errors.As(err, &wrong) && slices.Contains(fields, wrong.Field) {
		entry = wrong.Field
	}
	return []chat.Problem{{Entry: entry, Message: capital(err.Error()) + "."}}, true
}
