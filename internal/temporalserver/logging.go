//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// levelTrace is where the server's debug lines go. Its info lines become debug
// lines of ours: what is news to an operator of Temporal is noise to someone
// who runs incidents.
const levelTrace = slog.LevelDebug - 4

// logger lets the server log through slog.
type logger struct {
	slog *slog.Logger
	// fail is told what the server considers fatal.
	fail func(error)
	// serving is set while the server is up. Before and after, its services
	// warn at length about not reaching each other; whatever matters then is
	// what Start and Stop return.
	serving *atomic.Bool
}

var _ log.WithLogger = (*logger)(nil)

func (l *logger) With(tags ...tag.Tag) log.Logger {
	arguments := make([]any, len(tags))
	for i, t := range tags {
		arguments[i] = slog.Any(t.Key(), t.Value())
	}
	return &logger{slog: l.slog.With(arguments...), fail: l.fail, serving: l.serving}
}

func (l *logger) Debug(msg string, tags ...tag.Tag)  { l.log(levelTrace, msg, tags) }
func (l *logger) Info(msg string, tags ...tag.Tag)   { l.log(slog.LevelDebug, msg, tags) }
func (l *logger) Warn(msg string, tags ...tag.Tag)   { l.log(slog.LevelInfo, msg, tags) }
func (l *logger) Error(msg string, tags ...tag.Tag)  { l.log(slog.LevelError, msg, tags) }
func (l *logger) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

func (l *logger) Panic(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	panic(withCause(msg, tags))
}

// Fatal is called where the server cannot go on and expects its process to
// exit. This process holds more than the server, so only the calling goroutine
// ends, and whoever watches Server.Done shuts the rest down in good order.
func (l *logger) Fatal(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	l.fail(withCause(msg, tags))
	runtime.Goexit()
}

func (l *logger) log(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if level > slog.LevelDebug && !l.serving.Load() {
		level = slog.LevelDebug
	}
	if !l.slog.Enabled(ctx, level) {
		return
	}
	attributes := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attributes[i] = slog.Any(t.Key(), t.Value())
	}
	l.slog.LogAttrs(ctx, level, msg, attributes...) //nolint:sloglint // the message is the server's
}

// withCause makes an error of a log line, with the error among its tags.
func withCause(msg string, tags []tag.Tag) error {
	for _, t := range tags {
		if t.Key() == "error" {
			return fmt.Errorf("%s: %v", msg, t.Value())
		}
	}
	return errors.New(msg)
}
