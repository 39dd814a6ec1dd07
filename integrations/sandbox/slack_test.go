package sandbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

func (w *world) channel(t *testing.T, name string) string {
	t.Helper()
	channel, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: name})
	require.NoError(t, err)
	return channel.ID
}

func (w *world) post(t *testing.T, channel string, options ...slack.MsgOption) string {
	t.Helper()
	_, ts, err := w.slack.PostMessage(channel, options...)
	require.NoError(t, err)
	return ts
}

func text(s string) slack.MsgOption { return slack.MsgOptionText(s, false) }

func TestSlackRefusesAsSlackDoes(t *testing.T) {
	t.Parallel()
	w := start(t)
	channel := w.channel(t, "inc-1")
	ts := w.post(t, channel, text("hello"))
	require.NoError(t, w.slack.AddPin(channel, slack.NewRefToMessage(channel, ts)))
	archived := w.channel(t, "inc-0")
	require.NoError(t, w.slack.ArchiveConversation(archived))
	create := func(name string) error {
		_, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: name})
		return err
	}
	post := func(channel string, options ...slack.MsgOption) error {
		_, _, err := w.slack.PostMessage(channel, options...)
		return err
	}
	many := make([]slack.Block, 51)
	for i := range many {
		many[i] = slack.NewDividerBlock()
	}
	long := slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", strings.Repeat("x", 3001), false, false), nil, nil)

	for name, tc := range map[string]struct {
		call func() error
		want string
	}{
		"a channel's name twice":             {func() error { return create("inc-1") }, "name_taken"},
		"the name of an archived channel":    {func() error { return create("inc-0") }, "name_taken"},
		"no name":                            {func() error { return create("") }, "invalid_name_required"},
		"capitals in a name":                 {func() error { return create("Inc-2") }, "invalid_name_specials"},
		"a space in a name":                  {func() error { return create("inc 2") }, "invalid_name_specials"},
		"only punctuation in a name":         {func() error { return create("-_-") }, "invalid_name_punctuation"},
		"81 characters in a name":            {func() error { return create(strings.Repeat("é", 81)) }, "invalid_name_maxlength"},
		"a message to no channel":            {func() error { return post("C404", text("x")) }, "channel_not_found"},
		"a message to an archived channel":   {func() error { return post(archived, text("x")) }, "is_archived"},
		"a message without text":             {func() error { return post(channel) }, "no_text"},
		"a message of 40001 characters":      {func() error { return post(channel, text(strings.Repeat("é", 40001))) }, "msg_too_long"},
		"a message of 51 blocks":             {func() error { return post(channel, slack.MsgOptionBlocks(many...)) }, "invalid_blocks"},
		"a section of 3001 characters":       {func() error { return post(channel, slack.MsgOptionBlocks(long)) }, "invalid_blocks"},
		"a pin twice":                        {func() error { return w.slack.AddPin(channel, slack.NewRefToMessage(channel, ts)) }, "already_pinned"},
		"a pin on nothing":                   {func() error { return w.slack.AddPin(channel, slack.ItemRef{}) }, "no_item_specified"},
		"a pin on a message that is not":     {func() error { return w.slack.AddPin(channel, slack.NewRefToMessage(channel, "1.000001")) }, "message_not_found"},
		"archiving twice":                    {func() error { return w.slack.ArchiveConversation(archived) }, "already_archived"},
		"a person whom nobody knows":         {func() error { _, err := w.slack.GetUserByEmail("nobody@example.com"); return err }, "users_not_found"},
		"a user id that nobody has":          {func() error { _, err := w.slack.GetUserInfo("U404"); return err }, "user_not_found"},
		"a topic of 251 characters":          {func() error { _, err := w.slack.SetTopicOfConversation(channel, strings.Repeat("é", 251)); return err }, "too_long"},
		"an update of a message that is not": {func() error { _, _, _, err := w.slack.UpdateMessage(channel, "1.5", text("x")); return err }, "message_not_found"},
		"an ephemeral to an absent user":     {func() error { _, err := w.slack.PostEphemeral(channel, responderTwo, text("x")); return err }, "user_not_in_channel"},
		"a bookmark without a link": {func() error {
			_, err := w.slack.AddBookmark(channel, slack.AddBookmarkParameters{Title: "x", Type: "link"})
			return err
		}, "invalid_link"},
		"a bookmark of another type": {func() error {
			_, err := w.slack.AddBookmark(channel, slack.AddBookmarkParameters{Title: "x", Type: "file"})
			return err
		}, "invalid_bookmark_type"},
		"editing a bookmark that is not": {func() error {
			_, err := w.slack.EditBookmark(channel, "Bk9", slack.EditBookmarkParameters{})
			return err
		}, "not_found"},
		"a method that the sandbox lacks": {func() error { _, err := w.slack.GetEmoji(); return err }, "unknown_method"},
		"a history from a bad time": {func() error {
			_, err := w.slack.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: channel, Oldest: "yesterday"})
			return err
		}, "invalid_ts_oldest"},
		"a cursor that was never given": {func() error {
			_, err := w.slack.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: channel, Cursor: "%"})
			return err
		}, "invalid_cursor"},
		"no token": {func() error { _, err := slack.New("", slack.OptionAPIURL(w.box.SlackURL())).AuthTest(); return err }, "not_authed"},
	} {
		t.Run(name, func(t *testing.T) { require.EqualError(t, tc.call(), tc.want) })
	}
	require.Len(t, w.state(t).Slack.Channels, 2, "refusals change nothing")
}

func TestSlackInvites(t *testing.T) {
	t.Parallel()
	w := start(t)
	channel := w.channel(t, "inc-1")
	invite := func(users ...string) error {
		_, err := w.slack.InviteUsersToConversation(channel, users...)
		return err
	}
	require.NoError(t, invite(responderOne))
	require.EqualError(t, invite(responderOne), "already_in_channel")
	require.EqualError(t, invite(bot), "cant_invite_self")

	err := invite(responderTwo, "U404")
	require.EqualError(t, err, "user_not_found")
	var refused slack.SlackErrorResponse
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "U404", refused.Errors[0].ConversationsInviteResponseError.User)
	members, _, err := w.slack.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: channel})
	require.NoError(t, err)
	require.Equal(t, []string{bot, responderOne}, members, "one refusal keeps all out")

	_, err = w.slack.ForceInviteUsersToConversation(channel, responderTwo, "U404")
	require.NoError(t, err)
	members, _, err = w.slack.GetUsersInConversation(&slack.GetUsersInConversationParameters{ChannelID: channel})
	require.NoError(t, err)
	require.Equal(t, []string{bot, responderOne, responderTwo}, members)
}

func TestSlackHistoryIsNewestFirstAndPages(t *testing.T) {
	t.Parallel()
	w := start(t)
	channel := w.channel(t, "inc-1")
	metadata := slack.SlackMetadata{EventType: "muster", EventPayload: map[string]any{"key": "brief"}}
	first := w.post(t, channel, text("first"), slack.MsgOptionMetadata(metadata))
	second := w.post(t, channel, text("second"))
	w.post(t, channel, text("reply"), slack.MsgOptionTS(first))
	_, err := w.slack.InviteUsersToConversation(channel, responderOne)
	require.NoError(t, err)
	_, err = w.slack.PostEphemeral(channel, responderOne, text("whisper"))
	require.NoError(t, err)
	third := w.post(t, channel, text("third"))

	read := func(p slack.GetConversationHistoryParameters) (texts []string, r *slack.GetConversationHistoryResponse) {
		p.ChannelID = channel
		r, err := w.slack.GetConversationHistory(&p)
		require.NoError(t, err)
		for _, m := range r.Messages {
			texts = append(texts, m.Text)
		}
		return texts, r
	}
	all, r := read(slack.GetConversationHistoryParameters{})
	joined := "<@" + responderOne + "> has joined the channel"
	require.Equal(t, []string{"third", joined, "second", "first"}, all)
	require.Empty(t, r.Messages[3].Metadata.EventType, "metadata is only for those who ask")
	require.Equal(t, 1, r.Messages[3].ReplyCount)

	_, r = read(slack.GetConversationHistoryParameters{IncludeAllMetadata: true})
	require.Equal(t, metadata, r.Messages[3].Metadata)

	page, r := read(slack.GetConversationHistoryParameters{Limit: 3})
	require.Equal(t, []string{"third", joined, "second"}, page)
	require.True(t, r.HasMore)
	page, r = read(slack.GetConversationHistoryParameters{Limit: 3, Cursor: r.ResponseMetaData.NextCursor})
	require.Equal(t, []string{"first"}, page)
	require.False(t, r.HasMore)

	page, _ = read(slack.GetConversationHistoryParameters{Oldest: first, Latest: third})
	require.Equal(t, []string{joined, "second"}, page)
	page, _ = read(slack.GetConversationHistoryParameters{Oldest: second, Latest: third, Inclusive: true})
	require.Equal(t, []string{"third", joined, "second"}, page)

	thread, _, _, err := w.slack.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: channel, Timestamp: first})
	require.NoError(t, err)
	require.Equal(t, []string{"first", "reply"}, []string{thread[0].Text, thread[1].Text})
	_, _, _, err = w.slack.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: channel, Timestamp: "1.5"})
	require.EqualError(t, err, "thread_not_found")

	w.post(t, channel, text("a reply to a reply"), slack.MsgOptionTS(thread[1].Timestamp))
	thread, _, _, err = w.slack.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: channel, Timestamp: thread[1].Timestamp})
	require.NoError(t, err)
	require.Len(t, thread, 3)
	_, _, message, err := w.slack.PostMessageWithResponse(channel, text("a reply to nothing"), slack.MsgOptionTS("1.5"))
	require.NoError(t, err)
	require.Empty(t, message.ThreadTimestamp, "it stands in the channel")
}

func TestSlackKeepsWhatWasPosted(t *testing.T) {
	t.Parallel()
	w := start(t)
	identity, err := w.slack.AuthTest()
	require.NoError(t, err)
	require.Equal(t, bot, identity.UserID)
	require.Equal(t, w.url+"/sandbox/slack/", identity.URL)

	channel := w.channel(t, "inc-1")
	ts := w.post(t, channel, slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject("plain_text", "Brief", false, false))))
	_, _, _, err = w.slack.UpdateMessage(channel, ts, text("Brief, second edition"))
	require.NoError(t, err)
	_, _, _, err = w.slack.UpdateMessage(channel, ts, text(strings.Repeat("x", 4001)))
	require.EqualError(t, err, "msg_too_long")
	r, err := w.slack.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: channel})
	require.NoError(t, err)
	require.Equal(t, "Brief, second edition", r.Messages[0].Text)
	require.Len(t, r.Messages[0].Blocks.BlockSet, 1, "blocks stay until others take their place")
	require.NotNil(t, r.Messages[0].Edited)

	require.NoError(t, w.slack.AddPin(channel, slack.NewRefToMessage(channel, ts)))
	pins, _, err := w.slack.ListPins(channel)
	require.NoError(t, err)
	require.Len(t, pins, 1)
	require.Equal(t, ts, pins[0].Message.Timestamp)

	bookmark, err := w.slack.AddBookmark(channel, slack.AddBookmarkParameters{Title: "Page", Type: "link", Link: "https://muster.example.com/1"})
	require.NoError(t, err)
	title := "Incident"
	_, err = w.slack.EditBookmark(channel, bookmark.ID, slack.EditBookmarkParameters{Title: &title, Link: "https://muster.example.com/2"})
	require.NoError(t, err)
	bookmarks, err := w.slack.ListBookmarks(channel)
	require.NoError(t, err)
	require.Len(t, bookmarks, 1)
	require.Equal(t, []string{"Incident", "https://muster.example.com/2"}, []string{bookmarks[0].Title, bookmarks[0].Link})

	link, err := w.slack.GetPermalink(&slack.PermalinkParameters{Channel: channel, Ts: ts})
	require.NoError(t, err)
	anchor := "m" + strings.ReplaceAll(ts, ".", "")
	require.Equal(t, w.url+"/sandbox/slack/archives/"+channel+"/p"+anchor[1:], link)
	response, _ := w.call(t, "GET", strings.TrimPrefix(link, w.url), "")
	require.Equal(t, http.StatusFound, response.StatusCode)
	require.Equal(t, "/sandbox?channel="+channel+"#"+anchor, response.Header.Get("Location"))
	_, page := w.call(t, "GET", "/sandbox?channel="+channel, "")
	require.Contains(t, page, `id="`+anchor+`"`)
}

func TestSlackListsChannelsAndUsersInPages(t *testing.T) {
	t.Parallel()
	w := start(t)
	for i := range 3 {
		w.channel(t, fmt.Sprintf("inc-%d", i))
	}
	_, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: "hidden", IsPrivate: true})
	require.NoError(t, err)
	require.NoError(t, w.slack.ArchiveConversation("inc-1"))

	var names []string
	for cursor := ""; ; {
		channels, next, err := w.slack.GetConversations(&slack.GetConversationsParameters{Limit: 1, Cursor: cursor, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
		require.NoError(t, err)
		for _, c := range channels {
			names = append(names, c.Name)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"general", "inc-0", "inc-2", "hidden"}, names)

	info, err := w.slack.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: "C0SANDBOX002"})
	require.NoError(t, err)
	require.True(t, info.IsArchived)

	require.NoError(t, w.slack.UnArchiveConversation(info.ID))
	require.EqualError(t, w.slack.UnArchiveConversation(info.ID), "not_archived")

	users, err := w.slack.GetUsers(slack.GetUsersOptionLimit(2))
	require.NoError(t, err)
	require.Len(t, users, 7)
	user, err := w.slack.GetUserByEmail("Responder-One@example.com")
	require.NoError(t, err)
	require.Equal(t, responderOne, user.ID)
	require.Equal(t, "Sample Responder One", user.RealName)
}

func TestSlackTakesJSONBodies(t *testing.T) {
	t.Parallel()
	w := start(t)
	headers := []string{"Content-Type", "application/json; charset=utf-8", "Authorization", "Bearer any"}
	_, body := w.call(t, "POST", "/sandbox/slack/api/conversations.create", `{"name":"inc-1","is_private":true}`, headers...)
	require.Contains(t, body, `"is_private":true`)
	_, body = w.call(t, "POST", "/sandbox/slack/api/chat.postMessage",
		`{"channel":"#inc-1","blocks":[{"type":"divider"}],"metadata":{"event_type":"muster","event_payload":{}}}`, headers...)
	require.Contains(t, body, `"ok":true`)
	for want, bad := range map[string]string{
		"invalid_json":            `{"channel":`,
		"invalid_blocks_format":   `{"channel":"inc-1","blocks":{"type":"divider"}}`,
		"invalid_metadata_format": `{"channel":"inc-1","text":"x","metadata":"none"}`,
		"invalid_metadata_schema": `{"channel":"inc-1","text":"x","metadata":{"event_type":"muster"}}`,
	} {
		response, body := w.call(t, "POST", "/sandbox/slack/api/chat.postMessage", bad, headers...)
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.JSONEq(t, `{"ok":false,"error":"`+want+`"}`, body)
	}
}

func TestSlackTimestampsAreUniqueAndNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	channel := w.channel(t, "inc-1")
	const clients = 8
	var wait sync.WaitGroup
	timestamps, errs := make([]string, clients), make([]error, clients)
	for i := range clients {
		wait.Go(func() {
			_, timestamps[i], errs[i] = w.slack.PostMessage(channel, text("same moment"))
			_, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: "race"})
			errs[i] = errors.Join(errs[i], err)
		})
	}
	wait.Wait()
	seen, created := map[string]bool{}, 0
	for i := range clients {
		require.Regexp(t, `^\d{10}\.\d{6}$`, timestamps[i])
		seen[timestamps[i]] = true
		if errs[i] == nil {
			created++
		} else {
			require.EqualError(t, errs[i], "name_taken")
		}
	}
	require.Len(t, seen, clients)
	require.Equal(t, 1, created)
}
