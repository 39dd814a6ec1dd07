package cockpit_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
)

// What a command needs, the form that stands in for it asks for, and what may be left out of the one
// may be left out of the other.
func TestAFormAsksForWhatTheCommandNeeds(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/slack.md")
	require.NoError(t, err)
	for _, row := range []struct{ way, word, line, form, field string }{
		{"update TEXT", "TEXT", "update", "update", "text"},
		{"note TEXT", "TEXT", "note", "note", "text"},
		{"decision TEXT", "TEXT", "decision", "note", "text"},
		{"status investigating\\|identified\\|monitoring [NOTE]", "NOTE", "", "status", "note"},
		{"severity SEVERITY [REASON]", "SEVERITY", "severity", "severity", "severity"},
		{"severity SEVERITY [REASON]", "REASON", "severity", "severity", "reason"},
		{"role assign ROLE @PERSON", "ROLE", "role", "role", "role"},
		{"role assign ROLE @PERSON", "@PERSON", "role", "role", "user"},
		{"role handover [ROLE] @PERSON [BRIEF]", "BRIEF", "role", "role", "brief"},
		{"page @PERSON\\|SERVICE\\|TEAM [MESSAGE]", "MESSAGE", "page", "page", "message"},
		{"step skip STEP REASON", "REASON", "step skip assess", "step_skip", "reason"},
		{"step reject STEP [NOTE]", "NOTE", "step reject statement", "step_reject", "note"},
		{"step add TITLE [@PERSON]", "TITLE", "step add", "step_add", "title"},
		{"step add TITLE [@PERSON]", "@PERSON", "step add", "step_add", "user"},
		{"followup TITLE [@PERSON] [by DAY]", "TITLE", "followup", "followup", "title"},
		{"followup TITLE [@PERSON] [by DAY]", "@PERSON", "followup", "followup", "owner"},
		{"followup TITLE [@PERSON] [by DAY]", "by DAY", "followup", "followup", "due"},
		{"resolve [WHAT ENDED IT]", "WHAT ENDED IT", "resolve", "resolve", "summary"},
		{"cancel REASON", "REASON", "cancel", "cancel", "reason"},
		{"merge INC-42 [REASON]", "INC-42", "merge", "merge", "into"},
		{"merge INC-42 [REASON]", "REASON", "merge", "merge", "reason"},
	} {
		t.Run(row.form+" "+row.field, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, string(manual), "`/incident "+row.way+"`", "it is written so")
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(outsider, general, "search is down")
				opens := opens{line: row.line}
				if row.line == "" {
					opens.control = chat.Control{Act: row.form, Value: "INC-1"}
				}
				opens.by(w, responder)
				fields := w.form(row.form).Fields
				i := slices.IndexFunc(fields, func(f chat.Entry) bool { return f.ID == row.field })
				require.GreaterOrEqual(t, i, 0)
				require.Equal(t, strings.Contains(row.way, "["+row.word), fields[i].Optional)
			})
		})
	}
}
