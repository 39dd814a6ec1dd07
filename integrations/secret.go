package integrations

import (
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	// redacted is what stands in the place of a secret.
	redacted = "[redacted]"
	// minSecretLength tells credentials from stand-ins such as "none". Taking those out
	// of errors would only make the errors unreadable.
	minSecretLength = 8
)

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

// secrets are the texts to take out of errors. They may be used by many goroutines at
// once.
type secrets struct {
	mu sync.RWMutex
	// known holds each in all its spellings, the longest first, or what remains of it
	// around a shorter one would show.
	known []string
}

func newSecrets() *secrets { return &secrets{} }

// add remembers secrets of at least minSecretLength bytes.
func (s *secrets) add(added ...Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range added {
		if len(secret) < minSecretLength {
			continue
		}
		for _, spelling := range spellings(secret.Reveal()) {
			if !slices.Contains(s.known, spelling) {
				s.known = append(s.known, spelling)
			}
		}
	}
	slices.SortStableFunc(s.known, func(a, b string) int { return len(b) - len(a) })
}

// with returns these secrets and another.
func (s *secrets) with(another Secret) *secrets {
	s.mu.RLock()
	more := &secrets{known: slices.Clone(s.known)}
	s.mu.RUnlock()
	more.add(another)
	return more
}

// Redact returns a text without the secrets, in whichever of the usual spellings they stand in
// it. Those of fewer than eight bytes are taken for stand-ins and left alone.
func Redact(text string, known ...Secret) string {
	all := newSecrets()
	all.add(known...)
	return all.replace(text)
}

// spellings are how a secret may come back from a vendor or a proxy: as it is, and
// escaped for an address, for JSON and for a page.
func spellings(secret string) []string {
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		strings.Trim(strconv.Quote(secret), `"`), strings.ReplaceAll(secret, "/", `\/`), html.EscapeString(secret),
	}
}

// redact returns a text as one line without the secrets.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	// Again when it is a line: characters that do not show could have split a secret.
	return s.replace(Line(s.replace(text)))
}

func (s *secrets) replace(text string) string {
	for _, known := range s.known {
		text = strings.ReplaceAll(text, known, redacted)
	}
	return text
}
