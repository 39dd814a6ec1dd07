package temporalsetup_test

import (
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"muster/internal/health"
	"muster/internal/temporalsetup"
)

func TestReadinessSaysWhatTheNamespaceLacks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stub stub
		want string
	}{
		"all is there":             {stub{retention: week, known: known("MusterSeverity", "MusterStatus")}, ""},
		"it forgets soon":          {stub{known: known("MusterSeverity", "MusterStatus")}, ""},
		"there is no namespace":    {stub{absent: true}, "there is no namespace muster (TEMPORAL_NAMESPACE): run muster setup"},
		"an attribute is missing":  {stub{retention: week, known: known("MusterStatus")}, "the search attribute MusterSeverity is missing: run muster setup"},
		"the credentials are bad":  {stub{refused: map[string]codes.Code{"DescribeNamespace": codes.PermissionDenied}}, "it refuses Muster's credentials"},
		"attributes are not shown": {stub{retention: week, known: known("MusterSeverity", "MusterStatus"), refused: map[string]codes.Code{"ListSearchAttributes": codes.PermissionDenied}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readiness := temporalsetup.NewReadiness(test.stub.dial(t), "muster", attributes())
			for range 2 { // once it was complete, less is asked
				require.Equal(t, test.want, reasonOf(t, readiness))
			}
		})
	}
}

func TestReadinessNoticesANamespaceThatIsMadeAndOneThatIsGone(t *testing.T) {
	t.Parallel()
	s := &stub{gone: new(atomic.Bool), retention: week, known: known("MusterSeverity", "MusterStatus")}
	s.gone.Store(true)
	readiness := temporalsetup.NewReadiness(s.dial(t), "muster", attributes())
	require.Contains(t, reasonOf(t, readiness), "run muster setup")
	s.gone.Store(false)
	require.Empty(t, reasonOf(t, readiness))
	s.gone.Store(true)
	require.Contains(t, reasonOf(t, readiness), "run muster setup")
}

func TestATemporalThatIsAwayIsNotReady(t *testing.T) {
	t.Parallel()
	c := (&stub{retention: week, known: known("MusterSeverity", "MusterStatus")}).dial(t)
	readiness := temporalsetup.NewReadiness(c, "muster", attributes())
	require.Empty(t, reasonOf(t, readiness))
	c.Close()
	require.NotEmpty(t, reasonOf(t, readiness))
}

// reasonOf is what everybody reads of it; empty where it is ready.
func reasonOf(t *testing.T, readiness *temporalsetup.Readiness) string {
	t.Helper()
	monitor, err := health.NewMonitor(health.Options{
		Probes: []health.Probe{{Part: "temporal", Check: readiness.Check}}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return monitor.Check(t.Context())[0].Reason
}
