package activities

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"muster/chat"
	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

func announced(text string) playbooks.Effect {
	e := led(playbooks.SlackAnnounce, playbooks.Parameters{"text": text})
	e.Incident.Service.Announcements = []incident.Announcement{{Channel: "incidents"}, {Channel: "#C0123456789", Severities: []incident.Severity{"SEV2"}}, {Channel: "sev1", Severities: []incident.Severity{"SEV1"}}}
	return e
}

func TestOthersAreToldInAMessagePerChannelAndItsThread(t *testing.T) {
	t.Parallel()
	o := &outside{}
	e := announced("")
	first, err := o.do(t, e)
	require.NoError(t, err)
	require.Equal(t, "announced in #incidents, #C0123456789", first.Text)
	require.Equal(t, []incident.ShownMessage{
		{Purpose: incident.ShownAnnouncement, Channel: "incidents", Ref: incident.MessageRef{ChannelID: "id of incidents", ID: "m of id of incidents", URL: "https://chat.example.com/id of incidents"}},
		{Purpose: incident.ShownAnnouncement, Channel: "#C0123456789", Ref: incident.MessageRef{ChannelID: "C0123456789", ID: "m of C0123456789", URL: "https://chat.example.com/C0123456789"}},
	}, first.Shown)
	require.Len(t, o.shown, 2)
	require.Contains(t, cardOf(t, o.shown, "id of incidents"), "Severity: *SEV2*")

	o.shown = nil
	e = announced("*Status* changed")
	e.Incident.Shown, e.Incident.Severity = first.Shown, "SEV3"
	again, err := o.do(t, e)
	require.NoError(t, err)
	require.Equal(t, first.Shown, again.Shown, "who was told is told the rest")
	require.Len(t, o.shown, 4)
	require.Equal(t, first.Shown[0].Ref, o.shown[0].Edit)
	require.Equal(t, "m of id of incidents", o.shown[1].Thread)
	require.Equal(t, "*Status* changed", o.shown[1].Card.String())
	require.Equal(t, "muster-test-INC-7-rollback", o.shown[1].Key)
}

func TestARestrictedIncidentIsAnnouncedNowhere(t *testing.T) {
	t.Parallel()
	for name, restrict := range map[string]func(*incident.State){
		"once there is its channel": func(s *incident.State) { s.Channel.Private = true },
		"before there is":           func(s *incident.State) { s.Channel, s.PrivatePlanned = incident.Channel{}, true },
	} {
		o, e := &outside{}, announced("news")
		restrict(&e.Incident)
		_, err := o.do(t, e)
		require.NoError(t, err, name)
		require.Empty(t, o.shown, name)
	}
}

func TestAChannelThatRefusesKeepsNobodyElseFromBeingTold(t *testing.T) {
	t.Parallel()
	o := &outside{refused: map[string]error{"id of incidents": vendorSays{permanent: true}}}
	outcome, err := o.do(t, announced("news"))
	require.NoError(t, err)
	require.Equal(t, "announced in #C0123456789; not in incidents: slack: post: ratelimited", outcome.Text)
	require.Len(t, outcome.Shown, 1)

	o.refused["C0123456789"] = vendorSays{permanent: true}
	_, err = o.do(t, announced("news"))
	require.True(t, isFinal(err), "there is nobody left to tell")

	o.refused["C0123456789"] = errors.New("connection refused")
	_, err = o.do(t, announced("news"))
	require.False(t, isFinal(err), "one that answers later is told later")
	require.Error(t, err)
}

func TestWithoutChannelsNothingIsAnnounced(t *testing.T) {
	t.Parallel()
	o := &outside{}
	outcome, err := o.do(t, led(playbooks.SlackAnnounce, nil))
	require.NoError(t, err)
	require.Equal(t, "there is no channel to announce it in", outcome.Text)
	e := led(playbooks.SlackAnnounce, nil)
	e.Incident.Exercise = &incident.Exercise{}
	outcome, err = o.do(t, e)
	require.NoError(t, err)
	require.Equal(t, "exercise: would announce it nowhere", outcome.Text)
	require.Empty(t, o.shown)
}

// following are accounts that want to hear of everything.
type following []string

func (f following) Followers(context.Context, incident.State) ([]chat.Account, error) {
	var all []chat.Account
	for _, id := range f {
		if id == "" {
			return nil, errors.New("database is locked")
		}
		all = append(all, chat.Account{ID: id})
	}
	return all, nil
}

func TestEverybodyWhoFollowsIsToldInPrivate(t *testing.T) {
	t.Parallel()
	e := led(playbooks.SlackNotify, playbooks.Parameters{"text": "*Severity* changed"})
	e.Work.ID = "tell@9"
	for name, test := range map[string]struct {
		following following
		refused   map[string]error
		told      int
		text      string
		fails     string
		final     bool
	}{
		"all of them":                             {following: following{"U1", "U2"}, told: 2, text: "2 of 2 who follow were told"},
		"not those who are gone":                  {following: following{"U1", "UGONE"}, told: 1, text: "1 of 2 who follow were told"},
		"nobody where nobody follows":             {text: "nobody follows"},
		"the others where one may not be told":    {following: following{"U1", "U2"}, refused: map[string]error{"U1": vendorSays{permanent: true}}, told: 1, text: "1 of 2 who follow were told"},
		"again those who could not be told now":   {following: following{"U1", "U2"}, refused: map[string]error{"U1": errors.New("connection refused")}, fails: "connection refused"},
		"nobody where nobody may be told":         {following: following{"U1"}, refused: map[string]error{"U1": vendorSays{permanent: true}}, fails: "ratelimited", final: true},
		"later where it is not known who follows": {following: following{""}, fails: "database is locked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &outside{refused: test.refused}
			a := &Activities{Chat: o, Followers: test.following, Installation: "test"}
			outcome, err := a.Actions()[playbooks.SlackNotify](t.Context(), e)
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				require.Equal(t, test.final, isFinal(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.text, outcome.Text)
			require.Equal(t, test.told, outcome.Output["told"])
			require.Equal(t, len(test.following) == 0, outcome.Idle, "with nobody to tell there is nothing to do")
			for _, said := range o.told {
				require.Contains(t, said, "*Severity* changed")
				require.Regexp(t, `^muster-test-INC-7-tell\.9\.U\w+: `, said)
			}
		})
	}
}

func TestWhoWasToldIsRememberedBetweenAttempts(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	o := &outside{}
	a := &Activities{Chat: o, Followers: following{"U1", "U2", "UGONE"}, Installation: "test"}
	do := a.Actions()[playbooks.SlackNotify]
	env.RegisterActivity(do)
	env.SetHeartbeatDetails(map[string]int{"U1": 1, "UGONE": 0})
	result, err := env.ExecuteActivity(do, led(playbooks.SlackNotify, playbooks.Parameters{"text": "news"}))
	require.NoError(t, err)
	var outcome incident.Outcome
	require.NoError(t, result.Get(&outcome))
	require.Equal(t, "2 of 3 who follow were told", outcome.Text)
	require.Len(t, o.told, 1, "U1 and UGONE are done with")
}
