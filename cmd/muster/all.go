package main

import (
	"context"
	"errors"
	"os"

	"muster/config"
	"muster/internal/telemetry"
)

type allCommand struct {
	config.HTTP
	config.EmbeddedTemporal
	config.Production
	Log telemetry.LogSettings `embed:""`
}

// Help is shown below the usage.
func (allCommand) Help() string {
	return "Runs all of Muster in one process, with the Temporal server in it, on one Postgres database: for a team that wants one binary and one database. " +
		"It brings the database up to date when it starts. A second one on the same database is refused, so that there is no stand-by; " +
		"whoever needs that runs muster server and muster worker with a Temporal cluster, which take over the incidents where they are."
}

// Validate is called by kong before Run.
func (cmd *allCommand) Validate() error {
	return errors.Join(cmd.HTTP.Validate(), cmd.EmbeddedTemporal.Validate(), cmd.Production.Validate())
}

// Run runs everything until ctx ends.
func (cmd *allCommand) Run(ctx context.Context, c *console) error {
	return production{
		name: "all", role: role{serves: true, works: true}, listen: cmd.Listen, publicURL: cmd.PublicURL,
		embedded: &cmd.EmbeddedTemporal, settings: cmd.Production, logger: cmd.Log.Logger(os.Stderr),
	}.run(ctx, c)
}
