package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"muster/internal/bench/bare"
	"muster/internal/bench/load"
	"muster/internal/bench/rig"
	"muster/internal/temporalserver"
	"muster/workflows"
)

// The parts of a measurement that this program plays itself, each as a process of its own,
// so that none takes the time of another. The command line begins with its name.
var parts = map[string]func(ctx context.Context, args []string, in io.Reader, out io.Writer) error{
	rig.PartTemporal: serveTemporal,
	rig.PartBare:     serveBare,
	rig.PartLoad:     sendLoad,
}

// serveTemporal is a whole Temporal server on a Postgres database.
func serveTemporal(ctx context.Context, args []string, _ io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet(rig.PartTemporal, flag.ContinueOnError)
	url := flags.String("postgres", "", "the database's `URL`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	server, err := temporalserver.Start(ctx, temporalserver.Options{
		PostgresURL: *url, SearchAttributes: workflows.SearchAttributes(),
		Logger: slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on %s\n", server.FrontendAddress())
	select {
	case <-ctx.Done():
	case <-server.Done():
	}
	return errors.Join(server.Err(), server.Stop())
}

// headerLimit is how long the head of a request may take.
const headerLimit = 10 * time.Second

// serveBare is the handler that does nothing but what cannot be left out.
func serveBare(ctx context.Context, args []string, _ io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet(rig.PartBare, flag.ContinueOnError)
	url := flags.String("postgres", "", "the database's `URL`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	handler, err := bare.New(ctx, *url)
	if err != nil {
		return err
	}
	defer handler.Close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerLimit}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), headerLimit)
		defer cancel()
		stopped <- server.Shutdown(last)
	})
	fmt.Fprintf(out, "listening on %s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// sendLoad reads a plan, carries it out and writes the result.
func sendLoad(ctx context.Context, _ []string, in io.Reader, out io.Writer) error {
	var plan load.Plan
	if err := json.NewDecoder(in).Decode(&plan); err != nil {
		return fmt.Errorf("the plan cannot be read: %w", err)
	}
	result, err := load.Run(ctx, plan)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}
