package config

import (
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // a catalogue must be as good on a host without a time zone database

	"github.com/goccy/go-yaml/ast"
)

// syntax is how an identifier of a vendor must look.
type syntax struct {
	what    string
	pattern *regexp.Regexp
	hint    string
}

var (
	// PagerDuty does not say how long its ids are; those of services begin with P.
	// The pattern is there to catch a name or an integration key in their place.
	pagerDutyService = syntax{
		what:    "the id of a PagerDuty service",
		pattern: regexp.MustCompile(`^P[A-Z0-9]{5,13}$`),
		hint:    "take it from the address of the service's page in PagerDuty, as in PABC123",
	}
	pagerDutyPolicy = syntax{
		what:    "the id of a PagerDuty escalation policy",
		pattern: pagerDutyService.pattern,
		hint:    "take it from the address of the policy's page in PagerDuty, as in PABC123",
	}
	pagerDutySchedule = syntax{
		what:    "the id of a PagerDuty schedule",
		pattern: pagerDutyService.pattern,
		hint:    "take it from the address of the schedule's page in PagerDuty, as in PDEF456",
	}
	// The formats that Jira supports, and not only its default of capital letters
	// (Atlassian's administrator guide, "Changing the project key format").
	jiraProject = syntax{
		what:    "the key of a Jira project",
		pattern: regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`),
		hint:    "write what stands before the number of its issues: two or more capital letters, digits or underscores, as in PAY",
	}
	// Slack allows 80 characters in a channel's name
	// (https://api.slack.com/methods/conversations.create, "Naming"). Half of that
	// leaves room for the incident's number and title.
	chatPrefix = syntax{
		what:    "the beginning of a Slack channel's name",
		pattern: regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`),
		hint:    "use up to 40 lower-case letters, digits, hyphens and underscores, as in inc-pay",
	}
	// https://docs.slack.dev/interactivity/implementing-slash-commands: at most 32
	// characters, without spaces.
	slashCommand = syntax{
		what:    "a slash command",
		pattern: regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`),
		hint:    "write a slash and up to 31 lower-case letters, digits, hyphens and underscores, as in /incident",
	}
	emoji = syntax{
		what:    "the name of an emoji",
		pattern: regexp.MustCompile(`^[a-z0-9_+'-]{1,100}$`),
		hint:    "write the name that Slack shows, without colons, as in pushpin",
	}
	// No vendor says how long its users' ids are. The patterns are there to catch names and
	// addresses in their place.
	slackUser = syntax{
		what:    "the id of a Slack member",
		pattern: regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`),
		hint:    "copy the member ID from the person's profile in Slack, as in U0123456789",
	}
	pagerDutyUser = syntax{
		what:    "the id of a PagerDuty user",
		pattern: regexp.MustCompile(`^[A-Z0-9]{3,20}$`),
		hint:    "take it from the address of the user's page in PagerDuty, as in PABC123",
	}
	jiraUser = syntax{
		what:    "the id of an Atlassian account",
		pattern: regexp.MustCompile(`^[A-Za-z0-9:_-]{3,128}$`),
		hint:    `take it from the address of the person's profile in Jira, as in "5b10ac8d82e05b22cc7d4ef5" (in quotes, since some look like numbers)`,
	}
	slackChannel = syntax{
		what:    "a Slack channel",
		pattern: regexp.MustCompile(`^(#?[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,})$`),
		hint:    `write its name, as in "#team-payments" (in quotes, for # begins a comment), or its id`,
	}
)

// matching returns t when it has that syntax, and "" otherwise.
func (r *reader) matching(t text, want syntax) string {
	if !t.given() {
		return ""
	}
	if !want.pattern.MatchString(t.value) {
		r.report(t.at, want.hint, "%q is not %s", t.value, want.what)
		return ""
	}
	return t.value
}

func (r *reader) slackChannel(node ast.Node, subject string) string {
	return strings.TrimPrefix(r.matching(r.text(node, subject), slackChannel), "#")
}

func (r *reader) email(node ast.Node, subject string) string {
	t := r.text(node, subject)
	if !t.given() {
		return ""
	}
	if address, err := mail.ParseAddress(t.value); err != nil || address.Address != t.value {
		r.report(t.at, "write the bare address, as in payments@example.com", "%q is not an email address", t.value)
		return ""
	}
	return t.value
}

func (r *reader) timezone(node ast.Node, subject string) string {
	t := r.text(node, subject)
	if !t.given() {
		return ""
	}
	// "Local" would make the catalogue mean something else on every host.
	if _, err := time.LoadLocation(t.value); err != nil || t.value == "Local" {
		r.report(t.at, "use a name from the IANA database, as in Europe/Berlin, America/New_York or UTC",
			"there is no time zone %q", t.value)
		return ""
	}
	return t.value
}

// shortest is the least that a duration may be, and what to do instead of less.
type shortest struct {
	duration      time.Duration
	words, remedy string
}

var (
	// A slip such as 30s for 30m must not nag people.
	shortestUpdateEvery = shortest{time.Minute, "a minute", "leave the key out if none is ever due"}
	// Muster tries a call five times within about eight seconds before it counts as failed.
	shortestFallbackAfter = shortest{10 * time.Second, "ten seconds", "a shorter failure passes without anybody noticing"}
)

func (r *reader) duration(node ast.Node, subject string, least shortest) time.Duration {
	t := r.scalar(node, subject)
	if !t.given() {
		return 0
	}
	const hint = "write a number and its unit, as in 30m, 2h or 1h30m"
	duration, err := time.ParseDuration(t.value)
	switch {
	case err != nil:
		r.report(t.at, hint, "%s is not a duration: %q", subject, t.value)
		return 0
	case duration < least.duration:
		r.report(t.at, hint+"; "+least.remedy, "%s must be at least %s, not %s", subject, least.words, t.value)
		return 0
	}
	return duration
}

func (r *reader) url(t text) string {
	if !t.given() {
		return ""
	}
	if !isWebURL(t.value) {
		r.report(t.at, "write the whole address, as in https://runbooks.example.com/payments", "%q is not a web address", t.value)
		return ""
	}
	return t.value
}

// isWebURL tells whether s is an absolute address that a browser can open.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
