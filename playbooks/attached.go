package playbooks

import (
	"encoding/json"
	"fmt"
	"slices"

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
	for _, part := range slices.Backward(p.Parts) {
		if part.Name == p.Name {
			return part.Version
		}
	}
	return p.Version
}

// PartsOf are the parts of a playbook, itself where it was not put together.
func (p *Playbook) PartsOf() []Part {
	if len(p.Parts) > 0 {
		return p.Parts
	}
	return []Part{{Name: p.Name, Version: p.Version, Source: p.Source}}
}

// VersionNow is the version that the text of an incident's part has in the library by now;
// false if there is none any more. Of several parts of one name, each extends the one before
// it, and is compared with what stands in its place.
func (l Library) VersionNow(parts []Part, part int) (version string, ok bool) {
	name, behind := parts[part].Name, 0
	for _, other := range parts[part+1:] {
		if other.Name == name {
			behind++
		}
	}
	current, ok := l[name]
	switch {
	case !ok:
		return "", false
	case behind == 0:
		return current.WrittenVersion(), true
	}
	for _, other := range slices.Backward(current.Parts) {
		if other.Name != name {
			continue
		}
		if behind == 0 {
			return other.Version, true
		}
		behind--
	}
	return "", false
}
