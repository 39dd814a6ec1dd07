package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

const (
	// redraw is how often a terminal shows the run anew; plainInterval how often a line is
	// written where there is none.
	redraw        = 200 * time.Millisecond
	plainInterval = 10 * time.Second
	eraseLine     = "\r\x1b[2K"
)

// isTerminal says whether somebody is watching who likes colour.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""
}

// showProgress writes a line about a run, again and again until it is stopped.
func showProgress(out io.Writer, terminal bool) func(*run) (stop func()) {
	return func(r *run) func() {
		interval := plainInterval
		if terminal {
			interval = redraw
		}
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			ticker := time.NewTicker(interval)
			defer ticker.Stop()
			for {
				select {
				case <-stop:
					if terminal {
						fmt.Fprint(out, eraseLine)
					}
					return
				case <-ticker.C:
					if terminal {
						fmt.Fprint(out, eraseLine+r.line(width(out)))
					} else {
						fmt.Fprintln(out, r.line(0))
					}
				}
			}
		}()
		return func() { close(stop); <-stopped }
	}
}

// width is how many columns a terminal has.
func width(out io.Writer) int {
	if file, ok := out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return columns
		}
	}
	return 80
}

// line says in one line how far the run is. With columns, it is cut to so many, and what
// the process suffers at the moment is in colour.
func (r *run) line(columns int) string {
	book := r.ledger.Book()
	r.mu.Lock()
	phase, begun, ended := r.phase, r.begun, r.endings
	r.mu.Unlock()
	r.keeper.mu.Lock()
	kills, now := r.keeper.kills(), r.keeper.now
	r.keeper.mu.Unlock()
	text := fmt.Sprintf("seed %d  %s  cases %d/%d (%d open)  alerts %d  commands %d  kills %d  503 %d  cut off %d  %s",
		r.seed, time.Since(r.started).Round(time.Second), ended, len(r.cases), begun-ended,
		len(book.Alerts), book.Counts.Commands, kills, book.Counts.Unavailable, book.Counts.Broken, strings.TrimSuffix(phase+", "+now, ", "))
	if columns == 0 {
		return text
	}
	text = text[:min(len(text), max(columns-1, 0))]
	if now == "" {
		return text
	}
	return strings.Replace(text, now, "\x1b[33m"+now+"\x1b[0m", 1)
}
