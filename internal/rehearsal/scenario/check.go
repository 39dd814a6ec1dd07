package scenario

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

// Check finds steps, roles, prompts and options that the scenario names and the playbook does
// not have. The error is [Findings]. Steps that people add or that hooks leave behind
// ("added-1", "announce@7") are not looked for.
func (s *Scenario) Check(p *playbooks.Playbook, text []byte) error {
	r := &reader{file: s.file.Name, lines: strings.Split(string(text), "\n")}
	for _, ref := range s.references {
		known := namesOf(p, ref.kind)
		_, adds := addedStep(ref.name)
		if slices.Contains(known, ref.name) || ref.kind == "step" && adds {
			continue
		}
		has := fmt.Sprintf("it has %s", strings.Join(known, ", "))
		if len(known) == 0 {
			has = "it has none"
		}
		r.reportAt(ref.Place, "the playbook %s has no %s %q; %s", p.Name, ref.kind, ref.name, has)
	}
	return r.findings.err()
}

// addedStep says that a step is none of the playbook's.
func addedStep(id string) (string, bool) {
	if strings.Contains(id, "@") {
		return id, true
	}
	return strings.CutPrefix(id, "added-")
}

func namesOf(p *playbooks.Playbook, kind string) []string {
	var names []string
	switch kind {
	case "step":
		for _, step := range p.Steps {
			names = append(names, step.ID)
		}
	case "role":
		for _, role := range p.Roles {
			names = append(names, role.ID)
		}
	case "prompt":
		for _, hook := range p.Hooks {
			if hook.Remind != "" {
				names = append(names, hook.ID)
			}
		}
		for _, step := range p.Steps {
			if step.Timeout != nil {
				names = append(names, step.ID)
			}
		}
	case "option":
		for _, step := range p.Steps {
			for _, option := range step.Decide {
				names = append(names, step.ID+"/"+option.ID)
			}
			if step.Kind() == incident.Decision {
				names = append(names, step.ID+"/")
			}
		}
	}
	return names
}
