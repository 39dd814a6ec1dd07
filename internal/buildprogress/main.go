// Command buildprogress is "go build" with something to look at.
//
// The first build of Muster compiles a Temporal server, two thousand packages
// and some minutes of silence on a small machine. This command counts them
// first, and then shows how many are done, which one is at work and how long it
// has taken; on a terminal as a bar, elsewhere as a line every few seconds.
// What the compiler has to say passes through untouched.
//
//	go run ./internal/buildprogress -o bin/muster ./cmd/muster
//	go run ./internal/buildprogress -tests ./...
//
// The second form compiles all that the tests of some packages stand on, so
// that a following "go test" starts with its first test.
//
// It uses nothing but the standard library, because it runs before anything
// else was downloaded.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// exitInterrupted is what shells report for a command ended by Ctrl-C.
const exitInterrupted = 130

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	output   string   // -o, the file to write
	tests    bool     // -tests
	goFlags  []string // flags handed on to every go command
	packages []string // patterns, as go build takes them
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("buildprogress", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.output, "o", "", "write the program to this `file`")
	flags.BoolVar(&o.tests, "tests", false, "compile what the tests of the packages need")
	tags := flags.String("tags", "", "as for go build")
	ldflags := flags.String("ldflags", "", "as for go build")
	trimpath := flags.Bool("trimpath", false, "as for go build")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if *tags != "" {
		o.goFlags = append(o.goFlags, "-tags="+*tags)
	}
	if *ldflags != "" {
		o.goFlags = append(o.goFlags, "-ldflags="+*ldflags)
	}
	if *trimpath {
		o.goFlags = append(o.goFlags, "-trimpath")
	}
	if o.packages = flags.Args(); len(o.packages) == 0 {
		o.packages = []string{"."}
	}
	if o.tests && o.output != "" {
		return options{}, errors.New("-o and -tests exclude each other")
	}
	return o, nil
}

// run does the work of the command and returns its exit code: that of go build
// where it came to that.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "buildprogress:", err)
		return 2
	}
	view := newView(stdout, time.Now)
	err = build(ctx, o, view, stderr)
	var failed *exec.ExitError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		view.finish("Interrupted. What was compiled so far is kept for the next time.")
		return exitInterrupted
	case errors.As(err, &failed):
		view.finish("Build failed.")
		return failed.ExitCode()
	default:
		view.finish("")
		fmt.Fprintln(stderr, "buildprogress:", err)
		return 1
	}
}
