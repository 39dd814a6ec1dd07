package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// beatTimeout bounds one call, from looking up the name to the end of the answer.
	beatTimeout = 10 * time.Second
	// readAtMost is how much of an answer is read, so that the connection can be used
	// again. What it says is of no interest.
	readAtMost = 64 << 10
)

// HeartbeatOptions are what a [Heartbeat] is made of.
type HeartbeatOptions struct {
	// URL is what to call, http or https. It is a secret: whoever knows it can keep the
	// alarm quiet. Required.
	URL string
	// Every is how often. Required.
	Every time.Duration
	// Monitor decides whether to. Required.
	Monitor *Monitor
	// Registry collects muster_heartbeat_last_success_timestamp_seconds. Nil collects
	// nothing.
	Registry prometheus.Registerer
	// Logger hears when the heartbeat stops, why, and when it is back. Nil is the default.
	Logger *slog.Logger
	// Transport makes the calls. Nil is [http.DefaultTransport].
	Transport http.RoundTripper
}

// Heartbeat is a dead-man's switch: it calls an outside address as long as all parts are
// healthy. It does so by GET, which every service for this takes: Healthchecks.io
// (https://healthchecks.io/docs/http_api), Dead Man's Snitch
// (https://deadmanssnitch.com/docs), Cronitor (https://cronitor.io/docs/telemetry-api) and
// Uptime Kuma, whose older versions take nothing else.
type Heartbeat struct {
	url     *url.URL
	every   time.Duration
	monitor *Monitor
	client  *http.Client
	logger  *slog.Logger
	last    prometheus.Gauge

	// said is what was logged last, so that it is said once per change.
	said string
}

// NewHeartbeat returns a heartbeat that does not beat yet. It fails when the address cannot
// be called, which it does not repeat, or when the registry has its metric already.
func NewHeartbeat(o HeartbeatOptions) (*Heartbeat, error) {
	address, err := url.Parse(o.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, errors.New("the heartbeat's address is not a web address; write it whole, beginning with https://")
	}
	if o.Every <= 0 || o.Monitor == nil {
		return nil, errors.New("a heartbeat needs an interval and a monitor")
	}
	h := &Heartbeat{
		url: address, every: o.Every, monitor: o.Monitor, logger: cmp.Or(o.Logger, slog.Default()),
		client: &http.Client{
			Transport: o.Transport, Timeout: min(beatTimeout, o.Every),
			// The address was given to us, and where it leads on to was not.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "muster", Subsystem: "heartbeat", Name: "last_success_timestamp_seconds",
			Help: "When the heartbeat last arrived outside, in seconds since 1970; 0 if it never has.",
		}),
	}
	if o.Registry != nil {
		if err := o.Registry.Register(h.last); err != nil {
			return nil, fmt.Errorf("register the heartbeat's metric: %w", err)
		}
	}
	return h, nil
}

// Run beats until ctx ends. The first beat comes after one interval, not at once: a process
// that dies and is started again, over and over, must not look alive.
func (h *Heartbeat) Run(ctx context.Context) {
	ticker := time.NewTicker(h.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.tick(ctx)
		}
	}
}

// tick beats if all is well. What has gone wrong is mended by the next tick or not at all:
// one call that stays away is what the receiver's grace period is for.
func (h *Heartbeat) tick(ctx context.Context) {
	unhealthy := strings.Join(h.monitor.Check(ctx).Unhealthy(), ", ")
	if ctx.Err() != nil {
		return
	}
	if unhealthy != "" {
		if h.changed("withheld: " + unhealthy) {
			h.logger.WarnContext(ctx, "the heartbeat is withheld", "unhealthy", unhealthy)
		}
		return
	}
	err := h.beat(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		if h.changed("lost") {
			h.logger.WarnContext(ctx, "the heartbeat did not arrive, although all is well here", "error", err)
		}
	default:
		h.last.SetToCurrentTime()
		if h.changed("arrives") {
			h.logger.InfoContext(ctx, "the heartbeat arrives")
		}
	}
}

func (h *Heartbeat) changed(to string) bool {
	changed := h.said != to
	h.said = to
	return changed
}

// beat calls the address. Its errors do not tell the address.
func (h *Heartbeat) beat(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url.String(), http.NoBody)
	if err != nil {
		return h.withoutAddress(err)
	}
	request.Header.Set("User-Agent", "muster")
	request.Header.Set("Cache-Control", "no-store")
	response, err := h.client.Do(request)
	if err != nil {
		return h.withoutAddress(err)
	}
	defer response.Body.Close()
	// Only for the connection's sake; what counts has arrived with the status.
	_, _ = io.CopyN(io.Discard, response.Body, readAtMost)
	switch {
	case response.StatusCode >= 300 && response.StatusCode < 400:
		return fmt.Errorf("the answer is a redirect (%d), which is not followed; set the address that it leads to", response.StatusCode)
	case response.StatusCode >= 400:
		return fmt.Errorf("the answer is %d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	return nil
}

// withoutAddress takes the address out of an error of the HTTP client, which puts it at the
// beginning, and wherever else it stands.
func (h *Heartbeat) withoutAddress(err error) error {
	for wrapped := (*url.Error)(nil); errors.As(err, &wrapped); {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("there was no answer in time")
	}
	password, _ := h.url.User.Password()
	text := err.Error()
	for _, part := range []string{
		h.url.RequestURI(), h.url.EscapedPath(), h.url.Path, h.url.RawQuery,
		h.url.User.Username(), password, h.url.Host, h.url.Hostname(),
	} {
		if len(part) > 1 { // every address has a slash
			text = strings.ReplaceAll(text, part, "[redacted]")
		}
	}
	return errors.New(text)
}
