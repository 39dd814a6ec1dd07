package playbooks_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestReplaceAndJoinMakeNoTextThatFillsTheMemory(t *testing.T) {
	// Not beside other tests: it measures.
	for expression, want := range map[string]string{
		`event.text.replace("a", event.text)`:                                                           "more than 1024 KiB",
		`(event.text + event.text + event.text).replace("", event.text + event.text)`:                   "more than 1024 KiB",
		`event.text.replace("a", event.text, 2000)`:                                                     "more than 1024 KiB",
		`event.text.substring(0, 999).split("").map(x, event.text).join("-")`:                           "more than 1024 KiB",
		`event.text.replace("a", event.text, 1).substring(0, 3)`:                                        "",
		`event.text.substring(0, 4).replace("a", "b").replace("b", "c", 3).replace("", "-", -1)`:        "",
		`["x", "y"].join() + ["x", "y"].join(", ") + event.text.split("", 3).join("/").substring(0, 4)`: "",
	} {
		f := follow(t, fmt.Sprintf("name: p\nsteps: [{id: s, title: S}]\nhooks: [{id: h, on: note_added, title: H, do: slack.alert, with: {text: '${%s}'}}]\n", expression))
		f.settle(began)
		f.do(began, incident.AddNote{Text: strings.Repeat("a", incident.MaxTextRunes)})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		due := f.agenda.Due(f.state, f.inFlight, began)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20<<20), expression)
		if want == "" {
			require.Len(t, due.Work, 1, expression)
			require.Contains(t, []string{"aaa", "-c-c-c-b-", "xyx, ya/a/"}, due.Work[0].With["text"], expression)
			continue
		}
		require.Len(t, due.Commands, 1, expression)
		failed, ok := due.Commands[0].(incident.FailStep)
		require.True(t, ok)
		require.Contains(t, failed.Error, want, expression)
	}
}
