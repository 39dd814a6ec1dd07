package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
)

// Withdraw has load balancers send what is new elsewhere: from now on /healthz and /readyz are
// answered with 503, and each answer ends its connection. All else goes on as before, until
// [Server.Drain]. It returns at once, and may be repeated.
func (s *Server) Withdraw() { s.withdrawn.Store(true) }

// leaving says whether load balancers are to look elsewhere.
func (s *Server) leaving() bool { return s.withdrawn.Load() || s.Draining() }

// Drain lets no more work in: from now on commands and webhooks are answered with 503 and
// Retry-After, /healthz and /readyz with 503, and streams end. It returns once the commands and webhooks
// under way are answered; the error says how many were not when ctx ended. What only reads,
// and what is mounted, is served on. It may be repeated.
//
// It comes before the parts are stopped that commands need, so that nobody waits for an
// answer that cannot come.
func (s *Server) Drain(ctx context.Context) error {
	empty := s.gate.close()
	s.Close()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d requests had no answer yet: %w", s.gate.count(), context.Cause(ctx))
	}
}

// Draining says whether [Server.Drain] was called. Pages, which tell people in their own
// way that their command was not taken, ask it.
func (s *Server) Draining() bool { return s.gate.isClosed() }

// guard counts the requests that may change something, and refuses those of the API and
// the webhooks while the server drains. What is mounted has no route and is not its
// concern.
func (s *Server) guard(c *gin.Context) {
	if s.leaving() {
		// A connection that stays open would bring requests until the very end.
		c.Header("Connection", "close")
	}
	if c.FullPath() == "" || isSafe(c.Request.Method) {
		c.Next()
		return
	}
	if s.gate.enter() {
		defer s.gate.leave()
		c.Next()
		return
	}
	if !isOwn(c.Request.URL.Path) {
		c.Next()
		return
	}
	p := newProblem(http.StatusServiceUnavailable, "Muster is stopping and took nothing of this in; send it again in a few seconds")
	p.retryAfter = retryAfter
	p.write(c)
}

// isSafe tells the methods that change nothing (RFC 9110, section 9.2.1).
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// gate counts who is inside, until it is closed and they have left. Its zero value is open.
type gate struct {
	mu     sync.Mutex
	inside int
	// empty is made when the gate is closed, and closed when the last one has left.
	empty chan struct{}
}

// enter says whether the gate is open; then leave must follow.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty != nil {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.empty != nil && g.inside == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more, and returns what is closed when all have left.
func (g *gate) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty == nil {
		g.empty = make(chan struct{})
		if g.inside == 0 {
			close(g.empty)
		}
	}
	return g.empty
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.empty != nil
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside
}
