package proof

import (
	"encoding/json"
	"fmt"
	"strings"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/playbooks"
)

// work is a piece of work of Muster's in an incident: a step or the reaction of a hook.
type work struct {
	incident incident.ID
	id, do   string
}

// done lists what each journal says that Muster itself has done, by the action. A step
// that a person completed after it failed is not Muster's doing.
func (e *Evidence) done(action string) []work {
	var all []work
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		actions := actionsOf(journal)
		for event, fact := range incident.Facts[incident.StepCompleted](journal) {
			do := actions[hookOf(fact.Step)]
			if do == action && event.Actor.Kind == incident.ActorMuster {
				all = append(all, work{id, fact.Step, do})
			}
		}
	})
	return all
}

// actionsOf are the actions of an incident's playbook, by the id of step or hook.
func actionsOf(journal []incident.Event) map[string]string {
	actions := map[string]string{}
	if p, err := playbookOf(journal); err == nil {
		for _, step := range p.Steps {
			actions[step.ID] = step.Do
		}
		for _, hook := range p.Hooks {
			actions[hook.ID] = hook.Do
		}
	}
	return actions
}

// playbookOf reads the playbook that an incident follows from its journal.
func playbookOf(journal []incident.Event) (*playbooks.Playbook, error) {
	for _, attached := range incident.Facts[incident.PlaybookAttached](journal) {
		var p playbooks.Playbook
		if err := json.Unmarshal(attached.Document, &p); err != nil {
			return nil, fmt.Errorf("read the playbook: %w", err)
		}
		return &p, p.Compile()
	}
	return nil, fmt.Errorf("the journal has no playbook")
}

// hookOf takes from the id of a reaction, "announce@17", the event it reacts to.
func hookOf(step string) string {
	hook, _, _ := strings.Cut(step, "@")
	return hook
}

// key is the key of an effect, as docs/reliability.md describes it.
func (e *Evidence) key(w work) string {
	return fmt.Sprintf("muster-%s-%s-%s", e.Installation, w.incident, strings.ReplaceAll(w.id, "@", "."))
}

// standing begins the ids of the sandbox's channels that people made. Announcements go there.
const standing = "C0STANDING"

// checkChannels expects the channel that the journal tells of, no other with the
// incident's mark, and none that belongs to nobody. An incident that was over before its
// channel was ready may have one that it does not know, or that is not marked yet.
func checkChannels(e *Evidence, f *finding) {
	marked, unmarked := map[incident.ID][]string{}, []string{}
	for _, channel := range e.Sandbox.Slack.Channels {
		_, mark, _ := strings.Cut(channel.Purpose, "[muster:muster-"+e.Installation+"-")
		parts := strings.SplitN(mark, "-", 3)
		if mark == "" && strings.HasPrefix(channel.ID, standing) {
			continue
		}
		if len(parts) < 3 {
			unmarked = append(unmarked, "#"+channel.Name)
			continue
		}
		id := incident.ID(parts[0] + "-" + parts[1])
		marked[id] = append(marked[id], channel.ID)
		if _, known := e.Journals[id]; !known {
			f.violated("channel #%s (%s) belongs to %s, which the journal does not have", channel.Name, channel.ID, id)
		}
	}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		f.saw(1)
		state := incident.Fold(journal)
		channels := marked[id]
		switch {
		case len(channels) == 0 && gaveUp(state, playbooks.SlackCreateChannel) && len(unmarked) > 0:
			unmarked = unmarked[1:] // It was created, and nobody came to mark it.
		case len(channels) > 1:
			f.violated("%s: expected one channel, found %d: %s", id, len(channels), some(channels))
		case state.Channel.ID != "" && (len(channels) == 0 || channels[0] != state.Channel.ID):
			f.violated("%s: expected the channel %s of its journal, found %s", id, state.Channel.ID, some(channels))
		case state.Channel.ID == "" && len(channels) > 0 && !gaveUp(state, playbooks.SlackCreateChannel):
			f.violated("%s: there is a channel %s, of which its journal does not tell", id, channels[0])
		}
	})
	if len(unmarked) > 0 {
		f.violated("channels that carry no incident's mark: %s", some(unmarked))
	}
	for _, w := range e.done(playbooks.SlackCreateChannel) {
		if len(marked[w.incident]) == 0 {
			f.violated("%s: its timeline says that the channel is open, and there is none", w.incident)
		}
	}
}

// checkPages expects each page that a journal tells of once at the pager, and no other.
func checkPages(e *Evidence, f *finding) {
	paged := map[string]int{}
	for _, p := range e.Sandbox.PagerDuty.Incidents {
		f.saw(1)
		paged[p.DedupKey]++
		if paged[p.DedupKey] == 2 {
			f.violated("the pager was asked more than once for %s", p.DedupKey)
		}
	}
	told := map[string]bool{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		for _, fact := range incident.Facts[incident.PageSent](journal) {
			if told[fact.Page.Key] {
				f.violated("%s: its timeline tells more than once of the page %s", id, fact.Page.Key)
			}
			told[fact.Page.Key] = true
			if paged[fact.Page.Key] == 0 {
				f.violated("%s: its timeline tells of the page %s, and the pager does not have it", id, fact.Page.Key)
			}
		}
	})
	for _, w := range e.done(playbooks.PagerDutyPage) {
		if !told[e.key(w)] {
			f.violated("%s: %s is done, and its timeline tells of no page %s", w.incident, w.id, e.key(w))
		}
	}
	abandoned := e.abandoned()
	for key := range paged {
		// What was given up may have had its effect; it must not be left open, though.
		if !told[key] && !abandoned[key] {
			f.violated("the pager has the page %s, of which no timeline tells", key)
		}
	}
}

// checkOpenPages expects every page of an incident that is over to be resolved, also one
// that the incident never knew to have been sent.
func checkOpenPages(e *Evidence, f *finding) {
	over := map[string]incident.ID{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		state := incident.Fold(journal)
		if state.Status.Active() {
			return
		}
		for _, page := range state.Pages {
			over[page.Key] = id
		}
		for _, step := range state.Steps {
			if step.Do == playbooks.PagerDutyPage {
				over[e.key(work{incident: id, id: step.ID})] = id
			}
		}
	})
	for _, p := range e.Sandbox.PagerDuty.Incidents {
		id, ended := over[p.DedupKey]
		if !ended {
			continue
		}
		f.saw(1)
		if p.Status != "resolved" {
			f.violated("%s is over, and its page %s is still %s", id, p.DedupKey, p.Status)
		}
	}
}

// checkTickets expects each follow-up's ticket in the tracker once, and no other ticket.
func checkTickets(e *Evidence, f *finding) {
	owner := map[string]string{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		filed := map[string]string{}
		for _, fact := range incident.Facts[incident.TicketFiled](journal) {
			if before, twice := filed[fact.Followup]; twice {
				f.violated("%s %s: expected one ticket, its timeline tells of %s and %s", id, fact.Followup, before, fact.Ticket.Key)
			}
			filed[fact.Followup] = fact.Ticket.Key
			name := string(id) + " " + fact.Followup
			if other, taken := owner[fact.Ticket.Key]; taken {
				f.violated("ticket %s belongs to %s and to %s", fact.Ticket.Key, other, name)
			}
			owner[fact.Ticket.Key] = name
		}
		for _, followup := range incident.Fold(journal).Followups {
			f.saw(1)
			if followup.Ticket.Key == "" && !followup.Done {
				f.violated("%s %s: it is open and has no ticket", id, followup.ID)
			}
		}
	})
	labels, exists := map[string]string{}, map[string]bool{}
	for _, issue := range e.Sandbox.Jira.Issues {
		exists[issue.Key] = true
		if owner[issue.Key] == "" {
			f.violated("ticket %s (%q) is no follow-up's", issue.Key, issue.Summary)
		}
		for _, label := range issue.Labels {
			if before, twice := labels[label]; twice && strings.HasPrefix(label, "muster-") {
				f.violated("the tickets %s and %s are for the same follow-up: label %s", before, issue.Key, label)
			}
			labels[label] = issue.Key
		}
	}
	for key, name := range owner {
		if !exists[key] {
			f.violated("%s: its timeline tells of the ticket %s, which the tracker does not have", name, key)
		}
	}
}

// checkMessages expects each message once, in its incident's channel, and every message
// that a timeline says was posted.
func checkMessages(e *Evidence, f *finding) {
	posted := map[string]string{}
	for _, channel := range e.Sandbox.Slack.Channels {
		for _, message := range channel.Messages {
			key := message.Metadata.Payload.Key
			if key == "" {
				continue // Not ours: Slack's own, such as that a topic was set.
			}
			f.saw(1)
			if before, twice := posted[key]; twice {
				f.violated("the message %s stands twice, in #%s and #%s: %.80q", key, before, channel.Name, message.Text)
			}
			posted[key] = channel.Name
		}
	}
	names := channelNames(e.Sandbox.Slack.Channels)
	for _, w := range e.done(playbooks.SlackPost) {
		key := e.key(w)
		in, found := posted[key]
		want := names[incident.Fold(e.Journals[w.incident]).Channel.ID]
		switch {
		case !found:
			f.violated("%s: its timeline says that %s is posted, and there is no message %s", w.incident, w.id, key)
		case in != want:
			f.violated("%s: the message %s is in #%s instead of #%s", w.incident, key, in, want)
		}
		delete(posted, key)
	}
	shown := e.checkShown(posted, f)
	skipped := e.abandoned()
	for key, channel := range posted {
		if !skipped[key] && !shown[key] {
			f.violated("the message %s in #%s is one that no timeline tells of", key, channel)
		}
	}
}

// checkShown expects each message that is kept up to date where a timeline says that it is,
// and returns the keys of those, of what was said in their threads, and of those that an
// incident may have posted before it was over and nobody wrote it down.
func (e *Evidence) checkShown(posted map[string]string, f *finding) map[string]bool {
	keys := map[string]bool{}
	key := func(id incident.ID, purpose string) string {
		return fmt.Sprintf("muster-%s-%s..%s", e.Installation, id, purpose)
	}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		for _, fact := range incident.Facts[incident.MessageShown](journal) {
			keys[key(id, fact.Purpose)] = true
			if _, found := posted[key(id, fact.Purpose)]; !found {
				f.violated("%s: its timeline says that the %s is shown, and there is no message %s", id, fact.Purpose, key(id, fact.Purpose))
			}
		}
		if gaveUp(incident.Fold(journal), playbooks.SlackBrief) {
			keys[key(id, incident.ShownBrief)] = true
		}
	})
	for _, w := range e.done(playbooks.SlackAnnounce) {
		keys[e.key(w)] = true
	}
	return keys
}

// gaveUp says that a step failed, perhaps after it had its effect, and was not tried again
// because the response was over.
func gaveUp(state incident.State, action string) bool {
	for _, step := range state.Steps {
		failed := step.Error != "" && !step.State.Settled()
		skipped := step.State == incident.Skipped && step.By == incident.MusterActor().Name
		if step.Do == action && step.Attempts > 0 && (failed || skipped) && !state.Status.Active() {
			return true
		}
	}
	return false
}

func channelNames(channels []client.SlackChannel) map[string]string {
	names := map[string]string{}
	for _, channel := range channels {
		names[channel.ID] = channel.Name
	}
	return names
}

// abandoned are the keys of work that failed with an uncertain end and was given up,
// because it was no longer needed or the response was over: it may have had its effect or
// not.
func (e *Evidence) abandoned() map[string]bool {
	keys := map[string]bool{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		failed := map[string]bool{}
		for _, event := range journal {
			switch fact := event.Fact.(type) {
			case incident.StepFailed:
				failed[fact.Step] = true
			case incident.StepSkipped:
				if failed[fact.Step] {
					keys[e.key(work{incident: id, id: fact.Step})] = true
				}
			}
		}
		state := incident.Fold(journal)
		for _, step := range state.Steps {
			if failed[step.ID] && !state.Status.Active() && !step.State.Settled() && step.Hook == "" {
				keys[e.key(work{incident: id, id: step.ID})] = true
			}
		}
	})
	return keys
}
