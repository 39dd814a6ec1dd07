// Command chaos proves Muster's first promise by breaking things: nothing acknowledged is
// lost, nothing is done twice.
//
//	go run ./internal/chaos -n 50 -seed 7
//
// It starts the real binary, with Temporal in the process and the sandbox in place of the
// vendors, and feeds it a random stream of alerts and of commands of people. Meanwhile it
// kills the process, pauses it, has its disk fill up, deletes Temporal's whole store, and
// turns faults of the vendors on and off. When the troubles have ceased and all has
// settled, it compares what it sent and was answered with what the API, the journal,
// Temporal and the vendors hold. Any violation ends it with exit code 1 and leaves the
// data directory for whoever wants to know why; 2 means that the run could not be made.
//
// The packages below are its parts: [muster/internal/chaos/plan] says what happens,
// [muster/internal/chaos/client] and [muster/internal/chaos/process] do it,
// [muster/internal/chaos/ledger] remembers it, [muster/internal/chaos/proof] judges, and
// [muster/internal/chaos/report] tells.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"muster/internal/chaos/plan"
)

const (
	exitViolation = 1
	exitNoRun     = 2
)

// standardPatience is longer than the longest pause that Muster makes before it tries
// something again: ten minutes, see retryPauses in package workflows.
const standardPatience = 12 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// parse reads the command line. Without a seed it chooses one, which the report names.
func parse(args []string, stderr io.Writer) (settings, error) {
	s := settings{weights: plan.Weights{}}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.binary, "muster", "bin/muster", "the muster to test, a `file`")
	flags.IntVar(&s.incidents, "n", 40, "how many cases there are, each an incident or two")
	flags.IntVar(&s.open, "open", 24, "how many cases are worked on at a time, 2 at least")
	flags.Uint64Var(&s.seed, "seed", 0, "the plan's seed; 0 chooses one")
	flags.DurationVar(&s.arriveEvery, "arrive-every", 2*time.Second, "mean time from one case to the next")
	flags.DurationVar(&s.killEvery, "kill-every", 5*time.Second, "mean time from one trouble of the process to the next; 0 for none")
	flags.DurationVar(&s.faultEvery, "fault-every", 2*time.Second, "mean time from one fault of a vendor to the next; 0 for none")
	flags.IntVar(&s.historyEvents, "history-events", 150, "after how many events workflows continue as new; 0 for as rarely as ever")
	flags.DurationVar(&s.patience, "patience", standardPatience, "how long anything may take before it counts as lost")
	flags.StringVar(&s.directory, "dir", "", "the `folder` in which the run's own folder is made; the system's for temporary files if not set")
	flags.StringVar(&s.reportTo, "report", "", "write the report as Markdown to this `file`, too")
	weight := func(kind plan.TroubleKind, name string, standard int) func() {
		n := flags.Int(name, standard, "how often in a round of troubles: "+string(kind)+"; 0 for never")
		return func() { s.weights[kind] = *n }
	}
	weights := []func(){
		weight(plan.Kill, "kills", 4), weight(plan.KillStarting, "startup-kills", 1), weight(plan.LoseTemporal, "lost-stores", 2),
		weight(plan.Freeze, "pauses", 2), weight(plan.FillDisk, "full-disks", 1),
	}
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	for _, set := range weights {
		set()
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("there is no argument %q; all are flags", flags.Arg(0))
	case s.incidents < 1:
		return s, errors.New("-n must be 1 at least")
	case s.open < 2:
		return s, errors.New("-open must be 2 at least: a case may wait for the one beside it")
	}
	for s.seed == 0 {
		s.seed = uint64(rand.Uint32())
	}
	s.command = again(s.seed, args)
	return s, nil
}

// again is the command line that makes the same run.
func again(seed uint64, args []string) string {
	words := []string{"go run ./internal/chaos", fmt.Sprintf("-seed %d", seed)}
	for i := 0; i < len(args); i++ {
		switch name := strings.TrimLeft(args[i], "-"); {
		case name == "seed" || name == "report":
			i++ // and its value
		case strings.HasPrefix(name, "seed=") || strings.HasPrefix(name, "report="):
		default:
			words = append(words, args[i])
		}
	}
	return strings.Join(words, " ")
}

// execute does the work of the command and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "chaos:", err)
		return exitNoRun
	}
	colour := isTerminal(stdout)
	r, folder, err := carryOut(ctx, s, showProgress(stdout, colour))
	if err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		if folder != "" {
			fmt.Fprintf(stderr, "What is left is in %s.\n", folder)
		}
		return exitNoRun
	}
	r.Text(stdout, colour)
	if s.reportTo != "" {
		if err := writeMarkdown(s.reportTo, r.Markdown); err != nil {
			fmt.Fprintln(stderr, "chaos: the report cannot be written:", err)
			return exitNoRun
		}
	}
	if r.Violations() > 0 {
		fmt.Fprintf(stdout, "The data directory and the log are in %s.\n", folder)
		return exitViolation
	}
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(stderr, "chaos: the run's folder cannot be removed:", err)
	}
	return 0
}

func writeMarkdown(name string, write func(io.Writer)) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	write(file)
	return file.Close()
}
