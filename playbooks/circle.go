package playbooks

import (
	"slices"

	"muster/incident"
)

// brings lists the actions that become an event of their own when they are done, beside those
// in [says].
var brings = map[string]incident.Kind{
	PagerDutyPage: incident.PageSent{}.Kind(), SlackCreateChannel: incident.ChannelOpened{}.Kind(),
	SlackInvite: incident.RespondersInvited{}.Kind(), JiraCreateIssue: incident.TicketFiled{}.Kind(),
	PostmortemDraft: incident.PostmortemDrafted{}.Kind(), SlackBrief: incident.MessageShown{}.Kind(), SlackAnnounce: incident.MessageShown{}.Kind(),
	IncidentResolve: incident.IncidentResolved{}.Kind(),
}

// brought is the kind of event that an action becomes; empty for most.
func brought(do string) incident.Kind {
	if kind, ok := brings[do]; ok {
		return kind
	}
	return says[do]
}

// circles are the hooks that would bring about, by themselves or by way of others, what they
// react to: one that pages whenever a page was sent never stops paging. Each comes with those
// of the kinds that it reacts to which are brought about so.
func (p *Playbook) circles() map[string][]incident.Kind {
	leads := map[incident.Kind][]incident.Kind{}
	for _, h := range p.Hooks {
		to := brought(h.Do)
		for _, kind := range heard(h) {
			if from := incident.Kind(kind); to != "" && !slices.Contains(leads[from], to) {
				leads[from] = append(leads[from], to)
			}
		}
	}
	circles := map[string][]incident.Kind{}
	for _, h := range p.Hooks {
		reached := map[incident.Kind]bool{}
		for ahead := []incident.Kind{brought(h.Do)}; len(ahead) > 0; ahead = ahead[1:] {
			if kind := ahead[0]; kind != "" && !reached[kind] {
				reached[kind] = true
				ahead = append(ahead, leads[kind]...)
			}
		}
		for _, kind := range heard(h) {
			if reached[incident.Kind(kind)] {
				circles[h.ID] = append(circles[h.ID], incident.Kind(kind))
			}
		}
	}
	return circles
}

// circular says that a hook would have brought about itself what it reacts to. What people
// have done is never taken for that.
func (a *Agenda) circular(h Hook, e incident.Event) bool {
	return e.Actor.Kind == incident.ActorMuster && slices.Contains(a.circles[h.ID], e.Kind())
}

// ownWork says that an event tells of the work of a hook, which became a step by failing,
// being begun once more. Hooks that reacted to that would have ever more of it while a vendor
// is down.
func ownWork(s incident.State, e incident.Event) bool {
	switch f := e.Fact.(type) {
	case incident.StepStarted:
		step, _ := s.Step(f.Step)
		return step.Hook != ""
	case incident.StepRetried:
		step, _ := s.Step(f.Step)
		return step.Hook != ""
	default:
		return false
	}
}
