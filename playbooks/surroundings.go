package playbooks

import (
	"slices"
	"strings"
)

// Catalogue is what playbooks name and muster.yaml has. A list that is nil is not known, and
// what a playbook names is not looked up in it.
type Catalogue struct {
	Services, Teams, Severities []string
}

// surroundings are what a playbook is checked in.
type surroundings struct {
	// library has the other playbooks; nil where they are not known.
	library   Library
	catalogue Catalogue
	analyses  *analyses
}

// secretFunction is what expressions ask for secrets by.
const secretFunction = "secret"

// outline is a playbook with everything that it builds on, and whether that is all: there may
// be more in playbooks that are not known, and there is more where an addition joins another.
func (s surroundings) outline(p *Playbook) (outline *Playbook, complete bool) {
	outline = &Playbook{Name: p.Name}
	complete = !p.Addition
	seen := map[string]bool{}
	var line []*Playbook
	for ancestor := p; ; {
		line, seen[ancestor.Name] = append(line, ancestor), true
		if ancestor.Extends == "" {
			break
		}
		next, known := s.library[ancestor.Extends]
		if !known || seen[next.Name] {
			complete = false
			break
		}
		ancestor = next
	}
	for _, ancestor := range slices.Backward(line) {
		outline.Roles = inherit(outline.Roles, ancestor.Roles, ancestor.Remove, func(r Role) string { return r.ID })
		outline.Steps = inherit(outline.Steps, ancestor.Steps, ancestor.Remove, func(s Step) string { return s.ID })
		outline.Hooks = inherit(outline.Hooks, ancestor.Hooks, ancestor.Remove, func(h Hook) string { return h.ID })
	}
	return outline, complete
}

// inherit is what comes out where one list builds on another.
func inherit[T any](base, own []T, remove []string, id func(T) string) []T {
	kept := slices.DeleteFunc(slices.Clone(base), func(t T) bool {
		return slices.Contains(remove, id(t)) || slices.ContainsFunc(own, func(o T) bool { return id(o) == id(t) })
	})
	return append(kept, own...)
}

// joined are the playbooks that the one at hand may join, if it is an addition.
func (c *checker) joined(found func(outline *Playbook) bool) bool {
	if c.complete {
		return false
	}
	if c.library == nil || !c.playbook.Addition {
		return true // more than what is known here
	}
	for _, name := range c.library.Names() {
		if p := c.library[name]; !p.Addition {
			if outline, complete := c.surroundings.outline(p); !complete || found(outline) {
				return true
			}
		}
	}
	return false
}

func (c *checker) step(id string) (Step, bool) { return c.outline.step(id) }

func (c *checker) isGroup(id string) bool { return len(c.outline.settling(id)) > 0 }

// hasStep says whether there is or may be a step: a playbook's own, one of a playbook that it
// runs, or the running itself.
func (c *checker) hasStep(id string) bool {
	has := func(p *Playbook) bool {
		if len(p.settling(id)) > 0 {
			return true
		}
		return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Do == PlaybookRun && strings.HasPrefix(id, s.ID+"-") }) ||
			slices.ContainsFunc(p.Hooks, func(h Hook) bool {
				return h.Do == PlaybookRun && (id == h.ID || strings.HasPrefix(id, h.ID+"-"))
			})
	}
	return has(c.outline) || c.joined(has)
}

func (c *checker) hasRole(id string) bool {
	has := func(p *Playbook) bool {
		return slices.ContainsFunc(p.Roles, func(r Role) bool { return r.ID == id })
	}
	return has(c.outline) || c.joined(has)
}

// reminds says whether there is or may be a hook that reminds.
func (c *checker) reminds(id string) bool {
	has := func(p *Playbook) bool {
		h, ok := p.hook(id)
		return ok && h.clock() != ""
	}
	return has(c.outline) || c.joined(has)
}

func (c *checker) roles() []string {
	var ids []string
	for _, r := range c.outline.Roles {
		ids = append(ids, r.ID)
	}
	return ids
}

// steps are the ids of steps and groups.
func (c *checker) steps() []string {
	var ids []string
	for _, s := range c.outline.Steps {
		if ids = append(ids, s.ID); s.Group != "" && !slices.Contains(ids, s.Group) {
			ids = append(ids, s.Group)
		}
	}
	return ids
}

func (c *checker) decisions() []string {
	var ids []string
	for _, s := range c.outline.Steps {
		if len(s.Decide) > 0 {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func (c *checker) reminding() []string {
	var ids []string
	for _, h := range c.outline.Hooks {
		if h.clock() != "" {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// checkExtends checks what a playbook builds on.
func (c *checker) checkExtends() {
	p := c.playbook
	if p.Extends == "" || c.library == nil {
		return
	}
	base, known := c.library[p.Extends]
	if !known {
		c.report(ruleUnknownPlaybook, "$.extends", didYouMean(p.Extends, "playbooks", c.library.Names()), "there is no playbook %q", p.Extends)
		return
	}
	if circle := c.line(p, func(p *Playbook) []string { return []string{p.Extends} }); circle != nil {
		c.report(ruleComposition, "$.extends", "one of them has to stand by itself", "the playbooks build on each other: %s", strings.Join(circle, " → "))
		return
	}
	inherited, complete := c.surroundings.outline(base)
	for i, id := range p.Remove {
		_, step := inherited.step(id)
		_, hook := inherited.hook(id)
		role := slices.ContainsFunc(inherited.Roles, func(r Role) bool { return r.ID == id })
		if complete && !step && !hook && !role {
			c.report(ruleComposition, c.playbook.origin.at("remove", i).path, didYouMean(id, "it has", idsOf(inherited)), "the playbook %q has no %q to remove", p.Extends, id)
		}
	}
}

func idsOf(p *Playbook) []string {
	c := checker{outline: p}
	ids := append(c.roles(), c.steps()...)
	for _, h := range p.Hooks {
		ids = append(ids, h.ID)
	}
	return ids
}

// checkRun checks which playbook a step or a hook runs.
func (c *checker) checkRun(path, name string, constant bool) {
	if !constant {
		c.report(ruleComposition, path, "name the playbook; conditions belong into when", "which playbook is run must be known beforehand")
		return
	}
	if c.library == nil || name == "" {
		return
	}
	run, known := c.library[name]
	if !known {
		c.report(ruleUnknownPlaybook, path, didYouMean(name, "playbooks", c.library.Names()), "there is no playbook %q", name)
		return
	}
	if circle := c.circle(c.playbook.Name, run, runs, nil); circle != nil {
		c.report(ruleComposition, path, "a playbook cannot run itself", "the playbooks run each other: %s", strings.Join(circle, " → "))
	}
}

// line returns the circle in which a playbook builds on itself, or nil.
func (c *checker) line(p *Playbook, next func(*Playbook) []string) []string {
	for _, name := range next(p) {
		if found, known := c.library[name]; known {
			if circle := c.circle(p.Name, found, next, nil); circle != nil {
				return circle
			}
		}
	}
	return nil
}

// circle returns the way from a playbook back to the name where it began, or nil.
func (c *checker) circle(back string, from *Playbook, next func(*Playbook) []string, trail []string) []string {
	if from.Name == back {
		return append(append([]string{back}, trail...), back)
	}
	if slices.Contains(trail, from.Name) {
		return nil
	}
	trail = append(slices.Clone(trail), from.Name)
	for _, name := range next(from) {
		if found, known := c.library[name]; known {
			if circle := c.circle(back, found, next, trail); circle != nil {
				return circle
			}
		}
	}
	return nil
}

// runs are the names of the playbooks that a playbook runs.
func runs(p *Playbook) []string {
	var names []string
	for _, s := range p.Steps {
		if s.Do == PlaybookRun {
			names = append(names, s.With["playbook"])
		}
	}
	for _, h := range p.Hooks {
		if h.Do == PlaybookRun {
			names = append(names, h.With["playbook"])
		}
	}
	return names
}
