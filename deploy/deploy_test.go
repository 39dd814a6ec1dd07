package deploy_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"muster/config"
)

// root is the repository, seen from this folder.
const root = ".."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(text)
}

// documents reads each document of a YAML file.
func documents[T any](t *testing.T, path string) []T {
	t.Helper()
	// What is merged in by << may be overridden; the check by the tools finds real doubles.
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(read(t, path))), yaml.AllowDuplicateMapKey())
	var all []T
	for {
		var one T
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, path)
		all = append(all, one)
	}
}

func document[T any](t *testing.T, path string) T {
	t.Helper()
	all := documents[T](t, path)
	require.Len(t, all, 1, path)
	return all[0]
}

// program is what the command line of Muster understands, as its source tells.
type program struct {
	commands, flags, variables map[string]bool
}

var (
	commandField = regexp.MustCompile("(?m)^\t(\\w+) +\\w+Command +`cmd:")
	flagName     = regexp.MustCompile(`name:"([a-z-]+)"`)
	variableName = regexp.MustCompile(`env:"(MUSTER_[A-Z_]+)"`)
)

func muster(t *testing.T) program {
	t.Helper()
	p := program{commands: map[string]bool{}, flags: map[string]bool{}, variables: map[string]bool{}}
	for _, v := range config.Variables() {
		p.variables[v.Name], p.variables[v.Name+"_FILE"] = true, true
	}
	for _, folder := range []string{"cmd/muster", "config", "internal/telemetry"} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			collect(p.flags, flagName, source)
			collect(p.variables, variableName, source)
			for _, match := range commandField.FindAllSubmatch(source, -1) {
				p.commands[strings.ToLower(string(match[1]))] = true
			}
		}
	}
	require.True(t, p.commands["server"] && p.flags["listen"] && p.variables["MUSTER_LISTEN"], "the source is not read any more as it was: %v", p)
	return p
}

func collect(into map[string]bool, pattern *regexp.Regexp, source []byte) {
	for _, match := range pattern.FindAllSubmatch(source, -1) {
		into[string(match[1])] = true
	}
}

// understands fails for a command line that Muster would refuse.
func (p program) understands(t *testing.T, where string, arguments []string) {
	t.Helper()
	require.NotEmpty(t, arguments, where)
	require.Truef(t, p.commands[arguments[0]], "%s: muster has no command %q", where, arguments[0])
	for _, argument := range arguments[1:] {
		if flag, ok := strings.CutPrefix(argument, "--"); ok {
			flag, _, _ = strings.Cut(flag, "=")
			require.Truef(t, p.flags[flag], "%s: muster has no flag --%s", where, flag)
		}
	}
}

// knows fails for a variable that Muster would not read. Those of other programs are not
// its concern.
func (p program) knows(t *testing.T, where, variable string) {
	t.Helper()
	if strings.HasPrefix(variable, "MUSTER_") {
		require.Truef(t, p.variables[variable], "%s: muster does not read %s", where, variable)
	}
}

var version = regexp.MustCompile(`:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)

// pinned fails for an image that may be another one tomorrow.
func pinned(t *testing.T, where, image string) {
	t.Helper()
	require.Regexpf(t, version, image, "%s: the image %s is not pinned to a version", where, image)
}

// moduleVersion is the version of a module, or of the language, in go.mod.
func moduleVersion(t *testing.T, module string) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^\t?` + regexp.QuoteMeta(module) + ` v?(\S+)`).FindStringSubmatch(read(t, "go.mod"))
	require.NotNil(t, match, module)
	return match[1]
}
