package playbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Chosen is the playbook that an incident is to follow.
type Chosen struct {
	// Playbook is put together from the one followed and those that join it. It must not be
	// changed: it may be the library's own.
	Playbook *Playbook
	// Reason says why the playbook is followed. Those of several parts have theirs as well.
	Reason string
	// Notes say what went wrong and what was done about it, for the timeline; nil for most.
	Notes []string
}

// Verdict says of one playbook whether it is part of the response, and why.
type Verdict struct {
	Name     string `json:"name"`
	Addition bool   `json:"addition,omitzero"`
	Priority int    `json:"priority,omitzero"`
	// Chosen says that it is followed or, if it is an addition, joins.
	Chosen bool   `json:"chosen"`
	Reason string `json:"reason"`

	playbook *Playbook
	// followed says that it is the one which others join.
	followed bool
	// problem says why the condition cannot be evaluated; nil for most.
	problem error
}

// UnknownError says that a playbook was named that is not in the library.
type UnknownError struct {
	Name  string
	Known []string
}

// Error implements error.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("there is no playbook %q; there are %s", e.Name, strings.Join(e.Known, ", "))
}

// Choose says which playbook an incident follows: the one that a person or a route has named,
// or else, of those whose condition holds, that with the highest priority and of several such
// the first by name, or else the one that is followed by default. Every addition whose
// condition holds joins it, in the same order. An addition that is named joins in any case.
//
// The error is an [UnknownError] for a name that is not in the library. Nothing else fails: a
// condition that cannot be evaluated does not hold, and an addition is left out that cannot
// be put together with the rest; a note says so. The choice is a pure function of what it
// is given.
func (l Library) Choose(named string, scope Selection) (Chosen, error) {
	verdicts, err := l.judge(named, scope)
	if err != nil {
		return Chosen{}, err
	}
	var chosen Chosen
	var additions []Verdict
	for _, v := range verdicts {
		if v.problem != nil {
			chosen.Notes = append(chosen.Notes, fmt.Sprintf("the condition of the playbook %s was taken not to hold: %s", v.Name, v.problem))
		}
		switch {
		case v.followed:
			chosen.Playbook, chosen.Reason = v.playbook, v.Reason
		case v.Chosen:
			additions = append(additions, v)
		}
	}
	joined, notes := l.join(chosen, additions)
	chosen.Playbook, chosen.Notes = joined, append(chosen.Notes, notes...)
	return chosen, nil
}

// Explain says of every playbook whether it would be part of the response, and why: first of
// those that are followed, then of the additions, each in the order of their priorities and
// names. The error is that of [Library.Choose].
func (l Library) Explain(named string, scope Selection) ([]Verdict, error) {
	return l.judge(named, scope)
}

func (l Library) judge(named string, scope Selection) ([]Verdict, error) {
	fallback := cmp.Or(scope.Default, Default)
	for _, name := range []string{named, fallback} {
		if _, ok := l[name]; name != "" && !ok {
			return nil, &UnknownError{Name: name, Known: l.Names()}
		}
	}
	var verdicts []Verdict
	for _, name := range l.Names() {
		p := l[name]
		verdicts = append(verdicts, Verdict{Name: name, Addition: p.Addition, Priority: p.Priority, playbook: p})
	}
	slices.SortStableFunc(verdicts, func(a, b Verdict) int {
		return cmp.Or(compareBools(a.Addition, b.Addition), cmp.Compare(b.Priority, a.Priority))
	})
	variables := scope.variables()
	followed := ""
	if p, ok := l[named]; ok && !p.Addition {
		followed = named
	}
	for i := range verdicts {
		v := &verdicts[i]
		switch {
		case v.Name == named:
			v.Chosen, v.Reason, v.followed = true, "it was named", !v.Addition
		case v.Addition || followed == "":
			v.judge(variables)
			if v.followed = v.Chosen && !v.Addition; v.followed {
				followed = v.Name
			}
		default:
			v.Reason = followed + " is followed"
		}
	}
	if followed == "" {
		i := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Name == fallback })
		verdicts[i].Chosen, verdicts[i].Reason, verdicts[i].followed = true, "it is followed by default", true
	}
	return verdicts, nil
}

// compareBools puts false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// judge says whether the playbook is meant for an incident.
func (v *Verdict) judge(variables map[string]any) {
	when := v.playbook.When
	if when == "" {
		v.Reason = "it is followed only where it is named"
		return
	}
	holds, err := selects(when, variables)
	switch {
	case err != nil:
		v.problem, v.Reason = err, err.Error()
	case holds:
		v.Chosen, v.Reason = true, "its condition holds: "+when
	default:
		v.Reason = "its condition does not hold: " + when
	}
}

// join puts the playbook that is followed together with the additions. One that does not fit
// is left out, which a note says.
func (l Library) join(followed Chosen, additions []Verdict) (whole *Playbook, notes []string) {
	whole = followed.Playbook
	if len(additions) == 0 {
		if len(whole.Parts) > 0 {
			reasoned := *whole
			reasoned.Parts = explained(whole, followed.Reason, whole.parts())
			whole = &reasoned
		}
		return whole, nil
	}
	c := &composer{written: l.written(), merged: map[*Playbook]*Playbook{}}
	merged := *whole.unexpanded()
	merged.Parts = explained(whole, followed.Reason, merged.parts())
	var loose []string
	for _, v := range additions {
		next := merged
		addition := v.playbook.unexpanded()
		next.overlay(&merged, addition)
		next.Parts = slices.Concat(merged.Parts, explained(addition, v.Reason, addition.parts()))
		joined, dropped, err := c.joined(&next)
		if err != nil {
			notes = append(notes, fmt.Sprintf("the playbook %s was left out: %s", v.Name, err))
			continue
		}
		notes = append(notes, unpaged(whole, joined, v.Name)...)
		merged, whole, loose = next, joined, dropped
	}
	return whole, append(notes, loose...)
}

// unpaged says of which steps and hooks that page an addition has taken the place with others
// that do not: it may not have been meant.
func unpaged(before, after *Playbook, addition string) (notes []string) {
	note := func(what, id string) {
		notes = append(notes, fmt.Sprintf("the playbook %s has a %s %s of its own, which does not page, in the place of the one that does", addition, what, id))
	}
	for _, s := range before.Steps {
		if now, ok := after.step(s.ID); ok && s.Do == PagerDutyPage && now.Do != PagerDutyPage {
			note("step", s.ID)
		}
	}
	for _, h := range before.Hooks {
		if now, ok := after.hook(h.ID); ok && h.Do == PagerDutyPage && now.Do != PagerDutyPage {
			note("hook", h.ID)
		}
	}
	return notes
}

// joined finishes a playbook that additions have joined.
func (c *composer) joined(merged *Playbook) (*Playbook, []string, error) {
	expanded, unrunnable := c.expand(merged, nil)
	if unrunnable != nil {
		return nil, nil, fmt.Errorf("it cannot be put together with the rest: %s", unrunnable.message)
	}
	whole := *expanded
	notes := whole.loosen()
	for _, s := range whole.Steps {
		if cycle := whole.cycle(s.ID, s.ID, nil, map[string]bool{}); cycle != nil {
			return nil, nil, fmt.Errorf("with the rest, steps would wait for each other: %s", strings.Join(cycle, " → "))
		}
	}
	if err := whole.seal(); err != nil {
		return nil, nil, err
	}
	return &whole, notes, whole.Compile()
}

// loosen drops what steps refer to that is not there: an addition may wait for a step that
// most playbooks have, and this one has not.
func (p *Playbook) loosen() (notes []string) {
	hasRole := func(id string) bool {
		return slices.ContainsFunc(p.Roles, func(r Role) bool { return r.ID == id })
	}
	drop := func(step Step, what, id string) {
		notes = append(notes, fmt.Sprintf("the step %s of the playbook %s is for the %s %s, which this response has not", step.ID, step.Playbook, what, id))
	}
	steps := slices.Clone(p.Steps)
	for i := range steps {
		s := &steps[i]
		s.Needs = slices.DeleteFunc(slices.Clone(s.Needs), func(need string) bool {
			if p.satisfiable(need) == nil {
				return false
			}
			notes = append(notes, fmt.Sprintf("the step %s of the playbook %s does not wait for %s, which this response has not", s.ID, s.Playbook, need))
			return true
		})
		if s.Role != "" && !hasRole(s.Role) {
			drop(*s, "role", s.Role)
			s.Role = ""
		}
		if s.Approval != nil && !slices.ContainsFunc(s.Approval.By, hasRole) && len(s.Approval.By) > 0 {
			drop(*s, "roles", strings.Join(s.Approval.By, ", "))
			s.Approval = &Approval{Quorum: s.Approval.Quorum}
		}
	}
	p.Steps = steps
	return notes
}

// explained returns parts of which that of the playbook itself says why it is there.
func explained(p *Playbook, reason string, parts []Part) []Part {
	own := p.asWritten()
	for i := range parts {
		if parts[i].Name == own.Name && parts[i].Version == own.Version {
			parts[i].Reason = reason
		}
	}
	return parts
}

// written returns the playbooks as their files have them.
func (l Library) written() map[string]*Playbook {
	all := make(map[string]*Playbook, len(l))
	for name, p := range l {
		all[name] = p.asWritten()
	}
	return all
}
