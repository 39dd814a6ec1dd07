package integrations_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
)

// bench is the three vendors' clients in front of a sandbox that misbehaves.
type bench struct {
	server    *httptest.Server
	slack     *slack.Client
	pagerDuty *pagerduty.Client
	jira      *jira.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	var box *sandbox.Sandbox
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { box.ServeHTTP(w, r) }))
	box, err := sandbox.Open(t.Context(), sandbox.Options{
		Path: ":memory:", PublicURL: server.URL, Seed: 42,
		PagerDutyServices: []sandbox.Service{{ID: "PSAMPLE", Name: "Sample"}}, JiraProjects: []string{"PAY"},
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, box.Close())
	})
	b := &bench{
		server: server,
		slack:  slack.New(slack.Options{Token: "sample-token", APIURL: box.SlackURL(), Unshaped: true}),
		pagerDuty: pagerduty.New(pagerduty.Options{
			Token: "sample-token", APIURL: box.PagerDutyURL(), EventsURL: box.PagerDutyEventsURL(), Unshaped: true,
		}),
	}
	b.jira, err = jira.New(jira.Options{URL: box.JiraURL(), User: "muster@example.com", Token: "sample-token", Unshaped: true})
	require.NoError(t, err)
	return b
}

// misbehave makes two of five requests go wrong from now on.
func (b *bench) misbehave(t *testing.T, mode string) {
	t.Helper()
	for _, vendor := range []string{integrations.Slack, integrations.PagerDuty, integrations.Jira} {
		resp, err := http.Post(b.server.URL+"/sandbox/faults", "application/json",
			strings.NewReader(`{"vendor":"`+vendor+`","mode":"`+mode+`","rate":0.4}`))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}

// insist repeats a call as Temporal would, but without waiting.
func insist[T any](t *testing.T, call func(context.Context) (T, error)) T {
	t.Helper()
	const attempts = 100
	var err error
	for range attempts {
		var answer T
		if answer, err = call(t.Context()); err == nil {
			return answer
		}
		require.False(t, integrations.IsFinal(err), err)
	}
	require.NoError(t, err)
	panic("unreachable")
}

// none is for calls that only return an error.
func none(call func(context.Context) error) func(context.Context) (struct{}, error) {
	return func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) }
}

func TestNothingIsDoneTwiceWhileVendorsMisbehave(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"error", "rate_limit", "down", "timeout_after_effect"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.misbehave(t, mode)

			link := incident.Link{Title: "Incident INC-42", URL: "https://muster.example.com/incidents/INC-42"}
			people := insist(t, func(ctx context.Context) ([]incident.Person, error) { return b.pagerDuty.OnCall(ctx, "PSAMPLE") })
			page := insist(t, func(ctx context.Context) (incident.Page, error) {
				return b.pagerDuty.Page(ctx, incident.PageRequest{
					Key: "INC-42/page", Service: "PSAMPLE", Summary: "Sample fails", Severity: "critical", Source: "sample",
				})
			})
			insist(t, none(func(ctx context.Context) error { return b.pagerDuty.Acknowledge(ctx, page) }))
			channel := insist(t, func(ctx context.Context) (incident.Channel, error) {
				return b.slack.OpenChannel(ctx, incident.ChannelRequest{
					Key: "INC-42/channel", Name: "inc-42-sample", Topic: "SEV1", Purpose: "Sample fails",
				})
			})
			invited := insist(t, func(ctx context.Context) ([]incident.Person, error) { return b.slack.Invite(ctx, channel.ID, people) })
			require.Equal(t, people, invited)
			insist(t, none(func(ctx context.Context) error { return b.slack.SetTopic(ctx, channel.ID, "SEV2") }))
			insist(t, none(func(ctx context.Context) error { return b.slack.Bookmark(ctx, channel.ID, link) }))
			for _, key := range []string{"INC-42/brief", "INC-42/update"} {
				insist(t, func(ctx context.Context) (string, error) {
					return b.slack.Post(ctx, incident.Message{Key: key, ChannelID: channel.ID, Text: key, Pin: true, Links: []incident.Link{link}})
				})
			}
			brief := insist(t, func(ctx context.Context) (incident.MessageRef, error) {
				return b.slack.Show(ctx, card("INC-42/card", channel.ID))
			})
			edited := card("INC-42/card/2", channel.ID)
			edited.Edit, edited.Card.Summary = brief, "INC-42/card is edited"
			require.Equal(t, brief, insist(t, func(ctx context.Context) (incident.MessageRef, error) { return b.slack.Show(ctx, edited) }))
			reply := card("INC-42/reply", channel.ID)
			reply.Thread, reply.Pin = brief.ID, false
			insist(t, func(ctx context.Context) (incident.MessageRef, error) { return b.slack.Show(ctx, reply) })
			require.True(t, insist(t, func(ctx context.Context) (bool, error) {
				return b.slack.Tell(ctx, "INC-42/notify", somebody, card("INC-42/needed", "").Card)
			}))
			account := insist(t, func(ctx context.Context) (string, error) {
				id, _, err := b.slack.AccountOf(ctx, somebody)
				return id, err
			})
			require.Equal(t, somebody, insist(t, func(ctx context.Context) (incident.Person, error) { return b.slack.Person(ctx, account) }))
			said := insist(t, func(ctx context.Context) (chat.Message, error) {
				said, _, err := b.slack.Message(ctx, brief)
				return said, err
			})
			require.True(t, said.Edited)
			require.True(t, said.By.Bot)
			insist(t, none(func(ctx context.Context) error {
				return b.slack.Answer(ctx, chat.Act{ID: "act-1", Channel: channel.ID, By: chat.Account{ID: account}}, edited.Card)
			}))
			ticket := insist(t, func(ctx context.Context) (incident.Ticket, error) {
				return b.jira.OpenTicket(ctx, incident.TicketRequest{
					Key: "INC-42/follow-up/1", Project: "PAY", Title: "Add a retry budget", Owner: people[0].Email,
					Due: time.Date(2030, time.January, 2, 0, 0, 0, 0, time.UTC), Links: []incident.Link{link},
				})
			})
			tickets := insist(t, func(ctx context.Context) ([]incident.Ticket, error) {
				return b.jira.Tickets(ctx, []string{ticket.Key, "PAY-99"})
			})
			require.Equal(t, []incident.Ticket{{Key: ticket.Key, URL: ticket.URL, Status: "To Do"}}, tickets)
			insist(t, none(func(ctx context.Context) error { return b.pagerDuty.Resolve(ctx, page) }))

			state := b.state(t)
			require.Len(t, state.Slack.Channels, 1)
			require.Equal(t, "inc-42-sample", state.Slack.Channels[0].Name)
			require.Equal(t, "SEV2", state.Slack.Channels[0].Topic)
			require.Equal(t, []string{"INC-42/brief", "INC-42/update", "INC-42/card is edited", "INC-42/reply"}, state.Slack.Channels[0].said())
			require.Equal(t, []string{"INC-42/needed"}, state.Slack.DirectMessages[0].said())
			require.Len(t, state.PagerDuty.Incidents, 1)
			require.Equal(t, "resolved", state.PagerDuty.Incidents[0].Status)
			require.Len(t, state.Jira.Issues, 1)
		})
	}
}

// state is as much of the sandbox's state as counts here.
type state struct {
	Slack struct {
		Channels       []slackChannel `json:"channels"`
		DirectMessages []slackChannel `json:"direct_messages"`
	} `json:"slack"`
	PagerDuty struct {
		Incidents []struct {
			Status string `json:"status"`
		} `json:"incidents"`
	} `json:"pagerduty"`
	Jira struct {
		Issues []struct {
			Key string `json:"key"`
		} `json:"issues"`
	} `json:"jira"`
}

type slackChannel struct {
	Name     string `json:"name"`
	Topic    string `json:"topic"`
	Messages []struct {
		Text string `json:"text"`
	} `json:"messages"`
	Bookmarks []struct{} `json:"bookmarks"`
}

// said returns our messages, without what Slack says of itself.
func (c slackChannel) said() (texts []string) {
	for _, message := range c.Messages {
		if strings.HasPrefix(message.Text, "INC-42/") {
			texts = append(texts, message.Text)
		}
	}
	return texts
}

func (b *bench) state(t *testing.T) (s state) {
	t.Helper()
	resp, err := http.Get(b.server.URL + "/sandbox/state")
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&s))
	require.NoError(t, resp.Body.Close())
	return s
}
