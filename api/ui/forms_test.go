package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestEveryFormGivesItsCommand(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 3, 5, 0, 0, time.UTC)
	failed := []incident.Intent{incident.FailStep{Step: "page", Error: "refused"}}
	asked := []incident.Intent{incident.StartStep{Step: "statement"}}
	resolved := []incident.Intent{incident.Resolve{}}
	led := []incident.Intent{incident.Acknowledge{}, incident.AssignRole{Role: "commander", User: "Second Responder"}}
	cases := []struct {
		name   string
		before []incident.Intent
		form   string
		typed  url.Values
		want   incident.Intent
	}{
		{"acknowledge", nil, "next-acknowledge", nil, incident.Acknowledge{}},
		{"take the lead", led[:1], "next-assign_role-take-commander", nil, incident.AssignRole{Role: "commander", User: responder}},
		{"take a role", nil, "people-assign_role-take-scribe", nil, incident.AssignRole{Role: "scribe", User: responder}},
		{"take over a role", led, "people-assign_role-take-commander", nil, incident.AssignRole{Role: "commander", User: responder}},
		{"give a role to somebody", nil, "people-assign_role-scribe", url.Values{"user": {" Third Responder "}}, incident.AssignRole{Role: "scribe", User: "Third Responder"}},
		{"make a role vacant", led, "people-assign_role-commander", url.Values{"release": {"yes"}}, incident.AssignRole{
			Role: "commander", Brief: "SEV2, investigating. Alerts firing: 1. Open: Confirm the severity",
		}},
		{"complete a step", nil, "steps-complete_step-assess", nil, incident.CompleteStep{Step: "assess"}},
		{"complete the next step", led, "next-complete_step-assess", nil, incident.CompleteStep{Step: "assess"}},
		{"skip a step", nil, "steps-skip_step-assess", url.Values{"reason": {"known"}}, incident.SkipStep{Step: "assess", Reason: "known"}},
		{"approve", asked, "steps-approve_step-statement", nil, incident.ApproveStep{Step: "statement"}},
		{"reject", asked, "steps-reject_step-statement", url.Values{"note": {"too early"}}, incident.RejectStep{Step: "statement", Note: "too early"}},
		{"retry what Muster could not do", failed, "muster-retry_step-page", nil, incident.RetryStep{Step: "page"}},
		{"do by hand what Muster could not do", failed, "muster-complete_step-page", nil, incident.CompleteStep{Step: "page"}},
		{"add a step", nil, "steps-add_step", url.Values{"title": {"Call them"}, "assignee": {"Ops"}}, incident.AddStep{Title: "Call them", Assignee: "Ops"}},
		{"write a note", nil, "write-write", url.Values{"text": {"odd"}, "as": {"note"}}, incident.AddNote{Text: "odd"}},
		{"write a note about the past", nil, "write-write", url.Values{"text": {"odd"}, "as": {"note"}, "at": {"2026-11-22T03:05"}}, incident.AddNote{Text: "odd", At: at}},
		{"post an update", nil, "write-write", url.Values{"text": {"we look"}, "as": {"update"}}, incident.PostUpdate{Text: "we look"}},
		{"change the severity", nil, "header-change_severity", url.Values{"severity": {"SEV3"}, "reason": {"few"}}, incident.ChangeSeverity{Severity: "SEV3", Reason: "few"}},
		{"change the status", nil, "header-change_status", url.Values{"status": {"identified"}, "note": {"a leak"}}, incident.ChangeStatus{Status: incident.Identified, Note: "a leak"}},
		{"cancel", nil, "header-cancel", url.Values{"reason": {"a test"}}, incident.Cancel{Reason: "a test"}},
		{"merge", nil, "header-merge", url.Values{"into": {"INC-7"}}, incident.Merge{Into: "INC-7"}},
		{"reopen", resolved, "header-reopen", url.Values{"reason": {"again"}}, incident.Reopen{Reason: "again"}},
		{"retry what is left of an incident that has ended", []incident.Intent{incident.Cancel{}, incident.FailStep{
			Step: "resolve-page@9", Hook: "resolve-page", Title: "Resolve in PagerDuty", Do: "pagerduty.resolve", Error: "the token was refused",
		}}, "muster-retry_step-resolve-page@9", nil, incident.RetryStep{Step: "resolve-page@9"}},
		{"finish work without a ticket", []incident.Intent{incident.AddFollowup{Title: "Fix"}}, "followups-complete_followup-F1", nil, incident.CompleteFollowup{Followup: "F1"}},
		{"add a follow-up", resolved, "followups-add_followup", url.Values{"title": {"Fix it"}, "owner": {"Ops"}, "due": {"2026-12-01"}}, incident.AddFollowup{
			Title: "Fix it", Owner: "Ops", Due: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.begin(t, "Checkout fails", "SEV2")
			s.do(t, id, muster, test.before...)

			action, fields := s.get(t, "/incidents/INC-1", by(responder)).form(t, test.form)
			for name, values := range test.typed {
				fields[name] = values
			}
			answer := s.post(t, action, fields, by(responder))

			require.Equal(t, http.StatusSeeOther, answer.StatusCode, answer.body)
			require.Equal(t, "/incidents/INC-1", answer.Header.Get("Location"))
			got := s.desk.commands[len(s.desk.commands)-1]
			require.Empty(t, cmp.Diff(incident.Command{
				Incident: id, Key: fields.Get("key"), Actor: incident.PersonActor(responder), Source: "page", Intent: test.want,
			}, got))
			require.NotEmpty(t, got.Key)
		})
	}
}

func TestResolveIsOfferedWhenTheAlertsHaveCleared(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	s.do(t, id, incident.PersonActor(responder), incident.Acknowledge{}, incident.AssignRole{Role: "commander", User: responder})
	cleared := s.alert(id)
	cleared.ResolvedAt = s.clock.Now()
	s.do(t, id, incident.VendorActor("Alertmanager"), incident.ReportAlerts{Alerts: []incident.Alert{cleared}})

	page := s.get(t, "/incidents/INC-1", by(responder))
	require.Contains(t, page.text(t, "next-title"), "The alert has cleared. Is it over?")
	action, fields := page.form(t, "next-resolve")
	fields.Set("summary", "Rolled back")
	s.post(t, action, fields, by(responder))

	page = s.get(t, "/incidents/INC-1")
	require.Contains(t, page.text(t, "header"), "Rolled back")
	require.Contains(t, page.text(t, "next-title"), "It is over")
}

func TestAFormThatHtmxSendsComesBackAsItsSection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	action, fields := s.get(t, "/incidents/INC-1", by(responder)).form(t, "next-acknowledge")

	answer := s.post(t, action, fields, by(responder), fromSection("next"))

	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.True(t, strings.HasPrefix(strings.TrimSpace(answer.body), "<section"), answer.body)
	require.Contains(t, answer.text(t, "next-title"), "Nobody leads")
	require.NotContains(t, answer.body, `id="timeline"`)
}

func TestARefusedFormComesBackWithTheReasonAndWhatWasTyped(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", incident.MaxTitleRunes+1)
	cases := []struct {
		name    string
		form    string
		command string
		typed   url.Values
		status  int
		says    string
		keeps   string
	}{
		{
			"a skip without a reason", "steps-skip_step-assess", "skip_step", url.Values{"step": {"assess"}, "reason": {" "}},
			http.StatusUnprocessableEntity, "Say why step", "",
		},
		{
			"a title that is too long", "steps-add_step", "add_step", url.Values{"title": {long}, "assignee": {"Ops"}},
			http.StatusUnprocessableEntity, "200 at most are allowed", long,
		},
		{
			"a rule", "header-merge", "merge", url.Values{"into": {"INC-1"}},
			http.StatusUnprocessableEntity, "cannot be merged into itself", "INC-1",
		},
		{
			"a role for nobody", "people-assign_role-scribe", "assign_role", url.Values{"role": {"scribe"}, "user": {""}},
			http.StatusUnprocessableEntity, "Name the person who takes the role", "",
		},
		{
			"a day that is none", "followups-add_followup", "add_followup", url.Values{"title": {"Fix the pool"}, "due": {"soon"}},
			http.StatusUnprocessableEntity, "Give the day it is due", "Fix the pool",
		},
		{
			"a time that is none", "write-write", "write", url.Values{"text": {"it began"}, "as": {"note"}, "at": {"early"}},
			http.StatusUnprocessableEntity, "Give the time it happened", "it began",
		},
	}
	for _, test := range cases {
		for _, way := range []string{"by a browser", "by htmx"} {
			t.Run(test.name+", sent "+way, func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				s.begin(t, "Checkout fails", "SEV2")
				fields := url.Values{"form": {test.form}, "key": {"the-key"}}
				for name, values := range test.typed {
					fields[name] = values
				}
				changes := []request{by(responder)}
				if way == "by htmx" {
					section, _, _ := strings.Cut(test.form, "-")
					changes = append(changes, fromSection(section))
				}

				answer := s.post(t, "/incidents/INC-1/"+test.command, fields, changes...)

				require.Equal(t, test.status, answer.StatusCode)
				require.Contains(t, answer.text(t, test.form), test.says)
				require.True(t, has(answer.element(t, test.form), "data-refused"))
				_, again := answer.form(t, test.form)
				require.Contains(t, strings.Join(flat(again), "\n"), test.keeps)
				require.NotEqual(t, "the-key", again.Get("key"), "nothing happened, so this is a new attempt")
				if way == "by htmx" {
					require.Equal(t, "refused", answer.Header.Get("Muster-Form"))
				} else {
					require.Contains(t, answer.body, "<!doctype html>")
				}
			})
		}
	}
}

func flat(fields url.Values) []string {
	var all []string
	for _, values := range fields {
		all = append(all, values...)
	}
	return all
}

func TestAFormThatTheIncidentHasOutgrownIsRefusedAsAConflict(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	_, fields := s.get(t, "/incidents/INC-1", by(responder)).form(t, "header-change_status")
	s.do(t, id, incident.PersonActor(responder), incident.Resolve{})
	fields.Set("status", "identified")
	fields.Set("note", "It is the pool")
	const rule = "INC-1 is resolved; reopen it before you change its status."

	scripted := s.post(t, "/incidents/INC-1/change_status", fields, by(responder), fromSection("header"))
	require.Equal(t, http.StatusConflict, scripted.StatusCode)
	require.Equal(t, rule, scripted.body, "the script shows the message and leaves the form alone")
	require.Empty(t, scripted.Header.Get("Muster-Form"))

	plain := s.post(t, "/incidents/INC-1/change_status", fields, by(responder))
	require.Equal(t, http.StatusConflict, plain.StatusCode)
	require.Contains(t, plain.text(t, "main"), rule)
	require.Contains(t, plain.text(t, "main"), "You had written: It is the pool")
}

func TestAFormSentTwiceTakesEffectOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	action, fields := s.get(t, "/incidents/INC-1", by(responder)).form(t, "write-write")
	fields.Set("text", "Looks like the pool")
	fields.Set("as", "note")

	for range 2 {
		require.Equal(t, http.StatusSeeOther, s.post(t, action, fields, by(responder)).StatusCode)
	}

	require.Equal(t, 1, s.count(t, id, "note_added"))
}

func TestAFormWithoutAnAnswerKeepsItsKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV2")
	action, fields := s.get(t, "/incidents/INC-1", by(responder)).form(t, "write-write")
	fields.Set("text", "Looks like the pool")
	fields.Set("as", "note")
	s.desk.unanswered = true

	answer := s.post(t, action, fields, by(responder), fromSection("write"))

	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.Contains(t, answer.text(t, "write"), "it takes effect only once")
	require.NotContains(t, answer.body, "the answer was lost", "what broke inside is for the log")
	action, again := answer.form(t, "write-write")
	require.Equal(t, fields.Get("key"), again.Get("key"))
	require.Equal(t, "Looks like the pool", again.Get("text"))

	s.desk.unanswered = false
	again.Set("as", "note")
	require.Equal(t, http.StatusSeeOther, s.post(t, action, again, by(responder)).StatusCode)
	require.Equal(t, 1, s.count(t, id, "note_added"))
}

func (s *site) count(t testing.TB, id incident.ID, kind incident.Kind) int {
	t.Helper()
	events, err := s.store.Journal(t.Context(), id)
	require.NoError(t, err)
	n := 0
	for _, e := range events {
		if e.Kind() == kind {
			n++
		}
	}
	return n
}

func TestWhoHasNotSaidTheirNameIsAskedAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	action, fields := s.get(t, "/incidents/INC-1").form(t, "write-write")
	fields.Set("text", "It began at three")

	answer := s.post(t, action, fields, fromSection("write"))

	require.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode)
	require.Contains(t, answer.text(t, "write"), "Say who you are")
	action, again := answer.form(t, "write-write")
	require.Equal(t, "It began at three", again.Get("text"))
	require.True(t, again.Has("you"))

	again.Set("you", "  Sample   Responder ")
	answer = s.post(t, action, again)
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	require.Equal(t, responder, s.desk.commands[len(s.desk.commands)-1].Actor.Name)
	cookie := answer.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	page := s.get(t, "/incidents/INC-1", func(r *http.Request) { r.AddCookie(cookie) })
	require.Contains(t, page.text(t, "you"), responder)
}

func TestAcknowledgingAsksForTheNameAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")

	_, stranger := s.get(t, "/incidents/INC-1").form(t, "next-acknowledge")
	_, known := s.get(t, "/incidents/INC-1", by(responder)).form(t, "next-acknowledge")

	require.True(t, stranger.Has("you"))
	require.False(t, known.Has("you"))
}

func TestTheNameIsSetAtTheTopAndLeadsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cases := []struct{ back, want string }{
		{"/incidents?status=resolved", "/incidents?status=resolved"},
		{"//elsewhere.example.com/", "/"},
		{"https://elsewhere.example.com/", "/"},
		{`/\elsewhere.example.com`, "/"},
		{"", "/"},
	}
	for _, test := range cases {
		answer := s.post(t, "/you", url.Values{"you": {"Åsa Sample"}, "back": {test.back}})
		require.Equal(t, http.StatusSeeOther, answer.StatusCode)
		require.Equal(t, test.want, answer.Header.Get("Location"), "back to %q", test.back)
		cookie := answer.Cookies()[0]
		page := s.get(t, "/", func(r *http.Request) { r.AddCookie(cookie) })
		require.Contains(t, page.text(t, "you"), "Åsa Sample")
	}
}

func TestACommandThatThePagesDoNotKnowIsNotFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	for _, path := range []string{"/incidents/INC-1/finish_step", "/incidents/INC-1/nonsense"} {
		require.Equal(t, http.StatusNotFound, s.post(t, path, url.Values{}, by(responder)).StatusCode)
	}
	require.Equal(t, http.StatusNotFound, s.post(t, "/incidents/INC-9/acknowledge", url.Values{}, by(responder)).StatusCode)
}

func TestAFormThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.begin(t, "Checkout fails", "SEV2")
	text := url.Values{"text": {strings.Repeat("x", 300<<10)}}
	answer := s.post(t, "/incidents/INC-1/write", text, by(responder))
	require.Equal(t, http.StatusRequestEntityTooLarge, answer.StatusCode)
	require.Contains(t, answer.text(t, "main"), "Link to longer text")
}
