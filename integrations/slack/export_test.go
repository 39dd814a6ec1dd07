package slack

import (
	"context"
	"maps"
	"slices"
	"time"
)

// ScopesOfMethods is the table of what each method needs.
var ScopesOfMethods = scopes

// EventTypes are the types of events that are understood, in their order.
func EventTypes() []string { return slices.Sorted(maps.Keys(eventReaders)) }

// RememberedDeliveries is how many deliveries would be known if they came again.
func RememberedDeliveries(in *Inbound) int {
	in.taken.mu.Lock()
	defer in.taken.mu.Unlock()
	return len(in.taken.until)
}

// SetPause changes how a connection waits. It comes before [Socket.Run].
func SetPause(s *Socket, pause func(context.Context, time.Duration)) { s.pause = pause }
