package playbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Action is something a playbook can have Muster do. Checking, the JSON Schema for editors and
// the documentation all follow from it.
//
// A new action takes two entries, of which a test makes sure that they belong together:
//
//  1. its schema, here: a constant with its name and an [Action] in one of the vocabularies of
//     this package's files action_….go;
//  2. a function, in the table of package activities. It finds its parameters checked against
//     the schema, with defaults and secrets filled in, and what it gives back is cut to size and
//     cleared of secrets behind it.
//
// Whether the vendor is a new one or not, the action is done on the queue that
// workflows.QueueOf gives it.
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
	// Type is [TextOutput], [NumberOutput], [TruthOutput], or [AnyOutput] where only the answer
	// tells.
	Type string
}

// The types of outputs.
const (
	TextOutput   = "text"
	NumberOutput = "number"
	TruthOutput  = "truth"
	AnyOutput    = "any"
)

// Parameter is what an action can be told.
type Parameter struct {
	Name     string
	Doc      string
	Required bool
	// Default is what counts where it is left out; empty where nothing does.
	Default string
	// Type is what its value must be when everything is filled in.
	Type ParameterType
	// Options are the values allowed; empty where any text is.
	Options []string
	// AtMost bounds a [DurationParameter]; 0 for no bound.
	AtMost time.Duration
	// Secret says that secret("name") may stand in it.
	Secret bool
}

// ParameterType is what an action's parameter takes.
type ParameterType string

// The types of parameters; [Parameter.Check] has their rules. A [MapParameter] is written as a
// mapping and handed over as one parameter for each of its keys, "headers.Accept".
const (
	TextParameter     ParameterType = ""
	NumberParameter   ParameterType = "number"
	DurationParameter ParameterType = "duration"
	MapParameter      ParameterType = "map"
	// AddressParameter is an absolute web address without user and password.
	AddressParameter ParameterType = "address"
	// StatusesParameter are HTTP statuses and ranges of them: "200-299, 404".
	StatusesParameter ParameterType = "statuses"
	// JSONParameter is a JSON document.
	JSONParameter ParameterType = "json"
	// DayParameter is a day, or how long from now: "2026-11-30", "7d", "2w", "36h".
	DayParameter ParameterType = "day"
	// ButtonsParameter are buttons below a message; [ParseButtons] reads them.
	ButtonsParameter ParameterType = "buttons"
	// PersonParameter is who is meant: a role's id, [OnCall], or a name or an e-mail address.
	PersonParameter ParameterType = "person"
)

// The parts of the vocabulary that playbooks and activities share.
const (
	PagerDutyPage        = "pagerduty.page"
	PagerDutyAcknowledge = "pagerduty.acknowledge"
	PagerDutyResolve     = "pagerduty.resolve"
	PagerDutyRequest     = "pagerduty.request"
	PagerDutyNote        = "pagerduty.note"
	PagerDutySetPriority = "pagerduty.set_priority"
	SlackCreateChannel   = "slack.create_channel"
	SlackSetTopic        = "slack.set_topic"
	SlackPost            = "slack.post"
	SlackBookmark        = "slack.bookmark"
	SlackInvite          = "slack.invite"
	SlackAlert           = "slack.alert"
	SlackBrief           = "slack.brief"
	SlackPrompts         = "slack.prompts"
	SlackAnnounce        = "slack.announce"
	SlackNotify          = "slack.notify"
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
	IncidentResolve   = "incident.resolve"
)

// vocabulary is all that playbooks can have done, in the order in which it is shown.
var vocabulary = slices.Concat(responseActions, ownActions, automationActions)

// Actions returns the vocabulary. Every action named here but [PlaybookRun] is implemented by
// package activities, which a test there proves.
func Actions() []Action { return slices.Clone(vocabulary) }

// FindAction returns the action with this name.
func FindAction(name string) (Action, bool) {
	i := slices.IndexFunc(vocabulary, func(a Action) bool { return a.Name == name })
	if i < 0 {
		return Action{}, false
	}
	return vocabulary[i], true
}

// Parameter returns the parameter that a name stands for: its own, or "headers.Accept" for the
// key Accept of the [MapParameter] headers.
func (a Action) Parameter(name string) (Parameter, bool) {
	of, key, inMap := strings.Cut(name, ".")
	for _, p := range a.Parameters {
		if p.Name == name && p.Type != MapParameter || inMap && key != "" && p.Name == of && p.Type == MapParameter {
			return p, true
		}
	}
	return Parameter{}, false
}

// Fill returns the parameters as the action is to be done with: with its defaults where they
// are left out. The error says what is wrong with them, all expressions being filled in. It
// quotes no value that may hold a secret.
func (a Action) Fill(with Parameters) (Parameters, error) {
	filled := Parameters{}
	for _, name := range slices.Sorted(maps.Keys(with)) {
		p, ok := a.Parameter(name)
		if !ok {
			return nil, fmt.Errorf("%s has no parameter %q", a.Name, name)
		}
		if with[name] == "" && !p.Required {
			continue // an expression that gave nothing
		}
		if err := p.Check(with[name]); err != nil {
			return nil, fmt.Errorf("%s: %s %w", a.Name, name, err)
		}
		filled[name] = with[name]
	}
	for _, p := range a.Parameters {
		if _, given := filled[p.Name]; !given && p.Default != "" {
			filled[p.Name] = p.Default
		}
		if p.Required && strings.TrimSpace(filled[p.Name]) == "" {
			return nil, fmt.Errorf("%s needs the parameter %q: %s", a.Name, p.Name, p.Doc)
		}
	}
	return filled, nil
}
