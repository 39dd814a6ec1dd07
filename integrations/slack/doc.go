// Package slack opens the channel of an incident in Slack, and shows, tells and asks there
// what Muster has to say.
//
// # Once, however often
//
// Slack takes no deduplication key, so every effect leaves a mark by which a
// repetition finds it:
//
//   - A channel carries "[muster:KEY]" in its purpose. Before its purpose is set, it
//     is known by its name (which holds the incident's id), by Muster having created
//     it and by its purpose being empty.
//   - A message carries its key in its metadata, which people do not see. An edit leaves it
//     there. Answers in a thread are looked for in the thread, private messages in their
//     conversation.
//   - Bookmarks, pins, members and topics are compared before they are changed.
//
// What remains possible: somebody writes a purpose, or renames the channel, in the
// moment between its creation and the next attempt; then the next attempt opens a
// second channel with a number behind its name. And a message that was posted more
// than [historyPages] pages ago, or whose text somebody deleted, is posted again; of a
// thread, the first so many pages are searched. What only one person sees (an answer by
// [Client.Answer]) has no mark, so a repetition shows it again.
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
// Text comes from alerts and people, so it is hostile until proven otherwise. Slack knows
// three ways to write one, and only two of them can show any text as it stands:
//
//   - Plain text shows all of it, and formats nothing. What has no bold, link, mention or time
//     in it is written so.
//   - Rich text says of every piece what it is, so that a piece of plain text is just that:
//     paragraphs are written so. It stands in a block by itself only.
//   - Markup (mrkdwn) has no escape for its own signs *, _, ~ and `, only for <, > and &. It
//     is used where Slack takes no rich text and plain text does not do: for facts in
//     columns, small print, and text beside a button; and there only if nothing in the text
//     could be taken for a sign. Otherwise the same is laid out as rich text, in a block of
//     its own. Characters without a width, which would hide the signs from Slack, are not
//     put in: they would come along when somebody copies a name.
//
// So nothing that an alert says can mention anybody, link, format or run a command. People
// are mentioned where a card says so and Slack knows them. Controls of the direction of
// writing are taken out, and a text from right to left is isolated from its neighbours. Names
// of emoji (":fire:") stay names; emoji themselves are shown.
//
// [Client.Post], by which playbooks speak, is the exception: it leaves Slack's formatting
// signs to whoever wrote the playbook.
//
// # Limits
//
// What is too long ends in an ellipsis, after a word where that costs little and never within
// a character. Of a card, a row or a menu with more than fits, what comes first is shown and
// the rest counted: "and 12 more".
package slack
