package worker_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

// ChannelID finds every channel.
func (w *world) ChannelID(_ context.Context, channel string) (string, error) {
	return "id-of-" + channel, w.failing("slack")
}

// Send takes a mail, a repetition as well.
func (w *world) Send(_ context.Context, m incident.Mail) (incident.MailReceipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["mail"]; err != nil {
		return incident.MailReceipt{}, err
	}
	w.mails = append(w.mails, m)
	return incident.MailReceipt{Server: "mail.example.com", Accepted: m.To}, nil
}

// Notify takes a notice, a repetition as well.
func (w *world) Notify(_ context.Context, n incident.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.broken["webhook"]; err != nil {
		return err
	}
	w.notices = append(w.notices, n)
	return nil
}

// withFallback gives the service of the story a second way to page.
func (s *story) withFallback(f incident.Fallback) {
	declare := s.input.Declare.Intent.(incident.Declare)
	declare.Service.Fallback = f
	s.input.Declare.Intent = declare
}

// when returns when the first event of a kind happened whose text has a part.
func (s *story) when(kind incident.Kind, part string) time.Duration {
	s.t.Helper()
	for _, e := range s.events {
		if e.Kind() == kind && strings.Contains(e.Text(), part) {
			return e.At.Sub(s.began)
		}
	}
	require.FailNow(s.t, "nothing on the timeline", "%s: %s", kind, part)
	return 0
}

func everyWay() incident.Fallback {
	return incident.Fallback{Emails: []string{"oncall@example.com"}, Channel: "major-incidents", Webhook: true}
}

func TestPeopleArePagedAnotherWayWhilePagerDutyIsDown(t *testing.T) {
	s := newStory(t)
	s.withFallback(everyWay())
	s.breakVendor("pagerduty", errDown)
	s.at(time.Minute+50*time.Second, func() { require.Empty(t, s.mails, "PagerDuty has its two minutes") })
	s.person(10*time.Minute, "ana", incident.Acknowledge{Note: "woken by the e-mail"})
	s.at(time.Hour, func() { s.mendVendor("pagerduty") })
	s.person(3*time.Hour, "ana", incident.Resolve{})
	ended := s.run()

	const late = "PagerDuty has not taken the page for 2m: paging another way"
	require.Equal(t, []string{late}, slices.DeleteFunc(s.texts("reminder_given"), func(text string) bool { return !strings.Contains(text, "PagerDuty") }))
	require.Equal(t, 2*time.Minute, s.when("reminder_given", late).Truncate(time.Second))
	require.Len(t, s.mails, 1, "once, however long it lasts")
	require.Equal(t, []string{"oncall@example.com"}, s.mails[0].To)
	require.Equal(t, "SEV2 payments: InstanceDown: payments is down (INC-7)", s.mails[0].Subject)
	require.Contains(t, s.mails[0].Text, "PagerDuty has not taken the page (connection refused).")
	require.Contains(t, s.mails[0].Links, incident.Link{Title: "Incident page", URL: "https://muster.example.com/incidents/INC-7"})
	require.Len(t, s.notices, 1)
	require.Equal(t, incident.ID("INC-7"), s.notices[0].Incident)
	require.Contains(t, strings.Join(s.messages, "\n"), "*"+late+".* Who takes it?", "the incident's channel hears it too")
	require.Contains(t, s.messages, "*SEV2 payments: InstanceDown: payments is down (INC-7)*\nPagerDuty has not taken the page. Who takes it?")
	require.Subset(t, s.texts("step_completed"), []string{
		"Done: Page by e-mail: e-mail to oncall@example.com accepted by the mail server mail.example.com",
		"Done: Page by another channel: posted in #major-incidents",
		"Done: Page by webhook: the webhook accepted it",
	})

	step, _ := ended.Step("page")
	require.Equal(t, incident.Done, step.State, "the page goes out when PagerDuty is back")
	require.Len(t, s.paged, 1)
	require.Equal(t, []string{"resolved"}, s.pageStates())
}

func TestWhoeverIsNotWokenIsPagedAnotherWayForEachPage(t *testing.T) {
	s := newStory(t)
	s.withFallback(incident.Fallback{After: time.Minute, Emails: []string{"oncall@example.com"}})
	s.breakVendor("pagerduty", errDown)
	s.person(50*time.Minute, "ana", incident.Acknowledge{})
	s.at(time.Hour, func() { s.mendVendor("pagerduty") })
	s.person(3*time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Equal(t, time.Minute, s.when("reminder_given", "for 1m: paging another way").Truncate(time.Second), "the service's own time counts")
	require.Len(t, s.mails, 2, "one for the page, one for the escalation after a quarter of an hour")
	require.NotEqual(t, s.mails[0].Key, s.mails[1].Key)
	require.Len(t, s.paged, 1, "nobody is woken by the escalation once somebody has acknowledged")
}

func TestTheSecondWayIsTriedAgainUntilItWorksOrIsNotNeeded(t *testing.T) {
	s := newStory(t)
	s.withFallback(everyWay())
	for _, vendor := range []string{"pagerduty", "mail", "webhook"} {
		s.breakVendor(vendor, errDown)
	}
	s.at(5*time.Minute, func() {
		for _, step := range incident.Fold(s.events).Steps {
			if step.Hook == "page-by-mail" {
				require.Equal(t, incident.Failed, step.State)
				require.NotZero(t, step.RetryAt)
			}
		}
		s.mendVendor("mail")
	})
	s.at(12*time.Minute, func() { s.mendVendor("pagerduty") })
	s.at(30*time.Minute, func() { s.mendVendor("webhook") })
	s.person(2*time.Hour, "ana", incident.Acknowledge{})
	s.person(3*time.Hour, "ana", incident.Resolve{})
	s.run()
	require.Len(t, s.mails, 1)
	require.Empty(t, s.notices, "PagerDuty was back before the webhook was")
	require.Contains(t, s.texts("step_skipped"), "Skipped: Page by webhook: no longer needed")
}

func TestAPagerThatTakesThePageInTimeNeedsNoSecondWay(t *testing.T) {
	s := newStory(t)
	s.withFallback(everyWay())
	s.breakVendor("pagerduty", errDown)
	s.at(time.Minute, func() { s.mendVendor("pagerduty") })
	s.person(20*time.Minute, "ana", incident.Resolve{})
	s.run()
	require.Empty(t, s.mails)
	require.Empty(t, s.notices)
	require.NotContains(t, strings.Join(s.texts("reminder_given"), "\n"), "PagerDuty")
}

func TestWithoutASecondWayTheTimelineSaysSoOnce(t *testing.T) {
	s := newStory(t)
	s.breakVendor("pagerduty", errDown)
	s.person(10*time.Minute, "ana", incident.Acknowledge{})
	s.at(time.Hour, func() { s.mendVendor("pagerduty") })
	s.person(2*time.Hour, "ana", incident.Resolve{})
	s.run()
	const none = "PagerDuty has not taken the page for 2m: no second way is configured, see fallback in muster.yaml"
	require.Equal(t, 1, strings.Count(strings.Join(s.texts("reminder_given"), "\n"), "PagerDuty"))
	require.Contains(t, s.texts("reminder_given"), none)
	require.Contains(t, strings.Join(s.messages, "\n"), "*"+none+".* Who takes it?")
}

func TestAServiceThatNobodyIsPagedForHasTheSecondWayAtOnce(t *testing.T) {
	s := newStory(t)
	s.withFallback(incident.Fallback{Emails: []string{"oncall@example.com"}})
	declare := s.input.Declare.Intent.(incident.Declare)
	declare.Service.PagerService = ""
	s.input.Declare.Intent = declare
	s.at(30*time.Second, func() { require.Len(t, s.mails, 1) })
	s.person(time.Minute, "ana", incident.Resolve{})
	s.run()
	require.Len(t, s.mails, 1)
	require.Contains(t, s.mails[0].Text, "give it a pagerduty service in muster.yaml")
	require.Contains(t, s.texts("reminder_given"), "The page cannot be sent: paging another way")
}
