package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestTheDetailsSayWhatTheResponseWaitsFor(t *testing.T) {
	t.Parallel()
	s := incident.State{
		ID: "INC-7", Severity: "SEV2", Status: incident.Investigating, Title: "Checkout fails",
		Service: incident.Service{Name: "checkout"}, Exercise: &incident.Exercise{Speed: 1},
		Roles: []incident.Role{{ID: "commander", Title: "Incident commander", Holder: "Sample Responder"}},
		Steps: []incident.Step{
			{Title: "Open the channel", Kind: incident.Automatic, State: incident.Done},
			{Title: "Page", Kind: incident.Automatic, State: incident.Running},
			{Title: "File the ticket", Kind: incident.Automatic, State: incident.Failed, Error: "Jira knows no project PAY"},
			{Title: "Which way?", Kind: incident.Decision, State: incident.Waiting, Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "forward", Title: "Fix forward"}}},
			{Title: "Roll back", Kind: incident.Approval, State: incident.Waiting, Quorum: 2, Approvals: []incident.Approved{{By: "Sample Responder"}}},
			{Title: "Tell the public", Kind: incident.Approval, State: incident.Waiting},
			{Title: "Errors stay away", Kind: incident.Wait, State: incident.Waiting, Until: "30m have passed"},
			{Title: "Tell support", Kind: incident.Manual, State: incident.Waiting},
			{Title: "Write the fix", Kind: incident.Manual, State: incident.Skipped, LeftOut: true},
		},
	}
	require.Equal(t, `**Exercise**: this is practice.

**INC-7 · SEV2 · investigating**

Checkout fails

- service: checkout
- Incident commander: Sample Responder
- alerts: 0, firing: 0
- running: Page
- failed: File the ticket: Jira knows no project PAY
- waiting for a decision: Which way? (Roll back; Fix forward)
- waiting for approval: Roll back (1 of 2)
- waiting for approval: Tell the public
- waiting: Errors stay away (goes on when 30m have passed)
- waiting: Tell support
`, describe(s))
}
