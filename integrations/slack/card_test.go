package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
)

var (
	moment  = time.Date(2026, time.November, 22, 14, 32, 0, 0, time.UTC)
	known   = incident.Person{Name: "Sample Responder", Email: "responder@example.com"}
	unknown = incident.Person{Name: "Sample <!channel> Guest", Email: "guest@example.com"}
)

// newKnowing returns a client of a Slack that knows one person and takes every message.
func newKnowing(t *testing.T) (*slack.Client, *vendortest.Fake) {
	t.Helper()
	client, fake := newClient(t)
	fake.Handle("POST /api/users.lookupByEmail", func(w http.ResponseWriter, r *http.Request) {
		answer := refusal("users_not_found")
		if r.FormValue("email") == known.Email {
			answer = `{"ok":true,"user":{"id":"U0RESPONDER"}}`
		}
		vendortest.WriteJSON(t, w, http.StatusOK, answer)
	})
	fake.Answer(post, http.StatusOK, posted)
	fake.Answer(permalink, http.StatusOK, addressed)
	return client, fake
}

// everyPart puts a hostile text into every place that a card has for one.
func everyPart(text string) chat.Card {
	option := chat.Option{Value: "INC-42|step", Label: text, Hint: text, Chosen: true}
	button := chat.Control{Act: "acknowledge", Value: "INC-42", Label: text, Style: chat.Primary}
	return chat.Card{
		Summary: "INC-42 " + text,
		Parts: []chat.Part{
			{Heading: text},
			{Body: chat.Text{chat.Bold(text), chat.Plain(" since "), chat.Since(moment), chat.Plain("\n" + text + "\n"), chat.Code(text)}},
			{Body: chat.Line(text)},
			{Body: chat.Text{chat.Bold("Page"), chat.Plain(" " + text)}, Beside: &button},
			{Body: chat.Line(text), Beside: &chat.Control{Act: "role", Label: text, People: true}},
			{Fields: []chat.Field{{Label: "Severity", Text: chat.Line("SEV1")}, {Label: text, Text: chat.Line(text)}}},
			{Divider: true},
			{Aside: chat.Text{chat.Plain(text + " "), chat.Moment(moment), chat.Plain(" "), chat.Linked(text, "https://muster.example.com/?a=1&b=<2>|3")}},
			{Aside: chat.Text{chat.Mention(known), chat.Plain(" and "), chat.Mention(unknown), chat.Plain(" " + text)}},
			{Controls: []chat.Control{
				button,
				{Act: "resolve", Value: "INC-42", Label: text, Style: chat.Danger, Confirm: text},
				{Act: "severity", Label: text, Options: []chat.Option{option}},
				{Act: "open", Label: text, URL: "https://muster.example.com/incidents/INC-42"},
				{Act: "open", Label: text, URL: "javascript:alert(1)"},
			}},
			{Image: "https://muster.example.com/graph.png", ImageAlt: text},
			{Image: "file:///etc/passwd", ImageAlt: text},
		},
	}
}

// hostile are texts that try to be something else.
func hostile() map[string]string {
	return map[string]string{
		"plain":         "Checkout fails since 14:32",
		"mentions":      "<!channel> <!here> <!everyone> <@U0SOMEBODY> <!subteam^S1> @here @channel #general <#C1> <mailto:x@example.com|click>",
		"formatting":    "*bold* _italic_ ~strike~ `code` ```block``` snake_case_name __init__ :fire: 2*3*4",
		"quotes":        "> quoted\n>>> more\n• point\n1. first",
		"entities":      "a && b < c > d &lt;!channel&gt; &amp; <!date^0^{ago}|never>",
		"links":         "https://evil.example.com <https://evil.example.com|https://muster.example.com> [text](https://evil.example.com)",
		"controls":      "bell\a null\x00 escape\x1b[31m override\u202egnp.exe isolate\u2067 embedding\u202b broken\xff\xfe end",
		"right_to_left": "השירות אינו זמין — הכרטיס INC-42 נפתח\nالخدمة غير متوفرة",
		"emoji":         "👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ :fire:",
		"blank":         " \n\t\u00a0",
		"invisible":     "\u200b\u2060\ufeff",
	}
}

// shown returns the blocks that a card becomes.
func shown(t *testing.T, card chat.Card) (text, blocks string) {
	t.Helper()
	client, fake := newKnowing(t)
	_, err := client.Show(t.Context(), chat.Outgoing{ChannelID: channelID, Card: card})
	require.NoError(t, err)
	sent := fake.Requests("/api/chat.postMessage")[0].Form
	return sent.Get("text"), sent.Get("blocks")
}

// TestACardShowsHostileTextAsItStands compares what Slack receives with golden files, and
// with Slack's rules.
func TestACardShowsHostileTextAsItStands(t *testing.T) {
	t.Parallel()
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			summary, blocks := shown(t, everyPart(text))
			require.Empty(t, blockProblems(blocks, false))
			require.NotContains(t, summary, "<")
			golden(t, "card_"+name, summary, blocks)
		})
	}
}

func TestACardOfAnySizeKeepsSlacksLimits(t *testing.T) {
	t.Parallel()
	family := "👩‍👩‍👧‍👦"
	for name, text := range map[string]string{
		"many words":            strings.Repeat("The checkout of the sample shop fails. ", 500),
		"one long word":         strings.Repeat("x", 20_000),
		"escaped characters":    strings.Repeat("&<>", 5_000),
		"emoji of several runs": strings.Repeat(family, 2_000),
		"surrogate pairs":       strings.Repeat("𝕏", 10_000),
		"marks without letters": strings.Repeat("\u0301", 10_000),
		"many lines":            strings.Repeat("line\n", 5_000),
		"formatting characters": strings.Repeat("*_~`", 5_000),
		"from right to left":    strings.Repeat("שלום ", 5_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, blocks := shown(t, everyPart(text))
			require.Empty(t, blockProblems(blocks, false))
			require.Contains(t, blocks, "…")
		})
	}
}

func TestWhatDoesNotFitIsCounted(t *testing.T) {
	t.Parallel()
	items := func(count int, part func(i int) chat.Part) chat.Card {
		card := chat.Card{Summary: "Steps"}
		for i := range count {
			card.Parts = append(card.Parts, part(i))
		}
		return card
	}
	line := func(i int) chat.Part { return chat.Part{Body: chat.Line(fmt.Sprintf("step %d", i))} }
	for name, row := range map[string]struct {
		card   chat.Card
		blocks int
		want   string
	}{
		"as many parts as Slack takes are all shown":    {items(50, line), 50, `"step 49"`},
		"one more than Slack takes leaves two to count": {items(51, line), 50, `"and 2 more"`},
		"many more are counted":                         {items(200, line), 50, `"and 151 more"`},
		"long parts end before they are too long together": {
			items(20, func(int) chat.Part { return chat.Part{Body: chat.Line(strings.Repeat("long ", 400))} }), 7, `"and 14 more"`,
		},
		"a row with more controls than Slack takes goes on in the next": {
			items(1, func(int) chat.Part { return chat.Part{Controls: buttons(60)} }), 3, `"value":"INC-42|step-59"`,
		},
		"more facts than Slack takes go on in the next section": {
			items(1, func(int) chat.Part {
				part := chat.Part{}
				for i := range 12 {
					part.Fields = append(part.Fields, chat.Field{Label: fmt.Sprintf("Fact %d", i), Text: chat.Line("true")})
				}
				return part
			}), 2, `*Fact 11*`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, blocks := shown(t, row.card)
			require.Empty(t, blockProblems(blocks, false))
			var all []any
			require.NoError(t, json.Unmarshal([]byte(blocks), &all))
			require.Len(t, all, row.blocks)
			require.Contains(t, blocks, row.want)
		})
	}
}

func buttons(count int) []chat.Control {
	controls := make([]chat.Control, count)
	for i := range controls {
		controls[i] = chat.Control{Act: "step_complete", Value: fmt.Sprintf("INC-42|step-%d", i), Label: fmt.Sprintf("Step %d", i)}
	}
	return controls
}

func TestAMenuOfMoreThanSlackTakesCountsTheRest(t *testing.T) {
	t.Parallel()
	var options []chat.Option
	for i := range 130 {
		options = append(options, chat.Option{Value: fmt.Sprint(i), Label: fmt.Sprintf("Option %d", i)})
	}
	_, blocks := shown(t, chat.Card{Summary: "menu", Parts: []chat.Part{{Controls: []chat.Control{{Act: "step_menu", Label: "Steps", Options: options}}}}})
	require.Empty(t, blockProblems(blocks, false))
	require.Contains(t, blocks, "and 30 more that do not fit here")
}

func TestControlsThatCouldNotWorkAreLeftOut(t *testing.T) {
	t.Parallel()
	_, blocks := shown(t, chat.Card{Summary: "controls", Parts: []chat.Part{{Controls: []chat.Control{
		{Act: "acknowledge", Value: "INC-42", Label: "Acknowledge"},
		{Act: "", Label: "no act"},
		{Act: "update", Label: " \n"},
		{Act: "update", Label: "too much to bring back", Value: strings.Repeat("x", 2001)},
		{Act: "severity", Label: "too much to bring back", Options: []chat.Option{{Value: strings.Repeat("x", 151), Label: "SEV1"}}},
		{Act: "open", Label: "nowhere", URL: "muster.example.com"},
		{Act: strings.Repeat("x", 300), Label: "a long act"},
	}}}})
	require.Empty(t, blockProblems(blocks, false))
	require.JSONEq(t, `[{"type":"actions","elements":[{"type":"button","action_id":"muster:acknowledge:1ynw0bo","value":"INC-42",
		"text":{"type":"plain_text","text":"Acknowledge","emoji":false}}]}]`, blocks)
}

func TestPressesComeBackAsTheControlSays(t *testing.T) {
	t.Parallel()
	_, blocks := shown(t, chat.Card{Summary: "controls", Parts: []chat.Part{{Controls: []chat.Control{
		{Act: "take_role", Value: "INC-42|commander", Label: "Take command"},
		{Act: "take_role", Value: "INC-42|scribe", Label: "Take notes"},
		{Act: "severity", Label: "Severity", Options: []chat.Option{
			{Value: "INC-42|SEV1", Label: "SEV1"}, {Value: "INC-42|SEV2", Label: "SEV2", Chosen: true, Hint: "some people notice"},
		}},
		{Act: "role", Label: "Hand over", People: true},
		{Label: "Open", URL: "https://muster.example.com/incidents/INC-42"},
	}}}})
	require.Empty(t, blockProblems(blocks, false))
	golden(t, "controls_and_menus", "controls", blocks)
}

func TestOnlyWhoHasAnAccountIsMentioned(t *testing.T) {
	t.Parallel()
	_, blocks := shown(t, chat.Card{Summary: "mentions", Parts: []chat.Part{{Body: chat.Text{
		chat.Mention(known), chat.Plain(" "), chat.Mention(unknown), chat.Plain(" "), chat.Mention(incident.Person{Name: "<@U0SOMEBODY>"}),
	}}}})
	require.JSONEq(t, `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
		{"type":"user","user_id":"U0RESPONDER"},{"type":"text","text":" "},
		{"type":"text","text":"Sample <!channel> Guest"},{"type":"text","text":" "},{"type":"text","text":"<@U0SOMEBODY>"}]}]}]`, blocks)
}

func TestPeopleAreLookedUpOnceForManyCards(t *testing.T) {
	t.Parallel()
	client, fake := newKnowing(t)
	card := chat.Card{Summary: "mentions", Parts: []chat.Part{{Body: chat.Text{chat.Mention(known), chat.Mention(unknown), chat.Mention(known)}}}}
	for range 3 {
		_, err := client.Show(t.Context(), chat.Outgoing{ChannelID: channelID, Card: card})
		require.NoError(t, err)
	}
	require.Len(t, fake.Requests("/api/users.lookupByEmail"), 2)
}

func TestACardIsShownWhereSlackDoesNotTellWhoPeopleAre(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer string
		final  bool
	}{
		"for want of a scope people are shown by name": {`{"ok":false,"error":"missing_scope","needed":"users:read.email"}`, true},
		"trouble that passes is waited for":            {refusal("internal_error"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer("POST /api/users.lookupByEmail", http.StatusOK, row.answer)
			fake.Answer(post, http.StatusOK, posted)
			fake.Answer(permalink, http.StatusOK, addressed)
			_, err := client.Show(t.Context(), chat.Outgoing{
				ChannelID: channelID, Card: chat.Card{Summary: "text", Parts: []chat.Part{{Body: chat.Text{chat.Mention(known)}}}},
			})
			if !row.final {
				require.Error(t, err)
				require.False(t, integrations.IsFinal(err))
				return
			}
			require.NoError(t, err)
			require.Contains(t, fake.Requests("/api/chat.postMessage")[0].Form.Get("blocks"), known.Name)
		})
	}
}

func TestACardWithoutPartsShowsItsSummary(t *testing.T) {
	t.Parallel()
	text, blocks := shown(t, chat.Card{Summary: "*INC-42* & <!channel>"})
	require.Equal(t, "*INC-42* &amp; &lt;!channel&gt;", text)
	require.JSONEq(t, `[{"type":"section","text":{"type":"plain_text","text":"*INC-42* & <!channel>","emoji":false}}]`, blocks)
}

func TestACardWithoutASummaryIsRefused(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t)
	_, err := client.Show(t.Context(), chat.Outgoing{ChannelID: channelID, Card: chat.Card{Summary: " \x00\n"}})
	require.ErrorContains(t, err, "the card has no summary")
	require.True(t, integrations.IsFinal(err))
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	document, err := json.Marshal(value)
	require.NoError(t, err)
	return document
}

// FuzzCard checks that a card of any shape, with any text in any place, keeps to Slack's
// rules.
func FuzzCard(f *testing.F) {
	f.Add("plain", 1, 40)
	f.Add(strings.Repeat("long ", 1000), 60, 30)
	for _, text := range hostile() {
		f.Add(text, 3, 3)
	}
	f.Fuzz(func(t *testing.T, text string, repeated, controls int) {
		if repeated < 1 || repeated > 20 || controls < 0 || controls > 120 {
			return
		}
		all := everyPart(text)
		all.Parts = append(all.Parts, chat.Part{Controls: buttons(controls)})
		all.Parts = slices.Repeat(all.Parts, repeated)
		client := slack.New(slack.Options{
			Token: token, Unshaped: true,
			HTTPClient: &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := posted
				switch r.URL.Path {
				case "/api/users.lookupByEmail":
					answer = `{"ok":true,"user":{"id":"U0RESPONDER"}}`
				case "/api/chat.getPermalink":
					answer = addressed
				default:
					if problems := blockProblems(r.FormValue("blocks"), false); len(problems) > 0 {
						t.Error(problems)
					}
				}
				vendortest.WriteJSON(t, w, http.StatusOK, answer)
			}))},
		})
		if _, err := client.Show(t.Context(), chat.Outgoing{ChannelID: channelID, Card: all}); err != nil {
			t.Error(err)
		}
	})
}

// Somebody may press a button while the message is edited under their finger.
func TestAControlKeepsItsIDWhateverComesAndGoesAroundIt(t *testing.T) {
	t.Parallel()
	ids := func(controls ...chat.Control) []string {
		_, blocks := shown(t, chat.Card{Summary: "controls", Parts: []chat.Part{{Controls: controls}}})
		var rows []struct {
			Elements []struct {
				ActionID string `json:"action_id"`
			} `json:"elements"`
		}
		require.NoError(t, json.Unmarshal([]byte(blocks), &rows))
		var all []string
		for _, element := range rows[0].Elements {
			all = append(all, element.ActionID)
		}
		return all
	}
	acknowledge := chat.Control{Act: "acknowledge", Value: "INC-42", Label: "Acknowledge"}
	one := chat.Control{Act: "step_complete", Value: "INC-42|one", Label: "Done"}
	two := chat.Control{Act: "step_complete", Value: "INC-42|two", Label: "Done"}
	before := ids(acknowledge, one, two)
	require.Equal(t, before[1:], ids(one, two))
	require.Equal(t, before[2:], ids(two))
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(ids(one, one, two)))), 3, "each has its own")
}
