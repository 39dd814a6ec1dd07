package incident_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

// story is an incident that has come some way.
type story struct {
	state  incident.State
	events []incident.Event
	now    time.Time
}

func command(intent incident.Intent) incident.Command {
	return incident.Command{Incident: "INC-42", Key: "key", Actor: responder, Source: "api", Intent: intent}
}

// play declares an incident with its playbook, then gives the commands, one minute
// apart. Each must be accepted and change something.
func play(t *testing.T, intents ...incident.Intent) *story {
	t.Helper()
	s := &story{now: noon}
	return s.then(t, declaration()).then(t, attachment()).then(t, intents...)
}

func (s *story) then(t *testing.T, intents ...incident.Intent) *story {
	t.Helper()
	for _, i := range intents {
		events, err := incident.Decide(s.state, command(i), s.now)
		require.NoError(t, err)
		require.NotEmpty(t, events, "%s must change something", i.Name())
		for _, e := range events {
			s.state = incident.Apply(s.state, e)
		}
		s.events = append(s.events, events...)
		s.now = s.now.Add(time.Minute)
	}
	return s
}

// rules is a table of what commands lead to. Exactly one of the outcomes is set; none
// means that the command is accepted and changes nothing.
type rules map[string]struct {
	given []incident.Intent
	when  incident.Intent
	// want are the facts that follow.
	want []incident.Fact
	// rule, invalid and missing are the name, field and thing of the error.
	rule, invalid, missing string
}

func (r rules) check(t *testing.T) {
	t.Helper()
	t.Parallel()
	for name, c := range r {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := play(t, c.given...)
			events, err := incident.Decide(s.state, command(c.when), s.now)
			switch {
			case c.rule != "":
				var rule *incident.RuleError
				require.ErrorAs(t, err, &rule)
				require.Equal(t, c.rule, rule.Rule)
				require.NotEmpty(t, rule.Error())
			case c.invalid != "":
				var invalid *incident.InvalidError
				require.ErrorAs(t, err, &invalid)
				require.Equal(t, c.invalid, invalid.Field)
				require.NotEmpty(t, invalid.Error())
			case c.missing != "":
				var missing *incident.NotFoundError
				require.ErrorAs(t, err, &missing)
				require.Equal(t, c.missing, missing.What)
				require.NotEmpty(t, missing.Error())
			default:
				require.NoError(t, err)
			}
			var facts []incident.Fact
			for _, e := range events {
				facts = append(facts, e.Fact)
			}
			require.Empty(t, cmp.Diff(c.want, facts, cmpopts.EquateEmpty()))
		})
	}
}
