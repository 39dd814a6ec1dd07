package playbooks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// checkSteps checks the steps, and what their groups say for all of them. Steps and groups
// are named in one way.
func (c *checker) checkSteps() {
	seen := map[string]bool{}
	group := ""
	for _, s := range c.playbook.Steps {
		if g := s.origin.group; g.in != nil && g.path != group {
			group = g.path
			if seen[s.Group] {
				c.report(ruleDuplicateID, group+".group", "give it an id of its own", "the id %q is used already", s.Group)
			}
			seen[s.Group] = true
			c.constantWhen(group, c.condition(group+".when", s.origin.groupWhen, condition, site{step: &s}))
		}
		c.identify(s.origin.path, "step", s.ID, seen)
		c.checkStep(s.origin.path, s)
	}
}

func (c *checker) checkStep(path string, s Step) {
	if s.Title == "" {
		c.report(ruleMissing, path, "title: what people read", "the step %q needs a title", s.ID)
	}
	at := site{step: &s}
	c.checkKind(path, s, at)
	c.checkRole(s.origin.roleAt().path, s.Role)
	c.checkNeeds(s)
	c.text(path+".title", s.Title, at)
	c.text(path+".instructions", s.Instructions, at)
	c.text(path+".expect", s.Expect, at)
	c.checkLinks(path, s.Links, at)
	c.constantWhen(path, c.condition(path+".when", s.origin.when, condition, at))
	if r := s.Repeat; r != nil {
		if len(s.Decide) > 0 {
			c.reportKey(ruleRepeat, path+".repeat", "repeat the step that tells what to decide on", "a decision is made once: its ways cannot be taken again")
		}
		if r.Every < time.Minute {
			c.report(ruleRepeat, path+".repeat.every", "every: 30m", "a step is repeated once a minute at most")
		}
		if r.Times < 0 {
			c.report(ruleRepeat, path+".repeat.times", "leave it out for no bound", "times cannot be negative")
		}
		c.condition(path+".repeat.while", r.While, condition, at)
	}
	c.checkTimeout(path, s)
	c.checkFailure(path, s)
}

// checkKind checks that a step is of one kind, and what belongs to that kind.
func (c *checker) checkKind(path string, s Step, at site) {
	var kinds []string
	for _, kind := range []struct {
		key   string
		given bool
	}{{"do", s.Do != ""}, {"approval", s.Approval != nil}, {"decide", len(s.Decide) > 0}, {"wait", s.Wait != nil}} {
		if kind.given {
			kinds = append(kinds, kind.key)
		}
	}
	if len(kinds) > 1 {
		c.reportKey(ruleKind, path+"."+kinds[1], "make two steps of it, of which the second needs the first",
			"a step has one of do, approval, decide and wait; this one has %s", strings.Join(kinds, " and "))
	}
	if s.Do != "" {
		c.checkAction(path, s.Do, s.With, at)
	} else if len(s.With) > 0 {
		c.reportKey(ruleKind, path+".with", "do: the action that takes them", "parameters (with) need an action (do)")
	}
	if a := s.Approval; a != nil {
		c.checkApproval(path+".approval", *a)
	}
	if s.Decide != nil {
		c.checkDecision(path+".decide", s.Decide)
	}
	if s.Wait != nil {
		c.checkWait(path+".wait", *s.Wait, at)
	}
}

func (c *checker) checkApproval(path string, a Approval) {
	if a.Quorum < 0 {
		c.report(ruleApproval, path+".quorum", "leave it out for one person", "quorum cannot be negative")
	}
	by := slices.Clone(a.By)
	slices.Sort(by)
	if holders := len(slices.Compact(by)); holders > 0 && a.Quorum > holders {
		c.report(ruleApproval, path+".quorum", "a role is held by one person: name more roles, or ask for fewer approvals",
			"%d people must approve, and only %d can", a.Quorum, holders)
	}
	for i, role := range a.By {
		c.checkRole(fmt.Sprintf("%s.by[%d]", path, i), role)
	}
}

func (c *checker) checkDecision(path string, options []Option) {
	if len(options) < 2 {
		c.reportKey(ruleDecision, path, "for a single way, use approval", "a decision needs at least two options")
	}
	seen := map[string]bool{}
	for i, o := range options {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.identify(at, "option", o.ID, seen)
		if o.Title == "" {
			c.report(ruleMissing, at, "title: what people read when they choose", "the option %q needs a title", o.ID)
		}
	}
}

// measuredAtMost is how often a metric may be measured: each time asks Prometheus and is
// kept in the workflow's history.
const measuredAtMost = 10 * time.Second

func (c *checker) checkWait(path string, w Wait, at site) {
	if w.For == 0 && w.Until == "" && w.Metric == nil {
		c.reportKey(ruleWait, path, "give for (10m), until (a condition) or metric (query, and below or above)", "a wait says what it waits for")
	}
	c.atLeast(path+".for", w.For, 0)
	if a := c.condition(path+".until", w.Until, condition, at); a != nil && a.constant != nil {
		c.report(ruleWait, path+".until", "ask for something of the incident", "this is always %t", *a.constant)
	}
	m := w.Metric
	if m == nil {
		return
	}
	path += ".metric"
	if strings.TrimSpace(m.Query) == "" {
		c.reportKey(ruleWait, path, "query: in PromQL", "a metric needs a query")
	}
	if (m.Below == nil) == (m.Above == nil) {
		c.reportKey(ruleWait, path, "below: 0.01", "a metric needs exactly one of below and above")
	}
	if m.Every != 0 {
		c.atLeast(path+".every", m.Every, measuredAtMost)
	}
	c.text(path+".query", m.Query, at)
}

func (c *checker) checkTimeout(path string, s Step) {
	t := s.Timeout
	if t == nil {
		return
	}
	path += ".timeout"
	if t.Nudge == 0 && t.Escalate == 0 && t.Limit == 0 {
		c.reportKey(ruleTimeout, path, "give nudge, escalate or limit", "a timeout without a time does nothing")
	}
	last, before := time.Duration(0), ""
	for _, at := range []struct {
		key   string
		after time.Duration
	}{{"nudge", t.Nudge}, {"escalate", t.Escalate}, {"limit", t.Limit}} {
		c.atLeast(path+"."+at.key, at.after, 0)
		if at.after <= 0 {
			continue
		}
		if at.after <= last {
			c.report(ruleTimeout, path+"."+at.key, "each counts from when the step became due", "%s comes no later than %s", at.key, before)
		}
		last, before = at.after, at.key
	}
	if t.Then == "" {
		return
	}
	if t.Limit == 0 {
		c.reportKey(ruleTimeout, path+".then", "limit: how long the step may take", "then needs limit")
	}
	allowed := []string{Fail, Skip}
	for _, o := range s.Decide {
		allowed = append(allowed, o.ID)
	}
	c.oneOf(ruleTimeout, path+".then", t.Then, "then", allowed...)
}

// retriedAtMost bounds the attempts that a playbook may ask for: each is kept for ever.
const retriedAtMost = 100

func (c *checker) checkFailure(path string, s Step) {
	if r := s.Retry; r != nil {
		if s.Kind() != incident.Automatic {
			c.reportKey(ruleRetry, path+".retry", "leave it out", "only what Muster does itself (do) is tried again")
		}
		if r.Attempts < 1 || r.Attempts > retriedAtMost {
			c.report(ruleRetry, path+".retry.attempts", "attempts: 3 stands for the first and two more", "attempts must be from 1 to %d", retriedAtMost)
		}
		c.atLeast(path+".retry.pause", r.Pause, 0)
	}
	if s.OnFailure != "" {
		c.oneOf(ruleFailure, path+".on_failure", s.OnFailure, "on_failure", Ask, Continue, Stop)
	}
}

func (c *checker) checkLinks(path string, links []incident.Link, at site) {
	for i, link := range links {
		path := fmt.Sprintf("%s.links[%d]", path, i)
		if link.Title == "" {
			c.report(ruleLink, path, "title: what people read", "a link needs a title")
		}
		c.text(path+".url", link.URL, at)
		before, _, filled := strings.Cut(link.URL, "${")
		if filled && before == "" {
			continue // the whole address, or its beginning, is filled in
		}
		address, err := url.Parse(before)
		if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" && !filled {
			c.report(ruleLink, path+".url", "url: https://runbooks.example.com/failover", "a link needs the whole address, with http or https")
		}
	}
}

func (c *checker) checkRole(path, role string) {
	if role != "" && !c.hasRole(role) {
		c.report(ruleUnknownRole, path, didYouMean(role, "roles", c.roles()), "there is no role %q", role)
	}
}

// constantWhen reports a condition that keeps its step from ever starting.
func (c *checker) constantWhen(path string, when *analysis) {
	if when != nil && when.constant != nil && !*when.constant {
		c.report(ruleUnreachable, path+".when", "remove the step, or the condition", "this never holds, so that the step never starts")
	}
}
