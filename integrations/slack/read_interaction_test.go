package slack_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// pressed is the use of a control in the message 1700000001.000100 of C1.
func pressed(action string) string {
	return payload(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1","username":"responder"},"trigger_id":"1.2.a",
		"channel":{"id":"C1"},"container":{"type":"message","message_ts":"1700000001.000100","channel_id":"C1","is_ephemeral":false},
		"response_url":"https://hooks.slack.com/actions/T1/1/x","actions":[{"block_id":"b","action_ts":"1700000005.000200",` + action + `}]}`)
}

func TestPressesAreRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		action string
		want   chat.Press
	}{
		"a button":                   {`"type":"button","action_id":"muster:acknowledge:0","value":"INC-42"`, chat.Press{Act: "acknowledge", Value: "INC-42"}},
		"a button without a value":   {`"type":"button","action_id":"muster:declare:3"`, chat.Press{Act: "declare"}},
		"a button without a number":  {`"type":"button","action_id":"muster:declare"`, chat.Press{Act: "declare"}},
		"a menu":                     {`"type":"static_select","action_id":"muster:severity:1","selected_option":{"text":{"type":"plain_text","text":"SEV1"},"value":"INC-42|SEV1"}`, chat.Press{Act: "severity", Value: "INC-42|SEV1"}},
		"a menu of three dots":       {`"type":"overflow","action_id":"muster:step_menu:0","selected_option":{"value":"INC-42|look"}`, chat.Press{Act: "step_menu", Value: "INC-42|look"}},
		"a menu of people":           {`"type":"users_select","action_id":"muster:role:2","selected_user":"W9"`, chat.Press{Act: "role", Value: "W9"}},
		"a menu of channels":         {`"type":"conversations_select","action_id":"muster:where:2","selected_conversation":"C9"`, chat.Press{Act: "where", Value: "C9"}},
		"a menu of public channels":  {`"type":"channels_select","action_id":"muster:where:2","selected_channel":"C9"`, chat.Press{Act: "where", Value: "C9"}},
		"a day":                      {`"type":"datepicker","action_id":"muster:due:0","selected_date":"2026-11-22"`, chat.Press{Act: "due", Value: "2026-11-22"}},
		"a time of day":              {`"type":"timepicker","action_id":"muster:due:0","selected_time":"09:30"`, chat.Press{Act: "due", Value: "09:30"}},
		"boxes":                      {`"type":"checkboxes","action_id":"muster:steps:0","selected_options":[{"value":"a"},{"value":"b"}]`, chat.Press{Act: "steps", Value: "a,b"}},
		"a round box":                {`"type":"radio_buttons","action_id":"muster:severity:0","selected_option":{"value":"SEV2"}`, chat.Press{Act: "severity", Value: "SEV2"}},
		"a control with a long name": {`"type":"button","action_id":"muster:a:b:0","value":"x"`, chat.Press{Act: "a:b", Value: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.want.On = incident.MessageRef{ChannelID: "C1", ID: "1700000001.000100"}
			want := chat.Act{
				ID: "press:1.2.a", Chat: integrations.Slack, At: at(1700000005, 200), Workspace: "T1", Channel: "C1",
				By: chat.Account{ID: "U1", Name: "responder"}, Trigger: "1.2.a", ReplyTo: "https://hooks.slack.com/actions/T1/1/x", Press: &test.want,
			}
			require.Empty(t, cmp.Diff(want, newGate().act(t, asForm, pressed(test.action))))
		})
	}
}

func TestWhatIsNoPressOfOursIsNoAct(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]string{
		"a button that opens a page": `"type":"button","action_id":"muster:open:0","url":"https://muster.example.com"`,
		"somebody else's button":     `"type":"button","action_id":"approve","value":"INC-42"`,
		"a button of nothing":        `"type":"button","action_id":"muster:","value":"INC-42"`,
		"a menu that is emptied":     `"type":"static_select","action_id":"muster:severity:1","selected_option":null`,
		"people who are taken away":  `"type":"users_select","action_id":"muster:role:1","selected_user":null`,
		"a control without an id":    `"type":"button","value":"INC-42"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newGate().nothing(t, asForm, pressed(action))
		})
	}
}

func TestAPressInAFormIsOnNoMessage(t *testing.T) {
	t.Parallel()
	act := newGate().act(t, asForm, payload(`{"type":"block_actions","team":null,"enterprise":{"id":"E1"},"is_enterprise_install":true,
		"user":{"id":"W1","name":"responder","team_id":"T1"},"trigger_id":"1.2.a","container":{"type":"view","view_id":"V1"},
		"view":{"id":"V1","callback_id":"muster:declare"},"actions":[{"type":"button","action_id":"muster:more:0","action_ts":"1700000005.000200"}]}`))
	require.True(t, act.Press.On.IsZero())
	require.Empty(t, act.Channel)
	require.Empty(t, act.ReplyTo)
	require.Equal(t, "E1", act.Workspace, "the app is installed in the organization, not in a workspace")
}

func TestShortcutsAreRead(t *testing.T) {
	t.Parallel()
	act := newGate().act(t, asForm, payload(`{"type":"shortcut","team":{"id":"T1"},"user":{"id":"U1","username":"responder"},
		"callback_id":"muster:declare","trigger_id":"1.2.a","action_ts":"1700000005.000200"}`))
	require.Equal(t, &chat.Shortcut{Name: "declare"}, act.Shortcut)
	require.Equal(t, "shortcut:1.2.a", act.ID)

	act = newGate().act(t, asForm, payload(`{"type":"message_action","team":{"id":"T1"},"user":{"id":"U1"},"channel":{"id":"C1"},
		"callback_id":"muster:record","trigger_id":"1.2.a","message_ts":"1700000001.000100",
		"message":{"type":"message","subtype":"bot_message","bot_id":"B7","username":"monitoring","text":"CPU &gt; 90 %","ts":"1700000001.000100"}}`))
	require.Equal(t, &chat.Message{
		Ref: incident.MessageRef{ChannelID: "C1", ID: "1700000001.000100"}, At: at(1700000001, 100),
		By: chat.Account{ID: "B7", Name: "monitoring", Bot: true}, Text: "CPU > 90 %",
	}, act.Shortcut.Message, "a person may keep what a bot has said")
}

func TestCommandsAreRead(t *testing.T) {
	t.Parallel()
	form := url.Values{
		"command": {"/incident"}, "text": {" role commander &lt;me&gt; <@W9|sample.responder> <#C1|general> "}, "user_id": {"W1"}, "user_name": {"responder"},
		"channel_id": {"C1"}, "team_id": {"T1"}, "enterprise_id": {"E1"}, "is_enterprise_install": {"true"}, "api_app_id": {"A0MUSTER"},
		"trigger_id": {"1.2.a"}, "response_url": {"javascript:alert(1)"},
	}
	act := newGate().act(t, asForm, form.Encode())
	require.Equal(t, &chat.Command{Name: "/incident", Text: "role commander <me> <@W9> <#C1|general>"}, act.Command)
	require.Equal(t, "T1", act.Workspace)
	require.Empty(t, act.ReplyTo, "nothing is sent to what is no web address")
}

// form is a form that was sent in.
func form(blocks, values string) string {
	return payload(`{"type":"view_submission","team":{"id":"T1"},"user":{"id":"U1","name":"responder"},"trigger_id":"1.2.a","view":{
		"id":"V1","hash":"1.x","type":"modal","callback_id":"muster:declare","private_metadata":"INC-42","title":{"type":"plain_text","text":"Declare"},
		"blocks":[` + blocks + `],"state":{"values":{` + values + `}}}}`)
}

func TestFormsAreRead(t *testing.T) {
	t.Parallel()
	act := newGate().act(t, asForm, form("", `
		"title":{"muster:title":{"type":"plain_text_input","value":" Checkout\u0000 fails\r\nagain "}},
		"empty":{"muster:empty":{"type":"plain_text_input","value":null}},
		"blank":{"muster:blank":{"type":"plain_text_input","value":"  "}},
		"severity":{"muster:severity":{"type":"static_select","selected_option":{"value":"SEV2"}}},
		"service":{"muster:service":{"type":"static_select","selected_option":null}},
		"owner":{"muster:owner":{"type":"users_select","selected_user":"W9"}},
		"due":{"muster:due":{"type":"datepicker","selected_date":"2026-11-30"}},
		"private":{"muster:private":{"type":"checkboxes","selected_options":[{"value":"true"}]}},
		"real":{"muster:real":{"type":"checkboxes","selected_options":[]}},
		"theirs":{"other":{"type":"plain_text_input","value":"x"}}`))
	require.Equal(t, &chat.Submission{Form: "declare", Context: "INC-42", Values: map[string]string{
		"title": "Checkout fails\nagain", "severity": "SEV2", "owner": "W9", "due": "2026-11-30", "private": "true",
	}}, act.Submission)
	require.Equal(t, "form:V1:1.x", act.ID)
}

func TestAFormThatIsSentInTwiceIsOneAct(t *testing.T) {
	t.Parallel()
	g := newGate()
	first := g.act(t, asForm, form("", ""))
	second := g.act(t, asForm, strings.Replace(form("", ""), "1.2.a", "1.2.b", 1))
	require.Equal(t, first.ID, second.ID)
	changed := g.act(t, asForm, strings.Replace(form("", ""), "1.x", "2.x", 1))
	require.NotEqual(t, first.ID, changed.ID, "a form that was changed in place asks something else")
}

func TestTheProblemsOfAFormAreShownInIt(t *testing.T) {
	t.Parallel()
	const blocks = `{"type":"section","block_id":"intro"},
		{"type":"input","block_id":"title","element":{"type":"plain_text_input","action_id":"muster:title"}},
		{"type":"input","block_id":"b2","element":{"type":"static_select","action_id":"muster:severity"}}`
	for name, test := range map[string]struct {
		blocks   string
		problems []chat.Problem
		want     string
	}{
		"below their fields": {
			blocks, []chat.Problem{{Entry: "title", Message: "say what is broken"}, {Entry: "severity", Message: "there is no SEV9"}},
			`{"response_action":"errors","errors":{"title":"say what is broken","b2":"there is no SEV9"}}`,
		},
		"several of one": {
			blocks, []chat.Problem{{Entry: "severity", Message: "there is no SEV9."}, {Entry: "severity", Message: "Choose\none."}},
			`{"response_action":"errors","errors":{"b2":"there is no SEV9. Choose one."}}`,
		},
		"of none, below the first": {
			blocks, []chat.Problem{{Message: "INC-42 is closed"}, {Entry: "gone", Message: "(really)"}},
			`{"response_action":"errors","errors":{"title":"INC-42 is closed (really)"}}`,
		},
		"instead of a form without fields": {
			`{"type":"section","block_id":"intro"}`, []chat.Problem{{Message: "INC-42 is closed"}},
			`{"response_action":"update","view":{"type":"modal","title":{"type":"plain_text","text":"Declare"},
				"blocks":[{"type":"section","text":{"type":"plain_text","text":"INC-42 is closed"}}]}}`,
		},
		"cut where nobody would read them": {
			blocks, []chat.Problem{{Entry: "title", Message: strings.Repeat("x", 600)}},
			`{"response_action":"errors","errors":{"title":"` + strings.Repeat("x", 499) + `…"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			g.taker.problems = test.problems
			reply, err := g.send(t, asForm, form(test.blocks, ""))
			require.NoError(t, err)
			require.Equal(t, "application/json", reply.MediaType)
			require.JSONEq(t, test.want, string(reply.Body))
			require.Empty(t, g.taker.taken(), "the form is still open")

			g.taker.problems = nil
			g.act(t, asForm, strings.Replace(form(test.blocks, ""), "1.2.a", "1.2.b", 1))
		})
	}
}
