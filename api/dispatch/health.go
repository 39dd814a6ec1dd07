package dispatch

import (
	"context"
	"sync"
	"time"

	"muster/incident"
	"muster/internal/health"
)

// maxPassAge is how long ago the last whole pass through the inbox may have ended. Passes
// follow each other within seconds; the largest of storms takes less than this.
const maxPassAge = time.Minute

// Check returns nil while [Dispatcher.Run] goes through the inbox: its last pass left
// nothing behind, and it ended within the last minute, and the database is not known to be
// older than Temporal. The error is made by
// [health.Because]. It asks nobody, and may be repeated as often as wished.
func (d *Dispatcher) Check(context.Context) error { return d.passes.check() }

// passes remembers how the passes through the inbox went. It is safe for concurrent use.
type passes struct {
	mu sync.Mutex
	// whole is when the last pass without a failure ended, or when the first one began.
	whole time.Time
	// failed is why the last pass left something behind.
	failed error
	// ahead is an incident that Temporal knows and the database does not; empty for none.
	ahead incident.ID
}

// fellBehind notes that Temporal knows an incident that the database does not.
func (p *passes) fellBehind(ahead incident.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead = ahead
}

func (p *passes) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.whole, p.failed = time.Now(), nil
}

// ended notes how a pass went, and returns its error.
func (p *passes) ended(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
	if err == nil {
		p.whole = time.Now()
	}
	return err
}

func (p *passes) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch age := time.Since(p.whole); {
	case p.ahead != "":
		return health.Because("the database is older than Temporal, which knows "+string(p.ahead)+" already: stop all servers and workers, and run muster restored", nil)
	case p.whole.IsZero():
		return health.Because("it has not started", nil)
	case p.failed != nil:
		return health.Because("its last pass through the inbox left something behind", p.failed)
	case age > maxPassAge:
		return health.Because("no pass through the inbox has ended for "+health.InWords(age), nil)
	}
	return nil
}
