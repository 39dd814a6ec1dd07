package playbooks

import (
	"slices"
	"strings"
)

// checkChannel looks whether there is a channel by the time that something is said in it. A
// step that asks about incident.channel knows what it does.
func (c *checker) checkChannel() {
	if !c.complete || c.playbook.Addition {
		return
	}
	for _, s := range c.playbook.Steps {
		if !saidInChannel(s.Do) || strings.Contains(s.When, "incident.channel") || c.afterChannel(s, map[string]bool{}) {
			continue
		}
		c.report(ruleNoChannel, s.origin.path+".do", "needs: the step that opens it ("+SlackCreateChannel+"), or when: incident.channel != \"\"",
			"%s takes place in the incident's channel, which may not be open by then", s.Do)
	}
}

// saidInChannel says that an action fails while the incident has no channel.
func saidInChannel(do string) bool {
	_, known := FindAction(do)
	return known && vendor(do) == vendor(SlackPost) && !slices.Contains([]string{SlackCreateChannel, SlackAlert, SlackAnnounce, SlackNotify}, do)
}

// afterChannel says whether a step comes after one that opens the channel.
func (c *checker) afterChannel(s Step, seen map[string]bool) bool {
	if seen[s.ID] {
		return false
	}
	seen[s.ID] = true
	for _, need := range s.Needs {
		for _, id := range c.outline.settling(need) {
			before, ok := c.outline.step(id)
			if ok && (before.Do == SlackCreateChannel || c.afterChannel(before, seen)) {
				return true
			}
		}
	}
	return false
}
