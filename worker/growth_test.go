package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
)

// history counts what an incident costs its workflow's history.
type history struct {
	activities, timers, commands int
	// briefs is how often the brief was shown, and briefBytes how much was handed on for it
	// at most.
	briefs, briefBytes int
}

// events is how many events the history has: three for an activity, two for a timer or a
// command, and three for the workflow task that each of them is answered by at most.
func (h history) events() int { return 6*h.activities + 5*h.timers + 5*h.commands }

// busy is an incident in which somebody notes something every twenty seconds for two hours.
func busy(t *testing.T, change func(*playbooks.Playbook)) history {
	t.Helper()
	s := newStory(t)
	change(s.input.Playbook)
	var h history
	s.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, arguments converter.EncodedValues) {
		h.activities++
		if info.ActivityType.Name != playbooks.SlackBrief {
			return
		}
		var effect playbooks.Effect
		require.NoError(t, arguments.Get(&effect))
		document, err := json.Marshal(effect)
		require.NoError(t, err)
		h.briefs, h.briefBytes = h.briefs+1, max(h.briefBytes, len(document))
	})
	s.env.SetOnTimerScheduledListener(func(string, time.Duration) { h.timers++ })
	s.person(time.Minute, "ana", incident.Acknowledge{})
	for at := 2 * time.Minute; at < 2*time.Hour; at += 20 * time.Second {
		s.person(at, "ana", incident.AddNote{Text: fmt.Sprint("seen after ", at)})
	}
	s.person(2*time.Hour, "ana", incident.Resolve{})
	s.run()
	h.commands = s.n
	return h
}

func TestKeepingTheBriefCostsABusyIncidentAQuarterOfItsHistory(t *testing.T) {
	with := busy(t, func(*playbooks.Playbook) {})
	without := busy(t, func(p *playbooks.Playbook) {
		p.Hooks = slices.DeleteFunc(p.Hooks, func(h playbooks.Hook) bool { return h.ID == "keep-brief" })
	})
	t.Logf("with the brief %d events, %d briefs of at most %d bytes; without %d events", with.events(), with.briefs, with.briefBytes, without.events())
	require.Equal(t, 1, without.briefs)
	require.InDelta(t, 355, with.briefs, 15, "once for each thing that happens, if that is not too often")
	require.Less(t, with.events()*100, without.events()*130)
	require.Less(t, with.briefBytes, 12<<10, "what is handed on each time is small")
}
