package main

import (
	"context"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// What has no credentials in production fails each step that needs it, for good and in words
// that people see on the incident. Nothing pretends that somebody was paged.

type unconnectedChat struct{}

type unconnectedPager struct{}

type unconnectedTracker struct{}

func unconnected(vendor, operation, variable string) error {
	return &integrations.Error{
		Vendor: vendor, Operation: operation, Final: true,
		Message: "it is not connected: give the workers " + variable + ", or take this step out of the playbook",
	}
}

func noSlack(operation string) error {
	return unconnected(integrations.Slack, operation, "MUSTER_SLACK_TOKEN")
}

func noPagerDuty(operation string) error {
	return unconnected(integrations.PagerDuty, operation, "MUSTER_PAGERDUTY_TOKEN")
}

func noJira(operation string) error {
	return unconnected(integrations.Jira, operation, "MUSTER_JIRA_TOKEN")
}

func (unconnectedChat) OpenChannel(context.Context, incident.ChannelRequest) (incident.Channel, error) {
	return incident.Channel{}, noSlack("open the channel")
}

func (unconnectedChat) SetTopic(context.Context, string, string) error {
	return noSlack("set the topic")
}

func (unconnectedChat) Post(context.Context, incident.Message) (string, error) {
	return "", noSlack("post")
}

func (unconnectedChat) Show(context.Context, chat.Outgoing) (incident.MessageRef, error) {
	return incident.MessageRef{}, noSlack("post")
}

func (unconnectedChat) TellAccount(context.Context, string, string, chat.Card) (bool, error) {
	return false, noSlack("send a private message")
}

func (unconnectedChat) Bookmark(context.Context, string, incident.Link) error {
	return noSlack("bookmark")
}

func (unconnectedChat) Invite(context.Context, string, []incident.Person) ([]incident.Person, error) {
	return nil, noSlack("invite")
}

func (unconnectedChat) ChannelID(context.Context, string) (string, error) {
	return "", noSlack("find the channel")
}

func (unconnectedChat) OpenForm(context.Context, string, chat.Form) error {
	return noSlack("open a form")
}

func (unconnectedChat) Answer(context.Context, chat.Act, chat.Card) error { return noSlack("answer") }

func (unconnectedChat) Person(context.Context, string) (incident.Person, error) {
	return incident.Person{}, noSlack("look somebody up")
}

func (unconnectedChat) AccountOf(context.Context, incident.Person) (string, bool, error) {
	return "", false, noSlack("look somebody up")
}

func (unconnectedChat) EditPrompt(context.Context, incident.MessageRef, chat.Change) error {
	return noSlack("edit a message")
}

func (unconnectedChat) EditPrompts(context.Context, string, chat.Change) (int, error) {
	return 0, noSlack("edit messages")
}

func (unconnectedChat) Message(context.Context, incident.MessageRef) (chat.Message, bool, error) {
	return chat.Message{}, false, noSlack("read a message")
}

func (unconnectedPager) Page(context.Context, incident.PageRequest) (incident.Page, error) {
	return incident.Page{}, noPagerDuty("page")
}

func (unconnectedPager) Acknowledge(context.Context, incident.Page) error {
	return noPagerDuty("acknowledge")
}

func (unconnectedPager) Resolve(context.Context, incident.Page) error { return noPagerDuty("resolve") }

func (unconnectedPager) OnCall(context.Context, string) ([]incident.Person, error) {
	return nil, noPagerDuty("ask who is on call")
}

func (unconnectedPager) OnCallBy(context.Context, string) ([]incident.Person, error) {
	return nil, noPagerDuty("ask who is on call")
}

func (unconnectedPager) OnSchedule(context.Context, string) ([]incident.Person, error) {
	return nil, noPagerDuty("ask who is on call")
}

func (unconnectedPager) AskPerson(context.Context, incident.Page, incident.Person, string) (bool, error) {
	return false, noPagerDuty("ask for help")
}

func (unconnectedPager) AskPolicy(context.Context, incident.Page, string, string) (bool, error) {
	return false, noPagerDuty("ask for help")
}

func (unconnectedPager) PagePerson(context.Context, incident.PageRequest, incident.Person) (incident.Page, error) {
	return incident.Page{}, noPagerDuty("page")
}

func (unconnectedPager) PagePolicy(context.Context, incident.PageRequest, string) (incident.Page, error) {
	return incident.Page{}, noPagerDuty("page")
}

func (unconnectedPager) AddNote(context.Context, incident.Page, string, string) error {
	return noPagerDuty("add a note")
}

func (unconnectedPager) SetPriority(context.Context, incident.Page, string) (bool, error) {
	return false, noPagerDuty("set the priority")
}

func (unconnectedTracker) OpenTicket(context.Context, incident.TicketRequest) (incident.Ticket, error) {
	return incident.Ticket{}, noJira("file the ticket")
}

func (unconnectedTracker) FindTicket(context.Context, string) (incident.Ticket, bool, error) {
	return incident.Ticket{}, false, nil
}

// Tickets fails rather than to know of none: follow-ups may have tickets from a time when
// Jira was connected, and one that is missing counts as deleted.
func (unconnectedTracker) Tickets(context.Context, []string) ([]incident.Ticket, error) {
	return nil, noJira("look for tickets")
}
