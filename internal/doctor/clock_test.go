package doctor_test

import (
	"net/http"
	"testing"
	"time"

	"muster/internal/doctor"
)

func TestTheClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		off    time.Duration
		status doctor.Status
		text   string
	}{
		"it is right":          {0, doctor.Fine, "our clock agrees with that of Jira, PagerDuty, Slack"},
		"it is a little off":   {-30 * time.Second, doctor.Fine, "our clock agrees"},
		"it is behind":         {-5 * time.Minute, doctor.Problem, "our clock is 5m0s behind, by the clocks of Jira, PagerDuty, Slack"},
		"it is ahead by hours": {3 * time.Hour, doctor.Problem, "our clock is 3h0m0s ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstallation(t)
			f := i.connectFakes()
			now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC).Add(time.Second / 2) // which the header cuts off
			i.options.Now = func() time.Time { return now.Add(test.off) }
			v := i.vendors()
			for _, address := range []*string{&v.Slack.APIURL, &v.PagerDuty.APIURL, &v.Jira.URL} {
				*address = "/clock"
			}
			for _, fake := range []struct {
				url    string
				handle func(string, http.HandlerFunc)
				set    *string
			}{
				{f.slack.URL, f.slack.Handle, &v.Slack.APIURL}, {f.pagerDuty.URL, f.pagerDuty.Handle, &v.PagerDuty.APIURL}, {f.jira.URL, f.jira.Handle, &v.Jira.URL},
			} {
				fake.handle("HEAD /clock", func(w http.ResponseWriter, _ *http.Request) {
					// Half a minute ago it went into a cache.
					w.Header().Set("Date", now.Add(-30*time.Second).Format(http.TimeFormat))
					w.Header().Set("Age", "30")
				})
				*fake.set = fake.url + "/clock"
			}
			requireFinding(t, i.examine("clock"), test.status, test.text, "")
		})
	}
	t.Run("one vendor whose clock is off does not accuse ours", func(t *testing.T) {
		t.Parallel()
		i := newInstallation(t)
		f := i.connectFakes()
		f.jira.Handle("HEAD /clock", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		})
		i.vendors().Jira.URL = f.jira.URL + "/clock"
		requireFinding(t, i.examine("clock"), doctor.Fine, "our clock agrees", "")
	})
}
