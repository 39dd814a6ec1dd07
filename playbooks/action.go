package playbooks

import (
	"fmt"
	"slices"
	"strings"
)

// Action is something a playbook can have Muster do.
type Action struct {
	// Name is how a playbook calls it: vendor and verb, "slack.post".
	Name string
	// Doc says what it does and why it may be repeated safely.
	Doc        string
	Parameters []Parameter
	// Outputs are what later steps can use of what it gave back.
	Outputs []Output
}

// Output is a part of what an action gives back: outputs["step"].name in expressions.
type Output struct {
	Name string
	Doc  string
	// Type is "text", "number", "truth", or "any" where only the answer tells.
	Type string
}

// Parameter is what an action can be told.
type Parameter struct {
	Name     string
	Doc      string
	Required bool
	// Type is what its value must be when everything is filled in.
	Type ParameterType
	// Options are the values allowed; empty where any text is.
	Options []string
	// Secret says that secret("name") may stand in it.
	Secret bool
}

// ParameterType is what an action's parameter takes.
type ParameterType string

// The types of parameters. A [MapParameter] is written as a mapping and handed over as one
// parameter for each of its keys, "headers.Accept".
const (
	TextParameter     ParameterType = ""
	NumberParameter   ParameterType = "number"
	DurationParameter ParameterType = "duration"
	MapParameter      ParameterType = "map"
)

// The parts of the vocabulary that playbooks and activities share.
const (
	PagerDutyPage        = "pagerduty.page"
	PagerDutyAcknowledge = "pagerduty.acknowledge"
	PagerDutyResolve     = "pagerduty.resolve"
	SlackCreateChannel   = "slack.create_channel"
	SlackSetTopic        = "slack.set_topic"
	SlackPost            = "slack.post"
	SlackBookmark        = "slack.bookmark"
	SlackInvite          = "slack.invite"
	SlackAlert           = "slack.alert"
	JiraCreateIssue      = "jira.create_issue"
	PostmortemDraft      = "postmortem.draft"
	MailSend             = "mail.send"
	WebhookPost          = "webhook.post"
	// PlaybookRun is done by the agenda, not by an activity: it is the steps of another
	// playbook that do something.
	PlaybookRun       = "playbook.run"
	HTTPRequest       = "http.request"
	TemporalStart     = "temporal.start"
	TemporalSignal    = "temporal.signal"
	PrometheusQuery   = "prometheus.query"
	PrometheusCollect = "prometheus.collect"
	UpdatePost        = "update.post"
	NoteAdd           = "note.add"
	FollowupAdd       = "followup.add"
)

// Actions returns the vocabulary. Every action named here is implemented by package
// activities, which a test there proves.
func Actions() []Action { return slices.Clone(vocabulary) }

var vocabulary = []Action{
	{
		Name: PagerDutyPage, Doc: "Pages whoever is on call for the incident's service. The pager takes a repeated page for the same one.",
		Parameters: []Parameter{{Name: "summary", Doc: "The line a woken person reads first.", Required: true}},
	},
	{Name: PagerDutyAcknowledge, Doc: "Acknowledges every page of the incident, which stops the pager's escalation."},
	{Name: PagerDutyResolve, Doc: "Resolves every page of the incident."},
	{
		Name: SlackCreateChannel, Doc: "Opens the incident's channel. A channel that an earlier attempt created is adopted.",
		Parameters: []Parameter{
			{Name: "name", Doc: "The channel's name; what the chat does not allow is left out.", Required: true},
			{Name: "topic", Doc: "The line above the channel."},
			{Name: "purpose", Doc: "What the channel is for."},
		},
	},
	{
		Name: SlackSetTopic, Doc: "Sets the line above the channel.",
		Parameters: []Parameter{{Name: "topic", Doc: "The new topic.", Required: true}},
	},
	{
		Name: SlackPost, Doc: "Says something in the incident's channel, once.",
		Parameters: []Parameter{
			{Name: "text", Doc: "What to say; *bold* and line breaks are understood.", Required: true},
			{Name: "links", Doc: "Links shown below the text, separated by spaces: incident, postmortem, runbooks, ticket."},
			{Name: "pin", Doc: "Whether to keep the message at hand.", Options: []string{"true", "false"}},
		},
	},
	{
		Name: SlackBookmark, Doc: "Adds the incident's page to the bookmarks above the channel.",
		Parameters: []Parameter{{Name: "title", Doc: "What the bookmark is called.", Required: true}},
	},
	{Name: SlackInvite, Doc: "Invites whoever is on call for the incident's service to the channel."},
	{
		Name: SlackAlert, Doc: "Says something in a channel that people watch, once. It needs no channel of the incident.",
		Parameters: []Parameter{
			{Name: "text", Doc: "What to say; *bold* and line breaks are understood.", Required: true},
			{Name: "channel", Doc: "The channel's name or id; left out, that of the incident's fallback."},
			{Name: "links", Doc: "Links shown below the text, separated by spaces: incident, postmortem, runbooks, ticket."},
		},
	},
	{
		Name: JiraCreateIssue, Doc: "Files a ticket for the follow-up that was added. A ticket that an earlier attempt filed is adopted.",
		Parameters: []Parameter{
			{Name: "title", Doc: "The ticket's summary.", Required: true},
			{Name: "description", Doc: "The ticket's text; links back to the incident are added."},
		},
	},
	{Name: PostmortemDraft, Doc: "Drafts the postmortem from the incident's events."},
	{
		Name: MailSend, Doc: "Sends an e-mail. A repetition has the same Message-ID, so that mailboxes can recognise it.",
		Parameters: []Parameter{
			{Name: "subject", Doc: "The subject, one line.", Required: true},
			{Name: "text", Doc: "The mail, as plain text.", Required: true},
			{Name: "to", Doc: "Addresses, separated by commas; left out, those of the incident's fallback."},
			{Name: "links", Doc: "Links listed below the text, separated by spaces: incident, postmortem, runbooks, ticket."},
		},
	},
	{
		Name: WebhookPost, Doc: "Tells the fallback webhook of the incident. A repetition has the same Idempotency-Key.",
		Parameters: []Parameter{{Name: "text", Doc: "Why people are needed.", Required: true}},
	},
}

// checkAction says what is wrong with a call of an action.
func checkAction(do string, with Parameters) error {
	i := slices.IndexFunc(vocabulary, func(a Action) bool { return a.Name == do })
	if i < 0 {
		names := make([]string, len(vocabulary))
		for n, a := range vocabulary {
			names[n] = a.Name
		}
		return fmt.Errorf("there is no action %q; the actions are %s", do, strings.Join(names, ", "))
	}
	action := vocabulary[i]
	for _, p := range action.Parameters {
		value, given := with[p.Name]
		if p.Required && strings.TrimSpace(value) == "" {
			return fmt.Errorf("%s needs the parameter %q: %s", do, p.Name, p.Doc)
		}
		if given && len(p.Options) > 0 && !slices.Contains(p.Options, value) {
			return fmt.Errorf("%s: %s must be one of %s, not %q", do, p.Name, strings.Join(p.Options, ", "), value)
		}
	}
	for name := range with {
		if !slices.ContainsFunc(action.Parameters, func(p Parameter) bool { return p.Name == name }) {
			return fmt.Errorf("%s has no parameter %q", do, name)
		}
	}
	return nil
}
