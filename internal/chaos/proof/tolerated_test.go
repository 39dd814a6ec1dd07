package proof_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
	"muster/internal/chaos/proof"
)

// A command that asks for what is so already leaves no event, and that is no loss.
func TestACommandMayFindItsWishFulfilled(t *testing.T) {
	t.Parallel()
	e := sound(t)
	again := command("again", incident.ChangeSeverity{Severity: "SEV2"}, 200)
	e.Ledger.Commands = append(e.Ledger.Commands, again)
	for _, result := range proof.Examine(e) {
		require.Empty(t, result.Violations, result.Name)
	}
}

// An incident of a storm does not remember every alert one by one.
func TestAStormIsCounted(t *testing.T) {
	t.Parallel()
	e := sound(t)
	crowd := incident.AlertsFired{Crowd: map[string]int{"HighErrorRate": 1}}
	journal := continued(e.Journals["INC-1"], crowd)
	e.Journals["INC-1"] = journal
	e.ReadModel["INC-1"] = incident.Fold(journal)
	e.Reports["INC-1"] = append(e.Reports["INC-1"], client.Alert{Fingerprint: "f2", StartsAt: noon, Status: "firing"})
	e.Ledger.Alerts = append(e.Ledger.Alerts, ledger.Alert{Occurrence: ledger.Occurrence{Fingerprint: "f2", StartsAt: noon}})
	edit(e, "INC-1", func(v *client.Incident) { v.AlertCount = 2 })
	for _, result := range proof.Examine(e) {
		require.Empty(t, result.Violations, result.Name)
	}
}

// An incident may be over before its channel was ready: then it may be there, unmarked.
func TestAChannelThatCameTooLateIsNoSecondOne(t *testing.T) {
	t.Parallel()
	e := sound(t)
	journal := e.Journals["INC-1"]
	journal[5].Fact = incident.StepStarted{Step: "channel", Title: "Channel", Type: incident.Automatic}
	journal[6].Fact = incident.StepFailed{Step: "channel", Title: "Channel", Error: "cannot be reached"}
	e.Sandbox.Slack.Channels[0].Purpose = ""
	channels := func() []string {
		for _, result := range proof.Examine(e) {
			if strings.HasPrefix(result.Name, "Each incident has exactly one channel") {
				return result.Violations
			}
		}
		return []string{"there is no such check"}
	}
	require.Empty(t, channels())
	e.Journals["INC-1"] = without(journal, "resolved")
	require.Contains(t, strings.Join(channels(), "\n"), "carry no incident's mark: #inc", "while it is on, it has to be found")
}
