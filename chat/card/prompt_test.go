package card_test

import (
	"strings"
	"testing"
	"time"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"

	"github.com/stretchr/testify/require"
)

// asking is a prompt with these buttons, as it was posted for an incident.
func asking(s incident.State, buttons string, matter card.Matter) chat.Card {
	return card.Message(card.Said{Text: "*Who takes it?*", Buttons: card.Buttons(s, strings.Fields(buttons), matter, pages)})
}

// changed is an incident after something has happened to it.
func changed(s incident.State, change func(s *incident.State)) incident.State {
	s.Steps = append([]incident.Step(nil), s.Steps...)
	s.Roles = append([]incident.Role(nil), s.Roles...)
	change(&s)
	return s
}

func TestAPromptShowsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	reminder := card.Matter{Hook: "update-due"}
	resolve := func(s *incident.State) {
		s.Status, s.ResolvedAt, s.ResolvedBy = incident.Resolved, after(time.Hour), incident.PersonActor("Third Responder")
	}
	settled := func(id string, state incident.StepState, by string) func(s *incident.State) {
		return func(s *incident.State) {
			for i := range s.Steps {
				if step := &s.Steps[i]; step.ID == id {
					step.State, step.By, step.SettledAt = state, by, after(time.Hour)
				}
			}
		}
	}
	for name, row := range map[string]struct {
		of      incident.State
		buttons string
		matter  card.Matter
		happens func(s *incident.State)
		want    string
	}{
		"taken": {
			of: declared(), buttons: "acknowledge snooze", matter: reminder,
			happens: func(s *incident.State) {
				s.AcknowledgedBy, s.AcknowledgedAt = incident.PersonActor(one.Name), after(time.Minute)
			},
			want: "> ✓ acknowledged by @Sample Responder, 2026-03-02 14:01 UTC",
		},
		"taken by somebody of whom no more is known than a name": {
			of: declared(), buttons: "acknowledge",
			happens: func(s *incident.State) {
				s.AcknowledgedBy, s.AcknowledgedAt = incident.PersonActor("*Third* <!here>"), after(time.Minute)
			},
			want: "> ✓ acknowledged by *Third* <!here>, 2026-03-02 14:01 UTC",
		},
		"put off": {
			of: declared(), buttons: "acknowledge snooze", matter: reminder,
			happens: func(s *incident.State) {
				s.Reminders = []incident.Reminder{{Hook: "update-due", SnoozedUntil: after(30 * time.Minute), SnoozedBy: incident.PersonActor(one.Name)}}
			},
			want: "[Acknowledge]\n> 😴 snoozed by @Sample Responder, asks again 2026-03-02 14:30 UTC",
		},
		"put off with all others": {
			of: declared(), buttons: "acknowledge snooze", matter: reminder,
			happens: func(s *incident.State) {
				s.Reminders = []incident.Reminder{{Hook: "update-due"}, {SnoozedUntil: after(30 * time.Minute), SnoozedBy: incident.PersonActor(one.Name)}}
			},
			want: "[Acknowledge]\n> 😴 snoozed by @Sample Responder, asks again 2026-03-02 14:30 UTC",
		},
		"put off before it was asked": {
			of: declared(), buttons: "acknowledge", matter: reminder,
			happens: func(s *incident.State) {
				s.Reminders = []incident.Reminder{{Hook: "update-due", SnoozedUntil: after(-time.Minute)}}
			},
			want: "",
		},
		"one role of two taken": {
			of: declared(), buttons: "take_role snooze", matter: reminder,
			happens: func(s *incident.State) { s.Roles[0].Holder, s.Roles[0].Since = two.Name, after(time.Minute) },
			want:    "[Take communications lead] [Snooze…: for 15m | for 30m | for 1h | for 4h]\n> ✓ incident commander: taken by @Second Responder, 2026-03-02 14:01 UTC",
		},
		"all roles taken": {
			of: declared(), buttons: "take_role snooze", matter: reminder,
			happens: func(s *incident.State) {
				for i := range s.Roles {
					s.Roles[i].Holder, s.Roles[i].Since = two.Name, after(time.Minute)
				}
			},
			want: "> ✓ incident commander: taken by @Second Responder, 2026-03-02 14:01 UTC\n> ✓ communications lead: taken by @Second Responder, 2026-03-02 14:01 UTC",
		},
		"the severity found right": {
			of: declared(), buttons: "confirm_severity snooze",
			happens: func(s *incident.State) {
				s.SeverityConfirmed, s.SeverityConfirmedBy, s.SeverityConfirmedAt = true, incident.PersonActor(one.Name), after(time.Minute)
			},
			want: "> ✓ SEV2, confirmed by @Sample Responder, 2026-03-02 14:01 UTC",
		},
		"the severity found right in an incident of an earlier version": {
			of: declared(), buttons: "confirm_severity",
			happens: func(s *incident.State) { s.SeverityConfirmed = true },
			want:    "> ✓ SEV2, confirmed",
		},
		"an update posted": {
			of: declared(), buttons: "update resolve",
			happens: func(s *incident.State) {
				s.UpdatedAt, s.UpdatedBy = after(time.Minute), incident.PersonActor(one.Name)
			},
			want: "[Resolve…]\n> ✓ update posted by @Sample Responder, 2026-03-02 14:01 UTC",
		},
		"an update posted before it was asked": {
			of: declared(), buttons: "update",
			happens: func(s *incident.State) { s.UpdatedAt = after(-time.Minute) },
		},
		"resolved": {
			of: declared(), buttons: "acknowledge take_role resolve update snooze followup", happens: resolve,
			want: "[Add a follow-up…]\n> ✓ resolved by Third Responder, 2026-03-02 15:00 UTC",
		},
		"cancelled": {
			of: declared(), buttons: "acknowledge",
			happens: func(s *incident.State) {
				s.Status, s.EndedAt, s.EndedBy = incident.Cancelled, after(time.Hour), incident.PersonActor(one.Name)
			},
			want: "> ✓ cancelled by @Sample Responder, 2026-03-02 15:00 UTC",
		},
		"merged": {
			of: declared(), buttons: "acknowledge",
			happens: func(s *incident.State) {
				s.Status, s.MergedInto, s.EndedAt = incident.Merged, "INC-41", after(time.Hour)
			},
			want: "> ✓ merged into INC-41, 2026-03-02 15:00 UTC",
		},
		"a step done":     {of: declared(), buttons: "step:assess snooze", happens: settled("assess", incident.Done, one.Name), want: "> ✓ done by @Sample Responder, 2026-03-02 15:00 UTC"},
		"a step left out": {of: declared(), buttons: "step:assess", happens: settled("assess", incident.Skipped, one.Name), want: "> – skipped by @Sample Responder, 2026-03-02 15:00 UTC"},
		"a step that is not needed any more": {
			of: declared(), buttons: "step:assess",
			happens: func(s *incident.State) { s.Steps[1].State, s.Steps[1].LeftOut = incident.Skipped, true },
			want:    "> – not needed any more",
		},
		"one step of a menu": {
			of: changed(declared(), func(s *incident.State) { s.Steps[2].State = incident.Waiting }), buttons: "step_menu",
			happens: settled("assess", incident.Done, one.Name),
			want:    "[Mark a step as done…: Check from the outside]\n> ✓ done by @Sample Responder, 2026-03-02 15:00 UTC",
		},
		"approved": {of: underway(), buttons: "step:statement", happens: settled("statement", incident.Done, one.Name), want: "> ✓ approved by @Sample Responder, 2026-03-02 15:00 UTC"},
		"rejected": {
			of: underway(), buttons: "step:statement", happens: settled("statement", incident.Failed, one.Name),
			want: "[Skip…]\n> ✗ rejected by @Sample Responder, 2026-03-02 15:00 UTC",
		},
		"decided": {
			of: underway(), buttons: "step:way",
			happens: func(s *incident.State) {
				settled("way", incident.Done, one.Name)(s)
				s.Steps[2].Choice = "back"
			},
			want: "> ✓ decided for “Roll back” by @Sample Responder, 2026-03-02 15:00 UTC",
		},
		"asked again": {
			of: underway(), buttons: "step:rejected",
			happens: func(s *incident.State) { s.Steps[6].State = incident.Waiting },
			want:    "[Skip…]\n> ↻ begun again",
		},
		"tried again, which may fail": {
			of: underway(), buttons: "step:deploy",
			happens: func(s *incident.State) { s.Steps[4].State = incident.Running },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prompt := asking(row.of, row.buttons, row.matter)
			_, met := card.Met(prompt, row.of, began)
			require.False(t, met, "nothing has happened yet")

			now := changed(row.of, row.happens)
			got, met := card.Met(prompt, now, began)
			require.Equal(t, row.want != "", met)
			require.Equal(t, prompt.Summary, got.Summary)
			if !met {
				return
			}
			require.Equal(t, "*Who takes it?*\n"+row.want, got.String())
			_, met = card.Met(got, now, began)
			require.False(t, met, "it is said once")
		})
	}
}

func TestAPromptAboutAnotherIncidentIsLeftAlone(t *testing.T) {
	t.Parallel()
	other := over()
	other.ID = "INC-43"
	_, met := card.Met(asking(declared(), "acknowledge take_role step:assess snooze", card.Matter{}), other, began)
	require.False(t, met)
}

func TestWhatAPromptHasSaidStays(t *testing.T) {
	t.Parallel()
	taken := changed(declared(), func(s *incident.State) {
		s.AcknowledgedBy, s.AcknowledgedAt = incident.PersonActor(one.Name), after(time.Minute)
	})
	got, met := card.Met(asking(declared(), "acknowledge take_role", card.Matter{}), taken, began)
	require.True(t, met)
	reopened := declared()
	_, met = card.Met(got, reopened, began)
	require.False(t, met, "people are asked anew by another message")

	held := changed(reopened, func(s *incident.State) { s.Roles[1].Holder = one.Name })
	got, met = card.Met(got, held, began)
	require.True(t, met)
	require.Equal(t, "*Who takes it?*\n[Take incident commander]\n> ✓ acknowledged by @Sample Responder, 2026-03-02 14:01 UTC\n> ✓ communications lead: taken by @Sample Responder", got.String())
}
