package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"muster/config"
	"muster/internal/telemetry"
)

type serverCommand struct {
	config.HTTP
	config.Production
	TemporalUIURL string                `name:"temporal-ui-url" env:"MUSTER_TEMPORAL_UI_URL" placeholder:"URL" help:"Where people find Temporal's web UI, for links on the pages."`
	DrainDelay    time.Duration         `name:"drain-delay" env:"MUSTER_DRAIN_DELAY" default:"5s" placeholder:"DURATION" help:"How long a server that is told to stop goes on taking everything in, while /healthz says 503, so that load balancers notice (${default})."`
	Log           telemetry.LogSettings `embed:""`
}

// Help is shown below the usage.
func (serverCommand) Help() string {
	return "Serves the API and the pages, takes alerts in, hands them to their incidents, and starts what Temporal has lost again. " +
		"Any number of servers may run on one database. They need a database that muster migrate has brought up to date, a Temporal that muster setup has prepared, and workers. " +
		"While Temporal is away alerts are taken in all the same; /readyz says so, /healthz is for load balancers."
}

// Validate is called by kong before Run.
func (cmd *serverCommand) Validate() error {
	var delay error
	if cmd.DrainDelay < 0 {
		delay = fmt.Errorf("--drain-delay must not be negative, not %s", cmd.DrainDelay)
	}
	return errors.Join(cmd.HTTP.Validate(), cmd.Production.Validate(), delay)
}

// Run serves until ctx ends.
func (cmd *serverCommand) Run(ctx context.Context, c *console) error {
	// A server holds some megabytes, and makes much that is soon garbage of each delivery:
	// collecting that less often saves a fifth of the processor in a storm. GOGC goes before.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	return production{
		name: "server", role: role{serves: true}, listen: cmd.Listen, publicURL: cmd.PublicURL, temporalUIURL: cmd.TemporalUIURL,
		drainDelay: cmd.DrainDelay, settings: cmd.Production, logger: cmd.Log.Logger(os.Stderr),
	}.run(ctx, c)
}
