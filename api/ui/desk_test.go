package ui_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"muster/api/ui"
	"muster/incident"
	"muster/store"
)

// desk carries commands out as the workflow does, by the domain's rules, but at once
// and straight into the store.
type desk struct {
	store *store.Store
	now   func() time.Time

	mu       sync.Mutex
	commands []incident.Command
	// unanswered makes it carry commands out without saying so.
	unanswered bool
}

// scale is the severities of the tests' incidents.
var scale = []incident.SeverityLevel{
	{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute},
	{Name: "SEV2", Pager: "error", UpdateEvery: time.Hour},
	{Name: "SEV3", Pager: "warning"},
	{Name: "SEV4", Pager: "info"},
}

func (d *desk) Declare(ctx context.Context, declaration ui.Declaration) (incident.State, error) {
	id, fresh, err := d.store.NewIncident(ctx, declaration.Key, "")
	if err != nil {
		return incident.State{}, err
	}
	if !fresh {
		return d.store.Incident(ctx, id)
	}
	return d.Do(ctx, incident.Command{
		Incident: id, Key: declaration.Key, Actor: declaration.Actor, Source: declaration.Source,
		Intent: incident.Declare{
			Title: declaration.Title, Summary: declaration.Summary, Severity: incident.Severity(declaration.Severity),
			Scale: scale, Service: incident.Service{Name: declaration.Service, Team: "sample-team"},
		},
	})
}

func (d *desk) Do(ctx context.Context, c incident.Command) (incident.State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commands = append(d.commands, c)
	state, err := d.store.Incident(ctx, c.Incident)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return incident.State{}, err
	}
	done, err := d.doneBefore(ctx, c, state.Seq)
	if err != nil || done {
		return state, err
	}
	events, err := incident.Decide(state, c, d.now())
	if err != nil {
		return incident.State{}, err
	}
	if err := d.store.Append(ctx, events); err != nil {
		return incident.State{}, err
	}
	for _, e := range events {
		state = incident.Apply(state, e)
	}
	if d.unanswered {
		return incident.State{}, errors.New("the answer was lost")
	}
	return state, nil
}

// doneBefore says whether a command with this key took effect already.
func (d *desk) doneBefore(ctx context.Context, c incident.Command, seq int) (bool, error) {
	if c.Key == "" || seq == 0 {
		return false, nil
	}
	events, err := d.store.Events(ctx, c.Incident, 0, 0)
	for _, e := range events {
		if e.Cause == c.Key {
			return true, nil
		}
	}
	return false, err
}
