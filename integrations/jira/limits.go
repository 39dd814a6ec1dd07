package jira

import (
	"net/http"
	"time"

	"muster/integrations"
)

// limits are Jira Cloud's: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/.
// Its buckets belong to the site, and everybody's integrations drink from them. Muster
// takes a tenth of an endpoint's bucket, which is also what Jira's own advice reckons
// with, and has no need of more: one search asks for a hundred tickets.
//
// Jira's hourly quota of points is for apps; calls with an API token, as Muster's are,
// have none. If Jira refuses by it all the same, every call waits.
var limits = integrations.Limits{
	Of: map[string][]integrations.Limit{
		createIssue: {site, endpoint},
		linkIssue:   {site, endpoint, issueWrites},
		searchUsers: {site, userSearches},
	},
	Others: []integrations.Limit{site, endpoint},
	Blame:  blame,
}

var (
	// site is ours: three endpoints' worth. It is what waits when Jira refuses by quota.
	site = integrations.Limit{
		Name: "site", Calls: 30, Per: time.Second, Burst: 60,
		Words: "the pace that Muster keeps in Jira, 30 calls a second",
	}
	// endpoint is the burst limit: 100 requests per second for GET and POST (150 for
	// reading an issue), counted for each endpoint and method.
	endpoint = integrations.Limit{
		Calls: 10, Per: time.Second, Burst: 20,
		Words: "Jira's limit for this kind of request, of which Muster takes 10 a second",
	}
	// issueWrites is the limit of writes to one issue: 20 in 2 seconds and 100 in 30
	// seconds. 10 at once and 2 a second are at most 14 and 70.
	issueWrites = integrations.Limit{
		Name: writesToIssue, Each: true, Calls: 2, Per: time.Second, Burst: 10,
		Words: "Jira's limit of 100 changes to one issue in 30 seconds",
	}
	// userSearches is a limit that all user searches of the site share. Jira says that
	// there is one (response 429 of
	// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-user-search/)
	// and not how large it is. The number is ours, low since a search stands before every
	// ticket with an owner and a ticket is no hurry.
	userSearches = integrations.Limit{
		Calls: 2, Per: time.Second, Burst: 10,
		Words: "the pace at which Muster looks for Jira users, 2 searches a second",
	}
)

// writesToIssue names the limit of writes to one issue.
const writesToIssue = "writes to an issue"

// blame reads which limit a refusal means from its RateLimit-Reason.
func blame(refusal http.Header) (name string, told bool) {
	switch refusal.Get("Ratelimit-Reason") {
	case "jira-burst-based":
		return endpoint.Name, true
	case "jira-per-issue-on-write":
		return writesToIssue, true
	case "jira-quota-global-based", "jira-quota-tenant-based":
		return site.Name, true
	default:
		return "", false
	}
}
