//go:build !slim

package temporalserver

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/log/tag"
)

func newLogger(serving bool, fail func(error)) (*logger, *bytes.Buffer) {
	var written bytes.Buffer
	var up atomic.Bool
	up.Store(serving)
	handler := slog.NewTextHandler(&written, &slog.HandlerOptions{
		Level: levelTrace,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
	return &logger{slog: slog.New(handler), fail: fail, serving: &up}, &written
}

func TestServerLogsAtOurLevels(t *testing.T) {
	t.Parallel()
	log := func(l *logger) {
		l.Debug("detail")
		l.Info("progress")
		l.With(tag.ShardID(3)).Warn("slow", tag.Counter(7))
		l.Error("broken", tag.Error(errors.New("disk full")))
		l.DPanic("impossible")
	}

	t.Run("while it serves", func(t *testing.T) {
		t.Parallel()
		l, written := newLogger(true, nil)
		log(l)
		require.Equal(t, []string{
			`level=DEBUG-4 msg=detail`,
			`level=DEBUG msg=progress`,
			`level=INFO msg=slow shard-id=3 counter=7`,
			`level=ERROR msg=broken error="disk full"`,
			`level=ERROR msg=impossible`,
		}, strings.Split(strings.TrimSpace(written.String()), "\n"))
	})
	t.Run("while it starts or stops", func(t *testing.T) {
		t.Parallel()
		l, written := newLogger(false, nil)
		log(l)
		require.NotContains(t, written.String(), "level=WARN")
		require.NotContains(t, written.String(), "level=ERROR")
		require.Contains(t, written.String(), `level=DEBUG msg=broken error="disk full"`)
	})
}

func TestFatalEndsOnlyTheCallingGoroutineAndReportsTheCause(t *testing.T) {
	t.Parallel()
	var cause error
	l, _ := newLogger(true, func(err error) { cause = err })
	returned := false
	finished := make(chan struct{})

	go func() {
		defer close(finished)
		l.Fatal("Failed to start gRPC listener", tag.Error(errors.New("address in use")))
		returned = true
	}()

	<-finished
	require.False(t, returned)
	require.EqualError(t, cause, "Failed to start gRPC listener: address in use")
	require.PanicsWithError(t, "no store", func() { l.Panic("no store") })
}

func TestSchemaFingerprintTellsSchemasApart(t *testing.T) {
	t.Parallel()
	current, err := temporalSchema()
	require.NoError(t, err)
	require.Greater(t, len(current), 30, "Temporal's tables and indexes")

	again, err := temporalSchema()
	require.NoError(t, err)
	require.Equal(t, current.fingerprint(), again.fingerprint())
	require.NotEqual(t, current.fingerprint(), current[:len(current)-1].fingerprint())
	require.Positive(t, current.fingerprint())
	require.Positive(t, schema(nil).fingerprint())
}
