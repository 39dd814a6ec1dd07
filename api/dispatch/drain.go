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

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// What one signal carries is bounded twice. Temporal takes 2 MiB a payload
// (limit.blobSize.error); an alert is one or two kB, but nobody promises that.
const (
	itemsAtOnce = 200
	bytesAtOnce = 512 << 10
)

// Drain hands on all that the inbox holds, in one pass from the oldest to the newest. It
// goes on after a failure with what does not depend on it, and returns what failed; that
// stays in the inbox, as does what comes behind it on the same subject. It may be
// repeated.
func (d *Dispatcher) Drain(ctx context.Context) error {
	var failures []error
	stuck := map[subject]bool{}
	for after := int64(0); ; {
		items, err := d.store.Pending(ctx, after, store.MaxPending)
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		for _, batch := range batches(items) {
			about := subjectOf(batch[0])
			if stuck[about] {
				continue
			}
			if err := d.deliver(ctx, batch); err != nil {
				stuck[about] = true
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

// batches brings together the items about one subject, in the order of their arrival.
func batches(items []store.Item) [][]store.Item {
	var all [][]store.Item
	open := map[subject]int{}
	size := map[subject]int{}
	for _, item := range items {
		key := subjectOf(item)
		i, ok := open[key]
		if !ok || len(all[i]) >= itemsAtOnce || size[key]+len(item.Body) > bytesAtOnce {
			i = len(all)
			open[key], size[key] = i, 0
			all = append(all, nil)
		}
		size[key] += len(item.Body)
		all[i] = append(all[i], item)
	}
	return all
}

func (d *Dispatcher) deliver(ctx context.Context, items []store.Item) error {
	if items[0].Kind == store.KindTicket {
		return d.deliverTicket(ctx, items)
	}
	return d.deliverAlerts(ctx, items)
}

// deliverAlerts hands the alerts of one group to its incident, which it starts where
// an alert fires that belongs to none.
func (d *Dispatcher) deliverAlerts(ctx context.Context, items []store.Item) error {
	deliveries, first, err := d.decodeAlerts(ctx, items)
	if err != nil || len(deliveries) == 0 {
		return err
	}
	id, isNew, err := d.store.Route(ctx, items[0].Source, items[0].Subject, time.Now(), ReopenWindow, first != nil)
	if err != nil {
		return err
	}
	switch {
	case id == "":
		return d.store.Discard(ctx, itemIDs(deliveries), "resolved, and never seen firing")
	case isNew && first == nil:
		// The incident is being started; these are for the next pass, when the journal
		// has it.
		return nil
	case isNew:
		err = d.startForAlerts(ctx, id, *first, deliveries)
	default:
		err = d.temporal.SignalWorkflow(ctx, string(id), "", workflows.AlertsSignal, deliveries)
	}
	if err != nil {
		return fmt.Errorf("hand %d alerts to %s: %w", len(deliveries), id, err)
	}
	return d.store.Delivered(ctx, itemIDs(deliveries), id)
}

func (d *Dispatcher) startForAlerts(ctx context.Context, id incident.ID, first incident.Alert, deliveries []workflows.AlertDelivery) error {
	command, playbook, err := d.alertDeclaration(id, first, d.catalogue.Route(first.Labels))
	if err != nil {
		return err
	}
	options, input := startOf(command, playbook)
	_, err = d.temporal.SignalWithStartWorkflow(ctx, string(id), workflows.AlertsSignal, deliveries, options, workflows.IncidentWorkflow, input)
	return err
}

// decodeAlerts reads the alerts and puts aside those that a route says to ignore. first
// is the first that fires, by which a new incident is described; nil if none does.
func (d *Dispatcher) decodeAlerts(ctx context.Context, items []store.Item) (deliveries []workflows.AlertDelivery, first *incident.Alert, err error) {
	var ignored []int64
	for _, item := range items {
		var alert incident.Alert
		if err := json.Unmarshal(item.Body, &alert); err != nil {
			return nil, nil, fmt.Errorf("inbox item %d is no alert: %w", item.ID, err)
		}
		if d.catalogue.Route(alert.Labels).Ignore {
			ignored = append(ignored, item.ID)
			continue
		}
		if first == nil && alert.Firing() {
			first = &alert
		}
		deliveries = append(deliveries, workflows.AlertDelivery{Item: item.ID, Alert: alert})
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
	if state.Status.Ended() {
		return d.store.Discard(ctx, ids, "the incident has ended")
	}
	if err := d.tellFollowup(ctx, state, followup, news); err != nil {
		return fmt.Errorf("hand news of %s to %s: %w", latest.Subject, id, err)
	}
	return d.store.Delivered(ctx, ids, id)
}

// tellFollowup signals the workflow of a follow-up. One that was done is tracked again
// when its ticket is opened again.
func (d *Dispatcher) tellFollowup(ctx context.Context, state incident.State, id string, news workflows.TicketNews) error {
	followup, _ := state.Followup(id)
	input := workflows.FollowupInput{Incident: state.ID, Followup: followup}
	if p, err := d.playbook(state.Playbook.Name); err == nil {
		input.Schedules = p.FollowupSchedules()
	}
	if followup.Done && (news.Ticket.Done || news.Deleted) {
		return nil
	}
	input.Followup.Done = false
	_, err := d.temporal.SignalWithStartWorkflow(ctx, workflows.FollowupID(state.ID, id), workflows.TicketSignal, news,
		client.StartWorkflowOptions{
			ID:                    workflows.FollowupID(state.ID, id),
			TaskQueue:             workflows.TaskQueue,
			WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			StaticSummary:         workflows.Summary(followup.Title),
		}, workflows.FollowupWorkflow, input)
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &already) {
		return nil
	}
	return err
}

func itemIDs(deliveries []workflows.AlertDelivery) []int64 {
	ids := make([]int64, len(deliveries))
	for i, d := range deliveries {
		ids[i] = d.Item
	}
	return ids
}
