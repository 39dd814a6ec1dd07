package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"muster/incident"
	"muster/store/internal/queries"
)

const (
	// listenPing is how often a silent connection is asked whether it is still there.
	listenPing = 15 * time.Second
	// listenTimeout is how long it may take to connect or to answer.
	listenTimeout = 10 * time.Second
	// listenOverlap is how far before a connection's last sign of life its successor looks
	// for changes: as far as a transaction is between writing and committing, or clocks are
	// apart.
	listenOverlap                  = 2 * time.Minute
	minListenPause, maxListenPause = 100 * time.Millisecond, 5 * time.Second
)

// listener hears of the changes that other processes announce, and tells subscribers. Postgres
// announces to those who listen at the moment, and forgets: after a connection was lost, the
// listener looks up what changed in the meantime.
//
// Announcing takes a lock of the whole server for the moment of the commit. Appends to
// journals can afford that; the intake does not announce.
type listener struct {
	config  *pgx.ConnConfig
	channel string
	self    string // who announces here
	live    *live
	reading *queries.Queries
	logger  *slog.Logger

	conn   *pgx.Conn // of the goroutine
	heard  time.Time // its last sign of life
	cancel context.CancelFunc
	done   chan struct{}
}

func (p *postgres) listen(ctx context.Context, s *Store) error {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &listener{
		config: p.config, channel: p.channel(), self: p.self, live: &s.live, reading: s.reading, logger: p.logger,
		cancel: cancel, done: make(chan struct{}),
	}
	if err := l.connect(ctx); err != nil {
		cancel()
		return fmt.Errorf("listen for changes: %w", err)
	}
	p.listener = l
	go l.run(background)
	return nil
}

// channel is where a Muster's processes hear each other. Channels are of the whole
// database, in which there may be a Muster in each schema.
func (p *postgres) channel() string { return fmt.Sprintf("muster_%016x", uint64(p.key("changes"))) }

func (p *postgres) announce(ctx context.Context, q *queries.Queries, c Change) error {
	return q.Notify(ctx, p.channel(), announcement(p.self, c))
}

func announcement(by string, c Change) string {
	return fmt.Sprintf("%s %s %d", by, c.Incident, c.Seq)
}

// heardOf reads an announcement; another's only.
func heardOf(text, self string) (c Change, ok bool) {
	var by string
	if _, err := fmt.Sscanf(text, "%s %s %d", &by, &c.Incident, &c.Seq); err != nil || by == self {
		return Change{}, false
	}
	return c, incident.NewID(c.Incident.Number()) == c.Incident
}

// connect listens on a new connection.
func (l *listener) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, listenTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, l.config.Copy())
	if err != nil {
		return err
	}
	err = lasting(ctx, conn, "changes")
	if err == nil {
		_, err = conn.Exec(ctx, "LISTEN "+pgx.Identifier{l.channel}.Sanitize())
	}
	if err != nil {
		// It is of no use, however it closes.
		_ = conn.Close(ctx)
		return err
	}
	l.conn, l.heard = conn, time.Now()
	return nil
}

func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	for {
		err := l.follow(ctx)
		l.disconnect()
		if ctx.Err() != nil {
			return
		}
		l.logger.WarnContext(ctx, "changes of other processes are not heard of until the database is reached again", "error", err)
		if !l.reconnect(ctx) {
			return
		}
	}
}

// follow tells subscribers what is announced until the connection breaks.
func (l *listener) follow(ctx context.Context) error {
	for {
		notification, err := l.wait(ctx)
		if err != nil {
			return err
		}
		l.heard = time.Now()
		if notification == nil {
			continue
		}
		if c, ok := heardOf(notification.Payload, l.self); ok {
			l.live.publish(c)
		}
	}
}

// wait waits for an announcement, or until the connection has shown that it is there: nil.
func (l *listener) wait(ctx context.Context) (*pgconn.Notification, error) {
	waiting, cancel := context.WithTimeout(ctx, listenPing)
	defer cancel()
	notification, err := l.conn.WaitForNotification(waiting)
	if err == nil || ctx.Err() != nil || waiting.Err() == nil {
		return notification, err
	}
	asking, cancel := context.WithTimeout(ctx, listenTimeout)
	defer cancel()
	return nil, l.conn.Ping(asking)
}

// reconnect tries until it listens again and has told of what changed since, or until ctx
// ends: false.
func (l *listener) reconnect(ctx context.Context) bool {
	since := l.heard.Add(-listenOverlap)
	for pause := minListenPause; ; pause = min(2*pause, maxListenPause) {
		err := l.connect(ctx)
		if err == nil {
			if err = l.catchUp(ctx, since); err == nil {
				return true
			}
			l.disconnect()
		}
		l.logger.DebugContext(ctx, "listening for changes failed", "error", err, "next_try", pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// catchUp tells subscribers what has changed since.
func (l *listener) catchUp(ctx context.Context, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, listenTimeout)
	defer cancel()
	rows, err := l.reading.ChangedIncidents(ctx, queries.At(since))
	if err != nil {
		return err
	}
	for _, row := range rows {
		l.live.publish(Change{Incident: incident.NewID(row.Number), Seq: int(row.Seq)})
	}
	return nil
}

// disconnect closes the connection, if there is one, in any way it can be had.
func (l *listener) disconnect() {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx)
	l.conn = nil
}

// stop ends the listening, if it began.
func (l *listener) stop() {
	if l == nil {
		return
	}
	l.cancel()
	<-l.done
}
