package workflows

import (
	"errors"
	"fmt"

	"muster/incident"
	"muster/playbooks"
)

// Resume returns the input by which the workflow of an incident goes on that has lost its
// own, made of nothing but the incident's journal: its events from the first one on. The
// workflow does what is left to do, under the same keys as before, so that the vendors
// know again what was done already. The life is that which the store has begun with this
// journal. It is a pure function; the error says what the journal lacks.
func Resume(journal []incident.Event, life int) (IncidentInput, error) {
	if len(journal) == 0 {
		return IncidentInput{}, errors.New("the journal is empty")
	}
	declared, ok := journal[0].Fact.(incident.IncidentDeclared)
	if !ok {
		return IncidentInput{}, fmt.Errorf("the journal of %s begins with %q, not with its declaration", journal[0].Incident, journal[0].Kind())
	}
	playbook, err := AttachedPlaybook(journal)
	if err != nil {
		return IncidentInput{}, err
	}
	carried := &Carried{}
	agenda := playbooks.NewAgenda(playbook, nil)
	known := map[string]bool{}
	for _, e := range journal {
		carried.State = incident.Apply(carried.State, e)
		agenda.Observe(carried.State, e)
		if e.Cause != "" && !known[e.Cause] {
			known[e.Cause] = true
			carried.Keys = append(carried.Keys, CommandKey{Key: e.Cause})
		}
	}
	carried.Reactions, carried.Watches = agenda.Reactions(), agenda.Watches()
	if extra := len(carried.Keys) - keysRemembered; extra > 0 {
		carried.Keys = carried.Keys[extra:]
	}
	declare := incident.Command{
		Incident: journal[0].Incident, Key: journal[0].Cause, Actor: journal[0].Actor, Source: journal[0].Source,
		Intent: incident.Declare(declared),
	}
	return IncidentInput{Declare: declare, Playbook: playbook, Carried: carried, Life: life}, nil
}

// AttachedPlaybook returns the playbook as the incident follows it, whatever became of it
// since, from the incident's events; the first few are enough. The error says that there is
// none among them, or that it cannot be read back.
func AttachedPlaybook(journal []incident.Event) (*playbooks.Playbook, error) {
	for _, f := range incident.Facts[incident.PlaybookAttached](journal) {
		p, err := playbooks.Decode(f.Document)
		if err != nil {
			return nil, fmt.Errorf("the playbook of %s cannot be read back: %w", journal[0].Incident, err)
		}
		return p, nil
	}
	return nil, fmt.Errorf("the journal of %s names no playbook", journal[0].Incident)
}
