package main

import (
	"context"
	"errors"
	"os"

	"muster/config"
	"muster/internal/telemetry"
	"muster/worker"
)

type workerCommand struct {
	config.WorkerHTTP
	config.Production
	Log           telemetry.LogSettings `embed:""`
	TemporalUIURL string                `name:"temporal-ui-url" env:"MUSTER_TEMPORAL_UI_URL" placeholder:"URL" help:"Where people find Temporal's web UI, for links in the chat."`
	Deployment    string                `name:"deployment" env:"MUSTER_DEPLOYMENT" placeholder:"NAME" help:"What Temporal calls these workers together, where their versions are rolled out by Temporal: muster unless set. Needs --build-id."`
	BuildID       string                `name:"build-id" env:"MUSTER_BUILD_ID" placeholder:"BUILD" help:"The version of this worker for Temporal, such as its commit; it gets work once it is made the current one. Without it every worker gets work."`
}

// Help is shown below the usage.
func (workerCommand) Help() string {
	return "Carries out what incidents are made of: their workflows, and all that is done at PagerDuty, Slack, Jira and the others. " +
		"Any number of workers may run. They need the same database, Temporal and credentials as each other. " +
		"When it is stopped, a worker takes no more work and finishes what is under way, for half a minute at most."
}

// Validate is called by kong before Run.
func (cmd *workerCommand) Validate() error {
	return errors.Join(cmd.WorkerHTTP.Validate(), cmd.Production.Validate())
}

// Run works until ctx ends.
func (cmd *workerCommand) Run(ctx context.Context, c *console) error {
	return production{
		name: "worker", role: role{works: true}, listen: cmd.Listen, publicURL: cmd.PublicURL, temporalUIURL: cmd.TemporalUIURL,
		deployment: worker.Deployment{Name: cmd.Deployment, BuildID: cmd.BuildID},
		settings:   cmd.Production, logger: cmd.Log.Logger(os.Stderr),
	}.run(ctx, c)
}
