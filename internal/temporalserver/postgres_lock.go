//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
)

// The key of the lock among all advisory locks of a database: "must", "temp".
const (
	lockClass  = 0x6d757374
	lockObject = 0x74656d70
)

const (
	// lockPatience is how long a start waits for a process that is just ending, or whose
	// death the database has yet to notice.
	lockPatience = 3 * time.Second
	// lockRetryInterval is how often it looks.
	lockRetryInterval = 200 * time.Millisecond
	// reconnectInterval is how often a database that is away is asked for a session.
	reconnectInterval = time.Second
	// closeTimeout bounds the farewell to a database that may not answer.
	closeTimeout = 5 * time.Second
)

// advisoryLock keeps other processes away from a database, by a session that holds an advisory
// lock. The lock dies with the session, however this process ends.
type advisoryLock struct {
	database *pgx.ConnConfig
	// session belongs to guard once that runs.
	session *pgx.Conn
	// stop ends guard, and guarded is closed then; nil while it does not run.
	stop    context.CancelFunc
	guarded chan struct{}
}

// acquireLock takes the lock, or fails with ErrInUse.
func acquireLock(ctx context.Context, database *pgx.ConnConfig) (*advisoryLock, error) {
	database = database.Copy()
	database.RuntimeParams = maps.Clone(database.RuntimeParams)
	// The database looks whether this side is still there: of a machine that lost its
	// power it would otherwise learn hours later, and nobody else could start.
	database.RuntimeParams["tcp_keepalives_idle"] = "30"
	database.RuntimeParams["tcp_keepalives_interval"] = "10"
	database.RuntimeParams["tcp_keepalives_count"] = "3"
	l := &advisoryLock{database: database}
	session, err := pgx.ConnectConfig(ctx, database)
	if err != nil {
		return nil, fmt.Errorf("reach the Postgres database for Temporal: %w", err)
	}
	l.session = session
	if err := l.take(ctx, 0); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// take waits for the lock: as long as the session with the given process id holds it, which is
// an earlier one of ours, and otherwise for lockPatience.
func (l *advisoryLock) take(ctx context.Context, own uint32) error {
	patience, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	ticker := time.NewTicker(lockRetryInterval)
	defer ticker.Stop()
	for {
		var taken bool
		if err := l.session.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", lockClass, lockObject).Scan(&taken); err != nil {
			return fmt.Errorf("lock the Postgres database for Temporal: %w", err)
		}
		if taken {
			return nil
		}
		pid, where, err := l.holder(ctx)
		if err != nil {
			return err
		}
		if patience.Err() != nil && (pid == 0 || pid != own) {
			return fmt.Errorf("the Temporal of the database %s is %w%s: stop that one, or have muster server and muster worker use a Temporal cluster",
				l.database.Database, ErrInUse, where)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// holder says which session holds the lock, and in words where it comes from. It is zero when
// there is none any more.
func (l *advisoryLock) holder(ctx context.Context) (pid uint32, where string, err error) {
	var address *string
	err = l.session.QueryRow(ctx, `
		SELECT lock.pid, host(activity.client_addr)
		FROM pg_locks AS lock
		JOIN pg_database AS db ON db.oid = lock.database
		LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
		WHERE lock.locktype = 'advisory' AND lock.granted AND db.datname = current_database()
		  AND lock.classid = $1::int::oid AND lock.objid = $2::int::oid AND lock.objsubid = 2`,
		lockClass, lockObject).Scan(&pid, &address)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("look who uses the Postgres database for Temporal: %w", err)
	}
	if address != nil {
		where = " at " + *address
	}
	return pid, where, nil
}

// guard watches the session, and takes the lock again when the database had broken it off. It
// reports when somebody else has the lock by then.
func (l *advisoryLock) guard(lost func(error)) {
	var ctx context.Context
	ctx, l.stop = context.WithCancel(context.Background())
	l.guarded = make(chan struct{})
	go func() {
		defer close(l.guarded)
		for {
			// Nobody notifies this session: it returns when the session or ctx has ended.
			_, err := l.session.WaitForNotification(ctx)
			if err == nil {
				continue
			}
			if err := l.takeAgain(ctx); err != nil {
				if ctx.Err() == nil {
					lost(err)
				}
				return
			}
		}
	}()
}

// takeAgain connects anew, for as long as it takes, and takes the lock.
func (l *advisoryLock) takeAgain(ctx context.Context) error {
	own := l.session.PgConn().PID()
	ticker := time.NewTicker(reconnectInterval)
	defer ticker.Stop()
	for {
		session, err := pgx.ConnectConfig(ctx, l.database)
		if err == nil {
			// The session before is broken, and says nothing that would not be known.
			_ = l.close()
			l.session = session
			if err := l.take(ctx, own); err == nil || errors.Is(err, ErrInUse) {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// release ends the session, and with it the lock.
func (l *advisoryLock) release() error {
	if l.stop != nil {
		l.stop()
		<-l.guarded
	}
	return l.close()
}

func (l *advisoryLock) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return l.session.Close(ctx)
}
