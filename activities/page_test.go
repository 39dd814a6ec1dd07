package activities

import (
	"testing"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestAPageNeedNotSayWhatTheIncidentIsAbout(t *testing.T) {
	t.Parallel()
	s := incident.State{
		ID: "INC-7", Severity: "SEV1", Summary: "a stolen session", Service: incident.Service{Name: "accounts"},
		Alerts: []incident.Alert{{Name: "SuspiciousLogin", Labels: map[string]string{"user": "administrator"}}},
	}
	bare := map[string]string{"incident": "INC-7", "severity": "SEV1", "service": "accounts"}
	require.Equal(t, bare, pageDetails(s, false))
	require.Equal(t, "a stolen session", pageDetails(s, true)["summary"])
	require.Contains(t, pageDetails(s, true)["alert 1"], "SuspiciousLogin")
}
