package incident

import "slices"

// Restricted says whether the incident is only for those who were let in: its channel is a
// private one, or will be. It is so from the declaration on, for as long as a step that opens a
// private channel may still do so, whatever keeps it; once there is a channel, that one
// decides. Muster's chat keeps to it; whoever may use the API and the pages sees all incidents.
func (s State) Restricted() bool {
	return s.Channel.Private || s.PrivatePlanned && s.Channel.ID == ""
}

// planPrivacy notes whether a private channel is planned. It is not any more where the response
// has taken another way; that people skip the step, or that it fails, opens nothing. An exercise
// opens no channel: it has one from the start, or none.
func (s *State) planPrivacy() {
	s.PrivatePlanned = s.Exercise == nil && slices.ContainsFunc(s.Steps, func(step Step) bool { return step.Private && !step.LeftOut })
}

// PublicTitle is the title as people outside of the response may read it.
func (s State) PublicTitle() string {
	if s.Restricted() {
		return "(restricted)"
	}
	return s.Title
}

// Admits says whether a person is among those who were let in: they are in the channel or
// hold a role. Everybody is where it is not restricted. Anybody may call themselves what they
// like, so that a name alone is not taken for somebody whose address is known.
func (s State) Admits(person Person) bool {
	if !s.Restricted() {
		return true
	}
	is := func(p Person) bool { return p.Name != "" && p.Same(person) && (p.Email == "") == (person.Email == "") }
	return slices.ContainsFunc(s.Present, is) ||
		slices.ContainsFunc(s.Roles, func(r Role) bool { return is(s.HolderPerson(r.ID)) })
}
