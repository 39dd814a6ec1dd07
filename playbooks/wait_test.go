package playbooks_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWaitSaysInWordsWhatEndsIt(t *testing.T) {
	t.Parallel()
	for wait, want := range map[string]string{
		"{for: 90m}": "1h 30m have passed",
		`{until: 'incident.status == "monitoring"'}`:                                   `incident.status == "monitoring"`,
		`{until: "incident.alerts_firing == 0", for: 5m}`:                              "incident.alerts_firing == 0 has held for 5m",
		`{metric: {query: "errors{service='${incident.service.name}'}", below: 0.01}}`: "errors{service='payments'} is below 0.01",
		`{metric: {query: availability, above: 0.999}, for: 10m}`:                      "availability is above 0.999 for 10m",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			f := follow(t, "name: p\nsteps:\n  - {id: soak, title: Soak, wait: "+wait+"}\n")
			step, _ := f.state.Step("soak")
			require.Equal(t, want, step.Until)
		})
	}
}
