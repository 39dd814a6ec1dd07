package ui

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"muster/incident"
)

// declarePage is the form that begins an incident by hand.
type declarePage struct {
	Layout     Layout
	Form       Form
	Services   []Choice
	Severities []SeverityChoice
	Playbooks  []Choice
}

// SeverityChoice is a severity to choose, with its colour.
type SeverityChoice struct {
	Choice
	Rank int
}

const declarePath = "/incidents/new"

func (u *UI) declarePage(c *gin.Context, r *refusal) declarePage {
	page := declarePage{
		Layout: u.layout(c, "Declare an incident"), Form: r.form("declare", declarePath), Services: u.Services,
	}
	page.Layout.Here = declarePath
	page.Form.AskName = page.Form.AskName || person(c) == ""
	for i, choice := range u.Severities {
		page.Severities = append(page.Severities, SeverityChoice{choice, min(i, ranks-1)})
	}
	if choices := u.playbookChoices(); len(choices) > 1 {
		page.Playbooks = choices
	}
	return page
}

func (u *UI) showDeclare(c *gin.Context) {
	u.show(c, http.StatusOK, "page/declare", u.declarePage(c, nil))
}

// declare begins an incident and leads to its page.
func (u *UI) declare(c *gin.Context) {
	values, ok := u.posted(c)
	if !ok {
		return
	}
	state, err := u.carryOutDeclare(c, values)
	if err != nil {
		r := refuse(err, values)
		if r.keepKey {
			u.Logger.ErrorContext(c.Request.Context(), "a declaration got no answer", "error", err)
		}
		u.show(c, r.status, "page/declare", u.declarePage(c, r))
		return
	}
	c.Redirect(http.StatusSeeOther, incidentPath(state.ID))
}

func (u *UI) carryOutDeclare(c *gin.Context, values url.Values) (incident.State, error) {
	name := u.sender(c, values)
	if name == "" {
		return incident.State{}, errNoName
	}
	state, err := u.Commander.Declare(c.Request.Context(), Declaration{
		Key: commandKey(values), Actor: incident.PersonActor(name), Source: source,
		Title: values.Get("title"), Service: values.Get("service"), Severity: values.Get("severity"),
		Summary: values.Get("summary"), Playbook: values.Get("playbook"),
	})
	if err != nil {
		return incident.State{}, err
	}
	u.await(c.Request.Context(), state)
	return state, nil
}
