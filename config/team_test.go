package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
)

func TestATeamIsPagedByItsPolicyOrByTheFirstServiceThatHasAPager(t *testing.T) {
	t.Parallel()
	catalogue := parse(t, `
severities: [{name: SEV1, pager: critical}]
teams:
  - {name: payments, pagerduty: {escalation_policy: PPOLICY, schedule: PSCHEDU}}
  - {name: shop, pagerduty: {schedule: PSHOPSC}}
  - {name: research}
services:
  - {name: ledger, team: payments, pagerduty: {service: PLEDGER}}
  - {name: prototypes, team: Research}
  - {name: cart, team: Shop}
  - {name: checkout, team: SHOP, pagerduty: {service: PCHKOUT}}
defaults: {service: prototypes, severity: SEV1}
`)
	for name, want := range map[string]struct{ policy, service, schedule string }{
		"payments": {policy: "PPOLICY", schedule: "PSCHEDU"},
		"shop":     {service: "checkout", schedule: "PSHOPSC"},
		"research": {},
	} {
		team, ok := catalogue.Team(name)
		require.True(t, ok, name)
		policy, service := catalogue.PagedBy(team)
		require.Equal(t, want.policy, policy, name)
		require.Equal(t, want.service, service.Name, name)
		require.Equal(t, config.TeamPagerDuty{EscalationPolicy: want.policy, Schedule: want.schedule}, team.PagerDuty, name)
	}
}
