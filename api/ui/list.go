package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"muster/incident"
	"muster/store"
)

const (
	// openShown is how many open incidents a page shows; more are a catastrophe of their
	// own, and can be filtered.
	openShown = store.MaxIncidents
	// pastShown is how many incidents that are over a page shows.
	pastShown = 20
)

// activeStatuses are those of incidents that people respond to.
func activeStatuses() []incident.Status {
	return []incident.Status{incident.Investigating, incident.Identified, incident.Monitoring}
}

// pastStatuses are all others.
func pastStatuses() []incident.Status {
	return []incident.Status{incident.Resolved, incident.Closed, incident.Cancelled, incident.Merged}
}

// filter is what a person chose to see, and with cursor from where on.
type filter struct {
	status   string
	severity string
	service  string
	query    string
	// exercise is "true" for exercises alone, "false" for what is real, empty for both.
	exercise string
	cursor   string
}

func readFilter(c *gin.Context) filter {
	return filter{
		status: c.Query("status"), severity: c.Query("severity"), service: c.Query("service"),
		query: strings.TrimSpace(c.Query("q")), exercise: c.Query("exercise"), cursor: c.Query("cursor"),
	}
}

// set says whether anything is filtered.
func (f filter) set() bool {
	return f.status != "" || f.severity != "" || f.service != "" || f.query != "" || f.exercise != ""
}

// encode writes the filter as a query, with another cursor.
func (f filter) encode(cursor string) string {
	q := url.Values{}
	for name, value := range map[string]string{
		"status": f.status, "severity": f.severity, "service": f.service, "q": f.query, "exercise": f.exercise, "cursor": cursor,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q.Encode()
}

// statuses narrows statuses down to the one chosen; the second value is false when
// nothing is left.
func (f filter) statuses(among []incident.Status) ([]incident.Status, bool) {
	if f.status == "" {
		return among, true
	}
	for _, s := range among {
		if string(s) == f.status {
			return []incident.Status{s}, true
		}
	}
	return nil, false
}

func (f filter) over(statuses []incident.Status, limit int, cursor string) store.Filter {
	wanted := store.Filter{
		Status: statuses, Severity: incident.Severity(f.severity), Service: f.service, Query: f.query,
		Limit: limit, Cursor: cursor,
	}
	if f.exercise != "" {
		wanted.Exercise = new(f.exercise == "true")
	}
	return wanted
}

func (u *UI) showList(c *gin.Context) {
	page, err := u.listPage(c.Request.Context(), c)
	if err != nil {
		u.failed(c, err)
		return
	}
	u.show(c, http.StatusOK, "page/list", page)
}

func (u *UI) listSections(c *gin.Context) {
	page, err := u.listPage(c.Request.Context(), c)
	if err != nil {
		u.failed(c, err)
		return
	}
	u.showSections(c, page.parts())
}

func (u *UI) listLive(c *gin.Context) {
	changes, unsubscribe := u.Reader.Subscribe("")
	u.follow(c, stream{
		changes: changes, unsubscribe: unsubscribe,
		look: func(ctx context.Context) ([]part, int, error) {
			page, err := u.listPage(ctx, c)
			if err != nil {
				return nil, 0, err
			}
			return page.parts(), page.seq, nil
		},
	})
}

// listPage reads the list: on its first page what is open and what is over, then only
// what is over.
func (u *UI) listPage(ctx context.Context, c *gin.Context) (*listPage, error) {
	f := readFilter(c)
	var open, past []incident.State
	var next string
	reads, ctx := errgroup.WithContext(ctx)
	if statuses, some := f.statuses(activeStatuses()); some && f.cursor == "" {
		reads.Go(func() (err error) {
			open, _, err = u.Reader.Incidents(ctx, f.over(statuses, openShown, ""))
			return err
		})
	}
	if statuses, some := f.statuses(pastStatuses()); some {
		reads.Go(func() (err error) {
			past, next, err = u.Reader.Incidents(ctx, f.over(statuses, pastShown, f.cursor))
			return err
		})
	}
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	page := &listPage{
		Layout: u.layout(c, "Incidents"),
		Filter: u.filterView(f, slices.Concat(open, past)),
		Open:   openView(open, f, u.Now().UTC()),
		Past:   pastView(past, next, f, u.Now().UTC()),
		seq:    seqSum(open) + seqSum(past),
	}
	page.Layout.Sections = "/incidents/sections?" + f.encode(f.cursor)
	page.Layout.Live = "/incidents/live?" + f.encode(f.cursor) + "&seq=" + itoa(page.seq)
	if page.Open.Unacknowledged > 0 {
		page.Layout.Title = "(" + itoa(page.Open.Unacknowledged) + ") Incidents"
	}
	return page, nil
}
