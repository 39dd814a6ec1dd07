package ui

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"muster/incident"
	"muster/incident/timeline"
	"muster/store"
)

// incidentPath is where an incident's page is.
func incidentPath(id incident.ID) string { return "/incidents/" + url.PathEscape(string(id)) }

// A page shows the latest events unless asked for all of them: recentEvents, and as many more
// each time while they make up less than recentLines, since what fails for hours is one line.
// Beyond recentReads times, what there is will do.
const (
	recentEvents = 100
	recentLines  = 50
	recentReads  = 5
)

// showIncident is the page of one incident. An id in another spelling ("42", "inc-42")
// is sent on to the page.
func (u *UI) showIncident(c *gin.Context) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return
	}
	if c.Param("id") != string(id) {
		c.Redirect(http.StatusMovedPermanently, incidentPath(id))
		return
	}
	page, ok := u.readIncident(c)
	if !ok {
		return
	}
	u.show(c, http.StatusOK, "page/incident", page)
}

// incidentSections answers with the sections that the query asks for.
func (u *UI) incidentSections(c *gin.Context) {
	if page, ok := u.readIncident(c); ok {
		u.showSections(c, page.parts())
	}
}

// incidentLive is the stream of one incident's page.
func (u *UI) incidentLive(c *gin.Context) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return
	}
	changes, unsubscribe := u.Reader.Subscribe(id)
	u.follow(c, stream{
		changes: changes, unsubscribe: unsubscribe,
		look: func(ctx context.Context) ([]part, int, error) {
			state, err := u.Reader.Incident(ctx, id)
			if err != nil {
				return nil, 0, err
			}
			page, err := u.incidentPage(c, state, person(c), nil)
			if err != nil {
				return nil, 0, err
			}
			return page.parts(), state.Seq, nil
		},
	})
}

// readIncident reads the page of the incident in the address. When it cannot, it has
// answered and returns false.
func (u *UI) readIncident(c *gin.Context) (*incidentPage, bool) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return nil, false
	}
	state, err := u.Reader.Incident(c.Request.Context(), id)
	if err != nil {
		u.failed(c, err)
		return nil, false
	}
	page, err := u.incidentPage(c, state, person(c), nil)
	if err != nil {
		u.failed(c, err)
		return nil, false
	}
	return page, true
}

// incidentPage makes the page for a state, with the events from the journal and, where
// a form was refused, what was typed into it.
func (u *UI) incidentPage(c *gin.Context, s incident.State, you string, r *refusal) (*incidentPage, error) {
	whole := c.Query("timeline") == "all"
	after, events, err := u.recent(c.Request.Context(), s, whole)
	if err != nil {
		return nil, err
	}
	all := c.Query("transcript") == "all"
	said, earlier, err := u.said(c.Request.Context(), s.ID, all)
	if err != nil {
		return nil, err
	}
	b := builder{state: s, now: u.Now().UTC(), you: you, refusal: r, path: incidentPath(s.ID)}
	page := &incidentPage{
		Layout:    u.layout(c, incidentTitle(s)),
		Learning:  !s.Status.Active(),
		Header:    b.header(),
		Next:      b.next(),
		Muster:    b.muster(),
		Steps:     b.steps(),
		Write:     b.write(),
		Timeline:  b.timeline(events, after),
		People:    b.people(),
		Alerts:    b.alerts(),
		Followups: b.followups(),
		Links:     b.links(u.workflowURL(s.ID)),

		Transcript: b.transcript(said, earlier),
	}
	page.Layout.You = you
	page.Layout.Here = b.path
	query := url.Values{}
	if whole {
		query.Set("timeline", "all")
	}
	if all {
		query.Set("transcript", "all")
	}
	page.Layout.Sections = b.path + "/sections?" + query.Encode()
	query.Set("seq", itoa(s.Seq))
	page.Layout.Live = b.path + "/live?" + query.Encode()
	return page, nil
}

// said reads what was said of late in an incident's channel, or all of it, and whether there
// is more before.
func (u *UI) said(ctx context.Context, id incident.ID, whole bool) (said []store.Said, earlier bool, err error) {
	if !whole {
		if said, err = u.Reader.LastSaid(ctx, id, recentSaid+1); len(said) > recentSaid {
			return said[1:], true, err
		}
		return said, false, err
	}
	var after incident.MessageRef
	for {
		more, err := u.Reader.Transcript(ctx, id, after, store.MaxSaid)
		if err != nil {
			return nil, false, err
		}
		said = append(said, more...)
		if len(more) < store.MaxSaid {
			return said, false, nil
		}
		after = more[len(more)-1].Ref
	}
}

// incidentTitle is the title of an incident's page.
func incidentTitle(s incident.State) string {
	title := string(s.Severity) + " " + string(s.ID) + " " + s.Title
	if s.Exercise != nil {
		return "Exercise: " + title
	}
	return title
}

// recent reads as much of a timeline as a page shows, and says after which event that begins.
func (u *UI) recent(ctx context.Context, s incident.State, whole bool) (after int, events []incident.Event, err error) {
	for read := 1; ; read++ {
		if after = max(0, s.Seq-read*recentEvents); whole {
			after = 0
		}
		if events, err = u.events(ctx, s.ID, after); err != nil {
			return 0, nil, err
		}
		if after == 0 || read == recentReads || len(timeline.Of(s, events)) >= recentLines {
			return after, events, nil
		}
	}
}

// events reads the whole timeline after an event.
func (u *UI) events(ctx context.Context, id incident.ID, after int) ([]incident.Event, error) {
	var all []incident.Event
	for {
		more, err := u.Reader.Events(ctx, id, after, store.MaxEvents)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		if len(more) < store.MaxEvents {
			return all, nil
		}
		after = more[len(more)-1].Seq
	}
}
