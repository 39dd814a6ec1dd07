package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"muster/api/oncall"
	"muster/api/webhook"
	"muster/chat"
	"muster/internal/health"
)

// Server serves the API. It comes from [New] and may be used by many goroutines.
type Server struct {
	commander   Commander
	reader      Reader
	catalogue   Catalogue
	postmortems Postmortems
	playbooks   Playbooks
	pager       oncall.Pager
	receiver    *webhook.Receiver
	chats       map[string]chat.Deliveries
	monitor     *health.Monitor
	logger      *slog.Logger
	metrics     *metrics
	pages       Pages
	mounts      []Mount
	crossOrigin *http.CrossOriginProtection
	publicURL   string
	// version and installation are what /healthz says.
	version, installation string
	heartbeat             time.Duration

	engine   *gin.Engine
	handler  http.Handler
	api      huma.API
	document []byte

	withdrawn atomic.Bool
	gate      gate
	// running ends when the server shuts down, and the streams with it.
	running context.Context
	end     context.CancelFunc
}

// New returns a server. The error says which option is missing, or that the registry
// belongs to another server already.
func New(options Options) (*Server, error) {
	switch {
	case options.Commander == nil, options.Reader == nil, options.Inbox == nil,
		options.Catalogue == nil, options.Postmortems == nil:
		return nil, errors.New("the API needs a Commander, a Reader, an Inbox, a Catalogue and Postmortems")
	}
	registry := options.Registry
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	receiver := webhook.NewReceiver(options.Inbox, webhook.Sources(options.Secrets)...)
	metrics, err := newMetrics(registry, receiver.Names(), slices.Sorted(maps.Keys(options.Chats)))
	if err != nil {
		return nil, err
	}
	s := &Server{
		commander: options.Commander, reader: options.Reader,
		catalogue: options.Catalogue, postmortems: options.Postmortems,
		playbooks: options.Playbooks, pager: options.Pager,
		receiver: receiver,
		chats:    maps.Clone(options.Chats),
		monitor:  options.Monitor,
		logger:   cmp.Or(options.Logger, slog.Default()),
		metrics:  metrics, crossOrigin: http.NewCrossOriginProtection(),
		pages: options.Pages, mounts: slices.Clone(options.Mounts),
		version: options.Version, installation: options.Installation, publicURL: strings.TrimRight(options.PublicURL, "/"),
		heartbeat: cmp.Or(options.Heartbeat, DefaultHeartbeat),
	}
	slices.SortStableFunc(s.mounts, func(a, b Mount) int { return len(b.Path) - len(a.Path) })
	s.running, s.end = context.WithCancel(context.Background())
	s.route(promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	s.handler = traced(s.engine, options.TracerProvider)
	if s.document, err = s.api.OpenAPI().MarshalJSON(); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// OpenAPI returns the document that /openapi.json serves, OpenAPI 3.1 as JSON.
func (s *Server) OpenAPI() []byte { return slices.Clone(s.document) }

func (s *Server) route(metricsHandler http.Handler) {
	gin.SetMode(gin.ReleaseMode) // Gin's other modes print to standard output.
	s.engine = gin.New()
	s.engine.RedirectTrailingSlash = false
	s.engine.HandleMethodNotAllowed = true
	s.engine.Use(identify, s.observe, s.recoverPanics, s.guard, readBody)
	s.engine.NoRoute(s.fallBack)
	s.engine.NoMethod(func(c *gin.Context) {
		newProblem(http.StatusMethodNotAllowed, "%s is not possible here; possible: %s",
			c.Request.Method, c.Writer.Header().Get("Allow")).write(c)
	})
	if s.pages != nil {
		s.pages.Register(s.engine)
	}
	own := s.engine.Group("", s.sameOrigin)
	s.api = humagin.NewWithGroup(s.engine, own, describe(s.version))
	s.registerIncidents()
	s.registerAlerts()
	s.registerTranscript()
	s.registerCommands()
	s.registerSteps()
	s.registerFollowups()
	s.registerPostmortem()
	s.registerPlaybooks()
	s.registerOnCall()
	s.registerDebrief()
	s.registerStreams()
	s.registerWebhooks(own)
	s.registerChats(own)
	s.registerHealth(own, metricsHandler)
}

// ownPrefixes are the paths below which only this package answers, whatever is mounted.
var ownPrefixes = []string{"/api/", webhookPrefix}

func isOwn(path string) bool {
	return slices.ContainsFunc(ownPrefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// fallBack gives what has no route to what is mounted there, or else to the pages.
func (s *Server) fallBack(c *gin.Context) {
	path := c.Request.URL.Path
	if isOwn(path) {
		nothingAt(path).write(c)
		return
	}
	for _, mount := range s.mounts {
		if below(path, mount.Path) {
			if s.sameOrigin(c); !c.IsAborted() {
				c.Status(http.StatusOK) // Gin assumes 404 here; the handler decides.
				mount.Handler.ServeHTTP(c.Writer, c.Request)
			}
			return
		}
	}
	if s.pages != nil {
		s.pages.NotFound(c)
		return
	}
	nothingAt(path).write(c)
}

func nothingAt(path string) *Problem {
	return newProblem(http.StatusNotFound, "there is nothing at %s; /openapi.json lists what there is", path)
}

func below(path, root string) bool {
	root = strings.TrimRight(root, "/")
	return path == root || strings.HasPrefix(path, root+"/")
}
