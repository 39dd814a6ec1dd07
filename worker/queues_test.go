package worker_test

import (
	"testing"

	"muster/activities"
	"muster/playbooks"
	"muster/worker"
	"muster/workflows"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func TestEveryActionHasAQueueThatWorkersServe(t *testing.T) {
	t.Parallel()
	queues := map[string][]string{}
	for _, action := range playbooks.Actions() {
		queue := workflows.QueueOf(action.Name)
		require.Contains(t, workflows.TaskQueues(), queue, action.Name)
		queues[queue] = append(queues[queue], action.Name)
	}
	require.ElementsMatch(t, []string{
		playbooks.PagerDutyAcknowledge, playbooks.PagerDutyResolve, playbooks.PagerDutyRequest, playbooks.PagerDutyNote, playbooks.PagerDutySetPriority,
	}, queues[workflows.PagerQueue])
	require.ElementsMatch(t, []string{playbooks.MailSend, playbooks.WebhookPost, playbooks.SlackAlert}, queues[workflows.FallbackQueue],
		"the second way does not wait for the first")
	require.ElementsMatch(t, []string{playbooks.JiraCreateIssue}, queues[workflows.TrackerQueue])
	require.ElementsMatch(t, []string{
		playbooks.HTTPRequest, playbooks.TemporalStart, playbooks.TemporalSignal, playbooks.PrometheusQuery, playbooks.PrometheusCollect,
	}, queues[workflows.AutomationQueue])
	require.ElementsMatch(t, []string{
		playbooks.PagerDutyPage, playbooks.PostmortemDraft, playbooks.UpdatePost, playbooks.NoteAdd, playbooks.FollowupAdd, playbooks.IncidentResolve, playbooks.PlaybookRun,
	}, queues[workflows.TaskQueue], "a page starts at once")
}

func TestAWorkerSaysWhichOptionIsWrong(t *testing.T) {
	t.Parallel()
	temporal, err := client.NewLazyClient(client.Options{})
	require.NoError(t, err)
	defer temporal.Close()
	for want, options := range map[string]worker.Options{
		`there is no task queue "pager": choose from muster, muster-pager, muster-fallback, muster-chat, muster-tracker, muster-automation`: {Queues: []string{"pager"}},
		`there is no task queue "muster-mail"`:                               {Slots: map[string]int{"muster-mail": 5}},
		"the task queue muster-chat needs at least one slot, not 0":          {Slots: map[string]int{workflows.ChatQueue: 0}},
		"a worker deployment has a name but no build id":                     {Deployment: worker.Deployment{Name: "muster"}},
		`the worker deployment "muster.eu": its name may hold neither a dot`: {Deployment: worker.Deployment{Name: "muster.eu", BuildID: "1"}},
	} {
		_, err := worker.New(temporal, &activities.Activities{}, options)
		require.ErrorContains(t, err, want)
	}
	_, err = worker.New(temporal, &activities.Activities{}, worker.Options{
		Queues: []string{workflows.PagerQueue, workflows.FallbackQueue}, Slots: map[string]int{workflows.PagerQueue: 500},
		Deployment: worker.Deployment{BuildID: "1.4.0"},
	})
	require.NoError(t, err)
}
