package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"muster/store"
)

// Handler does what an item of the inbox asks for, and returns when it is done. It may be
// given an item again, if only because the process died before that was written down, and
// must bring about nothing twice. An error that says Permanent() true settles the item,
// since trying again cannot help; after any other error it is tried again, and what came
// later about the same subject waits behind it. One that says Early() true is no failure: what
// the item is about is just coming into being. Where it says Delay() as well, that is how long
// the subject is left alone.
type Handler func(ctx context.Context, item store.Item) error

// Handle has all items of a kind carried out by a handler, which is used by many goroutines.
// It must be called before [Dispatcher.Run].
func (d *Dispatcher) Handle(kind string, handler Handler) { d.handlers[kind] = handler }

// handledKinds are the kinds of items that are carried out here, in lanes of their own:
// people wait for it, and shall not wait for a storm of alerts. [Dispatcher.Run] has lanes for
// each of them.
var handledKinds = []string{store.KindAct, store.KindPage}

// handleTimeout is how long a handler may take. Commands take less by themselves.
const handleTimeout = time.Minute

// handle carries out items one by one and settles each. It is false without an error when
// one of them has come too early.
func (d *Dispatcher) handle(ctx context.Context, items []store.Item, p *progress) (gone bool, err error) {
	for _, item := range items {
		handler, ok := d.handlers[item.Kind]
		if !ok {
			return false, fmt.Errorf("nobody carries out items of the kind %q here", item.Kind)
		}
		reason := ""
		err := d.carryOut(ctx, handler, item)
		var final interface{ Permanent() bool }
		var early interface{ Early() bool }
		var later interface{ Delay() time.Duration }
		switch {
		case errors.As(err, &early) && early.Early():
			if errors.As(err, &later) {
				p.later = later.Delay()
			}
			return false, nil
		case errors.As(err, &final) && final.Permanent():
			d.logger.ErrorContext(ctx, "what was accepted cannot be done, and is not tried again",
				"kind", item.Kind, "subject", item.Subject, "item", item.ID, "error", err)
			reason = err.Error()
		case err != nil:
			return false, fmt.Errorf("inbox item %d: %w", item.ID, err)
		}
		// What was done is to be written down, even as the dispatcher stops.
		settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
		err = d.store.Handled(settling, []int64{item.ID}, reason)
		cancel()
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// carryOut gives an item to its handler.
func (d *Dispatcher) carryOut(ctx context.Context, handler Handler, item store.Item) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	handing, ended := d.telemetry.HandOver(ctx, "", []store.Item{item})
	defer func() {
		if cause := recover(); cause != nil {
			// One item must not bring down what carries all the others, again at each start.
			err = &panicError{cause: cause}
			d.logger.ErrorContext(ctx, "an item of the inbox made its handler panic", "kind", item.Kind, "item", item.ID, "cause", cause, "stack", string(debug.Stack()))
		}
		ended(err)
	}()
	return handler(handing, item)
}

// panicError says that a handler has panicked.
type panicError struct{ cause any }

func (e *panicError) Error() string { return fmt.Sprintf("a mistake in Muster: %v", e.cause) }

// Permanent says that trying again would end no better.
func (*panicError) Permanent() bool { return true }
