package integrations_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
)

// TestPolicy is the policy of retries as a table: what decides, and what follows.
func TestPolicy(t *testing.T) {
	t.Parallel()
	const (
		final = -1
		again = 0 // the caller decides when
		pause = 30 * time.Second
	)
	vendors := []string{integrations.Slack, integrations.PagerDuty, integrations.Jira, integrations.Webhook}
	slack, jira := vendors[:1], vendors[2:3]
	for name, row := range map[string]struct {
		vendors    []string
		status     int
		code       string
		retryAfter string
		want       time.Duration
	}{
		"a call that the vendor does not understand is final":          {vendors, http.StatusBadRequest, "", "", final},
		"a token that the vendor does not know is final":               {vendors, http.StatusUnauthorized, "", "", final},
		"what an account has not paid for is final":                    {vendors, http.StatusPaymentRequired, "", "", final},
		"what is forbidden is final":                                   {vendors, http.StatusForbidden, "", "", final},
		"what is forbidden is final whatever the header says":          {vendors, http.StatusForbidden, "", "5", final},
		"what does not exist is final":                                 {vendors, http.StatusNotFound, "", "", final},
		"a conflict is final":                                          {vendors[:2], http.StatusConflict, "", "", final},
		"somebody else's change in Jira at the same moment passes":     {jira, http.StatusConflict, "", "", again},
		"a request that arrived too slowly is repeated":                {vendors, http.StatusRequestTimeout, "", "", again},
		"a request that arrived too early is repeated":                 {vendors, http.StatusTooEarly, "", "", again},
		"one request too many is repeated when the vendor says":        {vendors, http.StatusTooManyRequests, "", "5", 5 * time.Second},
		"one request too many is repeated after a pause otherwise":     {vendors, http.StatusTooManyRequests, "", "", pause},
		"nobody waits longer than a quarter of an hour":                {vendors, http.StatusTooManyRequests, "", "1e9", integrations.MaxDelay},
		"trouble of the vendor is waited for":                          {vendors, http.StatusInternalServerError, "", "", again},
		"trouble of a proxy is waited for":                             {vendors, http.StatusBadGateway, "", "", again},
		"trouble is waited for as long as the vendor says":             {vendors, http.StatusServiceUnavailable, "", "5", 5 * time.Second},
		"an answer that nobody can read is asked for again":            {vendors, http.StatusOK, "", "", again},
		"an unknown code in a success is final":                        {vendors, http.StatusOK, "some_future_code", "", final},
		"Slack's ratelimited is one request too many":                  {slack, http.StatusOK, "ratelimited", "", pause},
		"Slack's rate_limited is one request too many":                 {slack, http.StatusOK, "rate_limited", "5", 5 * time.Second},
		"Slack's internal_error passes":                                {slack, http.StatusOK, "internal_error", "", again},
		"Slack's fatal_error passes":                                   {slack, http.StatusOK, "fatal_error", "", again},
		"Slack's service_unavailable passes":                           {slack, http.StatusOK, "service_unavailable", "", again},
		"Slack's request_timeout passes":                               {slack, http.StatusOK, "request_timeout", "", again},
		"Slack's team_added_to_org passes":                             {slack, http.StatusOK, "team_added_to_org", "", again},
		"Slack's org_login_required passes":                            {slack, http.StatusOK, "org_login_required", "", again},
		"Slack's external_channel_migrating passes":                    {slack, http.StatusOK, "external_channel_migrating", "", again},
		"Slack's message_limit_exceeded passes":                        {slack, http.StatusOK, "message_limit_exceeded", "", again},
		"Slack's invalid_cursor passes, since we begin at the start":   {slack, http.StatusOK, "invalid_cursor", "", again},
		"Slack's accesslimited is final":                               {slack, http.StatusOK, "accesslimited", "", final},
		"Slack's ekm_access_denied is final":                           {slack, http.StatusOK, "ekm_access_denied", "", final},
		"a code that passes does not save a refusal by status":         {slack, http.StatusBadRequest, "internal_error", "", final},
		"one vendor's code that passes does not at another":            {vendors[1:], http.StatusOK, "internal_error", "", final},
		"a code that says too much does not turn trouble into a pause": {slack, http.StatusInternalServerError, "ratelimited", "", again},
	} {
		for _, vendor := range row.vendors {
			t.Run(fmt.Sprintf("%s (%s)", name, vendor), func(t *testing.T) {
				t.Parallel()
				address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", row.retryAfter)
					w.WriteHeader(row.status)
					_, _ = fmt.Fprint(w, "refused")
				})
				caller := integrations.NewCaller(vendor, func(integrations.Refusal) (string, string) { return row.code, "" })
				_, err := get(t, caller, address)
				var failure *integrations.Error
				require.ErrorAs(t, err, &failure)
				require.Equal(t, row.want == final, failure.Permanent())
				require.Equal(t, max(row.want, 0), failure.Delay())
			})
		}
	}
}

func TestFailuresWithoutAnAnswerAreRepeated(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"a name that is not found": &netError{}, "a time that is up": context.DeadlineExceeded, "an operator who cancels": context.Canceled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := integrations.NewCaller(integrations.Webhook, silent)
			client := integrations.NewHTTPClient(&http.Client{
				Transport: transport(func(*http.Request) (*http.Response, error) { return nil, cause }),
			})
			err := caller.Call(t.Context(), "POST /", func(ctx context.Context) error {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://sample.example.com", http.NoBody)
				require.NoError(t, err)
				resp, err := client.Do(req)
				if err == nil {
					require.NoError(t, resp.Body.Close())
				}
				return err
			})
			require.Error(t, err)
			require.False(t, integrations.IsFinal(err))
		})
	}
}

// netError is a failure of the network.
type netError struct{}

func (*netError) Error() string { return "lookup sample.example.com: no such host" }
