package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	history   = "POST /api/conversations.history"
	post      = "POST /api/chat.postMessage"
	permalink = "GET /api/chat.getPermalink"

	nothingPosted = `{"ok":true,"messages":[]}`
	posted        = `{"ok":true,"channel":"C0INCIDENT","ts":"1700000000.000100"}`
	address       = "https://sample.slack.com/archives/C0INCIDENT/p1700000000000100"
	addressed     = `{"ok":true,"permalink":"` + address + `"}`
)

func message() incident.Message {
	return incident.Message{Key: "INC-42/brief", ChannelID: channelID, Text: "*Checkout* fails"}
}

func TestPostMarksTheMessageAndReturnsItsAddress(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(history, http.StatusOK, nothingPosted)
	fake.Answer(post, http.StatusOK, posted)
	fake.Answer(permalink, http.StatusOK, addressed)

	url, err := client.Post(t.Context(), message())
	require.NoError(t, err)
	require.Equal(t, address, url)

	searched := fake.Requests("/api/conversations.history")[0].Form
	require.Equal(t, "1", searched.Get("include_all_metadata"))
	sent := fake.Requests("/api/chat.postMessage")[0].Form
	require.Equal(t, channelID, sent.Get("channel"))
	require.Equal(t, "*Checkout* fails", sent.Get("text"))
	require.JSONEq(t, `{"event_type":"muster_message","event_payload":{"key":"INC-42/brief"}}`, sent.Get("metadata"))
	asked := fake.Requests("/api/chat.getPermalink")[0]
	require.Equal(t, "1700000000.000100", asked.Query.Get("message_ts"))
	require.Equal(t, "Bearer "+token, asked.Header.Get("Authorization"))
}

func TestPostAgainFindsTheMessage(t *testing.T) {
	t.Parallel()
	const other = `{"ts":"1.0","metadata":{"event_type":"deployment","event_payload":{"key":"INC-42/brief"}}},
		{"ts":"2.0","text":"no metadata"},
		{"ts":"3.0","metadata":{"event_type":"muster_message","event_payload":{"key":"INC-42/update"}}}`
	const ours = `{"ts":"1700000000.000100","metadata":{"event_type":"muster_message","event_payload":{"key":"INC-42/brief"}}}`
	for title, pages := range map[string][]string{
		"on the first page":  {`{"ok":true,"messages":[` + other + `,` + ours + `]}`},
		"on the second page": {`{"ok":true,"messages":[` + other + `],"response_metadata":{"next_cursor":"more"}}`, `{"ok":true,"messages":[` + ours + `]}`},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(history, http.StatusOK, pages...)
			fake.Answer("POST /api/pins.add", http.StatusOK, refusal("already_pinned"))
			fake.Answer(permalink, http.StatusOK, addressed)

			again := message()
			again.Pin = true
			url, err := client.Post(t.Context(), again)
			require.NoError(t, err)
			require.Equal(t, address, url)
			require.Len(t, fake.Requests("/api/conversations.history"), len(pages))
			require.Empty(t, fake.Requests("/api/chat.postMessage"))
		})
	}
}

func TestPostPinsTheMessage(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(post, http.StatusOK, posted)
	fake.Answer("POST /api/pins.add", http.StatusOK, accepted)
	fake.Answer(permalink, http.StatusOK, addressed)

	_, err := client.Post(t.Context(), incident.Message{ChannelID: channelID, Text: "brief", Pin: true})
	require.NoError(t, err)
	pinned := fake.Requests("/api/pins.add")[0].Form
	require.Equal(t, channelID, pinned.Get("channel"))
	require.Equal(t, "1700000000.000100", pinned.Get("timestamp"))
	require.Empty(t, fake.Requests("/api/conversations.history"), "a message without a key is not searched for")
}

func TestPostStandsWithoutAnAddress(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(history, http.StatusOK, nothingPosted)
	fake.Answer(post, http.StatusOK, posted)
	fake.Answer(permalink, http.StatusOK, refusal("internal_error"))

	url, err := client.Post(t.Context(), message())
	require.NoError(t, err)
	require.Empty(t, url)
}

func TestPostFails(t *testing.T) {
	t.Parallel()
	for title, row := range map[string]struct {
		text, answer, want string
		final              bool
	}{
		"without a text":           {text: " \n\t\x00", answer: posted, want: "is empty", final: true},
		"when Slack refuses":       {text: "text", answer: refusal("is_archived"), want: "unarchive it", final: true},
		"when Slack does not tell": {text: "text", answer: accepted, want: "lacks the message's timestamp"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(post, http.StatusOK, row.answer)
			_, err := client.Post(t.Context(), incident.Message{ChannelID: channelID, Text: row.text})
			require.ErrorContains(t, err, row.want)
			require.Equal(t, row.final, integrations.IsFinal(err))
		})
	}
}

// TestPostShowsHostileTextAsItStands compares what Slack receives with golden files.
func TestPostShowsHostileTextAsItStands(t *testing.T) {
	t.Parallel()
	family := "👩‍👩‍👧‍👦"
	links := []incident.Link{{Title: "Incident INC-42", URL: "https://muster.example.com/incidents/INC-42"}}
	for name, message := range map[string]incident.Message{
		"plain":      {Text: "*Checkout* fails\nsince 14:32", Links: links},
		"mentions":   {Text: "<!channel> <!here> <@U0SOMEBODY> <!subteam^S1> @here #general <mailto:x@example.com|click>"},
		"entities":   {Text: "a && b < c > d &lt;!channel&gt; &amp;"},
		"multi_line": {Text: "\r\n\r\nfirst\r\n\r\nthird\tcolumn\n\n"},
		"controls":   {Text: "bell\a null\x00 escape\x1b[31m override\u202egnp.exe broken\xff\xfe end"},
		"right_to_left": {
			Text:  "השירות אינו זמין — הכרטיס INC-42 נפתח\nالخدمة غير متوفرة",
			Links: []incident.Link{{Title: "תקרית", URL: "https://muster.example.com/incidents/INC-42?a=1&b=2"}},
		},
		"emoji":     {Text: family + " 🇩🇪 👍🏽 :fire: ❤️"},
		"long":      {Text: strings.Repeat("The checkout of the sample shop fails. ", 200)},
		"long_word": {Text: strings.Repeat("x", 5000)},
		// Each ampersand grows to five characters, so the cut must count them escaped.
		"long_escaped": {Text: strings.Repeat("&", 5000)},
		"long_emoji":   {Text: strings.Repeat(family, 1000)},
		"links": {Text: "links", Links: []incident.Link{
			{Title: "A | B <!channel>", URL: "https://example.com/a|b?q=<x>&r=1"},
			{Title: "script", URL: "javascript:alert(1)"},
			{Title: "no scheme", URL: "example.com/x"},
			{Title: "broken", URL: "https://exa mple.com/%zz"},
			{Title: " ", URL: "https://example.com/untitled"},
			{Title: "two\nlines", URL: "https://example.com/two"},
			{Title: "too long", URL: "https://example.com/" + strings.Repeat("x", 4000)},
			{Title: strings.Repeat("long title ", 30), URL: "https://example.com/long"},
		}},
		"many_links": {Text: "links", Links: manyLinks(100)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(post, http.StatusOK, posted)
			fake.Answer(permalink, http.StatusOK, addressed)
			message.ChannelID = channelID
			_, err := client.Post(t.Context(), message)
			require.NoError(t, err)

			sent := fake.Requests("/api/chat.postMessage")[0].Form
			for _, text := range texts(t, sent.Get("blocks")) {
				require.LessOrEqual(t, integrations.UTF16Length(text), 3000)
			}
			golden(t, name, sent.Get("text"), sent.Get("blocks"))
		})
	}
}

func manyLinks(n int) (links []incident.Link) {
	for range n {
		links = append(links, incident.Link{Title: "Dashboard of the sample service", URL: "https://example.com/dashboard?a=1&b=2"})
	}
	return links
}

// texts returns the texts of the blocks.
func texts(t *testing.T, blocks string) (found []string) {
	t.Helper()
	type text struct {
		Text     string
		Verbatim bool
	}
	var layout []struct {
		Text     *text
		Elements []text
	}
	require.NoError(t, json.Unmarshal([]byte(blocks), &layout))
	for _, block := range layout {
		if block.Text != nil {
			block.Elements = append(block.Elements, *block.Text)
		}
		for _, element := range block.Elements {
			require.True(t, element.Verbatim, "or else Slack makes mentions of names")
			found = append(found, element.Text)
		}
	}
	require.NotEmpty(t, found)
	return found
}

// golden compares a message with testdata/NAME.golden.
func golden(t *testing.T, name, text, blocks string) {
	t.Helper()
	var got bytes.Buffer
	got.WriteString(text + "\n\n")
	encoder := json.NewEncoder(&got)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	var layout any
	require.NoError(t, json.Unmarshal([]byte(blocks), &layout))
	require.NoError(t, encoder.Encode(layout))

	file := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())
}

func TestBookmark(t *testing.T) {
	t.Parallel()
	link := incident.Link{Title: "Incident\nINC-42", URL: "https://muster.example.com/incidents/INC-42?a=1&b=2"}
	for title, row := range map[string]struct {
		listed string
		adds   int
	}{
		"is added":                              {`[{"link":"https://example.com/"}]`, 1},
		"is there already":                      {`[{"link":"https://muster.example.com/incidents/INC-42?a=1&b=2"}]`, 0},
		"is there already as Slack escaped it":  {`[{"link":"https://muster.example.com/incidents/INC-42?a=1&amp;b=2"}]`, 0},
		"is added to a bar that has none of it": {`[]`, 1},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer("POST /api/bookmarks.list", http.StatusOK, `{"ok":true,"bookmarks":`+row.listed+`}`)
			fake.Answer("POST /api/bookmarks.add", http.StatusOK, accepted)
			require.NoError(t, client.Bookmark(t.Context(), channelID, link))
			added := fake.Requests("/api/bookmarks.add")
			require.Len(t, added, row.adds)
			for _, request := range added {
				require.Equal(t, "Incident INC-42", request.Form.Get("title"))
				require.Equal(t, link.URL, request.Form.Get("link"))
				require.Equal(t, "link", request.Form.Get("type"))
			}
		})
	}
}
