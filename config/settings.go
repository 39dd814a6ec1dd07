package config

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Settings are all the settings of `muster dev`. Other subcommands embed only
// the groups that they need. Kong fills in the flags, reads the secrets through
// the BeforeApply hook and calls Validate before the command runs.
type Settings struct {
	HTTP
	EmbeddedTemporal
	Storage
	CatalogueFile
	Vendors
	Heartbeat Heartbeat `embed:""`
}

// HTTP says where the API and the pages listen and under which address people
// reach them.
type HTTP struct {
	Listen    string `name:"listen" env:"MUSTER_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the API and the pages listen."`
	PublicURL string `name:"public-url" env:"MUSTER_PUBLIC_URL" placeholder:"URL" help:"Where people and vendors reach Muster, for links and webhooks; derived from --listen if not set."`
}

// EmbeddedTemporal says where the Temporal server in the process listens. Only
// `muster dev` has one.
type EmbeddedTemporal struct {
	TemporalUIListen string `name:"temporal-ui-listen" env:"MUSTER_TEMPORAL_UI_LISTEN" default:"127.0.0.1:8233" placeholder:"HOST:PORT" help:"Where Temporal's web UI listens."`
	TemporalListen   string `name:"temporal-listen" env:"MUSTER_TEMPORAL_LISTEN" default:"127.0.0.1:7233" placeholder:"HOST:PORT" help:"Where the Temporal server in the process listens."`
	// TemporalHistoryEvents is for tests, which make often what is rare.
	TemporalHistoryEvents int `name:"temporal-history-events" hidden:"" placeholder:"N" help:"After how many events a workflow continues as new; Temporal's 4,096 if not set."`
}

// Storage says where state is kept.
type Storage struct {
	DataDir string `name:"data-dir" env:"MUSTER_DATA_DIR" default:".muster" placeholder:"DIR" help:"Folder with the embedded state."`
	Database
}

// UsesPostgres tells which of the two a command is to use that takes either. The error is
// Problems where both were named: nobody should find out afterwards which one it was.
func (s Storage) UsesPostgres() (bool, error) {
	var problems Problems
	if s.DatabaseURL.IsSet() && s.DataDir != "" && s.DataDir != standardDataDir {
		problems.add(databaseURL, "is set, and so is --data-dir (%s); leave out the one that is not meant", s.DataDir)
	}
	return s.DatabaseURL.IsSet(), problems.err()
}

// standardDataDir is the default of --data-dir.
const standardDataDir = ".muster"

// Database says which database Muster is to use.
type Database struct {
	// DatabaseURL is the address of a Postgres database with its password, from
	// MUSTER_DATABASE_URL. When it is not set, SQLite in a folder serves where a command
	// can do with that.
	DatabaseURL Secret `kong:"-"`
}

// RequirePostgres returns Problems where no Postgres database is named.
func (d Database) RequirePostgres() error {
	var problems Problems
	if !d.DatabaseURL.IsSet() {
		problems.add(databaseURL, "is not set; write postgres://user:password@host:5432/database, or name a file with that in %s_FILE", databaseURL)
	}
	return problems.err()
}

const databaseURL = "MUSTER_DATABASE_URL"

// CatalogueFile says where muster.yaml is.
type CatalogueFile struct {
	CataloguePath string `name:"config" env:"MUSTER_CONFIG" placeholder:"FILE" help:"The catalogue, muster.yaml: services, teams, routes, severities. A built-in sample serves if not set."`
}

// Catalogue loads the file, or returns the sample when none is set. The error is
// that of Load.
func (f CatalogueFile) Catalogue() (*Catalogue, error) {
	if f.CataloguePath == "" {
		return Sample(), nil
	}
	return Load(f.CataloguePath)
}

// BaseURL returns the address under which people reach Muster, without a slash
// at its end: PublicURL, or else http:// and the address that the server is
// bound to (as net.Addr prints it), or else that of Listen. Where the server
// listens on all interfaces, localhost stands for them.
func (h HTTP) BaseURL(bound string) string {
	if h.PublicURL != "" {
		return strings.TrimRight(h.PublicURL, "/")
	}
	if bound == "" {
		bound = h.Listen
	}
	host, port, err := net.SplitHostPort(bound)
	if err != nil {
		return "http://" + bound
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// TemporalAddressSet tells whether the environment names a Temporal server, by
// the variable of Temporal's own envconfig. Its SDK reads the value.
func TemporalAddressSet() bool { return os.Getenv("TEMPORAL_ADDRESS") != "" }

func (d *Database) secrets() []secretVariable {
	return []secretVariable{
		{Variable{databaseURL, "Postgres, as postgres://user:password@host/database; muster dev keeps its state in SQLite under --data-dir."}, &d.DatabaseURL},
	}
}

// ReadSecrets reads the secrets of the group from the environment. The error is
// Problems. It may be repeated.
func (d *Database) ReadSecrets(lookup Lookup) error { return readSecrets(lookup, d.secrets()) }

// BeforeApply is the hook by which kong reads the secrets, before it validates.
func (d *Database) BeforeApply() error { return d.ReadSecrets(os.LookupEnv) }

func (s *Settings) secrets() []secretVariable {
	return slices.Concat(s.Storage.secrets(), s.Vendors.secrets(), s.Heartbeat.secrets())
}

// ReadSecrets reads the secrets of all groups from the environment. The error is
// Problems. It may be repeated.
func (s *Settings) ReadSecrets(lookup Lookup) error {
	return readSecrets(lookup, s.secrets())
}

// BeforeApply is the hook by which kong reads the secrets, before it validates.
func (s *Settings) BeforeApply() error {
	return Problems(nil).join(s.ReadSecrets(os.LookupEnv), s.ReadPlaybookSecrets(os.Environ()))
}

// Variables returns the environment variables without a flag, for help texts:
// the secrets. Each has a twin with the suffix _FILE that names a file with the
// secret in it.
func Variables() []Variable {
	var settings Settings
	var variables []Variable
	for _, v := range settings.secrets() {
		variables = append(variables, v.Variable)
	}
	return variables
}
