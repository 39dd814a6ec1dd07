package webhook

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/internal/telemetry"
	"muster/store"
)

// Inbox keeps items until their incident has them. *store.Store is one.
type Inbox interface {
	// Accept returns once all the items are on disk; an item that is known is
	// dropped. On an error none is kept, and the call may be repeated.
	Accept(ctx context.Context, items []store.Item) (store.Accepted, error)
}

// Receiver takes the deliveries of all sources. It may be used by many goroutines.
type Receiver struct {
	inbox   Inbox
	sources map[string]Source
}

// NewReceiver returns a receiver for these sources, whose names must differ.
func NewReceiver(inbox Inbox, sources ...Source) *Receiver {
	r := &Receiver{inbox: inbox, sources: make(map[string]Source, len(sources))}
	for _, s := range sources {
		r.sources[s.Name] = s
	}
	return r
}

// Names returns the names of the sources, sorted.
func (r *Receiver) Names() []string {
	names := make([]string, 0, len(r.sources))
	for name := range r.sources {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Receive takes one delivery and returns how many items it held that were new, and that were
// known already. The trace that ctx belongs to is kept with the new ones. When it returns without an error they are on disk. The errors
// are [*UnknownSourceError], [*UnauthorizedError], [*MalformedError] and
// [*UnstoredError]; with any of them nothing is kept. A delivery may be repeated
// safely.
func (r *Receiver) Receive(ctx context.Context, name string, header http.Header, body []byte) (store.Accepted, error) {
	source, ok := r.sources[name]
	if !ok {
		return store.Accepted{}, &UnknownSourceError{Name: name, Known: r.Names()}
	}
	if source.Verify != nil {
		if err := source.Verify(header, body); err != nil {
			return store.Accepted{}, err
		}
	}
	items, err := source.Parse(body)
	if err != nil || len(items) == 0 {
		return store.Accepted{}, err
	}
	now, origin := time.Now(), telemetry.Traceparent(ctx)
	for i := range items {
		items[i].Source, items[i].ReceivedAt, items[i].Trace = name, now, origin
	}
	accepted, err := r.inbox.Accept(ctx, items)
	if err != nil {
		return store.Accepted{}, &UnstoredError{Err: err}
	}
	return accepted, nil
}

// UnknownSourceError says that nothing is received under a name.
type UnknownSourceError struct {
	Name string
	// Known are the names under which something is.
	Known []string
}

func (e *UnknownSourceError) Error() string {
	return fmt.Sprintf("there is no webhook source %q; the sources are %s", e.Name, strings.Join(e.Known, ", "))
}

// UnauthorizedError says that a sender did not prove who it is.
type UnauthorizedError struct {
	Message string
}

func (e *UnauthorizedError) Error() string { return e.Message }

// MalformedError says that a body is not what its source sends.
type MalformedError struct {
	// Place is the part of the body to mend, as in "alerts[2].startsAt", or empty
	// when it is the body as a whole.
	Place   string
	Message string
}

func (e *MalformedError) Error() string {
	if e.Place == "" {
		return e.Message
	}
	return e.Place + ": " + e.Message
}

// UnstoredError says that a delivery could not be put on disk. Its sender should try
// again.
type UnstoredError struct {
	Err error
}

func (e *UnstoredError) Error() string {
	return fmt.Sprintf("the delivery cannot be stored: %v", e.Err)
}

func (e *UnstoredError) Unwrap() error { return e.Err }

func malformed(place, format string, args ...any) *MalformedError {
	return &MalformedError{Place: place, Message: fmt.Sprintf(format, args...)}
}
