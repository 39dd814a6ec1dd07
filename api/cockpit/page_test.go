package cockpit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api/cockpit"
	"muster/config"
	"muster/incident"
)

// A service and a team of one name are told apart by one click, and what was said goes along.
func TestAServiceAndATeamOfOneNameAreTwoButtons(t *testing.T) {
	t.Parallel()
	both, err := config.Parse("muster.yaml", []byte(`
severities: [{name: SEV1, pager: critical}, {name: SEV2, pager: error}, {name: SEV3, pager: warning}]
teams: [{name: payments, pagerduty: {escalation_policy: PPAYPOL}}]
services: [{name: payments, team: payments, pagerduty: {service: PPAY123}}, {name: checkout, team: payments, pagerduty: {service: PCHK123}}]
defaults: {service: checkout, severity: SEV3}
`))
	require.NoError(t, err)
	for label, want := range map[string]incident.RequestHelp{
		"The service": {Who: "service payments", PagerService: "PPAY123", Message: "refunds fail “twice”"},
		"The team":    {Who: "team payments", Policy: "PPAYPOL", Message: "refunds fail “twice”"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(responder, channelOf("INC-1"), "page payments refunds fail “twice”")
				require.Empty(t, w.intents, "it is asked first")
				answer := w.onAnswer(label)
				w.presses(responder, answer)
				require.Equal(t, []incident.Intent{want}, w.intents)

				w.passes(3 * time.Second)
				w.presses(responder, answer)
				require.Equal(t, []incident.Intent{want}, w.intents, "who presses again wakes nobody twice")
			}, func(o *cockpit.Options) { o.Catalogue = both })
		})
	}
}
