// Command muster runs incidents for the teams who keep software up.
//
// muster dev starts everything on one machine; muster drill sends it a first alert.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"muster/config"

	"github.com/alecthomas/kong"
)

// commandLine is what muster understands. Each command is a file of its own.
type commandLine struct {
	Dev      devCommand      `cmd:"" help:"Run everything on this machine: Temporal, its web UI, the API and pages, the worker, and a sandbox for every vendor without credentials."`
	Server   serverCommand   `cmd:"" help:"Serve the API and the pages, and hand alerts to their incidents; on Postgres."`
	Worker   workerCommand   `cmd:"" help:"Carry out the workflows of incidents and what they do at vendors; on Postgres."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the schema of the Postgres database up to date."`
	Setup    setupCommand    `cmd:"" help:"Prepare the namespace of a Temporal that runs elsewhere."`
	All      allCommand      `cmd:"" help:"Run everything in one process on one Postgres database, Temporal included."`
	Sandbox  sandboxCommand  `cmd:"" help:"Run stand-ins for Slack, PagerDuty and Jira."`
	Health   healthCommand   `cmd:"" help:"Ask a running server, worker or sandbox whether it is well."`
	Doctor   doctorCommand   `cmd:"" help:"Examine what Muster needs, and say what to mend."`
	Drill    drillCommand    `cmd:"" help:"Send a running Muster an alert, as a real Alertmanager would, and follow what happens."`
	Recover  recoverCommand  `cmd:"" help:"Start again, from the journal, the workflows that Temporal has lost."`
	Restored restoredCommand `cmd:"" help:"Make a database fit to be used that was restored from a backup."`
	Export   exportCommand   `cmd:"" help:"Write everything that Muster keeps as JSON Lines."`
	Import   importCommand   `cmd:"" help:"Read an export into an empty installation."`
	Playbook playbookCommand `cmd:"" help:"Check, test and look at playbooks."`
	Slack    slackCommand    `cmd:"" help:"Install Muster in Slack."`
	Config   configCommand   `cmd:"" help:"Check a muster.yaml, or print the built-in sample."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once, whatever it is waiting for.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// The exit codes beside 0, which says that it worked.
const (
	exitFailed = 1
	// exitMisused says that nothing was tried, since the command line, the settings,
	// muster.yaml or a playbook make no sense: to try again is of no use.
	exitMisused = 2
	// exitInterrupted is what shells expect of a command that a person ended.
	exitInterrupted = 130
)

// misuseError is a mistake in what Muster was told, by the command line, the settings or a
// file.
type misuseError struct{ error }

// Unwrap returns the mistake.
func (e misuseError) Unwrap() error { return e.error }

// misuse marks an error as a mistake in what Muster was told; nil stays nil.
func misuse(err error) error {
	if err == nil {
		return nil
	}
	return misuseError{err}
}

// exitCode is that of a command which failed.
func exitCode(err error) int {
	var (
		misused  misuseError
		settings config.Problems
		mistakes config.Findings
	)
	if errors.As(err, &misused) || errors.As(err, &settings) || errors.As(err, &mistakes) {
		return exitMisused
	}
	return exitFailed
}

// run carries out a command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr *os.File) int {
	var line commandLine
	parser, err := kong.New(&line,
		kong.Name("muster"), kong.Description("Runs incidents: from the alert to the last follow-up closed."),
		kong.Writers(stdout, stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(newConsole(stdout)),
	)
	if err != nil {
		fmt.Fprintln(stderr, "muster:", err)
		return exitMisused
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		parser.Stdout = stderr // where usage goes that nobody has asked for
		explainMisuse(stderr, err, len(args) == 0)
		return exitMisused
	}
	err = parsed.Run()
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "muster:", err)
	return exitCode(err)
}

// explainMisuse says why a command line cannot be carried out, and where to read what can.
// Whoever has given no command is told which there are.
func explainMisuse(stderr io.Writer, err error, nothing bool) {
	var where *kong.ParseError
	var settings config.Problems
	switch {
	case !errors.As(err, &where), errors.As(err, &settings): // which say what to mend
		fmt.Fprintln(stderr, "muster:", err)
	case nothing && where.Context.PrintUsage(true) == nil:
	default:
		name := "muster"
		if command := where.Context.Selected(); command != nil {
			name = command.FullPath()
		}
		fmt.Fprintf(stderr, "muster: %s\nTry %s --help.\n", err, name)
	}
}
