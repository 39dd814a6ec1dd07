package activities

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

// Activities holds what the activities need. All fields but Mailer and Notifier must be
// set; without one of these, the action that needs it fails and says what to set.
type Activities struct {
	Chat     Chat
	Pager    Pager
	Tracker  Tracker
	Mailer   Mailer
	Notifier Notifier
	Journal  Journal
	Inbox    Inbox
	// Installation tells this Muster from others that use the same vendors' accounts.
	Installation string
	// PublicURL is where people reach Muster: "https://muster.example.com".
	PublicURL string
}

// Action is how every action of the playbook language is done.
type Action func(ctx context.Context, effect playbooks.Effect) (incident.Outcome, error)

// Actions returns the implementation of each action by its name.
func (a *Activities) Actions() map[string]Action {
	return map[string]Action{
		playbooks.PagerDutyPage:        a.page,
		playbooks.PagerDutyAcknowledge: a.acknowledgePages,
		playbooks.PagerDutyResolve:     a.resolvePages,
		playbooks.SlackCreateChannel:   a.createChannel,
		playbooks.SlackSetTopic:        a.setTopic,
		playbooks.SlackPost:            a.post,
		playbooks.SlackBookmark:        a.bookmark,
		playbooks.SlackInvite:          a.invite,
		playbooks.SlackAlert:           a.alert,
		playbooks.JiraCreateIssue:      a.createIssue,
		playbooks.PostmortemDraft:      a.draftPostmortem,
		playbooks.MailSend:             a.sendMail,
		playbooks.WebhookPost:          a.postWebhook,
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

// IncidentURL is the address of an incident's page.
func (a *Activities) IncidentURL(id incident.ID) string {
	return strings.TrimRight(a.PublicURL, "/") + "/incidents/" + url.PathEscape(string(id))
}

func (a *Activities) incidentLink(s incident.State) incident.Link {
	return incident.Link{Title: string(s.ID), URL: a.IncidentURL(s.ID)}
}

// channelOf returns the incident's channel, or says that there is none to work in.
func channelOf(e playbooks.Effect) (string, error) {
	if e.Incident.Channel.ID == "" {
		return "", final("the incident has no channel yet: the step that opens it has not succeeded")
	}
	return e.Incident.Channel.ID, nil
}
