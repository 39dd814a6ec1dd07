package cockpit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api/cockpit"
	"muster/chat"
	"muster/incident"
)

// OnCall implements [oncall.Pager].
func (w *world) OnCall(ctx context.Context, service string) ([]incident.Person, error) {
	return w.onDuty(ctx, service)
}

// OnCallBy implements [oncall.Pager].
func (w *world) OnCallBy(ctx context.Context, policy string) ([]incident.Person, error) {
	return w.onDuty(ctx, policy)
}

// OnSchedule implements [oncall.Pager].
func (w *world) OnSchedule(ctx context.Context, schedule string) ([]incident.Person, error) {
	return w.onDuty(ctx, schedule)
}

func (w *world) onDuty(ctx context.Context, id string) ([]incident.Person, error) {
	if w.slowPager {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return w.onCall[id], w.down.pager
}

// buttonsOf are the labels and the values of a card's buttons.
func buttonsOf(c chat.Card) map[string]string {
	buttons := map[string]string{}
	for _, part := range c.Parts {
		for _, control := range part.Controls {
			buttons[control.Label] = control.Value
		}
	}
	return buttons
}

func TestTheChatSaysWhoIsOnCall(t *testing.T) {
	t.Parallel()
	inside := channelOf("INC-1")
	for name, c := range map[string]struct {
		in, line string
		says     string
		buttons  map[string]string
	}{
		"for the incident's service": {
			inside, "oncall", "On call for the service checkout now\nBy the service checkout\n1. Sample Responder · responder@example.com\n2. guest",
			map[string]string{"Ask the service checkout for help": "INC-1 page service checkout"},
		},
		"for the service of an incident that is named": {
			general, "INC-1 on-call", "On call for the service checkout now\nBy the service checkout\n1. Sample Responder · responder@example.com\n2. guest",
			map[string]string{"Ask the service checkout for help": "INC-1 page service checkout"},
		},
		"for a service, by its alias, outside of incidents": {
			general, "oncall for the shop", "On call for the service checkout now\nBy the service checkout\n1. Sample Responder · responder@example.com\n2. guest", nil,
		},
		"for a team, by its policy and its schedule": {
			inside, "oncall data", "On call for the team data now\nBy the escalation policy PDATAPO\n1. Second Responder · second@example.com\nBy the schedule PDATASC\nnobody",
			map[string]string{"Ask the team data for help": "INC-1 page team data"},
		},
		"for a team that has only a schedule": {
			inside, "oncall team research", "On call for the team research now\nBy the schedule PRSRCSC\n1. guest", nil,
		},
		"for a team, by the first of its services": {
			general, "oncall team platform", "On call for the team platform now\nBy the service search\nnobody", nil,
		},
		"for the team whose channel it is": {
			team, "oncall", "On call for the team payments now\nBy the service checkout\n1. Sample Responder · responder@example.com\n2. guest", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.onCall = map[string][]incident.Person{
					"PCHK123": {people[responder], people[outsider]}, "PDATAPO": {people[second]}, "PRSRCSC": {people[outsider]},
				}
				w.writes(outsider, general, "checkout is down")
				items := len(w.items)
				w.writes(responder, c.in, c.line)
				require.Len(t, w.items, items, "to look is not kept")
				last := w.answers[len(w.answers)-1]
				require.Equal(t, responder, last.to)
				require.Contains(t, textOf(last.card), c.says)
				if c.buttons == nil {
					c.buttons = map[string]string{}
				}
				require.Equal(t, c.buttons, buttonsOf(last.card))
			})
		})
	}
}

func TestWhoeverIsOnCallIsAskedByAButton(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "oncall data")
		w.presses(responder, control(t, w.answers[len(w.answers)-1].card, "Ask the team data for help"))
		require.Equal(t, []incident.Intent{incident.RequestHelp{Who: "team data", Policy: "PDATAPO"}}, w.intents)
	})
}

func TestAPagerThatDoesNotAnswerKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	t.Run("one that fails", func(t *testing.T) {
		t.Parallel()
		inWorld(t, func(t *testing.T, w *world) {
			w.down.pager = errors.New("PagerDuty is not connected")
			w.writes(responder, general, "oncall data")
			require.Contains(t, textOf(w.answers[0].card), "The pager does not say who is on call for the team data: PagerDuty is not connected")
			require.Equal(t, map[string]string{"Try again": "oncall data"}, buttonsOf(w.answers[0].card))
		})
	})
	t.Run("one that is slow", func(t *testing.T) {
		t.Parallel()
		inWorld(t, func(t *testing.T, w *world) {
			w.slowPager = true
			w.writes(responder, general, "oncall data")
			<-time.After(3*time.Second - time.Millisecond) // in virtual time
			synctest.Wait()
			require.Len(t, w.answers, 1)
			require.Contains(t, textOf(w.answers[0].card), "The pager has not said in time")
		})
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		inWorld(t, func(t *testing.T, w *world) {
			w.writes(responder, general, "oncall data")
			require.Contains(t, textOf(w.answers[0].card), "has no pager")
		}, func(o *cockpit.Options) { o.Pager = nil })
	})
}
