package integrations

import (
	"fmt"
	"log/slog"
)

// redacted is what stands in the place of a secret.
const redacted = "[redacted]"

// Secret is a credential. It prints as "[redacted]" through fmt, slog and
// encoding/json, whatever the verb; only [Secret.Reveal] gives it away. An unset
// secret prints as nothing, so that its absence can be seen.
type Secret string

// Reveal returns the credential itself, for the one place that sends it.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]", or nothing for an unset secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format prints what [Secret.String] returns for every verb: %x and %#v would
// otherwise reach the string underneath.
func (s Secret) Format(state fmt.State, _ rune) {
	// A fmt.State keeps its own write errors.
	_, _ = fmt.Fprint(state, s.String())
}

// LogValue keeps the secret out of slog's records.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secret out of JSON. (Not as the key of a map, which
// encoding/json takes from the string underneath.)
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
