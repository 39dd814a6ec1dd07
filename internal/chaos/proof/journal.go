package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/playbooks"
)

func checkSequences(e *Evidence, f *finding) {
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		f.saw(len(journal))
		for i, event := range journal {
			if event.Seq != i+1 || event.Incident != id {
				f.violated("%s: expected event %d, found %s/%d (%s)", id, i+1, event.Incident, event.Seq, event.Kind())
				return
			}
			if i > 0 && event.At.Before(journal[i-1].At) {
				f.violated("%s: event %d is earlier than the one before", id, event.Seq)
			}
		}
	})
	each(e.Timelines, func(id incident.ID, timeline []client.Event) {
		for i, event := range timeline {
			if event.Seq != i+1 {
				f.violated("%s: expected event %d on the API's timeline, found %d", id, i+1, event.Seq)
				return
			}
		}
	})
}

func checkReadModel(e *Evidence, f *finding) {
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		f.saw(1)
		stored, found := e.ReadModel[id]
		if !found {
			f.violated("%s: it is in the journal and not in the read model", id)
			return
		}
		want, err := json.Marshal(incident.Fold(journal))
		if err != nil {
			f.violated("%s: %v", id, err)
			return
		}
		have, err := json.Marshal(stored)
		if err != nil {
			f.violated("%s: %v", id, err)
			return
		}
		if !bytes.Equal(want, have) {
			f.violated("%s: the read model is not the fold of the journal: %s", id, difference(want, have))
		}
	})
}

// difference shows where two texts part.
func difference(want, have []byte) string {
	const around = 60
	i := 0
	for i < len(want) && i < len(have) && want[i] == have[i] {
		i++
	}
	from := max(0, i-around)
	return fmt.Sprintf("expected …%s…, found …%s…", want[from:min(len(want), i+around)], have[from:min(len(have), i+around)])
}

// checkViews compares what the API showed with the journal, as far as it had come then:
// the journal was read later, and may have grown.
func checkViews(e *Evidence, f *finding) {
	each(e.Viewed, func(id incident.ID, view client.Incident) {
		journal := e.Journals[id]
		if view.Seq > len(journal) {
			f.violated("%s: the API showed event %d, and the journal has %d", id, view.Seq, len(journal))
			return
		}
		f.saw(1)
		if want, have := digest(incident.Fold(journal[:view.Seq])), digestOf(view); want != have {
			f.violated("%s: the journal says %s; the API shows %s", id, want, have)
		}
	})
	each(e.Timelines, func(id incident.ID, timeline []client.Event) {
		journal := e.Journals[id]
		if len(timeline) > len(journal) {
			f.violated("%s: the API's timeline has %d events, and the journal %d", id, len(timeline), len(journal))
			return
		}
		f.saw(len(timeline))
		for i, shown := range timeline {
			event := journal[i]
			if shown.Kind != string(event.Kind()) || shown.Text != event.Text() || shown.Actor != event.Actor.Name || !shown.At.Equal(event.At) {
				f.violated("%s: event %d is %s %q in the journal and %s %q on the API's timeline", id, event.Seq, event.Kind(), event.Text(), shown.Kind, shown.Text)
				return
			}
		}
	})
}

// digest is what the proof compares of a state, in one line.
func digest(s incident.State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %s %s %s", s.ID, s.Title, s.Status, s.Severity, s.Service.Name)
	fmt.Fprintf(&b, " ack=%q update=%q into=%q absorbed=%v channel=%q", s.AcknowledgedBy.Name, s.Update, s.MergedInto, s.Absorbed, s.Channel.ID)
	for _, r := range slices.SortedFunc(slices.Values(s.Roles), func(a, b incident.Role) int { return strings.Compare(a.ID, b.ID) }) {
		fmt.Fprintf(&b, " %s=%q", r.ID, r.Holder)
	}
	for _, step := range s.Steps {
		fmt.Fprintf(&b, " %s:%s", step.ID, step.State)
	}
	for _, page := range s.Pages {
		fmt.Fprintf(&b, " %s", page.Key)
	}
	for _, followup := range s.Followups {
		fmt.Fprintf(&b, " %s:%s:%s:%t", followup.ID, followup.Ticket.Key, followup.Ticket.Status, followup.Done)
	}
	return b.String()
}

// digestOf is the same of what the API shows.
func digestOf(v client.Incident) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %s %s %s", v.ID, v.Title, v.Status, v.Severity, v.Service)
	channel := ""
	if v.Channel != nil {
		channel = v.Channel.ID
	}
	fmt.Fprintf(&b, " ack=%q update=%q into=%q absorbed=%v channel=%q", v.AcknowledgedBy, v.Update, v.MergedInto, v.Absorbed, channel)
	roles := make([]string, 0, len(v.Roles))
	for id, holder := range v.Roles {
		roles = append(roles, fmt.Sprintf(" %s=%q", id, holder))
	}
	slices.Sort(roles)
	b.WriteString(strings.Join(roles, ""))
	for _, step := range v.Steps {
		fmt.Fprintf(&b, " %s:%s", step.ID, step.State)
	}
	for _, page := range v.Pages {
		fmt.Fprintf(&b, " %s", page.Key)
	}
	for _, followup := range v.Followups {
		fmt.Fprintf(&b, " %s:%s:%s:%t", followup.ID, followup.Key, followup.Status, followup.Done)
	}
	return b.String()
}

func checkList(e *Evidence, f *finding) {
	listed := map[incident.ID]int{}
	for i, view := range e.Incidents {
		f.saw(1)
		listed[view.ID]++
		if i > 0 && view.ID.Number() >= e.Incidents[i-1].ID.Number() {
			f.violated("%s comes after %s in the list, which shows the newest first", view.ID, e.Incidents[i-1].ID)
		}
	}
	each(e.Journals, func(id incident.ID, _ []incident.Event) {
		if listed[id] != 1 {
			f.violated("%s is in the journal; the API's list shows it %d times", id, listed[id])
		}
		delete(listed, id)
	})
	each(listed, func(id incident.ID, _ int) { f.violated("%s is in the API's list and not in the journal", id) })
}

// checkPlaybooks has each playbook's agenda watch the journal anew, and expects every
// reaction that it asked for to be settled, but for those that need a channel where none
// could be opened before the end, those of which only the latest counts, whose success is not
// written down, and for steps that still run.
func checkPlaybooks(e *Evidence, f *finding) {
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		p, err := playbookOf(journal)
		if err != nil {
			f.violated("%s: %v", id, err)
			return
		}
		agenda := playbooks.NewAgenda(p, nil)
		var state incident.State
		for _, event := range journal {
			state = incident.Apply(state, event)
			agenda.Observe(state, event)
			f.saw(1)
		}
		actions := actionsOf(journal)
		for _, reaction := range agenda.Reactions() {
			latest := slices.ContainsFunc(p.Hooks, func(h playbooks.Hook) bool { return h.ID == reaction.Hook && h.Latest })
			if _, failed := state.Step(reaction.ID); latest && !failed {
				continue
			}
			if state.Channel.ID == "" && strings.HasPrefix(actions[reaction.Hook], "slack.") {
				continue
			}
			f.violated("%s: %s is asked for by event %d (%s) and was never settled", id, reaction.ID, reaction.Event.Seq, reaction.Event.Kind())
		}
		for _, step := range state.Steps {
			if state.Status.Ended() && step.Hook == "" {
				continue // The response is over; what hooks began is brought to its end.
			}
			if step.Kind == incident.Automatic && (step.State == incident.Running || step.State == incident.Failed) {
				f.violated("%s: the step %s is %s: %s", id, step.ID, step.State, step.Error)
			}
		}
	})
}
