package dispatch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/config"
	"muster/playbooks"
	"muster/store"
	"muster/workflows"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/mocks"
)

func item(subject string, size int) store.Item {
	return store.Item{Kind: store.KindAlert, Source: "alertmanager", Subject: subject, Body: bytes.Repeat([]byte("x"), size)}
}

func TestBatchesKeepOrderAndStayWithinWhatASignalCarries(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		items []store.Item
		want  []int // sizes of the batches
	}{
		"nothing is no batch":                       {nil, nil},
		"one group is one batch":                    {[]store.Item{item("a", 1), item("a", 1)}, []int{2}},
		"many alerts are several":                   {many(item("a", 1), itemsAtOnce+1), []int{itemsAtOnce, 1}},
		"a storm goes in large numbers":             {many(item("a", 1), itemsAtOnce+bareAtOnce+1), []int{itemsAtOnce, bareAtOnce, 1}},
		"large alerts are several":                  {many(item("a", bytesAtOnce/2), 3), []int{2, 1}},
		"an alert that is too large goes by itself": {[]store.Item{item("a", 1), item("a", bytesAtOnce+1), item("a", 1)}, []int{1, 1, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sizes []int
			for i, b := range batches(store.Subject{}, test.items, 0) {
				sizes = append(sizes, len(b.items))
				require.Equal(t, i > 0 && len(test.items) > itemsAtOnce, b.bare, "only what comes behind many others goes bare")
			}
			require.Equal(t, test.want, sizes)
		})
	}
}

func many(i store.Item, times int) []store.Item {
	all := make([]store.Item, times)
	for n := range all {
		all[n] = i
	}
	return all
}

// desk is a dispatcher over a real store and a Temporal that the test speaks for.
func desk(t *testing.T) (*Dispatcher, *store.Store, *mocks.Client) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "muster.db"), Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	temporal := mocks.NewClient(t)
	return New(Options{
		Temporal: temporal, Store: db, Catalogue: config.Sample(), Library: library, Logger: slog.New(slog.DiscardHandler),
	}), db, temporal
}

// accept puts an alert into the inbox.
func accept(t *testing.T, db *store.Store, group, fingerprint, annotation string, resolved bool) {
	t.Helper()
	body := `{"fingerprint": ` + strconv.Quote(fingerprint) + `, "name": "Errors", "starts_at": "2026-03-02T03:00:00Z",
		"labels": {"service": "checkout"}, "annotations": {"summary": ` + annotation + `}, "source": "alertmanager"`
	if resolved {
		body += `, "resolved_at": "2026-03-02T04:00:00Z"`
	}
	_, err := db.Accept(t.Context(), []store.Item{{
		Kind: store.KindAlert, Source: "alertmanager", Subject: group, Key: strconv.FormatBool(resolved) + group + fingerprint,
		ReceivedAt: time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC), Body: []byte(body + "}"),
	}})
	require.NoError(t, err)
}

// drain hands on all that the inbox holds, as [Dispatcher.Run] does, and returns what
// failed.
func (d *Dispatcher) drain(ctx context.Context) error {
	known := map[store.Subject]*progress{}
	var failures []error
	for {
		subjects, _, err := d.store.Subjects(ctx, 0, 1000)
		if err != nil {
			return err
		}
		untouched := true
		for _, about := range subjects {
			if known[about] != nil {
				continue
			}
			known[about], untouched = &progress{}, false
			_, err := d.turn(ctx, about, known[about])
			failures = append(failures, err)
		}
		if untouched {
			return errors.Join(failures...)
		}
	}
}

func pending(t *testing.T, db *store.Store) int {
	t.Helper()
	items, err := db.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	return len(items)
}

func TestWhatTemporalDoesNotTakeStaysInTheInboxAndInOrder(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	for n := range itemsAtOnce + 1 {
		accept(t, db, "stuck", strconv.Itoa(n), `"x"`, false)
	}
	accept(t, db, "other", "1", `"x"`, false)
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", workflows.AlertsSignal, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(nil, errors.New("away")).Once()
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-2", workflows.AlertsSignal, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(nil, nil).Once()

	require.ErrorContains(t, d.drain(t.Context()), "away")

	require.Equal(t, itemsAtOnce+1, pending(t, db), "what is behind the failure waits too, what does not depend on it goes on")
}

func TestAResolvedAlertThatWasNeverSeenStartsNothing(t *testing.T) {
	t.Parallel()
	d, db, _ := desk(t)
	accept(t, db, "a", "1", `"x"`, true)
	require.NoError(t, d.drain(t.Context()))
	require.Zero(t, pending(t, db))
}

func TestAnAlertWhoseTextNoDatabaseKeepsStillStartsAnIncident(t *testing.T) {
	t.Parallel()
	d, db, temporal := desk(t)
	accept(t, db, "a", "1", `"\u0000`+strings.Repeat("long ", 100)+`"`, false)
	var title string
	temporal.On("SignalWithStartWorkflow", mock.Anything, "INC-1", workflows.AlertsSignal, mock.Anything, mock.Anything, mock.Anything,
		mock.MatchedBy(func(in workflows.IncidentInput) bool { title = workflows.Details(declareOf(in)); return true })).Return(nil, nil).Once()
	require.NoError(t, d.drain(t.Context()))
	require.Contains(t, title, "Errors: long")
	require.NotContains(t, title, "\x00")
}
