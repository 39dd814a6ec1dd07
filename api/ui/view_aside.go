package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// PeopleView is who takes which part.
type PeopleView struct {
	Section
	Roles []RoleView
	// AcknowledgedBy is who took the incident, if anybody.
	AcknowledgedBy string
	// Present names who is in the channel; empty while nobody is known to be.
	Present string
	Open    bool
}

// RoleView is one role, who holds it, and how to change that.
type RoleView struct {
	ID       string
	Title    string
	Duties   string
	Holder   string
	Initials string
	Tint     int
	// Yours says that whoever looks at the page holds it.
	Yours bool
	// Brief is what was said when the role was handed over, Handover what is proposed to
	// whoever hands it over next.
	Brief    string
	Handover string
	CanTake  bool
	Take     Form
	Assign   Form
}

func (b builder) people() *PeopleView {
	v := &PeopleView{
		Section: b.sectionOf("people"), AcknowledgedBy: b.state.AcknowledgedBy.Name, Open: !b.state.Status.Ended(),
	}
	for _, r := range b.state.Roles {
		v.Roles = append(v.Roles, b.role("people", r))
	}
	v.Present = namesOf(b.state.Present)
	return v
}

// shownPresent is how many people in the channel a page names.
const shownPresent = 12

// namesOf lists people by name, the first of many.
func namesOf(people []incident.Person) string {
	var names []string
	for _, p := range people[:min(len(people), shownPresent)] {
		names = append(names, cmp.Or(p.Name, p.Email))
	}
	if more := len(people) - len(names); more > 0 {
		return strings.Join(names, ", ") + " and " + incident.FormatCount(more) + " more"
	}
	return strings.Join(names, ", ")
}

func (b builder) role(section string, r incident.Role) RoleView {
	yours := r.Holder != "" && r.Holder == b.you
	take := b.form(section, "assign_role", "take-"+r.ID)
	// The first thing somebody does may be to take a role: ask for the name there.
	take.AskName = take.AskName || section == "next" && b.you == ""
	v := RoleView{
		ID: r.ID, Title: sentenceCase(r.Title), Duties: r.Duties, Holder: r.Holder,
		Initials: initials(r.Holder), Tint: tintOf(r.Holder),
		Yours: yours, CanTake: !yours && !b.state.Status.Ended(), Brief: r.Brief,
		Take: take, Assign: b.form(section, "assign_role", r.ID),
	}
	if r.Holder != "" {
		v.Handover = incident.HandoverBrief(b.state)
	}
	return v
}

// AlertsView is what monitoring says.
type AlertsView struct {
	Section
	Alerts []AlertView
	// Firing is how many fire; empty for none.
	Firing string
	// More is how many are left out, since storms bring thousands; empty for none.
	More string
}

// AlertView is one alert.
type AlertView struct {
	Name    string
	Summary string
	Firing  bool
	Since   Moment
	// Lasting says how long it fires or fired.
	Lasting string
	URL     string
	Labels  []Label
}

// Label is one of an alert's labels.
type Label struct{ Name, Value string }

const (
	shownAlerts = 12
	shownLabels = 6
)

func (b builder) alerts() *AlertsView {
	v := &AlertsView{Section: b.sectionOf("alerts"), Firing: some(b.state.AlertsFiring())}
	sorted := slices.Clone(b.state.Alerts)
	slices.SortStableFunc(sorted, func(x, y incident.Alert) int {
		if x.Firing() != y.Firing() {
			if x.Firing() {
				return -1
			}
			return 1
		}
		return y.StartsAt.Compare(x.StartsAt)
	})
	sorted = sorted[:min(len(sorted), shownAlerts)]
	v.More = some(b.state.AlertCount() - len(sorted))
	for _, a := range sorted {
		v.Alerts = append(v.Alerts, b.alert(a))
	}
	return v
}

// some writes a number as people read it, and none as nothing.
func some(n int) string {
	if n < 1 {
		return ""
	}
	return incident.FormatCount(n)
}

func (b builder) alert(a incident.Alert) AlertView {
	v := AlertView{
		Name: a.Name, Summary: a.Summary(), Firing: a.Firing(), Since: newMoment(a.StartsAt),
		URL: webURL(a.URL),
	}
	if v.Summary == v.Name {
		v.Summary = ""
	}
	end := a.ResolvedAt
	if a.Firing() {
		end = b.now
	}
	v.Lasting = span(end.Sub(a.StartsAt))
	if a.Firing() && b.now.Sub(a.StartsAt) < time.Minute {
		v.Lasting = "under a minute" // seconds would make the view change all the time
	}
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		if name != "alertname" && len(v.Labels) < shownLabels {
			v.Labels = append(v.Labels, Label{name, a.Labels[name]})
		}
	}
	return v
}

// FollowupsView is the work that remains.
type FollowupsView struct {
	Section
	Followups []FollowupView
	Open      int
	CanAdd    bool
	Add       Form
}

// FollowupView is one follow-up with its ticket.
type FollowupView struct {
	ID      string
	Title   string
	Owner   string
	Due     Moment
	Overdue bool
	Done    bool
	Key     string
	URL     string
	Status  string
	// Complete finishes work that has no ticket; nil where the tracker says so.
	Complete *Form
}

func (b builder) followups() *FollowupsView {
	v := &FollowupsView{
		Section: b.sectionOf("followups"), Open: len(b.state.OpenFollowups()),
		CanAdd: !b.state.Status.Ended(), Add: b.form("followups", "add_followup", ""),
	}
	for _, f := range b.state.Followups {
		view := FollowupView{
			ID: f.ID, Title: f.Title, Owner: f.Owner, Due: newMoment(f.Due), Overdue: f.Overdue(b.now), Done: f.Done,
			Key: f.Ticket.Key, URL: webURL(f.Ticket.URL), Status: f.Ticket.Status,
		}
		if f.Ticket.Key == "" && !f.Done {
			form := b.form("followups", "complete_followup", f.ID)
			view.Complete = &form
		}
		v.Followups = append(v.Followups, view)
	}
	return v
}

// LinksView is where else to look.
type LinksView struct {
	Section
	Links []LinkView
}

// LinkView is one link out of the page; Icon says where it leads.
type LinkView struct {
	Icon  string
	Title string
	Hint  string
	URL   string
	// External links open beside the page, which stays at hand.
	External bool
}

func (b builder) links(workflowURL string) *LinksView {
	s := b.state
	v := &LinksView{Section: b.sectionOf("links")}
	add := func(icon, title, hint, address string) {
		if address != "" {
			v.Links = append(v.Links, LinkView{icon, title, hint, address, webURL(address) != ""})
		}
	}
	if s.Channel.Name != "" {
		add("chat", "#"+s.Channel.Name, "Slack", webURL(s.Channel.URL))
	}
	for _, p := range s.Pages {
		add("bell", "Page "+p.ID, "PagerDuty", webURL(p.URL))
	}
	for _, l := range webLinks(s.Service.Runbooks) {
		add("book", l.Title, "Runbook", l.URL)
	}
	if s.Status == incident.Resolved || s.Status.Ended() || !s.PostmortemAt.IsZero() {
		add("pencil", "Postmortem", "What happened and why", b.path+"/postmortem")
	}
	add("flow", "Workflow "+string(s.ID), "Temporal: what Muster is doing, step by step", workflowURL)
	return v
}
