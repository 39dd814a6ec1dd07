package main

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/plan"
)

// nudge is how long a person waits for Muster to notice that a ticket is done, before they
// move it again: the news of it is lost when the process dies with it, and Muster's own
// search comes every five minutes.
const nudge = 10 * time.Second

// own are the incidents of the case, and the one that its own was merged into.
func (r *responder) own(ctx context.Context) ([]client.Incident, error) {
	found, err := r.client.Incidents(ctx, r.c.Token)
	if err != nil {
		return nil, err
	}
	if into := r.survivor(); into != "" {
		survivor, err := r.client.Incident(ctx, into)
		if err != nil {
			return nil, err
		}
		found = append(found, survivor)
	}
	return found, nil
}

// awaitIncident waits for the active incident that has the alert delivered last, which the
// case is about from now on.
func (r *responder) awaitIncident(ctx context.Context) error {
	return client.Until(ctx, look, func() bool {
		all, err := r.own(ctx)
		if err != nil {
			return false
		}
		for _, view := range all {
			if view.Status.Active() && has(view, r.latest, false) {
				r.ledger.Expect(view.ID, incident.Investigating)
				r.start(view.ID)
				return true
			}
		}
		return false
	})
}

func has(view client.Incident, o ledger.Occurrence, resolved bool) bool {
	for _, a := range view.Alerts {
		if a.Fingerprint == o.Fingerprint && a.StartsAt.Equal(o.StartsAt) {
			return !resolved || a.Status == "resolved" || view.Status.Ended()
		}
	}
	return false
}

// awaitAlerts waits until all that was taken is in some incident.
func (r *responder) awaitAlerts(ctx context.Context) error {
	r.mu.Lock()
	taken := append([]ledger.Alert{}, r.taken...)
	r.mu.Unlock()
	var missing ledger.Alert
	err := client.Until(ctx, look, func() bool {
		all, err := r.own(ctx)
		if err != nil {
			return false
		}
		var lacks bool
		missing, lacks = lacking(all, taken)
		return !lacks
	})
	if err != nil && missing.Fingerprint != "" {
		return fmt.Errorf("alert %s (resolved: %t) is in no incident: %w", missing.Fingerprint, missing.Resolved, err)
	}
	return err
}

// lacking returns an alert that no incident shows. Incidents that do not remember all of
// their alerts one by one are judged by their number.
func lacking(all []client.Incident, taken []ledger.Alert) (ledger.Alert, bool) {
	count, partial := 0, false
	for _, view := range all {
		count += view.AlertCount
		partial = partial || view.AlertCount > len(view.Alerts)
	}
	known := map[ledger.Occurrence]bool{}
	for _, a := range taken {
		known[ledger.Occurrence{Fingerprint: a.Fingerprint, StartsAt: a.StartsAt}] = true
	}
	if partial {
		return ledger.Alert{Occurrence: ledger.Occurrence{Fingerprint: "among many"}}, count < len(known)
	}
	for _, a := range taken {
		shown := false
		for _, view := range all {
			shown = shown || has(view, a.Occurrence, a.Resolved)
		}
		if !shown {
			return a, true
		}
	}
	return ledger.Alert{}, false
}

func (r *responder) awaitReopened(ctx context.Context) error {
	id := r.current()
	return client.Until(ctx, look, func() bool {
		view, err := r.client.Incident(ctx, id)
		if err != nil || !view.Status.Active() {
			return false
		}
		r.ledger.Expect(id, incident.Investigating)
		return true
	})
}

// awaitMerged waits for the end of another case that is merged into this one, and for its
// incident to be taken over.
func (r *responder) awaitMerged(ctx context.Context, other *responder) error {
	if err := await(ctx, other.done); err != nil {
		return err
	}
	if other.survivor() == "" {
		return nil // It broke off before; that is written down there.
	}
	id := r.current()
	err := client.Until(ctx, look, func() bool {
		view, err := r.client.Incident(ctx, id)
		if err != nil {
			return false
		}
		for _, absorbed := range view.Absorbed {
			if absorbed == other.current() {
				return true
			}
		}
		return false
	})
	if err != nil {
		return fmt.Errorf("%s was merged into %s, which does not take it over: %w", other.current(), id, err)
	}
	return nil
}

// finishTickets moves the tickets of all follow-ups to Done, as they come, until the
// incident knows of all.
func (r *responder) finishTickets(ctx context.Context, closes bool) error {
	id := r.current()
	movedAt := map[string]time.Time{}
	open := 0
	err := client.Until(ctx, look, func() bool {
		view, err := r.client.Incident(ctx, id)
		if err != nil {
			return false
		}
		open = 0
		for _, followup := range view.Followups {
			if followup.Done {
				continue
			}
			open++
			if followup.Key != "" {
				r.finishTicket(ctx, followup.Key, movedAt)
			}
		}
		if open == 0 && closes && len(view.Followups) > 0 {
			r.ledger.Expect(id, incident.Closed)
		}
		return open == 0
	})
	if err != nil {
		return fmt.Errorf("%d follow-ups are not done: %w", open, err)
	}
	return nil
}

// finishTicket moves a ticket to Done, and again when nobody noticed.
func (r *responder) finishTicket(ctx context.Context, key string, movedAt map[string]time.Time) {
	at, moved := movedAt[key]
	if moved && time.Since(at) < nudge {
		return
	}
	if moved && r.client.MoveTicket(ctx, key, "In Progress") != nil {
		return
	}
	if r.client.MoveTicket(ctx, key, "Done") == nil {
		movedAt[key] = time.Now()
	}
}

// finish ends the incident of the case that is still active, if any.
func (r *responder) finish(ctx context.Context, command plan.Command) error {
	if err := r.awaitAlerts(ctx); err != nil {
		return err
	}
	var all []client.Incident
	err := client.Until(ctx, look, func() bool {
		var err error
		all, err = r.own(ctx)
		return err == nil
	})
	if err != nil {
		return err
	}
	for _, view := range all {
		if view.Status.Active() {
			if err := r.command(ctx, view.ID, command); err != nil {
				return err
			}
		}
	}
	return nil
}

func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
