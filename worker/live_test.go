//go:build !slim

package worker_test

import (
	"context"
	"log/slog"
	"sync"
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
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// cluster is a real Temporal with as many workers as a test wants.
type cluster struct {
	t       *testing.T
	address string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	return &cluster{t: t, address: temporaltest.Start(t, workflows.SearchAttributes()...).FrontendAddress()}
}

// client connects as another process would.
func (c *cluster) client() client.Client {
	c.t.Helper()
	connected, err := client.Dial(client.Options{HostPort: c.address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(c.t, err)
	c.t.Cleanup(connected.Close)
	return connected
}

// worker starts one, which is stopped when the test ends.
func (c *cluster) worker(temporal client.Client, a *activities.Activities, o worker.Options) *worker.Worker {
	c.t.Helper()
	w, err := worker.New(temporal, a, o)
	require.NoError(c.t, err)
	require.NoError(c.t, w.Start(c.t.Context()))
	c.t.Cleanup(w.Stop)
	return w
}

// begin declares an incident.
func (c *cluster) begin(temporal client.Client, id incident.ID) {
	c.t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(c.t, err)
	declare := declaration()
	declare.Incident = id
	_, err = temporal.ExecuteWorkflow(c.t.Context(), client.StartWorkflowOptions{ID: string(id), TaskQueue: workflows.TaskQueue},
		workflows.IncidentWorkflow, workflows.IncidentInput{Declare: declare, Playbook: library[playbooks.Default]})
	require.NoError(c.t, err)
}

// journals keeps the journal of each incident in a world of its own.
type journals struct {
	mu sync.Mutex
	of map[incident.ID]*world
}

func (j *journals) world(id incident.ID) *world {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.of == nil {
		j.of = map[incident.ID]*world{}
	}
	if j.of[id] == nil {
		j.of[id] = newWorld()
	}
	return j.of[id]
}

func (j *journals) Record(ctx context.Context, id incident.ID, life int, events []incident.Event, items []int64) error {
	return j.world(id).Record(ctx, id, life, events, items)
}

func (j *journals) Finish(ctx context.Context, id incident.ID, life int) error {
	return j.world(id).Finish(ctx, id, life)
}

func (j *journals) Events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error) {
	return j.world(id).Events(ctx, id, after, limit)
}

func (j *journals) OpenFollowups(context.Context) ([]activities.OpenFollowup, error) { return nil, nil }

// hangingChat never answers.
type hangingChat struct {
	*world
	calls chan string
}

func (c hangingChat) OpenChannel(ctx context.Context, r incident.ChannelRequest) (incident.Channel, error) {
	c.calls <- r.Key
	<-ctx.Done()
	return incident.Channel{}, ctx.Err()
}

// pagerWith calls a function for each page.
type pagerWith struct {
	*world
	page func(ctx context.Context, r incident.PageRequest)
}

func (p pagerWith) Page(ctx context.Context, r incident.PageRequest) (incident.Page, error) {
	p.page(ctx, r)
	return p.world.Page(ctx, r)
}

func TestAChatThatHangsInItsLastSlotDelaysNoPage(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	w := newWorld()
	asked, paged := make(chan string, 100), make(chan string, 100)
	temporal := c.client()
	c.worker(temporal, &activities.Activities{
		Chat:  hangingChat{w, asked},
		Pager: pagerWith{w, func(_ context.Context, r incident.PageRequest) { paged <- r.Key }}, Tracker: w, Mailer: w, Notifier: w,
		Journal: &journals{}, Inbox: w, Installation: "test", PublicURL: "https://muster.example.com",
	}, worker.Options{Slots: map[string]int{workflows.ChatQueue: 1}, StopTimeout: time.Millisecond})

	c.begin(temporal, "INC-7")
	require.Contains(t, <-asked, "INC-7", "the only slot for the chat is taken")
	require.Contains(t, <-paged, "INC-7")
	for _, id := range []incident.ID{"INC-8", "INC-9"} {
		c.begin(temporal, id)
		require.Contains(t, <-paged, string(id))
	}
	require.Empty(t, asked, "their channels still wait for the slot, and will as long as the first one does")
}

func TestAWorkerThatStopsFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	w, journal := newWorld(), &journals{}
	calls := make(chan struct{}, 100)
	a := &activities.Activities{
		Chat: w, Tracker: w, Mailer: w, Notifier: w, Journal: journal, Inbox: w,
		Installation: "test", PublicURL: "https://muster.example.com",
		Pager: pagerWith{w, func(ctx context.Context, _ incident.PageRequest) {
			calls <- struct{}{}
			<-activity.GetWorkerStopChannel(ctx) // the pager answers while the worker stops
		}},
	}
	first := c.client()
	stopping, err := worker.New(first, a, worker.Options{})
	require.NoError(t, err)
	require.NoError(t, stopping.Start(t.Context()))
	c.begin(first, "INC-7")
	<-calls
	stopping.Stop()
	stopping.Stop()
	require.Len(t, w.paged, 1, "it was not cut off")

	second := c.client()
	c.worker(second, a, worker.Options{})
	live := &liveIncident{t: t, temporal: second, world: w}
	live.until("the page to be known of", func(s incident.State) bool {
		step, _ := s.Step("page")
		return step.State == incident.Done
	})
	require.Empty(t, calls, "what it had done was reported, and is not done again")
}

func TestTheDeathOfAWorkerDoesNotLookLikeTheDeathOfAll(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	dying, living := c.client(), c.client()
	c.worker(dying, &activities.Activities{}, worker.Options{StopTimeout: time.Millisecond})
	require.NoError(t, worker.Check(t.Context(), living, client.DefaultNamespace), "the first one keeps the pulse from now on")
	c.worker(living, &activities.Activities{}, worker.Options{})

	dying.Close() // as kill -9 does: Temporal is not told

	// The first answer is right, but for a machine that is too busy to give any.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for err := errDown; err != nil; {
		err = worker.Check(ctx, living, client.DefaultNamespace)
		require.NoError(t, ctx.Err(), "%v", err)
	}
}

func TestManyWorkersHaveOneScheduleAndKeepItUpToDate(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	temporal := c.client()
	_, err := temporal.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: "muster-ticket-sweep", Paused: true, Note: "Jira moves house",
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: "muster-ticket-sweep", Workflow: workflows.TicketSweepWorkflow, TaskQueue: "an earlier one"},
	})
	require.NoError(t, err)

	var together sync.WaitGroup
	for range 3 {
		w, err := worker.New(c.client(), &activities.Activities{}, worker.Options{})
		require.NoError(t, err)
		t.Cleanup(w.Stop)
		together.Go(func() {
			if err := w.Start(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()

	schedule, err := temporal.ScheduleClient().GetHandle(t.Context(), "muster-ticket-sweep").Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, []client.ScheduleIntervalSpec{{Every: worker.SweepInterval}}, schedule.Schedule.Spec.Intervals)
	require.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, schedule.Schedule.Policy.Overlap)
	require.Equal(t, worker.SweepInterval, schedule.Schedule.Policy.CatchupWindow, "after an outage the tracker is asked once")
	require.Equal(t, workflows.TaskQueue, schedule.Schedule.Action.(*client.ScheduleWorkflowAction).TaskQueue)
	require.True(t, schedule.Schedule.State.Paused, "people have paused it")
	require.NoError(t, worker.Check(t.Context(), temporal, client.DefaultNamespace))
}

func TestAVersionOfTheWorkersTakesOverWhenItIsMadeTheCurrentOne(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	temporal := c.client()
	c.worker(temporal, &activities.Activities{}, worker.Options{StopTimeout: time.Millisecond})
	require.NoError(t, worker.Check(t.Context(), temporal, client.DefaultNamespace))
	c.worker(c.client(), &activities.Activities{}, worker.Options{Deployment: worker.Deployment{BuildID: "1.4.0"}})

	deployment := temporal.WorkerDeploymentClient().GetHandle(worker.DefaultDeployment)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for { // until the queues of the version are known
		_, err := deployment.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "1.4.0"})
		if err == nil {
			break
		}
		require.NoError(t, ctx.Err(), "%v", err)
	}
	for { // what runs moves at its next task, once the queues have heard of it
		require.NoError(t, temporal.SignalWorkflow(ctx, workflows.PulseID, "", "any", nil))
		described, err := temporal.DescribeWorkflowExecution(ctx, workflows.PulseID, "")
		require.NoError(t, err)
		if version := described.GetWorkflowExecutionInfo().GetVersioningInfo(); version.GetDeploymentVersion().GetBuildId() != "" {
			require.Equal(t, "1.4.0", version.GetDeploymentVersion().GetBuildId())
			require.Equal(t, enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE, version.GetBehavior())
			return
		}
	}
}

func TestTheDigestHasAScheduleForAsLongAsItIsWanted(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	temporal := c.client()
	digest := temporal.ScheduleClient().GetHandle(t.Context(), "muster-digest")
	updatedAt := func(d worker.Digest) time.Time {
		w, err := worker.New(c.client(), &activities.Activities{}, worker.Options{Digest: d})
		require.NoError(t, err)
		t.Cleanup(w.Stop)
		require.NoError(t, w.Start(t.Context()))
		if d.Channel == "" {
			return time.Time{}
		}
		schedule, err := digest.Describe(t.Context())
		require.NoError(t, err)
		calendar := schedule.Schedule.Spec.Calendars[0]
		require.Equal(t, int(d.At/time.Hour), calendar.Hour[0].Start)
		require.Equal(t, int(d.At%time.Hour/time.Minute), calendar.Minute[0].Start)
		require.Equal(t, d.Timezone, schedule.Schedule.Spec.TimeZoneName)
		require.Equal(t, "muster-digest", schedule.Schedule.Action.(*client.ScheduleWorkflowAction).ID)
		return schedule.Info.LastUpdateAt
	}
	updatedAt(worker.Digest{})
	nine := worker.Digest{Channel: "digest", At: 9*time.Hour + 30*time.Minute, Timezone: "Europe/Berlin"}
	updatedAt(nine)
	later := nine
	later.At = 10 * time.Hour
	changed := updatedAt(later)
	elsewhere := later
	elsewhere.Channel = "C0123456789"
	require.NotEqual(t, changed, updatedAt(elsewhere), "workflows are told the channel")
	require.Equal(t, updatedAt(elsewhere), updatedAt(elsewhere), "what is up to date is left alone")
	updatedAt(worker.Digest{})
	_, err := digest.Describe(t.Context())
	var gone *serviceerror.NotFound
	require.ErrorAs(t, err, &gone)
}
