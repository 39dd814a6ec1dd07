package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// scratchModule makes a module of the given files, which nothing but itself
// and the runtime has to be compiled for, and moves the test there.
func scratchModule(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	files["go.mod"] = "module scratch" + strings.ToLower(t.Name()) + "\n\ngo 1.26\n"
	for name, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	}
}

func runHere(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestBuildsTheProgramAndSaysSo(t *testing.T) {
	scratchModule(t, map[string]string{
		"main.go":      "package main\n\nimport \"" + "scratch" + strings.ToLower(t.Name()) + "/word\"\n\nfunc main() { print(word.Hello) }\n",
		"word/word.go": "package word\n\nvar Hello = \"hello from a test " + t.TempDir() + "\"\n",
	})

	code, stdout, stderr := runHere("-o", "out/program", ".")

	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	require.Regexp(t, `Compiling  0/\d+`, stdout)
	require.Regexp(t, `Built out/program \(\d+s\)\n$`, stdout)
	said, err := exec.CommandContext(t.Context(), "out/program").CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(said), "hello from a test")

	code, stdout, stderr = runHere("-o", "out/program", ".")
	require.Zero(t, code, stderr)
	require.Regexp(t, `^Built out/program \(\d+s\)\n$`, stdout, "one line when nothing is left to compile")
}

func TestCompilerErrorsPassThroughWithTheExitCode(t *testing.T) {
	scratchModule(t, map[string]string{"main.go": "package main\n\nfunc main() { undefined() }\n"})

	code, stdout, stderr := runHere("-o", "program")

	require.Equal(t, 1, code)
	require.Contains(t, stdout, "Build failed")
	require.Contains(t, stderr, "./main.go:3:15: undefined: undefined\n")
	require.NoFileExists(t, "program")
}

func TestPackageThatDoesNotExistIsReported(t *testing.T) {
	scratchModule(t, map[string]string{"main.go": "package main\n\nimport _ \"scratch/nowhere\"\n\nfunc main() {}\n"})

	code, _, stderr := runHere(".")

	require.NotZero(t, code)
	require.Contains(t, stderr, "scratch/nowhere")
}

func TestTagsAndLinkerFlagsArePassedOn(t *testing.T) {
	scratchModule(t, map[string]string{
		"main.go": "package main\n\nvar version string\n\nfunc main() { print(version, flavour) }\n",
		"a.go":    "//go:build sweet\n\npackage main\n\nconst flavour = \" sweet\"\n",
		"b.go":    "//go:build !sweet\n\npackage main\n\nconst flavour = \" plain\"\n",
	})

	code, _, stderr := runHere("-tags", "sweet", "-ldflags", "-X main.version=v7", "-trimpath", "-o", "program", ".")

	require.Zero(t, code, stderr)
	said, err := exec.CommandContext(t.Context(), "./program").CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "v7 sweet", string(said))
}

func TestTestsModeCompilesWhatTestsImport(t *testing.T) {
	module := "scratch" + strings.ToLower(t.Name())
	scratchModule(t, map[string]string{
		"main.go":            "package main\n\nfunc main() {}\n",
		"main_test.go":       "package main\n\nimport (\n\t\"testing\"\n\n\t\"" + module + "/fixture\"\n)\n\nfunc TestIt(*testing.T) { fixture.Use() }\n",
		"fixture/fixture.go": "package fixture\n\n// " + t.TempDir() + "\nfunc Use() {}\n",
	})

	code, stdout, stderr := runHere("-tests", "./...")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "Compiled what the tests need")

	code, stdout, stderr = runHere("-tests", "./...")
	require.Zero(t, code, stderr)
	require.Regexp(t, `^Everything the tests need is compiled \(\d+s\)\n$`, stdout)
}

func TestInterruptEndsTheBuild(t *testing.T) {
	scratchModule(t, map[string]string{"main.go": "package main\n\nfunc main() {}\n"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer

	code := run(ctx, []string{"."}, &stdout, &stderr)

	require.Equal(t, exitInterrupted, code)
	require.Contains(t, stdout.String(), "Interrupted")
}

func TestWrongUseIsRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown flag":      {"-race"},
		"-o together -tests":   {"-o", "x", "-tests"},
		"a flag without value": {"-o"},
	} {
		code, _, stderr := runHere(args...)
		require.Equal(t, 2, code, name)
		require.NotEmpty(t, stderr, name)
	}
	code, _, stderr := runHere("-help")
	require.Zero(t, code)
	require.Contains(t, stderr, "-tests")
}

func TestModulesAreSpelledAsInTheModuleCache(t *testing.T) {
	require.Equal(t, "github.com/!puerkito!b!i!o/goquery@v1.0.0", escapeModule("github.com/PuerkitoBIO/goquery@v1.0.0"))
}

func TestLineShowsPhaseCountTimeAndPackage(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(elapsed time.Duration, terminal bool) *view {
		return &view{terminal: terminal, started: start, now: func() time.Time { return start.Add(elapsed) }}
	}
	for name, c := range map[string]struct {
		view    *view
		phase   string
		total   int
		done    int
		current string
		want    string
	}{
		"nothing known":   {at(0, true), "Looking", 0, 0, "", "Looking  0s"},
		"uncounted steps": {at(3*time.Second, false), "Looking", 0, 2, "downloading m v1", "Looking  2  3s  downloading m v1"},
		"a plain line":    {at(64*time.Second, false), "Compiling", 200, 50, "net/http", "Compiling  50/200  1m4s  net/http"},
		"a bar":           {at(64*time.Second, true), "Compiling", 200, 50, "net/http", "[######                  ]  50/200  1m4s  net/http"},
		"a full bar":      {at(time.Second, true), "Compiling", 2, 3, "", "[########################]  2/2  1s"},
		"a long package": {
			at(time.Second, true), "Compiling", 2, 1, "example.com/" + strings.Repeat("deep/", 20),
			"[############            ]  1/2  1s  example.com/deep/deep/deep/deep/deep/de...",
		},
	} {
		c.view.phase, c.view.total, c.view.done, c.view.current = c.phase, c.total, c.done, c.current
		require.Equal(t, c.want, c.view.line(), name)
	}
}
