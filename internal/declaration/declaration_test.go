package declaration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/incident"
	"muster/internal/declaration"
)

func TestAnIncidentKeepsWhereItIsAnnounced(t *testing.T) {
	t.Parallel()
	catalogue, err := config.Parse("muster.yaml", []byte(`
severities: [{name: SEV1, pager: critical}, {name: SEV2, pager: error}]
teams: [{name: shop}]
services: [{name: cart, team: shop}, {name: search, team: shop}]
defaults: {service: cart, severity: SEV2}
announcements:
  - {channel: "#major", severities: [SEV1]}
  - {channel: "#cart", services: [cart]}
`))
	require.NoError(t, err)
	command, _ := declaration.OfAlert(catalogue, incident.Alert{Name: "Errors", Labels: map[string]string{"service": "cart"}})
	declare, ok := command.Intent.(incident.Declare)
	require.True(t, ok)
	require.Equal(t, []incident.Announcement{
		{Channel: "major", Severities: []incident.Severity{"SEV1"}}, {Channel: "cart"},
	}, declare.Service.Announcements)
}
