package debrief_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"
	"muster/playbooks/debrief"

	"github.com/stretchr/testify/require"
)

var began = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

const text = `
name: p
roles:
  - {id: commander, title: incident commander}
  - {id: scribe, title: scribe}
steps:
  - {id: look, title: Look}
  - {id: tell, title: Tell people}
  - {id: page, title: Page, do: pagerduty.page, with: {summary: x}}
hooks:
  - {id: late, on: unacknowledged, after: 5m, remind: Late}
  - {id: later, on: unacknowledged, after: 15m, remind: Later}
  - {id: vacant, on: role_vacant, after: 10m, remind: Vacant}
`

type act struct {
	after  time.Duration
	intent incident.Intent
}

// response is the journal of what people did, one after the other.
func response(t *testing.T, acts ...act) []incident.Event {
	t.Helper()
	p, err := playbooks.Parse("p.yaml", []byte(text))
	require.NoError(t, err)
	var s incident.State
	var events []incident.Event
	do := func(after time.Duration, i incident.Intent) {
		decided, err := incident.Decide(s, incident.Command{Incident: "INC-1", Actor: incident.PersonActor("Sample Responder"), Intent: i}, began.Add(after))
		require.NoError(t, err)
		for _, e := range decided {
			s = incident.Apply(s, e)
		}
		events = append(events, decided...)
	}
	do(0, incident.Declare{
		Title: "Checkout fails", Severity: "SEV1", Service: incident.Service{Name: "checkout"},
		Scale: []incident.SeverityLevel{{Name: "SEV1", UpdateEvery: 30 * time.Minute}},
	})
	attach, err := p.Attach(s)
	require.NoError(t, err)
	do(0, attach)
	do(0, incident.StartStep{Step: "look"})
	do(0, incident.StartStep{Step: "tell"})
	for _, a := range acts {
		do(a.after, a.intent)
	}
	return events
}

func TestADebriefTellsWhatHappenedSoonEnough(t *testing.T) {
	t.Parallel()
	d, err := debrief.Of(response(t,
		act{4 * time.Minute, incident.Acknowledge{}},
		act{10 * time.Minute, incident.AssignRole{Role: "commander", User: "Sample Commander"}},
		act{12 * time.Minute, incident.Remind{Hook: "vacant", Text: "Vacant", Count: 1}},
		act{31 * time.Minute, incident.PostUpdate{Text: "We look"}},
		act{40 * time.Minute, incident.SkipStep{Step: "tell", Reason: "nobody noticed"}},
		act{50 * time.Minute, incident.ChangeStatus{Status: incident.Monitoring}},
	), began.Add(time.Hour))
	require.NoError(t, err)
	type result struct {
		id  string
		met bool
		by  string
	}
	var got []result
	for _, m := range d.Marks {
		got = append(got, result{m.ID, m.Met(), m.By})
	}
	require.Equal(t, []result{
		{"acknowledge", true, "Sample Responder"},
		{"role-commander", true, "Sample Commander"},
		{"role-scribe", false, ""},
		{"update", false, "Sample Responder"},
		{"mitigate", true, ""},
		{"resolve", false, ""},
	}, got)
	require.Equal(t, 3, d.Met())
	require.Equal(t, 5, d.Due(), "the resolution has all the time it takes")
	require.Equal(t, 5*time.Minute, d.Marks[0].Within, "the first reminder counts")
	require.Equal(t, debrief.Steps{Skipped: 1, Open: 1}, d.Steps)
	require.Equal(t, []debrief.Step{{ID: "tell", Title: "Tell people", Reason: "nobody noticed"}}, d.Skipped)
	require.Equal(t, []debrief.Step{{ID: "look", Title: "Look"}}, d.Open)
	require.Equal(t, 1, d.Reminders)
}

func TestWhatStillHasTimeIsNotMissed(t *testing.T) {
	t.Parallel()
	events := response(t)
	d, err := debrief.Of(events, began.Add(7*time.Minute))
	require.NoError(t, err)
	open := map[string]bool{}
	for _, m := range d.Marks {
		open[m.ID] = m.Open
	}
	require.Equal(t, map[string]bool{
		"acknowledge": false, "role-commander": true, "role-scribe": true, "update": true, "mitigate": true, "resolve": true,
	}, open)
	d, err = debrief.Of(response(t, act{6 * time.Minute, incident.Cancel{}}), began.Add(7*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 6, d.Due(), "after the end there is no time left")
}

func TestThereIsNothingToLookBackOnWithoutEvents(t *testing.T) {
	t.Parallel()
	_, err := debrief.Of(nil, began)
	require.Error(t, err)
}
