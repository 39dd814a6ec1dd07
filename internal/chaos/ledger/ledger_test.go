package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/chaos/ledger"
)

func TestRepeatedAlertsAreOne(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	one := ledger.Occurrence{Fingerprint: "f", StartsAt: time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)}
	anew := one
	anew.StartsAt = one.StartsAt.Add(time.Minute)
	l.Took(1, one, false)
	l.Took(1, one, true)
	l.Took(1, one, false)
	l.Took(1, anew, false)
	require.Equal(t, []ledger.Alert{
		{Occurrence: one, Case: 1, Resolved: true}, {Occurrence: anew, Case: 1},
	}, l.Book().Alerts, "an end that was answered for stays so, and a later firing is another alert")
}

func TestRequestsAreCountedByTheirOutcome(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	for _, status := range []int{202, 0, 503, 503, 500, 409} {
		l.Request(status)
	}
	l.Delivered()
	counts := l.Book().Counts
	require.Equal(t, ledger.Counts{Deliveries: 1, Requests: 6, Unavailable: 2, Broken: 1, Errors: 1}, counts)
	require.Equal(t, 4, counts.Retries())
}

func TestABookIsACopy(t *testing.T) {
	t.Parallel()
	l := ledger.New()
	l.Expect("INC-1", incident.Resolved)
	l.Answered(ledger.Command{Key: "k", Status: 409})
	before := l.Book()
	l.Expect("INC-1", incident.Closed)
	l.Answered(ledger.Command{Key: "l", Status: 200})
	l.Break("in vain")
	require.Equal(t, incident.Resolved, before.Expected["INC-1"])
	require.Len(t, before.Commands, 1)
	require.True(t, before.Commands[0].Refused())
	require.False(t, before.Commands[0].Accepted())
	require.Empty(t, before.Broken)
}
