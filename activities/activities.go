package activities

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"muster/chat/card"
	"muster/incident"
	"muster/playbooks"
)

// Activities holds what the activities need. Without Mailer, Notifier, Requester, Metrics,
// Automation or Secrets, the actions that need it fail and say what to set; without Followers
// nobody follows, and without Register there is no digest. All other fields must be set, but
// TemporalURL.
type Activities struct {
	Chat       Chat
	Followers  Followers
	Pager      Pager
	Tracker    Tracker
	Mailer     Mailer
	Notifier   Notifier
	Requester  Requester
	Metrics    Metrics
	Automation Automation
	Secrets    Secrets
	Journal    Journal
	Register   Register
	Inbox      Inbox
	// Installation tells this Muster from others that use the same vendors' accounts.
	Installation string
	// PublicURL is where people reach Muster: "https://muster.example.com".
	PublicURL string
	// TemporalURL is where the namespace is in Temporal's web UI, as [card.Pages] has it;
	// empty where there is none to link to.
	TemporalURL string
}

// Action is how every action of the playbook language is done.
type Action func(ctx context.Context, effect playbooks.Effect) (incident.Outcome, error)

// Actions returns the implementation of each action by its name.
func (a *Activities) Actions() map[string]Action {
	actions := map[string]Action{}
	for name, how := range a.table() {
		actions[name] = a.action(name, how)
	}
	return actions
}

// table has a line for each action: how it is done, and what is done instead in an exercise.
// What stays within Muster or only reads is done in an exercise as well.
func (a *Activities) table() map[string]implementation {
	return map[string]implementation{
		playbooks.PagerDutyPage:        {do: a.page, exercise: wouldPage},
		playbooks.PagerDutyAcknowledge: {do: a.acknowledgePages, exercise: would("acknowledge its pages")},
		playbooks.PagerDutyResolve:     {do: a.resolvePages, exercise: would("resolve its pages")},
		playbooks.PagerDutyRequest:     {do: a.requestHelp, exercise: wouldRequestHelp},
		playbooks.PagerDutyNote:        {do: a.notePages, exercise: would("note on its pages: %s", "text")},
		playbooks.PagerDutySetPriority: {do: a.setPagePriority, exercise: would("give its pages the priority of its severity")},
		playbooks.SlackCreateChannel:   {do: a.createChannel, exercise: a.joinExercise},
		playbooks.SlackSetTopic:        {do: a.setTopic, exercise: would("set the topic: %s", "topic")},
		playbooks.SlackPost:            {do: a.post, exercise: a.postExercise},
		playbooks.SlackBrief:           {do: a.brief, exercise: a.briefExercise},
		playbooks.SlackPrompts:         {do: a.prompts, exercise: a.promptsExercise},
		playbooks.SlackAnnounce:        {do: a.announce, exercise: wouldAnnounce},
		playbooks.SlackNotify:          {do: a.notify, exercise: would("tell everybody who follows: %s", "text")},
		playbooks.SlackBookmark:        {do: a.bookmark, exercise: would("add the bookmark %s", "title")},
		playbooks.SlackInvite:          {do: a.invite, exercise: a.inviteExercise},
		playbooks.SlackAlert:           {do: a.alert, exercise: a.postExercise},
		playbooks.JiraCreateIssue:      {do: a.createIssue, exercise: would("file a ticket: %s", "title")},
		playbooks.MailSend:             {do: a.sendMail, exercise: would("send an e-mail: %s", "subject")},
		playbooks.WebhookPost:          {do: a.postWebhook, exercise: would("tell the webhook: %s", "text")},
		playbooks.HTTPRequest:          {do: a.request, exercise: wouldRequest},
		playbooks.TemporalStart:        {do: a.startWorkflow, exercise: would("start the workflow %s", "workflow")},
		playbooks.TemporalSignal:       {do: a.signalWorkflow, exercise: would("send the signal %s to the workflow %s", "signal", "workflow_id")},
		playbooks.PrometheusQuery:      {do: a.queryMetric},
		playbooks.PrometheusCollect:    {do: a.collectMetric},
		playbooks.PostmortemDraft:      {do: a.draftPostmortem},
		playbooks.UpdatePost:           {do: postUpdate},
		playbooks.NoteAdd:              {do: addNote},
		playbooks.FollowupAdd:          {do: addFollowup},
		playbooks.IncidentResolve:      {do: resolve},
	}
}

// key is the same on every attempt at the same work, in every restart and in every
// run of the workflow, and different for all other work anywhere. It holds nothing but
// letters, digits, hyphens and dots, which every vendor takes; no id of a playbook has a
// dot. Where the journal was restored from a backup, the numbers of the events that were
// lost are given out again: a mark keeps the new reactions apart from the old.
func (a *Activities) key(e playbooks.Effect) string {
	key := fmt.Sprintf("muster-%s-%s-%s", a.Installation, e.Incident.ID, strings.ReplaceAll(e.Work.Key(), "@", "."))
	if mark := e.Incident.MarkAt(eventOf(e.Work.ID)); mark != "" {
		key += "." + mark
	}
	return key
}

// shownKey marks the one message that is kept up to date for a purpose in a channel, whatever
// work brings it up to date. It has two dots in a row, which no other key of the incident has.
func (a *Activities) shownKey(id incident.ID, purpose string) string {
	return fmt.Sprintf("muster-%s-%s..%s", a.Installation, id, purpose)
}

// eventOf is the number of the event that a reaction answers, which its id ends with; 0 for
// a step of the playbook.
func eventOf(workID string) int {
	_, number, _ := strings.Cut(workID, "@")
	seq, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return seq
}

// addresses are where people read more.
func (a *Activities) addresses() card.Pages {
	return card.Pages{Muster: a.PublicURL, Temporal: a.TemporalURL}
}

// IncidentURL is the address of an incident's page.
func (a *Activities) IncidentURL(id incident.ID) string { return a.addresses().Incident(id) }

func (a *Activities) incidentLink(s incident.State) incident.Link {
	return incident.Link{Title: string(s.ID), URL: a.IncidentURL(s.ID)}
}

// channelOf returns the incident's channel, or says that there is none to work in.
func channelOf(e call) (string, error) {
	if e.Incident.Channel.ID == "" {
		return "", final("the incident has no channel yet: the step that opens it has not succeeded")
	}
	return e.Incident.Channel.ID, nil
}
