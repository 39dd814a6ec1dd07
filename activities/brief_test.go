package activities

import (
	"testing"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// led is an incident with people, a channel and a step to do.
func led(do string, with playbooks.Parameters) playbooks.Effect {
	e := effect(do, with)
	e.Incident.Severity, e.Incident.DeclaredAt = "SEV2", at
	e.Incident.Channel = incident.Channel{ID: "C1", Name: "inc-7"}
	e.Incident.Roles = []incident.Role{{ID: "commander", Title: "incident commander", Holder: "Sample Responder", HolderEmail: "responder@example.com"}, {ID: "scribe", Title: "scribe"}}
	e.Incident.OnCall = []incident.Person{{Name: "On Call", Email: "oncall@example.com"}}
	e.Incident.Steps = []incident.Step{{ID: "assess", Title: "Confirm the severity", Kind: incident.Manual, State: incident.Waiting}}
	return e
}

func TestTheBriefIsPinnedOnceAndThenEdited(t *testing.T) {
	t.Parallel()
	o := &outside{}
	e := led(playbooks.SlackBrief, nil)
	e.Work.UpdateDue = at.Add(time.Hour)
	posted, err := o.do(t, e)
	require.NoError(t, err)
	ref := incident.MessageRef{ChannelID: "C1", ID: "m of C1", URL: "https://chat.example.com/C1"}
	require.Equal(t, []incident.ShownMessage{{Purpose: incident.ShownBrief, Channel: "C1", Ref: ref}}, posted.Shown)
	require.Equal(t, map[string]any{"url": ref.URL}, posted.Output)
	require.True(t, o.shown[0].Pin)
	require.Zero(t, o.shown[0].Edit)
	text := o.shown[0].Card.String()
	require.Contains(t, text, "Next update: since 2026-03-02T15:32:00Z")
	require.Contains(t, text, "Confirm the severity")
	require.Contains(t, text, "Temporal <https://temporal.example.com/namespaces/default/workflows/INC-7>")

	e.Work.ID, e.Work.Hook = "keep-brief@12", "keep-brief"
	e.Incident.Shown = posted.Shown
	_, err = o.do(t, e)
	require.NoError(t, err)
	require.Equal(t, ref, o.shown[1].Edit)
	require.Equal(t, o.shown[0].Key, o.shown[1].Key, "should it be gone, it is posted once")
}

func TestAReactionLeavesItToTheStepToPostTheBrief(t *testing.T) {
	t.Parallel()
	o := &outside{}
	e := led(playbooks.SlackBrief, nil)
	e.Work.ID, e.Work.Hook = "keep-brief@3", "keep-brief"
	outcome, err := o.do(t, e)
	require.NoError(t, err)
	require.Equal(t, "there is no brief yet", outcome.Text)
	require.Empty(t, o.shown)

	e.Incident.Channel = incident.Channel{}
	_, err = o.do(t, e)
	require.ErrorContains(t, err, "no channel yet")
}

func TestAPromptMentionsWhoIsMeantAndHasButtons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to   string
		want string
	}{
		"the holder of a role":               {"commander", "@Sample Responder "},
		"nobody while nobody holds it":       {"scribe", ""},
		"whoever is on call":                 {"on_call", "@On Call "},
		"somebody by name":                   {"Third Responder", "@Third Responder "},
		"somebody by address":                {"third@example.com", "@third@example.com "},
		"somebody whom the incident knows":   {"oncall@example.com", "@On Call "},
		"nobody where an expression is bare": {" ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &outside{}
			e := led(playbooks.SlackPost, playbooks.Parameters{"text": "*Still to do*: assess", "to": test.to, "buttons": "complete:assess take_role:scribe snooze", "links": "incident"})
			e.Work.On = &incident.Event{Fact: incident.ReminderGiven{Hook: "step-waiting", Subject: "assess"}}
			outcome, err := o.do(t, e)
			require.NoError(t, err)
			require.Equal(t, "https://chat.example.com/C1", outcome.Output["url"])
			require.Equal(t, test.want+`*Still to do*: assess
[Done] [Take scribe] [Snooze…: for 15m | for 30m | for 1h | for 4h]
> Incident page <https://muster.example.com/incidents/INC-7>`, o.shown[0].Card.String())
			require.Equal(t, "INC-7|15m0s|step-waiting|assess", o.shown[0].Card.Parts[1].Controls[2].Options[0].Value)
			require.Equal(t, "muster-test-INC-7-rollback", o.shown[0].Key)
		})
	}
}

func TestAMessageForNobodyInParticularIsNoCard(t *testing.T) {
	t.Parallel()
	o := &outside{}
	_, err := o.do(t, led(playbooks.SlackPost, playbooks.Parameters{"text": "*Down*", "pin": "true"}))
	require.NoError(t, err)
	require.Empty(t, o.shown)
	require.Equal(t, incident.Message{Key: "muster-test-INC-7-rollback", ChannelID: "C1", Text: "*Down*", Pin: true}, o.message)
}

func TestEveryButtonOfTheLanguageIsOne(t *testing.T) {
	t.Parallel()
	s := led(playbooks.SlackPost, nil).Incident
	for _, button := range []playbooks.Button{
		{Name: playbooks.ButtonAcknowledge}, {Name: playbooks.ButtonUpdate}, {Name: playbooks.ButtonResolve}, {Name: playbooks.ButtonConfirmSeverity},
		{Name: playbooks.ButtonTakeRole}, {Name: playbooks.ButtonTakeRole, Of: "scribe"}, {Name: playbooks.ButtonComplete, Of: "assess"},
		{Name: playbooks.ButtonSkip, Of: "assess"}, {Name: playbooks.ButtonStep, Of: "assess"}, {Name: playbooks.ButtonStepMenu},
		{Name: playbooks.ButtonSnooze}, {Name: playbooks.ButtonPostmortem}, {Name: playbooks.ButtonFollowup},
	} {
		word := button.Name
		if button.Of != "" {
			word += ":" + button.Of
		}
		read, err := playbooks.ParseButtons(word)
		require.NoError(t, err)
		require.Equal(t, []playbooks.Button{button}, read)
		require.NotEmpty(t, card.Buttons(s, []string{word}, card.Matter{}, card.Pages{Muster: "https://muster.example.com"}), word)
	}
}

func TestAPlaybookResolvesTheIncident(t *testing.T) {
	t.Parallel()
	outcome, err := (&outside{}).do(t, led(playbooks.IncidentResolve, playbooks.Parameters{"summary": " resolved in PagerDuty "}))
	require.NoError(t, err)
	require.Equal(t, incident.Outcome{Resolution: "resolved in PagerDuty"}, outcome)
}

// cardOf is the card of a message, which must be the only one in its channel.
func cardOf(t *testing.T, shown []chat.Outgoing, channel string) string {
	t.Helper()
	var texts []string
	for _, out := range shown {
		if out.ChannelID == channel && out.Thread == "" {
			texts = append(texts, out.Card.String())
		}
	}
	require.Len(t, texts, 1)
	return texts[0]
}
