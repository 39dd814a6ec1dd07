package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/api/webhook"
	"muster/incident"
)

// namePatience is how long news of a page waits for the addresses of those it names.
const namePatience = 3 * time.Second

// news is what the pager told of a page, beside the incident as it is.
type news struct {
	webhook.PageReport
	*pages
	state incident.State
	key   string
	now   time.Time
}

// intents are what the incident is to be told. What Muster has done in the pager itself
// comes back from there too, and is nothing: the Events API acts as nobody, what is done by
// REST is done by the account that [Pager.IsSelf] knows, and notes of Muster's own are not
// taken in at all.
func (n news) intents(ctx context.Context) ([]incident.Intent, error) {
	switch n.News {
	case webhook.PageTriggered:
		return n.triggered(ctx), nil
	case webhook.PageAcknowledged:
		return n.acknowledged(ctx)
	case webhook.PageUnacknowledged, webhook.PageReopened:
		return n.page(incident.ReportPage{Status: incident.PageTriggered, AssignedTo: n.people(ctx, n.AssignedTo)}), nil
	case webhook.PageReassigned:
		return n.page(incident.ReportPage{AssignedTo: n.people(ctx, n.AssignedTo)}), nil
	case webhook.PageResolved:
		return n.resolved(ctx)
	case webhook.PagePriorityChanged:
		return n.priority(ctx)
	case webhook.PageNoted:
		return n.note(ctx, n.Text), nil
	case webhook.PageUpdatePublished:
		return n.note(ctx, "Status update in PagerDuty: "+n.Text), nil
	case webhook.PageBridgeChanged:
		return n.bridge(), nil
	case webhook.PageHelpAsked, webhook.PageHelpAnswered:
		return n.help(ctx), nil
	default:
		return nil, nil
	}
}

// page completes a report of how the page stands.
func (n news) page(report incident.ReportPage) []incident.Intent {
	report.Key, report.ID, report.URL = n.key, n.ID, n.URL
	return []incident.Intent{report}
}

// triggered tells the page's id and address, which the pager does not have yet when it takes
// the page. It may arrive behind what happened later.
func (n news) triggered(ctx context.Context) []incident.Intent {
	report := incident.ReportPage{Status: incident.PageTriggered, AssignedTo: n.people(ctx, n.AssignedTo)}
	if known, _ := n.state.Page(n.key); known.Status != "" {
		report.Status, report.AssignedTo = "", nil
	}
	return n.page(report)
}

// acknowledged takes the incident in the name of whoever has taken the page. The page comes
// first: what reacts to the incident's acknowledgement then knows that this page needs none.
func (n news) acknowledged(ctx context.Context) ([]incident.Intent, error) {
	if n.By.IsZero() {
		return nil, nil
	}
	taken := !n.state.AcknowledgedAt.IsZero()
	if self, err := n.bySelf(ctx); err != nil || self && taken {
		return nil, err
	}
	report := incident.ReportPage{Status: incident.PageAcknowledged, AssignedTo: n.people(ctx, n.AssignedTo)}
	if known, _ := n.state.Page(n.key); known.Status == incident.PageResolved {
		// A page that was resolved can be taken again only once it was opened again: this was
		// before, and comes late.
		report.Status = ""
	}
	intents := n.page(report)
	if !taken && !n.state.Status.Ended() {
		intents = append(intents, incident.Acknowledge{})
	}
	return intents, nil
}

// resolved tells that the page has ended; what follows is the playbook's business. Where no
// person has done it (it timed out, or was merged into another), the page is open no more,
// and that is all. That of a page from before the incident was opened again is no news.
func (n news) resolved(ctx context.Context) ([]incident.Intent, error) {
	if n.At.Before(n.state.ReopenedAt) {
		return nil, nil
	}
	self, err := n.bySelf(ctx)
	if err != nil || (self || n.By.IsZero()) && !n.state.Status.Active() {
		return nil, err
	}
	return n.page(incident.ReportPage{Status: incident.PageResolved}), nil
}

// priority changes the severity to the one that the page's priority is named like.
func (n news) priority(ctx context.Context) ([]incident.Intent, error) {
	if n.By.IsZero() {
		return nil, nil
	}
	self, err := n.bySelf(ctx)
	if err != nil {
		return nil, err
	}
	severity, known := n.severityNamed(n.Priority)
	switch {
	case !known && self:
		return nil, nil
	case !known && n.Priority == "":
		return []incident.Intent{incident.AddNote{Text: "Took away the priority of the page in PagerDuty", At: n.at()}}, nil
	case !known:
		return []incident.Intent{incident.AddNote{Text: fmt.Sprintf("Gave the page the priority %s in PagerDuty", n.Priority), At: n.at()}}, nil
	case self:
		// Muster gives pages the priorities of severities that their incident has had. Any
		// other was given by a person who uses Muster's account.
		had, err := n.hasHad(ctx, severity)
		if err != nil || had {
			return nil, err
		}
	}
	if severity == n.state.Severity {
		return []incident.Intent{incident.ConfirmSeverity{}}, nil
	}
	return []incident.Intent{incident.ChangeSeverity{Severity: severity, Reason: fmt.Sprintf("priority %s in PagerDuty", n.Priority)}}, nil
}

// severityNamed returns the severity of the incident's scale with this name, or with this
// alias in the catalogue.
func (n news) severityNamed(name string) (incident.Severity, bool) {
	onScale := func(name string) (incident.Severity, bool) {
		i := slices.IndexFunc(n.state.Scale, func(l incident.SeverityLevel) bool { return strings.EqualFold(string(l.Name), name) })
		if i < 0 {
			return "", false
		}
		return n.state.Scale[i].Name, true
	}
	if severity, ok := onScale(name); ok || name == "" {
		return severity, ok
	}
	listed, ok := n.severity(name)
	if !ok {
		return "", false
	}
	return onScale(string(listed))
}

// hasHad says whether the incident has, or has had, a severity.
func (n news) hasHad(ctx context.Context, severity incident.Severity) (bool, error) {
	journal, err := n.store.Journal(ctx, n.state.ID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(journal, func(e incident.Event) bool {
		switch f := e.Fact.(type) {
		case incident.IncidentDeclared:
			return f.Severity == severity
		case incident.SeverityChanged:
			return f.To == severity
		default:
			return false
		}
	}), nil
}

// note writes down what a person wrote in the pager, with where.
func (n news) note(ctx context.Context, text string) []incident.Intent {
	if n.By.IsZero() || n.Text == "" || n.Note == "" {
		return nil
	}
	return []incident.Intent{incident.AddNote{
		Text: incident.CutText(text, incident.MaxTextRunes), At: n.at(),
		Quote: &incident.Quote{By: n.person(ctx, n.By).Name, Message: incident.MessageRef{ChannelID: n.ID, ID: n.Note, URL: n.URL}},
	}}
}

func (n news) bridge() []incident.Intent {
	if n.By.IsZero() || n.Text == "" {
		return nil
	}
	return []incident.Intent{incident.AddNote{Text: "Conference bridge: " + n.Text, At: n.at()}}
}

// help tells who was asked to help there, and what they said to it.
func (n news) help(ctx context.Context) []incident.Intent {
	if n.Responder.IsZero() {
		return nil
	}
	if n.News == webhook.PageHelpAnswered && n.Reply == webhook.ReplyDeclined {
		return []incident.Intent{incident.AddNote{Text: "Declined the request for help in PagerDuty", At: n.at()}}
	}
	intents := n.page(incident.ReportPage{Responders: n.people(ctx, []webhook.PagerAccount{n.Responder})})
	if n.News == webhook.PageHelpAnswered && n.Reply == webhook.ReplyAccepted {
		intents = append(intents, incident.AddNote{Text: "Accepted the request for help in PagerDuty", At: n.at()})
	}
	return intents
}

// at is when it happened, as a note takes it: nothing is noted of the future, and the
// pager's clock is not ours.
func (n news) at() time.Time {
	if n.At.After(n.now) {
		return time.Time{}
	}
	return n.At
}

// actor is who did it: a person, or the pager by itself.
func (n news) actor(ctx context.Context) incident.Actor {
	who := n.By
	if n.News == webhook.PageHelpAnswered {
		who = n.Responder
	}
	if who.IsZero() {
		return incident.VendorActor("PagerDuty")
	}
	return incident.PersonActor(n.person(ctx, who).Name)
}

// bySelf says whether it was done in the name of Muster's own account. An account that the
// pager does not have is nobody's.
func (n news) bySelf(ctx context.Context) (bool, error) {
	if n.pager == nil {
		return false, nil
	}
	self, err := n.pager.IsSelf(ctx, n.By.ID)
	if permanent(err) {
		return false, nil
	}
	return self, err
}

func (n news) person(ctx context.Context, account webhook.PagerAccount) incident.Person {
	if n.pager == nil {
		return incident.Person{Name: account.Name}
	}
	asking, cancel := context.WithTimeout(ctx, namePatience)
	defer cancel()
	person := n.pager.Person(asking, account.ID, account.Name)
	person.Name = incident.CutText(person.Name, incident.MaxNameRunes)
	return person
}

func (n news) people(ctx context.Context, accounts []webhook.PagerAccount) []incident.Person {
	asking, cancel := context.WithTimeout(ctx, namePatience)
	defer cancel()
	var people []incident.Person
	for _, account := range accounts {
		people = append(people, n.person(asking, account))
	}
	return people
}
