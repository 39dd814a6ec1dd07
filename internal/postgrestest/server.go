package postgrestest

import (
	"bufio"
	"context"
	_ "embed" // for the script
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Role is the role that owns the databases and that their URLs name. It may log in from
// this machine without a password, and is nothing special: no superuser.
const Role = "muster"

// admin may do everything. It is for what is the business of whoever runs a Postgres.
const admin = "postgres"

const (
	// portTries is how often another port is tried when one that was free has been taken
	// by the time that the server wants it.
	portTries = 5
	dropLimit = 30 * time.Second
)

//go:embed supervise.sh
var supervise string

// Options say what the server is like.
type Options struct {
	// Durable has each commit wait for the disk, as in production. Without it a commit is
	// lost when the machine goes down, and nothing waits.
	Durable bool
	// Settings are further settings of postgresql.conf, by name.
	Settings map[string]string
}

// Server is a Postgres of one's own. Its methods may be called by many at once.
type Server struct {
	port  int
	alive *os.File // the server lives as long as this is open
	shell *exec.Cmd
}

// Start starts a server, with an empty cluster, and waits until it answers or ctx ends,
// which takes about two seconds. Call [Server.Stop] when done; the server also ends with
// this process.
func Start(ctx context.Context, options Options) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		s, err := start(ctx, bin, options)
		var failed *startError
		if errors.As(err, &failed) && strings.Contains(failed.log, "Address already in use") && try < portTries {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("start a private Postgres: %w", err)
		}
		if err := s.prepare(ctx); err != nil {
			return nil, fmt.Errorf("start a private Postgres: %w", errors.Join(err, s.Stop()))
		}
		return s, nil
	}
}

// startError is what the server said when it did not start.
type startError struct{ log string }

func (e *startError) Error() string { return "it did not start:\n" + e.log }

func start(ctx context.Context, bin string, options Options) (_ *Server, err error) {
	identity, err := unprivileged()
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(options.folder(), "muster-postgres-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	for name, text := range map[string]string{"settings": options.configuration(port), "access": access} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil { //nolint:gosec // no secrets
			return nil, err
		}
	}
	if identity != nil {
		if err := os.Chown(dir, int(identity.Uid), int(identity.Gid)); err != nil {
			return nil, err
		}
	}

	// Its life is that of the pipe and not that of a context.
	shell := exec.Command("/bin/sh", "-c", supervise, "sh", bin, dir) //nolint:noctx // see above
	shell.Dir = dir
	shell.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"} // no PGHOST and the like
	// A group of its own, so that Ctrl-C on a terminal reaches the server through the pipe
	// only, in order.
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: identity}
	stdin, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answer, stdout, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, stdin.Close(), alive.Close())
	}
	defer answer.Close() //nolint:errcheck // it was only read from
	shell.Stdin, shell.Stdout = stdin, stdout
	err = shell.Start()
	err = errors.Join(err, stdin.Close(), stdout.Close())
	if err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	s := &Server{port: port, alive: alive, shell: shell}
	if err := s.ready(ctx, answer); err != nil {
		return nil, err
	}
	return s, nil
}

// ready waits until the shell says that the server answers.
func (s *Server) ready(ctx context.Context, answer *os.File) error {
	// A deadline in the past ends the reading.
	defer context.AfterFunc(ctx, func() { _ = answer.SetReadDeadline(time.Unix(1, 0)) })()
	answers := bufio.NewReader(answer)
	line, err := answers.ReadString('\n')
	if err == nil && line == "ready\n" {
		return nil
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), s.Stop())
	}
	log, err := io.ReadAll(answers)
	// That the shell failed is known, and the log says why.
	_ = s.Stop()
	return errors.Join(&startError{log: line + string(log)}, err)
}

// Stop stops the server at once, whoever is connected, and removes what it kept. Calling
// it again is an error and does no harm.
func (s *Server) Stop() error {
	if err := s.alive.Close(); err != nil {
		return err
	}
	return s.shell.Wait()
}

// URL is where a database is, for [Role].
func (s *Server) URL(database string) string { return s.urlFor(Role, database) }

// AdminURL is where a database is, for a superuser.
func (s *Server) AdminURL(database string) string { return s.urlFor(admin, database) }

func (s *Server) urlFor(role, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(role), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Create creates an empty database that belongs to [Role] and returns its URL.
func (s *Server) Create(ctx context.Context, database string) (string, error) {
	name := pgx.Identifier{database}.Sanitize()
	// To copy files is the fastest way.
	if err := s.execute(ctx, "CREATE DATABASE "+name+" OWNER "+Role+" TEMPLATE template0 STRATEGY FILE_COPY"); err != nil {
		return "", fmt.Errorf("create the database %s: %w", database, err)
	}
	return s.URL(database), nil
}

// prepare makes the role.
func (s *Server) prepare(ctx context.Context) error {
	return s.execute(ctx, "CREATE ROLE "+Role+" LOGIN")
}

// Drop removes a database, ending the connections to it.
func (s *Server) Drop(ctx context.Context, database string) error {
	ctx, cancel := context.WithTimeout(ctx, dropLimit)
	defer cancel()
	if err := s.execute(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{database}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the database %s: %w", database, err)
	}
	return nil
}

func (s *Server) execute(ctx context.Context, statement string) (err error) {
	conn, err := pgx.Connect(ctx, s.AdminURL(admin))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// access is pg_hba.conf: the two roles of this package need no password, any other one
// that a test creates does.
const access = `host all ` + admin + `,` + Role + ` 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`

func (o Options) configuration(port int) string {
	settings := map[string]string{
		"port": strconv.Itoa(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"max_connections": "400", "shared_buffers": "128MB", "log_timezone": "UTC", "timezone": "UTC",
		// A server that lives for a minute has nothing to tidy up meanwhile.
		"checkpoint_timeout": "1h",
		// In its folder, with which it goes away.
		"dynamic_shared_memory_type": "mmap",
	}
	if !o.Durable {
		settings["fsync"], settings["synchronous_commit"], settings["full_page_writes"] = "off", "off", "off"
		settings["autovacuum"], settings["wal_level"], settings["max_wal_senders"] = "off", "minimal", "0"
	}
	for name, value := range o.Settings {
		settings[name] = value
	}
	lines := make([]string, 0, len(settings))
	for name, value := range settings {
		lines = append(lines, fmt.Sprintf("%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''")))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// folder is where the server keeps its files: in memory, where there is room and nothing
// has to last. To make a database is to make three hundred files, which takes a disk's
// file system ten times as long. Empty is the folder for temporary files.
func (o Options) folder() string {
	const memory, room = "/dev/shm", 2 << 30
	var there syscall.Statfs_t
	if o.Durable || syscall.Statfs(memory, &there) != nil || uint64(there.Bavail)*uint64(there.Bsize) < room { //nolint:gosec,unconvert // the types differ between systems
		return ""
	}
	return memory
}

// programs finds the folder of Postgres's programs: that of initdb in the PATH, or the
// newest of those in which Debian keeps them, out of the PATH.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("initdb is neither in the PATH nor in /usr/lib/postgresql/*/bin: " +
			"install Postgres (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql)")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// version is the number in /usr/lib/postgresql/15/bin/initdb, 0 where there is none.
func version(initdb string) int {
	number, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return number
}

// unprivileged is who the server runs as; nil is whoever runs this process.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup(admin)
	if err != nil {
		return nil, fmt.Errorf("Postgres refuses to run as root, and the user %q, as which it could run, is missing: %w", admin, err) //nolint:staticcheck // a name
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

func freePort(ctx context.Context) (port int, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
