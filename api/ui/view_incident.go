package ui

import (
	"cmp"
	"time"

	"muster/incident"
)

// incidentPage is the page of one incident.
type incidentPage struct {
	Layout Layout
	// Learning puts follow-ups and postmortem where the response was.
	Learning bool

	Header    *HeaderView
	Next      *NextView
	Muster    *MusterView
	Steps     *StepsView
	Write     *WriteView
	Timeline  *TimelineView
	People    *PeopleView
	Alerts    *AlertsView
	Followups *FollowupsView
	Links     *LinksView
	// Transcript is empty where nothing is kept.
	Transcript *TranscriptView
}

// parts lists the sections that are kept up to date.
func (p *incidentPage) parts() []part {
	return []part{
		{"section/header", p.Header},
		{"section/next", p.Next},
		{"section/muster", p.Muster},
		{"section/steps", p.Steps},
		{"section/write", p.Write},
		{"section/timeline", p.Timeline},
		{"section/transcript", p.Transcript},
		{"section/people", p.People},
		{"section/alerts", p.Alerts},
		{"section/followups", p.Followups},
		{"section/links", p.Links},
	}
}

// builder makes the views of one incident at one moment for one person.
type builder struct {
	state   incident.State
	now     time.Time
	you     string
	refusal *refusal
	path    string
}

func (b builder) sectionOf(id string) Section { return Section{ID: id, Now: b.now} }

// form makes a form for a command; the subject tells apart several for the same one.
func (b builder) form(section, command, subject string) Form {
	return b.refusal.form(formID(section, command, subject), b.path+"/"+command)
}

// HeaderView says what the incident is and how far it has come.
type HeaderView struct {
	Section
	Incident   incident.ID
	Title      string
	Summary    string
	Severity   Badge
	Status     incident.Status
	Service    string
	Team       string
	Commander  string
	Declared   Moment
	DeclaredBy string
	DeclaredAt time.Time
	Active     bool
	Loud       bool
	Absorbed   []incident.ID
	Playbook   incident.PlaybookRef
	// Exercise says what is different about an incident that is practice; empty for others.
	Exercise    string
	Track       []Milestone
	TookInWhole string

	// Update is the latest status update: what somebody who joins needs first.
	Update    string
	UpdateAt  Moment
	UpdateAge string
	// Resolution takes its place once it is over.
	Resolution string

	CanChange      bool
	CanMoveStatus  bool
	CanReopen      bool
	Scale          []Badge
	ChangeSeverity Form
	ChangeStatus   Form
	Reopen         Form
	Cancel         Form
	Merge          Form
}

// Milestone is one point of an incident's life: reached, or still ahead.
type Milestone struct {
	Name    string
	At      Moment
	After   string
	Reached bool
	// Current marks the first one still ahead while people respond.
	Current bool
}

func (b builder) header() *HeaderView {
	s := b.state
	h := &HeaderView{
		Section:  b.sectionOf("header"),
		Incident: s.ID, Title: s.Title, Summary: s.Summary, Severity: severityBadge(s, s.Severity), Status: s.Status,
		Service: s.Service.Name, Team: s.Service.Team, Commander: commanderOf(s),
		Declared: newMoment(s.DeclaredAt), DeclaredBy: s.DeclaredBy.Name, DeclaredAt: s.DeclaredAt,
		Active: s.Status.Active(), Loud: unacknowledged(s),
		Absorbed: s.Absorbed, Playbook: s.Playbook, Exercise: exerciseText(s.Exercise),
		Track: b.track(), Update: s.Update, UpdateAt: newMoment(s.UpdatedAt), UpdateAge: ago(b.now.Sub(s.UpdatedAt)), Resolution: s.Resolution,
		CanChange: !s.Status.Ended(), CanMoveStatus: s.Status.Active(), CanReopen: s.Status == incident.Resolved,
		ChangeSeverity: b.form("header", "change_severity", ""),
		ChangeStatus:   b.form("header", "change_status", ""),
		Reopen:         b.form("header", "reopen", ""),
		Cancel:         b.form("header", "cancel", ""),
		Merge:          b.form("header", "merge", ""),
	}
	if took, ok := s.TimeToResolve(); ok {
		h.TookInWhole = span(took)
	} else if !s.EndedAt.IsZero() {
		h.TookInWhole = span(s.EndedAt.Sub(s.DeclaredAt))
	}
	for _, level := range s.Scale {
		h.Scale = append(h.Scale, severityBadge(s, level.Name))
	}
	return h
}

// exerciseText says what is different about an exercise; "" for what is none.
func exerciseText(e *incident.Exercise) string {
	if e == nil {
		return ""
	}
	text := "This is practice. Nobody is paged, and it counts in no statistics."
	if e.Channel != "" {
		text += " What Muster says goes to the channel " + cmp.Or(e.ChannelName, e.Channel) + " alone."
	}
	if e.Speed > 1 {
		text += " Waiting goes by " + incident.FormatValue(e.Speed) + " times as fast as usual."
	}
	return text
}

// worthTelling is how long an alert must have waited for its incident for people to be told.
const worthTelling = 10 * time.Second

// track lists the milestones of an incident's life with how long each took from the
// declaration.
func (b builder) track() []Milestone {
	s := b.state
	all := []Milestone{{Name: "Declared", At: newMoment(s.DeclaredAt), Reached: true}}
	if waited := s.DeclaredAt.Sub(s.AcceptedAt); !s.AcceptedAt.IsZero() && waited >= worthTelling {
		all[0].After = "alert waited " + span(waited)
	}
	add := func(name string, at time.Time) {
		m := Milestone{Name: name, At: newMoment(at), Reached: !at.IsZero()}
		if m.Reached {
			m.After = "+" + span(at.Sub(s.DeclaredAt))
		}
		all = append(all, m)
	}
	add("Acknowledged", s.AcknowledgedAt)
	switch s.Status {
	case incident.Cancelled:
		add("Cancelled", s.EndedAt)
	case incident.Merged:
		add("Merged", s.EndedAt)
	default:
		add("Mitigated", s.MitigatedAt)
		add("Resolved", s.ResolvedAt)
		add("Closed", s.EndedAt)
	}
	if s.Status.Ended() {
		return all
	}
	for i := range all {
		if !all[i].Reached {
			all[i].Current = true
			break
		}
	}
	return all
}

// unacknowledged says whether an incident waits for somebody to take it.
func unacknowledged(s incident.State) bool { return s.Status.Active() && s.AcknowledgedAt.IsZero() }

// commanderOf is who leads: the holder of the playbook's first role.
func commanderOf(s incident.State) string {
	if len(s.Roles) == 0 {
		return ""
	}
	return s.Roles[0].Holder
}
