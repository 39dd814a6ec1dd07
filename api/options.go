package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"muster/api/oncall"
	"muster/api/webhook"
	"muster/chat"
	"muster/config"
	"muster/incident"
	"muster/internal/health"
	"muster/playbooks"
	"muster/store"
)

// Options are what a [Server] is made of. All interfaces are used by many goroutines.
type Options struct {
	// Commander, Reader, Inbox, Catalogue and Postmortems are required.
	Commander   Commander
	Reader      Reader
	Inbox       webhook.Inbox
	Catalogue   Catalogue
	Postmortems Postmortems

	// Registry collects the metrics, and /metrics shows all that it has. Nil makes a
	// new one. Two servers cannot share one.
	Registry *prometheus.Registry
	// TracerProvider makes a span of each request, named after its route, in the trace that
	// its header traceparent names. Nil makes none.
	TracerProvider trace.TracerProvider
	// Monitor decides about /readyz; nil means that it is always ready.
	Monitor *health.Monitor
	// Logger gets requests at debug level and failures above it. Nil is the default.
	Logger *slog.Logger
	// Playbooks hold the library. Nil stands for an empty one.
	Playbooks Playbooks
	// Pager is asked who is on call. Nil knows nothing of that.
	Pager oncall.Pager
	// Secrets are what webhooks are checked with.
	Secrets webhook.Secrets
	// Chats take what people do in a chat, each at /webhooks/ and its name: "slack".
	Chats map[string]chat.Deliveries
	// Version of Muster, for /healthz and the API's description.
	Version string
	// Installation is the id of the database, for /healthz.
	Installation string
	// PublicURL is where people reach Muster, without a slash at its end, for links.
	// Empty makes links relative to the host.
	PublicURL string
	// Pages are what people see in a browser; *ui.UI is them. Nil serves none.
	Pages Pages
	// Mounts are the handlers of whatever else there is.
	Mounts []Mount
	// Heartbeat is how often a silent stream says that it is alive; 0 means
	// [DefaultHeartbeat].
	Heartbeat time.Duration
}

// Pages are routes for people, which answer errors with pages and look after
// cross-site requests themselves.
type Pages interface {
	// Register adds the routes, none of them below /api or /webhooks.
	Register(router gin.IRouter)
	// NotFound answers where there is nothing.
	NotFound(c *gin.Context)
	// Close ends the live streams at shutdown. It may be repeated.
	Close()
}

// Mount puts a handler below a path.
type Mount struct {
	// Path is where it begins, without a slash at its end: "/sandbox", or "/" for all
	// that nobody else serves. The handler sees whole paths. The longest match counts.
	Path    string
	Handler http.Handler
}

// Commander carries out commands.
type Commander interface {
	// Declare begins an incident and returns it. Repeating it with the same key
	// returns the incident that the first one began. The errors are
	// [*incident.InvalidError], such as for an unknown playbook (field "playbook"),
	// [ErrUnavailable] and those of ctx.
	Declare(ctx context.Context, key string, d Declaration) (incident.State, error)
	// Do carries out a command of a person and returns the incident after it.
	// Repeating a command with the same key changes nothing. The errors are those of
	// [incident.Decide], [store.ErrNotFound] for an unknown incident,
	// [ErrUnavailable] and those of ctx; after one of the last two the command may
	// still take effect, and repeating it is safe.
	Do(ctx context.Context, c incident.Command) (incident.State, error)
}

// Declaration is an incident that somebody wants to begin.
type Declaration struct {
	Title, Summary string
	// Service and Severity are names as the catalogue writes them.
	Service  string
	Severity incident.Severity
	// Playbook is the name of the playbook to follow; empty leaves it to the catalogue.
	Playbook string
	// Exercise makes it practice; nil for what is real.
	Exercise *incident.Exercise
	Actor    incident.Actor
	// Person is the actor, where more is known of them than their name.
	Person incident.Person
	// Source is the way the declaration came in, as in [incident.Event].
	Source string
	// Reworded says that a repetition may say it in other words, because others are asked for
	// some of them, such as the names of people. Its key must then be of this declaration
	// only, since what came with it is not compared.
	Reworded bool
}

// Reader reads what is recorded. *store.Store is one.
type Reader interface {
	// Incident returns an incident as it is now, or [store.ErrNotFound].
	Incident(ctx context.Context, id incident.ID) (incident.State, error)
	// Incidents returns the incidents that match, the newest first, and the cursor
	// of the next page, which is empty on the last one.
	Incidents(ctx context.Context, f store.Filter) ([]incident.State, string, error)
	// Events returns an incident's events after a sequence number, at most limit of
	// them, in order.
	Events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error)
	// Alerts returns what monitoring reported to an incident, in the order of arrival,
	// after the given item, at most limit of it.
	Alerts(ctx context.Context, id incident.ID, after int64, limit int) ([]store.Item, error)
	// Transcript returns what was said in an incident's channel, as far as it is kept, after
	// the given message, at most limit of it.
	Transcript(ctx context.Context, id incident.ID, after incident.MessageRef, limit int) ([]store.Said, error)
	// Subscribe tells of changes of one incident, or of all for the empty id, until
	// the returned function is called. Changes may be dropped when the reader is slow:
	// each says that there is something to read, not what.
	Subscribe(id incident.ID) (<-chan store.Change, func())
}

// Playbooks hold the library that new incidents follow. *playbooks.Folder is one.
type Playbooks interface {
	// State returns the library as it is now, where it is from, and what is wrong with its
	// files. It must answer at once.
	State() playbooks.FolderState
}

// Catalogue knows the names that people may use. *config.Catalogue is one.
type Catalogue interface {
	Service(name string) (config.Service, bool)
	Severity(name string) (config.Severity, bool)
	Team(name string) (config.Team, bool)
	Services() []config.Service
	Teams() []config.Team
	Scale() []config.Severity
	// PagedBy returns how the pager reaches a team: by an escalation policy, or else by a
	// service. Both are empty where it does not.
	PagedBy(team config.Team) (policy string, by config.Service)
}

// Postmortems renders the postmortem of an incident from its events, which are all
// there are, in order. It must be the same for the same events.
type Postmortems interface {
	Markdown(events []incident.Event) ([]byte, error)
	// HTML is a fragment or a page, with everything escaped that people wrote.
	HTML(events []incident.Event) ([]byte, error)
	JSON(events []incident.Event) ([]byte, error)
}
