package config

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Cockpit says how people work on incidents in the chat.
type Cockpit struct {
	// Command begins the lines that are addressed to Muster: "/incident".
	Command string
	// RecordReaction is the emoji, without colons, that puts a message on the timeline.
	RecordReaction string
	// Transcript says that what is said in incidents' channels is kept with them.
	Transcript bool
	// Digest is the daily message for those outside; its channel is empty where there is none.
	Digest Digest
}

// What counts where the file does not say.
const (
	DefaultCommand        = "/incident"
	DefaultRecordReaction = "pushpin"
	defaultDigestAt       = 9 * time.Hour
	defaultTimezone       = "UTC"
)

// Digest is a message that says once a day which incidents there are and were.
type Digest struct {
	// Channel is a channel's name without "#", or its id; empty for no digest.
	Channel string
	// At is when it is posted, counted from midnight.
	At time.Duration
	// Timezone is a name of the IANA time zone database.
	Timezone string
}

// Announcement says where people who are not part of the response read about incidents.
type Announcement struct {
	// Channel is a channel's name without "#", or its id.
	Channel string
	// Severities are those of the incidents that are announced; none means all.
	Severities []string
}

// parseChat reads how the chat is used.
func (p *catalogueParser) parseChat(node ast.Node) {
	const subject = "chat"
	cockpit := &p.catalogue.cockpit
	*cockpit = Cockpit{Command: DefaultCommand, RecordReaction: DefaultRecordReaction}
	m, ok := p.mapping(node, subject, "command", "record_reaction", "transcript", "digest")
	if !ok {
		return
	}
	if command := p.matching(p.text(m.get("command"), "command of "+subject), slashCommand); command != "" {
		cockpit.Command = command
	}
	if reaction := p.matching(p.text(m.get("record_reaction"), "record_reaction of "+subject), emoji); reaction != "" {
		cockpit.RecordReaction = reaction
	}
	cockpit.Transcript = p.truth(m.get("transcript"), "transcript of "+subject)
	p.parseDigest(m.get("digest"))
}

func (p *catalogueParser) parseDigest(node ast.Node) {
	const subject = "digest of chat"
	m, ok := p.mapping(node, subject, "channel", "at", "timezone")
	if !ok {
		return
	}
	if p.lacks(m, "channel") {
		p.report(m.at, "name the channel that it is posted to, or remove the digest", "%s has no channel", subject)
	}
	digest := Digest{Channel: p.slackChannel(m.get("channel"), "channel of "+subject), At: defaultDigestAt, Timezone: defaultTimezone}
	if at, ok := p.timeOfDay(m.get("at"), "at of "+subject); ok {
		digest.At = at
	}
	if zone := p.timezone(m.get("timezone"), "timezone of "+subject); zone != "" {
		digest.Timezone = zone
	}
	p.catalogue.cockpit.Digest = digest
}

// parseAnnouncements gives each service the channels in which its incidents are announced.
func (p *catalogueParser) parseAnnouncements(nodes []ast.Node) {
	const subject = "an announcement"
	for _, node := range nodes {
		m, ok := p.mapping(node, subject, "channel", "severities", "services")
		if !ok {
			continue
		}
		if p.lacks(m, "channel") {
			p.report(m.at, "name the channel that it is for", "%s has no channel", subject)
		}
		announcement := Announcement{
			Channel:    p.slackChannel(m.get("channel"), "channel of "+subject),
			Severities: p.references(m.get("severities"), "severities of "+subject, p.severities, func(i int) string { return p.catalogue.severities[i].Name }),
		}
		services := p.references(m.get("services"), "services of "+subject, p.services, func(i int) string { return p.catalogue.services[i].Name })
		p.announce(announcement, services)
	}
}

// announce adds an announcement to some services, or to all where none are named.
func (p *catalogueParser) announce(a Announcement, services []string) {
	if a.Channel == "" {
		return // told already
	}
	p.catalogue.channels = append(p.catalogue.channels, a.Channel)
	for i := range p.catalogue.services {
		service := &p.catalogue.services[i]
		if len(services) == 0 || slices.Contains(services, service.Name) {
			service.Announcements = append(service.Announcements, a)
		}
	}
}

// references reads a list of names of one section, and returns them as they are there.
func (p *catalogueParser) references(node ast.Node, subject string, n names, nameOf func(i int) string) []string {
	var found []string
	for _, node := range p.list(node, subject) {
		reference := p.text(node, "an entry in "+subject)
		i, ok := p.refer(n, reference)
		switch {
		case !ok:
		case slices.Contains(found, nameOf(i)):
			p.report(reference.at, "remove it here", "%q is in %s already", reference.value, subject)
		default:
			found = append(found, nameOf(i))
		}
	}
	return found
}

// timeOfDay reads a time as "09:00", and whether there was one.
func (r *reader) timeOfDay(node ast.Node, subject string) (sinceMidnight time.Duration, ok bool) {
	t := r.scalar(node, subject)
	if !t.given() {
		return 0, false
	}
	at, err := time.Parse("15:04", strings.TrimSpace(t.value))
	if err != nil {
		r.report(t.at, `write hours and minutes, from "00:00" to "23:59"`, "%s is not a time of day: %q", subject, t.value)
		return 0, false
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, true
}

// Cockpit returns how people work on incidents in the chat.
func (c *Catalogue) Cockpit() Cockpit { return c.cockpit }

// AnnouncementChannels returns the channels in which incidents are announced, each once, in
// the order of the file.
func (c *Catalogue) AnnouncementChannels() []string {
	var channels []string
	for _, channel := range c.channels {
		if !slices.Contains(channels, channel) {
			channels = append(channels, channel)
		}
	}
	return channels
}
