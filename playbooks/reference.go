package playbooks

import (
	"fmt"
	"slices"
	"strings"

	"muster/incident"
)

// whole says that nothing of the playbook is in other ones, so that every reference must
// lead to something in its own file.
func (p *Playbook) whole() bool {
	return p.Extends == "" && !p.Addition && !slices.ContainsFunc(p.Steps, Step.runs) && !slices.ContainsFunc(p.Hooks, Hook.runs)
}

func (s Step) runs() bool { return s.Do == PlaybookRun }

func (h Hook) runs() bool { return h.Do == PlaybookRun }

// knownTrigger says whether hooks can react to this in every playbook.
func knownTrigger(on string) bool {
	_, narrow := narrowTriggers[on]
	return on == Any || narrow || slices.Contains(clockTriggers, on) || incident.KnownKind(incident.Kind(on))
}

// names is what can be referred to.
type names struct {
	roles, reminders map[string]bool
	// needs are ids of steps and groups, and options of decisions.
	needs map[string]bool
}

func newNames() names {
	return names{roles: map[string]bool{}, reminders: map[string]bool{}, needs: map[string]bool{}}
}

// add adds what can be referred to in a playbook.
func (n names) add(p *Playbook) {
	for _, r := range p.Roles {
		n.roles[r.ID] = true
	}
	for _, s := range p.Steps {
		n.needs[s.ID] = true
		n.needs[s.Group] = true
		for _, o := range s.Decide {
			n.needs[s.ID+"/"+o.ID] = true
		}
	}
	for _, h := range p.Hooks {
		if h.clock() != "" {
			n.reminders[h.ID] = true
		}
	}
}

// reminds says whether there is a hook with this id that reminds.
func (p *Playbook) reminds(id string) bool {
	h, ok := p.hook(id)
	return ok && h.clock() != ""
}

// settling returns the ids of the steps that have to be settled for a need: one step, or all
// of a group. None means that nothing has that id.
func (p *Playbook) settling(need string) []string {
	id, _ := choice(need)
	if _, ok := p.step(id); ok {
		return []string{id}
	}
	var ids []string
	for _, s := range p.Steps {
		if s.Group != "" && s.Group == id {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// satisfiable says what is wrong with a need of a step of this playbook; nil for one that can
// be met.
func (p *Playbook) satisfiable(need string) error {
	id, option, asks := strings.Cut(need, "/")
	if len(p.settling(need)) == 0 {
		return fmt.Errorf("there is no step %q in this playbook", id)
	}
	if !asks {
		return nil
	}
	step, _ := p.step(id)
	if len(step.Decide) == 0 {
		return fmt.Errorf("%q is no decision (decide), so it has no option %q", id, option)
	}
	names := make([]string, len(step.Decide))
	for i, o := range step.Decide {
		names[i] = o.ID
	}
	if !slices.Contains(names, option) {
		return fmt.Errorf("the decision %q has no option %q; its options are %s", id, option, strings.Join(names, ", "))
	}
	return nil
}

// before are the needs of a step, and the one that runs its playbook.
func (s Step) before() []string {
	if s.Within == "" {
		return s.Needs
	}
	return append(slices.Clone(s.Needs), s.Within)
}

// cycle returns the way along needs from one step back to a step, or nil. It goes through no
// step twice: from those in dead, no way leads back.
func (p *Playbook) cycle(from, back string, way []string, dead map[string]bool) []string {
	if dead[from] {
		return nil
	}
	dead[from] = true
	way = append(way, from)
	step, _ := p.step(from)
	for _, need := range step.before() {
		for _, id := range p.settling(need) {
			if id == back {
				return append(way, back)
			}
			if found := p.cycle(id, back, way, dead); found != nil {
				return found
			}
		}
	}
	return nil
}
