package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// build downloads, counts and compiles, and tells view how far it is. Messages
// of the compiler go to stderr as they come.
func build(ctx context.Context, o options, view *view, stderr io.Writer) error {
	view.begin("Looking for what has to be compiled", missingModules(ctx))
	stale, err := stalePackages(ctx, o, view, stderr)
	if err != nil {
		return err
	}

	args := append([]string{"build", "-v"}, o.goFlags...)
	switch {
	case o.tests && len(stale) == 0:
		view.finish("Everything the tests need is compiled.")
		return nil
	case o.tests:
		view.begin("Compiling for the tests", len(stale))
		args = append(args, stale...)
	default:
		view.begin("Compiling", len(stale))
		if o.output != "" {
			args = append(args, "-o", o.output)
		}
		args = append(args, o.packages...)
	}
	pending := make(map[string]bool, len(stale))
	for _, path := range stale {
		pending[path] = true
	}
	if len(stale) == 0 {
		view.step("linking")
	}
	err = goCommand(ctx, args, io.Discard, func(line string) {
		switch {
		case pending[line]:
			delete(pending, line)
			view.advance(line)
		case isImportPath(line):
			view.step("linking " + line) // a main package, which is never counted
		default:
			view.interject(stderr, line)
		}
	})
	if err != nil {
		return err
	}
	switch {
	case o.tests:
		view.finish("Compiled what the tests need")
	case o.output == "":
		view.finish("Compiled")
	default:
		view.finish("Built " + o.output)
	}
	return nil
}

// stalePackages lists the packages to compile. On the way the go command
// downloads every module they need, which view shows.
//
// Main packages are left out: the go command calls them stale whenever they are
// not installed.
func stalePackages(ctx context.Context, o options, view *view, stderr io.Writer) ([]string, error) {
	args := []string{"list", "-deps", "-f", `{{if and .Stale (ne .Name "main")}}{{.ImportPath}}{{end}}`}
	if o.tests {
		args = append(args, "-test")
	}
	args = append(append(args, o.goFlags...), o.packages...)
	var listed bytes.Buffer
	err := goCommand(ctx, args, &listed, func(line string) {
		if module, ok := strings.CutPrefix(line, "go: downloading "); ok {
			view.advance("downloading " + module)
			return
		}
		view.interject(stderr, line)
	})
	if err != nil {
		return nil, err
	}
	var stale []string
	for line := range strings.Lines(listed.String()) {
		// A package compiled anew for a test reads "path [path.test]"; it is
		// ours and small, and go build does not know it by that name.
		if path := strings.TrimSpace(line); isImportPath(path) {
			stale = append(stale, path)
		}
	}
	return stale, nil
}

// isImportPath tells the name of a package, alone on its line, from a message.
func isImportPath(line string) bool {
	return line != "" && !strings.ContainsAny(line, " \t:#")
}

// goCommand runs the go command. Its standard error goes to onLine, line by
// line. When ctx ends it is interrupted, as by Ctrl-C, and given time to tidy up.
func goCommand(ctx context.Context, args []string, stdout io.Writer, onLine func(string)) error {
	const patience = 5 * time.Second
	command := exec.CommandContext(ctx, "go", args...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = patience
	command.Stdout = stdout
	stderr, err := command.StderrPipe()
	if err != nil {
		return fmt.Errorf("run go %s: %w", args[0], err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("run go %s: %w", args[0], err)
	}
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20) // longer than any message of the compiler
	for lines.Scan() {
		onLine(lines.Text())
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("read the messages of go %s: %w", args[0], err)
	}
	return command.Wait()
}

// missingModules counts the modules named in go.mod that are not in the module
// cache. Not all of them need be downloaded for a build, so the number is a
// ceiling; when it cannot be had it is zero, and the download goes uncounted.
func missingModules(ctx context.Context) int {
	cache, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return 0
	}
	mod, err := exec.CommandContext(ctx, "go", "mod", "edit", "-json").Output()
	if err != nil {
		return 0
	}
	var file struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(mod, &file); err != nil {
		return 0
	}
	missing := 0
	for _, module := range file.Require {
		dir := filepath.Join(strings.TrimSpace(string(cache)), escapeModule(module.Path+"@"+module.Version))
		if _, err := os.Stat(dir); err != nil {
			missing++
		}
	}
	return missing
}

// escapeModule spells a module as the module cache does, with an exclamation
// mark and a small letter for every capital: go.dev/ref/mod#module-cache.
func escapeModule(path string) string {
	var escaped strings.Builder
	for _, letter := range path {
		if unicode.IsUpper(letter) {
			escaped.WriteByte('!')
			letter = unicode.ToLower(letter)
		}
		escaped.WriteRune(letter)
	}
	return escaped.String()
}
