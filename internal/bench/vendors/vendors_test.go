package vendors_test

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/slack"
	"muster/internal/bench/vendors"
)

type heard struct {
	mu    sync.Mutex
	pages []string
}

func (h *heard) page(at time.Time, summary string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !at.IsZero() {
		h.pages = append(h.pages, summary)
	}
}

func start(t *testing.T) (url string, h *heard) {
	t.Helper()
	h = &heard{}
	server := httptest.NewServer(vendors.Handler(h.page))
	t.Cleanup(server.Close)
	return server.URL, h
}

func TestAPageArrivesWithItsSummary(t *testing.T) {
	t.Parallel()
	url, h := start(t)
	client := pagerduty.New(pagerduty.Options{Token: "sample", From: "muster@example.com", APIURL: url + "/pagerduty", EventsURL: url + "/events"})
	page, err := client.Page(t.Context(), incident.PageRequest{
		Key: "INC-1/page", Service: "PSAMPLE", Summary: "SEV1 checkout: Sample-page-7 (INC-1)", Severity: "critical", Source: "checkout",
	})
	require.NoError(t, err)
	require.NotEmpty(t, page.ID)
	require.Equal(t, []string{"SEV1 checkout: Sample-page-7 (INC-1)"}, h.pages)
	require.NoError(t, client.Acknowledge(t.Context(), page))
	require.Len(t, h.pages, 1, "an acknowledgement is no page")
	people, err := client.OnCall(t.Context(), "PSAMPLE")
	require.NoError(t, err)
	require.Empty(t, people)
}

func TestSlackTakesWhatMusterSays(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	client := slack.New(slack.Options{Token: "sample", APIURL: url + "/slack/"})
	channel, err := client.OpenChannel(t.Context(), incident.ChannelRequest{Key: "INC-1/channel", Name: "inc-1", Topic: "a topic", Purpose: "a purpose"})
	require.NoError(t, err)
	require.Equal(t, "inc-1", channel.Name)
	address, err := client.Post(t.Context(), incident.Message{Key: "INC-1/brief", ChannelID: channel.ID, Text: "text", Pin: true})
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(address, channel.ID), address)
	require.NoError(t, client.Bookmark(t.Context(), channel.ID, incident.Link{Title: "page", URL: "https://muster.example.com/INC-1"}))
	require.NoError(t, client.SetTopic(t.Context(), channel.ID, "another topic"))
}

func TestJiraFilesATicket(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	client, err := jira.New(jira.Options{URL: url + "/jira", User: "muster@example.com", Token: "sample"})
	require.NoError(t, err)
	ticket, err := client.OpenTicket(t.Context(), incident.TicketRequest{
		Key: "INC-1/F1", Project: "BENCH", Title: "Alert before it is full", Links: []incident.Link{{Title: "incident", URL: "https://muster.example.com/INC-1"}},
	})
	require.NoError(t, err)
	require.Equal(t, "To Do", ticket.Status)
	require.False(t, ticket.Done)
}
