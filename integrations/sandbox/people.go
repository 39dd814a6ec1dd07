package sandbox

import (
	"strings"
)

// person is one sample human, with the name each vendor knows them by. The same few
// people answer for every service, as they do in a small company.
type person struct {
	name          string
	handle        string // Slack's user name, and the local part of the address
	email         string
	slackID       string
	pagerDutyID   string
	jiraAccountID string
}

// responders are the people who can be paged, invited and assigned.
var responders = sampleResponders("One", "Two", "Three", "Four", "Five", "Six")

func sampleResponders(ordinals ...string) []person {
	people := make([]person, 0, len(ordinals))
	for _, ordinal := range ordinals {
		handle := "responder-" + strings.ToLower(ordinal)
		people = append(people, person{
			name:          "Sample Responder " + ordinal,
			handle:        handle,
			email:         handle + "@example.com",
			slackID:       "U0SANDBOX" + strings.ToUpper(ordinal),
			pagerDutyID:   "PSANDBOX" + strings.ToUpper(ordinal),
			jiraAccountID: "sandbox-" + handle,
		})
	}
	return people
}

// onCall says who carries the pager for the service at this position in the
// configuration: neighbours share people, so that nobody answers for everything.
func onCall(servicePosition int) (primary, secondary person) {
	n := len(responders)
	return responders[servicePosition%n], responders[(servicePosition+1)%n]
}

// find returns the first responder that the predicate accepts.
func find(accept func(person) bool) (person, bool) {
	for _, p := range responders {
		if accept(p) {
			return p, true
		}
	}
	return person{}, false
}
