package playbooks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// mistakes have « before each place where something is wrong. The rules are those that are
// broken there, in the order of the text.
var mistakes = map[string]struct {
	text  string
	rules []string
}{
	"no YAML":                   {"name: «[", []string{"syntax"}},
	"a key that does not exist": {"name: p\n«desciption: x", []string{"unknown-key"}},
	"a playbook without a name": {"«description: p", []string{"missing-key"}},
	"a name with capitals":      {"name: «Payments", []string{"invalid-id"}},
	"a duration in words":       {"name: p\nclose_after: «tomorrow", []string{"invalid-value"}},
	"a duration below zero":     {"name: p\nclose_after: «-1h", []string{"invalid-value"}},
	"a title that is too long":  {"name: p\nroles: [{id: a, title: «" + strings.Repeat("a", 201) + "}]", []string{"limit"}},
	"nothing to remove from":    {"name: p\n«remove: [a]", []string{"composition"}},

	"a role assigned to somebody else": {"name: p\nroles: [{id: a, title: A, assign: «oncall}]", []string{"invalid-value"}},
	"two roles of one name":            {"name: p\nroles: [{id: a, title: A}, {id: «a, title: B}]", []string{"duplicate-id"}},
	"a role without a title":           {"name: p\nroles: [{«id: a}]", []string{"missing-key"}},

	"two kinds of step at once":      {"name: p\nsteps: [{id: a, title: A, approval: true, «wait: {for: 1m}}]", []string{"step-kind"}},
	"parameters without an action":   {"name: p\nsteps: [{id: a, title: A, «with: {text: x}}]", []string{"step-kind"}},
	"a step and a group of one name": {"name: p\nsteps:\n  - {id: a, title: A}\n  - {group: «a, steps: [{id: b, title: B}]}", []string{"duplicate-id"}},
	"a group without steps":          {"name: p\nsteps: [{«group: a}]", []string{"group"}},
	"a step for an unknown role":     {"name: p\nroles: [{id: lead, title: L}]\nsteps: [{id: a, title: A, role: «laed}]", []string{"unknown-role"}},
	"a group for an unknown role":    {"name: p\nsteps:\n  - group: g\n    role: «lead\n    steps: [{id: a, title: A}]", []string{"unknown-role"}},
	"a link to nowhere":              {"name: p\nsteps: [{id: a, title: A, links: [{title: T, url: «runbooks/a}]}]", []string{"link"}},
	"a link without a title":         {"name: p\nsteps: [{id: a, title: A, links: [{«url: 'https://a.example.com/${incident.id}'}]}]", []string{"link"}},

	"an approval that cannot be given": {
		"name: p\nroles: [{id: a, title: A}, {id: b, title: B}]\nsteps: [{id: a, title: A, approval: {quorum: «3, by: [a, b, a]}}]",
		[]string{"approval"},
	},
	"an approval by an unknown role": {"name: p\nsteps: [{id: a, title: A, approval: {by: [«lead]}}]", []string{"unknown-role"}},
	"a decision with one option":     {"name: p\nsteps: [{id: a, title: A, «decide: [{id: x, title: X}]}, {id: b, title: B, needs: [a/x]}]", []string{"decision"}},
	"two options of one name":        {"name: p\nsteps: [{id: a, title: A, decide: [{id: x, title: X}, {id: «x, title: Y}]}, {id: b, title: B, needs: [a]}]", []string{"duplicate-id"}},
	"a wait for nothing":             {"name: p\nsteps: [{id: a, title: A, «wait: {}}]", []string{"wait"}},
	"a wait for what is always so":   {"name: p\nsteps: [{id: a, title: A, wait: {until: «1 < 2}}]", []string{"wait"}},
	"a metric with two bounds":       {"name: p\nsteps: [{id: a, title: A, wait: {«metric: {query: up, above: 0, below: 1}}}]", []string{"wait"}},
	"a metric measured all the time": {"name: p\nsteps: [{id: a, title: A, wait: {metric: {query: up, above: 0, every: «1s}}}]", []string{"invalid-value"}},
	"a reminder all the time":        {"name: p\nhooks: [{id: a, on: unacknowledged, after: 1m, every: «1s, remind: R}]", []string{"invalid-value"}},
	"a hook that pages because it has paged": {
		"name: p\nhooks: [{id: a, on: [declared, «page_sent], title: A, do: pagerduty.page, with: {summary: x}}, {id: b, on: page_undelivered, after: 1m, remind: R}, {id: c, on: unacknowledged, after: 1m, remind: R}]",
		[]string{"hook"},
	},
	"hooks that go round in a circle": {
		"name: p\nhooks: [{id: a, on: «channel_opened, title: A, do: slack.invite}, {id: b, on: «responders_invited, title: B, do: slack.create_channel, with: {name: x}}]",
		[]string{"hook", "hook"},
	},
	"a step repeated all the time":             {"name: p\nsteps: [{id: a, title: A, repeat: {every: «30s}}]", []string{"repeat"}},
	"a decision made again and again":          {"name: p\nsteps: [{id: a, title: A, decide: [{id: x, title: X}, {id: y, title: Y}], «repeat: {every: 30m}}, {id: b, title: B, needs: [a]}]", []string{"repeat"}},
	"something said before there is a channel": {"name: p\nsteps: [{id: a, title: A, do: «slack.post, with: {text: x}}]", []string{"no-channel"}},
	"a nudge after the end":                    {"name: p\nsteps: [{id: a, title: A, timeout: {«nudge: 1h, limit: «30m}}]", []string{"unheard", "timeout"}},
	"an end that only a decision has":          {"name: p\nsteps: [{id: a, title: A, timeout: {limit: 30m, then: «back}}]", []string{"timeout"}},
	"an end without a time":                    {"name: p\nsteps: [{id: a, title: A, timeout: {nudge: 1m, «then: skip}}]\nhooks: [{id: h, on: step_nudged, title: H, do: postmortem.draft}]", []string{"timeout"}},
	"a retry of what people do":                {"name: p\nsteps: [{id: a, title: A, «retry: {attempts: 3}}]", []string{"retry"}},
	"a retry without end":                      {"name: p\nsteps: [{id: a, title: A, do: slack.invite, retry: {attempts: «1000}}]", []string{"retry"}},
	"an unknown answer to failure":             {"name: p\nsteps: [{id: a, title: A, do: slack.invite, on_failure: «ignore}]", []string{"on-failure"}},

	"an unknown action":                  {"name: p\nsteps: [{id: a, title: A, do: «slack.psot, with: {text: x}}]", []string{"unknown-action"}},
	"a missing and an unknown parameter": {"name: p\nsteps: [{id: a, title: A, do: «slack.post, with: {«txt: x}}]", []string{"missing-parameter", "unknown-parameter"}},
	"a parameter that is no option":      {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {text: x, pin: «maybe}}]", []string{"invalid-parameter"}},
	"a parameter that is no address":     {"name: p\nsteps: [{id: a, title: A, do: http.request, with: {url: «deploy}}]", []string{"invalid-parameter"}},
	"a playbook to run that is computed": {"name: p\nsteps: [{id: a, title: A, do: playbook.run, with: {playbook: «'${incident.title}'}}]", []string{"composition"}},
	"a secret where none may stand":      {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {text: 'x ${secret(«\"token\")}'}}]", []string{"secret"}},
	"a secret that is computed": {
		"name: p\nsteps: [{id: a, title: A, do: http.request, with: {url: 'https://a.example.com', body: '${secret(«incident.title)}'}}]",
		[]string{"secret"},
	},

	"a need that does not exist":       {"name: p\nsteps: [{id: look, title: L}, {id: a, title: A, needs: [look, «loook]}]", []string{"unknown-step"}},
	"an option of what is no decision": {"name: p\nsteps: [{id: look, title: L}, {id: a, title: A, needs: [«look/left]}]", []string{"unknown-option"}},
	"an option that does not exist": {
		"name: p\nsteps: [{id: d, title: D, decide: [{id: x, title: X}, {id: y, title: Y}]}, {id: a, title: A, needs: [d/x, «d/z, d/y]}]",
		[]string{"unknown-option"},
	},
	"steps that wait for each other": {"name: p\nsteps: [{id: a, title: A, needs: [b]}, {id: b, title: B, needs: «[a]}]", []string{"cycle"}},
	"a step on two ways": {
		"name: p\nsteps:\n" +
			"  - {id: one, title: One, decide: [{id: x, title: X}, {id: y, title: Y}]}\n" +
			"  - {id: two, title: Two, needs: [one/x], decide: [{id: v, title: V}, {id: w, title: W}]}\n" +
			"  - {id: fine, title: Fine, needs: [two/v, two/w]}\n" +
			"  - {id: never, title: Never, needs: «[one/y, two/v]}\n" +
			"  - {id: after, title: After, needs: [never]}",
		[]string{"unreachable"},
	},
	"a condition that never holds": {"name: p\nsteps: [{id: a, title: A, when: «'1 > 2'}]", []string{"unreachable"}},
	"an option that leads nowhere": {
		"name: p\nsteps: [{id: d, title: D, decide: [{id: x, title: X}, {«id: y, title: Y}]}, {id: a, title: A, needs: [d/x]}]",
		[]string{"dead-end"},
	},

	"an unknown field in a text":                      {"name: p\nsteps: [{id: a, title: 'Look at ${incident.«titel}'}]", []string{"unknown-name"}},
	"an unknown field, in double quotes with escapes": {`name: p` + "\nsteps: [{id: a, title: \"\\\"Look\\\"\\tat \\u00e9 ${incident.«titel}\"}]", []string{"unknown-name"}},
	"an unknown field, in single quotes with quotes":  {"name: p\nsteps: [{id: a, title: 'It''s ${incident.«titel}'}]", []string{"unknown-name"}},
	"unknown fields in a text of several lines": {
		"name: p\nsteps:\n  - id: a\n    title: A\n    instructions: |-\n      Look at\n\n        ${incident.title == \"\" ?\n          incident.«titel : \"\"}\n      and ${«incidnt.id}.",
		[]string{"unknown-name", "unknown-name"},
	},
	"an unknown field in a folded text": {
		"name: p\nsteps:\n  - id: a\n    title: A\n    instructions: >-\n      Look at ${incident.title}\n      and ${incident.«titel},\n\n      then go on.",
		[]string{"unknown-name"},
	},
	"an unknown field in a text without quotes": {"name: p\nsteps:\n  - id: a\n    title: Look\n      at ${incident.«titel}", []string{"unknown-name"}},
	"an unknown function":                       {"name: p\nsteps: [{id: a, title: A, when: '«lower(incident.title) == \"\"'}]", []string{"unknown-name"}},
	"a text where a condition is needed":        {"name: p\nsteps: [{id: a, title: A, when: «incident.title}]", []string{"expression"}},
	"a list in a text":                          {"name: p\nsteps: [{id: a, title: '${«incident.vacant_roles}'}]", []string{"expression"}},
	"a number compared with a text":             {"name: p\nsteps: [{id: a, title: A, when: 'incident.number «== \"1\"'}]", []string{"expression"}},
	"an expression in other words":              {"name: p\nsteps: [{id: a, title: A, when: 'incident.active «and incident.acknowledged'}]", []string{"expression"}},
	"an expression without an end":              {"name: p\nsteps: [{id: a, title: 'Look at «${incident.title'}]", []string{"expression"}},
	"a pattern that is none":                    {"name: p\nsteps: [{id: a, title: A, when: 'incident.title.matches(«\"(\")'}]", []string{"expression"}},

	"an unknown step in an expression":     {"name: p\nsteps: [{id: look, title: L}, {id: a, title: A, when: 'incident.steps[«\"lok\"] == \"done\"'}]", []string{"unknown-step"}},
	"an unknown role in an expression":     {"name: p\nroles: [{id: lead, title: L}]\nsteps: [{id: a, title: A, when: 'incident.roles.«laed == \"\"'}]", []string{"unknown-role"}},
	"an unknown decision in an expression": {"name: p\nsteps: [{id: a, title: A, when: '«\"d\" in incident.choices'}]", []string{"unknown-step"}},
	"a choice that does not exist": {
		"name: p\nsteps: [{id: d, title: D, decide: [{id: x, title: X}, {id: y, title: Y}]}, {id: a, title: A, when: 'incident.choices[\"d\"] == «\"z\"'}]",
		[]string{"never-true"},
	},
	"an output that the action does not give": {
		"name: p\nsteps: [{id: get, title: G, do: prometheus.query, with: {query: up}}, {id: a, title: '${outputs[\"get\"].«valeu}', needs: [get]}]",
		[]string{"unknown-output"},
	},
	"an output of what people do": {"name: p\nsteps: [{id: get, title: G}, {id: a, title: '${outputs[\"get\"].«value}', needs: [get]}]", []string{"unknown-output"}},
	"an output of a step that may come later": {
		"name: p\nsteps: [{id: get, title: G, do: prometheus.query, with: {query: up}}, {id: a, title: '${outputs.get.«value}'}]",
		[]string{"unknown-output"},
	},
	"an output of no step":         {"name: p\nsteps: [{id: a, title: '${outputs[\"get\"].«value}'}]", []string{"unknown-step"}},
	"a status that does not exist": {"name: p\nsteps: [{id: a, title: A, when: 'incident.status == «\"mitigated\"'}]", []string{"never-true"}},
	"a state that does not exist":  {"name: p\nsteps: [{id: b, title: B}, {id: a, title: A, when: 'incident.steps[\"b\"] in [\"done\", «\"ready\"]'}]", []string{"never-true"}},
	"a severity, a service and a team that do not exist": {
		"name: p\nwhen: 'incident.severity == «\"SEV9\" && incident.service.name != «\"shop\" && «\"nobody\" == incident.service.team'",
		[]string{"never-true", "never-true", "never-true"},
	},
	"the event in a step": {"name: p\nsteps: [{id: a, title: 'Look at ${«event.text}'}]", []string{"empty-here"}},

	"an unknown trigger":                   {"name: p\nhooks: [{id: h, on: [resolved, «reslved], title: H, do: postmortem.draft}]", []string{"unknown-trigger"}},
	"a hook that does nothing":             {"name: p\nhooks: [{«id: h, on: resolved}]", []string{"hook"}},
	"a clock's key on an event":            {"name: p\nhooks: [{id: h, on: resolved, «every: 5m, title: H, do: postmortem.draft}]", []string{"hook"}},
	"an event that the hook does not hear": {"name: p\nhooks: [{id: h, on: resolved, when: 'event.kind == «\"closed\"', title: H, do: postmortem.draft}]", []string{"unheard"}},
	"pages that nobody follows up": {
		"name: p\nsteps: [{id: a, title: A, do: «pagerduty.page, with: {summary: x}}]",
		[]string{"missing-fallback", "missing-fallback"},
	},
}

// marked takes the marks out of a text and returns their places as "line:column".
func marked(text string) (plain string, places []string) {
	for line, written := range strings.Split(text, "\n") {
		for before, rest, found := strings.Cut(written, "«"); found; before, rest, found = strings.Cut(written, "«") {
			places = append(places, fmt.Sprintf("%d:%d", line+1, len([]rune(before))+1))
			written = before + rest
		}
	}
	return strings.ReplaceAll(text, "«", ""), places
}

func TestEveryMistakeIsFoundAtItsPlace(t *testing.T) {
	t.Parallel()
	catalogue := playbooks.Catalogue{Severities: []string{"SEV1", "SEV2"}, Services: []string{"checkout"}, Teams: []string{"payments"}}
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, places := marked(mistake.text)
			library, findings := playbooks.Check(nil, []playbooks.File{{Name: "p.yaml", Text: []byte(text)}}, catalogue)
			if !slices.Contains(mistake.rules, "no-channel") {
				// The samples are short, and open no channel.
				findings = slices.DeleteFunc(findings, func(f playbooks.Finding) bool { return f.Rule == "no-channel" })
			}
			var want, got []string
			for i, rule := range mistake.rules {
				want = append(want, places[min(i, len(places)-1)]+" "+rule)
			}
			for _, f := range findings {
				got = append(got, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Rule))
				require.NotEmpty(t, f.Message)
				require.Contains(t, f.Excerpt, "^")
			}
			require.Equal(t, want, got, findings.Error())
			_, err := playbooks.Parse("p.yaml", []byte(text))
			if len(findings.Errors()) == 0 {
				require.NoError(t, err, "a playbook with warnings can be followed")
				require.Contains(t, library, "p")
			} else {
				require.NotContains(t, library, "p")
			}
		})
	}
}

func TestEveryRuleIsTried(t *testing.T) {
	t.Parallel()
	var tried []string
	for _, mistake := range mistakes {
		tried = append(tried, mistake.rules...)
	}
	tried = append(tried, "duplicate-playbook", "keeps-former") // take two, see below
	for _, rule := range playbooks.Rules() {
		require.Contains(t, tried, rule.ID)
		require.NotEmpty(t, rule.Doc)
	}
	ids := make([]string, len(playbooks.Rules()))
	for i, rule := range playbooks.Rules() {
		ids[i] = rule.ID
	}
	require.True(t, slices.IsSorted(ids), ids)
}

func TestPlaybooksAreCheckedTogether(t *testing.T) {
	t.Parallel()
	base, err := playbooks.BuiltIn()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"what is inherited is known": {
			map[string]string{"a.yaml": "name: a\nextends: default\nsteps: [{id: x, title: X, role: scribe, needs: [brief], when: 'incident.steps[\"assess\"] == \"done\"'}]"},
			nil,
		},
		"what is not inherited is not": {
			map[string]string{"a.yaml": "name: a\nextends: default\nsteps: [{id: x, title: X, role: painter, needs: [brieff]}]"},
			[]string{"a.yaml unknown-role", "a.yaml unknown-step"},
		},
		"an addition refers to what it joins": {
			map[string]string{"a.yaml": "name: a\naddition: true\nwhen: 'true'\nsteps: [{id: x, title: X, role: scribe, needs: [channel]}]"},
			nil,
		},
		"an addition refers to what nothing has": {
			map[string]string{"a.yaml": "name: a\naddition: true\nwhen: 'true'\nsteps: [{id: x, title: X, role: painter, needs: [chanel]}]"},
			[]string{"a.yaml unknown-role", "a.yaml unknown-step"},
		},
		"a playbook to build on that does not exist": {
			map[string]string{"a.yaml": "name: a\nextends: defaultt\nsteps: [{id: x, title: X, role: whoever}]"},
			[]string{"a.yaml composition"},
		},
		"playbooks that build on each other": {
			map[string]string{"a.yaml": "name: a\nextends: b", "b.yaml": "name: b\nextends: a"},
			[]string{"a.yaml composition", "b.yaml composition"},
		},
		"a playbook to run that does not exist": {
			map[string]string{"a.yaml": "name: a\nsteps: [{id: x, title: X, do: playbook.run, with: {playbook: b}}]"},
			[]string{"a.yaml composition"},
		},
		"steps of a playbook that is run": {
			map[string]string{
				"a.yaml": "name: a\nsteps: [{id: x, title: X, do: playbook.run, with: {playbook: b}}, {id: y, title: Y, when: 'incident.steps[\"x-z\"] == \"done\" || incident.steps[\"x-zz\"] == \"done\"'}]",
				"b.yaml": "name: b\nsteps: [{id: z, title: Z}]",
			},
			[]string{"a.yaml unknown-step"},
		},
		"two playbooks of one name": {
			map[string]string{"a.yaml": "name: a", "b.yaml": "name: a\nsteps: [{id: x, title: X, role: nobody}]"},
			[]string{"b.yaml duplicate-playbook", "b.yaml unknown-role"},
		},
		"a change of the built-in playbook": {
			map[string]string{"default.yaml": "name: default\nextends: default\nremove: [invite]"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var files []playbooks.File
			for file, text := range test.files {
				files = append(files, playbooks.File{Name: file, Text: []byte(text)})
			}
			slices.SortFunc(files, func(a, b playbooks.File) int { return strings.Compare(a.Name, b.Name) })
			_, findings := playbooks.Check(base, files, playbooks.Catalogue{})
			var got []string
			for _, f := range findings {
				got = append(got, f.File+" "+f.Rule)
			}
			require.Equal(t, test.want, got, findings.Error())
		})
	}
}

func TestWhatIsMadeOfAWrongPlaybookIsLeftOut(t *testing.T) {
	t.Parallel()
	library, findings := playbooks.Check(nil, []playbooks.File{
		{Name: "a.yaml", Text: []byte("name: a\nsteps: [{id: x, title: X, do: slack.shout}]")},
		{Name: "b.yaml", Text: []byte("name: b\nextends: a")},
		{Name: "c.yaml", Text: []byte("name: c")},
	}, playbooks.Catalogue{})
	require.Equal(t, 1, findings.Count(playbooks.Error))
	require.Equal(t, []string{"c"}, library.Names())
}

func TestAHintNamesWhatWasMeant(t *testing.T) {
	t.Parallel()
	for text, hint := range map[string]string{
		"name: p\nsteps: [{id: a, title: A, do: slack.psot, with: {text: x}}]":               "did you mean slack.post?",
		"name: p\nsteps: [{id: a, title: '${incident.servce.name}'}]":                        "did you mean service?",
		"name: p\nsteps: [{id: a, title: '${incident.service.nmae}'}]":                       "did you mean name? it has: channel_prefix, name, team",
		"name: p\nsteps: [{id: a, title: A, when: 'incident.active and true'}]":              "and is &&, or is ||",
		"name: p\nsteps: [{id: a, title: '${incident.vacant_roles}'}]":                       "join(', ') makes a text of a list",
		"name: p\nhooks: [{id: a, on: resolvd, title: A, do: postmortem.draft}]":             "did you mean resolved?",
		"name: p\nsteps: [{id: a, title: 'A ${incident.title + incident.number}'}]":          "string(…) makes a text of a number",
		"name: p\nsteps: [{id: a, title: A, when: 'incident.status == \"investigatingg\"'}]": "did you mean investigating?",
	} {
		_, err := playbooks.Parse("p.yaml", []byte(text))
		require.ErrorContains(t, err, hint, text)
	}
}
