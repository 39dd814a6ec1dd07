package store

import (
	"context"
	"fmt"
	"sync"
)

// Claim claims a name for the caller alone: ok is false when somebody else has it, in this
// process or, on Postgres, in any process on the database. It never waits for them. Calling
// release gives the name back; calling it again does nothing. What a process has claimed is
// free when it dies; when its machine vanishes, about a minute later.
//
// A claim keeps two from doing the same work at once. It is no proof: who loses the
// connection to the database loses the claim and does not hear of it, so that what must not
// be done twice has to be safe without.
func (s *Store) Claim(ctx context.Context, name string) (release func(), ok bool, err error) {
	if err := storable("name", name); err != nil {
		return nil, false, err
	}
	if !s.claims.take(name) {
		return func() {}, false, nil
	}
	unlock, ok, err := s.backend.claim(ctx, name)
	if err != nil || !ok {
		s.claims.giveBack(name)
	}
	if err != nil {
		return nil, false, fmt.Errorf("claim %q: %w", name, explained(s.backend, err))
	}
	if !ok {
		return func() {}, false, nil
	}
	return sync.OnceFunc(func() {
		unlock()
		s.claims.giveBack(name)
	}), true, nil
}

// claims are the names that are claimed in this process. Its zero value is ready for use.
type claims struct {
	mu    sync.Mutex
	names map[string]struct{}
}

func (c *claims) take(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.names[name]; taken {
		return false
	}
	if c.names == nil {
		c.names = map[string]struct{}{}
	}
	c.names[name] = struct{}{}
	return true
}

func (c *claims) giveBack(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.names, name)
}
