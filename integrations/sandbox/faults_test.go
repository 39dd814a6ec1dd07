package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/andygrunwald/go-jira"
	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

func (w *world) fault(t *testing.T, body string) string {
	t.Helper()
	response, answer := w.call(t, "POST", "/sandbox/faults", body, "Content-Type", "application/json")
	require.Equal(t, http.StatusOK, response.StatusCode, answer)
	return answer
}

func TestSlackFaults(t *testing.T) {
	t.Parallel()
	w := start(t)
	create := func(name string) error {
		_, err := w.slack.CreateConversation(slack.CreateConversationParams{ChannelName: name})
		return err
	}
	w.fault(t, `{"vendor":"slack","mode":"error"}`)
	var status slack.StatusCodeError
	require.ErrorAs(t, create("a"), &status)
	require.Equal(t, http.StatusInternalServerError, status.Code)

	w.fault(t, `{"vendor":"slack","mode":"rate_limit"}`)
	var limited *slack.RateLimitedError
	require.ErrorAs(t, create("a"), &limited)
	require.Equal(t, time.Second, limited.RetryAfter)

	w.fault(t, `{"vendor":"slack","mode":"down"}`)
	require.ErrorContains(t, create("a"), "EOF")
	require.Empty(t, w.state(t).Slack.Channels, "none of these has an effect, and the state is always served")

	w.fault(t, `{"vendor":"slack","mode":"timeout_after_effect","count":1}`)
	require.ErrorContains(t, create("a"), "EOF")
	require.EqualError(t, create("a"), "name_taken", "it had happened, and the fault has worn off")

	w.fault(t, `{"vendor":"slack","mode":"down"}`)
	w.fault(t, `{"vendor":"jira","mode":"none"}`)
	require.ErrorContains(t, create("b"), "EOF", "another vendor's fault ended")
	w.fault(t, `{"mode":"none"}`)
	require.NoError(t, create("b"))
}

func TestSlackKeepsToItsLimits(t *testing.T) {
	t.Parallel()
	w := start(t)
	one, two := w.channel(t, "one"), w.channel(t, "two")
	say := func(channel string) error {
		_, _, err := w.slack.PostMessage(channel, text("something"))
		return err
	}
	for range 9 {
		require.NoError(t, say(one), "there are no limits unless they are asked for")
	}
	w.fault(t, `{"vendor":"slack","mode":"limits"}`)
	var limited *slack.RateLimitedError
	for range 5 {
		require.NoError(t, say(one), "a short burst")
	}
	w.clock.advance(100 * time.Millisecond)
	require.ErrorAs(t, say(one), &limited)
	require.Equal(t, time.Second, limited.RetryAfter)
	require.NoError(t, say(two), "each channel has its own")
	w.clock.advance(time.Second)
	require.NoError(t, say(one))
	require.ErrorAs(t, say(one), &limited, "one a second")

	topic := func() error {
		_, err := w.slack.SetTopicOfConversation(one, "SEV1")
		return err
	}
	for range 20 {
		require.NoError(t, topic())
	}
	w.clock.advance(18500 * time.Millisecond)
	require.ErrorAs(t, topic(), &limited)
	require.Equal(t, 42*time.Second, limited.RetryAfter, "whole seconds, and no less than it takes")
	_, err := w.slack.AuthTest()
	require.NoError(t, err, "each method has its own")
	w.clock.advance(limited.RetryAfter)
	require.NoError(t, topic())
	w.fault(t, `{"mode":"none"}`)
	require.NoError(t, say(one))
	require.NoError(t, say(one))

	response, answer := w.call(t, "POST", "/sandbox/faults", `{"vendor":"jira","mode":"limits","rate":0.5}`, "Content-Type", "application/json")
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, answer, "whose limits are not known here")
	require.Contains(t, answer, "leave rate and count out")
}

func TestPagerDutyFaults(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.routingKey(t, "PCHECKOUT")
	rest := func() error {
		_, err := w.pagerDuty.ListServicesWithContext(t.Context(), pagerduty.ListServiceOptions{})
		return err
	}
	events := func() error {
		_, err := w.pagerDuty.ManageEventWithContext(t.Context(), &pagerduty.V2Event{RoutingKey: key, Action: "trigger", DedupKey: "INC-1",
			Payload: &pagerduty.V2Payload{Summary: "s", Source: "m", Severity: "error"}})
		return err
	}
	var refused pagerduty.APIError
	for _, call := range []func() error{rest, events} {
		w.fault(t, `{"vendor":"pagerduty","mode":"error"}`)
		require.ErrorAs(t, call(), &refused)
		require.Equal(t, http.StatusInternalServerError, refused.StatusCode)
		require.True(t, refused.Temporary())
		w.fault(t, `{"vendor":"pagerduty","mode":"rate_limit"}`)
		require.ErrorAs(t, call(), &refused)
		require.True(t, refused.RateLimited())
		w.fault(t, `{"vendor":"pagerduty","mode":"down"}`)
		require.ErrorContains(t, call(), "EOF")
	}
	for _, path := range []string{"/services", "/events/v2/enqueue"} {
		w.fault(t, `{"vendor":"pagerduty","mode":"rate_limit","count":1}`)
		response, _ := w.call(t, "POST", "/sandbox/pagerduty"+path, "{}")
		require.Equal(t, "1", response.Header.Get("Retry-After"))
	}
	require.Empty(t, w.state(t).PagerDuty.Incidents)
	w.fault(t, `{"vendor":"pagerduty","mode":"timeout_after_effect","count":1}`)
	require.ErrorContains(t, events(), "EOF")
	require.Len(t, w.state(t).PagerDuty.Incidents, 1)
	require.NoError(t, events())
	require.Len(t, w.state(t).PagerDuty.Incidents, 1, "the same key again adds nothing")
}

func TestJiraFaults(t *testing.T) {
	t.Parallel()
	w := start(t)
	fields := &jira.IssueFields{Project: jira.Project{Key: "CHECKOUT"}, Type: jira.IssueType{Name: "Task"}, Summary: "A repair"}
	for mode, want := range map[string]int{"error": http.StatusInternalServerError, "rate_limit": http.StatusTooManyRequests} {
		w.fault(t, `{"vendor":"jira","mode":"`+mode+`","count":1}`)
		_, response, err := w.jira.Issue.Create(&jira.Issue{Fields: fields})
		require.Error(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode)
		require.Equal(t, want == http.StatusTooManyRequests, response.Header.Get("Retry-After") == "1")
	}
	w.fault(t, `{"vendor":"jira","mode":"down","count":1}`)
	_, _, err := w.jira.Issue.Create(&jira.Issue{Fields: fields})
	require.ErrorContains(t, err, "EOF")
	require.Empty(t, w.state(t).Jira.Issues)
	w.fault(t, `{"vendor":"jira","mode":"timeout_after_effect","count":1}`)
	_, _, err = w.jira.Issue.Create(&jira.Issue{Fields: fields})
	require.ErrorContains(t, err, "EOF")
	require.Len(t, w.state(t).Jira.Issues, 1)
}

func TestAFaultWithARateHitsSomeAndTheSeedSaysWhich(t *testing.T) {
	t.Parallel()
	outcome := func() (hits string) {
		w := start(t)
		w.fault(t, `{"vendor":"slack","mode":"error","rate":0.5}`)
		for range 40 {
			response, _ := w.call(t, "POST", "/sandbox/slack/api/auth.test", "token=x", "Content-Type", "application/x-www-form-urlencoded")
			hits += fmt.Sprint(response.StatusCode / 100)
		}
		return hits
	}
	first := outcome()
	require.Contains(t, first, "5")
	require.Contains(t, first, "2")
	require.Equal(t, first, outcome())
}

func TestFaultsAreListedAndBadOnesRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.fault(t, `{"vendor":"slack","mode":"down","rate":0}`)
	answer := w.fault(t, `{"vendor":"jira","mode":"error","rate":0.25,"count":3}`)
	want := `{"faults":[{"vendor":"jira","mode":"error","rate":0.25,"count":3},{"vendor":"slack","mode":"down","rate":0}]}`
	require.JSONEq(t, want, answer)

	for body, location := range map[string]string{
		`{"mode":"error"}`:                              "body.vendor",
		`{"vendor":"github","mode":"error"}`:            "body.vendor",
		`{"vendor":"slack"}`:                            "body.mode",
		`{"vendor":"slack","mode":"slow"}`:              "body.mode",
		`{"vendor":"slack","mode":"error","rate":1.5}`:  "body.rate",
		`{"vendor":"slack","mode":"error","rate":-0.1}`: "body.rate",
		`{"vendor":"slack","mode":"error","count":0}`:   "body.count",
		`{"vendor":"slack","mode":"error","often":1}`:   "",
		`{"mode":"none"} {}`:                            "",
		`[]`:                                            "",
		``:                                              "",
	} {
		response, answer := w.call(t, "POST", "/sandbox/faults", body)
		require.Equal(t, http.StatusBadRequest, response.StatusCode, body)
		require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
		var problem struct {
			Type, Title, Detail string
			Status              int
			Errors              []struct{ Location, Message string }
		}
		require.NoError(t, json.Unmarshal([]byte(answer), &problem))
		require.Equal(t, http.StatusBadRequest, problem.Status)
		require.NotEmpty(t, problem.Detail)
		if location != "" {
			require.Equal(t, location, problem.Errors[0].Location)
			require.Contains(t, problem.Errors[0].Message, "send")
		}
	}
	require.JSONEq(t, want, w.fault(t, `{"vendor":"pagerduty","mode":"none"}`), "bad faults change nothing")
}

func TestCurlsDefaultContentTypeIsNoForm(t *testing.T) {
	t.Parallel()
	w := start(t)
	response, answer := w.call(t, "POST", "/sandbox/faults", ` {"vendor":"slack","mode":"down"}`, "Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, answer, `"mode":"down"`)
}
