package doctor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/internal/doctor"
)

func TestACallThatIsPutOffIsMadeWhenItsTurnHasCome(t *testing.T) {
	t.Parallel()
	later := &integrations.Error{Vendor: integrations.PagerDuty, Message: "too many", RetryAfter: 10 * time.Second}
	refused := &integrations.Error{Vendor: integrations.PagerDuty, Message: "too many", Status: 429, RetryAfter: 10 * time.Second}
	for name, test := range map[string]struct {
		answers []error
		limit   time.Duration
		calls   int
		took    time.Duration
		err     error
	}{
		"at once":                            {[]error{nil}, time.Minute, 1, 0, nil},
		"after its turn":                     {[]error{later, refused, nil}, time.Minute, 3, 20 * time.Second, nil},
		"not when the time does not suffice": {[]error{later, nil}, 5 * time.Second, 1, 0, later},
		"not when it was refused for good": {
			[]error{&integrations.Error{Message: "no", Status: 403, Final: true, RetryAfter: time.Second}}, time.Minute, 1, 0,
			&integrations.Error{Message: "no", Status: 403, Final: true, RetryAfter: time.Second},
		},
		"not when the vendor is in trouble": {
			[]error{&integrations.Error{Message: "trouble", Status: 503, RetryAfter: time.Second}}, time.Minute, 1, 0,
			&integrations.Error{Message: "trouble", Status: 503, RetryAfter: time.Second},
		},
		"not for any other error": {[]error{errSample}, time.Minute, 1, 0, errSample},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				calls, began := 0, time.Now()
				_, err := doctor.InTurn(ctx, func(context.Context) (int, error) {
					calls++
					return calls, test.answers[calls-1]
				})
				require.Equal(t, test.err, err)
				require.Equal(t, test.calls, calls)
				require.Equal(t, test.took, time.Since(began))
			})
		})
	}
}

func TestACallThatIsPutOffEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		_, err := doctor.InTurn(ctx, func(context.Context) (int, error) {
			return 0, &integrations.Error{Message: "too many", RetryAfter: time.Hour}
		})
		var failure *integrations.Error
		require.ErrorAs(t, err, &failure)
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestAnAreaThatHangsCostsItsOwnLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		options := doctor.Options{
			Set:           []string{"MUSTER_SLACK_TOKEN_FILE"},
			Variables:     []string{"MUSTER_SLACK_TOKEN"},
			Environment:   func(string) (string, bool) { <-hang; return "", false },
			LoadCatalogue: sampleCatalogue,
			Only:          []string{"settings", "heartbeat"},
			Version:       version,
		}
		report := doctor.Examine(t.Context(), options)
		requireFinding(t, report, doctor.Problem, "the examination did not come to its end within 30s", "look for what hangs")
		requireFinding(t, report, doctor.Warning, "nobody outside notices", "")
		close(hang)
	})
}
