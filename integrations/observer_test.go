package integrations_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/vendortest"
)

// calls is an observer that remembers.
type calls struct {
	operations []string
	reports    []integrations.CallReport
}

type markKey struct{}

func (c *calls) ObserveCall(ctx context.Context, vendor, operation string) (context.Context, func(integrations.CallReport)) {
	c.operations = append(c.operations, vendor+" "+operation)
	return context.WithValue(ctx, markKey{}, true), func(r integrations.CallReport) { c.reports = append(c.reports, r) }
}

func TestAnObserverIsToldHowACallWent(t *testing.T) {
	t.Parallel()
	const took = 70 * time.Millisecond
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome integrations.Outcome
		status  int
	}{
		"taken":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, integrations.OK, http.StatusOK},
		"refused":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, integrations.Refused, http.StatusForbidden},
		"too many": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, integrations.Limited, http.StatusTooManyRequests},
		"in trouble": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, integrations.Failed, http.StatusServiceUnavailable,
		},
		"broken off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, integrations.NoAnswer, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seen := &calls{}
				client := integrations.NewHTTPClient(&http.Client{Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					<-time.After(took)
					test.answer(w, r)
				}))})
				caller := integrations.NewCaller(integrations.Slack, func(integrations.Refusal) (code, message string) { return "", "" })
				err := caller.Call(integrations.WithObserver(t.Context(), seen), "chat.postMessage", func(ctx context.Context) error {
					require.Equal(t, true, ctx.Value(markKey{}), "the call is made with the observer's context")
					return fetch(ctx, client)
				})
				require.Equal(t, []string{"slack chat.postMessage"}, seen.operations)
				require.Equal(t, []integrations.CallReport{{Took: took, Outcome: test.outcome, Status: test.status, Err: err}}, seen.reports)
			})
		})
	}
}

// fetch asks a vendor as its library would.
func fetch(ctx context.Context, client *http.Client) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://vendor.example.com/", http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func TestAnObserverIsToldOfCallsThatWaitAndThatAreNotMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		seen := &calls{}
		caller := integrations.NewCaller(integrations.Jira, func(integrations.Refusal) (code, message string) { return "", "" }).Shaped(integrations.Limits{
			Others: []integrations.Limit{{Calls: 1, Per: 2 * time.Second, Burst: 1, Words: "a limit"}},
		})
		ctx, cancel := context.WithCancel(integrations.WithObserver(t.Context(), seen))
		made := 0
		call := func(ctx context.Context) error {
			return caller.Call(ctx, "GET /issue", func(context.Context) error { made++; return nil })
		}
		require.NoError(t, call(ctx))
		require.NoError(t, call(ctx))
		require.Equal(t, 2*time.Second, seen.reports[1].Waited)

		impatient, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		require.Error(t, call(impatient))
		require.Equal(t, integrations.Deferred, seen.reports[2].Outcome)
		require.Zero(t, seen.reports[2].Took)

		time.AfterFunc(time.Second, cancel)
		require.Error(t, call(ctx))
		require.Equal(t, integrations.Cancelled, seen.reports[3].Outcome)
		require.Equal(t, time.Second, seen.reports[3].Waited)
		require.Equal(t, 2, made)
	})
}

func TestACallByAnotherProtocolIsObservedToo(t *testing.T) {
	t.Parallel()
	caller := integrations.NewCaller(integrations.Mail, nil)
	for name, test := range map[string]struct {
		err  error
		want integrations.Outcome
	}{
		"taken":              {nil, integrations.OK},
		"refused for good":   {caller.Replied("RCPT TO", 550, "no such mailbox"), integrations.Refused},
		"refused for now":    {caller.Replied("RCPT TO", 451, "later"), integrations.Failed},
		"not answered":       {caller.Unanswered(t.Context(), "connect", errors.New("connection refused")), integrations.NoAnswer},
		"given up":           {caller.Unanswered(t.Context(), "connect", context.Canceled), integrations.Cancelled},
		"an error not ours":  {errors.New("a mistake"), integrations.Failed},
		"too late to answer": {caller.Unanswered(t.Context(), "DATA", context.DeadlineExceeded), integrations.NoAnswer},
	} {
		seen := &calls{}
		err := caller.Observed(integrations.WithObserver(t.Context(), seen), "send", func(context.Context) error { return test.err })
		require.Equal(t, test.err, err, name)
		require.Equal(t, test.want, seen.reports[0].Outcome, name)
	}
}
