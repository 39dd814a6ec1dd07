package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds on connections. ReadTimeout is left out on purpose: see readBody.
const (
	readHeaderTimeout = 10 * time.Second
	// writeTimeout bounds an answer from the end of the request's header on; streams
	// renew it. It leaves commands their commandTimeout and slow clients the rest.
	writeTimeout = time.Minute
	idleTimeout  = 2 * time.Minute
	maxHeader    = 64 << 10
	// shutdownTimeout is how long requests under way get to finish. An orchestrator
	// kills after 30 s by default, and other parts have to stop after this one.
	shutdownTimeout = 10 * time.Second
)

// Serve answers requests on the listener, which it closes, until ctx ends. Then it
// stops listening, ends the streams and lets other requests finish for a few seconds.
// It returns nil after such an end, and otherwise why it could not serve. It can be
// called once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	return serve(ctx, listener, s, s.logger, s.Close)
}

// serve answers requests with a handler until ctx ends, and calls ending as soon as no new
// ones are taken.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, logger *slog.Logger, ending func()) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(ending)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Those who are being answered get their time although ctx has ended.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		logger.WarnContext(ctx, "requests were cut off at shutdown", "error", err)
		if err := server.Close(); err != nil {
			return err
		}
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends all streams, for good. Whoever serves a Server by other means than
// [Server.Serve] calls it at shutdown. It may be repeated.
func (s *Server) Close() {
	s.end()
	if s.pages != nil {
		s.pages.Close()
	}
}
