package slack

import (
	"fmt"
	"time"

	"muster/integrations"
)

// limits are Slack's, as far as Muster's calls meet them. Slack counts each method for
// itself, per app and workspace, and publishes a tier for each with a number that is
// meant as "at least": https://docs.slack.dev/apis/web-api/rate-limits. Which method has
// which tier stands on the method's page and, for all of them together, in
// https://github.com/slackapi/java-slack-sdk/blob/main/metadata/web-api/rate_limit_tiers.json.
//
// Muster keeps to the tier's number over time. conversations.history has tier 3 because
// Muster runs as an internal app of its workspace; an app that is sold outside of the
// Marketplace would get one call a minute, which this table does not fit.
var limits = integrations.Limits{
	Of: map[string][]integrations.Limit{
		"auth.test":                {hundreds},
		"bookmarks.add":            {tier2},
		"bookmarks.list":           {tier3},
		"chat.getPermalink":        {hundreds},
		"chat.postEphemeral":       {tier4},
		"chat.postMessage":         {messagesInWorkspace, messagesInChannel},
		"chat.update":              {tier3},
		"conversations.create":     {tier2},
		"conversations.history":    {tier3},
		"conversations.info":       {tier3},
		"conversations.invite":     {tier3},
		"conversations.list":       {tier2Pages},
		"conversations.open":       {tier3},
		"conversations.replies":    {tier3},
		"conversations.setPurpose": {tier2},
		"conversations.setTopic":   {tier2},
		"conversations.unarchive":  {tier2},
		"pins.add":                 {tier2},
		"response_url":             {answers},
		"users.info":               {tier4},
		"users.lookupByEmail":      {tier3},
		"views.open":               {tier4},
	},
	Others: []integrations.Limit{tier2},
}

var (
	// tier2 is "20+ per minute", with "occasional bursts of more": half a minute's worth
	// may go at once, so that two processes, or one before and after a restart, together
	// send no more than a minute's worth at once.
	tier2 = perMinute(20, 10)
	// tier2Pages is the same for a method that is asked for page after page, which Slack
	// gives "greater bursts": https://api.slack.com/changelog/2018-03-great-rate-limits. A
	// minute's worth at once is 20,000 channels.
	tier2Pages = perMinute(20, 20)
	// tier3 is "50+ per minute"; "sporadic bursts are welcome": a minute's worth. That
	// bounds how many people one attempt can look up and invite.
	tier3 = perMinute(50, 50)
	// tier4 is "100+ per minute".
	tier4 = perMinute(100, 50)
	// answers has no published limit but five for each address. Muster takes what tier 4 has.
	answers = integrations.Limit{
		Calls: 100, Per: time.Minute, Burst: 50, Words: "Muster's own limit of 100 answers to people a minute",
	}
	// hundreds is the special tier of auth.test and chat.getPermalink, "hundreds of
	// requests per minute" on their pages. Muster takes what tier 4 has for certain.
	hundreds = perMinute(100, 50)
	// messagesInChannel is the special tier of chat.postMessage: 1 message a second to
	// one channel, with short bursts:
	// https://docs.slack.dev/reference/methods/chat.postMessage#rate_limiting
	messagesInChannel = integrations.Limit{
		Name: "messages in a channel", Each: true, Calls: 1, Per: time.Second, Burst: 3,
		Words: "Slack's limit of 1 message a second and channel",
	}
	// messagesInWorkspace is the other half of it: "several hundred messages per minute".
	// 200 is the least that several hundred can be.
	messagesInWorkspace = integrations.Limit{
		Name: "messages in the workspace", Calls: 200, Per: time.Minute, Burst: 20,
		Words: "Slack's limit of a few hundred messages a minute and workspace, of which Muster takes 200",
	}
)

// perMinute is the limit of a tier, which Slack counts for each method.
func perMinute(calls, burst int) integrations.Limit {
	return integrations.Limit{
		Calls: calls, Per: time.Minute, Burst: burst,
		Words: fmt.Sprintf("Slack's limit of %d calls of this method a minute", calls),
	}
}
