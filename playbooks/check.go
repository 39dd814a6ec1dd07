package playbooks

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"

	"github.com/goccy/go-yaml/ast"
)

type checker struct {
	file, source string
	tree         *ast.File
	playbook     *Playbook
	findings     Findings
}

func (c *checker) check() {
	p := c.playbook
	if p.Name == "" {
		c.report("$", "a playbook needs a name")
	} else if !identifier.MatchString(p.Name) {
		c.report("$.name", "the name %q must be lower-case letters, digits, - and _", p.Name)
	}
	if p.CloseAfter < 0 {
		c.report("$.close_after", "close_after must not be negative")
	}
	c.checkRoles()
	c.checkSteps()
	c.checkHooks()
	p.programs = programs{}
	for _, e := range p.expressions() {
		if err := e.compile(p.programs); err != nil {
			c.report(e.path, "%s", err)
		}
	}
}

func (c *checker) checkRoles() {
	seen := map[string]bool{}
	for i, r := range c.playbook.Roles {
		path := fmt.Sprintf("$.roles[%d]", i)
		c.identify(path, "role", r.ID, seen)
		if r.Title == "" {
			c.report(path, "the role %q needs a title", r.ID)
		}
	}
}

func (c *checker) checkSteps() {
	seen := map[string]bool{}
	for i, s := range c.playbook.Steps {
		path := fmt.Sprintf("$.steps[%d]", i)
		c.identify(path, "step", s.ID, seen)
		if s.Title == "" {
			c.report(path, "the step %q needs a title", s.ID)
		}
		if s.Do != "" {
			if err := checkAction(s.Do, s.With); err != nil {
				c.report(path+".do", "%s", err)
			}
			if s.Approval != nil {
				c.report(path+".approval", "a step is either done by Muster (do) or approved by people (approval), not both")
			}
		} else if len(s.With) > 0 {
			c.report(path+".with", "parameters (with) need an action (do)")
		}
		if s.Role != "" && !slices.ContainsFunc(c.playbook.Roles, func(r Role) bool { return r.ID == s.Role }) {
			c.report(path+".role", "there is no role %q in this playbook", s.Role)
		}
		for n, need := range s.Needs {
			if _, ok := c.playbook.step(need); !ok {
				c.report(fmt.Sprintf("%s.needs[%d]", path, n), "there is no step %q in this playbook", need)
			}
		}
		if cycle := c.cycle(s.ID, s.ID, nil); cycle != nil {
			c.report(path+".needs", "the step can never start, it waits for itself: %s", strings.Join(cycle, " → "))
		}
	}
}

// cycle returns the way along needs from one step back to a step, or nil.
func (c *checker) cycle(from, back string, way []string) []string {
	if slices.Contains(way, from) {
		return nil
	}
	way = append(way, from)
	step, _ := c.playbook.step(from)
	for _, need := range step.Needs {
		if need == back {
			return append(way, back)
		}
		if found := c.cycle(need, back, way); found != nil {
			return found
		}
	}
	return nil
}

func (c *checker) checkHooks() {
	seen := map[string]bool{}
	for i, h := range c.playbook.Hooks {
		path := fmt.Sprintf("$.hooks[%d]", i)
		c.identify(path, "hook", h.ID, seen)
		if len(h.On) == 0 {
			c.report(path, "the hook %q needs on: what it reacts to", h.ID)
		}
		if h.Do != "" {
			if err := checkAction(h.Do, h.With); err != nil {
				c.report(path+".do", "%s", err)
			}
			if h.Title == "" {
				c.report(path, "the hook %q needs a title, which the timeline shows", h.ID)
			}
		}
		for _, on := range h.On {
			if on == string(incident.ReminderGiven{}.Kind()) {
				c.report(path+".on", "name the hook whose reminders it reacts to, by its id, rather than %s", on)
			} else if !slices.Contains(clockTriggers, on) && !incident.KnownKind(incident.Kind(on)) && !c.reminds(on) {
				c.report(path+".on", "nothing is called %q; on takes kinds of events (such as status_changed, resolved), ids of hooks that remind, or one of %s",
					on, strings.Join(clockTriggers, ", "))
			}
		}
		c.checkClock(path, h)
	}
}

// reminds says whether there is a hook with this id that reminds.
func (c *checker) reminds(id string) bool {
	h, ok := c.playbook.hook(id)
	return ok && h.clock() != ""
}

func (c *checker) checkClock(path string, h Hook) {
	if h.clock() == "" {
		if h.Remind != "" || h.After != 0 || h.Every != 0 || h.Times != 0 {
			c.report(path, "remind, after, every and times belong to the triggers %s", strings.Join(clockTriggers, ", "))
		}
		if h.Do == "" && len(h.On) > 0 {
			c.report(path, "the hook %q does nothing: it needs do", h.ID)
		}
		return
	}
	if len(h.On) > 1 {
		c.report(path+".on", "a hook on %s can have no other trigger beside it", h.clock())
	}
	if h.Remind == "" {
		c.report(path, "the hook %q needs remind: the reminder as the timeline shows it", h.ID)
	}
	if h.After < 0 && h.clock() != FollowupDue {
		c.report(path+".after", "after must not be negative")
	}
	if h.Every < 0 || h.Times < 0 {
		c.report(path, "every and times must not be negative")
	}
}

func (c *checker) identify(path, what, id string, seen map[string]bool) {
	switch {
	case id == "":
		c.report(path, "every %s needs an id", what)
	case !identifier.MatchString(id):
		c.report(path+".id", "the id %q must begin with a letter and hold lower-case letters, digits, - and _, 40 at most", id)
	case seen[id]:
		c.report(path+".id", "there are two %ss with the id %q", what, id)
	}
	seen[id] = true
}
