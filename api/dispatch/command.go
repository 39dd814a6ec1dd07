package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/api"
	"muster/incident"
	"muster/internal/declaration"
	"muster/internal/telemetry"
	"muster/playbooks"
	"muster/store"
	"muster/workflows"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// commandTimeout is how long a person is kept waiting for the workflow's answer.
const commandTimeout = 15 * time.Second

// Declare begins an incident, as [api.Commander] says.
func (d *Dispatcher) Declare(ctx context.Context, key string, said api.Declaration) (incident.State, error) {
	ctx, cancel := context.WithTimeout(telemetry.WithAcceptedAt(ctx, time.Now()), commandTimeout)
	defer cancel()
	affected, ok := d.catalogue.Service(said.Service)
	if !ok {
		return incident.State{}, &incident.InvalidError{
			Field: "service", Message: fmt.Sprintf("the catalogue has no service %q", said.Service),
		}
	}
	intent := incident.Declare{
		Title: said.Title, Summary: said.Summary, Severity: said.Severity,
		Scale: declaration.Scale(d.catalogue.Scale()), Service: declaration.Service(affected), Exercise: said.Exercise, Person: said.Person,
	}
	chosen, err := d.choose(said.Playbook, intent)
	if err != nil {
		return incident.State{}, err
	}
	playbook := chosen.Playbook
	intent.Notes = chosen.Notes
	if e := said.Exercise; e != nil {
		if playbook, err = playbook.AtSpeed(cmp.Or(e.Speed, playbooks.MinSpeed)); err != nil {
			return incident.State{}, &incident.InvalidError{Field: "exercise.speed", Message: err.Error()}
		}
	}
	if e := said.Exercise; e != nil && e.Speed > 1 {
		for i := range intent.Scale {
			intent.Scale[i].UpdateEvery = time.Duration(float64(intent.Scale[i].UpdateEvery) / e.Speed)
		}
	}
	command := incident.Command{Incident: "INC-1", Key: key, Actor: said.Actor, Source: said.Source, Intent: intent}
	if _, err := incident.Decide(incident.State{}, command, time.Now()); err != nil {
		return incident.State{}, err
	}
	id, fresh, err := d.store.NewIncident(ctx, key, digest(said))
	if errors.Is(err, store.ErrKeyReused) {
		return incident.State{}, &incident.InvalidError{
			Field: "Idempotency-Key", Message: "this key declared another incident before; give each declaration a key of its own",
		}
	}
	if err != nil {
		return incident.State{}, unavailable(err)
	}
	if !fresh {
		// What the journal has was answered before, whatever became of its workflow.
		if state, err := d.store.Incident(ctx, id); !errors.Is(err, store.ErrNotFound) {
			return state, err
		}
	}
	command.Incident = id
	return d.start(ctx, command, playbook)
}

// start starts the workflow unless it runs, and waits until the journal has the
// declaration.
func (d *Dispatcher) start(ctx context.Context, command incident.Command, playbook *playbooks.Playbook) (incident.State, error) {
	life, err := d.store.Life(ctx, command.Incident)
	if err != nil {
		return incident.State{}, unavailable(err)
	}
	options, input := d.startOf(command, playbook, life)
	handle, err := d.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: d.temporal.NewWithStartWorkflowOperation(options, workflows.IncidentWorkflow, input),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: string(command.Incident), UpdateID: workflows.UpdateID(command), UpdateName: command.Intent.Name(),
			Args: []any{command}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		if isStarted(err) {
			return d.store.Incident(ctx, command.Incident)
		}
		return incident.State{}, unavailable(err)
	}
	return d.answer(ctx, command.Incident, handle)
}

// digest tells apart declarations that were given the same key by mistake. It looks only
// at what the caller said, and is empty, which no two differ by, where that may come in other words.
func digest(d api.Declaration) string {
	if d.Reworded {
		return ""
	}
	said := incident.Declare{Title: d.Title, Summary: d.Summary, Severity: d.Severity, Service: incident.Service{Name: d.Service}, Notes: []string{d.Playbook}, Exercise: d.Exercise, Person: d.Person}
	return incident.Command{Intent: said}.Digest()
}

// startOf says how an incident's workflow is started that the journal does not have. The
// id makes a second one impossible: one that runs is used, one that has ended is not begun
// again. One that somebody has terminated before it could write anything down is.
func (d *Dispatcher) startOf(command incident.Command, playbook *playbooks.Playbook, life int) (client.StartWorkflowOptions, workflows.IncidentInput) {
	return d.optionsOf(command, life), workflows.IncidentInput{Declare: command, Playbook: playbook, Life: life}
}

func (d *Dispatcher) optionsOf(command incident.Command, life int) client.StartWorkflowOptions {
	declare, _ := command.Intent.(incident.Declare)
	return client.StartWorkflowOptions{
		ID:                       string(command.Incident),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		Memo:                     workflows.Memo(d.store.Installation(), life),
		StaticSummary:            workflows.Summary(declare.Title),
		StaticDetails:            workflows.Details(declare),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.SeverityAttribute.ValueSet(string(declare.Severity)),
			workflows.StatusAttribute.ValueSet(string(incident.Investigating)),
			workflows.ServiceAttribute.ValueSet(declare.Service.Name),
		),
	}
}

// Do carries out a command, as [api.Commander] says.
func (d *Dispatcher) Do(ctx context.Context, command incident.Command) (incident.State, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if merge, ok := command.Intent.(incident.Merge); ok {
		if err := d.checkSurvivor(ctx, command.Incident, merge); err != nil {
			// One that is repeated must not be refused for what it has brought about.
			if state, done := d.carriedOut(ctx, command); done {
				return state, nil
			}
			return incident.State{}, err
		}
	}
	err := d.reviving(ctx, command.Incident, func() error {
		handle, err := d.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: string(command.Incident), UpdateID: workflows.UpdateID(command), UpdateName: command.Intent.Name(),
			Args: []any{command}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		if err != nil {
			return err
		}
		return handle.Get(ctx, nil)
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return incident.State{}, err
	case isGone(err):
		return d.withoutWorkflow(ctx, command)
	case err != nil:
		return incident.State{}, unavailable(workflows.FromTemporal(err))
	}
	return d.recorded(ctx, command.Incident)
}

// carriedOut says whether the journal has a command already, and returns the incident as it
// is now.
func (d *Dispatcher) carriedOut(ctx context.Context, command incident.Command) (incident.State, bool) {
	journal, err := d.store.Journal(ctx, command.Incident)
	if err != nil || command.Key == "" {
		return incident.State{}, false
	}
	done := slices.ContainsFunc(journal, func(e incident.Event) bool { return e.Cause == command.Key })
	return incident.Fold(journal), done
}

// withoutWorkflow answers a command for an incident that has no workflow any more: one that
// was carried out before is repeated, any other has come too late.
func (d *Dispatcher) withoutWorkflow(ctx context.Context, command incident.Command) (incident.State, error) {
	if state, done := d.carriedOut(ctx, command); done {
		return state, nil
	}
	state, err := d.store.Incident(ctx, command.Incident)
	if err != nil {
		return incident.State{}, err
	}
	if _, err := incident.Decide(state, command, time.Now()); err != nil {
		return incident.State{}, err
	}
	if state.Status.Ended() {
		return incident.State{}, &incident.RuleError{Rule: string(state.Status), Message: fmt.Sprintf("%s is %s; nothing more can be done about it", state.ID, state.Status)}
	}
	return incident.State{}, fmt.Errorf("%w: the workflow of %s is gone from Temporal", api.ErrUnavailable, state.ID)
}

// checkSurvivor refuses to merge into an incident that cannot take over.
func (d *Dispatcher) checkSurvivor(ctx context.Context, id incident.ID, merge incident.Merge) error {
	into, err := incident.ParseID(string(merge.Into))
	if err != nil {
		return &incident.InvalidError{Field: "into", Message: err.Error()}
	}
	survivor, err := d.store.Incident(ctx, into)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &incident.InvalidError{Field: "into", Message: fmt.Sprintf("there is no incident %s to merge into", into)}
	case err != nil:
		return unavailable(err)
	case survivor.Status.Ended():
		return &incident.RuleError{Rule: "survivor_ended", Message: fmt.Sprintf("%s is %s; merge into an open incident", into, survivor.Status)}
	}
	merged, err := d.store.Incident(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return err
	case err != nil:
		return unavailable(err)
	}
	if (merged.Exercise == nil) != (survivor.Exercise == nil) {
		return &incident.RuleError{Rule: "exercise_and_real", Message: "one of the two is an exercise, which nobody responds to in earnest: they cannot be one incident"}
	}
	return nil
}

// answer waits for the workflow and returns the incident, whose events the journal has
// by then.
func (d *Dispatcher) answer(ctx context.Context, id incident.ID, handle client.WorkflowUpdateHandle) (incident.State, error) {
	if err := handle.Get(ctx, nil); err != nil {
		return incident.State{}, unavailable(workflows.FromTemporal(err))
	}
	return d.recorded(ctx, id)
}

// recorded returns an incident of which the journal must have what was just done.
func (d *Dispatcher) recorded(ctx context.Context, id incident.ID) (incident.State, error) {
	state, err := d.store.Incident(ctx, id)
	if err != nil {
		return incident.State{}, unavailable(err)
	}
	return state, nil
}

// unavailable marks an error as one that may go away, unless it is the domain's
// answer.
func unavailable(err error) error {
	var (
		broken  *incident.RuleError
		wrong   *incident.InvalidError
		missing *incident.NotFoundError
	)
	if errors.As(err, &broken) || errors.As(err, &wrong) || errors.As(err, &missing) || errors.Is(err, store.ErrNotFound) {
		return err
	}
	return fmt.Errorf("%w: %w", api.ErrUnavailable, err)
}

// choose says which playbook an incident follows that a person declares.
func (d *Dispatcher) choose(named string, declared incident.Declare) (playbooks.Chosen, error) {
	chosen, err := declaration.Choose(d.playbooks.Current(), d.catalogue, named, declared, nil, time.Now())
	var unknown *playbooks.UnknownError
	if errors.As(err, &unknown) {
		return chosen, &incident.InvalidError{Field: "playbook", Message: unknown.Error()}
	}
	return chosen, err
}

// alertDeclaration is the incident that an alert calls for, with the playbook it follows.
func (d *Dispatcher) alertDeclaration(id incident.ID, alert incident.Alert) (incident.Command, *playbooks.Playbook, error) {
	command, route := declaration.OfAlert(d.catalogue, alert)
	command.Incident = id
	intent, _ := command.Intent.(incident.Declare)
	now := time.Now()
	chosen, err := declaration.ChooseInAnyCase(d.playbooks.Current(), d.catalogue, route.Playbook, intent, alert, now)
	if err != nil {
		return incident.Command{}, nil, err
	}
	intent.Notes = slices.Concat(intent.Notes, chosen.Notes)
	command.Intent = intent
	// A workflow that cannot begin would take the alerts with it.
	_, err = incident.Decide(incident.State{}, command, now)
	return command, chosen.Playbook, err
}
