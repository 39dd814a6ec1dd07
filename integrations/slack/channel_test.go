package slack_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
)

const (
	created = `{"ok":true,"channel":{"id":"C0INCIDENT","name":"inc-42-payments","creator":"U0MUSTER",
		"topic":{"value":""},"purpose":{"value":""}}}`
	create  = "POST /api/conversations.create"
	list    = "POST /api/conversations.list"
	purpose = "POST /api/conversations.setPurpose"
	topic   = "POST /api/conversations.setTopic"
)

func request() incident.ChannelRequest {
	return incident.ChannelRequest{
		Key: "INC-42/channel", Name: "inc-42-payments",
		Topic: "SEV1 · investigating", Purpose: "Checkout <fails> & so on",
	}
}

// listed is a channel as Slack lists it; note is its purpose.
func listed(id, name, creator, note, more string) string {
	return `{"id":"` + id + `","name":"` + name + `","creator":"` + creator + `",
		"topic":{"value":""},"purpose":{"value":"` + note + `"}` + more + `}`
}

func channels(documents ...string) string {
	return `{"ok":true,"channels":[` + strings.Join(documents, ",") + `]}`
}

func TestOpenChannelCreatesMarksAndNamesIt(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(create, http.StatusOK, created)
	fake.Answer(purpose, http.StatusOK, accepted)
	fake.Answer(topic, http.StatusOK, accepted)

	channel, err := client.OpenChannel(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, incident.Channel{
		ID: channelID, Name: "inc-42-payments", URL: "https://sample.slack.com/archives/C0INCIDENT",
	}, channel)

	asked := fake.Requests("/api/conversations.create")
	require.Len(t, asked, 1)
	require.Equal(t, "inc-42-payments", asked[0].Form.Get("name"))
	require.Equal(t, "muster", asked[0].Header.Get("User-Agent"))
	require.Equal(t, "Checkout &lt;fails&gt; &amp; so on [muster:INC-42/channel]",
		fake.Requests("/api/conversations.setPurpose")[0].Form.Get("purpose"))
	require.Equal(t, "SEV1 · investigating", fake.Requests("/api/conversations.setTopic")[0].Form.Get("topic"))
}

func TestOpenChannelWhenTheNameIsTaken(t *testing.T) {
	t.Parallel()
	const (
		ours    = "U0MUSTER"
		foreign = "U0SOMEBODY"
		name    = "inc-42-payments"
		mark    = "Checkout [muster:INC-42/channel]"
	)
	for title, row := range map[string]struct {
		// answers to the attempts to create it and to the listing of channels
		creates, lists []string
		wantID         string
		wantNames      []string
	}{
		"a channel with our mark is adopted": {
			creates: []string{refusal("name_taken")},
			lists:   []string{channels(listed("C1", "other", foreign, "", ""), listed("C2", name, ours, mark, ""))},
			wantID:  "C2", wantNames: []string{name},
		},
		"a channel with our mark is adopted under another name": {
			creates: []string{refusal("name_taken")},
			lists:   []string{channels(listed("C1", name, foreign, "", ""), listed("C2", "renamed", ours, mark, ""))},
			wantID:  "C2", wantNames: []string{name},
		},
		"a channel on the second page is adopted": {
			creates: []string{refusal("name_taken")},
			lists: []string{
				`{"ok":true,"channels":[],"response_metadata":{"next_cursor":"more"}}`,
				channels(listed("C2", name, ours, mark, "")),
			},
			wantID: "C2", wantNames: []string{name},
		},
		"a channel that we created and did not come to mark is adopted": {
			creates: []string{refusal("name_taken")},
			lists:   []string{channels(listed("C2", name, ours, "", ""))},
			wantID:  "C2", wantNames: []string{name},
		},
		"an unmarked channel with a number is adopted too": {
			creates: []string{refusal("name_taken")},
			lists:   []string{channels(listed("C1", name, foreign, "", ""), listed("C2", name+"-2", ours, "", ""))},
			wantID:  "C2", wantNames: []string{name},
		},
		"an unmarked channel of somebody else is left alone": {
			creates: []string{refusal("name_taken"), created},
			lists:   []string{channels(listed("C1", name, foreign, "", ""))},
			wantID:  channelID, wantNames: []string{name, name + "-2"},
		},
		"a channel of another incident is left alone": {
			creates: []string{refusal("name_taken"), created},
			lists:   []string{channels(listed("C1", name, ours, "Old [muster:INC-4/channel]", ""))},
			wantID:  channelID, wantNames: []string{name, name + "-2"},
		},
		"numbers go on until a name is free": {
			creates: []string{refusal("name_taken"), refusal("name_taken"), created},
			lists:   []string{channels()},
			wantID:  channelID, wantNames: []string{name, name + "-2", name + "-3"},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(create, http.StatusOK, row.creates...)
			fake.Answer(list, http.StatusOK, row.lists...)
			fake.Answer(purpose, http.StatusOK, accepted)
			fake.Answer(topic, http.StatusOK, accepted)

			channel, err := client.OpenChannel(t.Context(), request())
			require.NoError(t, err)
			require.Equal(t, row.wantID, channel.ID)
			var names []string
			for _, asked := range fake.Requests("/api/conversations.create") {
				names = append(names, asked.Form.Get("name"))
			}
			require.Equal(t, row.wantNames, names)
			require.Len(t, fake.Requests("/api/conversations.list"), len(row.lists))
		})
	}
}

func TestOpenChannelFindsTheTopicAndPurposeInPlace(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(create, http.StatusOK, refusal("name_taken"))
	fake.Answer(list, http.StatusOK, channels(`{"id":"C2","name":"inc-42-payments",
		"topic":{"value":"SEV1 · investigating"},
		"purpose":{"value":"Checkout &lt;fails&gt; &amp; so on [muster:INC-42/channel]"}}`))

	_, err := client.OpenChannel(t.Context(), request())
	require.NoError(t, err, "setting either again would meet no answer and fail the test")
}

func TestOpenChannelOpensAnArchivedOneAgain(t *testing.T) {
	t.Parallel()
	const archived = `,"is_archived":true`
	for title, row := range map[string]struct{ answer, wantID string }{
		"where Slack lets the app":     {accepted, "C2"},
		"where somebody was faster":    {refusal("not_archived"), "C2"},
		"or else opens a numbered one": {refusal("not_in_channel"), channelID},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(create, http.StatusOK, refusal("name_taken"), created)
			fake.Answer(list, http.StatusOK,
				channels(listed("C2", "inc-42-payments", "U0MUSTER", "[muster:INC-42/channel]", archived)))
			fake.Answer("POST /api/conversations.unarchive", http.StatusOK, row.answer)
			fake.Answer(purpose, http.StatusOK, accepted)
			fake.Answer(topic, http.StatusOK, accepted)

			channel, err := client.OpenChannel(t.Context(), request())
			require.NoError(t, err)
			require.Equal(t, row.wantID, channel.ID)
		})
	}
}

func TestOpenChannelTriesNoNameThatIsKnownToBeTaken(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(create, http.StatusOK, refusal("name_taken"), `{"ok":true,"channel":{"id":"C3","name":"inc-42-payments-3"}}`)
	fake.Answer(list, http.StatusOK, channels(
		listed("C1", "inc-42-payments", "U0OTHER", "", ""), listed("C2", "inc-42-payments-2", "U0OTHER", "", "")))
	fake.Answer(purpose, http.StatusOK, accepted)
	fake.Answer(topic, http.StatusOK, accepted)

	channel, err := client.OpenChannel(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, "C3", channel.ID)
	tried := fake.Requests("/api/conversations.create")
	require.Len(t, tried, 2)
	require.Equal(t, "inc-42-payments-3", tried[1].Form.Get("name"))
}

func TestOpenChannelGivesUpAfterTenNames(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(create, http.StatusOK, refusal("name_taken"))
	fake.Answer(list, http.StatusOK, channels())

	_, err := client.OpenChannel(t.Context(), request())
	require.ErrorContains(t, err, "inc-42-payments to inc-42-payments-10 are all taken")
	require.True(t, integrations.IsFinal(err))
	require.Len(t, fake.Requests("/api/conversations.create"), 10)
}

func TestOpenChannelFitsNameToSlacksRules(t *testing.T) {
	t.Parallel()
	for wish, want := range map[string]string{
		"INC-42 Payments: DOWN!":       "inc-42-payments-down",
		"inc_42__x":                    "inc_42__x",
		"#inc-42":                      "inc-42",
		"inc-42 – Zahlung über Karte":  "inc-42-zahlung-ber-karte",
		"重大インシデント":                     "incident-dfb47042d7cd2e16",
		"":                             "incident-dfb47042d7cd2e16",
		strings.Repeat("x", 100):       strings.Repeat("x", 80),
		strings.Repeat("x", 79) + " y": strings.Repeat("x", 79),
	} {
		t.Run(wish, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(create, http.StatusOK, refusal("name_taken"), created)
			fake.Answer(list, http.StatusOK, channels())
			fake.Answer(purpose, http.StatusOK, accepted)
			fake.Answer(topic, http.StatusOK, accepted)

			asked := request()
			asked.Name = wish
			_, err := client.OpenChannel(t.Context(), asked)
			require.NoError(t, err)
			tried := fake.Requests("/api/conversations.create")
			require.Equal(t, want, tried[0].Form.Get("name"))
			second := tried[1].Form.Get("name")
			require.True(t, strings.HasSuffix(second, "-2"), second)
			require.LessOrEqual(t, len(second), 80)
		})
	}
}

func TestOpenChannelRefusesWhatItCouldNotRepeat(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t)
	_, err := client.OpenChannel(t.Context(), incident.ChannelRequest{Name: "inc-42"})
	require.ErrorContains(t, err, "has no key")
	require.True(t, integrations.IsFinal(err))
}

func TestOpenChannelKeepsTheMarkOfALongPurposeAndKey(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(create, http.StatusOK, created)
	fake.Answer(purpose, http.StatusOK, accepted)
	fake.Answer(topic, http.StatusOK, accepted)

	asked := request()
	asked.Key = strings.Repeat("key ", 50)
	asked.Purpose = strings.Repeat("<why> ", 100)
	_, err := client.OpenChannel(t.Context(), asked)
	require.NoError(t, err)
	set := fake.Requests("/api/conversations.setPurpose")[0].Form.Get("purpose")
	require.Regexp(t, `…? \[muster:[0-9a-f]{16}\]$`, set)
	require.LessOrEqual(t, len([]rune(set)), 250)
}

func TestSetTopicSendsNothingWhenItReadsSoAlready(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("POST /api/conversations.info", http.StatusOK,
		`{"ok":true,"channel":{"id":"C0INCIDENT","topic":{"value":"SEV1 &amp; &lt;rising&gt;"}}}`)
	fake.Answer(topic, http.StatusOK, accepted)

	require.NoError(t, client.SetTopic(t.Context(), channelID, "SEV1 & <rising>"))
	require.Empty(t, fake.Requests("/api/conversations.setTopic"))

	require.NoError(t, client.SetTopic(t.Context(), channelID, "SEV2\n& falling"))
	set := fake.Requests("/api/conversations.setTopic")
	require.Len(t, set, 1)
	require.Equal(t, "SEV2 &amp; falling", set[0].Form.Get("topic"))
	require.Equal(t, channelID, set[0].Form.Get("channel"))
}

func TestSetTopicIsCutAfterAWord(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("POST /api/conversations.info", http.StatusOK, created)
	fake.Answer(topic, http.StatusOK, accepted)

	require.NoError(t, client.SetTopic(t.Context(), channelID, strings.Repeat("checkout fails ", 40)))
	set := fake.Requests("/api/conversations.setTopic")[0].Form.Get("topic")
	require.True(t, strings.HasSuffix(set, " checkout…") || strings.HasSuffix(set, " fails…"), set)
	require.LessOrEqual(t, len([]rune(set)), 250)
	require.Greater(t, len([]rune(set)), 230)
}
