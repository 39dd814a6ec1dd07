// Package jira files follow-ups in Jira Cloud and keeps track of them.
//
// Jira takes no deduplication key, so a ticket carries a label made of its key, and a
// repetition looks for that label before it creates anything. Jira's search runs a few
// seconds behind its writes; when a creation has an uncertain end, the error therefore
// asks for a wait of [indexLag] before the next attempt.
//
// What remains possible: a process that dies right after a creation and is back before
// the search has caught up creates a second ticket. Both carry the label, and from then
// on the older one is the follow-up.
//
// The status of many tickets is one search: see [Client.Tickets]. What people do in Jira
// arrives sooner by its webhook: see [ParseWebhook] and [VerifySignature].
//
// The user is the e-mail address of an Atlassian account and the token one of its API
// tokens. The account needs the permissions to browse projects, create issues, assign
// issues and link issues; without the last two, tickets stay unassigned and are linked
// by their description alone.
package jira
