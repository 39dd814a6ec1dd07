// Package bare is the limit that Muster's intake is measured against: a handler that does
// nothing but what cannot be left out. It decodes Alertmanager's webhook, makes a row of
// each alert, and answers once Postgres has the rows on disk. Deliveries that come at the
// same time share a statement and a commit.
//
// It writes into Muster's own table with the indexes that it has, so that both pay the same
// for a row. What it leaves out is what makes an intake one to rely on: bounds and checks
// of what was sent, recognising what was sent before, metrics, traces, logs, and telling
// anybody that something arrived.
package bare

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// committers is how many transactions are under way at once: while one waits for the
	// disk, the rows of the next are on their way. More did not make it faster on two cores.
	committers = 2
	// mostRows is how many rows one statement takes before the others wait for the next.
	mostRows = 2000
)

// Handler takes deliveries. Close it when done.
type Handler struct {
	pool    *pgxpool.Pool
	waiting chan *delivery
	running sync.WaitGroup
}

// New returns a handler on a database that has Muster's schema.
func New(ctx context.Context, databaseURL string) (*Handler, error) {
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	h := &Handler{pool: pool, waiting: make(chan *delivery, 1024)}
	for range committers {
		h.running.Go(h.commit)
	}
	return h, nil
}

// Close waits for what was taken. No request may be under way.
func (h *Handler) Close() {
	close(h.waiting)
	h.running.Wait()
	h.pool.Close()
}

// alert is as Alertmanager sends it, and as the row keeps it.
type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// row is one alert as the table has it.
type row struct{ key, body string }

// delivery is what one request waits for.
type delivery struct {
	subject  string
	received time.Time
	rows     []row
	done     chan error
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Receiver string  `json:"receiver"`
		GroupKey string  `json:"groupKey"`
		Alerts   []alert `json:"alerts"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d := &delivery{subject: body.Receiver + "/" + body.GroupKey, received: time.Now(), done: make(chan error, 1)}
	for _, a := range body.Alerts {
		text, err := json.Marshal(a)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		d.rows = append(d.rows, row{a.Status + "/" + a.StartsAt.Format(time.RFC3339Nano) + "/" + a.Fingerprint + "/" + d.subject, string(text)})
	}
	h.waiting <- d
	if err := <-d.done; err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// commit stores what waits, group after group.
func (h *Handler) commit() {
	for first := range h.waiting {
		group, rows := []*delivery{first}, len(first.rows)
	gather:
		for rows < mostRows {
			select {
			case next, open := <-h.waiting:
				if !open {
					break gather
				}
				group, rows = append(group, next), rows+len(next.rows)
			default:
				break gather
			}
		}
		err := h.insert(group, rows)
		for _, d := range group {
			d.done <- err
		}
	}
}

// insert is one statement, so that it is one transaction and one round trip. Arrays that
// Postgres turns into rows cost it less than a parameter for each column of each row.
const insert = `INSERT INTO inbox (kind, source, subject, key, received_at, seen_at, trace, body)
SELECT 'alert', 'alertmanager', subject, key, received, received, '', body
FROM unnest($1::TEXT[], $2::TEXT[], $3::TIMESTAMPTZ[], $4::TEXT[]) AS rows(subject, key, received, body)`

func (h *Handler) insert(group []*delivery, rows int) error {
	subjects, keys, bodies := make([]string, 0, rows), make([]string, 0, rows), make([]string, 0, rows)
	received := make([]time.Time, 0, rows)
	for _, d := range group {
		for _, r := range d.rows {
			subjects, keys, received, bodies = append(subjects, d.subject), append(keys, r.key), append(received, d.received), append(bodies, r.body)
		}
	}
	// Requests that have gone away do not end what others share.
	tag, err := h.pool.Exec(context.Background(), insert, subjects, keys, received, bodies)
	if err == nil && tag.RowsAffected() != int64(rows) {
		err = errors.New("not every row was stored")
	}
	return err
}
