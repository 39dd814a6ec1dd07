package activities

import (
	"context"
	"maps"
	"slices"
	"testing"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// practising is an effect of every action on an exercise.
func practising(do, channel string) playbooks.Effect {
	e := effect(do, playbooks.Parameters{})
	e.Incident.Exercise = &incident.Exercise{Channel: channel}
	e.Incident.Service = incident.Service{
		Name: "payments", PagerService: "PPAY", TrackerProject: "PAY", Announcements: []incident.Announcement{{Channel: "incidents"}},
	}
	e.Incident.Followups = []incident.Followup{{ID: "F1", Title: "Alert on it"}}
	e.Incident.Pages = []incident.Page{{Key: "k"}}
	e.Work.Followup = "F1"
	action, _ := playbooks.FindAction(do)
	for _, p := range action.Parameters {
		value := map[playbooks.ParameterType]string{
			playbooks.TextParameter: "some " + p.Name, playbooks.DurationParameter: "30s", playbooks.AddressParameter: "https://deploy.example.com/hooks",
			playbooks.StatusesParameter: "202", playbooks.JSONParameter: `{}`, playbooks.DayParameter: "7d",
			playbooks.ButtonsParameter: "acknowledge snooze",
		}[p.Type]
		switch {
		case len(p.Options) > 0:
			value = p.Options[0]
		case p.Type == playbooks.MapParameter:
			e.Work.With[p.Name+".X"] = playbooks.SecretReference("deploy_token")
			continue
		}
		e.Work.With[p.Name] = value
	}
	return e
}

func TestOfAnExerciseNothingLeavesMuster(t *testing.T) {
	t.Parallel()
	w := &automated{samples: []incident.Sample{{Value: 3}}}
	// No vendor is there: whoever asked one would panic.
	a := &Activities{Metrics: w, Secrets: secrets{"deploy_token": token}, Installation: "test", PublicURL: "https://muster.example.com"}
	told := map[string]string{
		playbooks.PagerDutyPage:        "exercise: would page whoever is on call for payments (PPAY)",
		playbooks.PagerDutyAcknowledge: "exercise: would acknowledge its pages",
		playbooks.PagerDutyResolve:     "exercise: would resolve its pages",
		playbooks.PagerDutyRequest:     "exercise: would ask for help",
		playbooks.PagerDutyNote:        "exercise: would note on its pages: some text",
		playbooks.PagerDutySetPriority: "exercise: would give its pages the priority of its severity",
		playbooks.SlackCreateChannel:   "exercise: would open the channel some name",
		playbooks.SlackSetTopic:        "exercise: would set the topic: some topic",
		playbooks.SlackPost:            "exercise: would say: some text",
		playbooks.SlackBrief:           "exercise: would keep the brief",
		playbooks.SlackPrompts:         "exercise: would bring what people were asked for up to date",
		playbooks.SlackAnnounce:        "exercise: would announce it in incidents",
		playbooks.SlackNotify:          "exercise: would tell everybody who follows: some text",
		playbooks.SlackBookmark:        "exercise: would add the bookmark some title",
		playbooks.SlackInvite:          "exercise: would invite whoever is on call",
		playbooks.SlackAlert:           "exercise: would say: some text",
		playbooks.JiraCreateIssue:      "exercise: would file a ticket: some title",
		playbooks.MailSend:             "exercise: would send an e-mail: some subject",
		playbooks.WebhookPost:          "exercise: would tell the webhook: some text",
		playbooks.HTTPRequest:          "exercise: would send a GET request to deploy.example.com",
		playbooks.TemporalStart:        "exercise: would start the workflow some workflow",
		playbooks.TemporalSignal:       "exercise: would send the signal some signal to the workflow some workflow_id",
		playbooks.PrometheusQuery:      "3",
		playbooks.PrometheusCollect:    "no values in the last 30s",
		playbooks.UpdatePost:           "",
		playbooks.NoteAdd:              "",
		playbooks.FollowupAdd:          "",
		playbooks.IncidentResolve:      "",
		// Only reads the journal, which is not there.
		playbooks.PostmortemDraft: "",
	}
	// Whoever adds an action decides here what it does in an exercise.
	require.ElementsMatch(t, slices.Collect(maps.Keys(a.table())), slices.Collect(maps.Keys(told)))
	delete(told, playbooks.PostmortemDraft)
	for name, want := range told {
		outcome, err := a.Actions()[name](t.Context(), practising(name, ""))
		require.NoError(t, err, name)
		require.Equal(t, want, outcome.Text, name)
		require.Nil(t, outcome.Page)
		require.Nil(t, outcome.Channel)
		require.Nil(t, outcome.Ticket)
	}
}

func TestAnExerciseGivesTheOutputsThatLaterStepsUse(t *testing.T) {
	t.Parallel()
	a := &Activities{Secrets: secrets{"deploy_token": token}}
	for name, how := range a.table() {
		if how.exercise == nil {
			continue
		}
		outcome, err := a.Actions()[name](t.Context(), practising(name, ""))
		require.NoError(t, err)
		action, _ := playbooks.FindAction(name)
		for _, o := range action.Outputs {
			require.Contains(t, outcome.Output, o.Name, name)
		}
	}
	outcome, err := a.Actions()[playbooks.HTTPRequest](t.Context(), practising(playbooks.HTTPRequest, ""))
	require.NoError(t, err)
	require.Equal(t, 202, outcome.Output["status"], "one that the playbook expects")
}

func TestAnExerciseMissesItsSecretsToo(t *testing.T) {
	t.Parallel()
	_, err := (&Activities{}).Actions()[playbooks.HTTPRequest](t.Context(), practising(playbooks.HTTPRequest, ""))
	require.True(t, isFinal(err))
	require.ErrorContains(t, err, "set MUSTER_SECRET_DEPLOY_TOKEN")
}

func TestAnExerciseTakesPlaceInItsChannel(t *testing.T) {
	t.Parallel()
	o := &outside{}
	a := &Activities{Chat: o, Installation: "test", PublicURL: "https://muster.example.com"}
	open, err := a.Actions()[playbooks.SlackCreateChannel](t.Context(), practising(playbooks.SlackCreateChannel, "#game-days"))
	require.NoError(t, err)
	require.Equal(t, &incident.Channel{ID: "id of game-days", Name: "game-days"}, open.Channel)
	require.Equal(t, "exercise: would open the channel some name, and takes place in #game-days", open.Text)

	for _, do := range []string{playbooks.SlackPost, playbooks.SlackAlert} {
		e := practising(do, "#game-days")
		e.Work.With["links"] = "incident"
		delete(e.Work.With, "to")
		delete(e.Work.With, "buttons")
		said, err := a.Actions()[do](t.Context(), e)
		require.NoError(t, err)
		require.Equal(t, incident.Message{
			Key: "muster-test-INC-7-rollback", ChannelID: "id of game-days", Text: "*Exercise*\nsome text",
			Links: []incident.Link{{Title: "Incident page", URL: "https://muster.example.com/incidents/INC-7"}},
		}, o.message)
		require.Equal(t, "exercise: posted in #game-days", said.Text)
	}
	e := practising(playbooks.SlackPost, "C0123456789")
	e.Work.With["to"], e.Incident.OnCall = "on_call", []incident.Person{{Name: "Sample Responder"}}
	e.Work.With["links"] = ""
	e.Incident.Channel = incident.Channel{ID: "C0123456789", Name: "C0123456789"}
	said, err := a.Actions()[playbooks.SlackPost](t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, "exercise: posted in C0123456789", said.Text)
	require.Equal(t, "*Exercise*\nsome text\n[Acknowledge] [Snooze…: for 15m | for 30m | for 1h | for 4h]", o.shown[0].Card.String(), "nobody is called to it")

	kept, err := a.Actions()[playbooks.SlackBrief](t.Context(), practising(playbooks.SlackBrief, "#game-days"))
	require.NoError(t, err)
	require.Equal(t, "exercise: kept the brief in #game-days", kept.Text)
	require.False(t, o.shown[1].Pin, "other things may be pinned there")
	require.Contains(t, o.shown[1].Card.String(), "This is an exercise")
	o.err = context.DeadlineExceeded
	_, err = a.Actions()[playbooks.SlackPost](t.Context(), e)
	require.Error(t, err)
}
