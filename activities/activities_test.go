package activities

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

func TestEveryActionOfTheLanguageIsImplementedAndNoOther(t *testing.T) {
	t.Parallel()
	var names []string
	for _, action := range playbooks.Actions() {
		if action.Name != playbooks.PlaybookRun { // which the agenda does
			names = append(names, action.Name)
		}
	}
	require.ElementsMatch(t, names, slices.Collect(maps.Keys((&Activities{}).Actions())))
}

func TestTheKeyOfAnEffectTellsItFromAllOthers(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, installation := range []string{"one", "two"} {
		for _, id := range []incident.ID{"INC-1", "INC-11"} {
			for _, work := range []string{"page", "announce@1", "announce@11", "announce-1"} {
				a := &Activities{Installation: installation}
				effect := playbooks.Effect{Incident: incident.State{ID: id}, Work: playbooks.Work{ID: work}}
				key := a.key(effect)
				require.Equal(t, key, a.key(effect))
				what := fmt.Sprint(installation, id, work)
				require.Empty(t, seen[key], "%s and %s share a key", what, seen[key])
				seen[key] = what
			}
		}
	}
}

func TestOnlyReactionsToWhatCameAfterARestorationHaveNewKeys(t *testing.T) {
	t.Parallel()
	a := &Activities{Installation: "one"}
	restored := incident.State{ID: "INC-1", Restorations: []incident.Restoration{{Seq: 12, Mark: "4f2a9c"}, {Seq: 20, Mark: "0b1c2d"}}}
	for work, want := range map[string]string{
		"page":        "muster-one-INC-1-page",
		"announce@11": "muster-one-INC-1-announce.11",
		"announce@12": "muster-one-INC-1-announce.12.4f2a9c",
		"announce@19": "muster-one-INC-1-announce.19.4f2a9c",
		"announce@20": "muster-one-INC-1-announce.20.0b1c2d",
		"announce@31": "muster-one-INC-1-announce.31.0b1c2d",
	} {
		require.Equal(t, want, a.key(playbooks.Effect{Incident: restored, Work: playbooks.Work{ID: work}}))
	}
}

// vendorSays is an error as vendors' packages have it.
type vendorSays struct {
	permanent bool
	delay     time.Duration
}

func (vendorSays) Error() string          { return "slack: post: ratelimited" }
func (v vendorSays) Permanent() bool      { return v.permanent }
func (v vendorSays) Delay() time.Duration { return v.delay }

func TestWhatAVendorSaysDecidesAboutRetries(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err   error
		final bool
		delay time.Duration
	}{
		"a vendor that asks for time gets it":         {err: vendorSays{delay: 30 * time.Second}, delay: 30 * time.Second},
		"a passing failure is tried again":            {err: fmt.Errorf("post: %w", vendorSays{})},
		"what trying again cannot mend is final":      {err: vendorSays{permanent: true}, final: true},
		"what says nothing of itself is tried again":  {err: errors.New("connection refused")},
		"a missing setting waits for somebody to act": {err: final("give it a project"), final: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.err
			var already *temporal.ApplicationError
			if !errors.As(err, &already) {
				err = vendorError(err)
			}
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, test.final, failure.NonRetryable())
			require.Equal(t, test.delay, failure.NextRetryDelay())
		})
	}
	require.NoError(t, vendorError(nil))
}

func TestATicketIsDeletedOnlyWhenTheTrackerHadTimeToKnowIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	followup := func(id, key, status string, age time.Duration) OpenFollowup {
		return OpenFollowup{Incident: "INC-1", Followup: incident.Followup{
			ID: id, FiledAt: now.Add(-age), Ticket: incident.Ticket{Key: key, Status: status},
		}}
	}
	open := []OpenFollowup{
		followup("F1", "PAY-1", "To Do", time.Hour), followup("F2", "PAY-2", "To Do", time.Hour),
		followup("F3", "PAY-3", "To Do", time.Hour), followup("F4", "PAY-4", "To Do", time.Minute),
	}
	found := map[string]incident.Ticket{
		"PAY-1": {Key: "PAY-1", Status: "To Do"}, "PAY-2": {Key: "PAY-2", Status: "Done", Done: true},
	}
	require.Equal(t, []incident.TicketChange{
		{Incident: "INC-1", Followup: "F2", Ticket: found["PAY-2"]},
		{Incident: "INC-1", Followup: "F3", Ticket: incident.Ticket{Key: "PAY-3", Status: "To Do"}, Deleted: true},
	}, ticketChanges(open, found, now))
}
