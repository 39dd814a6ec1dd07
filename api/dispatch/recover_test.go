package dispatch

import (
	"context"
	"testing"
	"time"

	"muster/api"
	"muster/incident"
	"muster/internal/declaration"
	"muster/playbooks"
	"muster/store"
	"muster/workflows"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
)

const (
	gone      = enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED
	running   = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	completed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	killed    = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
)

// stands says how a workflow stands in Temporal.
func stands(temporal *mocks.Client, id string, status enumspb.WorkflowExecutionStatus) {
	call := temporal.On("DescribeWorkflowExecution", mock.Anything, id, "")
	if status == gone {
		call.Return(nil, serviceerror.NewNotFound("workflow not found"))
		return
	}
	generation, err := converter.GetDefaultDataConverter().ToPayload(workflows.Generation)
	if err != nil {
		panic(err)
	}
	call.Return(&workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Status: status, Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"muster_generation": generation}},
	}}, nil)
}

func TestAWorkflowThatAnEarlierGenerationBeganIsBegunAgain(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "INC-1", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: running},
	}, nil)
	started := starts(temporal, workflows.IncidentWorkflow)
	done, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Equal(t, []incident.ID{"INC-1"}, done.Incidents)
	require.Len(t, *started, 1)
}

// starts expects a workflow to be started and returns what it is started with.
func starts(temporal *mocks.Client, workflow string) *[]any {
	var inputs []any
	temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, workflow, mock.Anything).
		Run(func(args mock.Arguments) { inputs = append(inputs, args.Get(3)) }).Return(nil, nil)
	return &inputs
}

// declared is an incident that the journal has, with a few commands carried out.
func declared(t *testing.T, db *store.Store, d *Dispatcher, intents ...incident.Intent) incident.State {
	t.Helper()
	id, _, err := db.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	affected, ok := d.catalogue.Service("checkout")
	require.True(t, ok)
	playbook := d.playbooks.Current()[playbooks.Default]
	var state incident.State
	var journal []incident.Event
	do := func(i incident.Intent) {
		events, err := incident.Decide(state, incident.Command{
			Incident: id, Key: "key-" + i.Name(), Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: i,
		}, time.Now())
		require.NoError(t, err)
		for _, e := range events {
			state = incident.Apply(state, e)
		}
		journal = append(journal, events...)
	}
	do(incident.Declare{Title: "Errors", Severity: "SEV2", Scale: declaration.Scale(d.catalogue.Scale()), Service: declaration.Service(affected)})
	attach, err := playbook.Attach(state)
	require.NoError(t, err)
	for _, i := range append([]incident.Intent{attach}, intents...) {
		do(i)
	}
	require.NoError(t, db.Append(t.Context(), journal))
	return state
}

func TestAnIncidentWhoseWorkflowIsGoneGoesOnFromItsJournal(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]enumspb.WorkflowExecutionStatus{"lost": gone, "terminated": killed, "completed too early": completed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, db, temporal := desk(t)
			state := declared(t, db, d, incident.Acknowledge{})
			stands(temporal, "INC-1", status)
			started := starts(temporal, workflows.IncidentWorkflow)

			done, err := d.Recover(t.Context())
			require.NoError(t, err)
			require.Equal(t, []incident.ID{"INC-1"}, done.Incidents)
			require.Len(t, *started, 1)
			input := (*started)[0].(workflows.IncidentInput)
			require.Equal(t, state.Seq, input.Carried.State.Seq)
			require.Contains(t, input.Carried.Keys, workflows.CommandKey{Key: "key-acknowledge"}, "a command that is repeated stays one")
			require.NotEmpty(t, input.Carried.Reactions, "what hooks had to do is still to be done")
		})
	}
}

func TestWhatRunsIsLeftAlone(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d)
	stands(temporal, "INC-1", running)
	done, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Zero(t, done)
}

func TestAnIncidentThatEndedIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d, incident.Cancel{Reason: "false alarm"})
	stands(temporal, "INC-1", completed)
	done, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Zero(t, done)
	unfinished, err := db.Unfinished(t.Context(), "", 0)
	require.NoError(t, err)
	require.Empty(t, unfinished, "and is not looked at again")
}

func TestWhatALostWorkflowStillHadToDoAfterTheEndIsDone(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d, incident.Cancel{Reason: "false alarm"})
	stands(temporal, "INC-1", gone)
	started := starts(temporal, workflows.IncidentWorkflow)
	_, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Len(t, *started, 1)
}

func TestASurvivorIsToldAgainOfWhatItHasNotHeardOf(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]enumspb.WorkflowExecutionStatus{"when both run": running, "when it comes back": gone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, db, temporal := desk(t)
			declared(t, db, d)
			declared(t, db, d, incident.Merge{Into: "INC-1"})
			stands(temporal, "INC-1", status)
			stands(temporal, "INC-2", running)
			if status == gone {
				starts(temporal, workflows.IncidentWorkflow)
			}
			temporal.On("SignalWorkflow", mock.Anything, "INC-1", "", workflows.CommandSignal, mock.MatchedBy(func(c incident.Command) bool {
				absorb, ok := c.Intent.(incident.Absorb)
				return ok && absorb.From == "INC-2" && c.Incident == "INC-1"
			})).Return(nil).Once()
			_, err := d.Recover(t.Context())
			require.NoError(t, err)
		})
	}
}

func TestASurvivorThatHasHeardOfItIsNotToldAgain(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d, incident.Absorb{From: "INC-2"})
	declared(t, db, d, incident.Merge{Into: "INC-1"})
	stands(temporal, "INC-1", running)
	stands(temporal, "INC-2", running)
	_, err := d.Recover(t.Context())
	require.NoError(t, err)
}

func TestAnAlertThatIsHandedOnWhileItsIncidentIsStartedAgainStaysPending(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	accept(t, db, "a", "1", `"x"`, false)
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Run(func(mock.Arguments) {
			bindToJournal(t, db, d)
			_, err := db.Revive(t.Context(), "INC-1")
			require.NoError(t, err)
		}).Return(nil, nil).Once()
	require.NoError(t, d.drain(t.Context()))
	require.Equal(t, 1, pending(t, db), "the life it was handed to does not count any more")
	temporal.On("SignalWorkflow", mock.Anything, "INC-1", "", workflows.AlertsSignal, mock.Anything).Return(nil).Once()
	require.NoError(t, d.drain(t.Context()))
	require.Zero(t, pending(t, db))
}

func TestAMergeThatIsRepeatedIsNotRefusedBecauseItsSurvivorHasEnded(t *testing.T) {
	t.Parallel()
	d, db, _ := desk(t)
	declared(t, db, d, incident.Cancel{})
	state := declared(t, db, d, incident.Merge{Into: "INC-1"})
	merge := incident.Command{Incident: state.ID, Key: "key-merge", Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.Merge{Into: "INC-1"}}
	again, err := d.Do(t.Context(), merge)
	require.NoError(t, err)
	require.Equal(t, incident.Merged, again.Status)
	merge.Key = "another"
	_, err = d.Do(t.Context(), merge)
	var broken *incident.RuleError
	require.ErrorAs(t, err, &broken)
}

func TestAFollowupWhoseWorkflowIsGoneIsTrackedAgain(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	filed := incident.FinishStep{Step: "file-followup@4", Hook: "file-followup", Title: "File", Outcome: incident.Outcome{
		Followup: "F1", Ticket: &incident.Ticket{Key: "SHOP-1", Status: "To Do"},
	}}
	due := time.Now().AddDate(0, 0, -15)
	reminded := incident.Remind{Hook: "followup-due", Subject: "F1", Text: "It is due", Count: 1}
	declared(t, db, d, incident.AddFollowup{Title: "Mend it", Due: due}, filed, reminded)
	stands(temporal, "INC-1", running)
	stands(temporal, "INC-1-F1", gone)
	started := starts(temporal, workflows.FollowupWorkflow)

	done, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"INC-1-F1"}, done.Followups)
	input := (*started)[0].(workflows.FollowupInput)
	require.Equal(t, "SHOP-1", input.Followup.Ticket.Key)
	require.Equal(t, []int{3}, input.Given, "the reminders of three weeks are not given again")
}

func TestAlertsThatWereLostWithTheWorkflowAreHandedOnAgain(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	accept(t, db, "a", "1", `"x"`, false)
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", workflows.AlertsSignal, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(nil, nil).Twice()
	require.NoError(t, d.drain(t.Context()))
	require.Zero(t, pending(t, db), "what was sent is not sent twice")

	stands(temporal, "INC-1", gone)
	done, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, done.Alerts, "the journal does not have it, nor does Temporal")
	require.NoError(t, d.drain(t.Context()))
	require.Zero(t, pending(t, db))
}

func TestAlertsWaitForAWorkflowThatRuns(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	accept(t, db, "a", "1", `"x"`, false)
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", workflows.AlertsSignal, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(nil, nil).Once()
	require.NoError(t, d.drain(t.Context()))
	stands(temporal, "INC-1", running)
	done, err := d.Recover(t.Context())
	require.NoError(t, err)
	require.Zero(t, done.Alerts)
}

func TestAnAlertBringsItsIncidentsWorkflowBack(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	accept(t, db, "a", "1", `"x"`, false)
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(nil, nil).Once()
	require.NoError(t, d.drain(t.Context()))
	bindToJournal(t, db, d)

	accept(t, db, "a", "2", `"x"`, false)
	signal := func(err error) {
		temporal.On("SignalWorkflow", mock.Anything, "INC-1", "", workflows.AlertsSignal, mock.Anything).Return(err).Once()
	}
	signal(serviceerror.NewNotFound("workflow not found"))
	signal(nil)
	stands(temporal, "INC-1", gone)
	started := starts(temporal, workflows.IncidentWorkflow)
	require.NoError(t, d.drain(context.WithoutCancel(t.Context())))
	require.Len(t, *started, 1)
}

// bindToJournal writes down an incident under the number that was reserved for alerts.
func bindToJournal(t *testing.T, db *store.Store, d *Dispatcher) {
	t.Helper()
	playbook := d.playbooks.Current()[playbooks.Default]
	affected, _ := d.catalogue.Service("checkout")
	declare := incident.Command{Incident: "INC-1", Actor: incident.MusterActor(), Source: "alertmanager", Intent: incident.Declare{
		Title: "Errors", Severity: "SEV2", Scale: declaration.Scale(d.catalogue.Scale()), Service: declaration.Service(affected),
	}}
	journal, err := incident.Decide(incident.State{}, declare, time.Now())
	require.NoError(t, err)
	state := incident.Fold(journal)
	attach, err := playbook.Attach(state)
	require.NoError(t, err)
	attached, err := incident.Decide(state, incident.Command{Incident: "INC-1", Actor: incident.MusterActor(), Source: "playbook", Intent: attach}, time.Now())
	require.NoError(t, err)
	require.NoError(t, db.Append(t.Context(), append(journal, attached...)))
}

func TestACommandBringsItsIncidentsWorkflowBack(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	state := declared(t, db, d)
	stands(temporal, string(state.ID), gone)
	answered := mocks.NewWorkflowUpdateHandle(t)
	answered.On("Get", mock.Anything, nil).Return(nil).Once()
	temporal.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, serviceerror.NewNotFound("workflow not found")).Once()
	temporal.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(answered, nil).Once()
	started := starts(temporal, workflows.IncidentWorkflow)

	_, err := d.Do(t.Context(), incident.Command{
		Incident: state.ID, Key: "k", Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.Acknowledge{},
	})
	require.NoError(t, err)
	require.Len(t, *started, 1)
}

func TestACommandOfAnIncidentThatHasEnded(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	state := declared(t, db, d, incident.Cancel{Reason: "false alarm"})
	require.NoError(t, db.Finish(t.Context(), state.ID, 0))
	temporal.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, serviceerror.NewNotFound("workflow not found"))
	cancel := func(key string) error {
		_, err := d.Do(t.Context(), incident.Command{
			Incident: state.ID, Key: key, Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: incident.Cancel{Reason: "false alarm"},
		})
		return err
	}
	require.NoError(t, cancel("key-cancel"), "one that is repeated, because its answer was lost, is answered again")
	var broken *incident.RuleError
	require.ErrorAs(t, cancel("another"), &broken)
}

func TestAWorkflowThatIsStuckIsEndedAndStartedAgain(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	state := declared(t, db, d)
	var options client.StartWorkflowOptions
	temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, workflows.IncidentWorkflow, mock.Anything).
		Run(func(args mock.Arguments) { options = args.Get(1).(client.StartWorkflowOptions) }).Return(nil, nil).Once()
	stands(temporal, string(state.ID), running)
	require.NoError(t, d.Restart(t.Context(), state.ID))
	require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING, options.WorkflowIDConflictPolicy, "in one step")
	require.NoError(t, db.Finish(t.Context(), state.ID, 1))
	var broken *incident.RuleError
	require.ErrorAs(t, d.Restart(t.Context(), state.ID), &broken)
	require.ErrorIs(t, d.Restart(t.Context(), "INC-99"), store.ErrNotFound)
}

func TestADeclarationThatIsRepeatedFindsItsIncidentInTheJournal(t *testing.T) {
	t.Parallel()
	d, db, _ := desk(t)
	declaration := api.Declaration{Title: "Errors", Service: "checkout", Severity: "SEV2", Actor: incident.PersonActor("Sample Responder"), Source: "api"}
	id, _, err := db.NewIncident(t.Context(), "k", digest(declaration))
	require.NoError(t, err)
	bindToJournal(t, db, d)
	state, err := d.Declare(t.Context(), "k", declaration)
	require.NoError(t, err, "without any workflow being started")
	require.Equal(t, id, state.ID)

	declaration.Title = "Something else"
	_, err = d.Declare(t.Context(), "k", declaration)
	var wrong *incident.InvalidError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, "Idempotency-Key", wrong.Field)
}

func TestADeclarationThatMayBeRewordedIsKnownByItsKeyAlone(t *testing.T) {
	t.Parallel()
	d, db, _ := desk(t)
	declaration := api.Declaration{Title: "Errors, says U01", Service: "checkout", Severity: "SEV2", Actor: incident.PersonActor("Sample Responder"), Source: "slack", Reworded: true}
	id, _, err := db.NewIncident(t.Context(), "k", digest(declaration))
	require.NoError(t, err)
	bindToJournal(t, db, d)
	declaration.Title = "Errors, says Sample Responder"
	state, err := d.Declare(t.Context(), "k", declaration)
	require.NoError(t, err)
	require.Equal(t, id, state.ID)
}

func TestAWorkflowOfAnotherMusterIsLeftAlone(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	declared(t, db, d)
	other, err := converter.GetDefaultDataConverter().ToPayload("0badcafe")
	require.NoError(t, err)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "INC-1", "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: running, Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"muster_installation": other}}},
	}, nil)
	_, err = d.Recover(t.Context())
	require.ErrorContains(t, err, "belongs to another Muster")
	require.ErrorContains(t, d.Restart(t.Context(), "INC-1"), "belongs to another Muster")
}
