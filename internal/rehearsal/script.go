package rehearsal

import (
	"time"

	"muster/incident"
	"muster/playbooks"
)

// Script is what happens in a rehearsal.
type Script struct {
	// Declare begins the incident; its Incident is the id the rehearsal uses.
	Declare incident.Command
	// Playbook is followed. It must have been parsed or compiled.
	Playbook *playbooks.Playbook
	// Start is when the incident is declared, in virtual time.
	Start time.Time
	// End is how long after Start the rehearsal ends, unless the incident ends before. What
	// is due at that moment still happens. It must be above zero.
	End time.Duration
	// OnCall are those whom the pager names as on call.
	OnCall []incident.Person
	// Followers are those who want to hear of it without being part of the response.
	Followers []string
	// Metrics and Answers are what Prometheus and web servers say from the beginning.
	Metrics []Metric
	Answers []Answer
	// Workflows are those of a team's own that a playbook may start; others are done at once.
	Workflows []Workflow
	// Happenings are what comes from outside; those of one moment happen in their order.
	Happenings []Happening
}

// Happening is something that comes from outside while the incident runs. Exactly one of
// its parts is set.
type Happening struct {
	// After is when, counted from the declaration.
	After time.Duration
	// Alerts arrive from monitoring.
	Alerts []incident.Alert
	// Command is what a person, or a vendor on a person's behalf, wants of the incident.
	Command *Command
	// Fault makes a vendor fail from now on, or work again.
	Fault *Fault
	// Metric changes a measurement, Answer what a web server says.
	Metric *Metric
	Answer *Answer
	// Ticket is moved in the tracker.
	Ticket *TicketMove
	// Page is what somebody does with the pages in the pager.
	Page *PageMove
}

// Command is somebody's command, with a label by which the record refers to it.
type Command struct {
	Actor  incident.Actor
	Intent incident.Intent
	// Label is the caller's own; it comes back in a [Refusal].
	Label string
}

// TicketMove changes the ticket of a follow-up, as people do in the tracker.
type TicketMove struct {
	// Followup is the follow-up's id, "F1".
	Followup string
	// Status is the tracker's word, Done whether that counts as finished.
	Status string
	Done   bool
	// Deleted says that the ticket is gone.
	Deleted bool
	// Label is the caller's own; it comes back in a [Refusal].
	Label string
}

// PageMove is what somebody does with all pages of the incident in the pager itself.
type PageMove struct {
	// By is who does it, and Status how the pages stand then.
	By     incident.Actor
	Status incident.PageStatus
	// Label is the caller's own; it comes back in a [Refusal].
	Label string
}

// Vendor is somebody whom Muster asks for something.
type Vendor string

// The vendors that can fail.
const (
	Slack      Vendor = "slack"
	PagerDuty  Vendor = "pagerduty"
	Jira       Vendor = "jira"
	Mail       Vendor = "mail"
	Webhook    Vendor = "webhook"
	HTTP       Vendor = "http"
	Prometheus Vendor = "prometheus"
	Temporal   Vendor = "temporal"
)

// Vendors lists them all.
func Vendors() []Vendor {
	return []Vendor{Slack, PagerDuty, Jira, Mail, Webhook, HTTP, Prometheus, Temporal}
}

// Mode is a way to fail.
type Mode string

// The ways to fail.
const (
	// Works is none: the vendor does what it is asked.
	Works Mode = ""
	// Down refuses every connection.
	Down Mode = "down"
	// Broken answers every request with an error of its own, which may go away.
	Broken Mode = "error"
	// RateLimit asks to come back in half a minute.
	RateLimit Mode = "rate_limit"
	// Refuses answers that the request is not allowed, which trying again cannot mend.
	Refuses Mode = "refuses"
	// Hangs never answers.
	Hangs Mode = "hangs"
	// LosesAnswers does what it is asked, but the answer does not get through.
	LosesAnswers Mode = "loses_answers"
)

// Modes lists the ways to fail.
func Modes() []Mode { return []Mode{Down, Broken, RateLimit, Refuses, Hangs, LosesAnswers} }

// Fault is how a vendor fails.
type Fault struct {
	Vendor Vendor
	Mode   Mode
}

// Metric is what queries give.
type Metric struct {
	// Query says which: every query that matches.
	Query Pattern
	// Values are the values by the labels of their series; one value has the label "".
	Values map[string]float64
}

// Answer is what a web server answers.
type Answer struct {
	// Method is "" for any. URL says which addresses.
	Method string
	URL    Pattern
	Status int
	Body   string
}

// Workflow is how a workflow of a team's own goes.
type Workflow struct {
	Type string
	// Takes is how long until it is done. Result is what it returns, as JSON; Fails why it
	// comes to a bad end, empty if it does not.
	Takes  time.Duration
	Result string
	Fails  string
}
