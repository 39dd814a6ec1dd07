package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/proof"
	"muster/store"
)

// collectRunning gathers what the running Muster shows to the outside.
func collectRunning(ctx context.Context, c *client.Client, temporal string, e *proof.Evidence) (err error) {
	if e.Incidents, err = c.Incidents(ctx, ""); err != nil {
		return fmt.Errorf("read the list of incidents: %w", err)
	}
	e.Viewed, e.Timelines, e.Reports = map[incident.ID]client.Incident{}, map[incident.ID][]client.Event{}, map[incident.ID][]client.Alert{}
	for _, listed := range e.Incidents {
		if e.Viewed[listed.ID], err = c.Incident(ctx, listed.ID); err != nil {
			return fmt.Errorf("read %s: %w", listed.ID, err)
		}
		if e.Timelines[listed.ID], err = c.Timeline(ctx, listed.ID); err != nil {
			return fmt.Errorf("read the timeline of %s: %w", listed.ID, err)
		}
		if e.Reports[listed.ID], err = c.Reports(ctx, listed.ID); err != nil {
			return fmt.Errorf("read the alerts of %s: %w", listed.ID, err)
		}
	}
	if e.Sandbox, err = c.Sandbox(ctx); err != nil {
		return fmt.Errorf("read the sandbox: %w", err)
	}
	e.Workflows, err = listWorkflows(ctx, temporal)
	return err
}

// collectStopped gathers what is in the database, once no process uses it.
func collectStopped(ctx context.Context, dataDir string, e *proof.Evidence) (err error) {
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(dataDir, "muster.db"), Migrate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	e.Installation = db.Installation()
	e.Journals, e.ReadModel = map[incident.ID][]incident.Event{}, map[incident.ID]incident.State{}
	filter := store.Filter{Limit: store.MaxIncidents}
	for {
		states, next, err := db.Incidents(ctx, filter)
		if err != nil {
			return err
		}
		for _, state := range states {
			e.ReadModel[state.ID] = state
			if e.Journals[state.ID], err = db.Journal(ctx, state.ID); err != nil {
				return err
			}
		}
		if next == "" {
			break
		}
		filter.Cursor = next
	}
	pending, err := db.Pending(ctx, 0, 0)
	if err != nil {
		return err
	}
	for _, item := range pending {
		e.Pending = append(e.Pending, fmt.Sprintf("%s %s %s", item.Kind, item.Subject, item.Key))
	}
	inbox, err := db.InboxStatus(ctx)
	if err != nil {
		return err
	}
	e.Sent = inbox.Sent
	return nil
}
