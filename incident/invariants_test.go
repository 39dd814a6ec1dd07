package incident_test

import (
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

// requireValid checks everything that holds for every incident at every moment.
func requireValid(t require.TestingT, s incident.State) {
	require.Equal(t, incident.ID("INC-42"), s.ID)
	require.NotEmpty(t, s.Title)
	require.NotEmpty(t, s.Service.Name)
	require.Contains(t, incident.Statuses(), s.Status)
	require.True(t, slices.ContainsFunc(s.Scale, func(l incident.SeverityLevel) bool { return l.Name == s.Severity }), "the severity is one of the scale")
	requireTimesFitStatus(t, s)
	requireValidSteps(t, s)
	requireValidAlerts(t, s)
	requireValidFollowups(t, s)
	requireUnique(t, "roles", s.Roles, func(r incident.Role) string { return r.ID })
	requireUnique(t, "pages", s.Pages, func(p incident.Page) string { return p.Key })
	requireUnique(t, "absorbed incidents", s.Absorbed, func(id incident.ID) incident.ID { return id })
	requireUnique(t, "reminders", s.Reminders, func(r incident.Reminder) [2]string { return [2]string{r.Hook, r.Subject} })
	for _, r := range s.Reminders {
		require.True(t, r.Count > 0 || !r.SnoozedUntil.IsZero(), "reminded or snoozed")
		require.GreaterOrEqual(t, r.Count, r.InRow)
	}
	requireUnique(t, "people in the channel", s.Present, func(p incident.Person) incident.Person { return p })
	require.LessOrEqual(t, len(s.Present), incident.MaxPresent)
	requireUnique(t, "messages that are kept up to date", s.Shown, func(m incident.ShownMessage) [2]string { return [2]string{m.Purpose, m.Channel} })
	requireUnique(t, "messages on the timeline", s.Recorded, func(key string) string { return key })
	require.LessOrEqual(t, len(s.Recorded), incident.MaxRecorded)
	require.False(t, s.PersonAt.After(s.At))
	for _, r := range s.Roles {
		require.False(t, r.Holder == "" && r.HolderEmail != "", "an address belongs to somebody")
	}
}

func requireTimesFitStatus(t require.TestingT, s incident.State) {
	require.False(t, s.DeclaredAt.IsZero())
	require.Equal(t, s.AcknowledgedAt.IsZero(), s.AcknowledgedBy == incident.Actor{}, "acknowledged at some time by somebody")
	require.Equal(t, s.Status == incident.Resolved || s.Status == incident.Closed, !s.ResolvedAt.IsZero(), "resolved at some time exactly when resolved or closed")
	require.Equal(t, s.Status.Ended(), !s.EndedAt.IsZero(), "ended at some time exactly when ended")
	require.Equal(t, s.Status == incident.Merged, s.MergedInto != "")
	require.NotEqual(t, s.ID, s.MergedInto)
	require.NotContains(t, s.Absorbed, s.ID)
	if s.Status == incident.Monitoring || !s.ResolvedAt.IsZero() {
		require.False(t, s.MitigatedAt.IsZero(), "what is watched or resolved has been mitigated")
	}
	if s.ResolvedAt.IsZero() {
		require.Empty(t, s.Resolution)
	}
	for name, at := range map[string]time.Time{
		"acknowledged": s.AcknowledgedAt, "mitigated": s.MitigatedAt, "resolved": s.ResolvedAt, "ended": s.EndedAt,
		"reopened": s.ReopenedAt, "updated": s.UpdatedAt, "cleared": s.AlertsClearedAt, "drafted": s.PostmortemAt,
	} {
		if !at.IsZero() {
			require.False(t, at.Before(s.DeclaredAt), "%s before it was declared", name)
			require.False(t, at.After(s.At), "%s after the last event", name)
		}
	}
	if !s.ResolvedAt.IsZero() {
		require.False(t, s.ResolvedAt.Before(s.MitigatedAt), "resolved before it was mitigated")
		require.False(t, s.ResolvedAt.Before(s.ReopenedAt), "resolved before it was reopened")
	}
}

func requireValidSteps(t require.TestingT, s incident.State) {
	requireUnique(t, "steps", s.Steps, func(step incident.Step) string { return step.ID })
	for _, step := range s.Steps {
		require.NotEmpty(t, step.Title)
		switch step.State {
		case incident.Pending:
		case incident.Running:
			require.Equal(t, incident.Automatic, step.Kind, "Muster runs what is automatic")
		case incident.Waiting:
			require.NotEqual(t, incident.Automatic, step.Kind, "people are waited for where they act")
		case incident.Done, incident.Skipped:
			require.False(t, step.SettledAt.IsZero())
			require.NotEmpty(t, step.By)
			require.Empty(t, step.Error, "what is settled shows no failure")
		case incident.Failed:
			require.NotEmpty(t, step.Error)
		default:
			require.Fail(t, "unknown state", "%q", step.State)
		}
		require.Equal(t, step.Kind == incident.Decision && step.State == incident.Done, step.Choice != "", "a decision that is done, and nothing else, has a choice")
		require.False(t, step.LeftOut && step.State != incident.Skipped, "what is left out is skipped")
		requireUnique(t, "approvals", step.Approvals, func(a incident.Approved) string { return a.By })
		require.LessOrEqual(t, len(step.Approvals), max(step.Quorum, 0), "no more approvals than are needed")
		if step.State != incident.Failed {
			require.Zero(t, step.RetryAt, "only a failed step is tried again")
		}
		if step.State == incident.Skipped {
			require.NotEmpty(t, step.Note, "a reason was given")
		}
	}
}

func requireValidAlerts(t require.TestingT, s incident.State) {
	type occurrence struct {
		fingerprint string
		startsAt    time.Time
	}
	requireUnique(t, "alerts", s.Alerts, func(a incident.Alert) occurrence { return occurrence{a.Fingerprint, a.StartsAt.UTC()} })
	require.LessOrEqual(t, len(s.Alerts), incident.MaxAlerts)
	requireUnique(t, "names in the crowd", s.Crowd, func(t incident.Tally) string { return t.Name })
	for _, tally := range s.Crowd {
		require.NotEmpty(t, tally.Name)
		require.GreaterOrEqual(t, tally.Firing(), 0, "nothing resolves that has not fired")
		require.GreaterOrEqual(t, tally.Resolved, 0)
	}
	if s.AlertsFiring() > 0 {
		require.Zero(t, s.AlertsClearedAt, "not cleared while any alert fires")
	}
}

func requireValidFollowups(t require.TestingT, s incident.State) {
	requireUnique(t, "follow-ups", s.Followups, func(f incident.Followup) string { return f.ID })
	for _, f := range s.Followups {
		require.NotEmpty(t, f.Title)
		require.Equal(t, f.Done, !f.DoneAt.IsZero(), "done at some time exactly when done")
		if f.Ticket.Done {
			require.True(t, f.Done, "what is done in the tracker is done here")
		}
	}
	if s.Status == incident.Closed {
		require.Empty(t, s.OpenFollowups(), "what is closed leaves nothing to do")
	}
}

func requireUnique[T any, K comparable](t require.TestingT, what string, all []T, key func(T) K) {
	seen := make(map[K]bool)
	for _, one := range all {
		require.False(t, seen[key(one)], "%s: %v is there twice", what, key(one))
		seen[key(one)] = true
	}
}

// requireOnlyReports checks that an ended incident changes only by reports of work
// that was under way: its steps and what they brought about.
func requireOnlyReports(t require.TestingT, before, after incident.State) {
	work := cmpopts.IgnoreFields(incident.State{}, "Restorations", "Steps", "OnCall", "Pages", "Channel", "Invited", "Followups", "Reminders", "PostmortemAt", "Shown", "PersonAt", "Seq", "At")
	require.Empty(t, cmp.Diff(before, after, work), "an ended incident does not change")
	require.Len(t, after.Followups, len(before.Followups))
}
