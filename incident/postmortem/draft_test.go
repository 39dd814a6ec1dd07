package postmortem_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/incident/postmortem"
)

func TestADraftExistsAtEveryMomentOfAnIncident(t *testing.T) {
	t.Parallel()
	for name, play := range samples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := play(t)
			for n := range len(events) + 1 {
				document := postmortem.Draft(events[:n], links(events))
				if n == 0 {
					require.Equal(t, postmortem.Document{}, document)
					continue
				}
				require.Equal(t, events[n-1].At, document.AsOf)
				require.NotEmpty(t, postmortem.Markdown(document))
				_, err := postmortem.HTML(document)
				require.NoError(t, err)
				require.Equal(t, document, postmortem.Draft(events[:n], links(events)), "drafting again changes nothing")
			}
		})
	}
}

func TestADraftSurvivesJSON(t *testing.T) {
	t.Parallel()
	for name, play := range samples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := play(t)
			want := postmortem.Draft(events, links(events))
			text, err := json.Marshal(want)
			require.NoError(t, err)
			var got postmortem.Document
			require.NoError(t, json.Unmarshal(text, &got))
			require.Equal(t, want, got)
		})
	}
}

func TestTheCourseCountsEveryEventOnce(t *testing.T) {
	t.Parallel()
	for name, play := range samples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := play(t)
			course := postmortem.Draft(events, links(events)).Course
			require.Len(t, events, len(course.Entries)+course.LeftOut)
			for i := 1; i < len(course.Entries); i++ {
				require.False(t, course.Entries[i].At.Before(course.Entries[i-1].At), "in the order in which it happened")
			}
		})
	}
}

// element matches HTML elements; attributes are checked apart.
var element = regexp.MustCompile(`<[^>]*>`)

func TestHostileTextBringsNoElementIntoTheHTML(t *testing.T) {
	t.Parallel()
	events := hostile(t)
	page, err := postmortem.HTML(postmortem.Draft(events, links(events)))
	require.NoError(t, err)
	own := regexp.MustCompile(`^</?(article|h[123]|p|ul|ol|li|strong|br|table|thead|tbody|tr|th|td|a)( (class|id|scope)="[a-z-]*"| href="https?://[^"]*" rel="nofollow noopener noreferrer")?>$`)
	for _, tag := range element.FindAllString(string(page), -1) {
		require.Regexp(t, own, tag)
	}
}

func TestUnsafeAddressesAreLeftOut(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"javascript:alert(1)", "data:text/html,x", "/incidents/INC-7", "https://", "\x00"} {
		require.Empty(t, postmortem.Draft(quick(t), postmortem.Links{Incident: address}).URL, address)
	}
}

// asked returns the kinds of the questions a draft asks.
func asked(d postmortem.Document) []string {
	kinds := make([]string, len(d.Questions))
	for i, q := range d.Questions {
		kinds[i] = q.Kind
	}
	return kinds
}

func TestQuestionsComeFromWhatHappened(t *testing.T) {
	t.Parallel()
	declaredByPerson := func(d *drama) *drama { return d.does(first, declare("Slow", "Pages take long.", "SEV2", "web")) }
	cases := map[string]struct {
		play func(*drama) *drama
		want []string
		not  []string
	}{
		"a response still going on is not asked how it ended": {
			play: func(d *drama) *drama { return declaredByPerson(d) },
			want: []string{"cause", "extent", "no_alert"},
			not:  []string{"no_resolution", "no_followup", "not_acknowledged", "role_vacant", "no_summary"},
		},
		"an incident resolved without a word is asked for everything": {
			play: func(d *drama) *drama { return declaredByPerson(d).after(2*time.Hour).does(first, incident.Resolve{}) },
			want: []string{"no_resolution", "no_followup", "not_acknowledged", "no_update"},
		},
		"a well-kept incident is asked what only people know": {
			play: func(d *drama) *drama {
				return declaredByPerson(d).after(5*time.Minute).does(first, incident.Acknowledge{}, incident.PostUpdate{Text: "on it"}).
					after(2*time.Hour).does(first, incident.Resolve{Summary: "restarted"}, incident.AddFollowup{Title: "why", Owner: "first"})
			},
			want: []string{"cause", "extent", "no_alert", "made_worse", "went_well", "luck"},
			not:  []string{"no_resolution", "no_followup", "followup_unowned", "acknowledged_late", "no_update"},
		},
		"a late acknowledgement is asked about": {
			play: func(d *drama) *drama {
				return declaredByPerson(d).after(40*time.Minute).does(first, incident.Acknowledge{})
			},
			want: []string{"acknowledged_late"},
		},
		"an alert that came after people knew is asked about": {
			play: func(d *drama) *drama {
				return declaredByPerson(d).after(time.Minute).does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{alert("Up", "down", d.now)}})
			},
			want: []string{"alert_late"},
			not:  []string{"no_alert", "declared_late"},
		},
		"an open step of a resolved incident is asked about": {
			play: func(d *drama) *drama {
				return declaredByPerson(d).does(muster, playbook(), start("rollback")).does(first, incident.Resolve{})
			},
			want: []string{"step_open", "role_vacant"},
		},
		"a refused approval is asked about": {
			play: func(d *drama) *drama {
				return declaredByPerson(d).does(muster, playbook(), start("failover")).does(first, incident.RejectStep{Step: "failover"})
			},
			want: []string{"step_rejected"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := c.play(begin(t, "INC-1", "2026-03-10 12:00:00"))
			kinds := asked(postmortem.Draft(d.events, postmortem.Links{}))
			require.Subset(t, kinds, c.want)
			for _, kind := range c.not {
				require.NotContains(t, kinds, kind)
			}
		})
	}
}

func TestAStormOfAlertsIsOneEntryAndOneRow(t *testing.T) {
	t.Parallel()
	d := begin(t, "INC-1", "2026-03-10 12:00:00").does(alertmanager, declare("Zone down", "", "SEV1", "web"))
	for range 50 {
		d.after(5*time.Second).does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{alert("HostDown", d.now.String(), d.now)}})
	}
	draft := postmortem.Draft(d.events, postmortem.Links{})
	require.Len(t, draft.Course.Entries, 2)
	require.Equal(t, "50 alerts fired: HostDown (50)", draft.Course.Entries[1].Text)
	require.Len(t, draft.Alerts, 1)
	require.Equal(t, 50, draft.Alerts[0].Count)
	require.Equal(t, 1, strings.Count(postmortem.Markdown(draft), "| HostDown")+strings.Count(postmortem.Markdown(draft), "| [HostDown"))
}

func TestRemindersAboutFollowupsAreNoDifficultyOfTheResponse(t *testing.T) {
	t.Parallel()
	d := begin(t, "INC-1", "2026-03-10 12:00:00").does(first, declare("Slow", "", "SEV2", "web")).
		does(muster, incident.Remind{Hook: "role", Subject: "commander", Text: "Who takes command?", Count: 1}).
		does(first, incident.Resolve{}, incident.AddFollowup{Title: "Mend it"}).
		after(240*time.Hour).does(muster, incident.Remind{Hook: "due", Subject: "F1", Text: "F1 is due", Count: 1})
	draft := postmortem.Draft(d.events, postmortem.Links{})
	require.Len(t, draft.Difficulties, 1)
	require.Contains(t, draft.Difficulties[0].Text, "Who takes command?")
}

func TestAnEventOfANewerVersionIsShown(t *testing.T) {
	t.Parallel()
	d := begin(t, "INC-1", "2026-03-10 12:00:00").does(first, declare("Slow", "", "SEV2", "web"))
	newer := incident.Event{
		Incident: d.id, Seq: 2, At: d.now, Actor: muster,
		Fact: incident.UnknownFact{Name: "stakeholders_told", Data: json.RawMessage(`{}`)},
	}
	draft := postmortem.Draft(append(d.events, newer), postmortem.Links{})
	require.Contains(t, postmortem.Markdown(draft), "newer version of Muster")
}
