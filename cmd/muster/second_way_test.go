package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"muster/config"
	"muster/incident"
	"muster/integrations"

	"github.com/stretchr/testify/require"
)

// withSandbox is an app as far as its vendors.
func withSandbox(t *testing.T, vendors config.Vendors) *app {
	t.Helper()
	a := &app{}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	require.NoError(t, a.openSandbox(t.Context(), appOptions{vendors: vendors, sandboxDir: t.TempDir(), catalogue: config.Sample(), baseURL: server.URL}))
	handler = a.sandbox
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, a.closeSandbox())
	})
	return a
}

func TestTheSecondWayLeadsToTheSandboxWhereNothingIsConfigured(t *testing.T) {
	a := withSandbox(t, config.Vendors{})
	require.Equal(t, "Slack, PagerDuty, Jira, e-mail, the webhook, Prometheus", a.sandboxed)
	mailer, notifier, err := a.secondWay(config.Vendors{})
	require.NoError(t, err)
	receipt, err := mailer.Send(t.Context(), incident.Mail{Key: "one", To: []string{"oncall@example.com"}, Subject: "s", Text: "t"})
	require.NoError(t, err)
	require.Equal(t, []string{"oncall@example.com"}, receipt.Accepted)
	require.NoError(t, notifier.Notify(t.Context(), incident.Notice{Key: "one", Incident: "INC-1"}))

	a.connect(appOptions{catalogue: config.Sample()})
	chat := a.chat
	for _, service := range config.Sample().Services() {
		id, err := chat.ChannelID(t.Context(), service.Fallback.SlackChannel)
		require.NoError(t, err, service.Name)
		message := incident.Message{Key: "INC-1-alert", ChannelID: id, Text: "PagerDuty has not taken the page"}
		first, err := chat.Post(t.Context(), message)
		require.NoError(t, err)
		again, err := chat.Post(t.Context(), message)
		require.NoError(t, err)
		require.Equal(t, first, again, "a repetition is found")
	}

	recorder := httptest.NewRecorder()
	a.sandbox.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/sandbox/state", nil))
	require.Contains(t, recorder.Body.String(), `"to":["oncall@example.com"]`)
	require.Contains(t, recorder.Body.String(), `"key":"one"`)
}

func TestASecondWayThatIsNotConfiguredIsAbsentWherePagerDutyIsReal(t *testing.T) {
	var v config.Vendors
	v.PagerDuty.Token = config.NewSecret("token")
	mailer, notifier, err := (&app{}).secondWay(v)
	require.NoError(t, err)
	require.Nil(t, mailer)
	require.Nil(t, notifier)

	v.Mail = config.Mail{URL: config.NewSecret("smtp://mail.example.com"), From: "muster@example.com"}
	v.Webhook.URL = config.NewSecret("https://hooks.example.com/token")
	mailer, notifier, err = (&app{}).secondWay(v)
	require.NoError(t, err)
	require.NotNil(t, mailer)
	require.NotNil(t, notifier)
}

func TestInProductionAVendorWithoutCredentialsFailsEachStepForGood(t *testing.T) {
	a := &app{}
	a.connect(appOptions{catalogue: config.Sample()})
	require.Nil(t, a.pagerNews)
	tracker, err := a.tracker(config.Vendors{}, nil)
	require.NoError(t, err)
	_, noPage := a.pager.Page(t.Context(), incident.PageRequest{})
	_, noChannel := a.chat.OpenChannel(t.Context(), incident.ChannelRequest{})
	_, _, noMessage := a.chat.Message(t.Context(), incident.MessageRef{})
	require.ErrorContains(t, noMessage, "MUSTER_SLACK_TOKEN")
	_, noTicket := tracker.OpenTicket(t.Context(), incident.TicketRequest{})
	for variable, err := range map[string]error{"MUSTER_PAGERDUTY_TOKEN": noPage, "MUSTER_SLACK_TOKEN": noChannel, "MUSTER_JIRA_TOKEN": noTicket} {
		require.ErrorContains(t, err, "it is not connected: give the workers "+variable)
		require.True(t, integrations.IsFinal(err))
	}
	_, err = tracker.Tickets(t.Context(), []string{"PAY-7"})
	require.Error(t, err, "a ticket that is not found would count as deleted")
}
