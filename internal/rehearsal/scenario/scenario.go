package scenario

import (
	"fmt"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/rehearsal"
)

// Suffix ends the names of files with scenarios.
const Suffix = ".test.yaml"

// File is a file of scenarios.
type File struct {
	// Name is the file's path as it was given to [Parse].
	Name string
	// Playbook is the name of the playbook under test, as the file's top says; empty where
	// it says nothing.
	Playbook  string
	Scenarios []*Scenario
}

// Scenario is an incident as it might happen, and what is expected of the response.
type Scenario struct {
	Name string
	Place
	// Playbook names the playbook that is followed; empty leaves the choice to Muster.
	Playbook string
	Incident Incident
	// OnCall, Metrics, Answers and Workflows are how things stand at the beginning.
	OnCall    []incident.Person
	Metrics   []rehearsal.Metric
	Answers   []rehearsal.Answer
	Workflows []rehearsal.Workflow
	// Followers are those who want to hear of it without being part of the response.
	Followers []string
	// Announcements are where others than the responders are told; nil for where the
	// catalogue says.
	Announcements []incident.Announcement
	// Fallback is the second way to page of the incident's service; nil for that of the
	// catalogue.
	Fallback *incident.Fallback
	Events   []Event
	Expect   []Expectation
	// Until is when the rehearsal ends, counted from the declaration.
	Until time.Duration

	file       *File
	references []reference
}

// Incident says what is declared. What is empty comes from the first alert, by way of the
// catalogue's routes, or from what stands in for it.
type Incident struct {
	Service, Team, Severity, Title, Summary string
	// At is when it is declared.
	At time.Time
	// By is the person who declares it; empty where an alert does.
	By string
	// Zone is the team's time zone where there is no catalogue; empty means UTC.
	Zone string
}

// Event is something that happens in a scenario.
type Event struct {
	Place
	At   time.Duration
	What rehearsal.Happening
	// Refused says that the command must be refused, with a reason that matches; nil for one
	// that must be accepted.
	Refused *rehearsal.Pattern
}

// reference is a name that only a playbook can explain.
type reference struct {
	Place
	// kind is what is named: step, role, prompt or option ("step/option").
	kind, name string
}

// alertOf is the first alert that fires, by which an incident is declared.
func (s *Scenario) alertOf() (incident.Alert, bool) {
	for _, e := range s.Events {
		for _, a := range e.What.Alerts {
			if a.Firing() {
				return a, true
			}
		}
	}
	return incident.Alert{}, false
}

// FormatDuration writes a duration without what is zero: "2m", "1h5m", "3d", "1.5s".
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if days := int(d / day); days > 0 {
		text := fmt.Sprintf("%dd", days)
		if rest := d % day; rest > 0 {
			text += FormatDuration(rest)
		}
		return text
	}
	text := d.Round(time.Millisecond).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
