package postmortem

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
)

// foldAlertsWithin is how far apart alerts may fire, or resolve, to be told as one:
// about as long as one fault takes to spread.
const foldAlertsWithin = 10 * time.Minute

// maxAlertNames keeps the entry for a storm of alerts readable; the section about
// alerts names them all.
const maxAlertNames = 5

// course selects and orders what tells the story; the rules are at [Draft].
func course(events []incident.Event) Course {
	t := teller{failing: make(map[string]int), alertNames: make(map[string]int)}
	for _, e := range events {
		t.tell(e)
	}
	slices.SortStableFunc(t.entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return Course{Entries: t.entries, LeftOut: t.leftOut}
}

// teller goes through the events once and keeps what folding needs to know.
type teller struct {
	entries []Entry
	leftOut int
	// failing is, for each step that has failed and not been settled, the index of
	// its entry.
	failing map[string]int
	// alertNames counts the alerts of the entry told last, if that is about alerts.
	alertNames map[string]int
}

func (t *teller) tell(e incident.Event) {
	entry := Entry{At: e.At, Kind: e.Kind(), Actor: e.Actor.Name, Text: e.Text()}
	switch f := e.Fact.(type) {
	case incident.PlaybookAttached, incident.ChannelOpened, incident.RespondersInvited,
		incident.PostmortemDrafted, incident.StepStarted, incident.StepRepeated,
		incident.ReminderGiven, incident.ReminderSnoozed, incident.StepNudged,
		incident.ResponderJoined, incident.ResponderLeft, incident.MessageShown,
		incident.FollowupAdded, incident.TicketFiled, incident.TicketChanged:
		t.leftOut++
	case incident.AlertsFired:
		t.tellAlerts(entry, "fired", f.Alerts, f.Crowd)
	case incident.AlertsResolved:
		t.tellAlerts(entry, "resolved", f.Alerts, f.Crowd)
	case incident.AlertsCleared:
		t.tellCleared(entry, f)
	case incident.NoteAdded:
		if !f.HappenedAt.IsZero() {
			entry.At, entry.NotedAt = f.HappenedAt, e.At
		}
		t.add(quoted(entry, f))
	case incident.PageChanged:
		t.addIf(f.Status != "" || len(f.AssignedTo)+len(f.Responders) > 0, entry)
	case incident.RoleAssigned:
		if e.Actor.Name == f.To {
			entry.Text = tookRole(f)
		}
		t.add(entry)
	case incident.StepFailed:
		t.tellFailure(entry, f)
	case incident.StepRetried:
		t.addIf(e.Actor.Kind == incident.ActorPerson, entry)
	case incident.StepCompleted:
		_, failed := t.failing[f.Step]
		delete(t.failing, f.Step)
		t.addIf(failed || e.Actor.Kind == incident.ActorPerson, entry)
	case incident.StepSkipped:
		delete(t.failing, f.Step)
		t.addIf(!f.LeftOut, entry)
	case incident.DecisionMade:
		delete(t.failing, f.Step)
		t.add(entry)
	case incident.ApprovalGiven:
		t.addIf(f.Given < f.Quorum, entry)
	default:
		t.add(entry)
	}
}

// quoted is the entry of a note, told by who said it.
func quoted(entry Entry, f incident.NoteAdded) Entry {
	if f.Quote == nil {
		return entry
	}
	by := entry.Actor
	entry.Actor, entry.Text = f.Quote.By, f.Body
	if by != entry.Actor {
		entry.NotedBy = by
	}
	if f.Decision {
		entry.Text = "Decision: " + f.Body
	}
	if url := webAddress(f.Quote.Message.URL); url != "" {
		entry.Links = append(entry.Links, incident.Link{Title: inTheChat, URL: url})
	}
	for _, file := range f.Quote.Files {
		entry.Links = append(entry.Links, incident.Link{Title: file.Name, URL: webAddress(file.URL)})
	}
	return entry
}

func (t *teller) add(e Entry) { t.entries = append(t.entries, e) }

func (t *teller) addIf(notable bool, e Entry) {
	if notable {
		t.add(e)
		return
	}
	t.leftOut++
}

func (t *teller) tellFailure(entry Entry, f incident.StepFailed) {
	i, again := t.failing[f.Step]
	if !again {
		entry.Text = fmt.Sprintf("Failed: %s: %s", f.Title, f.Error)
		t.failing[f.Step] = len(t.entries)
		t.add(entry)
		return
	}
	first := &t.entries[i]
	first.Times, first.Until = max(first.Times, 1)+1, entry.At
	t.leftOut++
}

func (t *teller) tellAlerts(entry Entry, verb string, alerts []incident.Alert, crowd map[string]int) {
	last := t.last(entry.Kind)
	if last == nil || entry.At.Sub(last.At) > foldAlertsWithin {
		clear(t.alertNames)
		t.add(entry)
		last = &t.entries[len(t.entries)-1]
	} else {
		last.Times, last.Until = max(last.Times, 1)+1, entry.At
		t.leftOut++
	}
	total := 0
	for _, a := range alerts {
		t.alertNames[a.Name]++
	}
	for name, n := range crowd {
		t.alertNames[name] += n
	}
	names := sortedKeys(t.alertNames)
	for i, name := range names {
		n := t.alertNames[name]
		total += n
		if n > 1 {
			names[i] = fmt.Sprintf("%s (%s)", name, incident.FormatCount(n))
		}
	}
	if total == 1 && len(alerts) == 1 {
		last.Text = fmt.Sprintf("Alert %s: %s", verb, alertLine(alerts[0]))
		return
	}
	if more := len(names) - maxAlertNames; more > 0 {
		names = append(names[:maxAlertNames], fmt.Sprintf("%d more names", more))
	}
	last.Text = fmt.Sprintf("%s alerts %s: %s", incident.FormatCount(total), verb, enumerate(names))
}

// tellCleared drops what the entry before has said already: that the last alert
// resolved.
func (t *teller) tellCleared(entry Entry, f incident.AlertsCleared) {
	last := t.last("alerts_resolved")
	if last == nil {
		t.add(entry)
		return
	}
	t.leftOut++
	if f.Count > 1 {
		last.Text += "; none fires any more"
	}
}

// last returns the entry told last if it is of this kind, else nil.
func (t *teller) last(kind incident.Kind) *Entry {
	if n := len(t.entries); n > 0 && t.entries[n-1].Kind == kind {
		return &t.entries[n-1]
	}
	return nil
}

// tookRole is the text for somebody who takes a role without being asked.
func tookRole(f incident.RoleAssigned) string {
	if f.From == "" {
		return "Took the role " + f.Title
	}
	return fmt.Sprintf("Took over as %s from %s", f.Title, f.From)
}

func alertLine(a incident.Alert) string {
	if summary := a.Summary(); summary != a.Name {
		return a.Name + " (" + summary + ")"
	}
	return a.Name
}
