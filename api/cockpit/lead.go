package cockpit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

func planAcknowledge(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	return do(s, fmt.Sprintf("You have %s. Next: confirm the severity, and take the lead if nobody has.", s.ID), incident.Acknowledge{Note: t.plain(ctx, rest.from(0))})
}

// planStatus shows how things stand, or changes the status.
func planStatus(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return show(card.Status(s, t.pages))
	}
	wanted := rest.first().fold()
	known := []string{string(incident.Investigating), string(incident.Identified), string(incident.Monitoring), string(incident.Resolved)}
	if !slices.Contains(known, wanted) {
		if name, like := nearest(wanted, known); like {
			corrected := strings.TrimSpace("status " + name + " " + rest.tail(1))
			return plan{}, ask(fmt.Sprintf("There is no status “%s”. Did you mean “%s”?", quoted(rest.first().text), name),
				say("Yes: "+incident.CutText(corrected, 40), string(s.ID)+" "+corrected)...)
		}
		return plan{}, ask(fmt.Sprintf("There is no status “%s”. Write one of: %s.", quoted(rest.first().text), strings.Join(known, ", ")),
			declareAs(t.wording)...)
	}
	return t.changingStatus(s, incident.Status(wanted), t.plain(ctx, rest.from(1)))
}

// changingStatus is the plan to move the incident. One that is resolved is reopened first.
func (t *turn) changingStatus(s incident.State, to incident.Status, note string) (plan, error) {
	change := incident.ChangeStatus{Status: to, Note: note}
	if s.Status == incident.Resolved && to.Active() {
		intents := []incident.Intent{incident.Reopen{Reason: note}}
		if to != incident.Investigating {
			intents = append(intents, change)
		}
		return do(s, fmt.Sprintf("%s is open again: %s.", s.ID, to), intents...)
	}
	return do(s, fmt.Sprintf("%s is now %s.", s.ID, to), change)
}

func planSeverity(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return open(severityForm(s))
	}
	name, size := t.severityOf(s, rest)
	if size == 0 {
		return plan{}, t.askSeverity(s, rest)
	}
	return do(s, fmt.Sprintf("%s is now %s.", s.ID, name), incident.ChangeSeverity{Severity: name, Reason: t.plain(ctx, rest.from(size))})
}

// severityOf reads the severity that a line begins with, in how many words: one of the
// incident's own scale, or an alias in the catalogue.
func (t *turn) severityOf(s incident.State, l line) (name incident.Severity, words int) {
	word := l.first().fold()
	for _, level := range s.Scale {
		switch known := bareName(string(level.Name)); {
		case bareName(word) == known:
			return level.Name, 1
		case len(l.words) > 1 && bareName(word+l.words[1].fold()) == known:
			return level.Name, 2
		}
	}
	if alias, ok := t.catalogue.Severity(word); ok && word != "" {
		return incident.Severity(alias.Name), 1
	}
	return "", 0
}

// askSeverity asks which severity is meant.
func (t *turn) askSeverity(s incident.State, l line) error {
	written := quoted(l.first().text)
	if below, like := similar(severityBelow(), l.first().fold()); like {
		return ask(fmt.Sprintf("“severity %s” is no command. Did you mean “severity %s”?", written, below), say("Yes", string(s.ID)+" severity "+below)...)
	}
	var answers []chat.Control
	for _, level := range s.Scale {
		answers = append(answers, say(string(level.Name), strings.TrimSpace(fmt.Sprintf("%s severity %s %s", s.ID, level.Name, l.tail(1))))...)
	}
	return ask(fmt.Sprintf("There is no severity “%s”. Which one?", written), answers...)
}

func severityBelow() []verb {
	v, _ := find(verbs(), "severity")
	return v.below
}

func planConfirmSeverity(ctx context.Context, t *turn, _ line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	return do(s, fmt.Sprintf("%s stays a %s.", s.ID, s.Severity), incident.ConfirmSeverity{})
}

// roleIn finds the role that a line names first, in how many words: by its id, its title or
// the only beginning of one. Without words, or where nothing fits, size is 0.
func roleIn(s incident.State, l line) (role incident.Role, words int) {
	for size := min(len(l.words), 4); size > 0; size-- {
		var parts []string
		for _, w := range l.words[:size] {
			parts = append(parts, w.fold())
		}
		name := strings.Join(parts, " ")
		for _, r := range s.Roles {
			if strings.EqualFold(r.ID, name) || strings.EqualFold(r.Title, name) {
				return r, size
			}
		}
	}
	word := l.first().fold()
	if usual := roleWords[word]; usual != "" {
		word = usual
	}
	if role, ok := leading(s, word); ok {
		return role, 1
	}
	var found []incident.Role
	for _, r := range s.Roles {
		begins := func(name string) bool {
			return len(word) >= shortestBeginning && strings.HasPrefix(strings.ToLower(name), word)
		}
		if begins(r.ID) || slices.ContainsFunc(strings.Fields(r.Title), begins) {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		return found[0], 1
	}
	return incident.Role{}, 0
}

// roleWords are what people call the usual roles, beside the names that playbooks give them.
var roleWords = map[string]string{
	"ic": leadWord, "lead": leadWord, "leader": leadWord, "commander": leadWord,
	"comms": "communications", "communication": "communications",
	"note-taker": "scribe", "notetaker": "scribe",
}

// leadWord is the usual word for who leads the response.
const leadWord = "commander"

// leading returns the role that leads the response, where that is asked for and there is one
// that goes by that name.
func leading(s incident.State, word string) (incident.Role, bool) {
	if word != leadWord {
		return incident.Role{}, false
	}
	var found []incident.Role
	for _, r := range s.Roles {
		if strings.EqualFold(r.ID, leadWord) || slices.Contains(strings.Fields(strings.ToLower(r.Title)), leadWord) ||
			slices.Contains([]string{"lead", "incident lead", "ic"}, strings.ToLower(r.ID)) || strings.EqualFold(r.Title, "incident lead") {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return incident.Role{}, false
	}
	return found[0], true
}

// askRole asks which role is meant. The command is what stands before the role's name, and
// after what stands behind it.
func (t *turn) askRole(s incident.State, command string, l line, after string) error {
	if len(s.Roles) == 0 {
		return ask(fmt.Sprintf("The playbook of %s has no roles.", s.ID))
	}
	ids := make([]string, len(s.Roles))
	for i, r := range s.Roles {
		ids[i] = strings.ToLower(r.ID)
	}
	text := "Which role?"
	if !l.empty() && l.first().kind == bareWord {
		text = fmt.Sprintf("%s has no role “%s”. Which one?", s.ID, quoted(l.first().text))
		if best, like := nearest(l.first().fold(), ids); like {
			ids = []string{best}
		}
	}
	return t.askRoleWith(text, s, command, after, ids...)
}

// askRoleWith asks which role is meant, of those that are named or of all.
func (t *turn) askRoleWith(text string, s incident.State, command, after string, ids ...string) error {
	var answers []chat.Control
	for _, r := range s.Roles {
		if (len(ids) == 0 || slices.Contains(ids, strings.ToLower(r.ID))) && len(answers) < offered {
			answers = append(answers, say(capital(r.Title), strings.TrimSpace(fmt.Sprintf("%s role %s %s %s", s.ID, command, r.ID, after)))...)
		}
	}
	return ask(text, answers...)
}

// planRole opens the form of the roles, or gives one to whoever is mentioned.
func planRole(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	if rest.empty() {
		return t.openRole(s, "", "")
	}
	if _, _, ok := rest.mentioned(); ok {
		return planAssign(ctx, t, rest)
	}
	role, size := roleIn(s, rest)
	if size == 0 {
		above, _ := find(verbs(), "role")
		return plan{}, t.askBelow(above, rest)
	}
	if next := rest.after(size).first().fold(); next == "me" {
		return planClaim(ctx, t, rest)
	}
	return t.openRole(s, role.ID, "")
}

// planClaim takes a role. Which one need not be said where only one is free.
func planClaim(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	role, size := roleIn(s, rest)
	if size == 0 {
		var free []incident.Role
		for _, r := range s.Roles {
			if r.Holder == "" {
				free = append(free, r)
			}
		}
		if !rest.empty() || len(free) != 1 {
			return plan{}, t.askRole(s, "claim", rest, "")
		}
		role = free[0]
	}
	return t.claiming(ctx, s, role)
}

func (t *turn) claiming(ctx context.Context, s incident.State, role incident.Role) (plan, error) {
	self := t.self(ctx)
	text := fmt.Sprintf("You are %s of %s.", role.Title, s.ID)
	if role.Duties != "" {
		text += " " + role.Duties
	}
	return do(s, text, incident.AssignRole{Role: role.ID, User: self.Name, Email: self.Email})
}

// planAssign gives a role to whoever is mentioned: "commander @person", in any order.
func planAssign(ctx context.Context, t *turn, rest line) (plan, error) {
	return t.giving(ctx, rest, "assign", func(incident.State) (incident.Role, bool) { return incident.Role{}, false })
}

// handOver is what is written to hand a role over.
const handOver = "handover"

// planHandOver gives the role that one has to whoever is mentioned.
func planHandOver(ctx context.Context, t *turn, rest line) (plan, error) {
	if rest.first().fold() == "over" {
		rest = rest.after(1)
	}
	return t.giving(ctx, rest, handOver, func(s incident.State) (incident.Role, bool) {
		held := t.held(ctx, s)
		if len(held) != 1 {
			return incident.Role{}, false
		}
		return held[0], true
	})
}

// held are the roles that whoever did the act has.
func (t *turn) held(ctx context.Context, s incident.State) []incident.Role {
	self := t.self(ctx)
	var held []incident.Role
	for _, r := range s.Roles {
		if r.Holder != "" && (s.HolderPerson(r.ID).Same(self) || r.Holder == self.Name) {
			held = append(held, r)
		}
	}
	return held
}

// giving reads who gets which role, and what they have to know.
func (t *turn) giving(ctx context.Context, rest line, command string, own func(incident.State) (incident.Role, bool)) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	who, at, mentioned := rest.mentioned()
	others := rest
	if mentioned {
		others = rest.without(at)
	}
	others = others.past("the", "role", "of", "to", "as")
	role, size := roleIn(s, others)
	brief := others.after(size).past("to", "as", ":", ",", "-").from(0)
	if size == 0 {
		role, _ = own(s)
	}
	switch {
	case !mentioned && size > 0 && strings.HasPrefix(brief, "@"):
		// A chat writes those whom it knows as mentions.
		name, _, _ := strings.Cut(brief, " ")
		return plan{}, ask(fmt.Sprintf("Nobody here is known as “%s”. Choose who is to be %s.", quoted(name), role.Title),
			say("Choose…", fmt.Sprintf("%s role %s", s.ID, role.ID))...)
	case !mentioned:
		return t.openRole(s, role.ID, brief)
	case role.ID == "" && command == handOver && !t.asking:
		// Who it is that hands over is known when the act is carried out.
		return plan{about: s, later: func(ctx context.Context) (plan, error) { return planHandOver(ctx, t, rest) }}, nil
	case role.ID == "" && command == handOver && len(t.held(ctx, s)) == 0:
		return plan{}, t.askRoleWith(fmt.Sprintf("You have no role in %s that you could hand over. Which one is %s to have?", s.ID, t.person(ctx, who.id, who.text).Name),
			s, "assign", rest.text[who.from:who.to])
	case role.ID == "":
		return plan{}, t.askRole(s, command, others, rest.text[who.from:who.to])
	}
	person := t.person(ctx, who.id, who.text)
	return do(s, fmt.Sprintf("%s is now %s of %s.", person.Name, role.Title, s.ID),
		incident.AssignRole{Role: role.ID, User: person.Name, Email: person.Email, Brief: t.plain(ctx, brief)})
}

// past is the line without the given words at its beginning.
func (l line) past(fillers ...string) line {
	for !l.empty() && (slices.Contains(fillers, l.first().fold()) || slices.Contains(fillers, l.first().text)) {
		l = l.after(1)
	}
	return l
}

// planLeave gives a role back: the one that is named, or the only one that one has.
func planLeave(ctx context.Context, t *turn, rest line) (plan, error) {
	s, err := t.incident(ctx)
	if err != nil {
		return plan{}, err
	}
	role, size := roleIn(s, rest)
	if size > 0 {
		return do(s, fmt.Sprintf("The role %s of %s is open.", role.Title, s.ID), incident.AssignRole{Role: role.ID, Brief: t.plain(ctx, rest.from(size))})
	}
	if !rest.empty() {
		return plan{}, t.askRole(s, "leave", rest, "")
	}
	return plan{about: s, later: func(ctx context.Context) (plan, error) {
		held := t.held(ctx, s)
		switch len(held) {
		case 0:
			return plan{}, ask(fmt.Sprintf("You have no role in %s.", s.ID))
		case 1:
			return do(s, fmt.Sprintf("The role %s of %s is open.", held[0].Title, s.ID), incident.AssignRole{Role: held[0].ID})
		}
		return plan{}, t.askRole(s, "leave", rest, "")
	}}, nil
}
