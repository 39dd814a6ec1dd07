package playbooks

import (
	"slices"

	"muster/incident"
)

// judge looks whether everything exists that an expression refers to.
func (c *checker) judge(path string, offset int, a *analysis, at site) {
	for _, r := range a.references {
		report := func(rule, hint, format string, args ...any) {
			c.reportAt(rule, c.layout().within(path, offset+r.offset), hint, format, args...)
		}
		switch r.kind {
		case toStep:
			if !c.hasStep(r.key) {
				report(ruleUnknownStep, didYouMean(r.key, "steps", c.steps()), "there is no step %q", r.key)
			}
		case toRole:
			if !c.hasRole(r.key) {
				report(ruleUnknownRole, didYouMean(r.key, "roles", c.roles()), "there is no role %q", r.key)
			}
		case toChoice:
			c.chosen[r.key] = true
			if step, known := c.step(r.key); known && len(step.Decide) == 0 {
				report(ruleUnknownOption, didYouMean(r.key, "decisions", c.decisions()), "the step %q is no decision (decide)", r.key)
			} else if !known && !c.hasStep(r.key) {
				report(ruleUnknownStep, didYouMean(r.key, "decisions", c.decisions()), "there is no decision %q", r.key)
			}
		case toOutput:
			c.judgeOutput(r, at, report)
		case toValue:
			c.judgeValue(r, at, report)
		case toName:
			if at.step != nil {
				report(ruleEmptyHere, "in hooks it is what they react to; in steps, look at incident", "%s is empty in steps", r.key)
			}
		case toSecret:
			switch {
			case !at.secret:
				report(ruleSecret, "parameters that take secrets: "+secretParameters(), "no secret may stand here")
			case r.key == "":
				report(ruleSecret, `secret("deploy_token")`, "a secret is named by a plain text")
			case !secretName.MatchString(r.key):
				report(ruleSecret, `lower-case letters, digits and _: secret("deploy_token") is MUSTER_SECRET_DEPLOY_TOKEN`, "%q cannot be a secret's name", r.key)
			}
		}
	}
}

type reporter func(rule, hint, format string, args ...any)

// judgeOutput looks whether the step gives that output, and has given it by then.
func (c *checker) judgeOutput(r reference, at site, report reporter) {
	step, known := c.step(r.key)
	if !known {
		if !c.hasStep(r.key) {
			report(ruleUnknownStep, didYouMean(r.key, "steps", c.steps()), "there is no step %q", r.key)
		}
		return
	}
	action, known := FindAction(step.Do)
	if step.Do != "" && !known {
		return // reported there
	}
	names := make([]string, len(action.Outputs))
	for i, o := range action.Outputs {
		names[i] = o.Name
	}
	if !slices.Contains(names, r.value) {
		by := "the step " + r.key
		if step.Do != "" {
			by = step.Do
		}
		report(ruleUnknownOutput, didYouMean(r.value, "outputs", names), "%s gives no output %q", by, r.value)
		return
	}
	if at.step != nil && !c.comesBefore(r.key, at.step.ID) {
		report(ruleUnknownOutput, "add "+r.key+" to the needs of "+at.step.ID, "the step %q need not have been done by then", r.key)
	}
}

// judgeValue looks whether what is compared with a text can ever be equal to it.
func (c *checker) judgeValue(r reference, at site, report reporter) {
	of, known := c.valuesOf(r)
	if len(known) > 0 && !slices.Contains(known, r.value) && (r.value != "" || !mayBeEmpty(r.subject)) {
		report(ruleNeverTrue, didYouMean(r.value, of, known), "%s is never %q", r.subject, r.value)
		return
	}
	if r.subject == "event.kind" && at.hook != nil && r.value != "" && !slices.Contains(heard(*at.hook), r.value) {
		report(ruleUnheard, "add it to on, or leave the comparison out", "the hook does not react to %s", r.value)
	}
}

// valuesOf are what an expression's subject can be, and what they are in the plural. None
// means anything.
func (c *checker) valuesOf(r reference) (plural string, values []string) {
	switch r.subject {
	case "incident.status":
		return "statuses", texts(incident.Statuses())
	case "incident.severity":
		return "severities", c.catalogue.Severities
	case "incident.service.name":
		return "services", c.catalogue.Services
	case "incident.service.team":
		return "teams", c.catalogue.Teams
	case "event.kind":
		return "kinds of events", texts(incident.Kinds())
	case "step.state", "incident.steps":
		return "states", texts([]incident.StepState{
			incident.Pending, incident.Running, incident.Waiting, incident.Done, incident.Skipped, incident.Failed,
		})
	case "local.weekday":
		return "days", []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	case "incident.choices":
		step, _ := c.step(r.key)
		return "options", optionIDs(step)
	}
	return "", nil
}

// mayBeEmpty says whether a subject is empty at times, so that to ask for it makes sense.
func mayBeEmpty(subject string) bool {
	return subject != "incident.status" && subject != "incident.severity" && subject != "incident.steps"
}

func optionIDs(s Step) []string {
	ids := make([]string, len(s.Decide))
	for i, o := range s.Decide {
		ids[i] = o.ID
	}
	return ids
}

// texts are values as plain texts.
func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
