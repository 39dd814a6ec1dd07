package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

const (
	// itemsATurn is how many items of one subject are handed on before it is looked whether
	// others wait for the lane.
	itemsATurn = 10 * store.MaxPending
	// notYet is how long a subject is left alone that waits for something.
	notYet = 500 * time.Millisecond
)

// progress is what is remembered of a subject from turn to turn.
type progress struct {
	// passed counts what was handed on since the subject last had nothing pending.
	passed int
	// handed is what the inbox does not know yet to be handed on.
	handed []handed

	// looked is when all that is pending was last asked for. last is the last item that was
	// handed on, and before the one that was when the last turn began.
	looked       time.Time
	before, last int64

	// later is how long the last turn asked to be left alone, where that is long.
	later time.Duration
}

// begin returns after which item the next turn has to look. What was handed on of late costs
// the database some time to skip, in a storm more than anything else. What is accepted
// later may have a lower id, if only by what is accepted at the same time; therefore
// the turn begins where the one before did, and every few seconds with the oldest.
func (p *progress) begin(now time.Time) (after int64) {
	after, p.before, p.later = p.before, p.last, 0
	if now.Sub(p.looked) >= pollInterval {
		p.looked = now
		return 0
	}
	return after
}

// rest is what a turn leaves.
type rest int

const (
	// waits says that something has to happen first: another server has claimed the
	// subject, or its incident is just being started.
	waits rest = iota
	// remains says that there is more.
	remains
	// drained says that what was pending when the turn began is so no more.
	drained
)

// turn hands on what is pending about one subject, in order. With an error, what failed and
// all that comes behind it stays in the inbox. It may be repeated.
func (d *Dispatcher) turn(ctx context.Context, about store.Subject, p *progress) (rest, error) {
	release, ours, err := d.store.Claim(ctx, "inbox/"+about.Kind+"/"+about.Source+"/"+about.Key)
	if err != nil || !ours {
		return waits, err
	}
	defer release()
	if err := d.markHanded(ctx, p); err != nil {
		return waits, err
	}
	after := p.begin(time.Now())
	for handed := 0; handed < itemsATurn; {
		items, err := d.store.PendingOf(ctx, about, after, store.MaxPending)
		if err != nil {
			return waits, err
		}
		for _, b := range batches(about, items, p.passed) {
			gone, err := d.deliver(ctx, b, p)
			if err != nil || !gone {
				return waits, err
			}
			p.passed += len(b.items)
		}
		handed += len(items)
		if len(items) > 0 {
			after = items[len(items)-1].ID
			p.last = max(p.last, after)
		}
		if len(items) < store.MaxPending {
			// What arrives from now on is for another turn, and so is what is pending all the
			// same because its incident has ended or begun another life in the meantime.
			p.passed = 0
			return drained, nil
		}
	}
	return remains, nil
}

// batch is what is handed on at once.
type batch struct {
	subject store.Subject
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

// batches divides the items about one subject, in their order; so many have passed before.
func batches(about store.Subject, items []store.Item, passed int) []*batch {
	var all []*batch
	for i, item := range items {
		bare := passed+i >= itemsAtOnce
		if len(all) == 0 || !all[len(all)-1].takes(item, bare) {
			all = append(all, &batch{subject: about, bare: bare})
		}
		b := all[len(all)-1]
		b.items, b.bytes = append(b.items, item), b.bytes+len(item.Body)
	}
	return all
}

// deliver hands a batch on. gone says that it has left the inbox; false without an error
// means that it has to wait.
func (d *Dispatcher) deliver(ctx context.Context, b *batch, p *progress) (gone bool, err error) {
	switch {
	case slices.Contains(handledKinds, b.subject.Kind):
		return d.handle(ctx, b.items, p)
	case b.subject.Kind == store.KindTicket:
		return true, d.deliverTicket(ctx, b.items)
	}
	return d.deliverAlerts(ctx, b, p)
}

// deliverAlerts hands the alerts of one group to its incident, which it starts where
// an alert fires that belongs to none. They are sent then; they leave the inbox once the
// incident's journal has them.
func (d *Dispatcher) deliverAlerts(ctx context.Context, b *batch, p *progress) (gone bool, err error) {
	deliveries, first, err := d.decodeAlerts(ctx, b)
	if err != nil || len(deliveries) == 0 {
		return err == nil, err
	}
	id, isNew, err := d.store.Route(ctx, b.subject.Source, b.subject.Key, time.Now(), ReopenWindow, first != nil)
	if err != nil {
		return false, err
	}
	// Asked before the workflow is handed anything: should it begin another life meanwhile,
	// what this one was handed stays pending.
	life := 0
	if id != "" {
		if life, err = d.store.Life(ctx, id); err != nil {
			return false, err
		}
	}
	switch {
	case id == "":
		return true, d.store.Discard(ctx, itemIDs(deliveries), "resolved, and never seen firing")
	case isNew && first == nil:
		// The incident is being started; these are for another turn, when the journal has it.
		return false, nil
	}
	handing, ended := d.telemetry.HandOver(ctx, id, b.items)
	if isNew {
		err = d.startForAlerts(handing, id, life, *first, deliveries)
	} else {
		err = d.reviving(handing, id, func() error {
			return d.temporal.SignalWorkflow(handing, string(id), "", workflows.AlertsSignal, deliveries)
		})
	}
	ended(err)
	if err != nil {
		return false, fmt.Errorf("hand %d alerts to %s: %w", len(deliveries), id, err)
	}
	p.handed = append(p.handed, handed{itemIDs(deliveries), id, life})
	return true, d.markHanded(ctx, p)
}

// handed is what a workflow was handed, as long as the inbox does not say so.
type handed struct {
	items []int64
	to    incident.ID
	life  int
}

// markHanded writes down what was handed on. Until that succeeds nothing more about the
// subject is, so that a database which takes no writes does not have the same signals sent
// again and again.
func (d *Dispatcher) markHanded(ctx context.Context, p *progress) error {
	for len(p.handed) > 0 {
		h := p.handed[0]
		if err := d.store.Sent(ctx, h.items, h.to, h.life); err != nil {
			return err
		}
		p.handed = p.handed[1:]
	}
	return nil
}

func (d *Dispatcher) startForAlerts(ctx context.Context, id incident.ID, life int, first incident.Alert, deliveries []workflows.AlertDelivery) error {
	command, playbook, err := d.alertDeclaration(id, first)
	if err != nil {
		return err
	}
	if declare, ok := command.Intent.(incident.Declare); ok {
		declare.AcceptedAt = acceptedAt(deliveries)
		command.Intent = declare
	}
	options, input := d.startOf(command, playbook, life)
	_, err = d.temporal.SignalWithStartWorkflow(ctx, string(id), workflows.AlertsSignal, deliveries, options, workflows.IncidentWorkflow, input)
	return err
}

// acceptedAt is when the first alert that fires was taken in.
func acceptedAt(deliveries []workflows.AlertDelivery) time.Time {
	i := slices.IndexFunc(deliveries, func(d workflows.AlertDelivery) bool { return d.Alert.Firing() })
	if i < 0 {
		return time.Time{}
	}
	return deliveries[i].ReceivedAt
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
	handing, ended := d.telemetry.HandOver(ctx, id, items)
	err = d.tellFollowup(handing, state, followup, news)
	ended(err)
	if err != nil {
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
