package config

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"unicode"
)

// Secret is a credential. It prints as "[redacted]" wherever it is formatted,
// logged or encoded, so that it cannot end up in a log line, an error or a
// workflow history by accident. The zero value is the absent secret.
type Secret struct {
	// A pointer, because fmt prints the fields of a struct whose field of type
	// Secret is unexported without calling any method: it prints an address then.
	value *string
}

// NewSecret returns the secret with that value, without white space around it,
// which editors and shells add to files and variables.
// A value that is nothing but white space is the absent secret.
func NewSecret(value string) Secret {
	value = strings.TrimSpace(value)
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

const redacted = "[redacted]"

// Reveal returns the credential itself, for the one place that sends or compares
// it, and "" for the absent secret.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is a credential.
func (s Secret) IsSet() bool { return s.value != nil }

// String returns "[redacted]", or "" for the absent secret.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return redacted
}

// Format implements fmt.Formatter, so that no verb reveals the value.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, s.String()) // fmt.State never fails.
}

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, by which JSON, XML and YAML
// encode it. There is no way back on purpose. It never fails.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Variable is an environment variable that has no flag.
type Variable struct {
	Name string
	// Help says what it is for.
	Help string
}

// secretVariable is a secret, where it comes from and where it goes.
type secretVariable struct {
	Variable
	target *Secret
}

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (value string, ok bool)

// fileSuffix makes the name of a variable with a secret into that of the
// variable with the path of a file that holds it.
const fileSuffix = "_FILE"

// largestSecretBytes bounds a file with a secret. Keys and tokens are far
// smaller; a larger file is the wrong one.
const largestSecretBytes = 64 << 10

// readSecrets fills in the targets. A variable that is set but empty counts as
// unset, since that is how compose files pass on what nobody set.
func readSecrets(lookup Lookup, variables []secretVariable) error {
	var problems Problems
	for _, v := range variables {
		value, _ := lookup(v.Name)
		path, _ := lookup(v.Name + fileSuffix)
		if value != "" && path != "" {
			problems.add(v.Name, "is set, and so is %s; unset one of them", v.Name+fileSuffix)
			continue
		}
		name := v.Name
		if path != "" {
			name += fileSuffix
			content, err := readSecretFile(path)
			if err != nil {
				problems.add(name, "%v", err)
				continue
			}
			value = content
		}
		secret := NewSecret(value)
		if strings.ContainsFunc(secret.Reveal(), unicode.IsControl) {
			problems.add(name, "holds a line break or another control character; it must be one line with the credential alone")
			continue
		}
		if !secret.IsSet() && value+path != "" {
			problems.add(name, "holds nothing but white space; put the credential there")
			continue
		}
		*v.target = secret
	}
	return problems.err()
}

func readSecretFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("names a file that cannot be read: %w", err)
	}
	if info.Size() > largestSecretBytes {
		return "", fmt.Errorf("names a file of more than %d KiB, which is no credential: %s", largestSecretBytes>>10, path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("names a file that cannot be read: %w", err)
	}
	return string(content), nil
}
