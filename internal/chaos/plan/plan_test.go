package plan_test

import (
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/internal/chaos/plan"
)

func TestASeedIsAPlan(t *testing.T) {
	t.Parallel()
	first, second := plan.New(7, 60, time.Second), plan.New(7, 60, time.Second)
	require.Equal(t, first, second)
	require.NotEqual(t, plan.New(7, 60, time.Second).Cases, plan.New(8, 60, time.Second).Cases)
}

func TestALongerPlanBeginsLikeAShorterOne(t *testing.T) {
	t.Parallel()
	short, long := plan.New(7, 20, time.Second), plan.New(7, 60, time.Second)
	// The last case of the short plan has nobody beside it to be merged into.
	require.Equal(t, short.Cases[:19], long.Cases[:19])
}

// What is unique in a plan is what its proof tells things apart by.
func TestKeysTextsAndAlertsAreUnique(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		p := plan.New(seed+1, 40, time.Second)
		keys, texts := map[string]bool{}, map[string]bool{}
		owners := map[string]int{}
		for i, c := range p.Cases {
			require.Equal(t, i+1, c.Number)
			for act := range flat(c.Acts) {
				switch a := act.(type) {
				case plan.Deliver:
					for _, alert := range a.Alerts {
						owner, known := owners[alert.Fingerprint()]
						require.True(t, !known || owner == c.Number, "two cases have the alert %v", alert.Labels)
						owners[alert.Fingerprint()] = c.Number
					}
				default:
					command, ok := commandOf(act)
					if !ok {
						continue
					}
					require.False(t, keys[command.Key], "the key %s stands twice", command.Key)
					keys[command.Key] = true
					if note, ok := command.Intent.(incident.AddNote); ok && note.Text != " " {
						require.False(t, texts[note.Text], "the text %q stands twice", note.Text)
						texts[note.Text] = true
					}
				}
			}
		}
	}
}

// Every case must come to an end that is known: a plan that leaves an incident open proves
// nothing about its end.
func TestEveryCaseEnds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for seed := range uint64(10) {
		for _, c := range plan.New(seed+1, 40, time.Second).Cases {
			ended := false
			for act := range flat(c.Acts) {
				command, ok := commandOf(act)
				if !ok {
					continue
				}
				switch command.Intent.(type) {
				case incident.Resolve, incident.Cancel, incident.Merge:
					ended = true
				}
				seen[command.Intent.Name()] = true
			}
			require.True(t, ended, "case %d of seed %d does not end", c.Number, seed+1)
		}
	}
	for _, name := range []string{"merge", "cancel", "resolve", "reopen", "add_followup", "complete_step", "skip_step", "assign_role"} {
		require.True(t, seen[name], "no plan has the command %s", name)
	}
}

func TestMusterReadsEveryDelivery(t *testing.T) {
	t.Parallel()
	source := webhook.Alertmanager(config.Secret{})
	for _, c := range plan.New(3, 40, time.Second).Cases {
		for act := range flat(c.Acts) {
			if d, ok := act.(plan.Deliver); ok {
				body, err := d.Body()
				require.NoError(t, err)
				items, err := source.Parse(body)
				require.NoError(t, err)
				require.Len(t, items, len(d.Alerts))
			}
		}
	}
}

func TestTroublesComeInRounds(t *testing.T) {
	t.Parallel()
	weights := plan.Weights{plan.Kill: 3, plan.Freeze: 1, plan.LoseTemporal: 1}
	first, second := take(plan.Troubles(5, weights, time.Second), 20), take(plan.Troubles(5, weights, time.Second), 20)
	require.Equal(t, first, second)
	for round := range 4 {
		counts := plan.Weights{}
		for _, trouble := range first[5*round : 5*round+5] {
			counts[trouble.Kind]++
		}
		require.Equal(t, weights, counts)
	}
	require.Empty(t, take(plan.Troubles(5, plan.Weights{}, time.Second), 1), "nothing has a weight")
	require.Empty(t, take(plan.Troubles(5, weights, 0), 1), "they never come")
}

func TestFaultsAreThoseTheSandboxKnows(t *testing.T) {
	t.Parallel()
	faults := take(plan.Faults(5, time.Second), 200)
	require.Equal(t, faults, take(plan.Faults(5, time.Second), 200))
	for _, f := range faults {
		require.Contains(t, []string{"slack", "pagerduty", "jira"}, f.Vendor)
		require.Contains(t, []string{"error", "rate_limit", "down", "timeout_after_effect"}, f.Mode)
		require.Greater(t, f.Rate, 0.0)
		require.LessOrEqual(t, f.Rate, 1.0)
	}
	require.Empty(t, take(plan.Faults(5, 0), 1))
}

// flat yields acts and those that happen together.
func flat(acts []plan.Act) iter.Seq[plan.Act] {
	return func(yield func(plan.Act) bool) {
		for _, act := range acts {
			if together, ok := act.(plan.Together); ok {
				for inner := range flat(together.Acts) {
					if !yield(inner) {
						return
					}
				}
				continue
			}
			if !yield(act) {
				return
			}
		}
	}
}

func commandOf(act plan.Act) (plan.Command, bool) {
	switch a := act.(type) {
	case plan.Declare:
		return a.Command, true
	case plan.Do:
		return a.Command, true
	case plan.Merge:
		return a.Command, true
	case plan.Finish:
		return a.Command, true
	default:
		return plan.Command{}, false
	}
}

func take[T any](from iter.Seq[T], n int) []T {
	var all []T
	for one := range from {
		if all = append(all, one); len(all) == n {
			break
		}
	}
	return all
}
