// Command muster runs incidents for the teams who keep software up.
//
// muster dev starts everything on one machine; muster drill sends it a first alert.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the release build (-ldflags "-X main.version=1.2.3").
var version = ""

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
	Config   configCommand   `cmd:"" help:"Check a muster.yaml, or print the built-in sample."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once, whatever it is waiting for.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// exitInterrupted is what shells expect of a command that a person ended.
const exitInterrupted = 130

// run carries out a command line and returns the exit code: 0 when it worked, 1 when it
// did not, 2 when it could not be understood.
func run(ctx context.Context, args []string, stdout, stderr *os.File) int {
	var line commandLine
	parser, err := kong.New(&line,
		kong.Name("muster"), kong.Description("Runs incidents: from the alert to the last follow-up closed."),
		kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(newConsole(stdout)),
	)
	if err != nil {
		fmt.Fprintln(stderr, "muster:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "muster:", err)
		return 2
	}
	err = parsed.Run()
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "muster:", err)
	return 1
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c *console) error {
	c.printf("muster %s\n", musterVersion())
	return nil
}

// musterVersion is the version of the release, or of the source the binary was built
// from.
func musterVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
