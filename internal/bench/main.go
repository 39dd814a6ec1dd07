// Command bench measures Muster under load, and what it is to be compared with, in one run
// on one machine, and prints figures and ratios.
//
//	go run ./internal/bench -only intake,latency -report report.md
//
// It starts the real binary, a Postgres that waits for its disk, and a real Temporal on it,
// each as processes of their own, all on loopback addresses. What it measures:
//
//   - intake: alerts accepted a second over HTTP, beside the API of a real Alertmanager and
//     beside a bare handler that commits the same rows
//   - latency: from an alert to the request at PagerDuty, beside a bare workflow of one
//     activity on the same Temporal, calm and in a storm
//   - memory: what an open incident and an open follow-up cost
//   - queries: pages and lists with 100,000 incidents stored
//
// An aim that is missed is said so, and no failure: figures depend on the machine. Exit code
// 2 means that the run could not be made.
//
// The packages below are its parts: [muster/internal/bench/rig] sets up the processes,
// [muster/internal/bench/load] sends alerts, [muster/internal/bench/vendors] takes pages,
// [muster/internal/bench/bare] and [muster/internal/bench/floor] are what Muster is compared
// with, and [muster/internal/bench/report] tells.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// exitNoRun says that nothing could be measured.
const exitNoRun = 2

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are what a run is asked to do.
type settings struct {
	binary    string
	only      []string
	each      time.Duration
	incidents int
	logs      string
	profile   string
	reportTo  string
	command   string
}

// usual is how long each measurement of the intake takes unless it is said otherwise.
const usual = 4 * time.Second

// inProportion is how often something is done that is done so often in a usual run.
func (s settings) inProportion(n int) int {
	return max(int(float64(n)*s.each.Seconds()/usual.Seconds()), 1)
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var only string
	var seconds float64
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.binary, "muster", "bin/muster", "the muster to measure, a `file`")
	flags.StringVar(&only, "only", "", "which `parts` to measure, with commas between them: "+strings.Join(partNames(), ", ")+"; all if not set")
	flags.Float64Var(&seconds, "seconds", usual.Seconds(), "how long each measurement of the intake takes; the others are in proportion")
	flags.IntVar(&s.incidents, "incidents", 100_000, "how many incidents are stored when queries are measured, 1,000 at least")
	flags.StringVar(&s.logs, "logs", "", "an existing `folder` for the logs of all processes; without it, they are kept if the run fails")
	flags.StringVar(&s.profile, "profile", "", "an existing `folder` for profiles of intake and latency, taken with Linux's perf")
	flags.StringVar(&s.reportTo, "report", "", "write the report as Markdown to this `file`, too")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("there is no argument %q; all are flags", flags.Arg(0))
	}
	if seconds <= 0 || seconds > 600 {
		return s, errors.New("-seconds must be above 0 and at most 600")
	}
	if s.incidents < 1000 {
		return s, errors.New("-incidents must be 1000 at least")
	}
	s.each = time.Duration(seconds * float64(time.Second))
	s.only = partNames()
	if only != "" {
		s.only = strings.Split(only, ",")
	}
	for _, name := range s.only {
		if !slices.Contains(partNames(), name) {
			return s, fmt.Errorf("there is no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	s.command = strings.Join(append([]string{"go run ./internal/bench"}, args...), " ")
	return s, nil
}

// execute does the work of the command and returns its exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		if part, ok := parts[args[0]]; ok {
			if err := part(ctx, args[1:], stdin, stdout); err != nil {
				fmt.Fprintln(stderr, "bench:", err)
				return 1
			}
			return 0
		}
	}
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = measure(ctx, s, stdout, isTerminal(stdout))
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitNoRun
	}
	return 0
}

// isTerminal says whether somebody is watching who likes colour.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""
}
