package rehearsal

import (
	"context"
	"slices"

	"muster/incident"
)

// OnCallBy implements [activities.Pager].
func (w *world) OnCallBy(ctx context.Context, policy string) ([]incident.Person, error) {
	return w.OnCall(ctx, policy)
}

// AskPerson implements [activities.Pager].
func (w *world) AskPerson(_ context.Context, p incident.Page, person incident.Person, message string) (bool, error) {
	return w.askForHelp(p, person.Name, message)
}

// AskPolicy implements [activities.Pager].
func (w *world) AskPolicy(_ context.Context, p incident.Page, policy, message string) (bool, error) {
	return w.askForHelp(p, policy, message)
}

func (w *world) askForHelp(p incident.Page, who, message string) (open bool, err error) {
	err = w.ask(PagerDuty, func() {
		if open = w.pages[p.Key] != "resolved"; open && !slices.ContainsFunc(w.entries, func(e Entry) bool { return e.Kind == HelpAsked && e.To == who }) {
			w.note(Entry{Kind: HelpAsked, Text: message, To: who})
		}
	})
	return open, err
}

// PagePerson implements [activities.Pager].
func (w *world) PagePerson(ctx context.Context, r incident.PageRequest, person incident.Person) (incident.Page, error) {
	r.Service = person.Name
	return w.Page(ctx, r)
}

// PagePolicy implements [activities.Pager].
func (w *world) PagePolicy(ctx context.Context, r incident.PageRequest, policy string) (incident.Page, error) {
	r.Service = policy
	return w.Page(ctx, r)
}

// AddNote implements [activities.Pager].
func (w *world) AddNote(_ context.Context, p incident.Page, key, text string) error {
	return w.ask(PagerDuty, func() {
		if marked := key + " on " + p.Key; !w.posted[marked] {
			w.posted[marked] = true
			w.note(Entry{Kind: PageNoted, Text: text, To: p.Service})
		}
	})
}

// SetPriority implements [activities.Pager]: it has one for each severity.
func (w *world) SetPriority(_ context.Context, p incident.Page, name string) (bool, error) {
	return true, w.ask(PagerDuty, func() { w.note(Entry{Kind: PageMoved, Text: "priority " + name, To: p.Service}) })
}
