package pagerduty

import (
	"net/http"
	"time"

	"muster/integrations"
)

// limits are PagerDuty's. It counts over a minute that looks back from each call, so a
// burst and what follows it in the minute must together stay below the number:
// Burst + Calls ≤ limit. A twelfth is left for what else uses the key, and for calls that
// the network pushes together.
var limits = integrations.Limits{
	Of: map[string][]integrations.Limit{
		"events " + trigger:     {eventsPerKey},
		"events " + acknowledge: {eventsPerKey},
		"events " + resolve:     {eventsPerKey},
		listOnCalls:             {restPerToken, onCallsPerToken},
	},
	Others: []integrations.Limit{restPerToken},
	Blame:  blame,
}

var (
	// eventsPerKey is the Events API's: about 120 calls per minute and integration key.
	// It is the same for triggering, acknowledging and resolving:
	// https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/05-Rate-Limits.md
	eventsPerKey = integrations.Limit{
		Name: "events", Each: true, Calls: 80, Per: time.Minute, Burst: 30,
		Words: "PagerDuty's limit of 120 events a minute and integration key",
	}
	// restPerToken is the REST API's: 960 requests per minute and account key, or per
	// user over all of the user's keys: https://developer.pagerduty.com/docs/rest-api-rate-limits
	restPerToken = integrations.Limit{
		Name: restAPI, Calls: 800, Per: time.Minute, Burst: 80,
		Words: "PagerDuty's limit of 960 REST requests a minute and token",
	}
	// onCallsPerToken is a further limit that PagerDuty has for listing on-calls, without
	// saying which: https://developer.pagerduty.com/api-reference/ ("operation specific
	// rate limits"). The number is ours, a quarter of the general one; it is here so that
	// a refusal for listing on-calls stops no page.
	onCallsPerToken = integrations.Limit{
		Name: listOnCalls, Calls: 200, Per: time.Minute, Burst: 40,
		Words: "the pace at which Muster lists PagerDuty's on-calls, 200 requests a minute",
	}
)

// restAPI names the limit of all REST requests together, and restLimit is its size as
// PagerDuty's header gives it.
const (
	restAPI   = "REST API"
	restLimit = "960"
)

// blame reads which limit a refusal means: PagerDuty's header tells the size of the one
// that was reached. See https://developer.pagerduty.com/docs/rest-api-rate-limits.
func blame(refusal http.Header) (name string, told bool) {
	switch refusal.Get("Ratelimit-Limit") {
	case "":
		return "", false
	case restLimit:
		return restAPI, true
	default:
		return listOnCalls, true
	}
}
