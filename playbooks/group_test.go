package playbooks_test

import (
	"testing"
	"time"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

const grouped = `
name: grouped
roles:
  - {id: commander, title: commander}
  - {id: scribe, title: scribe}
steps:
  - {id: look, title: Look}
  - group: diagnosis
    title: Find out
    role: commander
    needs: [look]
    when: incident.active
    order: sequence
    steps:
      - {id: first, title: First}
      - {id: second, title: Second, role: scribe, when: incident.alerts_firing > 0 // still}
      - {id: third, title: Third, needs: [look]}
  - group: repair
    needs: [diagnosis]
    steps:
      - {id: one, title: One}
      - {id: other, title: Other, when: incident.acknowledged}
`

func TestGroupsAreTakenApart(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Parse("grouped.yaml", []byte(grouped))
	require.NoError(t, err)
	type step struct{ id, group, title, role, when string }
	var got []step
	needs := map[string][]string{}
	for _, s := range p.Steps {
		got = append(got, step{s.ID, s.Group, s.GroupTitle, s.Role, s.When})
		needs[s.ID] = s.Needs
		require.Empty(t, s.Steps, s.ID)
	}
	require.Equal(t, []step{
		{id: "look"},
		{"first", "diagnosis", "Find out", "commander", "incident.active"},
		{"second", "diagnosis", "Find out", "scribe", "(incident.active\n) && (incident.alerts_firing > 0 // still\n)"},
		{"third", "diagnosis", "Find out", "commander", "incident.active"},
		{"one", "repair", "repair", "", ""},
		{"other", "repair", "repair", "", "incident.acknowledged"},
	}, got)
	require.Equal(t, map[string][]string{
		"look": nil, "first": {"look"}, "second": {"look", "first"}, "third": {"look", "look", "second"},
		"one": {"diagnosis"}, "other": {"diagnosis"},
	}, needs)
}

func TestDurationsAreReadInEveryPlace(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Parse("p.yaml", []byte(`
name: p
close_after: 1w
steps:
  - id: a
    title: A
    wait: {for: 90s, metric: {query: up, above: 0.5, every: 1m30s}}
    repeat: {every: 1.5h, times: 2}
    timeout: {nudge: '10m', escalate: 1d12h, limit: &limit 7d, then: skip}
  - {id: b, title: B, timeout: {limit: *limit}}
hooks:
  - {id: c, on: followup_due, after: -2d, every: 0, remind: Due}
`))
	require.NoError(t, err)
	day := 24 * time.Hour
	require.Equal(t, 7*day, p.CloseAfter)
	a := p.Steps[0]
	require.Equal(t, 90*time.Second, a.Wait.For)
	require.Equal(t, 90*time.Second, a.Wait.Metric.Every)
	require.InDelta(t, 0.5, *a.Wait.Metric.Above, 0)
	require.Equal(t, playbooks.Repeat{Every: 90 * time.Minute, Times: 2}, *a.Repeat)
	require.Equal(t, playbooks.Timeout{Nudge: 10 * time.Minute, Escalate: 36 * time.Hour, Limit: 7 * day, Then: "skip"}, *a.Timeout)
	require.Equal(t, 7*day, p.Steps[1].Timeout.Limit)
	require.Equal(t, -2*day, p.Hooks[0].After)
	require.Zero(t, p.Hooks[0].Every)
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "250ms": 250 * time.Millisecond, "1h30m": 90 * time.Minute, "-7d": -7 * 24 * time.Hour,
		"1w2d": 9 * 24 * time.Hour, "0.5d": 12 * time.Hour,
	} {
		got, err := playbooks.ParseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Regexp(t, playbooks.DurationPattern, text)
	}
	for _, text := range []string{"", "-", "5", "1y", "1h 30m", "h", "1.h", "+1h", "1e3s", "5µs", "600w"} {
		_, err := playbooks.ParseDuration(text)
		require.Error(t, err, text)
	}
}

func TestParametersAreTexts(t *testing.T) {
	t.Parallel()
	var with playbooks.Parameters
	err := with.UnmarshalYAML(func(into any) error {
		*into.(*map[string]any) = map[string]any{
			"text": "x", "yes": true, "count": uint64(7), "large": 12345678.5,
			"headers": map[string]any{"Accept": "text/plain", "X-Count": uint64(1)},
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, playbooks.Parameters{
		"text": "x", "yes": "true", "count": "7", "large": "12345678.5",
		"headers.Accept": "text/plain", "headers.X-Count": "1",
	}, with)
}
