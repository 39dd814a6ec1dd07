package dispatch

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/playbooks"
	"muster/workflows"
)

// follows hands on an alert of a service and returns what its incident is to follow.
func follows(t *testing.T, catalogue, playbook string) workflows.IncidentInput {
	t.Helper()
	d, db, temporal := desk(t)
	library, err := d.playbooks.Current().Load(fstest.MapFS{"own.yaml": {Data: []byte(playbook)}}, ".")
	require.NoError(t, err)
	d.playbooks = library
	if catalogue != "" {
		d.catalogue, err = config.Parse("muster.yaml", []byte(catalogue))
		require.NoError(t, err)
	}
	accept(t, db, "a", "1", `"x"`, false)
	var input workflows.IncidentInput
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", workflows.AlertsSignal, mock.Anything, mock.Anything, mock.Anything,
		mock.MatchedBy(func(in workflows.IncidentInput) bool { input = in; return true })).Return(nil, nil).Once()
	require.NoError(t, d.drain(t.Context()))
	return input
}

const shop = `severities:
  - {name: SEV1, pager: critical}
teams:
  - {name: shop}
services:
  - {name: checkout, team: shop}
`

func TestAnAlertsIncidentFollowsWhatIsMeantForIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ catalogue, playbook, want string }{
		"one whose condition holds":          {"", "name: own\nwhen: alert.labels[\"service\"] == \"checkout\"\nsteps: [{id: a, title: A}]\n", "own"},
		"the default else":                   {"", "name: own\nwhen: alert.labels[\"service\"] == \"search\"\nsteps: [{id: a, title: A}]\n", playbooks.Default},
		"the one that a route names":         {shop + "routes: [{match: {service: checkout}, playbook: own}]\ndefaults: {service: checkout, severity: SEV1}\n", "name: own\nsteps: [{id: a, title: A}]\n", "own"},
		"the catalogue's default":            {shop + "defaults: {service: checkout, severity: SEV1, playbook: own}\n", "name: own\nsteps: [{id: a, title: A}]\n", "own"},
		"something, though nothing is there": {shop + "defaults: {service: checkout, severity: SEV1, playbook: gone}\n", "name: own\nsteps: [{id: a, title: A}]\n", playbooks.Default},
	} {
		require.Equal(t, test.want, follows(t, test.catalogue, test.playbook).Playbook.Name, name)
	}
}

func TestWhatWentWrongWithTheChoiceIsOnTheTimeline(t *testing.T) {
	t.Parallel()
	input := follows(t, "", "name: own\nwhen: alert.labels[\"missing\"] == \"x\"\nsteps: [{id: a, title: A}]\n")
	require.Equal(t, playbooks.Default, input.Playbook.Name)
	require.Contains(t, declareOf(input).Notes[len(declareOf(input).Notes)-1], "the condition of the playbook own")

	input = follows(t, shop+"routes: [{match: {service: checkout}, playbook: gone}]\ndefaults: {service: checkout, severity: SEV1}\n", "name: own\nsteps: [{id: a, title: A}]\n")
	require.Contains(t, declareOf(input).Notes, `there is no playbook "gone" any more; another is followed`)
}
