package playbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

func (c *checker) checkHooks() {
	seen := map[string]bool{}
	circles := c.outline.circles()
	for _, h := range c.playbook.Hooks {
		path := h.origin.path
		c.checkCircles(path, h, circles[h.ID])
		at := site{hook: &h}
		c.identify(path, "hook", h.ID, seen)
		if len(h.On) == 0 {
			c.report(ruleHook, path, "on: resolved, or another event or clock trigger", "the hook %q needs on: what it reacts to", h.ID)
		}
		if h.Do != "" {
			c.checkAction(path, h.Do, h.With, at)
			if h.Title == "" {
				c.report(ruleMissing, path, "title: what the hook does, for the timeline", "the hook %q needs a title", h.ID)
			}
		} else if len(h.With) > 0 {
			c.reportKey(ruleHook, path+".with", "do: the action that takes them", "parameters (with) need an action (do)")
		}
		c.checkTriggers(path, h)
		c.checkClock(path, h)
		c.text(path+".title", h.Title, at)
		c.text(path+".remind", h.Remind, at)
		if a := c.condition(path+".when", h.When, condition, at); a != nil && a.constant != nil && !*a.constant {
			c.report(ruleUnreachable, path+".when", "remove the hook, or the condition", "this never holds, so that the hook never does anything")
		}
	}
}

// checkCircles reports a hook whose work is what it reacts to. What people may do as well, such
// as adding a note, it can react to.
func (c *checker) checkCircles(path string, h Hook, circle []incident.Kind) {
	for i, on := range h.On {
		kind := incident.Kind(on)
		if slices.Contains(circle, kind) && !slices.Contains(slices.Collect(maps.Values(says)), kind) {
			c.report(ruleHook, fmt.Sprintf("%s.on[%d]", path, i), "react to what comes before it, or say it once in a step",
				"%s follows from what the hook %q does, which would never end", on, h.ID)
		}
	}
}

func (c *checker) checkTriggers(path string, h Hook) {
	for i, on := range h.On {
		at := fmt.Sprintf("%s.on[%d]", path, i)
		switch {
		case on == string(incident.ReminderGiven{}.Kind()):
			c.report(ruleUnknownTrigger, at, "on: the id of the hook whose reminders it reacts to", "a hook cannot react to every reminder")
		case !knownTrigger(on) && !c.reminds(on):
			known := append(triggers(), c.reminding()...)
			c.report(ruleUnknownTrigger, at, didYouMean(on, "triggers", known), "nothing is called %q", on)
		}
	}
}

// remindedAtMost is how often a hook may remind of one matter: each time is kept for ever, and
// waits where the vendor that is to tell people is down.
const remindedAtMost = time.Minute

func (c *checker) checkClock(path string, h Hook) {
	if h.clock() == "" {
		for _, key := range []struct {
			name  string
			given bool
		}{{"remind", h.Remind != ""}, {"after", h.After != 0}, {"every", h.Every != 0}, {"times", h.Times != 0}} {
			if key.given {
				c.reportKey(ruleHook, path+"."+key.name, "clock triggers are "+strings.Join(clockTriggers, ", "), "%s belongs to clock triggers", key.name)
			}
		}
		if h.Do == "" && len(h.On) > 0 {
			c.report(ruleHook, path, "do: an action", "the hook %q does nothing", h.ID)
		}
		if len(h.On) > 1 && slices.Contains(h.On, Any) {
			c.report(ruleHook, path+".on", "leave the others out", "a hook on any needs no other trigger beside it")
		}
		if h.Pause != 0 {
			c.atLeast(path+".pause", h.Pause, time.Second)
		}
		if h.Latest && h.Do == PlaybookRun {
			c.reportKey(ruleHook, path+".latest", "leave it out", "a playbook is run once, whatever is latest")
		}
		return
	}
	for _, key := range []struct {
		name  string
		given bool
	}{{"latest", h.Latest}, {"pause", h.Pause != 0}} {
		if key.given {
			c.reportKey(ruleHook, path+"."+key.name, "how often a clock trigger reminds is said by every and times", "%s belongs to hooks that react to events", key.name)
		}
	}
	if len(h.On) > 1 {
		c.report(ruleHook, path+".on", "make two hooks of it", "a hook on %s can have no other trigger beside it", h.clock())
	}
	if h.Remind == "" {
		c.report(ruleHook, path, "remind: the reminder as the timeline shows it", "the hook %q needs remind", h.ID)
	}
	if h.clock() != FollowupDue {
		c.atLeast(path+".after", h.After, 0)
	}
	if h.Every != 0 {
		c.atLeast(path+".every", h.Every, remindedAtMost)
	}
	if h.Times < 0 {
		c.report(ruleInvalidValue, path+".times", "leave it out for no bound", "times cannot be negative")
	}
}

// heard are the kinds of events that a hook reacts to, its own reminders included.
func heard(h Hook) []string {
	var kinds []string
	for _, on := range h.On {
		narrow, isNarrow := narrowTriggers[on]
		switch {
		case on == Any:
			for _, kind := range incident.Kinds() {
				kinds = append(kinds, string(kind))
			}
		case isNarrow:
			kinds = append(kinds, string(narrow.kind))
		case incident.KnownKind(incident.Kind(on)):
			kinds = append(kinds, on)
		default:
			kinds = append(kinds, string(incident.ReminderGiven{}.Kind()))
		}
	}
	return kinds
}

// triggers are all that a hook's on takes, beside the ids of hooks.
func triggers() []string {
	all := slices.AppendSeq(append(slices.Clone(clockTriggers), Any), maps.Keys(narrowTriggers))
	for _, kind := range incident.Kinds() {
		if kind != (incident.ReminderGiven{}).Kind() {
			all = append(all, string(kind))
		}
	}
	slices.Sort(all)
	return all
}

// checkFallback looks for what happens when a page does not arrive, or arrives and nobody
// answers. An addition leaves both to what it joins.
func (c *checker) checkFallback() {
	pages := c.pages()
	if pages == "" || !c.complete || c.playbook.Addition {
		return
	}
	for _, missing := range []struct{ trigger, when, hint string }{
		{PageUndelivered, "the page does not arrive", "a hook on page_undelivered can page by mail.send, slack.alert or webhook.post"},
		{Unacknowledged, "nobody answers", "a hook on unacknowledged can page again"},
	} {
		if !slices.ContainsFunc(c.outline.Hooks, func(h Hook) bool { return h.clock() == missing.trigger }) {
			c.report(ruleMissingFallback, pages, missing.hint+", or build on the playbook default (extends)",
				"this playbook pages, and does nothing when %s", missing.when)
		}
	}
}

// pages is the path of the first action that pages; empty if the playbook itself has none.
func (c *checker) pages() string {
	for _, s := range c.playbook.Steps {
		if s.Do == PagerDutyPage {
			return s.origin.path + ".do"
		}
	}
	for _, h := range c.playbook.Hooks {
		if h.Do == PagerDutyPage {
			return h.origin.path + ".do"
		}
	}
	return ""
}
