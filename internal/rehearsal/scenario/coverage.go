package scenario

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"muster/incident"
	"muster/internal/rehearsal"
)

// Coverage says which parts of playbooks scenarios have reached.
type Coverage struct {
	playbooks map[string]*covered
}

// covered are the parts of one playbook, each with whether it was reached.
type covered struct{ steps, hooks, options parts }

type parts struct {
	order   []string
	reached map[string]bool
}

func (p *parts) add(id string, reached bool) {
	if p.reached == nil {
		p.reached = map[string]bool{}
	}
	if _, known := p.reached[id]; !known {
		p.order = append(p.order, id)
	}
	p.reached[id] = p.reached[id] || reached
}

func (p *parts) missed() []string {
	var missed []string
	for _, id := range p.order {
		if !p.reached[id] {
			missed = append(missed, id)
		}
	}
	return missed
}

func (p *parts) String() string {
	return fmt.Sprintf("%d/%d", len(p.order)-len(p.missed()), len(p.order))
}

// Cover sums up what the scenarios of the results have reached.
func Cover(results []FileResult) *Coverage {
	c := &Coverage{playbooks: map[string]*covered{}}
	for _, file := range results {
		for _, r := range file.Scenarios {
			if r.Record != nil {
				c.add(r.Record)
			}
		}
	}
	return c
}

func (c *Coverage) of(name string) *covered {
	if c.playbooks[name] == nil {
		c.playbooks[name] = &covered{}
	}
	return c.playbooks[name]
}

func (c *Coverage) add(r *rehearsal.Record) {
	reached := reachedIn(r)
	for _, step := range r.Playbook.Steps {
		part := c.of(cmp.Or(step.Playbook, r.Playbook.Name))
		part.steps.add(step.ID, reached["step "+step.ID])
		for _, option := range step.Decide {
			part.options.add(step.ID+"/"+option.ID, reached["option "+step.ID+"/"+option.ID])
		}
	}
	for _, hook := range r.Playbook.Hooks {
		c.of(cmp.Or(hook.Playbook, r.Playbook.Name)).hooks.add(hook.ID, reached["hook "+hook.ID])
	}
}

// reachedIn lists what was begun, given or chosen.
func reachedIn(r *rehearsal.Record) map[string]bool {
	reached := map[string]bool{}
	for _, e := range r.Events {
		switch f := e.Fact.(type) {
		case incident.StepStarted:
			reached["step "+f.Step] = true
		case incident.StepCompleted:
			reached["hook "+f.Hook] = true
		case incident.StepFailed:
			reached["hook "+f.Hook] = true
		case incident.ReminderGiven:
			reached["hook "+f.Hook] = true
		case incident.DecisionMade:
			reached["option "+f.Step+"/"+f.Option] = true
		}
	}
	return reached
}

// Write lists, for each playbook, how much was reached and what was not.
func (c *Coverage) Write(w io.Writer) error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.playbooks)) {
		p := c.playbooks[name]
		fmt.Fprintf(&b, "coverage: %s: steps %s, hooks %s", name, &p.steps, &p.hooks)
		if len(p.options.order) > 0 {
			fmt.Fprintf(&b, ", options %s", &p.options)
		}
		b.WriteString("\n")
		for _, kind := range []struct {
			what  string
			parts *parts
		}{{"steps", &p.steps}, {"hooks", &p.hooks}, {"options", &p.options}} {
			if missed := kind.parts.missed(); len(missed) > 0 {
				fmt.Fprintf(&b, "  %s not reached: %s\n", kind.what, strings.Join(missed, ", "))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
