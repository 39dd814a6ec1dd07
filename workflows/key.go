package workflows

import (
	"slices"

	"muster/incident"
)

// keysRemembered is how many keys of commands an incident remembers over its runs. A
// client that repeats a command does so within seconds.
const keysRemembered = 500

// CommandKey is what an incident remembers of a command, to know it again.
type CommandKey struct {
	Key string `json:"key"`
	// Digest tells apart commands that were given the same key by mistake. It is empty
	// where only the journal knows of the command.
	Digest string `json:"digest,omitzero"`
}

// UpdateID is the id under which a command is given to Temporal: the same for every
// repetition of it.
func UpdateID(c incident.Command) string { return c.Key + "/" + digest(c) }

// digest leaves declarations out: what they hold of the catalogue may have changed since,
// and they have been told apart before they got their incident.
func digest(c incident.Command) string {
	if _, declares := c.Intent.(incident.Declare); declares {
		return ""
	}
	return c.Digest()
}

// seen says whether a command was carried out before. A key that came with another
// command is an [incident.InvalidError].
func (r *response) seen(c incident.Command) (bool, error) {
	if c.Key == "" {
		return false, nil
	}
	i := slices.IndexFunc(r.keys, func(k CommandKey) bool { return k.Key == c.Key })
	if i < 0 {
		return false, nil
	}
	if known := r.keys[i].Digest; known != "" && known != digest(c) {
		return false, &incident.InvalidError{
			Field: "Idempotency-Key", Message: "this key came with another command before; give each command a key of its own",
		}
	}
	return true, nil
}

func (r *response) remember(c incident.Command) {
	if c.Key == "" {
		return
	}
	r.keys = append(r.keys, CommandKey{Key: c.Key, Digest: digest(c)})
	if extra := len(r.keys) - keysRemembered; extra > 0 {
		r.keys = slices.Clone(r.keys[extra:])
	}
}
