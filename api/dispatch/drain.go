package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"muster/incident"
	"muster/store"
	"muster/workflows"
)

// What one signal carries is bounded twice. Temporal takes 2 MiB a payload
// (limit.blobSize.error); an alert is one or two kB, but nobody promises that.
const (
	itemsAtOnce = 200
	bytesAtOnce = 512 << 10
	// bareAtOnce bounds alerts without what they said ([incident.Alert.Bare]), of 170 bytes
	// each. Those of a group that come behind itemsAtOnce others are sent so: an incident
	// that gets so many at once counts most of them.
	bareAtOnce = 1000
)

// Drain hands on all that the inbox holds, in one pass from the oldest to the newest. It
// goes on after a failure with what does not depend on it, and returns what failed; that
// stays in the inbox, as does what comes behind it on the same subject. It may be
// repeated.
func (d *Dispatcher) Drain(ctx context.Context) error {
	if err := d.markHanded(ctx); err != nil {
		return err
	}
	var failures []error
	stuck, passed := map[subject]bool{}, map[subject]int{}
	for after := int64(0); ; {
		items, err := d.store.Pending(ctx, after, store.MaxPending)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		for _, batch := range batches(items, passed) {
			if stuck[batch.subject] {
				continue
			}
			if err := d.deliver(ctx, batch); err != nil {
				stuck[batch.subject] = true
				failures = append(failures, err)
			}
		}
		if len(items) < store.MaxPending {
			return errors.Join(failures...)
		}
		after = items[len(items)-1].ID
	}
}

// subject is what items that must stay in order have in common.
type subject struct{ kind, source, key string }

func subjectOf(i store.Item) subject { return subject{i.Kind, i.Source, i.Subject} }

// batch is what is handed on at once.
type batch struct {
	subject subject
	items   []store.Item
	// bare says that the alerts go without what they said.
	bare  bool
	bytes int
}

func (b *batch) takes(i store.Item, bare bool) bool {
	if bare || b.bare {
		return bare == b.bare && len(b.items) < bareAtOnce
	}
	return len(b.items) < itemsAtOnce && b.bytes+len(i.Body) <= bytesAtOnce
}

// batches brings together the items about one subject, in the order of their arrival.
// passed counts those of each subject so far.
func batches(items []store.Item, passed map[subject]int) []*batch {
	var all []*batch
	open := map[subject]*batch{}
	for _, item := range items {
		about := subjectOf(item)
		bare := passed[about] >= itemsAtOnce
		b := open[about]
		if b == nil || !b.takes(item, bare) {
			b = &batch{subject: about, bare: bare}
			open[about] = b
			all = append(all, b)
		}
		b.items, b.bytes = append(b.items, item), b.bytes+len(item.Body)
		passed[about]++
	}
	return all
}

func (d *Dispatcher) deliver(ctx context.Context, b *batch) error {
	if b.subject.kind == store.KindTicket {
		return d.deliverTicket(ctx, b.items)
	}
	return d.deliverAlerts(ctx, b)
}

// deliverAlerts hands the alerts of one group to its incident, which it starts where
// an alert fires that belongs to none. They are sent then; they leave the inbox once the
// incident's journal has them.
func (d *Dispatcher) deliverAlerts(ctx context.Context, b *batch) error {
	deliveries, first, err := d.decodeAlerts(ctx, b)
	if err != nil || len(deliveries) == 0 {
		return err
	}
	id, isNew, err := d.store.Route(ctx, b.subject.source, b.subject.key, time.Now(), ReopenWindow, first != nil)
	if err != nil {
		return err
	}
	// Asked before the workflow is handed anything: should it begin another life meanwhile,
	// what this one was handed stays pending.
	life := 0
	if id != "" {
		if life, err = d.store.Life(ctx, id); err != nil {
			return err
		}
	}
	switch {
	case id == "":
		return d.store.Discard(ctx, itemIDs(deliveries), "resolved, and never seen firing")
	case isNew && first == nil:
		// The incident is being started; these are for the next pass, when the journal
		// has it.
		return nil
	case isNew:
		err = d.startForAlerts(ctx, id, life, *first, deliveries)
	default:
		err = d.reviving(ctx, id, func() error {
			return d.temporal.SignalWorkflow(ctx, string(id), "", workflows.AlertsSignal, deliveries)
		})
	}
	if err != nil {
		return fmt.Errorf("hand %d alerts to %s: %w", len(deliveries), id, err)
	}
	d.handed = append(d.handed, handed{itemIDs(deliveries), id, life})
	return d.markHanded(ctx)
}

// handed is what a workflow was handed, as long as the inbox does not say so.
type handed struct {
	items []int64
	to    incident.ID
	life  int
}

// markHanded writes down what was handed on. Until that succeeds nothing more is, so that a
// database which takes no writes does not have the same signals sent again and again.
func (d *Dispatcher) markHanded(ctx context.Context) error {
	for len(d.handed) > 0 {
		h := d.handed[0]
		if err := d.store.Sent(ctx, h.items, h.to, h.life); err != nil {
			return err
		}
		d.handed = d.handed[1:]
	}
	return nil
}

func (d *Dispatcher) startForAlerts(ctx context.Context, id incident.ID, life int, first incident.Alert, deliveries []workflows.AlertDelivery) error {
	command, playbook, err := d.alertDeclaration(id, first, d.catalogue.Route(first.Labels))
	if err != nil {
		return err
	}
	options, input := d.startOf(command, playbook)
	input.Life = life
	_, err = d.temporal.SignalWithStartWorkflow(ctx, string(id), workflows.AlertsSignal, deliveries, options, workflows.IncidentWorkflow, input)
	return err
}

// decodeAlerts reads the alerts and puts aside those that a route says to ignore. first
// is the first that fires, by which a new incident is described; nil if none does.
func (d *Dispatcher) decodeAlerts(ctx context.Context, b *batch) (deliveries []workflows.AlertDelivery, first *incident.Alert, err error) {
	var ignored []int64
	for _, item := range b.items {
		var alert incident.Alert
		if err := json.Unmarshal(item.Body, &alert); err != nil {
			return nil, nil, fmt.Errorf("inbox item %d is no alert: %w", item.ID, err)
		}
		if d.catalogue.Route(alert.Labels).Ignore {
			ignored = append(ignored, item.ID)
			continue
		}
		if first == nil && alert.Firing() {
			described := alert
			first = &described
		}
		if b.bare {
			alert = alert.Bare()
		}
		deliveries = append(deliveries, workflows.AlertDelivery{Item: item.ID, Alert: alert, ReceivedAt: item.ReceivedAt.UTC()})
	}
	if len(ignored) > 0 {
		err = d.store.Discard(ctx, ignored, "a route says to ignore it")
	}
	return deliveries, first, err
}

// deliverTicket hands news of a ticket to the workflow that tracks it. Only the latest
// matters, since each says all there is.
func (d *Dispatcher) deliverTicket(ctx context.Context, items []store.Item) error {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	latest := items[len(items)-1]
	var news workflows.TicketNews
	if err := json.Unmarshal(latest.Body, &news); err != nil {
		return fmt.Errorf("inbox item %d is no news of a ticket: %w", latest.ID, err)
	}
	id, followup, err := d.store.FollowupByTicket(ctx, latest.Subject)
	if errors.Is(err, store.ErrNotFound) {
		return d.store.Discard(ctx, ids, "the ticket belongs to no follow-up")
	}
	if err != nil {
		return err
	}
	state, err := d.store.Incident(ctx, id)
	if err != nil {
		return err
	}
	if f, ok := state.Followup(followup); state.Status.Ended() && (!ok || f.Done) {
		return d.store.Discard(ctx, ids, "the incident has ended")
	}
	if err := d.tellFollowup(ctx, state, followup, news); err != nil {
		return fmt.Errorf("hand news of %s to %s: %w", latest.Subject, id, err)
	}
	return d.store.Delivered(ctx, ids, id)
}

func itemIDs(deliveries []workflows.AlertDelivery) []int64 {
	ids := make([]int64, len(deliveries))
	for i, d := range deliveries {
		ids[i] = d.Item
	}
	return ids
}
