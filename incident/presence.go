package incident

import "slices"

// ResponderJoined says that somebody has come into the incident's channel.
type ResponderJoined struct {
	Person Person `json:"person"`
}

// Kind implements [Fact].
func (ResponderJoined) Kind() Kind { return "responder_joined" }

// Text implements [Fact].
func (f ResponderJoined) Text() string { return f.Person.Name + " joined the channel" }

func (f ResponderJoined) apply(s *State, _ Event) {
	if !present(*s, f.Person) {
		s.Present = with(s.Present, f.Person)
	}
}

// ResponderLeft says that somebody has left the incident's channel.
type ResponderLeft struct {
	Person Person `json:"person"`
}

// Kind implements [Fact].
func (ResponderLeft) Kind() Kind { return "responder_left" }

// Text implements [Fact].
func (f ResponderLeft) Text() string { return f.Person.Name + " left the channel" }

func (f ResponderLeft) apply(s *State, _ Event) {
	s.Present = slices.DeleteFunc(slices.Clone(s.Present), f.Person.Same)
	s.Invited = slices.DeleteFunc(slices.Clone(s.Invited), f.Person.Same)
}

// MaxPresent is how many people in the channel an incident remembers. Those who come after
// them are not written down: they come to watch.
const MaxPresent = 200

// ReportPresence says that somebody has come into the incident's channel, or left it. No
// event follows where that is known.
type ReportPresence struct {
	Person Person `json:"person"`
	Left   bool   `json:"left,omitzero"`
}

// Name implements [Intent].
func (ReportPresence) Name() string { return "report_presence" }

func (i ReportPresence) decide(s State, _ Command) ([]Fact, error) {
	person, err := i.Person.checked("person")
	if err != nil {
		return nil, err
	}
	if person.IsZero() {
		return nil, invalid("person", "say who joined or left: a name or an e-mail address")
	}
	switch here := present(s, person); {
	case i.Left && here:
		return []Fact{ResponderLeft{Person: person}}, nil
	case !i.Left && !here && len(s.Present) < MaxPresent:
		return []Fact{ResponderJoined{Person: person}}, nil
	default:
		return nil, nil
	}
}

func present(s State, person Person) bool { return slices.ContainsFunc(s.Present, person.Same) }

// letIn says whether somebody is in the channel, or was brought in and has not left it.
func letIn(s State, person Person) bool {
	return present(s, person) || slices.ContainsFunc(s.Invited, person.Same)
}
