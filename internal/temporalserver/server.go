package temporalserver

import (
	"context"
	"errors"
	"log/slog"

	"muster/internal/temporalsetup"

	"go.temporal.io/sdk/temporal"
)

// The command-line flags that set the two addresses. Errors name them, so that
// whoever reads one knows what to change.
const (
	FlagFrontend = "--temporal-listen"
	FlagUI       = "--temporal-ui-listen"
)

// Retention is how long a finished workflow stays readable in Temporal, and
// with it in the web UI. Temporal's own default is a day, which is over before
// an incident is looked back on.
const Retention = temporalsetup.Retention

var (
	// ErrNotBuiltIn is returned by Start in a binary built with -tags slim.
	ErrNotBuiltIn = errors.New("this binary was built without the Temporal server (-tags slim): " +
		"set TEMPORAL_ADDRESS to a Temporal server that runs elsewhere, or build without that tag")

	// ErrInUse is returned by Start while another process, or another server
	// in this one, holds the data directory or the database. It also ends a server
	// that has lost its database to another while it could not reach it.
	ErrInUse = errors.New("already in use by another Muster process")

	// ErrWrongOwner is returned by Start for a database with another owner's
	// workflows; see Options.Owner.
	ErrWrongOwner = errors.New("belong to another installation of Muster")

	// ErrAddressTaken is returned by Start when something else listens on an
	// address it was given.
	ErrAddressTaken = errors.New("already taken")
)

// Options say where a server keeps its state and where it listens.
type Options struct {
	// DataDir is the directory that holds all state. It is created when
	// missing. Required without PostgresURL.
	DataDir string

	// PostgresURL is the database that holds all state instead: see the package's
	// documentation. It is a secret, and appears in no error and no log line.
	PostgresURL string

	// Owner names whose workflows the store holds: the id of the database that their
	// incidents are in. A store that belongs to another owner is not used, for its
	// workflows would be taken for those of this owner's incidents, which have the same
	// ids: a data directory's is set aside, and for a database Start returns
	// ErrWrongOwner. A store that names no owner becomes this one's. Empty takes any store.
	Owner string

	// FrontendListen is the host:port on which workers and clients reach the
	// server. The host must be a loopback address or "localhost". Port 0, or
	// the empty string, picks a free port.
	FrontendListen string

	// UIListen is the host:port of the web UI, under the same rules. The empty
	// string leaves the web UI out.
	UIListen string

	// Namespace is created when missing, with Retention. Empty means "default".
	Namespace string

	// SearchAttributes are registered in Namespace when missing. Temporal
	// allows ten keywords and three to five of every other type.
	SearchAttributes []temporal.SearchAttributeKey

	// HistoryEvents is after how many events a workflow is asked to continue as new. 0
	// leaves it at Temporal's 4,096. Tests lower it, so that much that is rare happens often.
	HistoryEvents int

	// Logger receives the server's warnings and errors; its chatter arrives at
	// debug level and below. Nil discards everything.
	Logger *slog.Logger
}

// Server is a running Temporal server. Its methods may be called from any
// goroutine.
type Server struct {
	frontendAddress string
	uiURL           string
	replaced        replacement
	engine          engine
}

// engine is the part of a server that only a full build has.
type engine interface {
	check(ctx context.Context) error
	stop() error
	done() <-chan struct{}
	failure() error
}

// Start starts a server and returns once workflows can be started in
// Options.Namespace and every search attribute can be set and searched for.
//
// What the caller can mend is found before anything heavy begins: ErrAddressTaken,
// ErrInUse, ErrWrongOwner, an address that is not loopback, a data directory that cannot
// be written, a database that is away or lacks a right. When ctx ends first, everything begun is stopped again. The returned
// server lives on after ctx, until Stop.
//
// Starting again on the same directory or database, after Stop or after a crash, continues
// where the last server was.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.DataDir == "" && options.PostgresURL == "" {
		return nil, errors.New("temporalserver: Options.DataDir and Options.PostgresURL are empty")
	}
	if options.FrontendListen == "" {
		options.FrontendListen = "127.0.0.1:0"
	}
	if options.Namespace == "" {
		options.Namespace = "default"
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return start(ctx, options)
}

// FrontendAddress is the host:port for client.Options.HostPort.
func (s *Server) FrontendAddress() string { return s.frontendAddress }

// UIURL is the address of the web UI for a browser, without a trailing slash;
// empty when there is none.
func (s *Server) UIURL() string { return s.uiURL }

// Replaced is the directory to which a store was moved during Start that was
// made by another version of Temporal or belongs to another owner, and empty
// when the store was fit for use or new, or is a database. When it is set, the workflows of open
// incidents are gone.
func (s *Server) Replaced() string { return s.replaced.dir }

// ReplacedBecause says why, in words that follow "because"; empty when nothing
// was replaced.
func (s *Server) ReplacedBecause() string { return s.replaced.because }

// replacement is a store that was set aside: where it is now, and why.
type replacement struct{ dir, because string }

// Check asks the server whether it serves requests. It returns nil when it
// does, and may be called as often as wished.
func (s *Server) Check(ctx context.Context) error { return s.engine.check(ctx) }

// Done is closed when the server was stopped or broke down for good.
func (s *Server) Done() <-chan struct{} { return s.engine.done() }

// Err is nil until Done is closed, and after Stop; otherwise it says why the
// server broke down.
func (s *Server) Err() error { return s.engine.failure() }

// Stop ends the server in good order, within about fifteen seconds, and frees
// the data directory or the database. Workers should have been stopped before: their open polls
// make it take a second longer. Further calls return the result of the first.
func (s *Server) Stop() error { return s.engine.stop() }
