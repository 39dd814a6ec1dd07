package playbooks_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestExpressionsGoThroughMapsInTheSameOrderEachTime(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("name: p\nsteps:\n  - {id: ask, title: Ask, do: http.request, with: {url: 'https://a.example.com'}}\n")
	want := []string{"ask"}
	for i := range 12 {
		fmt.Fprintf(&text, "  - {id: s%02d, title: S, needs: [ask]}\n", i)
		want = append(want, fmt.Sprintf("s%02d", i))
	}
	text.WriteString(`hooks:
  - {id: own, on: note_added, title: N, do: slack.alert, with: {text: '${incident.steps.map(k, k).join(",")}'}}
  - {id: said, on: note_added, title: N, do: mail.send, with: {to: a@example.com, subject: S, text: '${outputs["ask"].json.filter(k, k != "b").join(",")}'}}
  - {id: literal, on: note_added, title: N, do: webhook.post, with: {text: '${{"x": 1, "c": 2, "a": 3}.map(k, k).join(",")} ${{3: 1, 1: 2, 20: 3}.map(k, string(k)).join(",")}'}}
`)
	f := follow(t, text.String())
	f.settle(began)
	f.do(began, incident.FinishStep{Step: "ask", Outcome: incident.Outcome{Output: map[string]any{
		"json": map[string]any{"d": 1.0, "b": 2.0, "c": nil, "a": "x", "f": true, "e": 0.0},
	}}})
	f.do(began, incident.AddNote{Text: "x"})
	for range 20 {
		got := map[string]string{}
		for _, w := range f.settle(began).Work {
			got[w.Hook] = w.With["text"]
		}
		require.Equal(t, map[string]string{"own": strings.Join(want, ","), "said": "a,c,d,e,f", "literal": "a,c,x 1,3,20"}, got)
	}
}
