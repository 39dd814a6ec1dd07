package playbooks_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// paging is a playbook with a page, and hooks that say when it has not got through.
const paging = `
name: p
steps:
  - {id: page, title: Page, do: pagerduty.page, with: {summary: help}}
hooks:
  - {id: late, on: page_undelivered, after: 2m, remind: '${step.id} ${step.given_up ? "given up" : step.age}'}
  - {id: mail, on: late, title: Mail, when: 'incident.fallback.email != "" && step.state != "done"', do: mail.send, with: {subject: s, text: t}}
  - {id: alert, on: late, title: Alert, when: 'incident.fallback.channel != ""', do: slack.alert, with: {text: t}}
  - {id: hook, on: late, title: Hook, when: incident.fallback.webhook, do: webhook.post, with: {text: t}}
`

func (f *follower) reminders() []string {
	var texts []string
	for _, e := range f.events {
		if e.Kind() == "reminder_given" {
			texts = append(texts, e.Text())
		}
	}
	return texts
}

func TestAPageThatHasNotGotThroughIsNoticed(t *testing.T) {
	t.Parallel()
	failed := incident.FailStep{Step: "page", Error: "no answer", RetryAt: began.Add(time.Hour)}
	refused := incident.FailStep{Step: "page", Error: "no such service"}
	again := incident.FailStep{Step: "again@9", Hook: "again", Title: "Page again", Do: playbooks.PagerDutyPage, Error: "no answer", RetryAt: began.Add(time.Hour)}
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	tests := map[string]struct {
		after time.Duration // of the service
		// during happens at the given minutes, the page having begun at 0.
		during map[int][]incident.Intent
		want   []string
	}{
		"while it is tried for the first time": {want: []string{"page 2m"}},
		"when it failed and is to be tried again": {
			during: map[int][]incident.Intent{1: {failed}}, want: []string{"page 2m"},
		},
		"through all retries, once": {
			during: map[int][]incident.Intent{1: {failed, incident.RetryStep{Step: "page"}}, 3: {failed, incident.RetryStep{Step: "page"}}, 5: {failed}},
			want:   []string{"page 2m"},
		},
		"at once when it will not be tried again": {
			during: map[int][]incident.Intent{1: {refused}}, want: []string{"page given up"},
		},
		"in the moment in which it began, and still once": {
			during: map[int][]incident.Intent{0: {refused}, 5: {incident.RetryStep{Step: "page"}}}, want: []string{"page given up"},
		},
		"after as long as the service says": {after: minutes(4), want: []string{"page 4m"}},
		"not when the pager took it in time": {
			during: map[int][]incident.Intent{1: {incident.FinishStep{Step: "page"}}},
		},
		"not when people decided against it": {
			during: map[int][]incident.Intent{1: {incident.SkipStep{Step: "page", Reason: "everybody is here"}}},
		},
		"not once somebody has acknowledged": {
			during: map[int][]incident.Intent{1: {failed, incident.Acknowledge{}}},
		},
		"not once the incident is resolved": {
			during: map[int][]incident.Intent{1: {failed, incident.Resolve{}}},
		},
		"for each page by itself, a hook's from its first failure": {
			during: map[int][]incident.Intent{4: {again}, 5: {incident.RetryStep{Step: "again@9"}}, 6: {again}},
			want:   []string{"page 2m", "again@9 2m"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := follow(t, paging)
			f.state.Service.Fallback.After = test.after
			f.inFlight["page"] = true
			for minute := range 20 {
				now := began.Add(minutes(minute))
				f.settle(now)
				f.do(now, test.during[minute]...)
				f.settle(now)
			}
			require.Equal(t, test.want, f.reminders())
		})
	}
}

func TestEveryWayThatIsConfiguredIsTriedBesideTheOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fallback incident.Fallback
		want     []string
	}{
		"all": {
			incident.Fallback{Emails: []string{"one@example.com"}, Channel: "major", Webhook: true}, []string{"mail@4", "alert@4", "hook@4"},
		},
		"one":  {incident.Fallback{Channel: "major"}, []string{"alert@4"}},
		"none": {incident.Fallback{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := follow(t, paging)
			f.state.Service.Fallback = test.fallback
			f.settle(began)
			f.inFlight["page"] = true
			require.Equal(t, test.want, f.ids(f.settle(began.Add(2*time.Minute))))
			require.Equal(t, []string{"page 2m"}, f.reminders(), "one reminder tells of all ways")
		})
	}
}

func TestTheSecondWayIsNotWantedOnceThePagerTookThePage(t *testing.T) {
	t.Parallel()
	f := follow(t, paging)
	f.state.Service.Fallback.Emails = []string{"one@example.com"}
	f.settle(began)
	f.inFlight["page"] = true
	later := began.Add(2 * time.Minute)
	require.Equal(t, []string{"mail@4"}, f.ids(f.settle(later)))
	f.do(later, incident.FailStep{Step: "mail@4", Hook: "mail", Title: "Mail", Do: playbooks.MailSend, Error: "down", RetryAt: later.Add(time.Minute)})
	f.do(later, incident.FinishStep{Step: "page"})
	require.Empty(t, f.settle(later.Add(time.Minute)).Work)
	step, _ := f.state.Step("mail@4")
	require.Equal(t, incident.Skipped, step.State)
	require.Equal(t, "no longer needed", step.Note)
}

func TestAnAlertInAnotherChannelWaitsForNothingInSlack(t *testing.T) {
	t.Parallel()
	f := follow(t, paging+`
  - {id: say, on: note_added, title: Say, do: slack.post, with: {text: x}}
`)
	f.state.Service.Fallback.Channel = "major"
	f.settle(began)
	f.do(began, incident.AddNote{Text: "seen"})
	f.inFlight = map[string]bool{"page": true, "say@4": true}
	require.Equal(t, []string{"alert@5"}, f.ids(f.settle(began.Add(2*time.Minute))),
		"neither for the incident's channel, which does not exist, nor for what is being said in it")
}

func TestANameThatIsATriggerIsNotTakenForAHook(t *testing.T) {
	t.Parallel()
	f := follow(t, `
name: p
hooks:
  - {id: unacknowledged, on: unacknowledged, after: 1m, remind: one, title: One, do: slack.alert, with: {text: one}}
  - {id: other, on: unacknowledged, after: 5m, remind: two, title: Two, do: mail.send, with: {subject: s, text: two}}
`)
	require.Equal(t, []string{"unacknowledged@3"}, f.ids(f.settle(began.Add(time.Minute))))
}

// The default playbook says on the timeline what becomes of the page.
func TestTheDefaultPlaybookSaysHowPeopleArePagedInstead(t *testing.T) {
	t.Parallel()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	mail := incident.Fallback{Emails: []string{"one@example.com"}}
	for name, test := range map[string]struct {
		fallback incident.Fallback
		refused  bool
		want     string
	}{
		"another way":      {fallback: mail, want: "PagerDuty has not taken the page for 2m: paging another way"},
		"no other way":     {want: "PagerDuty has not taken the page for 2m: no second way is configured, see fallback in muster.yaml"},
		"nobody to page":   {fallback: mail, refused: true, want: "The page cannot be sent: paging another way"},
		"nothing possible": {refused: true, want: "The page cannot be sent: no second way is configured, see fallback in muster.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := follow(t, library[playbooks.Default].Source)
			f.state.Service.Fallback = test.fallback
			f.settle(began)
			f.inFlight = map[string]bool{"page": true}
			if test.refused {
				f.do(began, incident.FailStep{Step: "page", Error: "give it a pagerduty service"})
			}
			due := f.settle(began.Add(2 * time.Minute))
			require.Equal(t, []string{test.want}, f.reminders())
			if len(test.fallback.Emails) == 0 {
				return
			}
			work := due.Work[len(due.Work)-1]
			require.Equal(t, playbooks.MailSend, work.Do)
			require.Equal(t, "SEV1 payments: Payments are down (INC-1)", work.With["subject"])
			require.Contains(t, work.With["text"], "INC-1 · SEV1 · Payments are down")
		})
	}
}
