package ui

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"muster/incident"
	"muster/playbooks"
	"muster/playbooks/diagram"
)

const playbooksPath = "/playbooks"

func playbookPath(name string) string { return playbooksPath + "/" + url.PathEscape(name) }

// playbookStyles are the stylesheets of pages about playbooks, beside that of all pages.
var playbookStyles = []string{"playbook.css", diagramStyle}

// shelf is what is known of the playbooks; the zero value without any.
func (u *UI) shelf() playbooks.FolderState {
	if u.Playbooks == nil {
		return playbooks.FolderState{}
	}
	return u.Playbooks.State()
}

// choices are the playbooks that a person may name. Additions join by themselves.
func (u *UI) playbookChoices() []Choice {
	library := u.shelf().Library
	var all []Choice
	for _, name := range library.Names() {
		if p := library[name]; !p.Addition {
			all = append(all, Choice{Name: name, Hint: p.Description})
		}
	}
	return all
}

func (u *UI) playbookLayout(c *gin.Context, title string) Layout {
	layout := u.layout(c, title)
	layout.Styles, layout.Area = playbookStyles, "playbooks"
	return layout
}

func (u *UI) showPlaybooks(c *gin.Context) {
	u.show(c, http.StatusOK, "page/playbooks", newPlaybooksPage(u.playbookLayout(c, "Playbooks"), u.shelf()))
}

func (u *UI) showPlaybook(c *gin.Context) {
	shelf := u.shelf()
	p, ok := shelf.Library[c.Param("name")]
	if !ok {
		u.problem(c, http.StatusNotFound, "There is no such playbook.")
		return
	}
	u.show(c, http.StatusOK, "page/playbook", newPlaybookPage(u.playbookLayout(c, "Playbook "+p.Name), p, shelf.IsOwn(p.Name)))
}

// showIncidentPlaybook is what one incident follows, whatever the library has by now.
func (u *UI) showIncidentPlaybook(c *gin.Context) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return
	}
	page, err := u.incidentPlaybookPage(c.Request.Context(), c, id)
	if err != nil {
		u.failed(c, err)
		return
	}
	u.show(c, http.StatusOK, "page/incident-playbook", page)
}

func (u *UI) incidentPlaybookSections(c *gin.Context) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return
	}
	page, err := u.incidentPlaybookPage(c.Request.Context(), c, id)
	if err != nil {
		u.failed(c, err)
		return
	}
	u.showSections(c, page.parts())
}

func (u *UI) incidentPlaybookLive(c *gin.Context) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return
	}
	changes, unsubscribe := u.Reader.Subscribe(id)
	u.follow(c, stream{
		changes: changes, unsubscribe: unsubscribe,
		look: func(ctx context.Context) ([]part, int, error) {
			page, err := u.incidentPlaybookPage(ctx, c, id)
			if err != nil {
				return nil, 0, err
			}
			return page.parts(), page.seq, nil
		},
	})
}

func (u *UI) incidentPlaybookPage(ctx context.Context, c *gin.Context, id incident.ID) (*incidentPlaybookPage, error) {
	state, err := u.Reader.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := u.Reader.Events(ctx, id, 0, playbooks.FirstEvents)
	if err != nil {
		return nil, err
	}
	p, err := playbooks.Attached(events)
	if err != nil {
		return nil, err
	}
	page := newIncidentPlaybookPage(u.playbookLayout(c, "Playbook of "+string(id)), state, p, u.shelf(), u.Now().UTC())
	page.Layout.Area = "incidents"
	page.Layout.Sections = page.Path + "/playbook/sections"
	page.Layout.Live = page.Path + "/playbook/live?seq=" + itoa(state.Seq)
	return page, nil
}

// draw draws a playbook for a page.
func draw(p *playbooks.Playbook, progress []incident.Step, link func(step string) string) string {
	return diagram.SVG(p, diagram.Options{Progress: progress, Link: link, Width: drawingWidth})
}

// drawingWidth is what fits a page on a screen.
const drawingWidth = 1000
