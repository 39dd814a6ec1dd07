// Package slack opens the channel of an incident in Slack and speaks in it.
//
// # Once, however often
//
// Slack takes no deduplication key, so every effect leaves a mark by which a
// repetition finds it:
//
//   - A channel carries "[muster:KEY]" in its purpose. Before its purpose is set, it
//     is known by its name (which holds the incident's id), by Muster having created
//     it and by its purpose being empty.
//   - A message carries its key in its metadata, which people do not see.
//   - Bookmarks, pins, members and topics are compared before they are changed.
//
// What remains possible: somebody writes a purpose, or renames the channel, in the
// moment between its creation and the next attempt; then the next attempt opens a
// second channel with a number behind its name. And a message that was posted more
// than [historyPages] pages ago, or whose text somebody deleted, is posted again.
//
// # The app
//
// The token is a bot token (xoxb-…). [Scopes] are what it has to be granted and [Events]
// what the app has to be told of; [Manifest] is an app that has both. A scope that is missing
// is named in the error.
//
// # What people do
//
// [Inbound] reads what Slack sends into acts, whether it comes by HTTP or by a [Socket]. An
// act has the same id however often Slack sends it, so that it takes effect once.
//
// # Text
//
// Text comes from alerts, so it is hostile until proven otherwise: <, > and & are
// escaped, which leaves no way to a mention, a command or a disguised link, and what
// is too long for Slack ends in an ellipsis.
package slack
