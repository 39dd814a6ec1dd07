package playbooks

import (
	"maps"
	"slices"
	"strings"
)

// checkNeeds looks whether everything exists that a step needs.
func (c *checker) checkNeeds(s Step) {
	for n, need := range s.Needs {
		path := s.origin.need(n).path
		id, option := choice(need)
		step, known := c.step(id)
		switch {
		case !known && (c.isGroup(id) && option == "" || c.hasStep(id)):
		case !known:
			c.report(ruleUnknownStep, path, didYouMean(id, "steps", c.steps()), "there is no step %q", id)
		case option == "" && !strings.Contains(need, "/"):
		case len(step.Decide) == 0:
			c.report(ruleUnknownOption, path, didYouMean(id, "decisions", c.decisions()), "the step %q is no decision (decide)", id)
		case !slices.Contains(optionIDs(step), option):
			c.report(ruleUnknownOption, path, didYouMean(option, "options", optionIDs(step)), "the decision %q has no option %q", id, option)
		}
	}
}

// checkWays looks at the steps as a whole: whether each can start, and whether every option
// leads somewhere.
func (c *checker) checkWays() {
	if c.checkCycles() {
		return // nothing can be said of ways that go round
	}
	w := ways{checker: c, known: map[string][]choices{}}
	for _, s := range c.playbook.Steps {
		if len(w.to(s.ID)) == 0 && !slices.ContainsFunc(s.Needs, func(need string) bool { return w.closed(need) }) {
			c.report(ruleUnreachable, s.origin.path+".needs", "needs of several decisions must all be met: take out the one that belongs to another way",
				"this step can never start: what it needs is never chosen together")
		}
	}
	c.checkOptions()
	c.checkHeard()
	c.checkChannel()
}

// checkCycles reports steps that wait for themselves, each circle once.
func (c *checker) checkCycles() bool {
	const visiting, visited = 1, 2
	state := map[string]int{}
	var trail []string
	found := false
	var visit func(s Step)
	visit = func(s Step) {
		state[s.ID] = visiting
		trail = append(trail, s.ID)
		for _, need := range s.before() {
			for _, id := range c.outline.settling(need) {
				next, _ := c.step(id)
				switch state[id] {
				case visiting:
					found = true
					circle := append(slices.Clone(trail[slices.Index(trail, id):]), id)
					c.reportCycle(s, circle)
				case visited:
				default:
					visit(next)
				}
			}
		}
		trail = trail[:len(trail)-1]
		state[s.ID] = visited
	}
	for _, s := range c.outline.Steps {
		if state[s.ID] == 0 {
			visit(s)
		}
	}
	return found
}

// reportCycle reports a circle at the one of its steps that the playbook itself has.
func (c *checker) reportCycle(closing Step, circle []string) {
	for _, id := range append([]string{closing.ID}, circle...) {
		if own, ok := c.playbook.step(id); ok {
			c.report(ruleCycle, own.origin.path+".needs", "take out one of these needs",
				"the steps wait for each other and never start: %s", strings.Join(circle, " → "))
			return
		}
	}
}

// comesBefore says whether one step is settled whenever another starts.
func (c *checker) comesBefore(before, id string) bool {
	seen := map[string]bool{}
	var needed func(id string) bool
	needed = func(id string) bool {
		if seen[id] {
			return false
		}
		seen[id] = true
		step, _ := c.step(id)
		for _, need := range step.Needs {
			for _, settled := range c.outline.settling(need) {
				if settled == before || needed(settled) {
					return true
				}
			}
		}
		return false
	}
	return needed(id)
}

// choices are what has to be chosen for a step to be done: options by decision.
type choices map[string]string

// waysAtMost bounds what is followed. A step with more ways to it can surely start.
const waysAtMost = 64

// ways finds the ways to steps. There are none to a step that can never start, and there is
// one with nothing to be chosen to most.
type ways struct {
	*checker
	known map[string][]choices
}

func (w *ways) to(id string) []choices {
	if found, ok := w.known[id]; ok {
		return found
	}
	w.known[id] = []choices{{}} // should it come back to itself, which is reported elsewhere
	step, _ := w.step(id)
	all, before, options := []choices{{}}, []choices(nil), map[string][]choices{}
	for _, need := range step.Needs {
		if decision, option := choice(need); option != "" {
			options[decision] = append(options[decision], choices{decision: option})
			continue
		}
		for _, settled := range w.outline.settling(need) {
			before = append(before, w.to(settled)...)
		}
	}
	for _, decision := range slices.Sorted(maps.Keys(options)) {
		all = both(all, both(w.to(decision), options[decision]))
	}
	if len(options) == 0 && len(step.Needs) > 0 {
		all = before // a step goes on when one of those that it needs was not left out
	}
	w.known[id] = all
	return all
}

// closed says whether a need can never be met, or is not known.
func (w *ways) closed(need string) bool {
	settling := w.outline.settling(need)
	return len(settling) == 0 || slices.ContainsFunc(settling, func(id string) bool { return len(w.to(id)) == 0 })
}

// both are the ways that fit one of each list.
func both(one, other []choices) []choices {
	var all []choices
	for _, a := range one {
		for _, b := range other {
			joined := maps.Clone(a)
			fits := true
			for decision, option := range b {
				if chosen, ok := joined[decision]; ok && chosen != option {
					fits = false
				}
				joined[decision] = option
			}
			if !fits || slices.ContainsFunc(all, func(known choices) bool { return maps.Equal(known, joined) }) {
				continue
			}
			if all = append(all, joined); len(joined) == 0 || len(all) > waysAtMost {
				return []choices{{}}
			}
		}
	}
	return all
}

// checkOptions notes options after which nothing is different. Where a step or an expression
// goes on whatever was chosen, that is what was meant.
func (c *checker) checkOptions() {
	for _, s := range c.playbook.Steps {
		if len(s.Decide) < 2 || c.chosen[s.ID] {
			continue
		}
		needed := map[string]bool{}
		for _, other := range c.outline.Steps {
			for _, need := range other.Needs {
				if id, option := choice(need); id == s.ID {
					needed[option] = true
				}
			}
		}
		if needed[""] {
			continue
		}
		for i, o := range s.Decide {
			if !needed[o.ID] {
				c.report(ruleDeadEnd, s.origin.at("decide", i).path, "steps follow an option by needs: ["+s.ID+"/"+o.ID+"]",
					"nothing follows when %q is chosen", o.ID)
			}
		}
	}
}

// checkHeard looks whether anybody learns that a step takes long.
func (c *checker) checkHeard() {
	if !c.complete || c.playbook.Addition {
		return
	}
	for _, s := range c.playbook.Steps {
		if s.Timeout == nil {
			continue
		}
		for _, at := range []struct {
			key, trigger string
			given        bool
		}{{"nudge", "step_nudged", s.Timeout.Nudge > 0}, {"escalate", "step_escalated", s.Timeout.Escalate > 0}} {
			if at.given && !slices.ContainsFunc(c.outline.Hooks, func(h Hook) bool { return slices.Contains(h.On, at.trigger) }) {
				c.reportKey(ruleUnheard, s.origin.path+".timeout."+at.key, "add a hook on "+at.trigger+" that tells people",
					"nobody is told: no hook reacts to %s", at.trigger)
			}
		}
	}
}
