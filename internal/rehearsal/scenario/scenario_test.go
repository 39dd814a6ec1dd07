package scenario_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/rehearsal/scenario"
	"muster/playbooks"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func run(t *testing.T, only, folder string) []scenario.FileResult {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	files, err := scenario.Find(folder)
	require.NoError(t, err)
	suite := &scenario.Suite{Library: library}
	if only != "" {
		suite.Only = regexp.MustCompile(only)
	}
	results := suite.Run(files)
	for i := range results {
		results[i].Took = 0
		for k := range results[i].Scenarios {
			results[i].Scenarios[k].Took = 0
		}
	}
	return results
}

func text(t *testing.T, results []scenario.FileResult, verbose bool) string {
	t.Helper()
	var b bytes.Buffer
	for _, r := range results {
		require.NoError(t, scenario.WriteText(&b, r, verbose, nil))
	}
	return b.String()
}

func TestScenariosThatComeAsExpectedPass(t *testing.T) {
	t.Parallel()
	results := run(t, "", "testdata/passing")
	for _, r := range results {
		require.False(t, r.Failed(), text(t, results, true))
	}
	require.Equal(t, "ok  \tchosen\t4 scenarios\t0s\nok  \tdefault\t4 scenarios\t0s\nok  \trollout\t3 scenarios\t0s\n", text(t, results, false))
	golden(t, "testdata/passing.txt", text(t, results, true))
	var b bytes.Buffer
	require.NoError(t, scenario.Cover(results).Write(&b))
	golden(t, "testdata/coverage.txt", b.String())
}

func TestWhatCameOtherwiseIsShownOnTheTimeline(t *testing.T) {
	t.Parallel()
	results := run(t, "", "testdata/failing")
	require.True(t, results[0].Failed())
	golden(t, "testdata/failing.txt", text(t, results, false))
}

func TestJUnitTellsFailuresFromErrors(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, scenario.WriteJUnit(&b, run(t, "", "testdata/failing")))
	golden(t, "testdata/failing.xml", b.String())
	var read struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
	}
	require.NoError(t, xml.Unmarshal(b.Bytes(), &read))
	require.Equal(t, [3]int{4, 1, 2}, [3]int{read.Tests, read.Failures, read.Errors})
}

func TestOnlyTheScenariosAskedForRun(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ok  \tdefault\t1 scenario\t0s\n", text(t, run(t, "default/this one", "testdata/failing"), false))
	require.Equal(t, "ok  \tdefault\t[no scenarios to run]\n", text(t, run(t, "nothing", "testdata/failing"), false))
}

func TestMistakesAreFoundWithTheirPlace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		_, err = scenario.Parse(filepath.Base(file), content)
		var findings scenario.Findings
		require.ErrorAs(t, err, &findings, file)
		golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
	}
}

func TestAFileThatIsTooLongOrTooDeepIsRefused(t *testing.T) {
	t.Parallel()
	_, err := scenario.Parse("x", bytes.Repeat([]byte("# long\n"), scenario.MaxBytes/6))
	require.ErrorContains(t, err, "split it")
	for _, deep := range []string{strings.Repeat("[", 100_000), strings.Repeat("{a: ", 10_000), strings.Repeat("- ", 50_000) + "a"} {
		_, err = scenario.Parse("x", []byte("scenarios: "+deep))
		require.ErrorContains(t, err, "nested too deeply")
	}
}

func TestFindTakesFoldersAndFiles(t *testing.T) {
	t.Parallel()
	files, err := scenario.Find("testdata", "testdata/passing/default.test.yaml")
	require.NoError(t, err)
	require.Equal(t, []string{
		"testdata/failing/default.test.yaml", "testdata/passing/chosen.test.yaml", "testdata/passing/default.test.yaml", "testdata/passing/rollout.test.yaml",
	}, files)
	_, err = scenario.Find("testdata/mistakes/many.yaml")
	require.ErrorContains(t, err, "no file of scenarios")
	_, err = scenario.Find("testdata/nowhere")
	require.Error(t, err)
}

func TestDurationsAreWrittenAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h5m": 65 * time.Minute, "3d": 72 * time.Hour, "2w1d12h": 15*24*time.Hour + 12*time.Hour, "0s": 0,
	} {
		got, ok := scenario.ParseDuration(text)
		require.True(t, ok, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "soon", "3", "d", "1y", "3dd"} {
		_, ok := scenario.ParseDuration(text)
		require.False(t, ok, text)
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Second: "1m30s", 2 * time.Minute: "2m", 65 * time.Minute: "1h5m", time.Hour: "1h", 72 * time.Hour: "3d", 74*time.Hour + time.Minute: "3d2h1m",
	} {
		require.Equal(t, want, scenario.FormatDuration(d))
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := scenario.Parse("fuzz.test.yaml", content)
		if err == nil {
			require.NotEmpty(t, file.Scenarios)
			return
		}
		var findings scenario.Findings
		require.ErrorAs(t, err, &findings)
		require.NotEmpty(t, findings.Error())
		for _, finding := range findings {
			require.Positive(t, finding.Line)
			require.Positive(t, finding.Column)
		}
	})
}

func TestTheSchemaTakesWhatTheParserTakes(t *testing.T) {
	t.Parallel()
	text, err := scenario.Schema()
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("scenarios.json", document))
	schema, err := compiler.Compile("scenarios.json")
	require.NoError(t, err)
	files, err := scenario.Find("testdata")
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, schema.Validate(decoded(t, file)), file)
	}
	require.Error(t, schema.Validate(decoded(t, "testdata/mistakes/many.yaml")))
}

// decoded is a YAML file as JSON has it.
func decoded(t *testing.T, file string) any {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	content, err = yaml.YAMLToJSON(content)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	require.NoError(t, err)
	return document
}

func TestTheScenariosOfTheBuiltInPlaybooksPass(t *testing.T) {
	t.Parallel()
	results := run(t, "", "../../../playbooks/library")
	for _, r := range results {
		require.False(t, r.Failed(), text(t, []scenario.FileResult{r}, false))
	}
	var b bytes.Buffer
	require.NoError(t, scenario.Cover(results).Write(&b))
	require.NotContains(t, b.String(), "not reached", "every step, hook and option is rehearsed")
}
