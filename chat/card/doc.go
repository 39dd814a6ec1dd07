// Package card composes what Muster shows in a chat: the brief of an incident, which stays
// true by being edited in place, prompts with buttons, announcements, and the answers to
// what people ask.
//
// Everything here is a pure function of an incident, or of its events, and knows no chat. It
// puts first what matters most, because a chat may have room for no more. Times are told as
// moments ([chat.Since], [chat.Moment]), so that nothing has to be edited to stay true. What
// alerts and people have written is told as plain spans, whatever they look like: no chat
// takes a plain span for a mention, a link or anything else.
//
// What people can do with a card is listed in act.go: each control says what it is for, and
// what it is about ([Value]).
package card
