package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// PageChanged says how a page now stands at the pager. What is empty has not changed.
type PageChanged struct {
	Key    string     `json:"key"`
	ID     string     `json:"id,omitzero"`
	URL    string     `json:"url,omitzero"`
	Status PageStatus `json:"status,omitzero"`
	// AssignedTo are all whom it is assigned to now, Responders those who were asked to help
	// there since.
	AssignedTo []Person `json:"assigned_to,omitzero"`
	Responders []Person `json:"responders,omitzero"`
	// Wanted are those of both who were not in the response before.
	Wanted []Person `json:"wanted,omitzero"`
	// By is who did it there; empty where that is the event's actor.
	By string `json:"by,omitzero"`
}

// Kind implements [Fact].
func (PageChanged) Kind() Kind { return "page_changed" }

// Text implements [Fact].
func (f PageChanged) Text() string {
	var parts []string
	if f.Status != "" {
		parts = append(parts, string(f.Status))
	}
	if len(f.AssignedTo) > 0 {
		parts = append(parts, "assigned to "+personNames(f.AssignedTo))
	}
	if len(f.Responders) > 0 {
		parts = append(parts, "asked "+personNames(f.Responders)+" to help")
	}
	if len(parts) == 0 {
		parts = append(parts, "known")
	}
	text := "In the pager: " + strings.Join(parts, ", ")
	if f.By != "" {
		text += fmt.Sprintf(" (%s)", f.By)
	}
	return text
}

func (f PageChanged) apply(s *State, _ Event) {
	i := slices.IndexFunc(s.Pages, func(p Page) bool { return p.Key == f.Key })
	if i < 0 {
		// The pager may tell of a page before Muster has written down that it was sent.
		s.Pages = with(s.Pages, Page{Key: f.Key})
		i = len(s.Pages) - 1
	}
	s.Pages = replace(s.Pages, i, func(p *Page) { *p = p.changed(f) })
	if len(f.AssignedTo) > 0 && !s.Pages[i].AsksForHelp() {
		s.OnCall = f.AssignedTo
	}
}

// changed is the page after the pager has told of it.
func (p Page) changed(f PageChanged) Page {
	p.ID, p.URL = cmp.Or(f.ID, p.ID), cmp.Or(f.URL, p.URL)
	if f.Status != "" {
		p.Status = f.Status
	}
	if len(f.AssignedTo) > 0 {
		p.AssignedTo = f.AssignedTo
	}
	for _, r := range f.Responders {
		if !slices.ContainsFunc(p.Responders, r.Same) {
			p.Responders = with(p.Responders, r)
		}
	}
	return p
}

// sentAs is the page as the pager took it, with what the pager has told of it before.
func (p Page) sentAs(sent Page) Page {
	sent.ID, sent.URL = cmp.Or(sent.ID, p.ID), cmp.Or(sent.URL, p.URL)
	if sent.Status == "" {
		sent.Status, sent.AssignedTo, sent.Responders = p.Status, p.AssignedTo, p.Responders
	}
	return sent
}

// HelpKeySuffix is in the keys of pages for people who are wanted in a response that is under
// way, behind the key of what has asked for them.
const HelpKeySuffix = ".help"

// AsksForHelp says that the page is for somebody who is wanted in a response that is under
// way. They are not on call for the incident, and neither takes its being taken their page,
// nor does their page's end end it.
func (p Page) AsksForHelp() bool { return strings.Contains(p.Key, HelpKeySuffix) }

// Page returns the page with this key.
func (s State) Page(key string) (Page, bool) {
	i := slices.IndexFunc(s.Pages, func(p Page) bool { return p.Key == key })
	if i < 0 {
		return Page{}, false
	}
	return s.Pages[i], true
}

// PagesOpen is how many pages have not been resolved at the pager, as far as it has told.
func (s State) PagesOpen() int {
	open := 0
	for _, p := range s.Pages {
		if p.Status != PageResolved {
			open++
		}
	}
	return open
}

// ReportPage says how a page stands at the pager. What is empty is not known. No event
// follows where all of it is known. It may come after the end of the incident.
type ReportPage struct {
	Key        string     `json:"key"`
	ID         string     `json:"id,omitzero"`
	URL        string     `json:"url,omitzero"`
	Status     PageStatus `json:"status,omitzero"`
	AssignedTo []Person   `json:"assigned_to,omitzero"`
	Responders []Person   `json:"responders,omitzero"`
	// By is who did it at the pager, where the command's actor is the pager itself.
	By string `json:"by,omitzero"`
}

// Name implements [Intent].
func (ReportPage) Name() string { return "report_page" }

func (ReportPage) afterEnd() {}

// maxPages bounds how many pages a pager can tell an incident of that it did not know.
const maxPages = 200

func (i ReportPage) decide(s State, _ Command) ([]Fact, error) {
	if strings.TrimSpace(i.Key) == "" {
		return nil, invalid("key", "the report does not say which page it is about")
	}
	switch i.Status {
	case "", PageTriggered, PageAcknowledged, PageResolved:
	default:
		return nil, invalid("status", "status %q is not one of triggered, acknowledged, resolved", i.Status)
	}
	page := Page{Key: i.Key, ID: i.ID, URL: webAddress(i.URL), Status: i.Status, AssignedTo: i.AssignedTo, Responders: i.Responders}
	return pageChanged(s, page, CutText(i.By, MaxNameRunes)), nil
}

// pageChanged returns what is new of a page, as one fact or none.
func pageChanged(s State, now Page, by string) []Fact {
	known, ok := s.Page(now.Key)
	if !ok && len(s.Pages) >= maxPages {
		return nil
	}
	f := PageChanged{Key: now.Key, By: by}
	if now.ID != known.ID {
		f.ID = now.ID
	}
	if now.URL != known.URL {
		f.URL = now.URL
	}
	if now.Status != known.Status {
		f.Status = now.Status
	}
	if !samePeople(now.AssignedTo, known.AssignedTo) {
		f.AssignedTo = now.AssignedTo
	}
	for _, r := range now.Responders {
		if !slices.ContainsFunc(known.Responders, r.Same) {
			f.Responders = append(f.Responders, r)
		}
	}
	if ok && f.ID == "" && f.URL == "" && f.Status == "" && len(f.AssignedTo) == 0 && len(f.Responders) == 0 {
		return nil
	}
	f.Wanted = wantedBy(s, known, f)
	return []Fact{f}
}

// wantedBy returns those whom news of a page brings into the response: who is in its channel
// is there, and whom the first page was for is brought in by what begins every response.
func wantedBy(s State, known Page, f PageChanged) []Person {
	first := len(s.Pages) == 0 || s.Pages[0].Key == f.Key
	if first && known.Status == "" && f.Status == PageTriggered {
		return nil
	}
	var wanted []Person
	for _, p := range slices.Concat(f.AssignedTo, f.Responders) {
		there := letIn(s, p) || first && slices.ContainsFunc(s.OnCall, p.Same)
		if !there && !slices.ContainsFunc(wanted, p.Same) {
			wanted = append(wanted, p)
		}
	}
	return wanted
}

func samePeople(a, b []Person) bool {
	return slices.EqualFunc(a, b, Person.Same)
}
