//go:build !slim

package worker_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"muster/activities"
	"muster/incident"
	"muster/internal/temporalserver/temporaltest"
	"muster/playbooks"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"log/slog"
)

var record = flag.Bool("record", false, "write the histories into testdata/histories")

// A whole incident on a real server: what it leaves in Temporal must replay.
func TestWhatRunsOnARealServerReplays(t *testing.T) {
	server := temporaltest.Start(t, workflows.SearchAttributes()...)
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	temporal, err := client.Dial(client.Options{HostPort: server.FrontendAddress(), Logger: quiet})
	require.NoError(t, err)
	defer temporal.Close()
	w := newWorld()
	run, err := worker.New(temporal, &activities.Activities{
		Chat: w, Pager: w, Tracker: w, Mailer: w, Notifier: w, Journal: w, Register: &register{}, Inbox: w,
		Installation: "test", PublicURL: "https://muster.example.com",
	}, worker.Options{Fatal: func(err error) { t.Error(err) }})
	require.NoError(t, err)
	require.NoError(t, run.Start(t.Context()))
	defer run.Stop()

	live := &liveIncident{t: t, temporal: temporal, world: w}
	live.start()
	live.breakVendor("slack", finalFailure("slack: missing_scope"))
	live.do(incident.Acknowledge{})
	live.until("the announcement to fail", func(s incident.State) bool { return stepIn(s, incident.Failed) != "" })
	live.mendVendor("slack")
	live.retryAll()
	live.do(incident.ChangeSeverity{Severity: "SEV1"})
	live.do(incident.AddFollowup{Title: "Fail over by itself", Due: time.Now().Add(-time.Hour)})
	live.do(incident.AddFollowup{Title: "Warn sooner"})
	live.until("the tickets", func(s incident.State) bool {
		return len(s.Followups) == 2 && s.Followups[0].Ticket.Key != "" && s.Followups[1].Ticket.Key != ""
	})
	live.until("the reminder that is due", func(s incident.State) bool { return s.Reminder("followup-due", "F1").Count == 1 })
	live.do(incident.Resolve{Summary: "failed over"})
	w.finishTicket("PAY-1")
	sweep, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "sweep", TaskQueue: workflows.TaskQueue}, workflows.TicketSweepWorkflow)
	require.NoError(t, err)
	require.NoError(t, sweep.Get(t.Context(), nil))
	digest, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "digest", TaskQueue: workflows.TaskQueue},
		workflows.DigestWorkflow, workflows.DigestPlan{Channel: "digest", Timezone: "Europe/Berlin"})
	require.NoError(t, err)
	require.NoError(t, digest.Get(t.Context(), nil))
	done := workflows.TicketNews{Ticket: incident.Ticket{Key: "PAY-2", Status: "Done", Done: true}}
	require.NoError(t, temporal.SignalWorkflow(t.Context(), "INC-7-F2", "", workflows.TicketSignal, done))
	// What had failed before Slack was mended may have been noted only after that.
	live.retryAll()
	var ended incident.State
	require.NoError(t, temporal.GetWorkflow(t.Context(), "INC-7", "").Get(t.Context(), &ended))
	require.Equal(t, incident.Closed, ended.Status)

	require.NoError(t, temporal.CancelWorkflow(t.Context(), workflows.PulseID, ""))
	require.NoError(t, worker.Check(t.Context(), temporal, client.DefaultNamespace), "the pulse cannot be cancelled")

	for name, id := range map[string]string{"incident": "INC-7", "followup": "INC-7-F1", "ticket-sweep": "sweep", "digest": "digest", "pulse": workflows.PulseID} {
		history := historyOf(t, temporal, id)
		require.NoError(t, replayer(t).ReplayWorkflowHistory(quiet, history), id)
		if *record {
			text, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
			require.NoError(t, err)
			require.NoError(t, os.MkdirAll(ownHistories(), 0o750))
			require.NoError(t, os.WriteFile(filepath.Join(ownHistories(), name+".json"), text, 0o600))
		}
	}
}

func (w *world) finishTicket(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tickets[key]
	t.Status, t.Done = "Done", true
	w.tickets[key] = t
}

// liveIncident is an incident on a real server, in real time.
type liveIncident struct {
	*world
	t        *testing.T
	temporal client.Client
	n        int
}

func (l *liveIncident) start() {
	library, err := playbooks.BuiltIn()
	require.NoError(l.t, err)
	input := workflows.IncidentInput{Declare: declaration(), Playbook: library[playbooks.Default]}
	options := client.StartWorkflowOptions{ID: "INC-7", TaskQueue: workflows.TaskQueue}
	_, err = l.temporal.SignalWithStartWorkflow(l.t.Context(), "INC-7", workflows.AlertsSignal,
		[]workflows.AlertDelivery{instanceDown(1, time.Time{})}, options, workflows.IncidentWorkflow, input)
	require.NoError(l.t, err)
	l.until("the automatic steps", func(s incident.State) bool {
		step, _ := s.Step("ask-roles")
		return step.State == incident.Done
	})
}

func (l *liveIncident) do(intent incident.Intent) {
	l.t.Helper()
	handle, err := l.temporal.UpdateWorkflow(l.t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: "INC-7", UpdateName: intent.Name(), WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{incident.Command{Incident: "INC-7", Actor: incident.PersonActor("ana"), Source: "api", Intent: intent}},
	})
	require.NoError(l.t, err)
	require.NoError(l.t, handle.Get(l.t.Context(), nil))
}

// state asks the workflow how it stands. It is false where nobody has answered: Temporal may put
// the question to a worker that has just stopped, until it has found out.
func (l *liveIncident) state(ctx context.Context) (s incident.State, answered bool) {
	l.t.Helper()
	value, err := l.temporal.QueryWorkflow(ctx, "INC-7", "", workflows.StateQuery)
	if late := new(serviceerror.DeadlineExceeded); errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded) {
		return incident.State{}, false
	}
	require.NoError(l.t, err)
	require.NoError(l.t, value.Get(&s))
	return s, true
}

func (l *liveIncident) until(what string, isSo func(incident.State) bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if s, answered := l.state(ctx); answered && isSo(s) {
			return
		}
		select {
		case <-ctx.Done():
			require.FailNow(l.t, "waited in vain for "+what)
		case <-tick.C:
		}
	}
}

// retryAll tries again what has failed, until nothing has.
func (l *liveIncident) retryAll() {
	l.t.Helper()
	l.until("nothing to have failed", func(s incident.State) bool {
		failed := stepIn(s, incident.Failed)
		if failed != "" {
			l.do(incident.RetryStep{Step: failed})
		}
		return failed == ""
	})
}

func stepIn(s incident.State, state incident.StepState) string {
	for _, step := range s.Steps {
		if step.State == state {
			return step.ID
		}
	}
	return ""
}

func historyOf(t *testing.T, temporal client.Client, id string) *historypb.History {
	t.Helper()
	history := &historypb.History{}
	events := temporal.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		history.Events = append(history.Events, event)
	}
	return history
}
