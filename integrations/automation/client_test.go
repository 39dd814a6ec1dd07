package automation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/automation"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/mocks"
)

// own is a client that must not ask Temporal anything.
func own() *automation.Client {
	return automation.New(automation.Options{
		Temporal: &mocks.Client{}, TaskQueues: []string{"muster", "muster-chat"}, IDs: []string{"muster-pulse"}, Prefixes: []string{"INC-", "muster-ticket-sweep"},
	})
}

func TestWhatIsMustersOwnIsOutOfReach(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"INC-42", "INC-42-F1", "muster-pulse", "muster-ticket-sweep", "muster-ticket-sweep-2026-03-02T14:00:00Z"} {
		err := own().Signal(t.Context(), incident.Signal{Key: "k", WorkflowID: id, Name: "command"})
		require.True(t, integrations.IsFinal(err), id)
		require.ErrorContains(t, err, "the workflow "+id+" is Muster's own")
		_, err = own().Start(t.Context(), incident.Launch{Key: "k", ID: id, Workflow: "Incident", TaskQueue: "deployments"})
		require.ErrorContains(t, err, "the workflow "+id+" is Muster's own")
	}
	_, err := own().Start(t.Context(), incident.Launch{Key: "k", Workflow: "Incident", TaskQueue: "muster-chat"})
	require.True(t, integrations.IsFinal(err))
	require.ErrorContains(t, err, "the task queue muster-chat is Muster's own")
}

func TestIDsAreBounded(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", strings.Repeat("x", 1001)} {
		err := own().Signal(t.Context(), incident.Signal{Key: "k", WorkflowID: id, Name: "go"})
		require.True(t, integrations.IsFinal(err))
		require.ErrorContains(t, err, "empty, or longer than 1000 bytes")
	}
}

func TestWhatTemporalSaysDecidesAboutRetries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err   error
		final bool
		delay time.Duration
		want  string
	}{
		"no permission":    {err: serviceerror.NewPermissionDenied("Request unauthorized.", ""), final: true, want: "temporal: describe: Request unauthorized. (PermissionDenied)"},
		"a wrong argument": {err: serviceerror.NewInvalidArgument("no"), final: true, want: "no (InvalidArgument)"},
		"no namespace":     {err: serviceerror.NewNamespaceNotFound("muster"), final: true, want: "Namespace muster is not found"},
		"too much to do":   {err: &serviceerror.ResourceExhausted{Message: "busy"}, delay: 10 * time.Second, want: "busy (ResourceExhausted)"},
		"away":             {err: serviceerror.NewUnavailable("connection refused"), want: "connection refused (Unavailable)"},
		"no answer":        {err: context.DeadlineExceeded, want: "no answer in time"},
		"anything else":    {err: errors.New("broken"), want: "cannot be reached: broken"},
		"a long complaint": {err: serviceerror.NewUnavailable(strings.Repeat("no ", 500)), want: "no…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := &mocks.Client{}
			temporal.On("DescribeWorkflowExecution", mock.Anything, "k", "").Return(nil, test.err)
			_, err := automation.New(automation.Options{Temporal: temporal}).
				Start(t.Context(), incident.Launch{Key: "k", Workflow: "Rollback", TaskQueue: "deployments"})
			var failure *integrations.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, test.final, failure.Permanent())
			require.Equal(t, test.delay, failure.Delay())
			require.ErrorContains(t, err, test.want)
			require.Less(t, len(err.Error()), 400)
		})
	}
}
