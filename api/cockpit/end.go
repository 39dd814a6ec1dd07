package cockpit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/store"
)

func planResolve(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		if s.Status == incident.Resolved {
			return plan{}, ask(fmt.Sprintf("%s is already resolved.", s.ID))
		}
		return open(resolveForm(s))
	}
	return do(s, resolvedText(s), incident.Resolve{Summary: t.plain(ctx, rest.from(0))})
}

func resolvedText(s incident.State) string {
	return fmt.Sprintf("%s is resolved. Next: read the draft of the postmortem, and add follow-ups.", s.ID)
}

func planReopen(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	return do(s, fmt.Sprintf("%s is open again.", s.ID), incident.Reopen{Reason: t.plain(ctx, rest.from(0))})
}

func planCancel(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return open(cancelForm(s))
	}
	return do(s, fmt.Sprintf("%s is cancelled.", s.ID), incident.Cancel{Reason: t.plain(ctx, rest.from(0))})
}

// planMerge ends an incident in favour of another: "merge INC-41", or "merge INC-42 into
// INC-41" anywhere.
func planMerge(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	rest = rest.past("into", "with", "to")
	if rest.empty() {
		return t.mergeForm(ctx, s)
	}
	into, named := namedIncident(rest.first())
	if !named {
		return plan{}, ask(fmt.Sprintf("“%s” is no incident. Name the one that carries on: `%s merge INC-42`.", quoted(rest.first().text), t.command),
			say("Choose…", string(s.ID)+" merge")...)
	}
	return t.mergeInto(ctx, s, into, rest.from(1))
}

// mergeInto ends an incident in favour of another. Who responds to it is brought into the other's
// channel, so into a restricted one only those merge who were let in there; that they were
// shown a form says nothing of it.
func (t *turn) mergeInto(ctx context.Context, s incident.State, into incident.ID, reason string) (plan, error) {
	survivor, err := t.reader.Incident(ctx, into)
	switch {
	case errors.Is(err, store.ErrNotFound): // said where it is carried out
	case err != nil:
		return plan{}, err
	case survivor.Restricted() && (survivor.Channel.ID == "" || t.act.Channel != survivor.Channel.ID) &&
		!survivor.Admits(t.identify(ctx, t.act.By.ID, incident.Person{})):
		message := fmt.Sprintf("%s is restricted to those who were let into its channel, and they may merge into it", into)
		return plan{}, &incident.InvalidError{Field: intoEntry, Message: message}
	}
	return do(s, fmt.Sprintf("%s is part of %s now; go on there.", s.ID, into), incident.Merge{Into: into, Reason: t.plain(ctx, reason)})
}

func planPostmortem(ctx context.Context, t *turn, _ line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	text := "It is composed from the timeline whenever somebody opens it, and is complete once the incident is resolved."
	if !s.PostmortemAt.IsZero() {
		text = "It was drafted when the incident was resolved, and follows the timeline."
	}
	c := answer(text)
	c.Summary = "Postmortem of " + string(s.ID)
	if url := t.pages.Postmortem(s.ID); url != "" {
		c.Parts = append([]chat.Part{{Body: chat.Text{chat.Linked("Postmortem of "+string(s.ID), url), chat.Plain(": " + s.Title)}}}, c.Parts...)
	}
	if s.Status == incident.Resolved {
		c.Parts = append(c.Parts, chat.Part{Controls: []chat.Control{{Act: card.FollowupAct, Label: "Add a follow-up…", Value: card.Value(s.ID)}}})
	}
	return show(c)
}

// planList shows the open incidents, or those that the words choose: "all", a service, a
// severity, and words to look for.
func planList(ctx context.Context, t *turn, rest line) (plan, error) {
	filter := store.Filter{Status: store.OpenStatuses(), Limit: card.ListMost + 1}
	title, others := "Open incidents", []string{}
	for i, w := range rest.words {
		word := w.fold()
		name, size := t.severityAt(rest, i)
		service, isService := t.catalogue.Service(word)
		switch {
		case word == "all":
			filter.Status, title = nil, "Incidents"
		case word == "open", word == "":
		case size == 1 && filter.Severity == "":
			filter.Severity = incident.Severity(name)
		case isService && filter.Service == "":
			filter.Service = service.Name
		default:
			others = append(others, word)
		}
	}
	filter.Query = incident.CutText(strings.Join(others, " "), store.MaxQueryRunes)
	for _, part := range []string{string(filter.Severity), filter.Service, filter.Query} {
		if part != "" {
			title += " · " + part
		}
	}
	found, next, err := t.reader.Incidents(ctx, filter)
	if err != nil {
		return plan{}, err
	}
	c := card.List(title, found, next != "", t.pages)
	row := []chat.Control{{Act: card.DeclareAct, Label: "Declare an incident…"}}
	if filter.Status != nil {
		row = append(row, say("Show all", strings.TrimSpace("list all "+rest.tidy()))...)
	}
	c.Parts = append(c.Parts, chat.Part{Controls: row})
	return show(c)
}
