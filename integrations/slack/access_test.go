package slack_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
)

func TestAccessSaysWhoTheTokenIsAndWhatItMayDo(t *testing.T) {
	t.Parallel()
	all := strings.Join(slack.Scopes(), ",")
	for name, test := range map[string]struct {
		header  []string
		told    bool
		missing map[string][]string
		unused  []string
	}{
		"all that is needed":  {header: []string{all}, told: true},
		"listed with blanks":  {header: []string{strings.ReplaceAll(all, ",", ", ")}, told: true},
		"in two header lines": {header: []string{"chat:write", all}, told: true},
		"one scope is another": {
			header: []string{strings.Replace(all, "pins:write", "reactions:write", 1)}, told: true,
			missing: map[string][]string{"pins:write": {"pins.add"}}, unused: []string{"reactions:write"},
		},
		"a scope that several methods need": {
			header: []string{strings.Replace(all, "channels:read,", "", 1)}, told: true,
			missing: map[string][]string{"channels:read": {"conversations.info", "conversations.list", "member_joined_channel", "member_left_channel"}},
		},
		"none at all": {header: []string{""}, told: true, missing: slack.Access{}.Missing()},
		"not told":    {missing: slack.Access{}.Missing()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := vendortest.NewFake(t, integrations.Slack)
			fake.Handle("POST /api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
				for _, value := range test.header {
					w.Header().Add("X-OAuth-Scopes", value)
				}
				vendortest.WriteJSON(t, w, http.StatusOK, `{"ok":true,"team":"Sample","user":"muster","user_id":"`+botUser+`"}`)
			})
			client := slack.New(slack.Options{Token: token, APIURL: fake.URL + "/api", HTTPClient: fake.Client()})
			access, err := client.Access(t.Context())
			require.NoError(t, err)
			require.Equal(t, "Sample", access.Workspace)
			require.Equal(t, "muster", access.App)
			require.Equal(t, test.told, access.ScopesTold)
			require.ElementsMatch(t, test.unused, access.Unused())
			require.Len(t, access.Missing(), len(test.missing))
			for scope, methods := range test.missing {
				require.Equal(t, methods, access.Missing()[scope])
			}
		})
	}
}

func TestScopesAndEventsAreExplainedInTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "slack.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## What the app may do\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1) {
		explained[row[1]] = true
	}
	for _, name := range slices.Concat(slack.Scopes(), slack.PrivateScopes(), slack.Events(), slack.PrivateEvents()) {
		require.True(t, explained[name], "docs/slack.md has no row for %s", name)
		delete(explained, name)
	}
	require.Empty(t, explained, "docs/slack.md explains what is not asked for")
}

// TestEveryMethodThatIsCalledIsInTheTableOfScopes reads the package's own source: whoever
// adds a call has to say what it needs.
func TestEveryMethodThatIsCalledIsInTheTableOfScopes(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	method := regexp.MustCompile(`^[a-z]+\.[a-z][A-Za-z]+$`)
	called := map[string]bool{}
	for _, file := range files {
		name := file.Name()
		// The tables of scopes and limits name methods without calling them.
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == "access.go" || name == "limits.go" {
			continue
		}
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == gotoken.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && method.MatchString(text) {
					called[text] = true
				}
			}
			return true
		})
	}
	require.Equal(t, slices.Sorted(maps.Keys(called)), slices.Sorted(maps.Keys(slack.ScopesOfMethods)))
}

func TestStandingsSayWhetherTheAppCanPost(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("POST /api/conversations.list", http.StatusOK,
		`{"ok":true,"channels":[{"id":"C0AAAAAAA","name":"team-a","is_member":true},{"id":"C0BBBBBBB","name":"team-b"}],"response_metadata":{"next_cursor":"more"}}`,
		`{"ok":true,"channels":[{"id":"C0CCCCCCC","name":"team-c","is_member":true,"is_archived":true}]}`)
	fake.Handle("POST /api/conversations.info", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("channel") == "C0GONE0000" {
			vendortest.WriteJSON(t, w, http.StatusOK, refusal("channel_not_found"))
			return
		}
		vendortest.WriteJSON(t, w, http.StatusOK, `{"ok":true,"channel":{"id":"C0DDDDDDD","name":"team-d","is_member":true}}`)
	})
	standings, err := client.Standings(t.Context(), []string{"team-a", "team-b", "team-c", "C0DDDDDDD", "C0GONE0000", "nowhere"})
	require.NoError(t, err)
	require.Equal(t, []slack.Standing{
		{Asked: "team-a", Name: "team-a", Exists: true, Member: true},
		{Asked: "team-b", Name: "team-b", Exists: true},
		{Asked: "team-c", Name: "team-c", Exists: true, Member: true, Archived: true},
		{Asked: "C0DDDDDDD", Name: "team-d", Exists: true, Member: true},
		{Asked: "C0GONE0000"},
		{Asked: "nowhere"},
	}, standings)
	require.Len(t, fake.Requests("/api/conversations.list"), 2, "all names are looked for in one pass")
}

func TestStandingsAskNothingForNothing(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t)
	standings, err := client.Standings(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, standings)
}

func TestStandingsNameTheScopeThatIsMissing(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("POST /api/conversations.list", http.StatusOK, `{"ok":false,"error":"missing_scope","needed":"channels:read","provided":"chat:write"}`)
	_, err := client.Standings(t.Context(), []string{"team-a"})
	require.ErrorContains(t, err, "add the scope channels:read to the Slack app and install it again")
}
