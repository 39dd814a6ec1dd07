package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"muster/config"
	"muster/internal/telemetry"
	"muster/internal/temporalsetup"
	"muster/workflows"

	"go.temporal.io/sdk/client"
)

type setupCommand struct {
	Log telemetry.LogSettings `embed:""`
}

// Help is shown below the usage.
func (setupCommand) Help() string {
	return "Prepares the Temporal that TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name: registers the namespace, how long it keeps finished workflows, and the search attributes. " +
		"Where it may not, as in Temporal Cloud, it prints what somebody else has to do. It may be repeated."
}

// setupTimeout bounds the whole command. Temporal's services hear of a new namespace after
// ten seconds or so.
const setupTimeout = 3 * time.Minute

// Run prepares the namespace.
func (cmd *setupCommand) Run(ctx context.Context, c *console) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	options, err := temporalOptions(cmd.Log.Logger(os.Stderr))
	if err != nil {
		return err
	}
	var (
		temporal client.Client
		done     []string
		left     temporalsetup.Findings
	)
	err = c.step("Temporal at "+options.HostPort, func() (err error) {
		if temporal, err = temporalsetup.Dial(ctx, options); err != nil {
			return err
		}
		defer temporal.Close()
		done, left, err = temporalsetup.Apply(ctx, temporal, options.Namespace, workflows.SearchAttributes())
		return err
	})
	for _, sentence := range done {
		c.printf("%s\n", sentence)
	}
	for _, finding := range left {
		c.printf("\n%s %s\nSomebody who may has to run:\n", c.style(yellow, "To be mended:"), finding.Problem)
		for _, line := range finding.Mend {
			c.printf("  %s\n", line)
		}
	}
	switch {
	case err != nil:
		return unnamed(options.HostPort, err)
	case left.Blocking() != "":
		return errors.New("Temporal is not ready for Muster yet: " + left.Blocking())
	case len(done)+len(left) == 0:
		c.printf("The namespace %s was ready already.\n", options.Namespace)
	}
	return nil
}

// unnamed adds to an error that nobody has said where Temporal is, where that is so.
func unnamed(address string, err error) error {
	if err == nil || config.TemporalAddressSet() || address != temporalsetup.DefaultAddress {
		return err
	}
	return fmt.Errorf("TEMPORAL_ADDRESS is not set, so the Temporal on this machine was tried: %w", err)
}
