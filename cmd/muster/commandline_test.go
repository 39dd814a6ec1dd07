package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/config"
	"muster/internal/temporalsetup"

	"github.com/stretchr/testify/require"
)

// runHere runs muster in this process with these settings and no others, and returns what it
// printed and its exit code.
func runHere(t *testing.T, settings map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "MUSTER_") || strings.HasPrefix(name, "TEMPORAL_") {
			t.Setenv(name, value) // has it back after the test
			require.NoError(t, os.Unsetenv(name))
		}
	}
	for name, value := range settings {
		t.Setenv(name, value)
	}
	files := make([]*os.File, 2)
	for i := range files {
		file, err := os.Create(filepath.Join(t.TempDir(), "printed"))
		require.NoError(t, err)
		files[i] = file
	}
	code = run(t.Context(), args, files[0], files[1])
	printed := make([]string, 2)
	for i, file := range files {
		require.NoError(t, file.Close())
		text, err := os.ReadFile(file.Name())
		require.NoError(t, err)
		printed[i] = string(text)
	}
	return printed[0], printed[1], code
}

// Whatever a command is, to be told nonsense is 2 and says what to mend, and to fail is 1.
func TestTheExitCodeTellsWhatMusterWasToldFromWhatFailed(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("severities: 3\n"), 0o600))
	const (
		unset     = "MUSTER_DATABASE_URL is not set"
		malformed = "MUSTER_DATABASE_URL is not the address of a Postgres database"
		mistaken  = "muster.yaml:1:"
		nobody    = "postgres://muster@127.0.0.1:1/muster"
	)
	for name, test := range map[string]struct {
		line     string
		settings map[string]string
		code     int
		says     string
	}{
		"a command that there is not":     {"nonsense", nil, exitMisused, "Try muster --help."},
		"a flag that there is not":        {"server --nonsense", nil, exitMisused, "Try muster server --help."},
		"a command of two words halved":   {"config", nil, exitMisused, "Try muster config --help."},
		"server without a database":       {"server", nil, exitMisused, unset},
		"worker without a database":       {"worker --public-url https://muster.example.com", nil, exitMisused, unset},
		"all without a database":          {"all", nil, exitMisused, unset},
		"migrate without a database":      {"migrate", nil, exitMisused, unset},
		"migrate with a bad one":          {"migrate", map[string]string{"MUSTER_DATABASE_URL": "nonsense"}, exitMisused, malformed},
		"export with a bad one":           {"export out.jsonl", map[string]string{"MUSTER_DATABASE_URL": "nonsense"}, exitMisused, malformed},
		"export from two":                 {"export --data-dir data out.jsonl", map[string]string{"MUSTER_DATABASE_URL": nobody}, exitMisused, "and so is --data-dir"},
		"restored with two":               {"restored --data-dir data", map[string]string{"MUSTER_DATABASE_URL": nobody}, exitMisused, "and so is --data-dir"},
		"dev on Postgres":                 {"dev", map[string]string{"MUSTER_DATABASE_URL": nobody}, exitMisused, "muster dev keeps its state in SQLite"},
		"server with a bad catalogue":     {"server --config " + bad, map[string]string{"MUSTER_DATABASE_URL": nobody}, exitMisused, mistaken},
		"all with a bad catalogue":        {"all --config " + bad, map[string]string{"MUSTER_DATABASE_URL": nobody}, exitMisused, mistaken},
		"dev with a bad catalogue":        {"dev --config " + bad, nil, exitMisused, mistaken},
		"sandbox with a bad catalogue":    {"sandbox --config " + bad, nil, exitMisused, mistaken},
		"recover with a bad catalogue":    {"recover --config " + bad, nil, exitMisused, mistaken},
		"a check of a bad catalogue":      {"config check " + bad, nil, exitMisused, mistaken},
		"a catalogue that there is not":   {"config check none.yaml", nil, exitMisused, "the catalogue cannot be read"},
		"an address that is none":         {"setup", map[string]string{"TEMPORAL_ADDRESS": "nonsense"}, exitMisused, "TEMPORAL_ADDRESS"},
		"an incident that is none":        {"restored --above x", nil, exitMisused, `--above: "x" is not an incident id`},
		"a drill of nothing":              {"drill --url nonsense", nil, exitMisused, "--url must be an address"},
		"a database that does not answer": {"migrate", map[string]string{"MUSTER_DATABASE_URL": nobody}, exitFailed, "it cannot be reached"},
		"a database that is not there":    {"export --data-dir none out.jsonl", nil, exitFailed, "there is no database"},
		"a Temporal that does not answer": {"setup", map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:1"}, exitFailed, "127.0.0.1:1"},
		"a Muster that does not answer":   {"health --url http://127.0.0.1:1", nil, exitFailed, "no answer from"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			_, stderr, code := runHere(t, test.settings, strings.Fields(test.line)...)
			require.Equal(t, test.code, code, stderr)
			require.Contains(t, stderr, test.says)
		})
	}
}

func TestWhoeverNamedNoTemporalIsToldSo(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "")
	refused := errors.New("it does not answer")
	require.EqualError(t, unnamed(temporalsetup.DefaultAddress, refused), "TEMPORAL_ADDRESS is not set, so the Temporal on this machine was tried: it does not answer")
	require.Equal(t, refused, unnamed("temporal.example.com:7233", refused), "a profile names it")
	require.NoError(t, unnamed(temporalsetup.DefaultAddress, nil))
	t.Setenv("TEMPORAL_ADDRESS", temporalsetup.DefaultAddress)
	require.Equal(t, refused, unnamed(temporalsetup.DefaultAddress, refused))
}

func TestWhoeverGivesNoCommandIsToldWhichThereAre(t *testing.T) {
	stdout, stderr, code := runHere(t, nil)
	require.Equal(t, exitMisused, code)
	require.Empty(t, stdout)
	for _, says := range []string{"Usage: muster <command>", "Send a running Muster an alert", `Run "muster <command> --help"`} {
		require.Contains(t, stderr, says)
	}
}

func TestAnExportReplacesNoFileUnlessItIsForcedTo(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "muster.jsonl")
	db, unlock, err := openAlone(t.Context(), config.Storage{DataDir: data})
	require.NoError(t, err)
	require.NoError(t, errors.Join(db.Close(), unlock()))
	export := func(args ...string) (string, int) {
		_, stderr, code := runHere(t, nil, append([]string{"export", "--data-dir", data, file}, args...)...)
		return stderr, code
	}
	stderr, code := export()
	require.Zero(t, code, stderr)
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))

	stderr, code = export()
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "muster.jsonl exists already and was kept; name another file, or say --force to replace it")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "precious", string(text))

	stderr, code = export("--force")
	require.Zero(t, code, stderr)
	text, err = os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), `"format":"muster-archive"`)
	files, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left")
}

func TestAFileThatCameWhileOneIsWrittenIsKept(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "muster.jsonl")
	err := intoFile(name, false, func(io.Writer) error { return os.WriteFile(name, []byte("precious"), 0o600) })
	require.EqualError(t, err, name+" exists already and was kept; name another file, or say --force to replace it")
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "precious", string(text))
	files, err := os.ReadDir(filepath.Dir(name))
	require.NoError(t, err)
	require.Len(t, files, 1)
}
