package ui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/incident"
)

func TestThePageSaysFirstWhatToDo(t *testing.T) {
	t.Parallel()
	taken := []incident.Intent{incident.Acknowledge{}}
	led := append(taken, incident.AssignRole{Role: "commander", User: responder})
	with := func(before []incident.Intent, more ...incident.Intent) []incident.Intent {
		return append(append([]incident.Intent(nil), before...), more...)
	}
	pageDone := incident.FinishStep{Step: "page"}
	cases := []struct {
		name   string
		before []incident.Intent
		later  time.Duration
		want   string
	}{
		{"nobody has acknowledged", nil, 0, "Nobody has this yet"},
		{"nobody leads", taken, 0, "Nobody leads: Incident commander is open"},
		{"an approval waits", with(led, incident.StartStep{Step: "statement"}), 0, "Decide: Approve the statement"},
		{"an update is due soon", led, 57 * time.Minute, "A status update is due in 3m"},
		{"an update is overdue", led, 65 * time.Minute, "A status update is overdue by 5m"},
		{"an update was just given", with(led, incident.PostUpdate{Text: "We look."}), 10 * time.Minute, "Confirm the severity"},
		{"a step failed", with(led, incident.FailStep{Step: "page", Error: "refused"}), 0, "Muster could not do this: Page the on-call"},
		{"a step failed that Muster tries again", with(led, incident.FailStep{
			Step: "page", Error: "down", RetryAt: time.Date(2026, 11, 22, 3, 13, 0, 0, time.UTC),
		}), 0, "Confirm the severity"},
		{"a step waits", led, 0, "Confirm the severity"},
		{"nothing waits", with(led, pageDone, incident.CompleteStep{Step: "assess"}), 0, "Nothing is waiting for you"},
		{"it is resolved", with(led, pageDone, incident.Resolve{}), 0, "It is over. What should be different next time?"},
		{"it is resolved with follow-ups", with(led, pageDone, incident.Resolve{}, incident.AddFollowup{Title: "Fix"}), 0, "Resolved. 1 follow-up to go"},
		{"it is closed", with(led, incident.Resolve{}, incident.Close{}), 0, "Closed"},
		{"it was a false alarm", []incident.Intent{incident.Cancel{}}, 0, "A false alarm"},
		{"it was merged", []incident.Intent{incident.Merge{Into: "INC-7"}}, 0, "Part of INC-7"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.begin(t, "Checkout fails", "SEV2")
			s.do(t, id, incident.PersonActor(responder), test.before...)
			s.clock.advance(test.later)

			require.Equal(t, test.want, s.get(t, "/incidents/INC-1", by(responder)).text(t, "next-title"))
		})
	}
}

func TestWhoIsNeededIsToldThatNobodyCouldBePaged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	s.do(t, id, muster, incident.FailStep{Step: "page", Error: "PagerDuty cannot be reached"})
	require.Contains(t, s.get(t, "/incidents/INC-1", by(responder)).body,
		"Nobody could be paged (PagerDuty cannot be reached). Call the people on call yourself.")
	s.do(t, id, muster, incident.Remind{Hook: "page-undelivered", Subject: "page", Text: "PagerDuty has not taken the page", Count: 1})
	require.Contains(t, s.get(t, "/incidents/INC-1", by(responder)).body, "Another way was tried: the timeline says which.")
}

func TestThePageShowsWhetherMusterDidItsPart(t *testing.T) {
	t.Parallel()
	retryAt := time.Date(2026, 11, 22, 3, 14, 30, 0, time.UTC)
	cases := []struct {
		name string
		news incident.Intent
		want []string
	}{
		{"at work", incident.StartStep{Step: "statement"}, []string{"At work"}},
		{"done", incident.FinishStep{Step: "page", Outcome: incident.Outcome{Text: "Sample Responder is on call"}}, []string{"All done so far", "Sample Responder is on call"}},
		{"failed", incident.FailStep{Step: "page", Error: "PagerDuty knows no service PX"}, []string{"1 step failed", "PagerDuty knows no service PX", "Try again", "Done by hand"}},
		{"trying again", incident.FailStep{Step: "page", Error: "PagerDuty is down", RetryAt: retryAt}, []string{"Trying again", "Muster tries again at 03:14:30 UTC", "Retrying"}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.begin(t, "Checkout fails", "SEV2")
			s.do(t, id, muster, test.news)
			text := s.get(t, "/incidents/INC-1").text(t, "muster")
			for _, want := range test.want {
				require.Contains(t, text, want)
			}
		})
	}
}

func TestAnEndedIncidentOffersNoCommands(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	s.do(t, id, muster, incident.FailStep{Step: "page", Error: "refused"}, incident.Resolve{}, incident.Close{})

	page := s.get(t, "/incidents/INC-1", by(responder))

	command := find(page.root, func(n *html.Node) bool { return has(n, "hx-post") })
	require.Nil(t, command)
	require.Contains(t, page.text(t, "links"), "Postmortem")
}

func TestThePageLinksToWhatAResponderOpens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	s.do(t, id, muster, incident.FinishStep{Step: "page", Outcome: incident.Outcome{
		Page:    &incident.Page{Key: "k", ID: "Q1", URL: "https://pager.example.com/Q1"},
		Channel: &incident.Channel{ID: "C1", Name: "inc-1-checkout", URL: "https://chat.example.com/C1"},
	}})

	page := s.get(t, "/incidents/INC-1")

	var links []string
	for n := range page.element(t, "links").Descendants() {
		if n.Data == "a" {
			links = append(links, attribute(n, "href"))
		}
	}
	require.Equal(t, []string{
		"https://chat.example.com/C1", "https://pager.example.com/Q1", "https://runbooks.example.com/checkout",
		"http://127.0.0.1:8233/namespaces/default/workflows/INC-1",
	}, links)
	require.Contains(t, page.body, `href="https://prometheus.example.com/graph"`)
}

func TestTheTimelineIsNewestFirstAndFoldsTheRoutine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	s.clock.advance(24 * time.Hour)
	s.do(t, id, incident.PersonActor(responder), incident.AddNote{Text: "First line\nsecond line"})

	page := s.get(t, "/incidents/INC-1")
	text := page.text(t, "timeline")

	require.Less(t, strings.Index(text, "Monday, 23 November 2026"), strings.Index(text, "Sunday, 22 November 2026"))
	require.Contains(t, text, "Sample Responder Note First line second line 03:12:00")
	require.Contains(t, text, "3 routine entries", "the playbook and the two steps that Muster started")
	require.Contains(t, page.element(t, "routine-3").Data, "details")
	require.Contains(t, text, "Alert firing: CheckoutErrors")
	require.Contains(t, attribute(page.element(t, "timeline"), "data-latest"), "Sample Responder: First line")
}

func TestTheTimelineSaysWhoSaidItAndWhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	quote := incident.Quote{
		By: "Second Responder", Message: incident.MessageRef{ChannelID: "C1", ID: "1", URL: "https://chat.example.com/1"},
		Files: []incident.File{{Name: "errors.png", URL: "https://chat.example.com/f1"}},
	}
	s.do(t, id, incident.PersonActor(responder), incident.AddNote{Text: "We roll back", Quote: &quote, Decision: true})
	part := s.get(t, "/incidents/INC-1")
	require.Contains(t, part.text(t, "timeline"), "Second Responder Decision, noted by "+responder)
	require.Contains(t, part.text(t, "timeline"), "We roll back")
	require.Contains(t, part.body, `href="https://chat.example.com/1"`)
	require.Contains(t, part.body, `href="https://chat.example.com/f1"`)
}

func TestALongTimelineIsShownInPartAndOnDemandWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	for n := range 120 {
		s.do(t, id, incident.PersonActor(responder), incident.AddNote{Text: fmt.Sprintf("note %d.", n)})
	}

	part := s.get(t, "/incidents/INC-1")
	whole := s.get(t, "/incidents/INC-1?timeline=all")

	require.Contains(t, part.text(t, "timeline"), "note 119.")
	require.NotContains(t, part.text(t, "timeline"), "note 3.")
	require.Contains(t, part.text(t, "timeline"), "Show the whole timeline")
	require.Contains(t, whole.text(t, "timeline"), "note 3.")
	body := find(whole.root, func(n *html.Node) bool { return n.Data == "body" })
	require.Contains(t, attribute(body, "data-sections"), "timeline=all", "live updates show it whole, too")
}

func TestWhatFailsForHoursIsOneLineThatStaysTrueAndOneWhenItIsOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	fail := func() {
		s.clock.advance(10 * time.Second)
		s.do(t, id, muster, incident.FailStep{Step: "page", Error: "no answer", RetryAt: s.clock.Now().Add(10 * time.Minute)})
	}
	fail()
	page := s.get(t, "/incidents/INC-1")
	require.Contains(t, page.text(t, "timeline"), "Failed: Page the on-call: no answer (trying again at 03:22:10 UTC)", "it is seen at once")
	require.Contains(t, attribute(page.element(t, "timeline"), "data-latest"), "Muster: Failed: Page the on-call", "and read out")

	for range 60 {
		s.clock.advance(10 * time.Minute)
		s.do(t, id, muster, incident.RetryStep{Step: "page"}, incident.StartStep{Step: "page"})
		fail()
	}
	for _, address := range []string{"/incidents/INC-1", "/incidents/INC-1?timeline=all"} {
		text := s.get(t, address).text(t, "timeline")
		require.Equal(t, 1, strings.Count(text, "no answer"), address)
		require.Contains(t, text, "Failing since 03:12:10 UTC: Page the on-call: no answer (61 times so far, last at 13:22:10; trying again at 13:32:10 UTC)", address)
		require.Contains(t, text, "Alert firing: CheckoutErrors", address, "there is room for what happened before")
	}

	s.do(t, id, muster, incident.RetryStep{Step: "page"}, incident.StartStep{Step: "page"})
	require.Contains(t, s.get(t, "/incidents/INC-1").text(t, "timeline"), "trying again now")
	s.clock.advance(time.Minute)
	s.do(t, id, muster, incident.FinishStep{Step: "page"})
	page = s.get(t, "/incidents/INC-1")
	require.Contains(t, page.text(t, "timeline"), "Done: Page the on-call (it had failed 61 times since 03:12:10 UTC)")
	require.Contains(t, page.text(t, "timeline"), "Failed 61 times from 03:12:10 to 13:23:10 UTC: Page the on-call: no answer")
	require.Contains(t, attribute(page.element(t, "timeline"), "data-latest"), "Done: Page the on-call")
	require.NotContains(t, page.text(t, "timeline"), "trying again")
}

func TestWhatHadNothingToDoIsNotOnTheTimeline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	before := s.get(t, "/incidents/INC-1").text(t, "timeline")
	s.do(t, id, muster, incident.FinishStep{Step: "tell@1", Hook: "tell", Title: "Tell those who follow", Outcome: incident.Outcome{Idle: true, Text: "nobody follows"}})
	require.Equal(t, before, s.get(t, "/incidents/INC-1").text(t, "timeline"))
	require.NotContains(t, s.get(t, "/incidents/INC-1/postmortem").body, "Tell those who follow")
	s.do(t, id, muster, incident.FinishStep{Step: "tell@2", Hook: "tell", Title: "Tell those who follow", Outcome: incident.Outcome{Text: "1 of 1 who follow were told"}})
	require.Contains(t, s.get(t, "/incidents/INC-1").text(t, "timeline"), "1 of 1 who follow were told")
}

func TestHostileTextIsShownAsText(t *testing.T) {
	t.Parallel()
	const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(1)>'`
	s := newSite(t)
	id := s.begin(t, hostile, "SEV2")
	s.do(t, id, incident.PersonActor(hostile),
		incident.AddNote{Text: hostile}, incident.PostUpdate{Text: hostile},
		incident.AddStep{Title: hostile, Assignee: hostile}, incident.AddFollowup{Title: hostile, Owner: hostile},
		incident.AssignRole{Role: "commander", User: hostile},
		incident.ReportAlerts{Alerts: []incident.Alert{{
			Fingerprint: "x", Name: hostile, StartsAt: s.clock.Now(), URL: "javascript:alert(1)",
			Labels: map[string]string{hostile: hostile}, Annotations: map[string]string{"summary": hostile},
		}}},
	)
	s.do(t, id, muster, incident.FailStep{Step: "page", Error: hostile}, incident.FinishStep{
		Step: "x", Hook: "x", Outcome: incident.Outcome{Channel: &incident.Channel{ID: "C", Name: hostile, URL: "javascript:alert(1)"}},
	})

	for _, path := range []string{"/", "/incidents/INC-1", "/incidents/INC-1/postmortem", "/incidents?q=%3Cscript%3Ealert(1)%3C/script%3E"} {
		page := s.get(t, path, by(hostile))
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.Contains(t, page.body, "alert(1)")
		for n := range page.root.Descendants() {
			require.False(t, n.Data == "img" || n.Data == "script" && !has(n, "src"), "%s holds an element of the text", path)
			require.False(t, has(n, "onerror"))
			require.False(t, strings.HasPrefix(attribute(n, "href"), "javascript:"))
		}
	}
}

func TestAnIncidentIsFoundUnderOtherSpellings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	for _, path := range []string{"/incidents/1", "/incidents/inc-1"} {
		answer := s.get(t, path)
		require.Equal(t, http.StatusMovedPermanently, answer.StatusCode)
		require.Equal(t, "/incidents/INC-1", answer.Header.Get("Location"))
	}
}

func TestWhatIsNotThereIsAFriendlyPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cases := []struct{ path, says string }{
		{"/incidents/INC-9", "There is no incident INC-9."},
		{"/incidents/INC-9/postmortem", "There is no incident INC-9."},
		{"/incidents/INC-9/postmortem.md", "There is no incident INC-9."},
		{"/incidents/INC-9/live", "There is no incident INC-9."},
		{"/incidents/nonsense", "ids look like INC-42"},
		{"/nowhere", "There is nothing at this address."},
	}
	for _, test := range cases {
		answer := s.get(t, test.path)
		require.Equal(t, http.StatusNotFound, answer.StatusCode, test.path)
		require.Contains(t, answer.text(t, "main"), test.says)
		require.Contains(t, answer.text(t, "main"), "All incidents")
	}
}

func TestADatabaseThatIsAwayIsAFriendlyPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	away := func(r *http.Request) {
		ctx, cancel := contextThatTimedOut(r)
		cancel()
		*r = *r.WithContext(ctx)
	}
	answer := s.get(t, "/incidents/INC-1", away)
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.Contains(t, answer.text(t, "main"), "Responses under way go on regardless")
}

func TestThePostmortemIsReadableAndCopied(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	s.do(t, id, incident.PersonActor(responder), incident.Acknowledge{}, incident.Resolve{Summary: "Rolled back"})

	page := s.get(t, "/incidents/INC-1/postmortem")
	markdown := s.get(t, "/incidents/INC-1/postmortem.md")

	require.Equal(t, http.StatusOK, page.StatusCode)
	require.Contains(t, page.text(t, "main"), "Rolled back")
	require.Contains(t, page.text(t, "main"), "open questions")
	page.element(t, "open-questions")
	require.Contains(t, page.body, `href="/incidents/INC-1/postmortem.md" data-copy`)
	require.Equal(t, "text/plain; charset=utf-8", markdown.Header.Get("Content-Type"))
	require.Contains(t, markdown.body, "# Postmortem of INC-1: Checkout fails")
	require.Contains(t, markdown.body, "http://example.com/incidents/INC-1", "pasted elsewhere, links still lead back")
}
