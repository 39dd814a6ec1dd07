package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/config"
)

func TestRoute(t *testing.T) {
	t.Parallel()
	catalogue := parse(t, small)
	const (
		noService  = "the alert has no label service; using platform"
		noSeverity = "the alert has no label severity; using SEV2"
	)
	// answer is a Route with names in place of what they stand for.
	type answer struct {
		Service, Severity, Playbook, Title string
		Ignore                             bool
		Notes                              []string
	}
	for name, test := range map[string]struct {
		labels map[string]string
		want   answer
	}{
		"no labels at all give the defaults, with a note for each": {
			labels: nil,
			want:   answer{Service: "platform", Severity: "SEV2", Notes: []string{noService, noSeverity}},
		},
		"labels are enough where no route matches": {
			labels: map[string]string{"service": "PAY", "severity": "page"},
			want:   answer{Service: "payments", Severity: "SEV1"},
		},
		"unknown labels give the defaults and a note with the value": {
			labels: map[string]string{"service": "monitoring", "severity": "none"},
			want: answer{Service: "platform", Severity: "SEV2", Notes: []string{
				`label service="monitoring" is not in the catalogue; using platform`,
				`label severity="none" is not in the catalogue; using SEV2`,
			}},
		},
		"white space around a label's value is no reason for the default": {
			labels: map[string]string{"service": " payments\n", "severity": "critical "},
			want:   answer{Service: "payments", Severity: "SEV1"},
		},
		"an ignoring route says so": {
			labels: map[string]string{"alertname": "Watchdog", "service": "search", "severity": "critical"},
			want:   answer{Service: "search", Severity: "SEV1", Ignore: true},
		},
		"a route overrides the alert's own labels": {
			labels: map[string]string{"job": "pay-7", "env": "prod", "service": "search", "severity": "unheard of"},
			want:   answer{Service: "payments", Severity: "SEV1", Playbook: "payments", Title: "Payments are failing"},
		},
		"all of a route's labels must match": {
			labels: map[string]string{"job": "pay-7", "env": "test", "severity": "critical"},
			want:   answer{Service: "payments", Severity: "SEV1"},
		},
		"the first matching route counts as a whole, so a later one adds nothing": {
			labels: map[string]string{"job": "pay-x", "code": "500", "severity": "SEV2"},
			want:   answer{Service: "payments", Severity: "SEV2"},
		},
		"a pattern must match the whole value": {
			labels: map[string]string{"job": "x-pay-7", "service": "search", "severity": "SEV1"},
			want:   answer{Service: "search", Severity: "SEV1"},
		},
		"both sides of an alternative must match the whole value": {
			labels: map[string]string{"job": "ab", "severity": "SEV2"},
			want:   answer{Service: "platform", Severity: "SEV2", Notes: []string{noService}},
		},
		"an empty value matches a label that is missing": {
			labels: map[string]string{"job": "b"},
			want:   answer{Service: "platform", Severity: "SEV1", Notes: []string{noService}},
		},
		"an empty value does not match a label that is there": {
			labels: map[string]string{"job": "b", "service": "search"},
			want:   answer{Service: "search", Severity: "SEV2", Notes: []string{noSeverity}},
		},
		"a number in the file matches a label with its digits": {
			labels: map[string]string{"code": "500", "service": "search", "severity": "SEV1"},
			want:   answer{Service: "search", Severity: "SEV1", Title: "Errors"},
		},
		"a dot in a pattern matches a line break too": {
			labels: map[string]string{"text": "first\nlast", "severity": "SEV1"},
			want:   answer{Service: "search", Severity: "SEV1"},
		},
		"a route may change nothing": {
			labels: map[string]string{"kind": "keep", "service": "search", "severity": "SEV1"},
			want:   answer{Service: "search", Severity: "SEV1"},
		},
		"a value is matched in its own case": {
			labels: map[string]string{"alertname": "watchdog", "service": "search", "severity": "SEV1"},
			want:   answer{Service: "search", Severity: "SEV1"},
		},
		"a note shows no more than the beginning of a long value, on one line": {
			labels: map[string]string{"service": "a\n" + strings.Repeat("b", 1000), "severity": "SEV1"},
			want: answer{Service: "platform", Severity: "SEV1", Notes: []string{
				`label service="a\n` + strings.Repeat("b", 78) + `…" is not in the catalogue; using platform`,
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			route := catalogue.Route(test.labels)
			got := answer{route.Service.Name, route.Severity.Name, route.Playbook, route.Title, route.Ignore, route.Notes}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("route differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSampleRoutes(t *testing.T) {
	t.Parallel()
	catalogue := config.Sample()

	t.Run("a watchdog starts nothing", func(t *testing.T) {
		t.Parallel()
		require.True(t, catalogue.Route(map[string]string{"alertname": "Watchdog"}).Ignore)
	})
	t.Run("a staging alert is of the lowest severity, whatever it says", func(t *testing.T) {
		t.Parallel()
		route := catalogue.Route(map[string]string{"env": "staging", "service": "checkout", "severity": "critical"})
		require.Equal(t, "SEV4", route.Severity.Name)
		require.Equal(t, "checkout", route.Service.Name)
		require.Empty(t, route.Notes)
	})
	t.Run("a namespace tells the service when no label does", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "payments", catalogue.Route(map[string]string{"namespace": "pay-eu"}).Service.Name)
		require.Equal(t, "search", catalogue.Route(map[string]string{"namespace": "pay-eu", "service": "search"}).Service.Name)
	})
	t.Run("an unknown service goes to the platform with a note", func(t *testing.T) {
		t.Parallel()
		route := catalogue.Route(map[string]string{"service": "monitoring", "severity": "warning"})
		require.Equal(t, "platform", route.Service.Name)
		require.Equal(t, []string{`label service="monitoring" is not in the catalogue; using platform`}, route.Notes)
	})
}
