package playbooks

import (
	"slices"
)

// Catalogue is what playbooks name and muster.yaml has. A list that is nil is not known, and
// what a playbook names is not looked up in it.
type Catalogue struct {
	Services, Teams, Severities []string
}

// surroundings are what a playbook is checked in.
type surroundings struct {
	// library has all playbooks, each put together with those that it extends and runs; nil
	// where the others are not known.
	library   Library
	catalogue Catalogue
	analyses  *analyses
}

// secretFunction is what expressions ask for secrets by.
const secretFunction = "secret"

// outline is a playbook together with everything that it extends and runs, and whether that
// is all: there may be more in playbooks that are not known, and there is more where an
// addition joins another.
func (s surroundings) outline(p *Playbook) (outline *Playbook, complete bool) {
	if s.library == nil {
		return p, p.whole()
	}
	if whole, ok := s.library[p.Name]; ok && whole.asWritten() == p {
		return whole, !p.Addition
	}
	return p, false // what keeps it from being put together is reported there
}

// elsewhere says whether something is found that is not in the outline, or may be: in a
// playbook that an addition joins, or in one that is not known here.
func (c *checker) elsewhere(found func(whole *Playbook) bool) bool {
	if c.complete {
		return false
	}
	if whole, ok := c.library[c.playbook.Name]; !ok || whole.asWritten() != c.playbook {
		return true
	}
	for _, name := range c.library.Names() {
		if whole := c.library[name]; !whole.Addition && found(whole) {
			return true
		}
	}
	return false
}

func (c *checker) step(id string) (Step, bool) { return c.outline.step(id) }

func (c *checker) isGroup(id string) bool { return len(c.outline.settling(id)) > 0 }

// hasStep says whether there is or may be a step or a group.
func (c *checker) hasStep(id string) bool {
	has := func(p *Playbook) bool { return len(p.settling(id)) > 0 }
	return has(c.outline) || c.elsewhere(has)
}

func (c *checker) hasRole(id string) bool {
	has := func(p *Playbook) bool {
		return slices.ContainsFunc(p.Roles, func(r Role) bool { return r.ID == id })
	}
	return has(c.outline) || c.elsewhere(has)
}

// reminds says whether there is or may be a hook that reminds.
func (c *checker) reminds(id string) bool {
	has := func(p *Playbook) bool { return p.reminds(id) }
	return has(c.outline) || c.elsewhere(has)
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
