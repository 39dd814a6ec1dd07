package playbooks

import (
	"fmt"
	"slices"
	"strings"
)

// ungroup takes the groups of a list of steps apart: each of their steps gets what the
// group says for all of them. It notes where every step was written.
func ungroup(d *document, items []Step) ([]Step, Findings) {
	var (
		steps    []Step
		findings Findings
	)
	for i, item := range items {
		at := place{d, fmt.Sprintf("$.steps[%d]", i)}
		if item.Group == "" && len(item.Steps) == 0 {
			if item.Order != "" {
				findings = append(findings, at.key("order").breaks(ruleGroup, "steps run beside each other unless one needs another", "order belongs to a group"))
			}
			item.origin = origin{place: at, when: item.When, needs: len(item.Needs)}
			steps = append(steps, item)
			continue
		}
		findings = append(findings, item.misgrouped(at)...)
		for n, step := range item.Steps {
			inner := at.at("steps", n)
			if step.Group != "" || len(step.Steps) > 0 {
				findings = append(findings, inner.breaks(ruleGroup, "use needs to order groups", "a group holds steps, not other groups"))
				continue
			}
			step.origin = origin{
				place: inner, group: at, groupWhen: item.When, when: step.When, needs: len(step.Needs), ownRole: step.Role != "",
			}
			step.join(item)
			if item.Order == Sequence && n > 0 && item.Steps[n-1].ID != "" {
				step.Needs = append(step.Needs, item.Steps[n-1].ID)
			}
			steps = append(steps, step)
		}
	}
	return steps, findings
}

// join gives a step what its group says.
func (s *Step) join(group Step) {
	s.Group, s.GroupTitle = group.Group, group.Title
	if s.GroupTitle == "" {
		s.GroupTitle = group.Group
	}
	if s.Role == "" {
		s.Role = group.Role
	}
	s.Needs = slices.Concat(s.Needs, group.Needs)
	s.When = bothHold(group.When, s.When)
}

// bothHold joins two conditions, each of which may be empty. A line break keeps a comment at
// the end of one from hiding what follows.
func bothHold(one, other string) string {
	if one == "" || other == "" {
		return one + other
	}
	end := ""
	if strings.Contains(one+other, "//") {
		end = "\n"
	}
	return "(" + one + end + ") && (" + other + end + ")"
}

// misgrouped says what a group has that only its steps can have, and what it lacks.
func (s Step) misgrouped(at place) Findings {
	var findings Findings
	report := func(at place, hint, format string, args ...any) {
		findings = append(findings, at.breaks(ruleGroup, hint, format, args...))
	}
	switch {
	case s.Group == "":
		report(at, "group: "+identifierHint, "a list of steps within another needs group: what the group is called")
	case !identifier.MatchString(s.Group):
		report(at.key("group"), identifierHint, "%q cannot be an id", s.Group)
	case len(s.Steps) == 0:
		report(at, "a step joins a group by standing in its list of steps", "the group %q has no steps", s.Group)
	}
	if !slices.Contains([]string{"", Parallel, Sequence}, s.Order) {
		report(at.key("order"), "order: "+Parallel+" or "+Sequence, "a group cannot have the order %q", s.Order)
	}
	for _, own := range []struct {
		key   string
		given bool
	}{
		{"id", s.ID != ""}, {"do", s.Do != ""}, {"with", s.With != nil}, {"approval", s.Approval != nil},
		{"decide", s.Decide != nil}, {"wait", s.Wait != nil}, {"instructions", s.Instructions != ""},
		{"expect", s.Expect != ""}, {"links", s.Links != nil}, {"repeat", s.Repeat != nil},
		{"timeout", s.Timeout != nil}, {"retry", s.Retry != nil}, {"on_failure", s.OnFailure != ""},
	} {
		if own.given {
			report(at.key(own.key), "a group has group, title, role, needs, when, order and steps", "%s belongs to the steps of a group", own.key)
		}
	}
	return findings
}
