package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"muster/activities"
	"muster/incident"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// register knows one incident that is active and one that was resolved.
type register struct {
	asked []time.Time
}

func (*register) Active(context.Context, int) ([]incident.State, error) {
	return []incident.State{{ID: "INC-8", Title: "Checkout fails", Status: incident.Investigating}}, nil
}

func (r *register) ResolvedBetween(_ context.Context, since, until time.Time, _ int) ([]incident.State, error) {
	r.asked = append(r.asked, since, until)
	return []incident.State{{ID: "INC-7", Title: "Login fails", Status: incident.Resolved, ResolvedAt: until}}, nil
}

func (*register) Incident(_ context.Context, id incident.ID) (incident.State, error) {
	return incident.State{ID: id}, nil
}

// morning is when digests are due in these tests.
var morning = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// digest runs the digest that was due at a time, so much later, after another one.
func digest(t *testing.T, w *world, r *register, due time.Time, late time.Duration, last *incident.Digest) (incident.Digest, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(due.Add(late))
	scheduled := temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
	require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(scheduled.ValueSet(due))))
	if last != nil {
		env.SetLastCompletionResult(*last)
	}
	worker.Register(env, &activities.Activities{Chat: w, Journal: w, Register: r, Installation: "test", PublicURL: "https://muster.example.com"})
	env.ExecuteWorkflow(workflows.DigestWorkflow, workflows.DigestPlan{Channel: "digest", Timezone: "Europe/Berlin"})
	require.True(t, env.IsWorkflowCompleted())
	if err := env.GetWorkflowError(); err != nil {
		return incident.Digest{}, err
	}
	var posted incident.Digest
	require.NoError(t, env.GetWorkflowResult(&posted))
	return posted, nil
}

func TestEachDayHasOneDigestWhateverIsRepeated(t *testing.T) {
	t.Parallel()
	w, r := newWorld(), &register{}
	first, err := digest(t, w, r, morning, 0, nil)
	require.NoError(t, err)
	require.Equal(t, incident.Digest{Day: "2026-03-02", Since: morning.Add(-24 * time.Hour), Until: morning}, first)
	require.Len(t, w.messages, 1)
	require.Contains(t, w.messages[0], "Checkout fails")
	require.Contains(t, w.messages[0], "Login fails")

	again, err := digest(t, w, r, morning.Add(time.Hour), 0, &first)
	require.NoError(t, err)
	require.Equal(t, first, again, "somebody has triggered the schedule")
	_, err = digest(t, w, r, morning, time.Hour, nil)
	require.NoError(t, err)
	require.Len(t, w.messages, 1, "it is recognised by its key")

	next, err := digest(t, w, r, morning.Add(48*time.Hour), 6*time.Hour, &first)
	require.NoError(t, err)
	require.Equal(t, incident.Digest{Day: "2026-03-04", Since: morning, Until: morning.Add(48 * time.Hour)}, next, "the day that was missed is told as well")
	require.Len(t, w.messages, 2)
	require.Equal(t, []time.Time{morning, morning.Add(48 * time.Hour)}, r.asked[len(r.asked)-2:])
}

func TestADigestWaitsForAChatThatIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.breakVendor("slack", errDown)
	_, err := digest(t, w, &register{}, morning, 0, nil)
	require.ErrorContains(t, err, "connection refused", "it waits for hours, but not for ever")
	w.breakVendor("slack", finalFailure("slack: channel_not_found"))
	_, err = digest(t, w, &register{}, morning, 0, nil)
	require.ErrorContains(t, err, "channel_not_found")
	require.Empty(t, w.messages)
}

func TestADigestIsPlannedForATimeThatThereIs(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]worker.Digest{
		"the digest is posted at a time of day from 00:00 to 23:59": {Channel: "digest", At: 24 * time.Hour},
		"Europe/Atlantis": {Channel: "digest", Timezone: "Europe/Atlantis"},
	} {
		_, err := worker.New(nil, &activities.Activities{}, worker.Options{Digest: plan})
		require.ErrorContains(t, err, name)
	}
}
