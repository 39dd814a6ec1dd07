package activities

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/incident"
)

// onCallPatience is how long a page that was accepted waits for the names of those it
// wakes.
const onCallPatience = 3 * time.Second

// page wakes whoever is on call for the incident's service.
func (a *Activities) page(ctx context.Context, e call) (incident.Outcome, error) {
	s := e.Incident
	if s.Service.PagerService == "" {
		return incident.Outcome{}, final(nobodyToPage(s))
	}
	links, key := []incident.Link{a.incidentLink(s)}, e.key
	if e.text("acknowledge") == "false" {
		// Like a request for help, it is to be answered by those whom it wakes.
		key += incident.HelpKeySuffix
	}
	page, err := a.Pager.Page(ctx, incident.PageRequest{
		Key:      key,
		Service:  s.Service.PagerService,
		Summary:  e.Work.With["summary"],
		Severity: pagerSeverity(s),
		Source:   s.Service.Name,
		Details:  pageDetails(s, e.text("details") != "false"),
		Links:    append(links, s.Service.Runbooks...),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	onCall := a.onCall(ctx, func(ctx context.Context) ([]incident.Person, error) {
		return a.Pager.OnCall(ctx, s.Service.PagerService)
	})
	return incident.Outcome{
		Page: &page, Responders: onCall,
		Output: map[string]any{"key": page.Key, "on_call": namesOf(onCall)},
	}, nil
}

func nobodyToPage(s incident.State) string {
	return fmt.Sprintf("nobody can be paged for the service %s: give it a pagerduty service in muster.yaml", s.Service.Name)
}

// pagerSeverity says how the pager should take the incident; error is what
// PagerDuty's Events API suggests where nothing says otherwise.
func pagerSeverity(s incident.State) string {
	if severity := s.Level().Pager; severity != "" {
		return severity
	}
	return "error"
}

// pageDetails is what the page carries beside its line. Without all of it, nothing says what
// the incident is about.
func pageDetails(s incident.State, all bool) map[string]string {
	details := map[string]string{
		"incident": string(s.ID), "severity": string(s.Severity), "service": s.Service.Name,
	}
	if !all {
		return details
	}
	if s.Summary != "" {
		details["summary"] = s.Summary
	}
	for i, alert := range s.Firing() {
		details["alert "+strconv.Itoa(i+1)] = alert.Summary()
	}
	return details
}

// acknowledgePages stops the escalation of all the incident's pages. Those that somebody
// has taken or ended at the pager are left alone: it would hear of what it has told itself.
// So are those for people who were asked to help: whoever has the incident has not answered
// for them.
func (a *Activities) acknowledgePages(ctx context.Context, e call) (incident.Outcome, error) {
	pages := slices.DeleteFunc(a.pages(e), func(p incident.Page) bool {
		return p.Status == incident.PageAcknowledged || p.Status == incident.PageResolved || p.AsksForHelp()
	})
	if len(pages) == 0 && len(e.Incident.Pages) > 0 {
		return idle("every page is taken already", nil), nil
	}
	return eachPage(ctx, e, pages, incident.PageAcknowledged, a.Pager.Acknowledge)
}

// resolvePages ends all the incident's pages, also those of which the pager has told that
// they were ended: should one have been opened again since, nothing else would end it.
func (a *Activities) resolvePages(ctx context.Context, e call) (incident.Outcome, error) {
	return eachPage(ctx, e, a.pages(e), incident.PageResolved, a.Pager.Resolve)
}

// eachPage does something to pages, by which they get a status.
func eachPage(ctx context.Context, e call, pages []incident.Page, status incident.PageStatus, do func(context.Context, incident.Page) error) (incident.Outcome, error) {
	if len(pages) == 0 {
		return idle("no page was sent", nil), nil
	}
	var failure error
	var outcome incident.Outcome
	for _, page := range pages {
		// One that is refused must not keep the others open.
		if err := vendorError(do(ctx, page)); err != nil && (failure == nil || !isFinal(err)) {
			failure = err
		}
		// Of a page that the incident does not know, nobody knows whether there is one.
		if _, known := e.Incident.Page(page.Key); known && page.Status != status {
			outcome.Pages = append(outcome.Pages, incident.Page{Key: page.Key, Status: status})
		}
	}
	if failure != nil {
		return incident.Outcome{}, failure
	}
	return outcome, nil
}

// openPages are the incident's pages that have not come to their end, as far as the pager
// has told, the newest first.
func openPages(s incident.State) []incident.Page {
	open := slices.DeleteFunc(slices.Clone(s.Pages), func(p incident.Page) bool { return p.Status == incident.PageResolved })
	slices.Reverse(open)
	return open
}

// pages are those that the pager took, and those that it may have taken. It ignores news of
// a page that it does not know.
func (a *Activities) pages(e call) []incident.Page {
	pages := slices.Clone(e.Incident.Pages)
	for _, id := range e.Work.Unconfirmed {
		sent := e.Effect
		sent.Work.ID = id
		page := incident.Page{Key: a.key(sent), Service: e.Incident.Service.PagerService}
		if !slices.ContainsFunc(pages, func(p incident.Page) bool { return p.Key == page.Key }) {
			pages = append(pages, page)
		}
	}
	return pages
}

func namesOf(people []incident.Person) string {
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
