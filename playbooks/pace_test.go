package playbooks_test

import (
	"encoding/json"
	"testing"
	"time"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func TestAnExerciseShortensWhatAPlaybookWaitsForAndNothingElse(t *testing.T) {
	t.Parallel()
	const text = `
name: p
close_after: 48h
steps:
  - {id: a, title: A, wait: {for: 10m}}
  - {id: b, title: B, wait: {for: 5m, metric: {query: errors, below: 1}}}
  - {id: c, title: C, do: slack.invite, retry: {attempts: 3, pause: 30s}, repeat: {every: 30m, while: incident.active}}
  - {id: d, title: D, timeout: {nudge: 2s, escalate: 5s, limit: 10m}}
hooks:
  - {id: late, on: unacknowledged, after: 5m, every: 10m, remind: Late}
  - {id: due, on: followup_due, after: 24h, every: 168h, remind: Due}
`
	p, err := playbooks.Parse("p.yaml", []byte(text))
	require.NoError(t, err)
	fast, err := p.AtSpeed(10)
	require.NoError(t, err)
	require.Equal(t, time.Minute, fast.Steps[0].Wait.For)
	require.Equal(t, 6*time.Second, fast.Steps[1].Wait.Metric.Every, "as often as usual is faster, too")
	require.Equal(t, playbooks.Retry{Attempts: 3, Pause: 3 * time.Second}, *fast.Steps[2].Retry)
	require.Equal(t, 3*time.Minute, fast.Steps[2].Repeat.Every)
	require.Equal(t, playbooks.Timeout{Nudge: time.Second, Escalate: time.Second, Limit: time.Minute}, *fast.Steps[3].Timeout, "never below a second")
	require.Equal(t, 30*time.Second, fast.Hooks[0].After)
	require.Equal(t, time.Minute, fast.Hooks[0].Every)
	require.Equal(t, 24*time.Hour, fast.Hooks[1].After, "days stay days")
	require.Equal(t, 48*time.Hour, fast.CloseAfter)

	again, err := playbooks.Parse("p.yaml", []byte(text))
	require.NoError(t, err)
	require.Equal(t, written(t, again), written(t, p), "the playbook itself stays as it was")
	require.Equal(t, playbooks.Expectations{Acknowledge: 30 * time.Second}, fast.Expectations())
}

func written(t *testing.T, p *playbooks.Playbook) string {
	t.Helper()
	document, err := json.Marshal(p)
	require.NoError(t, err)
	return string(document)
}

func TestAnExerciseHasABoundedSpeed(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Parse("p.yaml", []byte("name: p\n"))
	require.NoError(t, err)
	for _, speed := range []float64{0, 0.5, -1, 101} {
		_, err := p.AtSpeed(speed)
		require.Error(t, err, speed)
	}
}
