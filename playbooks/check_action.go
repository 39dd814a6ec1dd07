package playbooks

import (
	"slices"
	"strings"
)

// checkAction checks what a step or a hook has Muster do.
func (c *checker) checkAction(path, do string, with Parameters, at site) {
	action, known := FindAction(do)
	if !known {
		c.report(ruleUnknownAction, path+".do", didYouMean(do, "actions", actionNames()), "there is no action %q", do)
	}
	for _, p := range action.Parameters {
		if p.Required && !slices.ContainsFunc(sortedKeys(with), func(name string) bool {
			return (name == p.Name || strings.HasPrefix(name, p.Name+".")) && strings.TrimSpace(with[name]) != ""
		}) {
			c.report(ruleMissingParameter, path+".do", p.Name+": "+p.Doc, "%s needs the parameter %q", do, p.Name)
		}
	}
	for _, name := range sortedKeys(with) {
		value, path := with[name], path+".with."+name
		p, ok := action.Parameter(name)
		if known && !ok {
			c.reportKey(ruleUnknownParameter, path, didYouMean(name, "parameters", parameterNames(action)), "%s has no parameter %q", do, name)
		}
		at.secret = p.Secret
		c.text(path, value, at)
		constant, ok := constantText(value)
		if ok && constant != "" && p.Type != ButtonsParameter {
			if err := p.Check(constant); err != nil {
				c.report(ruleInvalidParameter, path, p.Doc, "%s %s", name, err)
			}
		}
		switch p.Type {
		case ButtonsParameter:
			c.checkButtons(path, value, p, at)
		case PersonParameter:
			if ok && identifier.MatchString(constant) && constant != OnCall && !c.hasRole(constant) {
				c.report(ruleUnknownRole, path, didYouMean(constant, "roles", append(c.roles(), OnCall)), "there is no role %q", constant)
			}
		}
		if do == PlaybookRun && !ok && c.library == nil { // or else it is found when they are put together
			c.report(ruleComposition, path, "name the playbook; conditions belong into when", "which playbook is run must be known beforehand")
		}
	}
}

// checkButtons looks whether there are such buttons, and what they are about. Of a text that
// is partly filled in, the words are looked at that are not.
func (c *checker) checkButtons(path, text string, p Parameter, at site) {
	parts, err := splitText(text)
	if err != nil {
		return
	}
	written := ""
	for _, part := range parts {
		if part.expression {
			part.text = filledIn
		}
		written += part.text
	}
	for _, word := range strings.Fields(written) {
		name, of, _ := strings.Cut(word, ":")
		open := strings.Contains(of, filledIn)
		if strings.Contains(name, filledIn) {
			continue
		}
		if !slices.ContainsFunc(buttons, func(b buttonForm) bool { return b.name == name }) {
			c.report(ruleInvalidParameter, path, didYouMean(name, "buttons", strings.Split(buttonNames(), ", ")), "there is no button %q", name)
			continue
		}
		if _, err := ParseButtons(word); err != nil {
			c.report(ruleInvalidParameter, path, "", "%s %s", p.Name, err)
			continue
		}
		switch {
		case name == ButtonSnooze && (at.hook == nil || !c.snoozable(*at.hook)):
			c.report(ruleInvalidParameter, path, "snooze belongs to hooks on clock triggers, other than "+FollowupDue, "there is no reminder here that could be snoozed")
		case name == ButtonTakeRole && of != "" && !open && !c.hasRole(of):
			c.report(ruleUnknownRole, path, didYouMean(of, "roles", c.roles()), "there is no role %q", of)
		case name != ButtonTakeRole && of != "" && !open && !c.hasStep(of):
			c.report(ruleUnknownStep, path, didYouMean(of, "steps", c.steps()), "there is no step %q", of)
		}
	}
}

// filledIn stands for what is filled in.
const filledIn = "\x00"

// snoozable says whether a hook reacts to reminders that people can snooze.
func (c *checker) snoozable(h Hook) bool {
	return h.clock() != "" && h.clock() != FollowupDue || slices.ContainsFunc(h.On, c.reminds)
}

// constantText is what a text without expressions stands for.
func constantText(text string) (constant string, ok bool) {
	parts, err := splitText(text)
	if err != nil {
		return "", false
	}
	for _, part := range parts {
		if part.expression {
			return "", false
		}
		constant += part.text
	}
	return constant, true
}

func actionNames() []string {
	names := make([]string, len(vocabulary))
	for i, a := range vocabulary {
		names[i] = a.Name
	}
	return names
}

func parameterNames(a Action) []string {
	names := make([]string, len(a.Parameters))
	for i, p := range a.Parameters {
		names[i] = p.Name
	}
	return names
}

// secretParameters are the parameters that take secrets: "http.request: headers, body".
func secretParameters() string {
	var actions []string
	for _, a := range vocabulary {
		var names []string
		for _, p := range a.Parameters {
			if p.Secret {
				names = append(names, p.Name)
			}
		}
		if len(names) > 0 {
			actions = append(actions, a.Name+": "+strings.Join(names, ", "))
		}
	}
	return strings.Join(actions, "; ")
}
