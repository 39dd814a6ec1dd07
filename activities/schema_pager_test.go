package activities

import (
	"context"

	"muster/incident"
)

func (everything) OnCallBy(context.Context, string) ([]incident.Person, error) { return nil, nil }
func (everything) AskPerson(context.Context, incident.Page, incident.Person, string) (bool, error) {
	return true, nil
}

func (everything) AskPolicy(context.Context, incident.Page, string, string) (bool, error) {
	return true, nil
}

func (everything) PagePerson(_ context.Context, r incident.PageRequest, _ incident.Person) (incident.Page, error) {
	return incident.Page{Key: r.Key}, nil
}

func (everything) PagePolicy(_ context.Context, r incident.PageRequest, _ string) (incident.Page, error) {
	return incident.Page{Key: r.Key}, nil
}
func (everything) AddNote(context.Context, incident.Page, string, string) error { return nil }
func (everything) SetPriority(context.Context, incident.Page, string) (bool, error) {
	return true, nil
}
