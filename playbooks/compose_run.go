package playbooks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unrunnable says why a playbook cannot run another.
type unrunnable struct {
	at place
	// message is empty where it is the matter of the other playbook, and said there.
	message string
	// outermost says that it is the matter of the first playbook on the way.
	outermost bool
}

// expand returns a playbook with the steps and hooks of those that it runs. The way is that
// of the playbooks that run this one.
func (c *composer) expand(p *Playbook, way []*Playbook) (*Playbook, *unrunnable) {
	if !slices.ContainsFunc(p.Steps, Step.runs) && !slices.ContainsFunc(p.Hooks, Hook.runs) {
		return p, nil
	}
	whole := *p
	whole.Steps, whole.Hooks, whole.Roles = nil, nil, slices.Clone(p.Roles)
	whole.Parts = p.parts()
	own := p.fromHere()
	way = append(slices.Clone(way), p)
	for _, s := range own.Steps {
		whole.Steps = append(whole.Steps, s)
		if s.runs() {
			if err := c.run(&whole, s, "step", way); err != nil {
				return nil, err
			}
		}
	}
	for _, h := range own.Hooks {
		whole.Hooks = append(whole.Hooks, h)
		if h.runs() {
			s := h.runner()
			whole.Steps = append(whole.Steps, s)
			if err := c.run(&whole, s, "hook", way); err != nil {
				return nil, err
			}
		}
	}
	if at, id, twice := whole.twice(); twice {
		return nil, &unrunnable{at: at, message: fmt.Sprintf("two get the id %q when the playbooks that are run are put in; rename one", id)}
	}
	return &whole, nil
}

// twice finds two steps, or two hooks, with the same id.
func (p *Playbook) twice() (at place, id string, found bool) {
	steps, hooks := map[string]place{}, map[string]place{}
	for _, s := range p.Steps {
		if at, found = steps[s.ID]; found {
			return at, s.ID, true
		}
		steps[s.ID] = s.origin.place
	}
	for _, h := range p.Hooks {
		if at, found = hooks[h.ID]; found {
			return at, h.ID, true
		}
		hooks[h.ID] = h.origin
	}
	return place{}, "", false
}

// runner is the step that stands for what the hook runs. It is started by the agenda.
func (h Hook) runner() Step {
	title := h.Title
	if title == "" || strings.Contains(title, "${") {
		title = "Run the playbook " + h.With["playbook"] // The event that it answers is not known yet.
	}
	return Step{
		ID: h.ID, Title: title, Do: h.Do, With: h.With, When: "true", Within: h.Within, Playbook: h.Playbook,
		origin: origin{place: h.origin, when: "true"},
	}
}

// run adds the playbook that a step runs.
func (c *composer) run(whole *Playbook, by Step, what string, way []*Playbook) *unrunnable {
	name := by.With["playbook"]
	at := by.origin.key("with").key("playbook")
	written, ok := c.written[name]
	switch {
	case strings.Contains(name, "${"):
		return &unrunnable{at: at, message: "the playbook to run must be named plainly, without ${…}: it is put in before the incident begins"}
	case by.Repeat != nil:
		return &unrunnable{at: by.origin.key("repeat"), message: "a step that runs a playbook cannot be repeated"}
	case !ok:
		return &unrunnable{at: at, message: fmt.Sprintf("there is no playbook %q to run; there are %s", name, strings.Join(sortedNames(c.written), ", "))}
	}
	switch running := slices.IndexFunc(way, func(p *Playbook) bool { return p.Name == name }); {
	case running == 0:
		return &unrunnable{at, fmt.Sprintf("the playbook would run itself: %s → %s", strings.Join(namesOf(way), " → "), name), true}
	case running > 0:
		return &unrunnable{at: at}
	case len(way) > maxDepth:
		return &unrunnable{at, fmt.Sprintf("playbooks run each other more than %d deep: %s → %s", maxDepth, strings.Join(namesOf(way), " → "), name), true}
	}
	merged := c.merge(written)
	if merged == nil {
		return &unrunnable{at: at}
	}
	inner, err := c.expand(merged, way)
	if err != nil && err.outermost {
		return &unrunnable{at, err.message, true}
	} else if err != nil {
		return &unrunnable{at: at}
	}
	whole.put(inner, by.ID)
	for _, part := range explained(inner, fmt.Sprintf("run by the %s %s", what, by.ID), inner.parts()) {
		if !slices.ContainsFunc(whole.Parts, func(p Part) bool { return p.Name == part.Name && p.Version == part.Version }) {
			whole.Parts = append(whole.Parts, part)
		}
	}
	if len(whole.Steps) > MaxSteps || len(whole.Hooks) > MaxHooks || len(whole.Roles) > MaxRoles {
		return &unrunnable{at: at, message: fmt.Sprintf("with this, the playbook has %d steps, %d hooks and %d roles, and %d, %d and %d are allowed",
			len(whole.Steps), len(whole.Hooks), len(whole.Roles), MaxSteps, MaxHooks, MaxRoles)}
	}
	if long := longestID(inner); len(by.ID)+1+len(long) > maxIDBytes {
		return &unrunnable{at: at, message: fmt.Sprintf("the id %s-%s has more than %d characters; shorten those that it is made of", by.ID, long, maxIDBytes)}
	}
	return nil
}

func longestID(p *Playbook) string {
	longest := ""
	for _, s := range p.Steps {
		longest = longer(longest, longer(s.ID, s.Group))
	}
	for _, h := range p.Hooks {
		longest = longer(longest, h.ID)
	}
	return longest
}

func longer(one, other string) string {
	if len(other) > len(one) {
		return other
	}
	return one
}

// put adds the steps and hooks of another playbook, with the id of what runs it before each
// of their ids, and the roles that are not there yet.
func (p *Playbook) put(inner *Playbook, by string) {
	prefix := by + "-"
	known := newNames()
	known.add(inner)
	within := func(before string) string {
		if before == "" {
			return by
		}
		return prefix + before
	}
	for _, s := range inner.fromHere().Steps {
		s.ID, s.Within = prefix+s.ID, within(s.Within)
		if s.Group != "" {
			s.Group = prefix + s.Group
		}
		s.Needs = slices.Clone(s.Needs)
		for i, need := range s.Needs {
			if known.needs[need] {
				s.Needs[i] = prefix + need
			}
		}
		p.Steps = append(p.Steps, s)
	}
	for _, h := range inner.fromHere().Hooks {
		h.ID, h.Within, h.On = prefix+h.ID, within(h.Within), slices.Clone(h.On)
		for i, on := range h.On {
			if !knownTrigger(on) && known.reminders[on] {
				h.On[i] = prefix + on
			}
		}
		p.Hooks = append(p.Hooks, h)
	}
	for _, r := range inner.Roles {
		if !slices.ContainsFunc(p.Roles, func(own Role) bool { return own.ID == r.ID }) {
			p.Roles = append(p.Roles, r)
		}
	}
}

// ScopeWithin returns a scope as the expressions of a step or hook with this Within see it:
// they call the steps of their own playbook by the ids that stand in its file, also where
// another playbook runs it. Ids that are not among these keep their meaning.
func (p *Playbook) ScopeWithin(within string, scope Scope) Scope {
	if within == "" {
		return scope
	}
	stepID := scope.Step.ID
	steps, choices, outputs := maps.Clone(scope.Incident.Steps), maps.Clone(scope.Incident.Choices), maps.Clone(scope.Outputs)
	for _, s := range p.Steps {
		own, ok := strings.CutPrefix(s.ID, within+"-")
		if !ok || !p.inside(s, within) {
			continue
		}
		rename(steps, s.ID, own)
		rename(choices, s.ID, own)
		rename(outputs, s.ID, own)
		if scope.Step.ID == s.ID {
			stepID = own
		}
	}
	scope.Step.ID = stepID
	scope.Incident.Steps, scope.Incident.Choices, scope.Outputs = steps, choices, outputs
	return scope
}

// inside says whether a step belongs to the playbook that is run by the step or hook with an
// id, or to one that this one runs.
func (p *Playbook) inside(s Step, within string) bool {
	for range maxDepth {
		if s.Within == within {
			return true
		}
		outer, ok := p.step(s.Within)
		if !ok {
			return false
		}
		s = outer
	}
	return false
}

// rename makes what is known by an id known by another; if there is nothing, nothing is
// known by the other either.
func rename[V any](m map[string]V, id, own string) {
	if value, ok := m[id]; ok {
		m[own] = value
	} else {
		delete(m, own)
	}
}
