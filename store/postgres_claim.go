package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// claimTimeout is how long the server may take to answer about a claim.
const claimTimeout = 5 * time.Second

// claimSession holds the claims of this process: advisory locks of one session, which the
// server frees when the session ends, however it ends. A session may have the same lock
// twice, which is why [Store.Claim] looks among the process's own claims first.
// https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
//
// No caller's context touches the session: a statement that is cut short takes the
// connection with it, and with that everybody's claims.
type claimSession struct {
	config *pgx.ConnConfig

	mu     sync.Mutex
	conn   *pgx.Conn // nil until the first claim, and after it was lost
	closed bool
}

func (p *postgres) claim(ctx context.Context, name string) (release func(), ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	key := p.key("claim " + name)
	session, ok, err := p.claims.lock(context.WithoutCancel(ctx), key)
	if err != nil || !ok {
		return nil, false, err
	}
	return func() { p.claims.unlock(session, key) }, true, nil
}

// lock tries to lock and returns the session that has the lock. A session that turns out to
// be gone is replaced once.
func (c *claimSession) lock(ctx context.Context, key int64) (session *pgx.Conn, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false, errClosed
	}
	for fresh := c.conn == nil; ; fresh = true {
		ok, err = c.try(ctx, key)
		if err == nil {
			return c.conn, ok, nil
		}
		c.drop()
		if fresh {
			return nil, false, err
		}
	}
}

func (c *claimSession) try(ctx context.Context, key int64) (ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, claimTimeout)
	defer cancel()
	if c.conn == nil {
		conn, err := pgx.ConnectConfig(ctx, c.config.Copy())
		if err != nil {
			return false, err
		}
		if err := lasting(ctx, conn, "claims"); err != nil {
			return false, errors.Join(err, conn.Close(ctx))
		}
		c.conn = conn
	}
	err = c.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&ok)
	return ok, err
}

// unlock frees a lock. When it cannot be said to the server, the session is ended, which
// says so too.
func (c *claimSession) unlock(session *pgx.Conn, key int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != session {
		return // The session that had it has gone.
	}
	ctx, cancel := context.WithTimeout(context.Background(), claimTimeout)
	defer cancel()
	if _, err := c.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", key); err != nil {
		c.drop()
	}
}

func (c *claimSession) drop() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// It may be gone already.
	_ = c.conn.Close(ctx)
	c.conn = nil
}

// close frees all claims before it returns. The server would free them too, once it has
// seen that the session ended.
func (c *claimSession) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), claimTimeout)
	defer cancel()
	// When it fails the session is gone, or about to go.
	_, _ = c.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()")
	c.drop()
}
