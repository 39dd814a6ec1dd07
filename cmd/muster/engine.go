package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"muster/config"
	"muster/internal/telemetry"
	"muster/internal/temporalserver"
	"muster/internal/temporalsetup"
	"muster/workflows"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// engine is Temporal: a server in this process, or one elsewhere where TEMPORAL_ADDRESS
// says so.
type engine struct {
	embedded config.EmbeddedTemporal
	// The server's state is in the Postgres database or, without one, in the folder.
	postgresURL config.Secret
	dataDir     string
	// installation is the id of the database that the workflows belong to.
	installation string
	logger       *slog.Logger
	telemetry    *telemetry.Telemetry
	server       *temporalserver.Server
	client       client.Client
	namespace    string
}

func (e *engine) start(ctx context.Context) error {
	options, err := measuredOptions(e.logger, e.telemetry)
	if err != nil {
		return err
	}
	if !config.TemporalAddressSet() {
		e.server, err = temporalserver.Start(ctx, temporalserver.Options{
			DataDir:          e.dataDir,
			PostgresURL:      e.postgresURL.Reveal(),
			Owner:            e.installation,
			FrontendListen:   e.embedded.TemporalListen,
			UIListen:         e.embedded.TemporalUIListen,
			Namespace:        options.Namespace,
			SearchAttributes: workflows.SearchAttributes(),
			HistoryEvents:    e.embedded.TemporalHistoryEvents,
			Logger:           e.logger.With("part", "temporal"),
		})
		if err != nil {
			return err
		}
		options.HostPort = e.server.FrontendAddress()
	}
	e.namespace = options.Namespace
	if e.client, err = temporalsetup.Dial(ctx, options); err != nil {
		return errors.Join(err, e.stop())
	}
	if e.server == nil {
		_, left, err := temporalsetup.Apply(ctx, e.client, e.namespace, workflows.SearchAttributes())
		if err == nil {
			err = left.Err(e.namespace)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("prepare the namespace %s of Temporal at %s: %w", e.namespace, options.HostPort, err), e.stop())
		}
	}
	return nil
}

// connectLater makes a client of the Temporal that the environment names, which connects when
// it is needed.
func (e *engine) connectLater(ctx context.Context) error {
	options, err := measuredOptions(e.logger, e.telemetry)
	if err != nil {
		return err
	}
	if !config.TemporalAddressSet() && options.HostPort == temporalsetup.DefaultAddress {
		e.logger.WarnContext(ctx, "TEMPORAL_ADDRESS is not set: the Temporal on this machine is used", "address", options.HostPort)
	}
	e.namespace = options.Namespace
	if e.client, err = client.NewLazyClient(options); err != nil {
		return misuse(fmt.Errorf("settings of Temporal: %w", err))
	}
	return nil
}

// temporalOptions are those of the environment, with an address and a namespace in any case.
func temporalOptions(logger *slog.Logger) (client.Options, error) {
	options, err := temporalsetup.ClientOptions(nil)
	if err != nil {
		return options, misuse(err)
	}
	options.Logger = log.NewStructuredLogger(logger.With("part", "temporal-sdk"))
	return options, nil
}

// measuredOptions are [temporalOptions] with metrics, traces and log.
func measuredOptions(logger *slog.Logger, measured *telemetry.Telemetry) (client.Options, error) {
	options, err := temporalOptions(logger)
	if err != nil {
		return options, err
	}
	return options, measured.Connect(&options)
}

func (e *engine) stop() error {
	if e.client != nil {
		e.client.Close()
	}
	if e.server != nil {
		return e.server.Stop()
	}
	return nil
}

func (e *engine) uiURL() string {
	if e.server == nil {
		return ""
	}
	return e.server.UIURL()
}

// replaced is where a store that did not fit was put; empty for most.
func (e *engine) replaced() string {
	if e.server == nil {
		return ""
	}
	return e.server.Replaced()
}

// done is closed when the server breaks down; nil, and so never, for one elsewhere.
func (e *engine) done() <-chan struct{} {
	if e.server == nil {
		return nil
	}
	return e.server.Done()
}

func (e *engine) failure() error { return e.server.Err() }
