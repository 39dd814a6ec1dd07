package guide_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"muster/incident"
	"muster/playbooks"
	"muster/playbooks/diagram"
	"muster/playbooks/guide"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to write it")
	require.Empty(t, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")), "run the test with -update if this is meant")
}

// tagged makes styles visible.
func tagged(style guide.Style, text string) string {
	if style == guide.Heading {
		return "== " + text + " =="
	}
	return text
}

// everything is a playbook that uses every word of the language.
func everything() *playbooks.Playbook {
	high := 99.5
	return &playbooks.Playbook{
		Name: "everything", Description: "Shows each word.\nIn two lines.", Version: "abc123", Priority: 10,
		When: `alert.labels["team"] == "shop" && incident.severity_rank <= 2`, Extends: "default", Remove: []string{"brief", "topic"},
		CloseAfter: 36 * time.Hour,
		Parts:      []playbooks.Part{{Name: "everything", Version: "abc123", Reason: "when: …"}, {Name: "shop", Version: "def456", Reason: "joins"}},
		Roles: []playbooks.Role{
			{ID: "commander", Title: "incident commander", Duties: "Decides.", Assign: playbooks.Acknowledger},
			{ID: "operations", Title: "operations lead", Assign: playbooks.OnCall},
		},
		Steps: []playbooks.Step{
			{ID: "look", Title: "Look at ${incident.service.name}", Role: "operations", Instructions: "First this.\nThen that.", Expect: "A flat line.",
				Links: []incident.Link{{Title: "Dashboard", URL: "https://grafana.example.com/d/${incident.service.name}"}}},
			{ID: "ask", Title: "Which way?", Role: "commander", Needs: []string{"look"},
				Decide:  []playbooks.Option{{ID: "back", Title: "Back"}, {ID: "forth", Title: "Forth"}},
				Timeout: &playbooks.Timeout{Nudge: 5 * time.Minute, Escalate: 10 * time.Minute, Limit: time.Hour, Then: "back"}},
			{ID: "agree", Title: "Agree to go back", Needs: []string{"ask/back"}, Approval: &playbooks.Approval{Quorum: 2, By: []string{"commander", "operations"}},
				Group: "back", GroupTitle: "Going back", Timeout: &playbooks.Timeout{Limit: 20 * time.Minute}},
			{ID: "go", Title: "Go back", Needs: []string{"agree"}, Do: "http.request", With: playbooks.Parameters{"url": "https://deploy.example.com", "method": "POST"},
				Group: "back", GroupTitle: "Going back", Retry: &playbooks.Retry{Attempts: 3, Pause: 30 * time.Second}, OnFailure: playbooks.Stop},
			{ID: "settle", Title: "Wait until it has settled", Needs: []string{"back", "ask/forth"}, Wait: &playbooks.Wait{For: 10 * time.Minute, Metric: &playbooks.Metric{Query: "availability", Above: &high, Every: 30 * time.Second}}},
			{ID: "pause", Title: "Pause", Wait: &playbooks.Wait{For: 90 * time.Second}, Within: "go", Playbook: "shop"},
			{ID: "quiet", Title: "Wait for quiet", Wait: &playbooks.Wait{Until: "incident.alerts_firing == 0"}},
			{ID: "tell", Title: "Tell customers", When: "incident.active", Repeat: &playbooks.Repeat{Every: 30 * time.Minute, While: `incident.status == "investigating"`, Times: 6}, OnFailure: playbooks.Continue},
			{ID: "one", Title: "One person agrees", Approval: &playbooks.Approval{}},
		},
		Hooks: []playbooks.Hook{
			{ID: "nag", On: playbooks.Triggers{playbooks.Unacknowledged}, After: 5 * time.Minute, Every: 10 * time.Minute, Times: 6,
				Remind: "Nobody has acknowledged", Title: "Ask in the channel", Do: "slack.post", When: `incident.channel != ""`, With: playbooks.Parameters{"text": "Who takes it?"}},
			{ID: "vacant", On: playbooks.Triggers{playbooks.RoleVacant}, After: 10 * time.Minute, Title: "Ask who takes it"},
			{ID: "update", On: playbooks.Triggers{playbooks.UpdateDue}, After: 30 * time.Minute, Every: 15 * time.Minute, Title: "Ask for an update"},
			{ID: "slow", On: playbooks.Triggers{playbooks.StepWaiting}, After: time.Hour, Times: 1, Title: "Ask"},
			{ID: "lost", On: playbooks.Triggers{playbooks.PageUndelivered}, After: 2 * time.Minute, Title: "Page another way"},
			{ID: "due", On: playbooks.Triggers{playbooks.FollowupDue}, Title: "Remind"},
			{ID: "soon", On: playbooks.Triggers{playbooks.FollowupDue}, After: -24 * time.Hour, Title: "Remind early"},
			{ID: "late", On: playbooks.Triggers{playbooks.FollowupDue}, After: 49 * time.Hour, Title: "Remind late"},
			{ID: "again", On: playbooks.Triggers{"nag", "resolved", "something_new"}, Title: "Tell the channel", Do: "slack.post"},
			{ID: "echo", On: playbooks.Triggers{"vacant"}, Title: "Tell them"},
		},
	}
}

func hostile() *playbooks.Playbook {
	nasty := "\x1b[31mred\x07 \u202eback\n# heading\n```\n<script>alert(1)</script> [link](javascript:alert(1)) | `code` *bold* {{.}} ${"
	return &playbooks.Playbook{
		Name: nasty, Description: nasty, Version: nasty, When: nasty,
		Roles: []playbooks.Role{{ID: "a", Title: nasty, Duties: nasty}},
		Steps: []playbooks.Step{{ID: "a", Title: nasty, Instructions: nasty, Expect: nasty, When: nasty, Do: nasty, Role: nasty, Group: nasty, GroupTitle: nasty,
			Needs: []string{nasty}, Links: []incident.Link{{Title: nasty, URL: nasty}}, With: playbooks.Parameters{nasty: nasty}},
			{ID: "b", Title: nasty, Decide: []playbooks.Option{{ID: nasty, Title: nasty}}}},
		Hooks: []playbooks.Hook{{ID: nasty, On: playbooks.Triggers{playbooks.Unacknowledged, nasty}, Remind: nasty, Title: nasty, Do: nasty, When: nasty}},
		Parts: []playbooks.Part{{Name: nasty, Version: nasty, Reason: nasty}},
	}
}

func TestGuidesAreThoseOfTheGoldenFiles(t *testing.T) {
	t.Parallel()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	for name, p := range map[string]*playbooks.Playbook{"everything": everything(), "hostile": hostile()} {
		g := guide.New(p)
		golden(t, name+".md", guide.Markdown(g, diagram.Mermaid(p)))
		golden(t, name+".txt", guide.Text(g, tagged))
	}
	// The built-in playbook changes often; that it can be told is what counts.
	text := guide.Text(guide.New(library[playbooks.Default]), tagged)
	require.Contains(t, text, "When nobody has acknowledged for ")
	require.Contains(t, text, "Open the incident channel")
}

func TestNoFormTakesTextsForItsOwnMarks(t *testing.T) {
	t.Parallel()
	p := hostile()
	g := guide.New(p)

	text := guide.Text(g, tagged)
	require.NotContains(t, text, "\x1b")
	require.NotContains(t, text, "\x07")
	require.NotContains(t, text, "\u202e")

	markdown := guide.Markdown(g, diagram.Mermaid(p))
	var rendered bytes.Buffer
	require.NoError(t, goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(markdown), &rendered))
	root, err := html.Parse(&rendered)
	require.NoError(t, err)
	seen := map[string]int{}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			seen[n.Data]++
		}
	}
	require.Zero(t, seen["script"]+seen["a"]+seen["img"], "%s", markdown)
	require.Equal(t, 1, seen["h1"], "%s", markdown)
	require.NotContains(t, rendered.String(), "raw HTML omitted")

	page, err := guide.HTML(g, diagram.SVG(p, diagram.Options{}), guide.Source{Name: "a", Lines: guide.Highlight("a: <script>\n")})
	require.NoError(t, err)
	root, err = html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			require.NotContains(t, []string{"script", "a", "img", "iframe", "link"}, n.Data)
		}
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
		}
	}
}

func TestYAMLIsTakenApart(t *testing.T) {
	t.Parallel()
	source := `# A comment
name: default   # why
steps:
  - id: page
    title: Page ${incident.service.name} now
    quoted: "a # b: c"
    text: |-
      Not a key: here

      - id: neither
    on: [a, b]
  - just text
`
	var rebuilt []string
	kinds := map[string]string{}
	for _, line := range guide.Highlight(source) {
		all := ""
		for _, token := range line {
			all += token.Text
			kinds[strings.TrimSpace(token.Text)] = token.Kind
		}
		rebuilt = append(rebuilt, all)
	}
	require.Equal(t, source, strings.Join(rebuilt, "\n")+"\n")
	require.Equal(t, map[string]string{
		"# A comment": "comment", "# why": "comment", "default": "text",
		"name": "key", "steps": "key", "id": "key", "title": "key", "text": "key", "on": "key", "quoted": "key",
		"${incident.service.name}": "fill", "Page": "text", "now": "text", "page": "text", `"a # b: c"`: "text", "|-": "text",
		"Not a key: here": "text", "- id: neither": "text", "[a, b]": "text", "- just text": "text", ":": "", "-": "",
	}, clean(kinds))
}

func clean(kinds map[string]string) map[string]string {
	delete(kinds, "")
	return kinds
}

func FuzzHighlightKeepsTheText(f *testing.F) {
	f.Add("a: b\n  - c: |\n    d: ${e}\n # f")
	f.Fuzz(func(t *testing.T, source string) {
		var all strings.Builder
		for _, line := range guide.Highlight(source) {
			for _, token := range line {
				all.WriteString(token.Text)
			}
			all.WriteByte('\n')
		}
		if again := guide.Highlight(all.String()); len(again) > strings.Count(source, "\n")+1 {
			t.Fatalf("%d lines of %q", len(again), source)
		}
	})
}
