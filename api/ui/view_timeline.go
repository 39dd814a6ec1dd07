package ui

import (
	"cmp"
	"slices"

	"muster/incident"
	"muster/incident/timeline"
)

// WriteView is where people write updates and notes.
type WriteView struct {
	Section
	Open   bool
	Write  Form
	Due    string
	DueNow bool
}

func (b builder) write() *WriteView {
	v := &WriteView{Section: b.sectionOf("write"), Open: !b.state.Status.Ended(), Write: b.form("write", "write", "")}
	if due := updateDue(b.state); !due.IsZero() {
		v.Due = newMoment(due).Short
		v.DueNow = !b.now.Before(due)
	}
	return v
}

// TimelineView is what has happened, the newest first: who opens the page in the middle
// of an incident needs the last entries, and the postmortem tells the story forwards.
type TimelineView struct {
	Section
	Days []DayView
	// Seq is the newest entry's number and Latest what it says, read out to people who
	// cannot see it appear.
	Seq    int
	Latest string
	// AllPath is where to see all entries, where some are left out.
	AllPath string
}

// DayView is the part of a timeline on one day, in UTC.
type DayView struct {
	Title string
	Runs  []RunView
}

// RunView is some entries in a row. Routine ones are folded away, so that what people
// decided and what went wrong stands out.
type RunView struct {
	Entries []EntryView
	Routine bool
}

// foldFrom is how many routine entries in a row are worth folding.
const foldFrom = 3

// Folded says whether the run is shown as one line that unfolds.
func (r RunView) Folded() bool { return r.Routine && len(r.Entries) >= foldFrom }

// Oldest and Newest are the ends of a run. The oldest stays the same while a run grows.
func (r RunView) Oldest() EntryView { return r.Entries[len(r.Entries)-1] }

// Newest is the other end.
func (r RunView) Newest() EntryView { return r.Entries[0] }

// add puts an older entry into the day.
func (d *DayView) add(e EntryView) {
	routine := e.Tone == "quiet" && !e.ByPerson
	if n := len(d.Runs); n == 0 || d.Runs[n-1].Routine != routine {
		d.Runs = append(d.Runs, RunView{Routine: routine})
	}
	run := &d.Runs[len(d.Runs)-1]
	run.Entries = append(run.Entries, e)
}

// EntryView is one line, of an event or of all attempts at what fails.
type EntryView struct {
	Seq  int
	At   Moment
	Icon string
	// Tone colours the icon: alarm, warn, go, done, said or quiet.
	Tone string
	// Lead is a label above Text for what people wrote themselves; Text is then a quote.
	Lead     string
	Text     string
	Actor    string
	ByPerson bool
	Happened Moment
	// Links lead to where it was said in the chat, and to the files that were shared.
	Links []incident.Link
	// Chart is what was measured; nil for most.
	Chart *ChartView
}

func (b builder) timeline(events []incident.Event, before int) *TimelineView {
	v := &TimelineView{Section: b.sectionOf("timeline")}
	if before > 0 {
		v.AllPath = b.path + "?timeline=all#timeline"
	}
	told := timeline.Of(b.state, events)
	for _, e := range slices.Backward(told) {
		entry := entryOf(e)
		if len(v.Days) == 0 || v.Days[len(v.Days)-1].Title != entry.At.Day {
			v.Days = append(v.Days, DayView{Title: entry.At.Day})
		}
		v.Days[len(v.Days)-1].add(entry)
	}
	if n := len(told); n > 0 {
		last := told[n-1]
		v.Seq, v.Latest = last.Event.Seq, last.Event.Actor.Name+": "+last.Text
	}
	return v
}

func entryOf(told timeline.Entry) EntryView {
	e := told.Event
	icon, tone := look(e.Fact)
	if told.Recovered {
		tone = "done"
	}
	v := EntryView{
		Seq: e.Seq, At: newMoment(e.At), Icon: icon, Tone: tone, Text: told.Text,
		Actor: e.Actor.Name, ByPerson: e.Actor.Kind == incident.ActorPerson,
	}
	switch f := e.Fact.(type) {
	case incident.NoteAdded:
		v.Lead, v.Happened = "Note", newMoment(f.HappenedAt)
		if f.Decision {
			v.Lead, v.Icon, v.Tone = "Decision", "fork", "go"
		}
		v.Text = f.Body
		if f.Quote != nil {
			v.quote(*f.Quote)
		}
	case incident.UpdatePosted:
		v.Lead = "Status update"
	case incident.MetricCollected:
		if v.Chart = chartOf(f.Measurement); v.Chart != nil {
			// The drawing says the rest.
			v.Text = "Measured: " + f.Measurement.Title
		}
	}
	return v
}

// quote shows who said what was noted, and where.
func (v *EntryView) quote(q incident.Quote) {
	if v.Actor != q.By {
		v.Lead += ", noted by " + v.Actor
	}
	v.Actor = q.By
	if q.Message.URL != "" {
		v.Links = append(v.Links, incident.Link{Title: "in the chat", URL: q.Message.URL})
	}
	for _, f := range q.Files {
		if f.URL != "" {
			v.Links = append(v.Links, incident.Link{Title: cmp.Or(f.Name, "file"), URL: f.URL})
		}
	}
}

// look chooses how a kind of event appears in the timeline. A kind that it does not
// know gets a plain dot, so that new kinds need nothing here.
func look(f incident.Fact) (icon, tone string) {
	switch f := f.(type) {
	case incident.IncidentDeclared:
		return "flag", "alarm"
	case incident.AlertsFired:
		return "alert", "alarm"
	case incident.IncidentReopened:
		return "retry", "alarm"
	case incident.SeverityChanged:
		if f.Raised {
			return "rise", "alarm"
		}
		return "chevron", "go"
	case incident.StepFailed, incident.StepRejected:
		return "cross", "warn"
	case incident.StepNudged:
		return "clock", "warn"
	case incident.StepEscalated:
		return "rise", "warn"
	case incident.DecisionMade:
		return "fork", "go"
	case incident.ApprovalGiven:
		return "check", "go"
	case incident.MetricCollected:
		return "chart", "go"
	case incident.ReminderGiven:
		return "clock", "warn"
	case incident.JournalRestored:
		return "alert", "warn"
	case incident.IncidentAcknowledged:
		return "hand", "go"
	case incident.StatusChanged:
		return "arrow", "go"
	case incident.RoleAssigned:
		return "person", "go"
	case incident.AlertsResolved, incident.AlertsCleared:
		return "check", "done"
	case incident.IncidentResolved, incident.IncidentClosed:
		return "shield", "done"
	case incident.NoteAdded:
		return "pencil", "said"
	case incident.UpdatePosted:
		return "megaphone", "said"
	case incident.StepCompleted:
		return "check", "quiet"
	case incident.StepRetried, incident.StepRepeated:
		return "retry", "quiet"
	case incident.StepAdded:
		return "plus", "quiet"
	case incident.StepSkipped, incident.IncidentCancelled:
		return "minus", "quiet"
	case incident.StepStarted:
		return "gear", "quiet"
	case incident.PageSent:
		return "bell", "go"
	case incident.ChannelOpened:
		return "chat", "go"
	case incident.RespondersInvited, incident.ResponderJoined, incident.ResponderLeft:
		return "people", "quiet"
	case incident.HelpRequested:
		return "people", "go"
	case incident.PageChanged:
		return "bell", "quiet"
	case incident.SeverityConfirmed:
		return "check", "go"
	case incident.ReminderSnoozed:
		return "clock", "quiet"
	case incident.MessageShown:
		return "chat", "quiet"
	case incident.PostmortemDrafted:
		return "book", "done"
	case incident.PlaybookAttached:
		return "book", "quiet"
	case incident.FollowupAdded, incident.TicketFiled, incident.TicketChanged:
		return "ticket", "quiet"
	case incident.IncidentMerged, incident.IncidentAbsorbed:
		return "merge", "quiet"
	default:
		return "dots", "quiet"
	}
}
