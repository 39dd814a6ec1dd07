package slack_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
)

// quotas are Slack's limits as it would have to enforce them to meet its documentation:
// https://docs.slack.dev/apis/web-api/rate-limits. A tier is a number of calls a minute
// and method; a burst of a minute's worth is tolerated before.
func quotas() []vendortest.Quota {
	var quotas []vendortest.Quota
	for tier, methods := range map[int][]string{
		20: {
			"bookmarks.add", "conversations.create", "conversations.list", "conversations.setPurpose",
			"conversations.setTopic", "conversations.unarchive", "pins.add",
		},
		50: {
			"bookmarks.list", "chat.update", "conversations.history", "conversations.info", "conversations.invite",
			"conversations.open", "conversations.replies", "users.lookupByEmail",
		},
		100: {"chat.postEphemeral", "users.info", "views.open"},
		// "Hundreds" are at least two.
		200: {"auth.test", "chat.getPermalink"},
	} {
		for _, method := range methods {
			name := fmt.Sprintf("%s, %d a minute", method, tier)
			counts := func(r vendortest.Request) (string, bool) { return "", r.Path == "/api/"+method }
			quotas = append(quotas,
				vendortest.Quota{Name: name, Counts: counts, Most: tier, Window: time.Second},
				vendortest.Quota{Name: name, Counts: counts, Most: 2 * tier, Window: time.Minute},
				vendortest.Quota{Name: name, Counts: counts, Most: 6 * tier, Window: 5 * time.Minute})
		}
	}
	posted := func(r vendortest.Request) (string, bool) {
		return r.Form.Get("channel"), r.Path == "/api/chat.postMessage"
	}
	everywhere := func(r vendortest.Request) (string, bool) { return "", r.Path == "/api/chat.postMessage" }
	return append(quotas,
		vendortest.Quota{Name: "messages to a channel", Counts: posted, Most: 4, Window: time.Second},
		vendortest.Quota{Name: "messages to a channel", Counts: posted, Most: 63, Window: time.Minute},
		// "Several hundred" are at least three.
		vendortest.Quota{Name: "messages", Counts: everywhere, Most: 300, Window: time.Minute})
}

// everything answers each method with as much as the client needs of it.
func everything(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		document := accepted
		switch strings.TrimPrefix(r.URL.Path, "/api/") {
		case "auth.test":
			document = `{"ok":true,"url":"https://sample.slack.com/","user_id":"` + botUser + `"}`
		case "chat.postMessage":
			document = `{"ok":true,"channel":"C1","ts":"1700000000.000100"}`
		case "chat.getPermalink":
			document = `{"ok":true,"permalink":"https://sample.slack.com/archives/C1/p1"}`
		case "conversations.open":
			document = `{"ok":true,"channel":{"id":"D` + r.PostForm.Get("users") + `"}}`
		case "users.info":
			document = `{"ok":true,"user":{"id":"U1","real_name":"Sample Responder"}}`
		case "conversations.create":
			document = `{"ok":true,"channel":{"id":"C1","name":"` + r.PostForm.Get("name") + `"}}`
		case "conversations.info":
			document = `{"ok":true,"channel":{"id":"C1","topic":{"value":"before"}}}`
		case "users.lookupByEmail":
			document = `{"ok":true,"user":{"id":"U` + r.PostForm.Get("email") + `"}}`
		}
		vendortest.WriteJSON(t, w, http.StatusOK, document)
	}
}

func TestClientKeepsSlacksLimits(t *testing.T) {
	t.Parallel()
	type call = func(*slack.Client, context.Context, int) error
	post := func(channel func(int) string, key string) call {
		return func(c *slack.Client, ctx context.Context, i int) error {
			message := incident.Message{ChannelID: channel(i), Text: "text"}
			if key != "" {
				message.Key, message.Pin = fmt.Sprint(key, i), true
			}
			_, err := c.Post(ctx, message)
			return err
		}
	}
	for name, row := range map[string]struct {
		calls    int
		call     call
		attempts int
		within   time.Duration
	}{
		"with a hundred messages to one channel": {100, post(func(int) string { return "C1" }, ""), 0, 3 * time.Minute},
		"with messages to a hundred channels":    {600, post(func(i int) string { return fmt.Sprint("C", i%100) }, ""), 0, 5 * time.Minute},
		"with messages that are looked for and pinned": {
			60, post(func(i int) string { return fmt.Sprint("C", i%3) }, "INC-42/"), 10, 8 * time.Minute,
		},
		"with a hundred incidents at once": {
			100, func(c *slack.Client, ctx context.Context, i int) error {
				_, err := c.OpenChannel(ctx, incident.ChannelRequest{Key: fmt.Sprint(i), Name: fmt.Sprint("inc-", i), Topic: "topic", Purpose: "purpose"})
				return err
			}, 0, 12 * time.Minute,
		},
		"with cards that are shown and edited all the time": {
			100, func(c *slack.Client, ctx context.Context, i int) error {
				shown := incident.MessageRef{ChannelID: fmt.Sprint("C", i%5), ID: "1700000000.000100"}
				_, err := c.Show(ctx, chat.Outgoing{ChannelID: shown.ChannelID, Card: card("brief"), Edit: shown})
				return err
			}, 0, 3 * time.Minute,
		},
		"with private messages and answers in threads": {
			60, func(c *slack.Client, ctx context.Context, i int) error {
				person := incident.Person{Email: fmt.Sprint(i%30, "@example.com")}
				if _, err := c.Tell(ctx, fmt.Sprint("INC-42/", i), person, card("needed")); err != nil {
					return err
				}
				_, err := c.Show(ctx, chat.Outgoing{Key: fmt.Sprint(i), ChannelID: "C1", Thread: "1700000000.000100", Card: card("update")})
				return err
			}, 10, 8 * time.Minute,
		},
		"with two hundred people who press buttons": {
			200, func(c *slack.Client, ctx context.Context, i int) error {
				if _, err := c.Person(ctx, fmt.Sprint("U", i)); err != nil {
					return err
				}
				if err := c.OpenForm(ctx, "42.42.trigger", chat.Form{ID: "update", Title: "Update"}); err != nil {
					return err
				}
				return c.Answer(ctx, chat.Act{ID: fmt.Sprint(i), Channel: "C1", By: chat.Account{ID: "U1"}}, card("done"))
			}, 5, 6 * time.Minute,
		},
		"with topics, bookmarks and people": {
			60, func(c *slack.Client, ctx context.Context, i int) error {
				channel := fmt.Sprint("C", i)
				if err := c.SetTopic(ctx, channel, "after"); err != nil {
					return err
				}
				if err := c.Bookmark(ctx, channel, incident.Link{Title: "Incident", URL: "https://muster.example.com"}); err != nil {
					return err
				}
				_, err := c.Invite(ctx, channel, []incident.Person{{Email: "first@example.com"}, {Email: "second@example.com"}})
				return err
			}, 10, 10 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendortest.Pace(t, vendortest.Crowd{
				Vendor: integrations.Slack, Answer: everything(t), Quotas: quotas(), Attempts: row.attempts, Within: row.within,
				Calls: func(_ *testing.T, url string, client *http.Client) []func(context.Context) error {
					c := slack.New(slack.Options{Token: token, APIURL: url + "/api", HTTPClient: client})
					calls := make([]func(context.Context) error, row.calls)
					for i := range calls {
						calls[i] = func(ctx context.Context) error { return row.call(c, ctx, i) }
					}
					return calls
				},
			})
		})
	}
}

func TestUnshapedClientDoesNotWait(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Slack)
	fake.Answer(post, http.StatusOK, `{"ok":true,"channel":"C1","ts":"1700000000.000100"}`)
	fake.Answer("GET /api/chat.getPermalink", http.StatusOK, `{"ok":true,"permalink":"https://sample.slack.com/archives/C1/p1"}`)
	client := slack.New(slack.Options{Token: token, APIURL: fake.URL + "/api", HTTPClient: fake.Client(), Unshaped: true})
	const messages = 100
	for range messages {
		if _, err := client.Post(t.Context(), incident.Message{ChannelID: channelID, Text: "text"}); err != nil {
			t.Fatal(err)
		}
	}
}
