package playbooks_test

import (
	"testing"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

const opensPrivately = `do: slack.create_channel, with: {name: a, private: "true"}`

func TestAnIncidentIsRestrictedFromItsDeclarationWhereItsPlaybookMayOpenAPrivateChannel(t *testing.T) {
	t.Parallel()
	step := func(more string) string {
		return "name: outer\nsteps:\n  - {id: channel, title: Open, do: slack.create_channel, with: {name: a, private: \"true\"}" + more + "}\n"
	}
	which := "  - {id: which, title: Which?, decide: [{id: open, title: Open}, {id: hidden, title: Hidden}]}\n"
	runBy := func(on string) string {
		return "name: outer\nhooks:\n  - {id: hide, on: " + on + ", title: Hide it, do: playbook.run, with: {playbook: inner}}\n"
	}
	for name, test := range map[string]struct {
		text       string
		restricted bool
	}{
		"it does":                                       {step(""), true},
		"it opens a public one":                         {"name: outer\nsteps: [{id: channel, title: Open, do: slack.create_channel, with: {name: a}}]\n", false},
		"it says that it is not private":                {"name: outer\nsteps: [{id: channel, title: Open, do: slack.create_channel, with: {name: a, private: \"false\"}}]\n", false},
		"a condition on the service holds":              {step(`, when: 'incident.service.name == "payments"'`), true},
		"a condition on the service does not hold":      {step(`, when: 'incident.service.name == "search"'`), false},
		"a condition on what was declared fails":        {step(`, when: 'incident.title.substring(400) == ""'`), true},
		"a condition may come to hold":                  {step(`, when: 'incident.severity == "SEV2"'`), true},
		"a condition mixes what lasts with what may be": {step(`, when: 'incident.service.name == "search" && incident.acknowledged'`), true},
		"people decide":                                 {step(", needs: [which/hidden]") + which, true},
		"whether it is private is written plainly":      {"name: outer\nsteps: [{id: channel, title: Open, do: slack.create_channel, with: {name: a, private: '${incident.service.name == \"payments\"}'}}]\n", true},
		"whether it is private is plainly not so":       {"name: outer\nsteps: [{id: channel, title: Open, do: slack.create_channel, with: {name: a, private: '${incident.service.name == \"search\"}'}}]\n", false},
		"whether it is private will be seen":            {"name: outer\nsteps: [{id: channel, title: Open, do: slack.create_channel, with: {name: a, private: '${incident.acknowledged}'}}]\n", true},
		"a step runs the playbook that does":            {"name: outer\nsteps: [{id: hide, title: Hide it, do: playbook.run, with: {playbook: inner}}]\n", true},
		"a step does not run the playbook that does":    {"name: outer\nsteps: [{id: hide, title: Hide it, do: playbook.run, with: {playbook: inner}, when: 'incident.exercise'}]\n", false},
		"a hook runs it at the declaration":             {runBy("declared"), true},
		"a hook runs it because of something later":     {runBy("severity_raised"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := followOf(t, "outer", map[string]string{
				"outer.yaml": test.text,
				"inner.yaml": "name: inner\nsteps: [{id: channel, title: Open, " + opensPrivately + "}]\n",
			})
			require.Equal(t, test.restricted, f.state.Restricted())
			require.Equal(t, test.restricted, f.state.Brief().Restricted(), "whoever acts knows it")
		})
	}
}

const tellsOthers = `
name: p
steps:
  - {id: which, title: Which?, decide: [{id: open, title: Open}, {id: hidden, title: Hidden}]}
  - {id: hidden, title: Open, do: slack.create_channel, needs: [which/hidden], with: {name: a, private: "true"}}
  - {id: public, title: Open, do: slack.create_channel, needs: [which/open], with: {name: a}}
hooks:
  - {id: tell, on: [declared, note_added], title: Tell, do: slack.announce, with: {text: x}}
  - {id: follow, on: note_added, title: Tell, do: slack.notify, with: {text: x}}
  - {id: wake, on: note_added, title: Wake, do: slack.alert, with: {channel: a, text: x}}
`

func TestOthersAreToldOnceItIsKnownWhetherTheyMayBe(t *testing.T) {
	t.Parallel()
	f := follow(t, tellsOthers)
	f.settle(began)
	f.do(began, incident.AddNote{Text: "one"})
	require.Equal(t, []string{"wake@4"}, f.ids(f.settle(began)), "nobody but those who are paged")

	f.do(began, incident.ChooseOption{Step: "which", Option: "open"})
	require.False(t, func() bool { f.settle(began); return f.state.Restricted() }(), "the response took the other way")
	require.Equal(t, []string{"public", "tell@4", "follow@4", "wake@4"}, f.ids(f.settle(began)))
}

func TestWhatFollowsOnlyTheIncidentDoesNotWaitForAChatThatRefusesThePrivateChannel(t *testing.T) {
	t.Parallel()
	f := follow(t, tellsOthers)
	f.settle(began)
	f.do(began, incident.AddNote{Text: "one"}, incident.ChooseOption{Step: "which", Option: "hidden"})
	require.Equal(t, []string{"hidden", "wake@4"}, f.ids(f.settle(began)))
	f.do(began, incident.FailStep{Step: "hidden", Error: "restricted_action"})
	require.Equal(t, []string{"follow@4", "wake@4"}, f.ids(f.settle(began)))
	require.True(t, f.state.Restricted())

	f.do(began, incident.SkipStep{Step: "hidden", Reason: "by phone"})
	require.True(t, f.state.Restricted(), "that people do without the channel opens nothing")
	require.Contains(t, f.ids(f.settle(began)), "tell@4", "which tells nobody, as it is restricted")
	require.Equal(t, f.state, f.rebuilt(declared(t)).state)
}

func TestTheChannelSaysInTheEndWhetherTheIncidentIsRestricted(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{true, false} {
		f := follow(t, "name: p\nsteps: [{id: channel, title: Open, "+opensPrivately+"}]\n")
		f.settle(began)
		f.do(began, incident.FinishStep{Step: "channel", Outcome: incident.Outcome{Channel: &incident.Channel{ID: "C1", Name: "a", Private: private}}})
		require.Equal(t, private, f.state.Restricted())
		f.do(began, incident.Cancel{})
		require.Equal(t, private, f.state.Restricted())
	}
}
