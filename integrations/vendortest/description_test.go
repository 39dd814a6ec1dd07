package vendortest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/vendortest"
)

// witness is a test that notes its failures instead of failing.
type witness struct {
	testing.TB
	failures []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

// unsent is a transport that answers everything itself.
type unsent struct{}

func (unsent) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestValidatingKnowsWhatAVendorWouldRefuse(t *testing.T) {
	t.Parallel()
	if _, ok := vendortest.Counterparts(t); !ok {
		t.Skip("../shared/counterparts is absent")
	}
	const form, document = "application/x-www-form-urlencoded", "application/json"
	for name, row := range map[string]struct {
		vendor, method, path, contentType, body, want string
	}{
		"a good form":              {integrations.Slack, "POST", "/api/pins.add", form, "channel=C1&timestamp=1.0", ""},
		"a form without its field": {integrations.Slack, "POST", "/api/pins.add", form, "timestamp=1.0", `"channel" is missing`},
		"a form for a GET":         {integrations.Slack, "POST", "/api/users.lookupByEmail", form, "email=a%40example.com", ""},
		"a form for a GET without": {integrations.Slack, "POST", "/api/users.lookupByEmail", form, "name=a", "email"},
		"a document for a GET":     {integrations.Slack, "POST", "/api/views.open", document, `{"trigger_id":"t","view":{"type":"modal"}}`, ""},
		"a document without":       {integrations.Slack, "POST", "/api/views.open", document, `{"view":{"type":"modal"}}`, "trigger_id"},
		"an address for answers":   {integrations.Slack, "POST", "/actions/T1/2/x", document, `{"text":"done"}`, ""},
		"a method that is none":    {integrations.Slack, "POST", "/api/pins.remoove", form, "", "no matching operation"},
		"a method after its time":  {integrations.Slack, "POST", "/api/bookmarks.list", form, "channel_id=C1", ""},
		"a good event": {
			integrations.PagerDuty, "POST", "/v2/enqueue", document, `{"routing_key":"k","event_action":"resolve","dedup_key":"d"}`, "",
		},
		"an unknown action": {
			integrations.PagerDuty, "POST", "/v2/enqueue", document, `{"routing_key":"k","event_action":"snooze"}`, "event_action",
		},
		"a good query":       {integrations.PagerDuty, "GET", "/oncalls?include[]=users", document, "", ""},
		"a query gone wrong": {integrations.PagerDuty, "GET", "/oncalls?include[]=pets", document, "", "include[]"},
		"a new search":       {integrations.Jira, "GET", "/rest/api/2/search/jql?jql=key%3DPAY-7", "", "", ""},
		"a link without a title": {
			integrations.Jira, "POST", "/rest/api/2/issue/PAY-7/remotelink", document, `{"object":{"url":"https://example.com"}}`, `"title" is missing`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &witness{TB: t}
			req, err := http.NewRequestWithContext(t.Context(), row.method, "http://127.0.0.1"+row.path, strings.NewReader(row.body))
			require.NoError(t, err)
			req.Header.Set("Accept", "application/vnd.pagerduty+json;version=2")
			req.Header.Set("Content-Type", row.contentType)
			resp, err := vendortest.Validating(seen, row.vendor, unsent{}).RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			if row.want == "" {
				require.Empty(t, seen.failures)
				return
			}
			require.Len(t, seen.failures, 1)
			require.Contains(t, seen.failures[0], row.want)
		})
	}
}
