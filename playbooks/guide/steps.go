package guide

import (
	"slices"
	"strconv"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

var kindTexts = map[incident.StepKind]string{
	incident.Automatic: "Muster does it",
	incident.Manual:    "people do it",
	incident.Approval:  "approval",
	incident.Decision:  "decision",
	incident.Wait:      "wait",
}

func (t teller) step(number int, s playbooks.Step) Step {
	step := Step{
		Number: number, ID: s.ID, Title: title(s.Title), Kind: s.Kind(), KindText: kindTexts[s.Kind()], Action: oneLine(s.Do),
		Parameters: parameters(s.With), Instructions: told(s.Instructions), Expect: told(s.Expect),
	}
	if s.Role != "" {
		step.Role = t.roleTitle(s.Role)
	}
	if len(t.Parts) > 1 {
		step.Playbook = oneLine(s.Playbook)
	}
	for _, link := range s.Links {
		step.Links = append(step.Links, incident.Link{Title: title(link.Title), URL: oneLine(link.URL)})
	}
	for _, o := range s.Decide {
		step.Options = append(step.Options, t.option(s.ID, o))
	}
	for _, lines := range [][]Line{t.needs(s), t.condition(s), t.settling(s), t.repetition(s), t.timeout(s), t.failure(s)} {
		step.Lines = append(step.Lines, lines...)
	}
	return step
}

func (t teller) option(decision string, o playbooks.Option) Option {
	option := Option{ID: o.ID, Title: title(o.Title)}
	if option.Title == "" {
		option.Title = o.ID
	}
	for _, s := range t.Steps {
		if slices.Contains(s.Needs, decision+"/"+o.ID) {
			option.Leads = append(option.Leads, title(s.Title))
		}
	}
	return option
}

// needs says what comes before a step.
func (t teller) needs(s playbooks.Step) []Line {
	var before, chosen []string
	for _, need := range s.Needs {
		step, option, isOption := strings.Cut(need, "/")
		if isOption {
			chosen = append(chosen, t.optionTitle(step, option))
		} else {
			before = append(before, t.stepTitle(need))
		}
	}
	var all []Line
	if s.Within != "" {
		all = append(all, say("Once "+t.stepTitle(s.Within)+" has begun."))
	}
	if len(before) > 0 {
		all = append(all, say("After "+list(before, "and")+"."))
	}
	if len(chosen) > 0 {
		all = append(all, say("Only if "+list(chosen, "or")+" was chosen."))
	}
	return all
}

func (t teller) optionTitle(step, option string) string {
	for _, s := range t.Steps {
		for _, o := range s.Decide {
			if s.ID == step && o.ID == option && o.Title != "" {
				return "“" + title(o.Title) + "”"
			}
		}
	}
	return oneLine(option)
}

func (teller) condition(s playbooks.Step) []Line {
	if s.When == "" {
		return nil
	}
	return []Line{{{Text: "Due when "}, code(s.When), {Text: "."}}}
}

// settling says what ends an approval or a wait.
func (t teller) settling(s playbooks.Step) []Line {
	switch s.Kind() {
	case incident.Approval:
		text := "Needs the approval of "
		if s.Approval.Quorum > 1 {
			text = "Needs the approvals of " + strconv.Itoa(s.Approval.Quorum) + " different people"
			if len(s.Approval.By) > 0 {
				text += ", each "
			}
		}
		var by []string
		for _, role := range s.Approval.By {
			by = append(by, t.roleTitle(role))
		}
		switch {
		case len(by) > 0:
			text += "the holder of " + list(by, "or")
		case s.Approval.Quorum <= 1:
			text += "one person"
		}
		return []Line{say(text + ".")}
	case incident.Wait:
		return waiting(s.Wait)
	default:
		return nil
	}
}

func waiting(w *playbooks.Wait) []Line {
	held := "."
	if w.For > 0 {
		held = " for " + words(w.For) + " on end."
	}
	var all []Line
	if w.Until != "" {
		all = append(all, Line{{Text: "Waits until "}, code(w.Until), {Text: held}})
	}
	if m := w.Metric; m != nil {
		than := " are below "
		bound := m.Below
		if bound == nil {
			than, bound = " are above ", m.Above
		}
		line := Line{{Text: "Waits until all values of "}, code(m.Query)}
		if bound != nil {
			line = append(line, Span{Text: than + strconv.FormatFloat(*bound, 'g', -1, 64)})
		}
		line = append(line, Span{Text: held})
		if m.Every > 0 {
			line = append(line, Span{Text: " Measured every " + words(m.Every) + "."})
		}
		all = append(all, line)
	}
	if len(all) == 0 {
		all = append(all, say("Waits for "+words(w.For)+"."))
	}
	return all
}

func (teller) repetition(s playbooks.Step) []Line {
	if s.Repeat == nil {
		return nil
	}
	line := Line{{Text: "Due again " + words(s.Repeat.Every) + " after it was done"}}
	if s.Repeat.While != "" {
		line = append(line, Span{Text: ", while "}, code(s.Repeat.While))
	}
	if s.Repeat.Times > 0 {
		line = append(line, Span{Text: ", " + times(s.Repeat.Times) + " in all at most"})
	}
	return []Line{append(line, Span{Text: "."})}
}

func (t teller) timeout(s playbooks.Step) []Line {
	if s.Timeout == nil {
		return nil
	}
	var parts []string
	if s.Timeout.Nudge > 0 {
		parts = append(parts, "after "+words(s.Timeout.Nudge)+", those who should do it are reminded")
	}
	if s.Timeout.Escalate > 0 {
		parts = append(parts, "after "+words(s.Timeout.Escalate)+", others are told")
	}
	if s.Timeout.Limit > 0 {
		parts = append(parts, "after "+words(s.Timeout.Limit)+", "+t.limit(s))
	}
	if len(parts) == 0 {
		return nil
	}
	return []Line{say("If it takes long: " + strings.Join(parts, "; ") + ".")}
}

func (t teller) limit(s playbooks.Step) string {
	switch then := s.Timeout.Then; then {
	case "", playbooks.Fail:
		return "it counts as failed"
	case playbooks.Skip:
		return "it is skipped"
	default:
		return t.optionTitle(s.ID, then) + " is chosen"
	}
}

func (teller) failure(s playbooks.Step) []Line {
	var all []Line
	if s.Retry != nil {
		line := "Tried " + times(s.Retry.Attempts) + " at most"
		if s.Retry.Pause > 0 {
			line += ", " + words(s.Retry.Pause) + " apart"
		}
		all = append(all, say(line+"."))
	}
	switch s.OnFailure {
	case playbooks.Continue:
		all = append(all, say("If it fails, what needs it goes on all the same."))
	case playbooks.Stop:
		all = append(all, say("If it fails for good, what needs it is left out."))
	}
	return all
}

// parameters lists what an action is told, in the order of the names.
func parameters(with playbooks.Parameters) []Parameter {
	var all []Parameter
	for name, value := range with {
		all = append(all, Parameter{oneLine(name), paragraphs(value)})
	}
	slices.SortFunc(all, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return all
}
