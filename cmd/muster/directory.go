package main

import (
	"strings"

	"muster/config"
	"muster/incident"
	"muster/integrations"
)

// directory is what muster.yaml says of people whose accounts no e-mail address joins. It
// is an [integrations.Directory].
type directory []config.Person

// account is the id of somebody's account with a vendor; empty where the file has none.
func account(p config.Person, vendor string) string {
	switch vendor {
	case integrations.Slack:
		return p.Slack
	case integrations.PagerDuty:
		return p.PagerDuty
	case integrations.Jira:
		return p.Jira
	}
	return ""
}

// AccountOf implements [integrations.Directory]: by the address, or else by the name where
// no address speaks against it.
func (d directory) AccountOf(vendor string, person incident.Person) (id string, ok bool) {
	for _, p := range d {
		same := person.Email != "" && strings.EqualFold(p.Email, person.Email)
		if (person.Email == "" || p.Email == "") && p.Name != "" {
			same = strings.EqualFold(p.Name, person.Name)
		}
		if id := account(p, vendor); same && id != "" {
			return id, true
		}
	}
	return "", false
}

// PersonOf implements [integrations.Directory].
func (d directory) PersonOf(vendor, id, email string) (incident.Person, bool) {
	for _, p := range d {
		if id != "" && account(p, vendor) == id {
			known := incident.Person{Name: p.Name, Email: p.Email}
			if known.Email == "" {
				known.Email = email
			}
			return known, true
		}
	}
	for _, p := range d {
		if email != "" && strings.EqualFold(p.Email, email) {
			return incident.Person{Name: p.Name, Email: p.Email}, true
		}
	}
	return incident.Person{}, false
}
