package ui

import (
	"cmp"
	"slices"
	"time"

	"muster/incident"
)

// listPage is the list of incidents.
type listPage struct {
	Layout Layout
	Filter FilterView
	Open   *OpenView
	Past   *PastView

	seq int
}

func (p *listPage) parts() []part {
	return []part{{"section/open", p.Open}, {"section/past", p.Past}}
}

// FilterView is the form that narrows the list.
type FilterView struct {
	Status, Severity, Service, Query, Exercise string

	Statuses   []incident.Status
	Severities []Choice
	Services   []Choice
	// Exercises says that there is something to choose between.
	Exercises bool
	Set       bool
}

func (u *UI) filterView(f filter, shown []incident.State) FilterView {
	return FilterView{
		Status: f.status, Severity: f.severity, Service: f.service, Query: f.query, Exercise: f.exercise,
		Statuses: incident.Statuses(), Severities: u.Severities, Services: u.Services, Set: f.set(),
		Exercises: f.exercise != "" || slices.ContainsFunc(shown, func(s incident.State) bool { return s.Exercise != nil }),
	}
}

// OpenView is what people respond to now, the most pressing first.
type OpenView struct {
	Section
	Rows []RowView
	// Real and Exercises count the rows; nobody need hurry to an exercise.
	Real           int
	Exercises      int
	Unacknowledged int
	// Hidden says that this page is not the one that shows open incidents, Filtered
	// that the filter may have left some out.
	Hidden   bool
	Filtered bool
}

// PastView is what is over, the newest first.
type PastView struct {
	Section
	Rows     []RowView
	NextPath string
	Filtered bool
	// Later says that this is not the first page.
	Later bool
}

// RowView is one incident in the list.
type RowView struct {
	ID         incident.ID
	Path       string
	Title      string
	Severity   Badge
	Status     incident.Status
	Service    string
	Commander  string
	Initials   string
	Tint       int
	Declared   Moment
	DeclaredAt time.Time
	Now        time.Time `json:"-"`
	// Age makes the view change with time, so that ages of days are sent anew.
	Age  string
	Loud bool
	// Exercise says that it is practice.
	Exercise bool
	// Firing is how many alerts fire; empty for none.
	Firing        string
	Cleared       bool
	Failed        int
	UpdateLate    bool
	Took          string
	Ended         Moment
	Followups     int
	FollowupsOpen int
}

func openView(states []incident.State, f filter, now time.Time) *OpenView {
	v := &OpenView{Section: Section{ID: "open", Now: now}, Hidden: f.cursor != "", Filtered: f.set()}
	slices.SortStableFunc(states, func(a, b incident.State) int {
		return cmp.Or(
			cmp.Compare(boolInt(a.Exercise != nil), boolInt(b.Exercise != nil)),
			-cmp.Compare(boolInt(unacknowledged(a)), boolInt(unacknowledged(b))),
			cmp.Compare(severityBadge(a, a.Severity).Rank, severityBadge(b, b.Severity).Rank),
			b.DeclaredAt.Compare(a.DeclaredAt),
		)
	})
	for _, s := range states {
		row := rowView(s, now)
		switch {
		case row.Exercise:
			v.Exercises++
		case row.Loud:
			v.Unacknowledged++
			v.Real++
		default:
			v.Real++
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func pastView(states []incident.State, next string, f filter, now time.Time) *PastView {
	v := &PastView{Section: Section{ID: "past", Now: now}, Filtered: f.set(), Later: f.cursor != ""}
	for _, s := range states {
		v.Rows = append(v.Rows, rowView(s, now))
	}
	if next != "" {
		v.NextPath = "/incidents?" + f.encode(next)
	}
	return v
}

func rowView(s incident.State, now time.Time) RowView {
	commander := commanderOf(s)
	row := RowView{
		ID: s.ID, Path: incidentPath(s.ID), Title: s.Title, Severity: severityBadge(s, s.Severity), Status: s.Status,
		Service: s.Service.Name, Commander: commander, Initials: initials(commander), Tint: tintOf(commander),
		Declared: newMoment(s.DeclaredAt), DeclaredAt: s.DeclaredAt, Now: now, Age: ago(now.Sub(s.DeclaredAt)),
		Loud: unacknowledged(s), Exercise: s.Exercise != nil, Firing: some(s.AlertsFiring()), Cleared: s.Status.Active() && !s.AlertsClearedAt.IsZero(),
		Followups: len(s.Followups), FollowupsOpen: len(s.OpenFollowups()),
	}
	for _, step := range s.Steps {
		if step.State == incident.Failed {
			row.Failed++
		}
	}
	if due := updateDue(s); !due.IsZero() && now.After(due) {
		row.UpdateLate = true
	}
	ended := s.ResolvedAt
	if ended.IsZero() {
		ended = s.EndedAt
	}
	if !ended.IsZero() {
		row.Took, row.Ended = span(ended.Sub(s.DeclaredAt)), newMoment(ended)
	}
	return row
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// seqSum stands for the events in a list of incidents.
func seqSum(states []incident.State) int {
	sum := 0
	for _, s := range states {
		sum += s.Seq
	}
	return sum
}
