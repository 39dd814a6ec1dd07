package config

import (
	"slices"
	"strings"
	"time"
)

// Catalogue is a checked muster.yaml. It comes from Load, Parse or Sample (the
// zero value is of no use), never changes, and may be used by many goroutines.
// What its methods return must not be modified where it is a slice in a struct.
type Catalogue struct {
	severities []Severity
	teams      []Team
	services   []Service
	rules      []rule
	defaults   Defaults
	fallback   Fallback
	outbound   Outbound
	cockpit    Cockpit
	people     []Person
	channels   []string // of the announcements

	severityIndex, teamIndex, serviceIndex index

	playbooksDir string
	playbooks    []text // every mention of a playbook, for CheckPlaybooks
	source       *source
}

// Severity is one step of the scale on which incidents are measured.
type Severity struct {
	Name        string
	Description string
	Aliases     []string
	// Pager is what PagerDuty is told.
	Pager PagerSeverity
	// UpdateEvery is how long after a status update the next one is due; 0 leaves it
	// to the playbook.
	UpdateEvery time.Duration
}

// PagerSeverity is a severity as PagerDuty's Events API v2 knows it
// (https://developer.pagerduty.com/docs/send-alert-event, payload.severity).
type PagerSeverity string

// The values of PagerSeverity, most severe first.
const (
	PagerCritical PagerSeverity = "critical"
	PagerError    PagerSeverity = "error"
	PagerWarning  PagerSeverity = "warning"
	PagerInfo     PagerSeverity = "info"
)

var pagerSeverities = []string{string(PagerCritical), string(PagerError), string(PagerWarning), string(PagerInfo)}

// Team is a group of people who own services.
type Team struct {
	Name string
	// SlackChannel is a channel's name without "#", or its id, or empty.
	SlackChannel string
	// Email is an address without a display name, or empty.
	Email string
	// Timezone is a name of the IANA time zone database; empty means UTC.
	Timezone string
	// PagerDuty says who of the team is on call.
	PagerDuty TeamPagerDuty
}

// TeamPagerDuty are the ids under which PagerDuty knows who of a team is on call. Both may
// be empty.
type TeamPagerDuty struct {
	// EscalationPolicy is by whom the team is asked for help, as in PABC123.
	EscalationPolicy string
	// Schedule is shown to those who want to know who is on call, as in PDEF456.
	Schedule string
}

// Service is something that can break and that a team owns.
type Service struct {
	Name        string
	Aliases     []string
	Description string
	// Team is the name of a team in the same catalogue.
	Team string
	// PagerDuty and Jira are those of the default service where the file leaves
	// them out, and empty where that has none either.
	PagerDuty PagerDuty
	Jira      Jira
	Chat      Chat
	// Announcements are where its incidents are announced.
	Announcements []Announcement
	// Runbooks and Dashboards are in the order in which to offer them.
	Runbooks   []Link
	Dashboards []Link
	// Fallback is the catalogue's, with the team's channel and address where that names
	// none.
	Fallback Fallback
}

// Fallback is the second way to page: what is tried when PagerDuty has not taken a page
// for a while. All of it may be empty.
type Fallback struct {
	// After is how long PagerDuty may be out of reach; 0 leaves it to the playbook.
	After time.Duration
	// Emails are addresses without display names.
	Emails []string
	// SlackChannel is a channel's name without "#", or its id.
	SlackChannel string
	// Webhook tells that the webhook whose address is in the settings is used.
	Webhook bool
}

// PagerDuty says whom PagerDuty pages for a service.
type PagerDuty struct {
	// Service is the id of a PagerDuty service, as in PABC123.
	Service string
}

// Jira says where a service's follow-ups are filed.
type Jira struct {
	// Project is the key of a Jira project, as in PAY.
	Project string
}

// Chat says how a service's incident channels are named.
type Chat struct {
	// Prefix begins the name of each channel; DefaultChatPrefix if not given.
	Prefix string
}

// DefaultChatPrefix begins the names of the incident channels of a service that
// has no prefix of its own.
const DefaultChatPrefix = "inc"

// DefaultPlaybook is the playbook of incidents for which the catalogue names none.
const DefaultPlaybook = "default"

// Link leads a responder to a page.
type Link struct {
	Title string
	// URL is absolute, with the scheme http or https.
	URL string
}

// Defaults is what an alert gets that names no service, severity or playbook
// known to the catalogue. Nothing in it is empty.
type Defaults struct {
	// Service and Severity are names in the same catalogue.
	Service  string
	Severity string
	Playbook string
}

// Service returns the service with that name or alias, upper and lower case
// being the same, and whether there is one.
func (c *Catalogue) Service(name string) (Service, bool) {
	return lookup(c.services, c.serviceIndex, name)
}

// Severity returns the severity with that name or alias, upper and lower case
// being the same, and whether there is one.
func (c *Catalogue) Severity(name string) (Severity, bool) {
	return lookup(c.severities, c.severityIndex, name)
}

// Team returns the team with that name, upper and lower case being the same,
// and whether there is one.
func (c *Catalogue) Team(name string) (Team, bool) {
	return lookup(c.teams, c.teamIndex, name)
}

// Scale returns the severities, most severe first. There is at least one.
func (c *Catalogue) Scale() []Severity { return slices.Clone(c.severities) }

// Services returns the services in the order of the file. There is at least one.
func (c *Catalogue) Services() []Service { return slices.Clone(c.services) }

// Teams returns the teams in the order of the file. There is at least one.
func (c *Catalogue) Teams() []Team { return slices.Clone(c.teams) }

// PagedBy returns how PagerDuty reaches a team: by its escalation policy, or else by the
// first of its services that PagerDuty knows. Both are empty where it cannot be reached.
func (c *Catalogue) PagedBy(team Team) (policy string, by Service) {
	if team.PagerDuty.EscalationPolicy != "" {
		return team.PagerDuty.EscalationPolicy, Service{}
	}
	i := slices.IndexFunc(c.services, func(s Service) bool { return strings.EqualFold(s.Team, team.Name) && s.PagerDuty.Service != "" })
	if i < 0 {
		return "", Service{}
	}
	return "", c.services[i]
}

// Defaults returns what stands in for unknown labels.
func (c *Catalogue) Defaults() Defaults { return c.defaults }

// Fallback returns the second way to page as the file has it. That of a service is in the
// service.
func (c *Catalogue) Fallback() Fallback { return c.fallback }

// Outbound returns what playbooks may connect to although it is not public.
func (c *Catalogue) Outbound() Outbound { return c.outbound }

// PlaybooksDir returns the folder with the operator's own playbooks, joined to
// the folder of the catalogue file, or "" when there are only the built-in ones.
func (c *Catalogue) PlaybooksDir() string { return c.playbooksDir }

// CheckPlaybooks returns Findings for each playbook that the catalogue mentions
// and that is not among the known names, or nil. This package does not read
// playbooks, so whoever loads them calls this with their names.
func (c *Catalogue) CheckPlaybooks(known ...string) error {
	check := &source{name: c.source.name, lines: c.source.lines, noted: map[Finding]bool{}}
	for _, mention := range c.playbooks {
		if !slices.Contains(known, mention.value) {
			check.report(mention.at, didYouMean(mention.value, "playbooks", known), "there is no playbook %q", mention.value)
		}
	}
	return check.err()
}

// index finds entries by name and alias.
type index map[string]int

// fold makes names comparable without regard to case.
func fold(name string) string { return strings.ToLower(name) }

func lookup[T any](entries []T, names index, name string) (found T, ok bool) {
	i, ok := names[fold(name)]
	if !ok {
		return found, false
	}
	return entries[i], true
}
