package playbooks

import (
	"encoding/json"
	"fmt"

	"muster/incident"
)

// FirstEvents is how many of an incident's events to look through for the playbook that it
// follows: it takes one up as soon as it is declared, whatever is reported meanwhile.
const FirstEvents = 200

// Attached returns the playbook that an incident follows, by its first events, to be shown:
// it is not compiled. It is nil before the incident has taken one up.
func Attached(events []incident.Event) (*Playbook, error) {
	for _, e := range events {
		attached, ok := e.Fact.(incident.PlaybookAttached)
		if !ok {
			continue
		}
		var p Playbook
		if err := json.Unmarshal(attached.Document, &p); err != nil {
			return nil, fmt.Errorf("read the playbook of %s: %w", e.Incident, err)
		}
		return &p, nil
	}
	return nil, nil
}

// WrittenVersion is the version of the playbook's own text, whatever it was put together with.
func (p *Playbook) WrittenVersion() string {
	for _, part := range p.Parts {
		if part.Name == p.Name {
			return part.Version
		}
	}
	return p.Version
}
