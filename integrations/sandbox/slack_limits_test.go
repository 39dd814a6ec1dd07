package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

// x is a text of so many characters, in quotes.
func x(characters int) string { return `"` + strings.Repeat("x", characters) + `"` }

// list repeats a document, each time with another number in place of its %d.
func list(count int, document string) string {
	items := make([]string, count)
	for i := range items {
		items[i] = strings.ReplaceAll(document, "%d", fmt.Sprint(i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func plainJSON(quoted string) string { return `{"type":"plain_text","text":` + quoted + `}` }

func TestBlocksAreHeldToSlacksLimits(t *testing.T) {
	t.Parallel()
	button := func(more string) string {
		return `{"type":"button","action_id":"a%d","text":` + plainJSON(`"Go"`) + more + `}`
	}
	actions := func(elements string) string { return `[{"type":"actions","elements":` + elements + `}]` }
	menu := func(options string) string {
		return actions(`[{"type":"static_select","action_id":"a","options":` + options + `}]`)
	}
	option := `{"text":` + plainJSON(`"One"`) + `,"value":"%d"}`
	for name, tc := range map[string]struct{ blocks, want string }{
		"50 blocks are taken":                     {list(50, `{"type":"divider"}`), ""},
		"51 blocks are not":                       {list(51, `{"type":"divider"}`), "no more than 50 items allowed [json-pointer:/blocks]"},
		"3000 characters of a section are taken":  {`[{"type":"section","text":{"type":"mrkdwn","text":` + x(3000) + `}}]`, ""},
		"3001 characters of a section are not":    {`[{"type":"section","text":{"type":"mrkdwn","text":` + x(3001) + `}}]`, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		"an emoji counts twice":                   {`[{"type":"header","text":` + plainJSON(`"`+strings.Repeat("🔥", 76)+`"`) + `}]`, "must be less than 151 characters"},
		"an empty section":                        {`[{"type":"section","text":{"type":"mrkdwn","text":""}}]`, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		"a section with nothing":                  {`[{"type":"section"}]`, "must define either `text` or `fields` [json-pointer:/blocks/0]"},
		"11 fields":                               {`[{"type":"section","fields":` + list(11, plainJSON(`"f"`)) + `}]`, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		"a field of 2001 characters":              {`[{"type":"section","fields":[` + plainJSON(x(2001)) + `]}]`, "[json-pointer:/blocks/0/fields/0/text]"},
		"a header in mrkdwn":                      {`[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, "plain_text [json-pointer:/blocks/0/text]"},
		"11 elements of a context":                {`[{"type":"context","elements":` + list(11, plainJSON(`"f"`)) + `}]`, "no more than 10 items allowed"},
		"25 buttons are taken":                    {actions(list(25, button(""))), ""},
		"26 buttons are not":                      {actions(list(26, button(""))), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		"no buttons":                              {actions(`[]`), "no fewer than 1 items allowed"},
		"two buttons of one action in a block":    {actions(`[` + strings.ReplaceAll(button("")+","+button(""), "%d", "") + `]`), "`action_id` \"a\" already exists"},
		"two buttons of one action in two blocks": {`[{"type":"actions","elements":[` + button("") + `]},{"type":"actions","elements":[` + button("") + `]}]`, ""},
		"a button of 76 characters":               {actions(`[{"type":"button","action_id":"a","text":` + plainJSON(x(76)) + `}]`), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"},
		"a value of 2001 characters":              {actions(`[` + button(`,"value":`+x(2001)) + `]`), "[json-pointer:/blocks/0/elements/0/value]"},
		"a style that is not":                     {actions(`[` + button(`,"style":"green"`) + `]`), "must be one of: primary, danger"},
		"a question of 301 characters":            {actions(`[` + button(`,"confirm":{"text":`+plainJSON(x(301))+`}`) + `]`), "[json-pointer:/blocks/0/elements/0/confirm/text/text]"},
		"100 options are taken":                   {menu(list(100, option)), ""},
		"101 options are not":                     {menu(list(101, option)), "no more than 100 items allowed"},
		"no options":                              {menu(`[]`), "no fewer than 1 items allowed"},
		"an option's value of 151 characters":     {menu(`[{"text":` + plainJSON(`"x"`) + `,"value":` + x(151) + `}]`), "must be less than 151 characters"},
		"a first choice that is no option":        {actions(`[{"type":"static_select","action_id":"a","options":` + list(2, option) + `,"initial_option":{"text":` + plainJSON(`"Other"`) + `,"value":"9"}}]`), "must be one of the provided options"},
		"six entries of an overflow menu":         {actions(`[{"type":"overflow","action_id":"a","options":` + list(6, option) + `}]`), "no more than 5 items allowed"},
		"an input among buttons":                  {actions(`[{"type":"plain_text_input","action_id":"a"}]`), "unsupported type: plain_text_input"},
		"two blocks of one id":                    {`[{"type":"divider","block_id":"b"},{"type":"divider","block_id":"b"}]`, "`block_id` \"b\" already exists"},
		"a block that is not":                     {`[{"type":"carousel"}]`, "unsupported type: carousel [json-pointer:/blocks/0/type]"},
		"a block without a type":                  {`[{}]`, "missing required field: type"},
		"a block that is a text":                  {`["x"]`, "must provide an object"},
		"a picture without words":                 {`[{"type":"image","image_url":"https://example.com/x.png"}]`, "missing required field: alt_text"},
		"a picture without an address":            {`[{"type":"image","image_url":"x.png","alt_text":"x"}]`, "invalid image_url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			messages, ok := sandbox.InspectBlocks(tc.blocks)
			require.True(t, ok)
			if tc.want == "" {
				require.Empty(t, messages)
				return
			}
			require.Contains(t, strings.Join(messages, "\n"), tc.want)
			for _, message := range messages {
				require.Regexp(t, `^\[ERROR\] .+ \[json-pointer:/blocks.*\]$`, message)
			}
		})
	}
}

func TestViewsAreHeldToSlacksLimits(t *testing.T) {
	t.Parallel()
	view := func(title, rest string) string {
		return `{"type":"modal","title":` + plainJSON(title) + `,"blocks":[` + rest + `}`
	}
	input := func(element string) string {
		return `{"type":"input","block_id":"b","label":` + plainJSON(`"Label"`) + `,"element":` + element + `}`
	}
	typed := func(more string) string {
		return view(`"Title"`, input(`{"type":"plain_text_input","action_id":"a"`+more+`}`)+`],"submit":`+plainJSON(`"Go"`))
	}
	for name, tc := range map[string]struct{ view, want string }{
		"24 characters of a title are taken": {view(x(24), "]"), ""},
		"25 are not":                         {view(x(25), "]"), "must be less than 25 characters [json-pointer:/view/title/text]"},
		"inputs without a way to send them":  {view(`"Title"`, input(`{"type":"plain_text_input"}`)+"]"), "missing required field: submit"},
		"inputs that can be sent":            {typed(""), ""},
		"a longest text that is too long":    {typed(`,"max_length":3001`), "must be between 1 and 3000"},
		"a first text that is too long":      {typed(`,"max_length":2,"initial_value":"abc"`), "must be less than 3 characters"},
		"a placeholder of 151 characters":    {typed(`,"placeholder":` + plainJSON(x(151))), "must be less than 151 characters"},
		"3001 characters of metadata":        {view(`"Title"`, `],"private_metadata":`+x(3001)), "[json-pointer:/view/private_metadata]"},
		"another kind of view":               {`{"type":"home","blocks":[]}`, "unsupported type: home"},
		"a day that is none":                 {view(`"Title"`, input(`{"type":"datepicker","initial_date":"2026-13-40"}`)+`],"submit":`+plainJSON(`"Go"`)), "YYYY-MM-DD"},
		"a person whom nobody knows":         {view(`"Title"`, input(`{"type":"users_select","initial_user":"U404"}`)+`],"submit":`+plainJSON(`"Go"`)), "invalid user id"},
		"a block that only messages have":    {view(`"Title"`, `{"type":"markdown","text":"x"}]`), "unsupported type: markdown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			messages, ok := sandbox.InspectView(tc.view)
			require.True(t, ok, tc.view)
			if tc.want == "" {
				require.Empty(t, messages)
				return
			}
			require.Contains(t, strings.Join(messages, "\n"), tc.want)
		})
	}
}

func TestAnAppMayWhatItsManifestSays(t *testing.T) {
	t.Parallel()
	app := listen(t)
	w := start(t, app.options, func(o *sandbox.Options) {
		o.SlackManifest = []byte(`{
			"features": {"app_home": {"messages_tab_read_only_enabled": true}, "slash_commands": [{"command": "/outage"}],
				"shortcuts": [{"name": "Keep this", "type": "message", "callback_id": "keep"}]},
			"oauth_config": {"scopes": {"bot": ["chat:write", "im:write", "channels:read"]}},
			"settings": {"event_subscriptions": {"bot_events": ["reaction_added"]}}}`)
	})
	_, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: "inc-1"})
	require.EqualError(t, err, "missing_scope")
	var refused slack.SlackErrorResponse
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "channels:manage,groups:write", refused.Needed)

	ts := w.post(t, general, text("hello"))
	w.does(t, responderOne, "react", fields{"channel": "general", "ts": ts, "emoji": "eyes"})
	event, _ := app.event(t)
	require.Equal(t, "reaction_added", event["event"].(map[string]any)["type"], "of messages it is not told")
	w.does(t, responderOne, "command", fields{"channel": "general", "text": "/outage @responder-two"})
	require.Equal(t, "<@"+responderTwo+">", app.form(t).Get("text"), "without names, where the app does not ask for them")
	_, page := w.call(t, "GET", "/sandbox", "")
	require.Contains(t, page, "Keep this")
	_, said := w.tries(t, responderOne, "say", fields{"channel": "@muster", "text": "hello"})
	require.Contains(t, said.Detail, "takes no private messages")
}

func FuzzBlocksAreInspectedAndShown(f *testing.F) {
	f.Add(`[{"type":"section","text":{"type":"mrkdwn","text":"<!date^1^{ago}|x> <@U1>"},"accessory":{"type":"overflow","options":[{}]}}]`)
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[{"elements":[{"type":"text","text":"<script>","style":{"bold":true}}]}]}]}]`)
	f.Add(`[{"type":"actions","elements":[{"type":"button","action_id":1,"text":"x"},[],null]},{"type":"input","element":{"type":"checkboxes"}}]`)
	f.Fuzz(func(t *testing.T, raw string) {
		messages, ok := sandbox.InspectBlocks(raw)
		require.True(t, ok || len(messages) == 0)
		require.NotContains(t, sandbox.RenderBlocks(raw), "<script")
	})
}
