package activities

import (
	"cmp"
	"context"
	"fmt"

	"muster/incident"
)

// requestHelp asks for the people whom a request for help names. A person, or whoever is on
// call by an escalation policy, is asked to help with a page of the incident that is open;
// where there is none, they get a page of their own. Whoever is on call for a service is
// paged as for any incident of that service.
func (a *Activities) requestHelp(ctx context.Context, e call) (incident.Outcome, error) {
	wanted, ok := helpWanted(e)
	if !ok {
		return incident.Outcome{}, final("pagerduty.request answers a request for help: use it in a hook on help_requested")
	}
	if wanted.PagerService != "" {
		return a.pageService(ctx, e, wanted)
	}
	for _, page := range openPages(e.Incident) {
		asked, open, err := a.ask(ctx, page, wanted)
		if err != nil {
			return incident.Outcome{}, vendorError(err)
		}
		if open {
			return incident.Outcome{
				Text:   "asked " + wanted.Who,
				Pages:  []incident.Page{{Key: page.Key, Responders: asked}},
				Output: map[string]any{"asked": wanted.Who},
			}, nil
		}
	}
	return a.pageDirectly(ctx, e, wanted)
}

// helpWanted is the request that the work answers.
func helpWanted(e call) (incident.HelpRequested, bool) {
	if e.Work.On == nil {
		return incident.HelpRequested{}, false
	}
	wanted, ok := e.Work.On.Fact.(incident.HelpRequested)
	if e.text("details") == "false" {
		wanted.Message = ""
	}
	return wanted, ok
}

// ask asks for help with a page, and returns whom, as far as they are known by name.
func (a *Activities) ask(ctx context.Context, page incident.Page, wanted incident.HelpRequested) (asked []incident.Person, open bool, err error) {
	if wanted.Policy == "" {
		open, err = a.Pager.AskPerson(ctx, page, wanted.Person, wanted.Message)
		return []incident.Person{wanted.Person}, open, err
	}
	if open, err = a.Pager.AskPolicy(ctx, page, wanted.Policy, wanted.Message); err != nil || !open {
		return nil, open, err
	}
	return a.onCall(ctx, func(ctx context.Context) ([]incident.Person, error) { return a.Pager.OnCallBy(ctx, wanted.Policy) }), true, nil
}

// pageService pages whoever is on call for a service of the pager.
func (a *Activities) pageService(ctx context.Context, e call, wanted incident.HelpRequested) (incident.Outcome, error) {
	request := a.helpRequest(e, wanted)
	request.Service = wanted.PagerService
	page, err := a.Pager.Page(ctx, request)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	onCall := a.onCall(ctx, func(ctx context.Context) ([]incident.Person, error) { return a.Pager.OnCall(ctx, wanted.PagerService) })
	return paged(page, wanted, onCall), nil
}

// pageDirectly gives those who are wanted a page of their own, on the service of the
// incident.
func (a *Activities) pageDirectly(ctx context.Context, e call, wanted incident.HelpRequested) (incident.Outcome, error) {
	request := a.helpRequest(e, wanted)
	if request.Service == "" {
		return incident.Outcome{}, final(nobodyToPage(e.Incident))
	}
	if wanted.Policy == "" {
		page, err := a.Pager.PagePerson(ctx, request, wanted.Person)
		if err != nil {
			return incident.Outcome{}, vendorError(err)
		}
		return paged(page, wanted, []incident.Person{wanted.Person}), nil
	}
	page, err := a.Pager.PagePolicy(ctx, request, wanted.Policy)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	onCall := a.onCall(ctx, func(ctx context.Context) ([]incident.Person, error) { return a.Pager.OnCallBy(ctx, wanted.Policy) })
	return paged(page, wanted, onCall), nil
}

// helpRequest is the page for those who are wanted, on the service of the incident.
func (a *Activities) helpRequest(e call, wanted incident.HelpRequested) incident.PageRequest {
	s := e.Incident
	details := pageDetails(s, e.text("details") != "false")
	if wanted.Message != "" {
		details["message"] = wanted.Message
	}
	return incident.PageRequest{
		Key: e.key + incident.HelpKeySuffix, Service: s.Service.PagerService, Severity: pagerSeverity(s), Source: s.Service.Name, Details: details,
		Summary: helpSummary(e, wanted),
		Links:   append([]incident.Link{a.incidentLink(s)}, s.Service.Runbooks...),
	}
}

// helpSummary is the line that those read who are wanted.
func helpSummary(e call, wanted incident.HelpRequested) string {
	s := e.Incident
	about := cmp.Or(wanted.Message, s.Title)
	if e.text("details") == "false" {
		about = "details in Muster only"
	}
	return fmt.Sprintf("Help wanted with %s (%s): %s", s.ID, s.Severity, about)
}

// onCall asks who is on call, in the time that a page which was accepted can wait for it.
func (*Activities) onCall(ctx context.Context, ask func(context.Context) ([]incident.Person, error)) []incident.Person {
	asking, cancel := context.WithTimeout(ctx, onCallPatience)
	defer cancel()
	people, err := ask(asking)
	if err != nil {
		return nil // good to know, but no reason to fail what was accepted
	}
	return people
}

func paged(page incident.Page, wanted incident.HelpRequested, people []incident.Person) incident.Outcome {
	return incident.Outcome{
		Page: &page, Responders: people, Text: "paged " + wanted.Who,
		Output: map[string]any{"asked": wanted.Who},
	}
}

func wouldRequestHelp(_ context.Context, e call) (incident.Outcome, error) {
	wanted, ok := helpWanted(e)
	if !ok {
		return told("ask for help"), nil
	}
	return told("ask %s to help", brief(wanted.Who)), nil
}
