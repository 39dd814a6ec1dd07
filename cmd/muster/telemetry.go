package main

import (
	"context"
	"log/slog"
	"time"

	"muster/internal/telemetry"
)

// telemetryTimeout is how long the last traces may take to be delivered.
const telemetryTimeout = 5 * time.Second

// startTelemetry begins to measure a process until it is closed, behind all that is measured.
func startTelemetry(ctx context.Context, process string, logger *slog.Logger, closing *closers) (*telemetry.Telemetry, error) {
	measured, err := telemetry.Start(ctx, telemetry.Options{Version: musterVersion(), Process: process, Logger: logger})
	if err != nil {
		return nil, err
	}
	closing.add(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), telemetryTimeout)
		defer cancel()
		if err := measured.Shutdown(ctx); err != nil {
			logger.WarnContext(ctx, "the last traces are lost", "error", err)
		}
		return nil
	})
	return measured, nil
}
