package ui

import (
	"cmp"
	"html/template"
	"slices"
	"time"

	"muster/incident"
	"muster/playbooks"
	"muster/playbooks/guide"
)

// playbooksPage is the list of playbooks.
type playbooksPage struct {
	Layout Layout
	// Refused says why the files as they are now are not used; nil if they are.
	Refused *RefusedView
	// Followed are those of which an incident follows one, Additions those that join it, in
	// the order in which they are considered.
	Followed  []PlaybookRow
	Additions []PlaybookRow
	Loaded    Moment
}

// RefusedView is what is wrong with the files of the playbooks.
type RefusedView struct {
	Since    Moment
	Findings []FindingView
}

// FindingView is one mistake.
type FindingView struct {
	// Place is "shop.yaml:3:5", or empty.
	Place   string
	Message string
	Hint    string
	Excerpt string
}

// PlaybookRow is one playbook in the list.
type PlaybookRow struct {
	Name, Path, Description string
	Meant                   []guide.Line
	Own, Addition           bool
	Priority                int
	Steps, People, Hooks    int
	Version                 string
}

func newPlaybooksPage(layout Layout, shelf playbooks.FolderState) playbooksPage {
	page := playbooksPage{Layout: layout, Loaded: newMoment(shelf.LoadedAt)}
	if shelf.Err != nil {
		page.Refused = &RefusedView{Since: newMoment(shelf.RefusedAt)}
		for _, f := range playbooks.FindingsIn(shelf.Err) {
			view := FindingView{Message: f.Message, Hint: f.Hint, Excerpt: f.Excerpt}
			if f.File != "" {
				view.Place = f.File + ":" + itoa(f.Line) + ":" + itoa(f.Column)
			}
			page.Refused.Findings = append(page.Refused.Findings, view)
		}
	}
	var rows []PlaybookRow
	for _, name := range shelf.Library.Names() {
		rows = append(rows, newPlaybookRow(shelf.Library[name], shelf.IsOwn(name)))
	}
	slices.SortStableFunc(rows, func(a, b PlaybookRow) int { return cmp.Compare(b.Priority, a.Priority) })
	for _, row := range rows {
		if row.Addition {
			page.Additions = append(page.Additions, row)
		} else {
			page.Followed = append(page.Followed, row)
		}
	}
	return page
}

func newPlaybookRow(p *playbooks.Playbook, own bool) PlaybookRow {
	g := guide.New(p)
	return PlaybookRow{
		Name: g.Name, Path: playbookPath(p.Name), Description: g.Description, Meant: g.Meant[:1], Own: own,
		Addition: p.Addition, Priority: p.Priority, Steps: g.Steps, People: g.People, Hooks: len(g.Hooks), Version: g.Version,
	}
}

// playbookPage is one playbook of the library.
type playbookPage struct {
	Layout Layout
	guide.Guide
	Own      bool
	Addition bool
	Priority int
	Drawing  template.HTML
	Sources  []guide.Source
}

func newPlaybookPage(layout Layout, p *playbooks.Playbook, own bool) playbookPage {
	return playbookPage{
		Layout: layout, Guide: guide.New(p), Own: own, Addition: p.Addition, Priority: p.Priority,
		//nolint:gosec // package diagram escapes what is not its own
		Drawing: template.HTML(draw(p, nil, func(step string) string { return "#step-" + step })),
		Sources: sourcesOf(p),
	}
}

// sourcesOf are the texts that a playbook was written in.
func sourcesOf(p *playbooks.Playbook) []guide.Source {
	var all []guide.Source
	for _, part := range p.Parts {
		if part.Source != "" {
			all = append(all, guide.Source{Name: part.Name, Lines: guide.Highlight(part.Source)})
		}
	}
	if len(all) == 0 && p.Source != "" {
		all = append(all, guide.Source{Name: p.Name, Lines: guide.Highlight(p.Source)})
	}
	return all
}

// incidentPlaybookPage is what one incident follows.
type incidentPlaybookPage struct {
	Layout   Layout
	Incident incident.ID
	Title    string
	Path     string
	// Name is empty before the incident has taken up a playbook.
	Name     string
	Versions []VersionView
	Progress *ProgressView
	Sources  []guide.Source
	seq      int
}

func (p *incidentPlaybookPage) parts() []part {
	return []part{{"section/progress", p.Progress}}
}

// VersionView is a playbook that an incident's was put together from, in the version that it
// follows.
type VersionView struct {
	Name, Version, Reason string
	// Path leads to the playbook as the library has it now; empty if it has none.
	Path string
	// Other is the version that the library has by now; empty if it is the same.
	Other string
	// Gone says that the library has none of that name.
	Gone bool
}

// ProgressView is the drawing with how each step stands.
type ProgressView struct {
	Section
	Drawing template.HTML
	Done    int
	Steps   int
}

func newIncidentPlaybookPage(layout Layout, s incident.State, p *playbooks.Playbook, shelf playbooks.FolderState, now time.Time) *incidentPlaybookPage {
	page := &incidentPlaybookPage{
		Layout: layout, Incident: s.ID, Title: s.Title, Path: incidentPath(s.ID), seq: s.Seq,
		Progress: &ProgressView{Section: Section{ID: "progress", Now: now}},
	}
	if p == nil {
		return page
	}
	g := guide.New(p)
	page.Name, page.Sources = g.Name, sourcesOf(p)
	parts := g.Parts
	if len(parts) == 0 {
		parts = []guide.Part{{Name: g.Name, Version: g.Version}}
	}
	for i, part := range parts {
		now, ok := shelf.Library.VersionNow(p.PartsOf(), i)
		page.Versions = append(page.Versions, newVersionView(part, now, ok))
	}
	for _, step := range s.Steps {
		page.Progress.Steps++
		if step.State.Settled() {
			page.Progress.Done++
		}
	}
	//nolint:gosec // package diagram escapes what is not its own
	page.Progress.Drawing = template.HTML(draw(p, s.Steps, func(step string) string { return page.Path + "#step-" + step }))
	return page
}

func newVersionView(part guide.Part, now string, ok bool) VersionView {
	v := VersionView{Name: part.Name, Version: part.Version, Reason: part.Reason}
	switch {
	case !ok:
		v.Gone = true
	case now != part.Version:
		v.Path, v.Other = playbookPath(part.Name), now
	default:
		v.Path = playbookPath(part.Name)
	}
	return v
}
