package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"muster/api/dispatch"
	"muster/config"
	"muster/integrations"
	"muster/internal/doctor"
	"muster/internal/temporalsetup"
	"muster/playbooks"
	"muster/worker"

	"github.com/alecthomas/kong"
	"go.temporal.io/sdk/log"
)

// The groups of settings without the checks that end other commands: here, what is wrong
// with them belongs into the report.
type (
	uncheckedHTTP      config.HTTP
	uncheckedVendors   config.Vendors
	uncheckedHeartbeat config.Heartbeat
)

type doctorCommand struct {
	HTTP           uncheckedHTTP `embed:""`
	DataDir        string        `name:"data-dir" env:"MUSTER_DATA_DIR" default:".muster" placeholder:"DIR" help:"Folder with the embedded state of muster dev, where MUSTER_DATABASE_URL is not set."`
	TemporalListen string        `name:"temporal-listen" env:"MUSTER_TEMPORAL_LISTEN" default:"127.0.0.1:7233" placeholder:"HOST:PORT" help:"Where the Temporal server of a running muster dev listens; TEMPORAL_ADDRESS goes before it."`
	config.CatalogueFile
	Vendors   uncheckedVendors   `embed:""`
	Heartbeat uncheckedHeartbeat `embed:""`
	JSON      bool               `name:"json" help:"Print the report as JSON."`
	Only      []string           `name:"only" placeholder:"AREA,…" help:"Examine these areas only; all of them if not set."`
}

// Help is shown below the usage.
func (doctorCommand) Help() string {
	var text strings.Builder
	text.WriteString("Examines what Muster needs, with the settings that Muster itself runs with, and says what to mend. " +
		"It changes nothing and tells nobody anything; it may be run beside a Muster that is working. " +
		"The exit code is 1 when something has to be mended, and 0 when nothing has, warnings or not.\n\nThe areas, and what each does:\n\n")
	for _, area := range doctor.Areas() {
		fmt.Fprintf(&text, "%s: %s.\n\n", area.Name, area.Needs)
	}
	return strings.TrimSpace(text.String())
}

// Validate is called by kong before Run.
func (cmd *doctorCommand) Validate() error {
	var names []string
	for _, area := range doctor.Areas() {
		names = append(names, area.Name)
	}
	for _, name := range cmd.Only {
		if !slices.Contains(names, name) {
			return fmt.Errorf("--only: there is no area %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// errSick makes the exit code.
var errSick = errors.New("something has to be mended")

// Run examines the installation and prints the report.
func (cmd *doctorCommand) Run(ctx context.Context, c *console, line *kong.Context) error {
	settings, problems := cmd.settings()
	stop := func() {}
	if !cmd.JSON {
		stop = c.spin("examining")
	}
	report := doctor.Examine(ctx, doctor.Options{
		Settings: settings, SettingProblems: problems,
		Variables: knownVariables(line), Set: setVariables(), Environment: os.LookupEnv,
		LoadCatalogue: func() (*config.Catalogue, playbooks.Library, error) { return loadCatalogue(cmd.CatalogueFile) },
		Temporal:      cmd.temporal(settings), Pulse: worker.Check, Behind: dispatch.Behind,
		Only: cmd.Only, Version: musterVersion(),
	})
	stop()
	if err := ctx.Err(); err != nil {
		return err // what was not examined is not sick
	}
	if err := cmd.print(c, report); err != nil {
		return err
	}
	if !report.Healthy {
		return errSick
	}
	return nil
}

func (cmd *doctorCommand) print(c *console, report doctor.Report) error {
	if cmd.JSON {
		document, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		c.printf("%s\n", document)
		return nil
	}
	colours := map[doctor.Status]string{doctor.Fine: green, doctor.Note: dim, doctor.Warning: yellow, doctor.Problem: red}
	var text strings.Builder
	err := doctor.Print(&text, report, func(status doctor.Status, text string) string { return c.style(colours[status], text) })
	c.printf("%s", text.String())
	return err
}

// settings are those that were given, and what is wrong with them.
func (cmd *doctorCommand) settings() (config.Settings, config.Problems) {
	settings := config.Settings{
		HTTP: config.HTTP(cmd.HTTP), Storage: config.Storage{DataDir: cmd.DataDir}, CatalogueFile: cmd.CatalogueFile,
		Vendors: config.Vendors(cmd.Vendors), Heartbeat: config.Heartbeat(cmd.Heartbeat),
	}
	var all config.Problems
	for _, err := range []error{
		settings.ReadSecrets(os.LookupEnv), settings.ReadPlaybookSecrets(os.Environ()),
		settings.HTTP.Validate(), settings.Storage.Validate(), settings.Vendors.Validate(), settings.Heartbeat.Validate(),
	} {
		var problems config.Problems
		if errors.As(err, &problems) {
			all = append(all, problems...)
		}
	}
	return settings, all
}

// temporal says where Temporal is: where its own variables or profile say, or else where a
// muster dev runs it.
func (cmd *doctorCommand) temporal(settings config.Settings) doctor.Temporal {
	options, err := temporalsetup.ClientOptions(nil)
	options.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	t := doctor.Temporal{Options: options, Err: err, APIKey: integrations.Secret(os.Getenv("TEMPORAL_API_KEY"))}
	if !config.TemporalAddressSet() && options.HostPort == temporalsetup.DefaultAddress && !settings.DatabaseURL.IsSet() {
		t.Options.HostPort, t.Embedded = cmd.TemporalListen, true
	}
	return t
}

// knownVariables are the names of all environment variables that any command knows.
func knownVariables(line *kong.Context) []string {
	var names []string
	for _, variable := range config.Variables() {
		names = append(names, variable.Name)
	}
	// The visitor below returns no error of its own.
	_ = kong.Visit(line.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			names = append(names, flag.Tag.Envs...)
		}
		return next(nil)
	})
	return names
}

// setVariables are the names of the environment variables that are set to something.
func setVariables() []string {
	var names []string
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); value != "" {
			names = append(names, name)
		}
	}
	return names
}
