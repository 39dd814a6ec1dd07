package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	// secretPrefix begins the names of the variables with playbooks' secrets.
	secretPrefix = "MUSTER_SECRET_"
	// shortestPlaybookSecret is what can be told from other text, to be kept out of it.
	shortestPlaybookSecret = 8
)

// playbookSecretName is what stands behind the prefix.
var playbookSecretName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// PlaybookSecrets are what playbooks name by secret("name"). The zero value has none.
type PlaybookSecrets struct{ values map[string]Secret }

// PlaybookSecretVariable returns the variable of a secret: MUSTER_SECRET_DEPLOY_TOKEN for
// "deploy_token".
func PlaybookSecretVariable(name string) string { return secretPrefix + strings.ToUpper(name) }

// IsPlaybookSecretVariable says whether a variable, or its twin with _FILE, is that of a
// playbook's secret.
func IsPlaybookSecretVariable(variable string) bool { return strings.HasPrefix(variable, secretPrefix) }

// ReadPlaybookSecrets reads every MUSTER_SECRET_… of an environment such as that of
// [os.Environ], and the files that the variables with _FILE name. The error is Problems.
func ReadPlaybookSecrets(environment []string) (PlaybookSecrets, error) {
	set := map[string]string{}
	for _, variable := range environment {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, secretPrefix) && value != "" {
			set[name] = value
		}
	}
	lookup := func(name string) (string, bool) { value, ok := set[name]; return value, ok }
	targets := map[string]*Secret{}
	var variables []secretVariable
	var problems Problems
	for _, name := range slices.Sorted(maps.Keys(set)) {
		variable := strings.TrimSuffix(name, fileSuffix)
		if secret, ok := strings.CutPrefix(variable, secretPrefix); !ok || !playbookSecretName.MatchString(secret) {
			problems.add(name, "is no name of a secret; write %s and capital letters, digits and underscores, as in %sDEPLOY_TOKEN", secretPrefix, secretPrefix)
			continue
		}
		if targets[variable] == nil {
			targets[variable] = new(Secret)
			variables = append(variables, secretVariable{Variable{Name: variable}, targets[variable]})
		}
	}
	err := problems.join(readSecrets(lookup, variables))
	problems = nil
	secrets := PlaybookSecrets{}
	for variable, secret := range targets {
		switch {
		case !secret.IsSet():
		case len(secret.Reveal()) < shortestPlaybookSecret:
			problems.add(variable, "is shorter than %d characters; so short a secret cannot be told from other text and kept out of timelines", shortestPlaybookSecret)
		default:
			if secrets.values == nil {
				secrets.values = map[string]Secret{}
			}
			secrets.values[strings.ToLower(strings.TrimPrefix(variable, secretPrefix))] = *secret
		}
	}
	return secrets, problems.join(err)
}

// Secret returns the value of a secret, for the one place that sends it, and whether there is
// one of that name.
func (s PlaybookSecrets) Secret(name string) (string, bool) {
	secret, ok := s.values[name]
	return secret.Reveal(), ok
}

// Names are those of the secrets that are set, in order.
func (s PlaybookSecrets) Names() []string { return slices.Sorted(maps.Keys(s.values)) }
