package ui

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"muster/store"
)

const (
	// lookAgainEvery is how often a stream looks for what time alone has changed: an
	// update that is due, an age. It also keeps proxies from closing a quiet stream.
	lookAgainEvery = 20 * time.Second
	// gatherFor lets changes that come together be told together, as in an alert storm.
	gatherFor = 100 * time.Millisecond
)

// stream is what a live page follows.
type stream struct {
	// changes wakes the stream; unsubscribe ends it.
	changes     <-chan store.Change
	unsubscribe func()
	// look returns the page's sections as they stand, and the number that stands
	// for the events they hold, which the page names as seq in the stream's address.
	look func(context.Context) ([]part, int, error)
}

// follow sends a server-sent event "sections" with the ids of the sections whose views
// have changed since the last one, until the browser goes away or the UI is closed.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func (u *UI) follow(c *gin.Context, s stream) {
	defer s.unsubscribe()
	ctx := c.Request.Context()
	parts, seq, err := s.look(ctx)
	if err != nil {
		u.failed(c, err)
		return
	}
	shown, err := fingerprints(parts)
	if err != nil {
		u.failed(c, err)
		return
	}
	control := http.NewResponseController(c.Writer)
	// A stream outlasts the server's time limit for answers. Where there is none to
	// lift, there is none to fear either.
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		u.Logger.DebugContext(ctx, "the write deadline stays", "error", err)
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // nginx would hold events back
	c.Status(http.StatusOK)

	// What happened between the rendering of the page and this connection is made up for.
	first := ": connected\n\n"
	if c.Query("seq") != itoa(seq) {
		first = sectionsEvent(ids(parts))
	}
	if !send(c, control, first) {
		return
	}
	again := time.NewTicker(lookAgainEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-u.stopping:
			return
		case <-again.C:
		case _, open := <-s.changes:
			if !open || !gather(ctx, s.changes) {
				return
			}
		}
		parts, _, err := s.look(ctx)
		if err != nil {
			u.Logger.WarnContext(ctx, "a live page could not be read", "path", c.Request.URL.Path, "error", err)
			continue
		}
		now, err := fingerprints(parts)
		if err != nil {
			u.Logger.ErrorContext(ctx, "a live page could not be compared", "error", err)
			continue
		}
		message := ": nothing new\n\n"
		if changed := differing(parts, shown, now); len(changed) > 0 {
			message = sectionsEvent(changed)
		}
		if !send(c, control, message) {
			return
		}
		shown = now
	}
}

// gather waits a moment and takes the changes that arrive meanwhile. It returns false
// when the stream is over.
func gather(ctx context.Context, changes <-chan store.Change) bool {
	enough := time.NewTimer(gatherFor)
	defer enough.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-enough.C:
			return true
		case _, open := <-changes:
			if !open {
				return false
			}
		}
	}
}

func send(c *gin.Context, control *http.ResponseController, text string) bool {
	if _, err := c.Writer.WriteString(text); err != nil {
		return false // the browser has gone
	}
	return control.Flush() == nil
}

func sectionsEvent(ids []string) string {
	return fmt.Sprintf("event: sections\ndata: %s\n\n", strings.Join(ids, ","))
}

func ids(parts []part) []string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = p.view.section().ID
	}
	return all
}

func differing(parts []part, before, after map[string]string) []string {
	var changed []string
	for _, id := range ids(parts) {
		if before[id] != after[id] {
			changed = append(changed, id)
		}
	}
	return changed
}
