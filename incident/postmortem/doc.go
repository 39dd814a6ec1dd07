// Package postmortem drafts the document people learn from after an incident.
//
// The draft is computed from the incident's events and from nothing else:
//
//	document := postmortem.Draft(events, postmortem.Links{Incident: address})
//	text := postmortem.Markdown(document)
//	page, err := postmortem.HTML(document)
//
// It tells what the timeline knows (times, people, alerts, steps, follow-ups), leaves
// the routine out, and asks people for what a timeline cannot know: the cause, the
// extent, the luck. The questions come from the events too: a step that was skipped,
// an acknowledgement that took long, a resolution nobody described.
//
// The wording is blameless. It says what happened and what stood in the way, and
// asks about circumstances, not about persons.
//
// A draft can be made at any time: before the resolution it says how things stand,
// afterwards it fills up as follow-ups are recorded and done. Drafting again from
// the same events gives the same document, byte for byte.
//
// The way from the events to a reader has three stages. [Draft] computes the
// [Document], which is also the JSON form. The document is composed into headings,
// paragraphs, lists and tables, where all wording and typography live. Two small
// writers set these as Markdown and as HTML, and all escaping is theirs: a title full
// of Markdown or HTML is shown as the text it is.
package postmortem
