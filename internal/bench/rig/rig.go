// Package rig sets up what is measured, each part as a process of its own: a Postgres that
// waits for its disk, a Temporal on it, the real muster, and what muster is compared with.
// Everything listens on loopback addresses and ends with the rig.
package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"muster/internal/postgrestest"
)

// Rig is everything that was started.
type Rig struct {
	// Profiles is a folder for profiles of what is measured; empty where none are taken.
	Profiles string
	// muster is the binary that is measured, and self ours, which plays the other parts.
	muster, self string
	folder       string
	count        atomic.Int64

	mu        sync.Mutex
	processes []*Process
	// The two are nil until they are needed.
	durable, quick *Postgres
}

// New prepares a rig for a muster binary. The folder gets the logs and has to be there.
func New(muster, folder string) (*Rig, error) {
	muster, err := filepath.Abs(muster)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(muster); err != nil {
		return nil, fmt.Errorf("there is no muster to measure: %w; make build makes it", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &Rig{muster: muster, self: self, folder: folder}, nil
}

func (r *Rig) keep(p *Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processes = append(r.processes, p)
}

// Clear stops all processes, the last one first, but for Postgres.
func (r *Rig) Clear() error {
	r.mu.Lock()
	processes := r.processes
	r.processes = nil
	r.mu.Unlock()
	var errs []error
	for _, p := range slices.Backward(processes) {
		errs = append(errs, p.Stop())
	}
	return errors.Join(errs...)
}

// Close stops everything. It may be repeated.
func (r *Rig) Close() error {
	errs := []error{r.Clear()}
	for _, p := range []**Postgres{&r.durable, &r.quick} {
		if *p != nil {
			errs = append(errs, (*p).server.Stop())
			*p = nil
		}
	}
	return errors.Join(errs...)
}

// Postgres is a database server with a cluster of its own.
type Postgres struct {
	server *postgrestest.Server
	pid    int
	count  int
}

// Postgres returns the rig's database server, which the first call starts. A commit waits
// for the disk, as it does in production.
func (r *Rig) Postgres(ctx context.Context) (*Postgres, error) {
	return startOnce(ctx, &r.durable, true)
}

// Quick returns a database server that waits for no disk, which the first call starts. It
// is for what only reads once it has been filled.
func (r *Rig) Quick(ctx context.Context) (*Postgres, error) {
	return startOnce(ctx, &r.quick, false)
}

func startOnce(ctx context.Context, p **Postgres, durable bool) (*Postgres, error) {
	if *p != nil {
		return *p, nil
	}
	server, err := postgrestest.Start(ctx, postgrestest.Options{Durable: durable, Settings: map[string]string{
		// What the manual advises, a quarter of the memory, for a small machine:
		// https://www.postgresql.org/docs/current/runtime-config-resource.html
		"shared_buffers": "1GB",
		// As often as they come unless somebody configures it otherwise.
		"checkpoint_timeout": "5min",
	}})
	if err != nil {
		return nil, err
	}
	started := &Postgres{server: server}
	if started.pid, err = started.findPID(ctx); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	*p = started
	return started, nil
}

// findPID asks for the process from which all others of the server come.
func (p *Postgres) findPID(ctx context.Context) (pid int, err error) {
	conn, err := pgx.Connect(ctx, p.server.AdminURL("postgres"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	// The first line of that file is the number:
	// https://www.postgresql.org/docs/current/storage-file-layout.html
	err = conn.QueryRow(ctx, "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::INT").Scan(&pid)
	return pid, err
}

// PID is the process from which all others of the server come.
func (p *Postgres) PID() int { return p.pid }

// Database creates an empty database and returns its URL.
func (p *Postgres) Database(ctx context.Context) (string, error) {
	p.count++
	return p.server.Create(ctx, fmt.Sprintf("bench_%d", p.count))
}

// Size is how many bytes a database has on disk. What is no longer needed of it, but not
// cleared away, counts.
func Size(ctx context.Context, databaseURL string) (bytes int64, err error) {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&bytes)
	return bytes, err
}

// Service is a process that listens somewhere.
type Service struct {
	*Process
	// Address is host and port.
	Address string
}

// Part starts our own binary in one of its parts, which says "listening on HOST:PORT".
func (r *Rig) Part(ctx context.Context, name string, args ...string) (Service, error) {
	p, err := r.start(ctx, name, regexp.MustCompile(`listening on (\S+)\n`), nil, r.self, append([]string{name}, args...)...)
	if err != nil {
		return Service{}, err
	}
	return Service{p, p.said[1]}, nil
}

// Alertmanager starts a real Alertmanager, with a receiver that is nobody. It is
// [exec.ErrNotFound] where there is none.
func (r *Rig) Alertmanager(ctx context.Context, program string) (Service, error) {
	folder, err := os.MkdirTemp(r.folder, "alertmanager-*")
	if err != nil {
		return Service{}, err
	}
	configuration := filepath.Join(folder, "alertmanager.yml")
	const text = "route: {receiver: nobody, group_by: [alertname, service]}\nreceivers: [{name: nobody}]\n"
	if err := os.WriteFile(configuration, []byte(text), 0o600); err != nil {
		return Service{}, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return Service{}, err
	}
	p, err := r.start(ctx, "alertmanager", regexp.MustCompile(`[Ll]istening on`), nil, program,
		"--config.file", configuration, "--storage.path", folder,
		"--web.listen-address", address, "--cluster.listen-address", "")
	return Service{p, address}, err
}

// freeAddress is one that nobody listens on at the moment, for programs that cannot say
// which one they chose.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
