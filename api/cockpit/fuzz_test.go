package cockpit_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
)

func FuzzACommandIsAnsweredWhateverIsWritten(f *testing.F) {
	for _, line := range []string{
		"", " ", "status", "satus", "checkout errors spiking sev2", "inc-1 step done assess", "role assign commander <@U02|second> brief",
		"role <@U99|", "“half", "note \"a", "merge INC-1 into INC-1", "snooze 99999999h", "followup x by in 9 days", "page <@U02><@U03>",
		"step skip the impact because", "timeline 99999999999999999999", "INC-99999999999999999999 ack", "subscribe list", "service: sev:",
		"declare service:search", "\u200b\u00a0\ufeff", "<#C1|> <@> <@U1|<", "severity sev 1", "hand over", "role handover over over", "??", "help help",
	} {
		f.Add(line, true)
		f.Add(line, false)
	}
	f.Fuzz(func(t *testing.T, line string, inside bool) {
		inWorld(t, func(t *testing.T, w *world) {
			w.writes(outsider, general, "checkout is down")
			channel := general
			if inside {
				channel = channelOf("INC-1")
			}
			seen := len(w.answers) + len(w.forms)
			w.writes(responder, channel, line)
			require.Greater(t, len(w.answers)+len(w.forms), seen, "nobody is left without an answer")
			require.LessOrEqual(t, len(w.declared), 2)
			if len(w.declared) == 2 {
				require.False(t, inside, "in an incident's channel it is asked first")
				require.Greater(t, len(strings.Fields(line)), 1, "one word declares nothing")
				title := w.declared[1].Title
				require.NotEmpty(t, strings.TrimSpace(title))
				require.LessOrEqual(t, utf8.RuneCountInString(title), incident.MaxTitleRunes)
				require.Empty(t, w.intents)
			}
		})
	})
}

func FuzzAControlIsHarmlessWhateverItsValue(f *testing.F) {
	for _, seed := range [][2]string{
		{"acknowledge", "INC-1"}, {"status", "INC-1|resolved"}, {"severity", "INC-1|SEV9"}, {"role", "U02"}, {"step_skip", "INC-1|nothing"}, {"snooze", "INC-1|-1h||"},
		{"say", "say"}, {"declare_as", ""}, {"unsubscribe", "x|y"}, {"unsubscribe", "incident|"}, {"take_role", "||||"}, {"step_choose", "INC-1|way"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, act, value string) {
		inWorld(t, func(t *testing.T, w *world) {
			w.writes(outsider, general, "checkout is down")
			pressed := w.act(responder, channelOf("INC-1"))
			pressed.Press = &chat.Press{Act: act, Value: value}
			w.take(pressed)
			require.LessOrEqual(t, len(w.declared), 1, "no control declares without a form")
		})
	})
}

func FuzzAFormIsHarmlessWhateverIsFilledIn(f *testing.F) {
	f.Add("note", "INC-1", "text", "Seen.", "as", "decision")
	f.Add("record", "INC-1|C1|1.1|U02|second", "text", "Seen.", "as", "action")
	f.Add("record", "", "into", "INC-1", "due", "never")
	f.Add("step_skip", "INC-1", "reason", "x", "", "")
	f.Add("role", "INC-1|", "user", "U99", "role", "captain")
	f.Add("merge", "INC-1", "into", "41", "reason", "\x00")
	f.Add("declare", "default", "title", "Broken", "service", "search")
	f.Fuzz(func(t *testing.T, form, about, entry1, value1, entry2, value2 string) {
		inWorld(t, func(t *testing.T, w *world) {
			w.writes(outsider, general, "checkout is down")
			act := w.act(responder, "")
			act.Submission = &chat.Submission{Form: form, Context: about, Values: map[string]string{entry1: value1, entry2: value2}}
			for _, problem := range w.take(act) {
				require.NotEmpty(t, problem.Entry)
				require.NotEmpty(t, problem.Message)
			}
		})
	})
}
