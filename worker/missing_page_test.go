package worker_test

import (
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

// nothingOfIt is what a pager says that has nothing of what it is asked about.
type nothingOfIt struct{ error }

func (nothingOfIt) Permanent() bool      { return false }
func (nothingOfIt) Delay() time.Duration { return 0 }
func (nothingOfIt) Missing() bool        { return true }

func TestPagesThatThePagerHasNothingOfAreNoFailure(t *testing.T) {
	s := newStory(t)
	s.person(time.Minute, "ana", incident.Acknowledge{})
	s.at(2*time.Minute, func() { s.breakVendor("pagerduty", nothingOfIt{errDown}) })
	s.person(3*time.Minute, "ana", incident.AddNote{Text: "rolled back"})
	s.person(4*time.Minute, "ana", incident.ChangeSeverity{Severity: "SEV1"})
	s.at(10*time.Minute, func() {
		s.mendVendor("pagerduty")
		require.Empty(t, s.texts("step_failed"), "nobody has to hear of it with every note")
	})
	s.person(time.Hour, "ana", incident.Resolve{})
	s.run()
}
