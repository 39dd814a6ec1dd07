package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"muster/api/dispatch"
	"muster/config"
	"muster/incident"

	"go.temporal.io/sdk/client"
)

type recoverCommand struct {
	config.Storage
	config.CatalogueFile
	TemporalListen string   `name:"temporal-listen" env:"MUSTER_TEMPORAL_LISTEN" default:"127.0.0.1:7233" placeholder:"HOST:PORT" help:"Where the Temporal server of a running muster dev listens; TEMPORAL_ADDRESS goes before it."`
	Incidents      []string `arg:"" optional:"" placeholder:"INC-42" help:"Incidents that are stuck: their workflows are ended, if they run, and started again."`
}

// Help is shown below the usage.
func (recoverCommand) Help() string {
	return "Without arguments, a workflow is started for every incident and follow-up that has something left to do and no workflow, from the journal alone. " +
		"muster dev, muster server and muster all do the same whenever they start, and every five minutes. What runs is left alone, unless an earlier version of Muster began it that this one cannot carry on. It may be repeated at any time."
}

// recoverTimeout bounds the whole command: Temporal answers in milliseconds or not at all.
const recoverTimeout = 5 * time.Minute

// Run starts what is gone, or what is named.
func (cmd recoverCommand) Run(ctx context.Context, c *console) (err error) {
	ctx, cancel := context.WithTimeout(ctx, recoverTimeout)
	defer cancel()
	ids := make([]incident.ID, len(cmd.Incidents))
	for i, text := range cmd.Incidents {
		if ids[i], err = incident.ParseID(text); err != nil {
			return misuse(err)
		}
	}
	catalogue, library, err := loadCatalogue(cmd.CatalogueFile)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	temporal, err := cmd.dial(ctx, logger)
	if err != nil {
		return err
	}
	defer temporal.Close()
	db, err := openExisting(ctx, cmd.Storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	d := dispatch.New(dispatch.Options{Temporal: temporal, Store: db, Catalogue: catalogue, Library: library, Logger: logger})
	if len(ids) > 0 {
		return restart(ctx, c, d, ids)
	}
	done, err := d.Recover(ctx)
	if what := recoveredText(done); what != "" {
		c.printf("%s\n", what)
	} else if err == nil {
		c.printf("Nothing had to be started: every open incident and follow-up has its workflow.\n")
	}
	return err
}

// dial reaches Temporal where a muster dev runs it, or where the environment says.
func (cmd recoverCommand) dial(ctx context.Context, logger *slog.Logger) (client.Client, error) {
	options, err := temporalOptions(logger)
	if err != nil {
		return nil, err
	}
	if !config.TemporalAddressSet() {
		options.HostPort = cmd.TemporalListen
	}
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("reach Temporal at %s: %w; start muster dev, which recovers by itself, or set TEMPORAL_ADDRESS", options.HostPort, err)
	}
	return temporal, nil
}

func restart(ctx context.Context, c *console, d *dispatch.Dispatcher, ids []incident.ID) error {
	var errs []error
	for _, id := range ids {
		if err := d.Restart(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", id, err))
			continue
		}
		c.printf("%s was started again from its journal.\n", id)
	}
	return errors.Join(errs...)
}

// recoveredText says what was started again; empty for nothing.
func recoveredText(done dispatch.Recovered) string {
	var sentences []string
	switch incidents, followups := counted(len(done.Incidents), "incident"), counted(len(done.Followups), "follow-up"); {
	case len(done.Incidents) > 0 && len(done.Followups) > 0:
		sentences = append(sentences, fmt.Sprintf("Started again from the journal: %s and %s.", incidents, followups))
	case len(done.Incidents) > 0:
		sentences = append(sentences, fmt.Sprintf("Started again from the journal: %s.", incidents))
	case len(done.Followups) > 0:
		sentences = append(sentences, fmt.Sprintf("Started again from the journal: %s.", followups))
	}
	if done.Alerts > 0 {
		sentences = append(sentences, fmt.Sprintf("Handed on again: %s.", counted(done.Alerts, "alert")))
	}
	return strings.Join(sentences, " ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return incident.FormatCount(n) + " " + what + "s"
}
