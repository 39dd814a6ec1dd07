package playbooks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestAnAdditionThatTakesThePageAwaySaysSo(t *testing.T) {
	t.Parallel()
	library := load(t, map[string]string{
		"default": "steps: [{id: page, title: Page, do: pagerduty.page, with: {summary: x}}]\nhooks: [{id: again, on: severity_raised, title: Again, do: pagerduty.page, with: {summary: x}}]\n",
		"more":    "addition: true\nwhen: 'true'\nsteps: [{id: page, title: Read the page}]\nhooks: [{id: again, on: severity_raised, title: Again, do: pagerduty.page, with: {summary: y}}]\n",
	})
	chosen, err := library.Choose("", situation())
	require.NoError(t, err)
	require.Equal(t, []string{"the playbook more has a step page of its own, which does not page, in the place of the one that does"}, chosen.Notes)
}

func TestTheHooksOfAPlaybookThatIsRunKnowItsStepsByTheirOwnIds(t *testing.T) {
	t.Parallel()
	f := followOf(t, "outer", map[string]string{
		"outer.yaml": "name: outer\nsteps: [{id: run, title: Run, do: playbook.run, with: {playbook: inner}}, {id: other, title: Other}]\n",
		"inner.yaml": `
name: inner
steps: [{id: promote, title: Promote}]
hooks: [{id: h, on: step_completed, when: 'step.id == "promote"', title: H, do: webhook.post, with: {text: '${step.id}'}}]
`,
	})
	f.settle(began)
	f.do(began, incident.CompleteStep{Step: "other"}, incident.CompleteStep{Step: "run-promote"})
	work := f.settle(began).Work
	require.Len(t, work, 1)
	require.Equal(t, "promote", work[0].With["text"])
}
