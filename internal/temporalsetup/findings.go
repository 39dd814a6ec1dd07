package temporalsetup

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
)

const (
	// Retention is how long a namespace that Muster registers keeps finished workflows. They
	// are for looking at, in Temporal's web UI: what happened is in Muster's own journal.
	Retention = 30 * 24 * time.Hour
	// MinRetention is what a namespace should keep them at least: incidents are looked back
	// on within the week.
	MinRetention = 7 * 24 * time.Hour
)

// Finding is something about a namespace that is not as Muster needs it.
type Finding struct {
	// Problem says what is wrong: "the search attribute MusterStatus is missing".
	Problem string
	// Mend is what somebody who may has to do, mostly commands, one in each element.
	Mend []string
	// Blocking tells that Muster cannot work before it is mended.
	Blocking bool
}

// Findings are all that is wrong with a namespace.
type Findings []Finding

// Blocking says in words what keeps Muster from working; empty where nothing does.
func (f Findings) Blocking() string {
	var problems []string
	for _, finding := range f {
		if finding.Blocking {
			problems = append(problems, finding.Problem)
		}
	}
	return strings.Join(problems, "; ")
}

// Err is nil where Muster can work, and otherwise says in one line why not and that muster
// setup is the next thing to try: it mends what it may, and says how the rest is mended.
func (f Findings) Err(namespace string) error {
	problem := f.Blocking()
	if problem == "" {
		return nil
	}
	return fmt.Errorf("Temporal's namespace %s is not ready for Muster: %s; run muster setup", namespace, problem) //nolint:staticcheck // a name begins it
}

// onCloud tells namespaces of Temporal Cloud by their names, which end in the account:
// "muster.a1b2c". Temporal's own clusters hardly have such.
func onCloud(namespace string) bool { return strings.Contains(namespace, ".") }

func createNamespace(namespace string) []string {
	days := int(Retention.Hours()) / 24
	if onCloud(namespace) {
		name, _, _ := strings.Cut(namespace, ".")
		return []string{fmt.Sprintf("tcld namespace create --namespace %s --region REGION --retention-days %d --ca-certificate-file FILE "+
			"(or, for one with API keys, in the web UI of Temporal Cloud)", name, days)}
	}
	return []string{fmt.Sprintf("temporal operator namespace create --namespace %s --retention %dh", namespace, int(Retention.Hours()))}
}

func setRetention(namespace string) []string {
	if onCloud(namespace) {
		return []string{fmt.Sprintf("tcld namespace retention set --namespace %s --retention-days %d", namespace, int(Retention.Hours())/24)}
	}
	return []string{fmt.Sprintf("temporal operator namespace update --namespace %s --retention %dh", namespace, int(Retention.Hours()))}
}

// addAttributes is one command for all.
func addAttributes(namespace string, keys []temporal.SearchAttributeKey) []string {
	var command strings.Builder
	if onCloud(namespace) {
		fmt.Fprintf(&command, "tcld namespace search-attributes add --namespace %s", namespace)
		for _, key := range keys {
			fmt.Fprintf(&command, " --search-attribute %q", key.GetName()+"="+key.GetValueType().String())
		}
	} else {
		fmt.Fprintf(&command, "temporal operator search-attribute create --namespace %s", namespace)
		for _, key := range keys {
			fmt.Fprintf(&command, " --name %s --type %s", key.GetName(), key.GetValueType())
		}
	}
	return []string{command.String()}
}

func removeAttribute(namespace, name string) []string {
	if onCloud(namespace) {
		return []string{fmt.Sprintf("tcld namespace search-attributes rename --namespace %s --existing-name %s --new-name %sBefore", namespace, name, name)}
	}
	return []string{fmt.Sprintf("temporal operator search-attribute remove --namespace %s --name %s", namespace, name)}
}

// missing says which attributes are missing.
func missing(keys []temporal.SearchAttributeKey) string {
	all := make([]string, len(keys))
	for i, key := range keys {
		all[i] = key.GetName()
	}
	if len(all) == 1 {
		return "the search attribute " + all[0] + " is missing"
	}
	return "the search attributes " + strings.Join(all, ", ") + " are missing"
}
