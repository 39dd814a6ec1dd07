package backtest

import (
	"maps"
	"slices"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
)

// Difference is what would be otherwise in one incident.
type Difference struct {
	Incident   incident.ID `json:"incident"`
	Title      string      `json:"title"`
	DeclaredAt time.Time   `json:"declared_at"`
	// Problem says why it could not be run; the rest is empty then.
	Problem string `json:"problem,omitzero"`
	// Ignored says that no incident would be declared now.
	Ignored bool `json:"ignored,omitzero"`

	Then Response `json:"then"`
	Now  Response `json:"now"`

	// StepsThen and StepsNow are the steps begun in one of the two only, StepsOtherwise those
	// that came to another end.
	StepsThen      []string     `json:"steps_only_then,omitzero"`
	StepsNow       []string     `json:"steps_only_now,omitzero"`
	StepsOtherwise []StepChange `json:"steps_otherwise,omitzero"`
	// Refused are commands of people that were possible then and are not now.
	Refused []Refusal `json:"commands_refused,omitzero"`
}

// Response is what became of an incident in one of the two runs.
type Response struct {
	Playbook string            `json:"playbook"`
	Version  string            `json:"version"`
	Service  string            `json:"service"`
	Severity incident.Severity `json:"severity"`
	// Pages are the pages, in their order.
	Pages []Page `json:"pages"`
	// Prompts are how often each hook or step reminded people.
	Prompts map[string]int `json:"prompts"`
	// Sent counts what else left Muster: messages, mails, tickets, requests.
	Sent map[rehearsal.EntryKind]int `json:"sent"`
	// Status is how the incident stood at the end.
	Status incident.Status `json:"status"`

	steps []incident.Step
}

// Page is one page.
type Page struct {
	// After is when it was sent, counted from the declaration.
	After time.Duration `json:"after_ns"`
	// Service is the pager's service.
	Service string `json:"service"`
	Summary string `json:"summary"`
}

// StepChange is a step that was begun in both runs and came to different ends.
type StepChange struct {
	Step string             `json:"step"`
	Then incident.StepState `json:"then"`
	Now  incident.StepState `json:"now"`
}

// Refusal is a command that is not possible any more.
type Refusal struct {
	After   time.Duration `json:"after_ns"`
	By      string        `json:"by"`
	Command string        `json:"command"`
	Reason  string        `json:"reason"`
}

func (p Past) difference() Difference {
	declared, _ := p.Declared.Intent.(incident.Declare)
	return Difference{Incident: p.ID, Title: declared.Title, DeclaredAt: p.Start}
}

// Compare says how two runs of one incident differ.
func Compare(p Past, then, now *rehearsal.Record) Difference {
	d := p.difference()
	d.Then, d.Now = responseOf(then), responseOf(now)
	for _, step := range d.Then.steps {
		if _, both := find(d.Now.steps, step.ID); !both {
			d.StepsThen = append(d.StepsThen, step.ID)
		}
	}
	for _, step := range d.Now.steps {
		before, both := find(d.Then.steps, step.ID)
		switch {
		case !both:
			d.StepsNow = append(d.StepsNow, step.ID)
		case before.State != step.State:
			d.StepsOtherwise = append(d.StepsOtherwise, StepChange{Step: step.ID, Then: before.State, Now: step.State})
		}
	}
	refused := map[string]bool{}
	for _, e := range then.Of(rehearsal.CommandRefused) {
		refused[e.Command.Label] = true
	}
	for _, e := range now.Of(rehearsal.CommandRefused) {
		// What the tracker says is no command of people.
		if _, ticket := e.Command.Intent.(incident.ReportTicket); !ticket && !refused[e.Command.Label] {
			d.Refused = append(d.Refused, Refusal{After: e.At, By: e.To, Command: e.Command.Intent.Name(), Reason: e.Text})
		}
	}
	return d
}

// responseOf sums a run up. Of the steps, those count that were begun; the work of a hook is
// no step.
func responseOf(r *rehearsal.Record) Response {
	s := r.State
	response := Response{
		Playbook: r.Playbook.Name, Version: r.Playbook.Version, Service: s.Service.Name, Status: s.Status,
		Pages: []Page{}, Prompts: map[string]int{}, Sent: map[rehearsal.EntryKind]int{},
	}
	for _, e := range r.Events {
		switch f := e.Fact.(type) {
		case incident.IncidentDeclared:
			response.Severity = f.Severity
		case incident.ReminderGiven:
			response.Prompts[f.Hook]++
		case incident.StepNudged:
			response.Prompts[f.Step]++
		case incident.StepEscalated:
			response.Prompts[f.Step]++
		}
	}
	for _, step := range s.Steps {
		if step.Hook == "" && !step.LeftOut && (step.State != incident.Pending || step.Attempts > 0) {
			response.steps = append(response.steps, step)
		}
	}
	for _, e := range r.Entries {
		switch e.Kind {
		case rehearsal.PageSent:
			response.Pages = append(response.Pages, Page{After: e.At, Service: e.To, Summary: e.Text})
		case rehearsal.MessagePosted, rehearsal.MailSent, rehearsal.WebhookPosted, rehearsal.TicketFiled, rehearsal.RequestMade, rehearsal.WorkflowAsked:
			response.Sent[e.Kind]++
		}
	}
	return response
}

func find(steps []incident.Step, id string) (incident.Step, bool) {
	i := slices.IndexFunc(steps, func(s incident.Step) bool { return s.ID == id })
	if i < 0 {
		return incident.Step{}, false
	}
	return steps[i], true
}

// None says that the incident would go as it went: the same playbook by name, the same pages
// at the same times, the same steps, prompts and numbers of messages. What they say is not
// compared, and neither are versions.
func (d Difference) None() bool {
	return d.Problem == "" && !d.Ignored && d.Then.Playbook == d.Now.Playbook && d.Then.Service == d.Now.Service &&
		d.Then.Severity == d.Now.Severity && d.Then.Status == d.Now.Status && samePages(d.Then.Pages, d.Now.Pages) &&
		len(d.StepsThen)+len(d.StepsNow)+len(d.StepsOtherwise)+len(d.Refused) == 0 &&
		maps.Equal(d.Then.Prompts, d.Now.Prompts) && maps.Equal(d.Then.Sent, d.Now.Sent)
}

func samePages(then, now []Page) bool {
	return slices.EqualFunc(then, now, func(a, b Page) bool { return a.After == b.After && a.Service == b.Service })
}
