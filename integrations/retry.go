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

// unnamedPause is the wait after a refusal for too many requests that names none.
// PagerDuty, whose Events API names none, suggests 30 seconds between attempts:
// https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/05-Rate-Limits.md.
// Slack's and Jira's examples of the header lie between 1 and 30 seconds.
const unnamedPause = 30 * time.Second

// This is the one table of what is worth another attempt. A failure that it does
// not list is final: the vendor understood the call and refused it. Every call of the
// vendor packages may be repeated, so nothing here depends on whether it took effect.

// retriedStatuses are HTTP statuses that a later attempt may turn into success at any
// vendor; besides them every 5xx is retried. They are what the vendors document:
// PagerDuty lists 408, 429 and 500 as worth another attempt for the REST API and 429 and
// 5xx for the Events API, where 400 is final and 202 means that the event is queued
// (https://developer.pagerduty.com/docs/errors,
// https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic);
// Slack answers 429 and, in trouble of its own, 5xx
// (https://docs.slack.dev/apis/web-api/rate-limits); Jira answers 429, and 503 with
// Retry-After (https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).
var retriedStatuses = []int{
	http.StatusRequestTimeout,
	http.StatusTooEarly,
	http.StatusTooManyRequests,
}

// retriedStatusesOf are those of one vendor alone.
var retriedStatusesOf = map[string][]int{
	// Somebody else changed the issue in the same moment:
	// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/.
	Jira: {http.StatusConflict},
}

// retriedCodes are the failures worth another attempt that a vendor reports in an
// answer with status 200. Slack's are explained with each method, for instance at
// https://docs.slack.dev/reference/methods/chat.postMessage#errors. Final, and easily
// taken for passing, are accesslimited (the network may not use the method),
// ekm_access_denied and team_access_not_granted (an admin decides) and every *_limit
// of members, channels and pins.
var retriedCodes = map[string][]string{
	Slack: {
		"external_channel_migrating",
		"fatal_error",            // part of it may have taken effect
		"internal_error",         // likewise
		"invalid_cursor",         // a page's cursor ran out; the next attempt starts at the first page
		"message_limit_exceeded", // the workspace sends too many messages for now
		"org_login_required",     // the workspace is being moved and answers again soon
		"rate_limited",
		"ratelimited",
		"request_timeout", // what we sent arrived in part
		"service_unavailable",
		"team_added_to_org", // as org_login_required
	},
}

// limitCodes are those of the codes above that mean the same as status 429.
var limitCodes = map[string][]string{Slack: {"rate_limited", "ratelimited"}}

// retried looks up the table above. Network failures and timeouts have neither
// status nor code and are always retried; [Caller.Call] does not ask for them.
func retried(vendor string, status int, code string) bool {
	switch {
	case status >= 500, slices.Contains(retriedStatuses, status), slices.Contains(retriedStatusesOf[vendor], status):
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

// limited says whether an answer refuses a call for being one too many.
func limited(vendor string, status int, code string) bool {
	return status == http.StatusTooManyRequests || status < 300 && slices.Contains(limitCodes[vendor], code)
}

// resetHeaders tell how long a vendor wants to be left alone, in the order in which
// they are believed. Values are seconds or dates: Retry-After may be an HTTP date, and
// X-RateLimit-Reset counts only as a date, because what vendors mean by a number in it
// differs. See
// https://docs.slack.dev/apis/web-api/rate-limits (Slack: Retry-After),
// https://developer.pagerduty.com/docs/rest-api-rate-limits (PagerDuty: ratelimit-reset)
// and https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (Jira:
// Retry-After and X-RateLimit-Reset).
var resetHeaders = []struct {
	name    string
	seconds bool
	layouts []string
}{
	{"Retry-After", true, []string{http.TimeFormat, time.RFC850, time.ANSIC}},
	{"Ratelimit-Reset", true, nil},
	{"X-Ratelimit-Reset", false, []string{time.RFC3339, "2006-01-02T15:04Z07:00"}},
}

// retryAfter reads the wait out of an answer's header: between 0 and [MaxDelay]. It is
// false when the header names none that can be understood.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, named bool) {
	for _, reset := range resetHeaders {
		value := header.Get(reset.name)
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && reset.seconds && !math.IsNaN(seconds) {
			// Compared as numbers first: a huge value would overflow a Duration.
			return time.Duration(min(max(seconds, 0), MaxDelay.Seconds()) * float64(time.Second)), true
		}
		for _, layout := range reset.layouts {
			if at, err := time.Parse(layout, value); err == nil {
				return min(max(at.Sub(now), 0), MaxDelay), true
			}
		}
	}
	return 0, false
}
