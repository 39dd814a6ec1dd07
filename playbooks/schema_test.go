package playbooks_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/playbooks"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := playbooks.Schema()
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("playbook.schema.json", document))
	compiled, err := compiler.Compile("playbook.schema.json")
	require.NoError(t, err)
	return compiled
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	document, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err, text)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	require.NoError(t, err)
	return s.Validate(value)
}

func TestTheSchemaTakesEveryPlaybookThereIs(t *testing.T) {
	t.Parallel()
	s := schema(t)
	texts := map[string]string{"usual": string(generated(1)[0].Text)}
	for _, pattern := range []string{"library/*.yaml", "../deploy/*/example/playbooks/*.yaml", "../cmd/muster/testdata/*playbook*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			if strings.HasSuffix(file, ".test.yaml") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			texts[file] = string(text)
		}
	}
	docs, err := os.ReadFile("../docs/playbooks.md")
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```yaml\n(name: .*?)```").FindAllStringSubmatch(string(docs), -1) {
		texts["docs: "+block[1][:20]] = block[1]
	}
	for file, text := range texts {
		require.NoError(t, validate(t, s, text), file)
	}
}

func TestTheSchemaTakesWhatTheLanguageTakes(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for name, test := range map[string]struct {
		text  string
		wrong bool
	}{
		"only a name":                     {"name: p", false},
		"no name":                         {"description: p", true},
		"a name with capitals":            {"name: P", true},
		"a key that is not there":         {"name: p\nstep: []", true},
		"durations in days":               {"name: p\nclose_after: 7d", false},
		"a duration in words":             {"name: p\nclose_after: five days", true},
		"a duration of nothing":           {"name: p\nclose_after: 0", false},
		"an approval by anybody":          {"name: p\nsteps: [{id: a, title: A, approval: true}]", false},
		"no approval":                     {"name: p\nsteps: [{id: a, title: A, approval: false}]", true},
		"two kinds at once":               {"name: p\nsteps: [{id: a, title: A, approval: true, wait: {for: 1m}}]", true},
		"one option":                      {"name: p\nsteps: [{id: a, title: A, decide: [{id: x, title: X}]}]", true},
		"a metric without a bound":        {"name: p\nsteps: [{id: a, title: A, wait: {metric: {query: up}}}]", true},
		"a metric with two bounds":        {"name: p\nsteps: [{id: a, title: A, wait: {metric: {query: up, below: 1, above: 0}}}]", true},
		"an unknown action":               {"name: p\nsteps: [{id: a, title: A, do: slack.shout, with: {text: x}}]", true},
		"an unknown parameter":            {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {text: x, loud: true}}]", true},
		"a parameter that is missing":     {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {pin: true}}]", true},
		"no parameters at all":            {"name: p\nsteps: [{id: a, title: A, do: slack.post}]", true},
		"parameters without an action":    {"name: p\nsteps: [{id: a, title: A, with: {text: x}}]", true},
		"an option of a parameter":        {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {text: x, pin: true}}]", false},
		"no option of a parameter":        {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {text: x, pin: maybe}}]", true},
		"an option that is filled in":     {"name: p\nsteps: [{id: a, title: A, do: slack.post, with: {text: x, pin: '${incident.active}'}}]", false},
		"headers":                         {"name: p\nsteps: [{id: a, title: A, do: http.request, with: {url: 'https://a.example.com', headers: {Accept: text/plain}}}]", false},
		"a group":                         {"name: p\nsteps: [{group: g, order: sequence, steps: [{id: a, title: A}]}]", false},
		"a group within a group":          {"name: p\nsteps: [{group: g, steps: [{group: h, steps: [{id: a, title: A}]}]}]", true},
		"a group that does something":     {"name: p\nsteps: [{group: g, do: slack.invite, steps: [{id: a, title: A}]}]", true},
		"one trigger":                     {"name: p\nhooks: [{id: h, on: resolved, title: H, do: postmortem.draft}]", false},
		"several triggers":                {"name: p\nhooks: [{id: h, on: [resolved, severity_raised], title: H, do: postmortem.draft}]", false},
		"the id of a hook that reminds":   {"name: p\nhooks: [{id: h, on: late, title: H, do: postmortem.draft}]", false},
		"a hook's action without a title": {"name: p\nhooks: [{id: h, on: resolved, do: postmortem.draft}]", true},
		"a retry of what people do":       {"name: p\nsteps: [{id: a, title: A, retry: {attempts: 2}}]", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := validate(t, s, test.text)
			_, parseErr := playbooks.Parse("p.yaml", []byte(test.text))
			if test.wrong {
				require.Error(t, err)
				require.Error(t, parseErr)
				return
			}
			require.NoError(t, err)
		})
	}
}

func TestEveryKeyOfTheSchemaIsExplained(t *testing.T) {
	t.Parallel()
	text, err := playbooks.Schema()
	require.NoError(t, err)
	var root map[string]any
	require.NoError(t, json.Unmarshal(text, &root))
	explained := 0
	visit := func(where string, value any) {
		object, _ := value.(map[string]any)
		if properties, ok := object["properties"].(map[string]any); ok && object["type"] == "object" {
			require.NotEmpty(t, object["description"], where)
			for key, property := range properties {
				schema, _ := property.(map[string]any)
				require.NotEmpty(t, schema["description"], "%s.%s", where, key)
				explained++
			}
		}
	}
	visit("playbook", root)
	definitions, _ := root["definitions"].(map[string]any)
	for name, definition := range definitions {
		visit(name, definition)
	}
	require.Greater(t, explained, 100)
}
