package slack_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// event is an event as it comes, to an app whose bot is U0MUSTER.
func event(document string) string {
	return fmt.Sprintf(`{"type":"event_callback","event_id":"Ev1","event_time":1700000009,"team_id":"T1","api_app_id":"A0MUSTER",
		"authorizations":[{"team_id":"T1","user_id":%q,"is_bot":true}],"event":%s}`, botUser, document)
}

// inChannel is a message event in C1, with these fields besides.
func inChannel(fields string) string {
	return event(`{"type":"message","channel":"C1","channel_type":"channel","event_ts":"1700000005.000200","ts":"1700000005.000200",` + fields + `}`)
}

// said is a message of U1 in C1, as it is written to the record.
func said(change func(*chat.Message)) *chat.Message {
	message := &chat.Message{
		Ref: incident.MessageRef{ChannelID: "C1", ID: "1700000005.000200"},
		By:  chat.Account{ID: "U1"}, At: at(1700000005, 200), Text: "It was the deploy.",
	}
	change(message)
	return message
}

func TestMessagesAreRead(t *testing.T) {
	t.Parallel()
	// old is the message that was changed or deleted.
	old := func(m *chat.Message) { m.Ref.ID, m.At = "1700000001.000100", at(1700000001, 100) }
	for name, test := range map[string]struct {
		body string
		by   chat.Account
		want *chat.Message
	}{
		"somebody says something": {
			inChannel(`"user":"U1","text":"It was the deploy."`), chat.Account{ID: "U1"}, said(func(*chat.Message) {}),
		},
		"somebody of another workspace, in a shared channel": {
			inChannel(`"user":"W9","user_team":"T9","source_team":"T9","team":"T9","text":"It was the deploy."`),
			chat.Account{ID: "W9"}, said(func(m *chat.Message) { m.By.ID = "W9" }),
		},
		"an answer in a thread": {
			inChannel(`"user":"U1","text":"It was the deploy.","thread_ts":"1700000001.000100"`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) { m.Thread = "1700000001.000100" }),
		},
		"an answer that is shown to the channel too": {
			inChannel(`"subtype":"thread_broadcast","user":"U1","text":"It was the deploy.","thread_ts":"1700000001.000100","root":{"user":"U2"}`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) { m.Thread = "1700000001.000100" }),
		},
		"the first message of a thread": {
			inChannel(`"user":"U1","text":"It was the deploy.","thread_ts":"1700000005.000200"`), chat.Account{ID: "U1"}, said(func(*chat.Message) {}),
		},
		"somebody says what they do": {
			inChannel(`"subtype":"me_message","user":"U1","text":"is looking"`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) { m.Text = "is looking" }),
		},
		"somebody shares files": {
			inChannel(`"subtype":"file_share","user":"U1","text":"","files":[
				{"id":"F1","name":"graph.png","mimetype":"image/png","url_private":"https://files.slack.com/F1","permalink":"https://sample.slack.com/files/U1/F1"},
				{"id":"F2","title":"Log","url_private":"https://files.slack.com/F2"},
				{"id":"F3","mode":"tombstone"},
				{"id":"F4","file_access":"check_file_info"}]`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) {
				m.Text = ""
				m.Files = []incident.File{
					{Name: "graph.png", MediaType: "image/png", URL: "https://sample.slack.com/files/U1/F1"},
					{Name: "Log", URL: "https://files.slack.com/F2"},
				}
			}),
		},
		"somebody edits their message": {
			inChannel(`"subtype":"message_changed","hidden":true,
				"message":{"user":"U1","text":"It was <the> deploy.","ts":"1700000001.000100","edited":{"user":"U1","ts":"1700000005.000000"}},
				"previous_message":{"user":"U1","text":"It was.","ts":"1700000001.000100"}`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) { old(m); m.Text, m.Edited = "It was the deploy.", true }),
		},
		"somebody edits a message in a thread": {
			inChannel(`"subtype":"message_changed",
				"message":{"user":"U1","text":"It was the deploy.","ts":"1700000001.000100","thread_ts":"1700000000.000000","edited":{"user":"U1"}}`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) { old(m); m.Thread, m.Edited = "1700000000.000000", true }),
		},
		"a bot's message is edited": {
			inChannel(`"subtype":"message_changed",
				"message":{"subtype":"bot_message","bot_id":"B7","username":"monitoring","text":"resolved","ts":"1700000001.000100"},
				"previous_message":{"bot_id":"B7","text":"firing","ts":"1700000001.000100"}`),
			chat.Account{ID: "B7", Name: "monitoring", Bot: true}, said(func(m *chat.Message) {
				old(m)
				m.Text, m.Edited, m.By = "resolved", true, chat.Account{ID: "B7", Name: "monitoring", Bot: true}
			}),
		},
		"somebody else edits": {
			inChannel(`"subtype":"message_changed","message":{"user":"U1","text":"It was the deploy.","ts":"1700000001.000100","edited":{"user":"U2"}}`),
			chat.Account{ID: "U2"}, said(func(m *chat.Message) { old(m); m.Edited = true }),
		},
		"a file is taken out of a message": {
			inChannel(`"subtype":"message_changed","message":{"user":"U1","text":"It was the deploy.","ts":"1700000001.000100"},
				"previous_message":{"user":"U1","text":"It was the deploy.","ts":"1700000001.000100","files":[{"id":"F1"}]}`),
			chat.Account{ID: "U1"}, said(func(m *chat.Message) { old(m); m.Edited = true }),
		},
		"a message is deleted": {
			inChannel(`"subtype":"message_deleted","hidden":true,"deleted_ts":"1700000001.000100",
				"previous_message":{"user":"U1","text":"It was the deploy.","ts":"1700000001.000100","thread_ts":"1700000000.000000"}`),
			chat.Account{}, said(func(m *chat.Message) { old(m); m.Text, m.Deleted, m.Thread = "", true, "1700000000.000000" }),
		},
		"a message is deleted of which nothing is left": {
			inChannel(`"subtype":"message_deleted","hidden":true,"deleted_ts":"1700000001.000100"`),
			chat.Account{}, said(func(m *chat.Message) { old(m); m.Text, m.Deleted, m.By.ID = "", true, "" }),
		},
		"a message is deleted that has answers": {
			inChannel(`"subtype":"message_changed","hidden":true,
				"message":{"subtype":"tombstone","user":"USLACKBOT","text":"This message was deleted.","ts":"1700000001.000100","thread_ts":"1700000001.000100"},
				"previous_message":{"user":"U1","text":"It was the deploy.","ts":"1700000001.000100","thread_ts":"1700000001.000100"}`),
			chat.Account{}, said(func(m *chat.Message) { old(m); m.Text, m.Deleted = "", true }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := chat.Act{
				ID: "event:Ev1", Chat: integrations.Slack, Workspace: "T1", Channel: "C1", At: at(1700000005, 200), By: test.by, Message: test.want,
			}
			require.Empty(t, cmp.Diff(want, newGate().act(t, asJSON, test.body)))
		})
	}
}

func TestWhatNobodySaidIsNoMessage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"Muster speaks":                       inChannel(`"user":"` + botUser + `","bot_id":"B0","app_id":"A0MUSTER","text":"The brief"`),
		"Muster speaks without its bot's id":  inChannel(`"user":"` + botUser + `","text":"The brief"`),
		"another bot speaks":                  inChannel(`"user":"U7","bot_id":"B7","text":"Deployed"`),
		"a webhook speaks":                    inChannel(`"subtype":"bot_message","bot_id":"B7","username":"monitoring","text":"firing"`),
		"Slackbot speaks":                     inChannel(`"user":"USLACKBOT","text":"Reminder"`),
		"nobody speaks":                       inChannel(`"text":"Reminder"`),
		"somebody comes":                      inChannel(`"subtype":"channel_join","user":"U1","text":"<@U1> has joined the channel"`),
		"somebody sets the topic":             inChannel(`"subtype":"channel_topic","user":"U1","topic":"Checkout"`),
		"somebody pins":                       inChannel(`"subtype":"pinned_item","user":"U1"`),
		"a thread has one more answer":        inChannel(`"subtype":"message_replied","hidden":true,"message":{"ts":"1700000001.000100"}`),
		"Muster edits its brief":              inChannel(`"subtype":"message_changed","message":{"user":"` + botUser + `","bot_id":"B0","app_id":"A0MUSTER","text":"b","ts":"1.0"},"previous_message":{"text":"a"}`),
		"Muster edits what names its user":    inChannel(`"subtype":"message_changed","message":{"user":"` + botUser + `","text":"b","ts":"1.0"},"previous_message":{"text":"a"}`),
		"a message of Muster's is deleted":    inChannel(`"subtype":"message_deleted","deleted_ts":"1.0","previous_message":{"app_id":"A0MUSTER","text":"a","ts":"1.0"}`),
		"a message of Muster's leaves a tomb": inChannel(`"subtype":"message_changed","message":{"subtype":"tombstone","ts":"1.0"},"previous_message":{"app_id":"A0MUSTER","text":"a","ts":"1.0"}`),
		"a link is unfurled":                  inChannel(`"subtype":"message_changed","message":{"user":"U1","text":"a","ts":"1.0","attachments":[{"title":"x"}]},"previous_message":{"user":"U1","text":"a","ts":"1.0"}`),
		"a change of nothing":                 inChannel(`"subtype":"message_changed"`),
		"a deletion of nothing":               inChannel(`"subtype":"message_deleted"`),
		"a message nowhere":                   event(`{"type":"message","user":"U1","ts":"1.0"}`),
		"a message without an id":             event(`{"type":"message","channel":"C1","user":"U1"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newGate().nothing(t, asJSON, body)
		})
	}
}

func TestReactionsPinsAndMembersAreRead(t *testing.T) {
	t.Parallel()
	on := incident.MessageRef{ChannelID: "C1", ID: "1700000001.000100"}
	pinned := on
	pinned.URL = "https://sample.slack.com/archives/C1/p1700000001000100"
	const (
		item = `"item":{"type":"message","channel":"C1","ts":"1700000001.000100"}`
		pin  = `"channel_id":"C1","item":{"type":"message","channel":"C1","created_by":"U1","message":{"ts":"1700000001.000100","user":"U2","permalink":"https://sample.slack.com/archives/C1/p1700000001000100"}}`
	)
	for name, test := range map[string]struct {
		body string
		want chat.Act
	}{
		"somebody reacts": {
			`"type":"reaction_added","user":"U1","reaction":"pushpin","item_user":"U2",` + item,
			chat.Act{Reaction: &chat.Reaction{Emoji: "pushpin", On: on}},
		},
		"somebody takes a reaction back": {
			`"type":"reaction_removed","user":"U1","reaction":"pushpin",` + item,
			chat.Act{Reaction: &chat.Reaction{Emoji: "pushpin", Removed: true, On: on}},
		},
		"somebody reacts with a hand of a colour": {
			`"type":"reaction_added","user":"U1","reaction":"+1::skin-tone-4",` + item,
			chat.Act{Reaction: &chat.Reaction{Emoji: "+1", On: on}},
		},
		"somebody pins": {
			`"type":"pin_added","user":"U1",` + pin, chat.Act{Pin: &chat.Pin{On: pinned}},
		},
		"somebody takes a pin away": {
			`"type":"pin_removed","user":"U1","has_pins":false,` + pin, chat.Act{Pin: &chat.Pin{Removed: true, On: pinned}},
		},
		"somebody comes": {
			`"type":"member_joined_channel","user":"U1","channel":"C1","channel_type":"C","inviter":"U2"`, chat.Act{Membership: &chat.Membership{}},
		},
		"somebody leaves": {
			`"type":"member_left_channel","user":"U1","channel":"C1","channel_type":"G"`, chat.Act{Membership: &chat.Membership{Left: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.want.ID, test.want.Chat, test.want.Workspace, test.want.Channel = "event:Ev1", integrations.Slack, "T1", "C1"
			test.want.At, test.want.By = at(1700000005, 200), chat.Account{ID: "U1"}
			require.Empty(t, cmp.Diff(test.want, newGate().act(t, asJSON, event(`{`+test.body+`,"event_ts":"1700000005.000200"}`))))
		})
	}
}

func TestWhatNobodyDidInAChannelIsNoAct(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"Muster reacts":          `{"type":"reaction_added","user":"` + botUser + `","reaction":"eyes","item":{"type":"message","channel":"C1","ts":"1.0"}}`,
		"Muster pins its brief":  `{"type":"pin_added","user":"` + botUser + `","channel_id":"C1","item":{"type":"message","message":{"ts":"1.0"}}}`,
		"Muster is invited":      `{"type":"member_joined_channel","user":"` + botUser + `","channel":"C1"}`,
		"a file gets a reaction": `{"type":"reaction_added","user":"U1","reaction":"eyes","item":{"type":"file","file":"F1"}}`,
		"a file is pinned":       `{"type":"pin_added","user":"U1","channel_id":"C1","item":{"type":"file","file":{"id":"F1"}}}`,
		"a channel is renamed":   `{"type":"channel_rename","channel":{"id":"C1","name":"new"}}`,
		"a channel is archived":  `{"type":"channel_archive","channel":"C1","user":"U1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newGate().nothing(t, asJSON, event(body))
		})
	}
}

func TestAnEventWithoutATimeOfItsOwnHappenedWhenSlackSaysSo(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]time.Time{
		`{"type":"member_left_channel","user":"U1","channel":"C1"}`:                                       at(1700000009, 0),
		`{"type":"member_left_channel","user":"U1","channel":"C1","event_ts":"soon"}`:                     at(1700000009, 0),
		`{"type":"member_left_channel","user":"U1","channel":"C1","event_ts":"99999999999999999.000000"}`: at(1700000009, 0),
		`{"type":"member_left_channel","user":"U1","channel":"C1","event_ts":"1700000001"}`:               at(1700000001, 0),
		`{"type":"member_left_channel","user":"U1","channel":"C1","event_ts":"1700000001.-00001"}`:        at(1700000001, 0),
	} {
		require.Equal(t, want, newGate().act(t, asJSON, event(document)).At, document)
	}
}

func TestTextsAreReadAsPeopleSeeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<@U1> and <@W2|sample.responder> look":                    "<@U1> and <@W2> look",
		"see <#C1|general> and <#C2>":                              "see <#C1|general> and <#C2>",
		"<!here> <!channel|@channel> <!subteam^S1|@payments> go":   "@here @channel @payments go",
		"<!subteam^S1> <!date^1392734382^{date}|18 February 2014>": "@subteam 18 February 2014",
		"<https://example.com/a?b=1&amp;c=2>":                      "https://example.com/a?b=1&c=2",
		"<https://example.com|example.com>":                        "https://example.com",
		"<http://example.com|http://example.com>":                  "http://example.com",
		"<https://example.com/d|the dashboard>":                    "the dashboard (https://example.com/d)",
		"<mailto:responder@example.com|responder@example.com>":     "responder@example.com",
		"a &lt; b &amp;&amp; c &gt; d, &amp;lt;":                   "a < b && c > d, &lt;",
		"*bold* `code` ~gone~":                                     "*bold* `code` ~gone~",
		" two\nlines\u202e ":                                       "two\nlines",
		"<>, <|x> and <unfinished":                                 "<>, <|x> and <unfinished",
	} {
		body := inChannel(fmt.Sprintf(`"user":"U1","text":%q`, text))
		require.Equal(t, want, newGate().act(t, asJSON, body).Message.Text, text)
	}
}
