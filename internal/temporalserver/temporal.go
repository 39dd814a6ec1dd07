//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"muster/internal/temporalsetup"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/temporal"
)

const (
	// readyTimeout bounds the wait for a server that started but does not
	// answer. A store with a long backlog after a crash needs some seconds.
	readyTimeout = time.Minute
	// stopTimeout bounds Stop: each of the four services may take two seconds
	// to let go of open requests.
	stopTimeout = 15 * time.Second
	// retryInterval is how often a condition is looked at while starting.
	retryInterval = 50 * time.Millisecond
)

// errStopped is the cause of an end that was asked for.
var errStopped = errors.New("stopped")

// process is a server in this process, with all it holds. What Start has not
// reached yet is nil.
type process struct {
	store    store
	server   temporal.Server
	client   client.Client
	ui       *webUI
	lifetime context.Context // ends with the server; its cause says why
	end      context.CancelCauseFunc
	serving  atomic.Bool // tells the logger, see there
	stopOnce sync.Once
	stopped  error
}

func start(ctx context.Context, options Options) (_ *Server, err error) {
	frontend, ui, err := reserveBoth(ctx, options)
	if err != nil {
		return nil, err
	}
	defer frontend.release()
	if ui != nil {
		defer ui.release()
	}
	attributes, err := attributeTypes(options.SearchAttributes)
	if err != nil {
		return nil, err
	}

	p := &process{}
	p.lifetime, p.end = context.WithCancelCause(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	if p.store, err = openStore(ctx, options); err != nil {
		return nil, err
	}
	replaced, err := p.store.prepare(ctx, options.Owner)
	if err != nil {
		return nil, err
	}
	p.store.guard(p.end)
	if err := createNamespace(mainStore(p.store.persistence()), options.Namespace, attributes); err != nil {
		return nil, err
	}
	if err := p.launch(ctx, frontend, options.HistoryEvents, &logger{slog: options.Logger, fail: p.end, serving: &p.serving}); err != nil {
		return nil, err
	}

	p.client, err = client.NewLazyClient(client.Options{
		HostPort:  frontend.address.String(),
		Namespace: options.Namespace,
		Logger:    sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), // its errors are returned
	})
	if err != nil {
		return nil, fmt.Errorf("make a client for the Temporal server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	err = retry(p.whileAlive(ctx), func(ctx context.Context) error {
		_, left, err := temporalsetup.Apply(ctx, p.client, options.Namespace, options.SearchAttributes)
		if err != nil {
			return err
		}
		if problem := left.Blocking(); problem != "" {
			return permanent{errors.New(problem)}
		}
		return checkUsable(ctx, p.client, options.Namespace, attributes)
	})
	if err != nil {
		return nil, fmt.Errorf("wait for the Temporal server: %w", err)
	}
	server := &Server{frontendAddress: frontend.address.String(), replaced: replaced, engine: p}
	if ui != nil {
		if p.ui, err = startWebUI(ctx, ui, frontend.address, options.Namespace); err != nil {
			return nil, err
		}
		server.uiURL = p.ui.url
	}
	p.serving.Store(true)
	return server, nil
}

// reserveBoth claims the two public addresses; that of the web UI is nil when
// none is wanted.
func reserveBoth(ctx context.Context, options Options) (frontend, ui *reservation, err error) {
	if frontend, err = reserve(ctx, FlagFrontend, options.FrontendListen); err != nil {
		return nil, nil, err
	}
	if options.UIListen == "" {
		return frontend, nil, nil
	}
	if ui, err = reserve(ctx, FlagUI, options.UIListen); err != nil {
		frontend.release()
		return nil, nil, err
	}
	return frontend, ui, nil
}

// launch builds and starts Temporal's four services, and gives the reserved
// address up to them.
func (p *process) launch(ctx context.Context, frontend *reservation, historyEvents int, log *logger) error {
	at, release, err := reserveInternal(ctx, frontend.address)
	if err != nil {
		return err
	}
	release()
	frontend.release()

	// In a goroutine of its own, which a fatal log line may end.
	var launchErr error
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		server, err := temporal.NewServer(
			temporal.WithConfig(serverConfig(p.store.persistence(), at)),
			temporal.ForServices(temporal.DefaultServices),
			temporal.WithStaticHosts(staticHosts(at)),
			temporal.WithDynamicConfigClient(dynamicConfig(historyEvents)),
			temporal.WithLogger(log),
		)
		if err != nil {
			launchErr = err
			return
		}
		p.server = server
		launchErr = server.Start()
	}()
	<-finished
	if err := errors.Join(p.failure(), launchErr); err != nil {
		return fmt.Errorf("start the Temporal server: %w", err)
	}
	return nil
}

// reserveInternal picks ports for the services that only talk to each other.
// They are all held at once, so that no two are the same.
func reserveInternal(
	ctx context.Context, frontend netip.AddrPort,
) (at addresses, release func(), err error) {
	var held []*reservation
	release = func() {
		for _, r := range held {
			r.release()
		}
	}
	at.frontend = frontend
	for _, address := range []*netip.AddrPort{&at.history, &at.matching, &at.worker} {
		r, err := reserveFree(ctx, frontend.Addr())
		if err != nil {
			release()
			return addresses{}, nil, err
		}
		held = append(held, r)
		*address = r.address
	}
	return at, release, nil
}

// whileAlive is ctx, ended early when the server breaks down.
func (p *process) whileAlive(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	context.AfterFunc(p.lifetime, func() { cancel(p.failure()) })
	return ctx
}

func (p *process) check(ctx context.Context) error {
	if p.lifetime.Err() != nil {
		return fmt.Errorf("the Temporal server has ended: %w", context.Cause(p.lifetime))
	}
	if _, err := p.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("the Temporal server does not answer: %w", err)
	}
	return nil
}

func (p *process) done() <-chan struct{} { return p.lifetime.Done() }

func (p *process) failure() error {
	if cause := context.Cause(p.lifetime); !errors.Is(cause, errStopped) {
		return cause
	}
	return nil
}

func (p *process) stop() error {
	p.stopOnce.Do(func() { p.stopped = p.stopNow() })
	return p.stopped
}

// stopNow ends what runs, the outermost first. The store stays locked when the
// server does not let go of it.
func (p *process) stopNow() error {
	p.end(errStopped)
	p.serving.Store(false)
	if p.ui != nil {
		p.ui.server.Stop()
	}
	if p.client != nil {
		p.client.Close()
	}
	if p.server != nil {
		stopped := make(chan error, 1)
		go func() { stopped <- p.server.Stop() }()
		select {
		case err := <-stopped:
			if err != nil {
				return fmt.Errorf("stop the Temporal server: %w", err)
			}
		case <-time.After(stopTimeout):
			return fmt.Errorf("the Temporal server did not stop within %s", stopTimeout)
		}
	}
	if p.store == nil {
		return nil
	}
	return p.store.release()
}

// retry calls try until it succeeds, fails for good or ctx ends; then it
// returns the last failure along with the cause of the end.
func retry(ctx context.Context, try func(context.Context) error) error {
	ticker := time.NewTicker(retryInterval)
	defer ticker.Stop()
	for {
		err := try(ctx)
		if err == nil || errors.As(err, new(permanent)) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
