package playbooks_test

import (
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const prompting = `
name: p
roles: [{id: commander, title: Commander}]
hooks:
  - {id: often, on: role_vacant, after: 5m, every: 10m, times: 3, remind: often}
  - {id: once, on: severity_unconfirmed, after: 10m, remind: once}
  - {id: quiet, on: quiet, after: 30m, every: 30m, remind: quiet}
  - {id: woken, on: unacknowledged, after: 5m, every: 5m, remind: woken}
`

// prompted follows the playbook of this file, for an incident that an alert has declared. It
// gives the reminders that are due, minute by minute, and says after how many minutes each was.
type prompted struct {
	*follower
	minute int
	given  map[string][]int
}

func prompt(t require.TestingT, p *playbooks.Playbook) *prompted {
	f := &prompted{follower: &follower{playbook: p, agenda: playbooks.NewAgenda(p, nil), inFlight: map[string]bool{}}, given: map[string][]int{}}
	declare := incident.Declare{Title: "Down", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}}, Service: incident.Service{Name: "payments"}}
	f.as(t, incident.VendorActor("Alertmanager"), declare)
	attach, err := p.Attach(f.state)
	require.NoError(t, err)
	f.as(t, incident.MusterActor(), attach)
	return f
}

func (f *prompted) as(t require.TestingT, actor incident.Actor, i incident.Intent) {
	events, err := incident.Decide(f.state, incident.Command{Incident: "INC-1", Actor: actor, Intent: i}, began.Add(time.Duration(f.minute)*time.Minute))
	require.NoError(t, err)
	for _, e := range events {
		f.state = incident.Apply(f.state, e)
		f.agenda.Observe(f.state, e)
		if given, ok := e.Fact.(incident.ReminderGiven); ok {
			f.given[given.Hook] = append(f.given[given.Hook], f.minute)
		}
	}
}

func (f *prompted) until(t require.TestingT, minute int) {
	for ; f.minute <= minute; f.minute++ {
		for _, c := range f.agenda.Due(f.state, f.inFlight, began.Add(time.Duration(f.minute)*time.Minute)).Commands {
			f.as(t, incident.MusterActor(), c)
		}
	}
	f.minute = minute
}

func prompts(t *testing.T) *playbooks.Playbook {
	t.Helper()
	p, err := playbooks.Parse("p.yaml", []byte(prompting))
	require.NoError(t, err)
	return p
}

var ana = incident.PersonActor("ana")

func TestASeverityThatNobodyHasConfirmedIsAskedFor(t *testing.T) {
	t.Parallel()
	f := prompt(t, prompts(t))
	f.until(t, 9)
	require.Empty(t, f.given["once"])
	f.until(t, 60)
	require.Equal(t, []int{10}, f.given["once"])

	confirmed := prompt(t, prompts(t))
	confirmed.as(t, ana, incident.ConfirmSeverity{})
	confirmed.until(t, 60)
	require.Empty(t, confirmed.given["once"], "nobody is asked for what is known")
}

func TestAQuietIncidentIsAskedFor(t *testing.T) {
	t.Parallel()
	f := prompt(t, prompts(t))
	f.until(t, 20)
	f.as(t, ana, incident.AddNote{Text: "looking"})
	f.until(t, 49)
	require.Empty(t, f.given["quiet"], "somebody did something")
	f.until(t, 80)
	require.Equal(t, []int{50, 80}, f.given["quiet"], "what Muster does is no sign of people")
	f.as(t, ana, incident.Acknowledge{})
	f.until(t, 109)
	require.Len(t, f.given["quiet"], 2)
}

func TestWhatIsSnoozedComesNoSooner(t *testing.T) {
	t.Parallel()
	snooze := func(hook string, d time.Duration) incident.SnoozeReminder {
		return incident.SnoozeReminder{Hook: hook, For: d}
	}
	tests := map[string]struct {
		at, until int
		snooze    incident.SnoozeReminder
		want      map[string][]int
	}{
		"nothing is snoozed but what is named": {
			at: 5, until: 40, snooze: snooze("often", 20*time.Minute),
			want: map[string][]int{"often": {5, 25, 35}, "once": {10}, "woken": {5, 10, 15, 20, 25, 30, 35, 40}, "quiet": {35}},
		},
		"a snooze that is shorter than the pause brings it no sooner": {
			at: 5, until: 30, snooze: snooze("often", time.Minute), want: map[string][]int{"often": {5, 15, 25}},
		},
		"before the first time": {
			at: 1, until: 40, snooze: snooze("often", 20*time.Minute), want: map[string][]int{"often": {21, 31}},
		},
		"what would not come again comes once more": {
			at: 11, until: 120, snooze: snooze("once", 30*time.Minute), want: map[string][]int{"once": {10, 41}},
		},
		"what has come as often as it should comes once more": {
			at: 26, until: 120, snooze: snooze("often", 30*time.Minute), want: map[string][]int{"often": {5, 15, 25, 56}},
		},
		"everything, but not that nobody has taken the incident": {
			at: 1, until: 40, snooze: snooze("", 30*time.Minute),
			want: map[string][]int{"often": {31}, "once": {31}, "quiet": {31}, "woken": {5, 10, 15, 20, 25, 30, 35, 40}},
		},
		"even that, where it is named": {
			at: 1, until: 15, snooze: snooze("woken", 10*time.Minute), want: map[string][]int{"woken": {11}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := prompt(t, prompts(t))
			f.until(t, tt.at)
			f.as(t, ana, tt.snooze)
			f.until(t, tt.until)
			for hook, want := range tt.want {
				require.Equal(t, want, f.given[hook], hook)
			}
		})
	}
}

func TestTheLastSnoozeCounts(t *testing.T) {
	t.Parallel()
	f := prompt(t, prompts(t))
	f.as(t, ana, incident.SnoozeReminder{Hook: "often", For: 24 * time.Hour})
	f.as(t, ana, incident.SnoozeReminder{Hook: "often", For: 20 * time.Minute})
	f.until(t, 25)
	require.Equal(t, []int{20}, f.given["often"])
}

// Whatever people do and snooze, no prompt comes sooner after the last of its kind than set,
// and none while it is snoozed.
func TestNoPromptComesMoreOftenThanSet(t *testing.T) {
	t.Parallel()
	p := prompts(t)
	every := map[string]int{"often": 10, "quiet": 30, "woken": 5}
	rapid.Check(t, func(rt *rapid.T) {
		f := prompt(rt, p)
		for range rapid.IntRange(1, 15).Draw(rt, "acts") {
			f.until(rt, f.minute+rapid.IntRange(1, 40).Draw(rt, "minutes"))
			switch rapid.IntRange(0, 3).Draw(rt, "act") {
			case 0:
				hook := rapid.SampledFrom([]string{"", "often", "once", "quiet", "woken"}).Draw(rt, "hook")
				f.as(rt, ana, incident.SnoozeReminder{Hook: hook, For: time.Duration(rapid.IntRange(1, 90).Draw(rt, "for")) * time.Minute})
				until := f.state.Reminder(hook, "").SnoozedUntil
				seen := len(f.given[hook])
				f.until(rt, f.minute+rapid.IntRange(1, 40).Draw(rt, "more"))
				for _, minute := range f.given[hook][seen:] {
					require.False(rt, began.Add(time.Duration(minute)*time.Minute).Before(until), "%s while it is snoozed", hook)
				}
			case 1:
				f.as(rt, ana, incident.AddNote{Text: "x"})
			case 2:
				f.as(rt, ana, incident.ConfirmSeverity{})
			}
		}
		for hook, pause := range every {
			for i, minute := range f.given[hook] {
				if i > 0 {
					require.GreaterOrEqual(rt, minute-f.given[hook][i-1], pause, hook)
				}
			}
		}
	})
}
