package incident

import "strings"

// HelpRequested says that somebody is wanted in the response who is not there yet.
type HelpRequested struct {
	// Who says it in words: "Second Responder", "service payments", "team platform".
	Who string `json:"who"`
	// Person, PagerService and Policy say whom to page: a person, whoever is on call for a
	// service of the pager, or by one of its escalation policies. One of them is set.
	Person       Person `json:"person,omitzero"`
	PagerService string `json:"pager_service,omitzero"`
	Policy       string `json:"policy,omitzero"`
	Message      string `json:"message,omitzero"`
}

// Kind implements [Fact].
func (HelpRequested) Kind() Kind { return "help_requested" }

// Text implements [Fact].
func (f HelpRequested) Text() string { return sentence("Asked "+f.Who+" to help", f.Message) }

func (f HelpRequested) apply(*State, Event) {}

// RequestHelp asks for somebody who is not in the response yet. Who says it in words, and
// just one of Person, PagerService and Policy whom to page. How they are asked is the
// playbook's business.
type RequestHelp struct {
	Who          string `json:"who"`
	Person       Person `json:"person,omitzero"`
	PagerService string `json:"pager_service,omitzero"`
	Policy       string `json:"policy,omitzero"`
	Message      string `json:"message,omitzero"`
}

// Name implements [Intent].
func (RequestHelp) Name() string { return "request_help" }

func (i RequestHelp) decide(s State, _ Command) ([]Fact, error) {
	person, err := i.Person.checked("person")
	if err != nil {
		return nil, err
	}
	asked := 0
	for _, given := range []bool{!person.IsZero(), i.PagerService != "", i.Policy != ""} {
		if given {
			asked++
		}
	}
	if asked != 1 {
		return nil, invalid("who", "say whom to ask: one person, one service or one team")
	}
	who := strings.TrimSpace(i.Who)
	if who == "" {
		who = person.Name
	}
	if who, err = requiredText("who", who, MaxTitleRunes); err != nil {
		return nil, err
	}
	for _, bounded := range []struct {
		field, text string
		runes       int
	}{{"pager_service", i.PagerService, MaxNameRunes}, {"policy", i.Policy, MaxNameRunes}, {"message", i.Message, MaxTextRunes}} {
		if err := boundedText(bounded.field, bounded.text, bounded.runes); err != nil {
			return nil, err
		}
	}
	if !s.Status.Active() {
		return nil, rule("not_active", "%s is %s; reopen it before you ask somebody to help", s.ID, s.Status)
	}
	return []Fact{HelpRequested{Who: who, Person: person, PagerService: i.PagerService, Policy: i.Policy, Message: strings.TrimSpace(i.Message)}}, nil
}
