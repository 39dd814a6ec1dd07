package playbooks

import (
	"fmt"
	"strings"

	"muster/incident"
)

// checker looks for mistakes. The document is the one that findings are reported in.
type checker struct {
	*document
	playbook *Playbook
	findings Findings
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
	if p.whole() {
		c.findings = append(c.findings, p.dangling(names{})...)
	}
	for _, e := range p.expressions() {
		c.findings = append(c.findings, e.mistakes()...)
	}
	if len(c.findings) == 0 {
		if err := p.Compile(); err != nil {
			c.report("$", "%s", err)
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
	for _, s := range c.playbook.Steps {
		path := s.origin.path
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
	}
}

func (c *checker) checkHooks() {
	seen := map[string]bool{}
	for _, h := range c.playbook.Hooks {
		path := h.origin.path
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
			}
		}
		c.checkClock(path, h)
	}
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
