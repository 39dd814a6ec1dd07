package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// showFiles is a folder with playbooks and a catalogue that names it.
func showFiles(t *testing.T) (dir, catalogue string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"playbooks/shop.yaml":   "name: shop\nwhen: incident.service.name == \"checkout\"\npriority: 5\nextends: default\nsteps:\n  - {id: bank, title: Ask the bank, needs: [assess]}\n",
		"playbooks/night.yaml":  "name: night\naddition: true\nwhen: local.hour < 6\nsteps:\n  - {id: wake, title: Wake nobody else}\n",
		"playbooks/odd.yaml":    "name: odd\nwhen: alert.labels[\"missing\"] == \"x\"\nsteps:\n  - {id: a, title: A}\n",
		"playbooks/a.test.yaml": "no playbook\n",
		"muster.yaml": "severities:\n  - {name: SEV1, pager: critical}\nteams:\n  - {name: shop, timezone: Europe/Berlin}\nservices:\n  - {name: checkout, team: shop}\n  - {name: search, team: shop}\n" +
			"routes:\n  - match: {alertname: Bank}\n    service: search\n    playbook: shop\ndefaults: {service: search, severity: SEV1}\nplaybooks: playbooks\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return filepath.Join(dir, "playbooks"), filepath.Join(dir, "muster.yaml")
}

func TestAPlaybookIsShownInEachFormat(t *testing.T) {
	dir, catalogue := showFiles(t)
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"a built-in one as text":        {[]string{"default"}, []string{"Page, gather in a channel", "Open the incident channel"}},
		"one by its file":               {[]string{filepath.Join(dir, "shop.yaml")}, []string{"shop", "Builds on default.", "Ask the bank"}},
		"one of a folder":               {[]string{"shop", "--dir", dir}, []string{"Ask the bank"}},
		"one of the catalogue's folder": {[]string{"shop", "--config", catalogue}, []string{"Ask the bank"}},
		"as Markdown":                   {[]string{"shop", "--dir", dir, "--format", "markdown"}, []string{"# Playbook shop", "```mermaid\nflowchart TD\n", "**Ask the bank**"}},
		"as Mermaid":                    {[]string{"shop", "--dir", dir, "--format", "mermaid"}, []string{"flowchart TD\n"}},
		"as a drawing":                  {[]string{"shop", "--dir", dir, "--format", "svg"}, []string{"<svg xmlns=", "Ask the bank"}},
		"as a page":                     {[]string{"shop", "--dir", dir, "--format", "html"}, []string{"<!doctype html>", "<svg xmlns=", `<span class="y-key">priority</span>`}},
	} {
		stdout, stderr, code := runHere(t, nil, append([]string{"playbook", "show"}, test.args...)...)
		require.Zero(t, code, "%s: %s", name, stderr)
		for _, want := range test.want {
			require.Contains(t, stdout, want, name)
		}
	}
}

func TestTheChoiceForAnIncidentIsShownWithItsReasons(t *testing.T) {
	dir, catalogue := showFiles(t)
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"the one that is meant for it, and what joins at night where the team is": {
			[]string{"--config", catalogue, "--for", "service=checkout", "--for", "at=2026-11-22T00:30:00Z"},
			[]string{"An incident of checkout, SEV1, follows", "✓ 1 shop", "priority 5; its condition holds", "✓ 2 night", "addition; its condition holds"},
		},
		"the default, by day": {
			[]string{"--config", catalogue, "--for", "service=search", "--for", "at=2026-11-22T05:30:00Z"},
			[]string{"✓ 1 default", "it is followed by default", "·   night"},
		},
		"what a route names": {
			[]string{"--config", catalogue, "--for", "label.alertname=Bank", "--for", "at=2026-11-22T12:00:00Z"},
			[]string{"An incident of search", "✓ 1 shop", "it was named"},
		},
		"what a person names": {
			[]string{"default", "--dir", dir, "--for", "service=checkout", "--for", "at=2026-11-22T12:00:00Z"},
			[]string{"✓ 1 default", "it was named", "·   shop"},
		},
		"a condition that cannot be evaluated": {
			[]string{"--dir", dir, "--for", "service=any", "--for", "label.region=eu-1"},
			[]string{"the playbook odd"},
		},
	} {
		stdout, stderr, code := runHere(t, nil, append([]string{"playbook", "show"}, test.args...)...)
		require.Zero(t, code, "%s: %s", name, stderr)
		for _, want := range test.want {
			require.Contains(t, stdout, want, name)
		}
	}
	stdout, _, code := runHere(t, nil, "playbook", "show", "--dir", dir, "--for", "service=checkout", "--format", "mermaid")
	require.Zero(t, code)
	require.NotContains(t, stdout, "follows", "only the drawing")
}

func TestWhatCannotBeShownSaysWhatToMend(t *testing.T) {
	dir, catalogue := showFiles(t)
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("name: broken\ncolour: red\n"), 0o600))
	for want, args := range map[string][]string{
		"name a playbook or its file":                {},
		`there is no playbook "nothing"; there are`:  {"nothing"},
		"broken.yaml:2:":                             {broken},
		"no such file":                               {"default", "--dir", filepath.Join(dir, "nowhere")},
		`there is no "servce"`:                       {"--for", "servce=x"},
		"write KEY=VALUE":                            {"--for", "service"},
		"write a time":                               {"--for", "at=noon"},
		"there is no such severity":                  {"--for", "severity=SEV9"},
		"the catalogue has no such service":          {"--config", catalogue, "--for", "service=nothing"},
		`must be one of "text","markdown","mermaid"`: {"default", "--format", "pdf"},
	} {
		stdout, stderr, code := runHere(t, nil, append([]string{"playbook", "show"}, args...)...)
		require.Equal(t, 2, code, "%s: %s", want, stderr)
		require.Contains(t, stdout+stderr, want)
	}
}
