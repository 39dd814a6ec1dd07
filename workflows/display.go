package workflows

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/incident"

	"go.temporal.io/sdk/workflow"
)

// summaryBytes is Temporal's limit for the summary of an activity or a timer.
const summaryBytes = 400

// AlertActor is what people call the system that sent an alert.
func AlertActor(a incident.Alert) string {
	switch a.Source {
	case "alertmanager":
		return "Alertmanager"
	case "":
		return "monitoring"
	default:
		return a.Source
	}
}

// show keeps Temporal's web UI true: what one sees of the workflow is the incident.
// Search attributes cost an event in the history, so they are set only on change.
func (r *response) show(ctx workflow.Context) {
	s := r.state
	workflow.SetCurrentDetails(ctx, describe(s))
	now := [...]string{string(s.Severity), string(s.Status), s.Service.Name}
	if now == r.shown {
		return
	}
	err := workflow.UpsertTypedSearchAttributes(ctx,
		SeverityAttribute.ValueSet(now[0]), StatusAttribute.ValueSet(now[1]), ServiceAttribute.ValueSet(now[2]))
	if err != nil {
		workflow.GetLogger(ctx).Warn("search attributes not set", "incident", s.ID, "error", err)
		return
	}
	r.shown = now
}

// describe is the incident in a few lines of Markdown.
func describe(s incident.State) string {
	var b strings.Builder
	if s.Exercise != nil {
		b.WriteString("**Exercise**: this is practice.\n\n")
	}
	fmt.Fprintf(&b, "**%s · %s · %s**\n\n%s\n\n", s.ID, s.Severity, s.Status, s.Title)
	fmt.Fprintf(&b, "- service: %s\n", s.Service.Name)
	for _, role := range s.Roles {
		holder := role.Holder
		if holder == "" {
			holder = "nobody yet"
		}
		fmt.Fprintf(&b, "- %s: %s\n", role.Title, holder)
	}
	fmt.Fprintf(&b, "- alerts: %s, firing: %s\n", incident.FormatCount(s.AlertCount()), incident.FormatCount(s.AlertsFiring()))
	for _, step := range s.Steps {
		switch step.State {
		case incident.Failed:
			fmt.Fprintf(&b, "- failed: %s: %s\n", step.Title, step.Error)
		case incident.Running:
			fmt.Fprintf(&b, "- running: %s\n", step.Title)
		case incident.Waiting:
			fmt.Fprintf(&b, "- %s\n", awaited(step))
		}
	}
	for _, f := range s.Followups {
		status := f.Ticket.Status
		if f.Ticket.Key == "" {
			status = "not filed yet"
		}
		fmt.Fprintf(&b, "- follow-up %s %s: %s (%s)\n", f.ID, f.Ticket.Key, f.Title, status)
	}
	return shorten(b.String(), detailsBytes)
}

// awaited says of a step that waits what for.
func awaited(step incident.Step) string {
	switch step.Kind {
	case incident.Decision:
		ways := make([]string, len(step.Options))
		for i, o := range step.Options {
			ways[i] = o.Title
		}
		return fmt.Sprintf("waiting for a decision: %s (%s)", step.Title, strings.Join(ways, "; "))
	case incident.Approval:
		if step.Needed() > 1 {
			return fmt.Sprintf("waiting for approval: %s (%d of %d)", step.Title, len(step.Approvals), step.Needed())
		}
		return "waiting for approval: " + step.Title
	case incident.Wait:
		return fmt.Sprintf("waiting: %s (goes on when %s)", step.Title, step.Until)
	default:
		return "waiting: " + step.Title
	}
}

// detailsBytes is Temporal's limit for details.
const detailsBytes = 20_000

// kinds names what a batch of events is about: "acknowledged, step_started".
func kinds(events []incident.Event) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e.Kind())
	}
	return strings.Join(slices.Compact(names), ", ")
}

// Summary is a title as Temporal shows it in lists.
func Summary(title string) string { return shorten(title, summaryBytes) }

// Details is a declaration as Temporal shows it above a workflow.
func Details(d incident.Declare) string {
	return shorten(fmt.Sprintf("**%s** · service %s\n\n%s\n\n%s", d.Severity, d.Service.Name, d.Title, d.Summary), detailsBytes)
}

// shorten cuts a text to a number of bytes between two characters.
func shorten(text string, maxBytes int) string {
	const mark = "…"
	if len(text) <= maxBytes {
		return text
	}
	cut := maxBytes - len(mark)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + mark
}
