package cockpit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// restricted is a world with an incident whose channel is private, and with responder in it.
func restricted(t *testing.T, test func(t *testing.T, w *world)) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.channelFor = func(id incident.ID) *incident.Channel {
			return &incident.Channel{ID: channelOf(id), Name: "secret-channel", URL: "https://chat.example/" + channelOf(id), Private: true}
		}
		w.writes(second, general, "checkout secret sev1")
		w.muster("INC-1", incident.ReportPresence{Person: people[responder]})
		w.answers = nil
		test(t, w)
	})
}

func TestARestrictedIncidentIsNotForThoseOutside(t *testing.T) {
	restricted(t, func(t *testing.T, w *world) { outside(t, w) })
}

func TestARestrictedIncidentIsNotForThoseOutsideBeforeItsChannelIsThere(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel, w.private = true, true
		w.writes(second, general, "checkout secret sev1")
		w.answers = nil
		outside(t, w)
		w.writes(outsider, "", "INC-1 status") // no channel is not the channel that it does not have
		_, shown := w.lastAnswer()
		require.NotContains(t, strings.ToLower(shown), "checkout")

		w.muster("INC-1", incident.AssignRole{Role: "commander", User: people[responder].Name, Email: people[responder].Email})
		w.writes(responder, general, "INC-1 status")
		_, shown = w.lastAnswer()
		require.Contains(t, shown, "secret", "who holds a role may lead it meanwhile")
	})
}

// outside tries what somebody may who was not let in.
func outside(t *testing.T, w *world) {
	t.Helper()
	before := len(w.journals["INC-1"])
	lines := []string{
		"INC-1 status", "INC-1 timeline", "INC-1 step", "INC-1 update", "INC-1 update it is over", "INC-1 note I was here", "INC-1 role claim commander",
		"INC-1 resolve", "INC-1 resolve gone", "INC-1 merge", "subscribe INC-1", "INC-1 postmortem", "INC-1 severity", "INC-1 followup list", "list", "list secret", "status",
	}
	for _, text := range lines {
		w.writes(outsider, general, text)
		_, shown := w.lastAnswer()
		require.NotContains(t, strings.ReplaceAll(strings.ToLower(shown), "list secret", ""), "checkout", text)
		require.NotContains(t, shown, "secret-channel", text)
	}
	require.Empty(t, w.forms)
	require.Empty(t, w.follows)
	require.Len(t, w.journals["INC-1"], before)
}

func TestARestrictedIncidentIsLedByThoseInItsChannelFromAnywhere(t *testing.T) {
	restricted(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "INC-1 status")
		_, text := w.lastAnswer()
		require.Contains(t, text, "secret")
		w.writes(responder, general, "INC-1 note seen")
		w.writes(outsider, channelOf("INC-1"), "note let in by hand") // the chat lets nobody else write there
		told := strings.Join(w.told("INC-1"), "\n")
		require.Contains(t, told, "seen")
		require.Contains(t, told, "let in by hand")
		w.writes(responder, general, "subscribe INC-1")
		require.Len(t, w.follows, 1)
	})
}

// Whoever responds to what is merged is brought into the channel of what carries on.
func TestNobodyMergesTheirWayIntoARestrictedIncident(t *testing.T) {
	restricted(t, func(t *testing.T, w *world) {
		w.channelFor = func(id incident.ID) *incident.Channel {
			return &incident.Channel{ID: channelOf(id), Name: "open-channel"}
		}
		w.writes(outsider, general, "search is slow sev3")
		before := len(w.journals["INC-2"])
		w.writes(outsider, general, "INC-2 merge INC-1")
		_, shown := w.lastAnswer()
		require.Contains(t, shown, "INC-1 is restricted")
		w.writes(outsider, general, "INC-2 merge")
		require.NotEmpty(t, w.fills(outsider, "merge", map[string]string{"into": "INC-1"}))
		require.Len(t, w.journals["INC-2"], before)

		w.writes(responder, general, "INC-2 merge INC-1")
		require.Equal(t, incident.Merged, w.state("INC-2").Status)
	})
}

// What is written down about any message of the chat names the incident that it is for.
func TestNobodyRecordsOnARestrictedIncidentFromOutside(t *testing.T) {
	restricted(t, func(t *testing.T, w *world) {
		said := w.says(second, general, "customers are calling")
		before := len(w.journals["INC-1"])
		w.chooseShortcut(outsider, said)
		_, shown := w.lastAnswer()
		require.Contains(t, shown, "There is no open incident", "those that nobody has let them into are not offered")

		w.channelFor = func(id incident.ID) *incident.Channel {
			return &incident.Channel{ID: channelOf(id), Name: "open-channel"}
		}
		w.writes(outsider, general, "search is slow sev3")
		w.chooseShortcut(outsider, said)
		w.fills(outsider, "record", map[string]string{"into": "INC-1"})
		require.Len(t, w.journals["INC-1"], before, "nor taken, from a form that was made up")

		w.chooseShortcut(responder, said)
		require.Empty(t, w.fills(responder, "record", map[string]string{"into": "INC-1"}))
		require.Greater(t, len(w.journals["INC-1"]), before)
	})
}
