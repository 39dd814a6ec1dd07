package sandbox_test

import (
	"path/filepath"
	"testing"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

func TestTeamsHavePoliciesAndSchedulesWithPeople(t *testing.T) {
	t.Parallel()
	w := start(t, func(o *sandbox.Options) {
		o.PagerDutyTeams = []sandbox.Team{
			{Name: "payments", PolicyID: "PPAYPOL", ScheduleID: "PPAYSCH"}, {Name: "platform", PolicyID: "PPLAPOL"}, {Name: "research", ScheduleID: "PRESSCH"},
		}
	})
	onCall := func(o pagerduty.ListOnCallOptions) []string {
		t.Helper()
		o.Includes = []string{"users"}
		found, err := w.pagerDuty.ListOnCallsWithContext(t.Context(), o)
		require.NoError(t, err)
		var names []string
		for _, one := range found.OnCalls {
			require.NotEmpty(t, one.User.Email)
			names = append(names, one.EscalationPolicy.ID+": "+one.User.Name)
		}
		return names
	}
	require.Equal(t, []string{"PPAYPOL: Sample Responder Three", "PPAYPOL: Sample Responder Four"}, onCall(pagerduty.ListOnCallOptions{EscalationPolicyIDs: []string{"PPAYPOL"}}))
	require.Equal(t, []string{"PPAYPOL: Sample Responder Three"}, onCall(pagerduty.ListOnCallOptions{ScheduleIDs: []string{"PPAYSCH"}}))
	require.Equal(t, []string{"PPLAPOL: Sample Responder Four", "PPLAPOL: Sample Responder Five"}, onCall(pagerduty.ListOnCallOptions{EscalationPolicyIDs: []string{"PPLAPOL"}}))
	require.Equal(t, []string{"EPPRESSCH: Sample Responder Five"}, onCall(pagerduty.ListOnCallOptions{ScheduleIDs: []string{"PRESSCH"}}))
	require.Empty(t, onCall(pagerduty.ListOnCallOptions{ScheduleIDs: []string{"PNOWHER"}}))

	policy, err := w.pagerDuty.GetEscalationPolicyWithContext(t.Context(), "PPAYPOL", nil)
	require.NoError(t, err)
	require.Equal(t, "Team payments", policy.Name)
	require.Equal(t, "PPAYSCH", policy.EscalationRules[0].Targets[0].ID)
	schedule, err := w.pagerDuty.GetScheduleWithContext(t.Context(), "PPAYSCH", pagerduty.GetScheduleOptions{})
	require.NoError(t, err)
	require.Equal(t, "Shifts of payments", schedule.Name)
	_, err = w.pagerDuty.GetScheduleWithContext(t.Context(), "PNOWHER", pagerduty.GetScheduleOptions{})
	require.ErrorContains(t, err, "Not Found")

	w.send(t, "PCHECKOUT", "trigger", "INC-1")
	asked, err := w.pagerDuty.ResponderRequestWithContext(t.Context(), w.incident(t, "INC-1").ID, pagerduty.ResponderRequestOptions{
		From: "responder-one@example.com", RequesterID: "PSANDBOXONE", Message: "please help",
		Targets: []pagerduty.ResponderRequestTargetWrapper{{Target: pagerduty.ResponderRequestTarget{APIObject: pagerduty.APIObject{ID: "PPAYPOL", Type: "escalation_policy_reference"}}}},
	})
	require.NoError(t, err)
	require.Equal(t, "please help", asked.ResponderRequest.Message)
}

func TestTeamsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		teams []sandbox.Team
		want  string
	}{
		"without a name":  {[]sandbox.Team{{PolicyID: "PPAYPOL"}}, "PagerDutyTeams[0] needs a Name"},
		"without an id":   {[]sandbox.Team{{Name: "payments"}}, "PagerDutyTeams[0] needs a Name, and a PolicyID or a ScheduleID"},
		"with one id two": {[]sandbox.Team{{Name: "a", PolicyID: "P1"}, {Name: "b", PolicyID: "P1"}}, "PagerDutyTeams[1] repeats the ID P1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "s.db"), PublicURL: "http://127.0.0.1", PagerDutyTeams: c.teams})
			require.ErrorContains(t, err, c.want)
		})
	}
}
