package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

func TestThePageShowsEverythingAndTrustsNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, empty := w.call(t, "GET", "/sandbox", "")
	require.Contains(t, empty, "Nothing has been said here")
	require.Contains(t, empty, "Nobody has been paged")

	w.fill(t)
	hostile := `<script>alert(1)</script><img src=x onerror=alert(2)>`
	w.post(t, "inc-1-checkout", text(hostile))
	w.post(t, "inc-1-checkout", slack.MsgOptionBlocks(
		slack.NewHeaderBlock(slack.NewTextBlockObject("plain_text", ":rotating_light: "+hostile, true, false)),
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "<javascript:alert(3)|click> <https://example.com/?a=1&amp;b=2|safe>", false, false), nil, nil),
		slack.NewContextBlock("", slack.NewTextBlockObject("mrkdwn", "by <@"+responderOne+">", false, false)),
		slack.NewDividerBlock(),
		slack.NewActionBlock("", slack.NewButtonBlockElement("a", "v", slack.NewTextBlockObject("plain_text", "Open", false, false)).WithURL("https://example.com/open"),
			slack.NewButtonBlockElement("muster:b", "v", slack.NewTextBlockObject("plain_text", "Acknowledge", false, false))),
		slack.NewImageBlock("https://example.com/x.png", "a graph", "", nil),
	))
	w.trigger(t, "PSEARCH", "hostile", hostile)
	w.ticket(t, hostile)
	require.NoError(t, w.mail("hostile@example.com", hostile, hostile))
	w.notify(t, "hostile", `{"text":"<script>alert(1)</script>"}`)
	w.fault(t, `{"vendor":"pagerduty","mode":"rate_limit","rate":0.5}`)

	response, page := w.call(t, "GET", "/sandbox", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'")
	for _, want := range []string{
		"inc-1-checkout", "<strong>5xx</strong>", "Only visible to you", "https://muster.example.com/INC-1",
		"🚨 &lt;script&gt;", `<a href="https://example.com/?a=1&amp;b=2" rel="noreferrer">safe</a>`, "@Sample Responder One</span>", "<hr>", `<a href="https://example.com/x.png" rel="noreferrer">a graph</a>`,
		`href="https://example.com/open"`, `data-control="muster:b" data-block="`,
		"Acknowledged by Sample Responder One", "Note by Sample Responder One: Rolled back", "Checkout answers 5xx", "CHECKOUT-1", "Alert on the burn rate", "due 2026-02-01",
		`action="/sandbox/jira/issues/CHECKOUT-1/status"`, "pagerduty: rate limit, 50% of calls",
		"<code>error_rate</code>", "<code>latency_p99</code>", `action="/sandbox/prometheus/value"`, "Sample again",
		"oncall@example.com, second@example.com", "INC-1-mail@example.com", "INC-1-notice", "&#34;text&#34;: &#34;PagerDuty has not taken the page.&#34;",
	} {
		require.Contains(t, page, want)
	}
	for _, never := range []string{"<script>alert", "<img", "ZgotmplZ", `href="javascript:`} {
		require.NotContains(t, page, never)
	}
}

func TestThePageOpensTheChannelThatIsAsked(t *testing.T) {
	t.Parallel()
	w := start(t)
	old := w.channel(t, "inc-1")
	w.post(t, old, text("an old message"))
	w.post(t, w.channel(t, "inc-2"), text("a new message"))
	_, page := w.call(t, "GET", "/sandbox", "")
	require.Contains(t, page, "a new message")
	require.NotContains(t, page, "an old message")
	_, page = w.call(t, "GET", "/sandbox?channel="+old, "")
	require.Contains(t, page, "an old message")
	_, page = w.call(t, "GET", "/sandbox?channel=C404", "")
	require.Contains(t, page, "a new message")

	response, page := w.call(t, "GET", "/sandbox?you=responder-two", "")
	require.Contains(t, page, "<b>Sample Responder Two</b>")
	_, page = w.call(t, "GET", "/sandbox", "", "Cookie", response.Header.Get("Set-Cookie"))
	require.Contains(t, page, "<b>Sample Responder Two</b>", "it is remembered")

	w.post(t, general, text("hello"))
	_, page = w.call(t, "GET", "/sandbox", "")
	require.Regexp(t, `(?s)>general<.*>inc-2<.*>inc-1<`, page, "where a channel stands does not depend on what is said")

	response, _ = w.call(t, "GET", "/sandbox/", "")
	require.Equal(t, "/sandbox", response.Header.Get("Location"))
}

func TestThePagesButtons(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.ticket(t, "A repair")
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	move := "/sandbox/jira/issues/" + key + "/status"

	response, _ := w.call(t, "POST", move, "status=In+Progress", form...)
	require.Equal(t, http.StatusSeeOther, response.StatusCode)
	require.Equal(t, "/sandbox#"+key, response.Header.Get("Location"))
	require.Equal(t, "In Progress", w.state(t).Jira.Issues[0].Status)

	response, _ = w.call(t, "POST", "/sandbox/faults", "vendor=slack&mode=down", form...)
	require.Equal(t, http.StatusSeeOther, response.StatusCode)
	_, page := w.call(t, "GET", "/sandbox", "")
	require.Contains(t, page, "slack: down, 100% of calls")
	w.call(t, "POST", "/sandbox/faults", "vendor=slack&mode=none", form...)
	_, page = w.call(t, "GET", "/sandbox", "")
	require.Contains(t, page, "All of them answer.")

	response, body := w.call(t, "POST", move, "status=%zz", form...)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, body, "percent-encoded")
	for _, path := range []string{move, "/sandbox/faults"} {
		response, body := w.call(t, "POST", path, "status=Done", append(form, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")...)
		require.Equal(t, http.StatusForbidden, response.StatusCode)
		require.Contains(t, body, "page of another site")
	}
	require.Equal(t, "In Progress", w.state(t).Jira.Issues[0].Status)
}
