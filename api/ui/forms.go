package ui

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"muster/incident"
)

// source is the way commands from the pages came in, as timelines tell it.
const source = "page"

// reader makes a command's intent out of a form; person is who sent it.
type reader func(form url.Values, person string) (incident.Intent, error)

// commands holds every command that a page can send, by its name. The fields of a form
// are named as in the command's JSON.
var commands = map[string]reader{
	incident.Acknowledge{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.Acknowledge{Note: f.Get("note")}, nil
	},
	incident.ChangeStatus{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.ChangeStatus{Status: incident.Status(f.Get("status")), Note: f.Get("note")}, nil
	},
	incident.ChangeSeverity{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.ChangeSeverity{Severity: incident.Severity(f.Get("severity")), Reason: f.Get("reason")}, nil
	},
	incident.Resolve{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.Resolve{Summary: f.Get("summary")}, nil
	},
	incident.Reopen{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.Reopen{Reason: f.Get("reason")}, nil
	},
	incident.Cancel{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.Cancel{Reason: f.Get("reason")}, nil
	},
	incident.Merge{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.Merge{Into: incident.ID(f.Get("into")), Reason: f.Get("reason")}, nil
	},
	incident.AssignRole{}.Name(): readAssignRole,
	"write":                      readWriting,
	incident.AddStep{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.AddStep{Title: f.Get("title"), Assignee: f.Get("assignee")}, nil
	},
	incident.CompleteStep{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.CompleteStep{Step: f.Get("step"), Note: f.Get("note")}, nil
	},
	incident.SkipStep{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.SkipStep{Step: f.Get("step"), Reason: f.Get("reason")}, nil
	},
	incident.ApproveStep{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.ApproveStep{Step: f.Get("step"), Note: f.Get("note")}, nil
	},
	incident.RejectStep{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.RejectStep{Step: f.Get("step"), Note: f.Get("note")}, nil
	},
	incident.ChooseOption{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.ChooseOption{Step: f.Get("step"), Option: f.Get("option"), Note: f.Get("note")}, nil
	},
	incident.RetryStep{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.RetryStep{Step: f.Get("step"), Note: f.Get("note")}, nil
	},
	incident.AddFollowup{}.Name(): readFollowup,
	incident.CompleteFollowup{}.Name(): func(f url.Values, _ string) (incident.Intent, error) {
		return incident.CompleteFollowup{Followup: f.Get("followup"), Note: f.Get("note")}, nil
	},
}

// readAssignRole gives a role to the person named, or with "take" to whoever asks. An
// empty name without "release" would vacate a role by mistake, so it is refused.
func readAssignRole(f url.Values, person string) (incident.Intent, error) {
	i := incident.AssignRole{Role: f.Get("role"), User: strings.TrimSpace(f.Get("user")), Brief: f.Get("brief")}
	switch {
	case f.Has("take"):
		i.User = person
	case f.Has("release"):
		i.User = ""
	case i.User == "":
		return nil, &incident.InvalidError{Field: "user", Message: "name the person who takes the role"}
	}
	return i, nil
}

// readWriting tells the two things that one text box can become: an update for everyone
// concerned, or a note for the timeline.
func readWriting(f url.Values, _ string) (incident.Intent, error) {
	if f.Get("as") == "update" {
		return incident.PostUpdate{Text: f.Get("text")}, nil
	}
	note := incident.AddNote{Text: f.Get("text")}
	if at := f.Get("at"); at != "" {
		// The format that <input type="datetime-local"> sends.
		happened, err := time.Parse("2006-01-02T15:04", at)
		if err != nil {
			return nil, &incident.InvalidError{Field: "at", Message: "give the time it happened as 2006-01-02T15:04, in UTC"}
		}
		note.At = happened
	}
	return note, nil
}

func readFollowup(f url.Values, _ string) (incident.Intent, error) {
	i := incident.AddFollowup{Title: f.Get("title"), Owner: f.Get("owner")}
	if due := f.Get("due"); due != "" {
		day, err := time.Parse(time.DateOnly, due)
		if err != nil {
			return nil, &incident.InvalidError{Field: "due", Message: "give the day it is due as 2006-01-02"}
		}
		i.Due = day
	}
	return i, nil
}

// command carries out what a form asks for.
func (u *UI) command(c *gin.Context) {
	values, ok := u.posted(c)
	if !ok {
		return
	}
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return
	}
	read, known := commands[c.Param("command")]
	if !known {
		u.problem(c, http.StatusNotFound, "Muster's pages know no such command.")
		return
	}
	name := u.sender(c, values)
	after, err := u.carryOut(c.Request.Context(), id, read, values, name)
	if err != nil {
		u.refused(c, id, refuse(err, values), err)
		return
	}
	u.accepted(c, after, name)
}

// sender is who sent a form. A name that came along with it is remembered.
func (u *UI) sender(c *gin.Context, values url.Values) string {
	if name := tidyName(values.Get("you")); name != "" {
		rememberPerson(c, name)
		return name
	}
	return person(c)
}

func (u *UI) carryOut(ctx context.Context, id incident.ID, read reader, values url.Values, name string) (incident.State, error) {
	if name == "" {
		return incident.State{}, errNoName
	}
	intent, err := read(values, name)
	if err != nil {
		return incident.State{}, err
	}
	state, err := u.Commander.Do(ctx, incident.Command{
		Incident: id, Key: commandKey(values), Actor: incident.PersonActor(name), Source: source, Intent: intent,
	})
	if err != nil {
		return incident.State{}, err
	}
	u.await(ctx, state)
	return state, nil
}

// maxKeyBytes bounds the keys that a sender may choose.
const maxKeyBytes = 100

func commandKey(values url.Values) string {
	if key := values.Get("key"); key != "" && len(key) <= maxKeyBytes {
		return key
	}
	return newKey()
}

// awaitFor is how long an answer waits until what was just done can be read.
const awaitFor = 2 * time.Second

// await lets the read model catch up with a command, so that the next page shows it. It
// gives up silently: the live stream brings what is late.
func (u *UI) await(ctx context.Context, want incident.State) {
	ctx, cancel := context.WithTimeout(ctx, awaitFor)
	defer cancel()
	changes, unsubscribe := u.Reader.Subscribe(want.ID)
	defer unsubscribe()
	for {
		has, err := u.Reader.Incident(ctx, want.ID)
		if err == nil && has.Seq >= want.Seq {
			return
		}
		select {
		case <-ctx.Done():
			return
		case _, open := <-changes:
			if !open {
				return
			}
		}
	}
}

// accepted shows what has become of the incident.
func (u *UI) accepted(c *gin.Context, s incident.State, name string) {
	section := c.GetHeader("HX-Target")
	if !byScript(c) || section == "" {
		c.Redirect(http.StatusSeeOther, incidentPath(s.ID))
		return
	}
	page, err := u.incidentPage(c, s, name, nil)
	if err != nil {
		u.failed(c, err)
		return
	}
	p, ok := findPart(page.parts(), section)
	if !ok {
		c.Header("HX-Redirect", incidentPath(s.ID))
		c.Status(http.StatusNoContent)
		return
	}
	u.show(c, http.StatusOK, p.template, p.view)
}

// refusedHeader tells the pages' script that an error comes with the form to show.
const refusedHeader = "Muster-Form"

// refused shows the form again with what was typed and why it was not carried out.
func (u *UI) refused(c *gin.Context, id incident.ID, r *refusal, cause error) {
	ctx := c.Request.Context()
	if r.keepKey {
		u.Logger.ErrorContext(ctx, "a command got no answer", "incident", id, "path", c.Request.URL.Path, "error", cause)
	}
	state, err := u.Reader.Incident(ctx, id)
	if err != nil {
		u.failed(c, err)
		return
	}
	page, err := u.incidentPage(c, state, person(c), r)
	if err != nil {
		u.failed(c, err)
		return
	}
	if byScript(c) {
		u.refusedSection(c, page, r)
		return
	}
	body, ok := u.render(c, "page/incident", page)
	if ok && !bytes.Contains(body, refusedMark) {
		page.Layout.Refused, page.Layout.Typed = r.message, r.typed()
		body, ok = u.render(c, "page/incident", page)
	}
	if ok {
		u.sendHTML(c, r.status, body)
	}
}

// refusedSection answers a script. Where the form is gone from its section, because the
// incident has moved on meanwhile, the script gets the message alone and leaves the form
// and what was typed where they are.
func (u *UI) refusedSection(c *gin.Context, page *incidentPage, r *refusal) {
	p, ok := findPart(page.parts(), c.GetHeader("HX-Target"))
	if ok {
		body, rendered := u.render(c, p.template, p.view)
		if !rendered {
			return
		}
		if bytes.Contains(body, refusedMark) {
			c.Header(refusedHeader, "refused")
			u.sendHTML(c, r.status, body)
			return
		}
	}
	u.problem(c, r.status, r.message)
}

// refusedMark is in the HTML of a form that was refused (form/begin in the templates).
var refusedMark = []byte(" data-refused")
