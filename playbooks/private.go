package playbooks

import (
	"slices"
	"strings"

	"muster/incident"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
)

// lastingNames are what expressions see of an incident that stays as it was declared.
var lastingNames = []string{
	"incident.id", "incident.number", "incident.title", "incident.summary", "incident.slug", "incident.exercise", "incident.service",
}

// variableNames are all that expressions see, by [Scope].
var variableNames = []string{"incident", "event", "step", "followup", "outputs"}

// mayOpenPrivately says whether a step opens a private channel. So may one on which it cannot be
// said at the declaration, since that hangs on what is yet to come: better an incident that is
// restricted for a while than one that is told to those who must not know. The scope is the
// incident as declared.
//
// What a hook runs counts if that is at the declaration. A playbook that is run because of
// something later is not known to be run at all.
func (p *Playbook) mayOpenPrivately(s Step, scope Scope) bool {
	if s.Do != SlackCreateChannel || !p.mayBe(s.With["private"], scope) {
		return false
	}
	for range maxDepth {
		if !p.mayHold(s.When, scope) {
			return false
		}
		if h, ok := p.hook(s.ID); ok && (!h.answersDeclaration() || !p.mayHold(h.When, scope)) {
			return false
		}
		outer, ok := p.step(s.Within)
		if !ok {
			return true
		}
		s = outer
	}
	return true
}

func (h Hook) answersDeclaration() bool {
	return slices.Contains(h.On, string(incident.IncidentDeclared{}.Kind())) || slices.Contains(h.On, Any)
}

// mayHold says whether a condition holds, or cannot be said not to.
func (p *Playbook) mayHold(condition string, scope Scope) bool {
	if condition == "" || !p.programs.lasting(condition) {
		return true
	}
	holds, err := p.programs.holds(condition, scope)
	return holds || err != nil
}

// mayBe says whether a text is, or may become, "true".
func (p *Playbook) mayBe(text string, scope Scope) bool {
	parts, err := splitText(text)
	if err != nil || slices.ContainsFunc(parts, func(part textPart) bool { return part.expression && !p.programs.lasting(part.text) }) {
		return true
	}
	filled, err := p.programs.text(text, scope)
	return err != nil || strings.TrimSpace(filled) == "true"
}

func (p programs) lasting(expression string) bool {
	program, ok := p[expression]
	return ok && program.lasting
}

// lasting says whether an expression looks at nothing that changes after the declaration.
func lasting(checked *cel.Ast) bool {
	tree := checked.NativeRep()
	covered, all := map[int64]bool{}, true
	celast.PreOrderVisit(tree.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		switch e.Kind() {
		case celast.SelectKind:
			if slices.Contains(lastingNames, chain(e)) {
				covered[e.AsSelect().Operand().ID()] = true
			}
		case celast.IdentKind:
			all = all && (covered[e.ID()] || !slices.Contains(variableNames, e.AsIdent()))
		}
	}))
	return all
}

// untellable says that something is told to others only once it is known whether it may be: the
// channel is about to be opened, and then says whether the incident is restricted. Who follows
// nothing but this incident does not wait for a chat that refuses it.
func (a *Agenda) untellable(s incident.State, do string) bool {
	if !s.Restricted() || s.Channel.ID != "" || s.Status.Ended() || !a.awaitsChannel(s) {
		return false
	}
	refused := slices.ContainsFunc(s.Steps, func(step incident.Step) bool { return step.Private && step.Error != "" })
	return do == SlackAnnounce || do == SlackNotify && !refused
}
