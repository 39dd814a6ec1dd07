package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/chat"
	"muster/config"
	"muster/incident"
	"muster/store"
	"muster/worker"
)

// followers lets activities tell those who follow an incident, without knowing the store.
type followers struct{ *store.Store }

// Followers implements [activities.Followers].
func (f followers) Followers(ctx context.Context, s incident.State) ([]chat.Account, error) {
	follows, err := f.Store.Followers(ctx, s)
	accounts := make([]chat.Account, len(follows))
	for i, follow := range follows {
		accounts[i] = chat.Account{ID: follow.Account, Name: follow.Person.Name}
	}
	return accounts, err
}

// register lists incidents for the digest.
type register struct{ *store.Store }

// longestResponse bounds how long before its resolution an incident may have been declared to
// be in a digest: it bounds what has to be read for one.
const longestResponse = 90 * 24 * time.Hour

var practice = false

// Active implements [activities.Register].
func (r register) Active(ctx context.Context, limit int) ([]incident.State, error) {
	var active []incident.Status
	for _, status := range incident.Statuses() {
		if status.Active() {
			active = append(active, status)
		}
	}
	page, _, err := r.Incidents(ctx, store.Filter{Status: active, Exercise: &practice, Limit: limit})
	return page, err
}

// ResolvedBetween implements [activities.Register].
func (r register) ResolvedBetween(ctx context.Context, since, until time.Time, limit int) ([]incident.State, error) {
	var resolved []incident.State
	filter := store.Filter{
		Status: []incident.Status{incident.Resolved, incident.Closed}, Exercise: &practice,
		Since: since.Add(-longestResponse), Limit: store.MaxIncidents,
	}
	for {
		page, next, err := r.Incidents(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, s := range page {
			if len(resolved) < limit && !s.ResolvedAt.Before(since) && s.ResolvedAt.Before(until) {
				resolved = append(resolved, s)
			}
		}
		if next == "" || len(resolved) == limit {
			return resolved, nil
		}
		filter.Cursor = next
	}
}

// digestOf is when and where those outside are told.
func digestOf(d config.Digest) worker.Digest {
	return worker.Digest{Channel: d.Channel, At: d.At, Timezone: d.Timezone}
}

// temporalPages is where a namespace is in Temporal's web UI; empty where there is none.
func temporalPages(uiURL, namespace string) string {
	if uiURL == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s", strings.TrimRight(uiURL, "/"), namespace)
}
