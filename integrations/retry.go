package integrations

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// MaxDelay bounds the wait that a vendor can impose, so that a broken or hostile
// Retry-After cannot park a page for years.
const MaxDelay = 15 * time.Minute

// This is the one table of what is worth another attempt. A failure that it does
// not list is final: the vendor understood the call and refused it.

// retriedStatuses are HTTP statuses that a later attempt may turn into success;
// besides them every 5xx is retried.
var retriedStatuses = []int{
	http.StatusRequestTimeout,
	http.StatusTooEarly,
	http.StatusTooManyRequests,
}

// retriedCodes are the failures that a vendor reports in an answer with status 200.
// See https://docs.slack.dev/reference/methods/chat.postMessage#errors for Slack's.
var retriedCodes = map[string][]string{
	Slack: {
		"external_channel_migrating",
		"fatal_error",
		"internal_error",
		"rate_limited",
		"ratelimited",
		"request_timeout",
		"service_unavailable",
		"team_added_to_org", // the workspace is being moved and answers again soon
	},
}

// retried looks up the table above. Network failures and timeouts have neither
// status nor code and are always retried; [Caller.Call] does not ask for them.
func retried(vendor string, status int, code string) bool {
	switch {
	case status >= 500, slices.Contains(retriedStatuses, status):
		return true
	case status >= 300:
		return false
	case code != "":
		return slices.Contains(retriedCodes[vendor], code)
	default:
		// A success that nobody could read, such as a proxy's page: every call may be
		// repeated safely, so another attempt is the way to learn what happened.
		return true
	}
}

// resetHeaders tell how long a vendor wants to be left alone, in the order in which
// they are believed. Values are seconds; Retry-After may also be an HTTP date. See
// https://docs.slack.dev/apis/web-api/rate-limits (Slack),
// https://developer.pagerduty.com/docs/rest-api-rate-limits (PagerDuty) and
// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (Jira).
var resetHeaders = []string{"Retry-After", "Ratelimit-Reset"}

// retryAfter reads the wait out of an answer's header: between 0 and [MaxDelay].
func retryAfter(header http.Header, now time.Time) time.Duration {
	for _, name := range resetHeaders {
		value := header.Get(name)
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(seconds) {
			// Compared as numbers first: a huge value would overflow a Duration.
			return time.Duration(min(max(seconds, 0), MaxDelay.Seconds()) * float64(time.Second))
		}
		if at, err := http.ParseTime(value); err == nil {
			return min(max(at.Sub(now), 0), MaxDelay)
		}
	}
	return 0
}
