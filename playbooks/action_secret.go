package playbooks

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A secret never stands in a playbook, an incident or a workflow's history. What stands there
// is its name between these two characters, which no other text may hold once it is filled in;
// the activity puts the value in their place.
const (
	secretBegin = '\ue000'
	secretEnd   = '\ue001'
)

// SecretReference is what stands for the value of secret("name") until an activity puts it in.
func SecretReference(name string) string { return string(secretBegin) + name + string(secretEnd) }

// secretReference matches what [SecretReference] returns.
var secretReference = regexp.MustCompile(`\x{e000}([^\x{e000}\x{e001}]*)\x{e001}`)

// WithoutSecretReferences returns a text in which nothing can be taken for a reference: what
// every value has to be that comes from outside.
func WithoutSecretReferences(text string) string {
	return strings.Map(func(r rune) rune {
		if r == secretBegin || r == secretEnd {
			return -1
		}
		return r
	}, text)
}

// ReplaceSecretReferences puts what value returns for its name in the place of each reference.
func ReplaceSecretReferences(text string, value func(name string) string) string {
	return secretReference.ReplaceAllStringFunc(text, func(reference string) string {
		return value(secretReference.FindStringSubmatch(reference)[1])
	})
}

// secretCall finds secret("name") in the expressions of a text.
var secretCall = regexp.MustCompile(`\bsecret\(\s*(?:"([^"]*)"|'([^']*)')\s*\)`)

// Secrets are the names of all secrets that the playbook's steps and hooks use, in order.
func (p *Playbook) Secrets() []string {
	names := map[string]bool{}
	look := func(do string, with Parameters) {
		action, _ := FindAction(do)
		for name, text := range with {
			if parameter, _ := action.Parameter(name); !parameter.Secret {
				continue
			}
			for _, found := range secretCall.FindAllStringSubmatch(text, -1) {
				names[found[1]+found[2]] = true
			}
		}
	}
	for _, s := range p.Steps {
		look(s.Do, s.With)
	}
	for _, h := range p.Hooks {
		look(h.Do, h.With)
	}
	return slices.Sorted(maps.Keys(names))
}
