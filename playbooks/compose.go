package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxDepth bounds how many playbooks may extend, or run, one another in a row.
	maxDepth = 5
	// maxDocumentBytes bounds a playbook as JSON, with the texts of all of its parts. It is
	// part of one Temporal payload, of which two megabytes are allowed, together with its steps
	// once more as the incident has them, their outputs and the alerts.
	maxDocumentBytes = 512 << 10
	// maxIDBytes bounds the ids of steps and hooks of playbooks that others run, which have
	// the ids of those that run them before their own.
	maxIDBytes = 120
)

// composer puts playbooks together with those that they extend and run.
type composer struct {
	// written are the playbooks as their files have them.
	written map[string]*Playbook
	// merged are those that extend others together with these. One that cannot be is nil.
	merged   map[*Playbook]*Playbook
	findings Findings
}

// compose puts all playbooks together. One that cannot be put together, because of what is
// reported or because something that it is made of cannot be, is left out.
func compose(written map[string]*Playbook) (Library, Findings) {
	c := &composer{written: written, merged: map[*Playbook]*Playbook{}}
	library := Library{}
	for _, name := range sortedNames(written) {
		p := written[name]
		merged := c.merge(p)
		if merged == nil {
			continue
		}
		whole, err := c.expand(merged, nil)
		switch {
		case err != nil:
			if err.message != "" {
				c.report(err.at, "%s", err.message)
			}
			continue
		case whole == p:
			library[name] = p
			continue
		}
		sealed := *whole
		sealed.written, sealed.merged = p, merged
		if err := sealed.seal(); err != nil {
			c.report(p.origin, "%s", err)
			continue
		}
		library[name] = &sealed
	}
	return library, c.findings.sorted()
}

// find returns the playbook that another one names. One that extends its own name extends
// the one that it takes the place of.
func (c *composer) find(name string, from *Playbook) (*Playbook, bool) {
	if from.beneath != nil && name == from.Name && from.Extends == name {
		return from.beneath, true
	}
	p, ok := c.written[name]
	return p, ok
}

// merge returns a playbook together with those that it extends; nil if it cannot be.
func (c *composer) merge(p *Playbook) *Playbook {
	if p.Extends == "" {
		return p
	}
	merged, known := c.merged[p]
	if !known {
		if parent := c.parent(p); parent != nil {
			if base := c.merge(parent); base != nil {
				merged = c.extend(base, p)
			}
		}
		c.merged[p] = merged
	}
	return merged
}

// parent returns the playbook that another extends; nil if there is none, or if the way from
// one to the next has no end. What is wrong further up that way is said there.
func (c *composer) parent(p *Playbook) *Playbook {
	at := p.origin.key("extends")
	way := []*Playbook{p}
	for last := p; last.Extends != ""; {
		next, ok := c.find(last.Extends, last)
		cycle := slices.Index(way, next)
		switch {
		case !ok && last == p:
			c.report(at, "there is no playbook %q to extend; there are %s", p.Extends, c.others(p))
			return nil
		case cycle == 0:
			c.report(at, "the playbook extends itself: %s → %s", strings.Join(namesOf(way), " → "), p.Name)
			return nil
		case !ok || cycle > 0:
			return nil
		case len(way) > maxDepth:
			c.report(at, "playbooks extend each other more than %d deep: %s → %s", maxDepth, strings.Join(namesOf(way), " → "), next.Name)
			return nil
		}
		way, last = append(way, next), next
	}
	return way[1]
}

func (c *composer) report(at place, format string, args ...any) {
	c.findings = append(c.findings, at.breaks(ruleComposition, "", format, args...))
}

// others lists the names of the other playbooks, for a finding.
func (c *composer) others(than *Playbook) string {
	all := slices.DeleteFunc(sortedNames(c.written), func(name string) bool { return name == than.Name })
	if len(all) == 0 {
		return "no others"
	}
	return strings.Join(all, ", ")
}

// extend builds a playbook on another.
func (c *composer) extend(base, child *Playbook) *Playbook {
	before := len(c.findings)
	rest := *base
	rest.Roles = slices.DeleteFunc(slices.Clone(base.Roles), func(r Role) bool { return slices.Contains(child.Remove, r.ID) })
	rest.Steps = slices.DeleteFunc(slices.Clone(base.Steps), func(s Step) bool {
		return slices.Contains(child.Remove, s.ID) || s.Group != "" && slices.Contains(child.Remove, s.Group)
	})
	rest.Hooks = slices.DeleteFunc(slices.Clone(base.Hooks), func(h Hook) bool { return slices.Contains(child.Remove, h.ID) })
	known := newNames()
	known.add(base)
	for i, id := range child.Remove {
		if !known.roles[id] && !known.needs[id] && !slices.ContainsFunc(base.Hooks, func(h Hook) bool { return h.ID == id }) {
			c.report(child.origin.at("remove", i), "there is nothing called %q in the playbook %q", id, base.Name)
		}
	}
	merged := *child
	merged.overlay(&rest, child)
	merged.Parts = append(explained(base, "extended by "+child.Name, base.parts()), child.parts()...)
	if merged.CloseAfter == 0 {
		merged.CloseAfter = base.CloseAfter
	}
	c.broken(&merged, child)
	if len(c.findings) > before {
		return nil
	}
	return &merged
}

// overlay makes p of two: what has the same id in both is that of the upper one, where that
// of the lower one stood.
func (p *Playbook) overlay(lower, upper *Playbook) {
	p.Roles = overlay(lower.Roles, upper.Roles, func(r Role) string { return r.ID })
	p.Steps = overlay(lower.fromHere().Steps, upper.fromHere().Steps, func(s Step) string { return s.ID })
	p.Hooks = overlay(lower.fromHere().Hooks, upper.fromHere().Hooks, func(h Hook) string { return h.ID })
}

func overlay[T any](lower, upper []T, id func(T) string) []T {
	all := slices.Clone(lower)
	for _, u := range upper {
		if i := slices.IndexFunc(all, func(l T) bool { return id(l) == id(u) }); i >= 0 {
			all[i] = u
		} else {
			all = append(all, u)
		}
	}
	return all
}

// fromHere returns the playbook with its name on all of its steps and hooks that come from no
// other.
func (p *Playbook) fromHere() *Playbook {
	named := *p
	named.Steps, named.Hooks = slices.Clone(p.Steps), slices.Clone(p.Hooks)
	for i := range named.Steps {
		if named.Steps[i].Playbook == "" {
			named.Steps[i].Playbook = p.Name
		}
	}
	for i := range named.Hooks {
		if named.Hooks[i].Playbook == "" {
			named.Hooks[i].Playbook = p.Name
		}
	}
	return &named
}

// broken finds what was whole in a playbook before the child removed or changed something.
func (c *composer) broken(merged, child *Playbook) {
	removed := func(id string) place {
		if i := slices.Index(child.Remove, id); i >= 0 {
			return child.origin.at("remove", i)
		}
		if step, ok := child.step(id); ok {
			return step.origin.place
		}
		return child.origin.key("extends")
	}
	const hint = "remove that too, or write it anew"
	for _, s := range merged.Steps {
		if s.origin.in == child.origin.in {
			continue
		}
		for _, need := range s.Needs {
			if id, _ := choice(need); merged.satisfiable(need) != nil {
				c.report(removed(id), "the step %q of the playbook %q needs %q; %s", s.ID, s.Playbook, need, hint)
			}
		}
		if s.Role != "" && !slices.ContainsFunc(merged.Roles, func(r Role) bool { return r.ID == s.Role }) {
			c.report(removed(s.Role), "the step %q of the playbook %q is for the role %q; %s", s.ID, s.Playbook, s.Role, hint)
		}
	}
	for _, h := range merged.Hooks {
		for _, on := range h.On {
			if h.origin.in != child.origin.in && !knownTrigger(on) && !merged.reminds(on) {
				c.report(removed(on), "the hook %q of the playbook %q follows %q; %s", h.ID, h.Playbook, on, hint)
			}
		}
	}
}

// seal gives a playbook that was put together its version, which changes with those of its
// parts. The error says that it has become too large.
func (p *Playbook) seal() error {
	p.programs = nil // those of one of its parts
	hash := sha256.New()
	for _, part := range p.Parts {
		fmt.Fprintf(hash, "%s %s\n", part.Name, part.Version)
	}
	p.Version = hex.EncodeToString(hash.Sum(nil)[:6])
	for _, limit := range []struct {
		what        string
		count, most int
	}{{"roles", len(p.Roles), MaxRoles}, {"steps", len(p.Steps), MaxSteps}, {"hooks", len(p.Hooks), MaxHooks}} {
		if limit.count > limit.most {
			return fmt.Errorf("put together, it has %d %s, and %d are allowed", limit.count, limit.what, limit.most)
		}
	}
	size, err := p.documentSize()
	if err == nil && size > maxDocumentBytes {
		err = fmt.Errorf("put together, it has %d KiB, and %d are allowed", size>>10, maxDocumentBytes>>10)
	}
	return err
}

// documentSize is how many bytes the playbook has as it travels with an incident.
func (p *Playbook) documentSize() (int, error) {
	document, err := json.Marshal(p)
	return len(document), err
}

// parts returns the parts of a playbook, which may be just itself.
func (p *Playbook) parts() []Part {
	if len(p.Parts) > 0 {
		return slices.Clone(p.Parts)
	}
	return []Part{{Name: p.Name, Version: p.Version, Source: p.Source}}
}

// asWritten returns the playbook as its file has it.
func (p *Playbook) asWritten() *Playbook {
	if p.written != nil {
		return p.written
	}
	return p
}

// unexpanded returns the playbook with those that it extends, and without those that it runs.
func (p *Playbook) unexpanded() *Playbook {
	if p.merged != nil {
		return p.merged
	}
	return p
}

func namesOf(all []*Playbook) []string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return names
}
