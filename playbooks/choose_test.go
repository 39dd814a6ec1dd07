package playbooks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// situation is a new incident with an alert.
func situation() playbooks.Selection {
	return playbooks.Selection{
		Title: "Disk is full", Summary: "97 % used", Severity: "SEV2",
		Scale:   []incident.SeverityLevel{{Name: "SEV1"}, {Name: "SEV2"}, {Name: "SEV3"}},
		Service: incident.Service{Name: "payments", Team: "money"},
		Alert: &incident.Alert{
			Name: "DiskFull", Source: "alertmanager",
			Labels: map[string]string{"alertname": "DiskFull", "area": "disk"}, Annotations: map[string]string{"summary": "97 % used"},
		},
		Now: time.Date(2026, 11, 22, 16, 30, 0, 0, time.UTC),
	}
}

func TestChoosing(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"default":   "",
		"special":   "",
		"disk":      "when: alert.labels.get(\"area\") == \"disk\"\n",
		"urgent":    "when: incident.severity_rank == 1\npriority: 5\n",
		"upper":     "when: incident.title == \"a tie\"\npriority: 3\n",
		"lower":     "when: incident.title == \"a tie\"\npriority: 3\n",
		"broken":    "when: alert.labels[\"not-there\"] == \"x\"\npriority: 9\n",
		"everybody": "addition: true\nwhen: \"true\"\npriority: -1\n",
		"severe":    "addition: true\nwhen: incident.severity_rank <= 2\n",
		"early":     "addition: true\nwhen: incident.severity_rank <= 2\npriority: 7\n",
		"asked":     "addition: true\n",
	}
	const note = `the condition of the playbook broken was taken not to hold: evaluate "alert.labels[\"not-there\"] == \"x\"": no such key: not-there`
	for name, c := range map[string]struct {
		named  string
		change func(*playbooks.Selection)
		want   []string
		notes  []string
	}{
		"the condition that holds": {
			want: []string{
				`disk: its condition holds: alert.labels.get("area") == "disk"`, "early: its condition holds: incident.severity_rank <= 2",
				"severe: its condition holds: incident.severity_rank <= 2", "everybody: its condition holds: true",
			},
			notes: []string{note},
		},
		"the highest priority of several": {
			change: func(s *playbooks.Selection) { s.Severity = "SEV1" },
			want: []string{
				"urgent: its condition holds: incident.severity_rank == 1", "early: its condition holds: incident.severity_rank <= 2",
				"severe: its condition holds: incident.severity_rank <= 2", "everybody: its condition holds: true",
			},
			notes: []string{note},
		},
		"the first by name of those with the same priority": {
			change: func(s *playbooks.Selection) { s.Title, s.Severity = "a tie", "SEV3" },
			want:   []string{`lower: its condition holds: incident.title == "a tie"`, "everybody: its condition holds: true"},
			notes:  []string{note},
		},
		"what was named": {
			named: "special", change: func(s *playbooks.Selection) { s.Severity = "SEV3" },
			want: []string{"special: it was named", "everybody: its condition holds: true"},
		},
		"the built-in default, named by a person": {
			named: "default", change: func(s *playbooks.Selection) { s.Severity = "SEV3" },
			want: []string{"default: it was named", "everybody: its condition holds: true"},
		},
		"an addition that was named": {
			named: "asked", change: func(s *playbooks.Selection) { s.Severity = "SEV3" },
			want: []string{
				`disk: its condition holds: alert.labels.get("area") == "disk"`, "asked: it was named", "everybody: its condition holds: true",
			},
			notes: []string{note},
		},
		"the default, where nothing holds": {
			change: func(s *playbooks.Selection) { s.Alert, s.Severity = nil, "SEV3" },
			want:   []string{"default: it is followed by default", "everybody: its condition holds: true"},
			notes:  []string{note},
		},
		"the catalogue's own default": {
			change: func(s *playbooks.Selection) { s.Alert, s.Severity, s.Default = nil, "SEV3", "special" },
			want:   []string{"special: it is followed by default", "everybody: its condition holds: true"},
			notes:  []string{note},
		},
		"a severity that is not on the scale": {
			change: func(s *playbooks.Selection) { s.Alert, s.Severity = nil, "SEV9" },
			want: []string{
				"default: it is followed by default", "early: its condition holds: incident.severity_rank <= 2",
				"severe: its condition holds: incident.severity_rank <= 2", "everybody: its condition holds: true",
			},
			notes: []string{note},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			library := load(t, texts)
			scope := situation()
			if c.change != nil {
				c.change(&scope)
			}
			chosen, err := library.Choose(c.named, scope)
			require.NoError(t, err)
			followed, reason, _ := strings.Cut(c.want[0], ": ")
			require.Equal(t, followed, chosen.Playbook.Name)
			require.Equal(t, reason, chosen.Reason)
			require.Equal(t, c.want, parts(chosen.Playbook))
			require.Equal(t, c.notes, chosen.Notes)
			again, err := library.Choose(c.named, scope)
			require.NoError(t, err)
			require.Equal(t, chosen.Playbook.Version, again.Playbook.Version)
			verdicts, err := library.Explain(c.named, scope)
			require.NoError(t, err)
			require.Len(t, verdicts, len(library))
			var explained []string
			for _, v := range verdicts {
				require.NotEmpty(t, v.Reason, v.Name)
				if v.Chosen {
					explained = append(explained, v.Name+": "+v.Reason)
				}
			}
			require.Equal(t, c.want, explained)
		})
	}
}

func TestTheDefaultIsFollowedWhateverItSays(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"its condition cannot be evaluated": "when: alert.labels.none == \"x\"\n",
		"its condition does not hold":       "when: \"false\"\n",
		"it is an addition":                 "addition: true\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			library := load(t, map[string]string{"default": text, "more": "addition: true\nwhen: \"true\"\n"})
			chosen, err := library.Choose("", situation())
			require.NoError(t, err)
			require.Equal(t, []string{"default: it is followed by default", "more: its condition holds: true"}, parts(chosen.Playbook))
		})
	}
}

func TestAnUnknownNameIsAnError(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{"default": "", "other": ""})
	_, err := library.Choose("nothing", situation())
	var unknown *playbooks.UnknownError
	require.ErrorAs(t, err, &unknown)
	require.EqualError(t, err, `there is no playbook "nothing"; there are default, other`)
	scope := situation()
	scope.Default = "gone"
	_, err = library.Explain("", scope)
	require.EqualError(t, err, `there is no playbook "gone"; there are default, other`)
	_, err = load(t, map[string]string{"a": ""}).Choose("", situation())
	require.EqualError(t, err, `there is no playbook "default"; there are a`)
}

func TestWhatConditionsForChoosingSee(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{
		`incident.title == "Disk is full" && incident.summary.startsWith("97")`,
		`incident.severity == "SEV2" && incident.severity_rank == 2`,
		`incident.service.name == "payments" && incident.service.team == "money"`,
		`alert.source == "alertmanager" && alert.name == "DiskFull" && alert.firing`,
		`alert.labels.area == "disk" && alert.labels["area"] == "disk" && "area" in alert.labels`,
		`alert.annotations.get("summary").contains("used") && alert.annotations.get("none") == ""`,
		`alert.labels[?"none"].orValue("other") == "other" && alert.labels.?area.hasValue()`,
		`has(alert.labels.area) && !has(alert.labels.none)`,
		`local.hour == 16 && local.minute == 30 && local.weekday == "sunday" && local.date == "2026-11-22" && local.zone == "UTC"`,
	} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			library := load(t, map[string]string{"default": "", "meant": fmt.Sprintf("when: %q\n", condition)})
			chosen, err := library.Choose("", situation())
			require.NoError(t, err)
			require.Empty(t, chosen.Notes)
			require.Equal(t, "meant", chosen.Playbook.Name)
		})
	}
}

func TestTheTimeOfDayIsThatOfTheTeam(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"default": "",
		"seen": `
addition: true
when: "true"
`,
		"night":   "when: local.hour < 6\n",
		"weekend": "when: local.weekday in [\"saturday\", \"sunday\"] && local.hour >= 6\n",
	})
	for name, c := range map[string]struct{ now, zone, want string }{
		"at night in UTC":                              {"2026-11-24T03:00:00Z", "", "night"},
		"at night here, by day there":                  {"2026-11-24T03:00:00Z", "Asia/Tokyo", "default"},
		"already Saturday there":                       {"2026-11-27T23:00:00Z", "Asia/Tokyo", "weekend"},
		"still Sunday there":                           {"2026-11-23T05:00:00Z", "America/Los_Angeles", "weekend"},
		"half an hour apart":                           {"2026-11-24T00:25:00Z", "Asia/Kolkata", "night"},
		"before the clock is put forward in spring":    {"2026-03-29T00:59:59Z", "Europe/Berlin", "night"},
		"after it, when three is what two would be":    {"2026-03-29T03:59:59Z", "Europe/Berlin", "night"},
		"six o'clock comes an hour sooner on that day": {"2026-03-29T04:00:00Z", "Europe/Berlin", "weekend"},
		"and an hour later on that in autumn":          {"2026-10-25T04:59:59Z", "Europe/Berlin", "night"},
		"until it is six":                              {"2026-10-25T05:00:00Z", "Europe/Berlin", "weekend"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope := situation()
			var err error
			scope.Now, err = time.Parse(time.RFC3339, c.now)
			require.NoError(t, err)
			if c.zone != "" {
				scope.Zone, err = time.LoadLocation(c.zone)
				require.NoError(t, err)
			}
			chosen, err := library.Choose("", scope)
			require.NoError(t, err)
			require.Equal(t, c.want, chosen.Playbook.Name)
		})
	}
}

func TestAdditionsJoinWhatIsFollowed(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"default": base,
		"mine":    "extends: default\nwhen: incident.severity_rank == 1\nremove: [diagnosis, repair]\n",
		"first": `
addition: true
priority: 2
when: incident.severity_rank <= 2
roles: [{id: scribe, title: note taker}, {id: lawyer, title: lawyer}]
steps:
  - {id: look, title: Look closely, role: commander}
  - {id: inform, title: Inform, needs: [look, diagnosis], role: lawyer}
hooks:
  - {id: louder, on: nag, title: Louder, do: note.add, with: {text: Nobody}}
`,
		"second": `
addition: true
when: incident.severity_rank <= 2
steps:
  - {id: inform, title: Inform everybody}
  - {id: legal, title: Legal, do: playbook.run, with: {playbook: hold}}
`,
		"hold": "steps:\n- {id: keep, title: Keep the evidence}\n",
	})
	scope := situation()
	chosen, err := library.Choose("", scope)
	require.NoError(t, err)
	require.Empty(t, chosen.Notes)
	require.Equal(t, []string{
		"role commander: commander", "role scribe: note taker", "role lawyer: lawyer",
		"step look: Look closely | from first",
		"step logs: Logs | needs look | group diagnosis | from default", "step traces: Traces | needs look | group diagnosis | from default",
		"step repair: Repair | needs diagnosis | from default",
		"step inform: Inform everybody | from second", "step legal: Legal | from second", "step legal-keep: Keep the evidence | within legal | from hold",
		"hook nag on unacknowledged | from default", "hook tell on resolved | from default", "hook louder on nag | from first",
	}, outline(chosen.Playbook))
	require.Equal(t, []string{
		"default: it is followed by default", "first: its condition holds: incident.severity_rank <= 2",
		"second: its condition holds: incident.severity_rank <= 2", "hold: run by the step legal",
	}, parts(chosen.Playbook))
	require.Equal(t, "default", chosen.Playbook.Name)
	require.NotEqual(t, library["default"].Version, chosen.Playbook.Version)
	_, err = chosen.Playbook.Attach(declared(t))
	require.NoError(t, err)

	scope.Severity = "SEV1"
	chosen, err = library.Choose("", scope)
	require.NoError(t, err)
	require.Empty(t, chosen.Notes, "the step that waited for what is not there has been replaced")
	require.Equal(t, []string{
		"default: extended by mine", "mine: its condition holds: incident.severity_rank == 1",
		"first: its condition holds: incident.severity_rank <= 2", "second: its condition holds: incident.severity_rank <= 2", "hold: run by the step legal",
	}, parts(chosen.Playbook))

	scope.Severity = "SEV3"
	chosen, err = library.Choose("", scope)
	require.NoError(t, err)
	require.Same(t, library["default"], chosen.Playbook)
}

func TestAnAdditionThatDoesNotFitIsLeftOut(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"default": "roles: [{id: boss, title: Boss}]\n" + manyStepsOnly("s", 120),
		"other":   "when: incident.severity_rank == 1\nsteps:\n- {id: way, title: Way, decide: [{id: on, title: On}, {id: back, title: Back}]}\n- {id: go, title: Go, needs: [way/back]}\n",
		"large":   "addition: true\nwhen: \"true\"\n" + manyStepsOnly("t", 120),
		"knot":    "addition: true\nwhen: \"true\"\nsteps:\n- {id: s0, title: S, needs: [s1]}\n",
		"knots":   "addition: true\nwhen: \"true\"\nsteps:\n- {id: s1, title: S, needs: [s0]}\n",
		"small": "addition: true\nwhen: \"true\"\nsteps:\n- {id: a, title: A, role: boss}\n- {id: b, title: B, approval: {by: [boss]}}\n" +
			"- {id: way, title: Way, decide: [{id: on, title: On}, {id: up, title: Up}]}\n",
	})
	chosen, err := library.Choose("", situation())
	require.NoError(t, err)
	require.Equal(t, []string{
		"the playbook knots was left out: with the rest, steps would wait for each other: s0 → s1 → s0",
		"the playbook large was left out: put together, it has 240 steps, and 200 are allowed",
	}, chosen.Notes)
	require.Equal(t, []string{"default", "knot", "small"}, names(chosen.Playbook))

	scope := situation()
	scope.Severity = "SEV1"
	chosen, err = library.Choose("", scope)
	require.NoError(t, err)
	require.Equal(t, []string{
		"the playbook knots was left out: with the rest, steps would wait for each other: s0 → s1 → s0",
		"the step go of the playbook other does not wait for way/back, which this response has not",
		"the step s0 of the playbook knot does not wait for s1, which this response has not",
		"the step a of the playbook small is for the role boss, which this response has not",
		"the step b of the playbook small is for the roles boss, which this response has not",
	}, chosen.Notes)
	require.NoError(t, chosen.Playbook.Compile())
}

func names(p *playbooks.Playbook) []string {
	var all []string
	for _, part := range p.Parts {
		all = append(all, part.Name)
	}
	return all
}

func manyStepsOnly(prefix string, count int) string {
	_, steps, _ := strings.Cut(manySteps(count), "\n")
	return strings.ReplaceAll(steps, "id: s", "id: "+prefix)
}
