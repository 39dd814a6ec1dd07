package worker_test

import (
	"context"

	"muster/incident"
)

func (w *world) OnCallBy(ctx context.Context, policy string) ([]incident.Person, error) {
	return w.OnCall(ctx, policy)
}

func (w *world) AskPerson(context.Context, incident.Page, incident.Person, string) (bool, error) {
	return true, w.failing("pagerduty")
}

func (w *world) AskPolicy(context.Context, incident.Page, string, string) (bool, error) {
	return true, w.failing("pagerduty")
}

func (w *world) PagePerson(ctx context.Context, r incident.PageRequest, _ incident.Person) (incident.Page, error) {
	return w.Page(ctx, r)
}

func (w *world) PagePolicy(ctx context.Context, r incident.PageRequest, _ string) (incident.Page, error) {
	return w.Page(ctx, r)
}

func (w *world) AddNote(context.Context, incident.Page, string, string) error {
	return w.failing("pagerduty")
}

func (w *world) SetPriority(context.Context, incident.Page, string) (bool, error) {
	return true, w.failing("pagerduty")
}
