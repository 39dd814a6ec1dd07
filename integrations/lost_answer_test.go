package integrations_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
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
	"muster/integrations/vendortest"
)

// box is a sandbox without a network in front of it.
type box struct {
	*sandbox.Sandbox
	client *http.Client
}

// slack, pagerDuty and jira are clients that keep to the vendors' limits, since time is
// virtual.
func (b box) slack() *slack.Client {
	return slack.New(slack.Options{Token: "sample-token", APIURL: b.SlackURL(), HTTPClient: b.client})
}

func (b box) pagerDuty() *pagerduty.Client {
	return pagerduty.New(pagerduty.Options{
		Token: "sample-token", APIURL: b.PagerDutyURL(), EventsURL: b.PagerDutyEventsURL(), HTTPClient: b.client,
	})
}

func (b box) jira(t *testing.T) *jira.Client {
	t.Helper()
	client, err := jira.New(jira.Options{URL: b.JiraURL(), User: "muster@example.com", Token: "sample-token", HTTPClient: b.client})
	require.NoError(t, err)
	return client
}

// look returns the sandbox's state.
func (b box) look(t *testing.T) (s state) {
	t.Helper()
	answer := httptest.NewRecorder()
	b.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sandbox/state", http.NoBody))
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &s))
	return s
}

// somebody is one of the sandbox's people.
var somebody = incident.Person{Name: "Sample Responder One", Email: "responder-one@example.com"}

// card is a card that says its key.
func card(key, channelID string) chat.Outgoing {
	return chat.Outgoing{Key: key, ChannelID: channelID, Pin: true, Card: chat.Card{
		Summary: key, Parts: []chat.Part{{Body: chat.Text{chat.Plain("for "), chat.Mention(somebody)}}},
	}}
}

func TestNothingIsDoneTwiceWhenAnAnswerIsLost(t *testing.T) {
	t.Parallel()
	link := incident.Link{Title: "Incident INC-42", URL: "https://muster.example.com/incidents/INC-42"}
	page := incident.PageRequest{Key: "INC-42/page", Service: "PSAMPLE", Summary: "Sample fails", Severity: "critical", Source: "sample"}
	request := incident.ChannelRequest{Key: "INC-42/channel", Name: "inc-42-sample", Topic: "SEV1", Purpose: "Sample fails"}
	message := incident.Message{Key: "INC-42/brief", Text: "INC-42/brief", Pin: true, Links: []incident.Link{link}}
	ticket := incident.TicketRequest{
		Key: "INC-42/follow-up/1", Project: "PAY", Title: "Add a retry budget",
		Due: time.Date(2030, time.January, 2, 0, 0, 0, 0, time.UTC), Links: []incident.Link{link},
	}
	// inChannel is for what needs a channel to be done in.
	inChannel := func(do func(context.Context, *slack.Client, string) error) func(*testing.T, box) func(context.Context) error {
		return func(_ *testing.T, b box) func(context.Context) error {
			client := b.slack()
			return func(ctx context.Context) error {
				channel, err := client.OpenChannel(ctx, request)
				if err != nil {
					return err
				}
				return do(ctx, client, channel.ID)
			}
		}
	}
	for name, row := range map[string]struct {
		vendor string
		call   func(*testing.T, box) func(context.Context) error
		done   func(state) int
	}{
		"a page": {
			integrations.PagerDuty,
			func(_ *testing.T, b box) func(context.Context) error {
				client := b.pagerDuty()
				return func(ctx context.Context) error {
					_, err := client.Page(ctx, page)
					return err
				}
			},
			func(s state) int { return len(s.PagerDuty.Incidents) },
		},
		"a channel": {
			integrations.Slack,
			inChannel(func(context.Context, *slack.Client, string) error { return nil }),
			func(s state) int { return len(s.Slack.Channels) },
		},
		"a message": {
			integrations.Slack,
			inChannel(func(ctx context.Context, client *slack.Client, id string) error {
				message := message
				message.ChannelID = id
				_, err := client.Post(ctx, message)
				return err
			}),
			func(s state) int { return len(s.Slack.Channels[0].said()) },
		},
		"a card": {
			integrations.Slack,
			inChannel(func(ctx context.Context, client *slack.Client, id string) error {
				_, err := client.Show(ctx, card("INC-42/card", id))
				return err
			}),
			func(s state) int { return len(s.Slack.Channels[0].said()) },
		},
		"a card in the place of one that was deleted": {
			integrations.Slack,
			inChannel(func(ctx context.Context, client *slack.Client, id string) error {
				out := card("INC-42/card", id)
				out.Edit = incident.MessageRef{ChannelID: id, ID: "1600000000.000100"}
				_, err := client.Show(ctx, out)
				return err
			}),
			func(s state) int { return len(s.Slack.Channels[0].said()) },
		},
		"a private message": {
			integrations.Slack,
			func(_ *testing.T, b box) func(context.Context) error {
				client := b.slack()
				return func(ctx context.Context) error {
					told, err := client.Tell(ctx, "INC-42/notify", somebody, card("INC-42/needed", "").Card)
					if err == nil && !told {
						err = errors.New("nobody was told")
					}
					return err
				}
			},
			func(s state) int { return len(s.Slack.DirectMessages[0].said()) },
		},
		"a bookmark": {
			integrations.Slack,
			inChannel(func(ctx context.Context, client *slack.Client, id string) error {
				return client.Bookmark(ctx, id, link)
			}),
			func(s state) int { return len(s.Slack.Channels[0].Bookmarks) },
		},
		"a ticket": {
			integrations.Jira,
			func(t *testing.T, b box) func(context.Context) error {
				client := b.jira(t)
				return func(ctx context.Context) error {
					_, err := client.OpenTicket(ctx, ticket)
					return err
				}
			},
			func(s state) int { return len(s.Jira.Issues) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendortest.Once(t, vendortest.Effect{Vendor: row.vendor, New: func(t *testing.T, url string) vendortest.Changed {
				open, err := sandbox.Open(t.Context(), sandbox.Options{
					Path: ":memory:", PublicURL: url, Seed: 42,
					PagerDutyServices: []sandbox.Service{{ID: "PSAMPLE", Name: "Sample"}}, JiraProjects: []string{"PAY"},
				})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, open.Close()) })
				return vendortest.Changed{
					Vendor: open,
					Call: func(t *testing.T, client *http.Client) func(context.Context) error {
						return row.call(t, box{open, client})
					},
					Done: func(t *testing.T) int { return row.done(box{Sandbox: open}.look(t)) },
				}
			}})
		})
	}
}
