package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	lineWidth = 79 // columns, what every terminal has
	barWidth  = 24 // columns

	// redraw is how often a terminal shows the time anew; plainInterval is how
	// often a line is written where there is no terminal.
	redraw        = 200 * time.Millisecond
	plainInterval = 5 * time.Second

	eraseLine = "\r\x1b[2K"
)

// view shows how far a phase is. Its methods may be called from any goroutine.
type view struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	started  time.Time
	stop     chan struct{}

	mu      sync.Mutex
	phase   string
	done    int
	total   int // zero when not known
	current string
	ended   bool
}

// newView starts to show progress on out. It goes on until finish.
func newView(out io.Writer, now func() time.Time) *view {
	v := &view{out: out, terminal: isTerminal(out), now: now, started: now(), stop: make(chan struct{})}
	go v.refresh()
	return v
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

func (v *view) refresh() {
	interval := plainInterval
	if v.terminal {
		interval = redraw
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-v.stop:
			return
		case <-ticker.C:
			v.mu.Lock()
			if !v.ended {
				v.draw()
			}
			v.mu.Unlock()
		}
	}
}

// begin opens a phase of total steps, zero when nobody knows.
//
// Without a terminal it says so only when there is work to count: what is over
// in a moment needs no line of its own.
func (v *view) begin(phase string, total int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.phase, v.total, v.done, v.current = phase, total, 0, ""
	if v.terminal || total > 0 {
		v.draw()
	}
}

// advance counts a step and names it.
func (v *view) advance(current string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done++
	v.current = current
}

// step names what goes on without counting it.
func (v *view) step(current string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = current
}

// interject writes a line of somebody else's to another stream, without the bar
// getting in its way.
func (v *view) interject(to io.Writer, line string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.terminal {
		fmt.Fprint(v.out, eraseLine)
	}
	fmt.Fprintln(to, line)
}

// finish replaces the bar with a last message, the time it took appended.
func (v *view) finish(message string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended {
		return
	}
	v.ended = true
	close(v.stop)
	if v.terminal {
		fmt.Fprint(v.out, eraseLine)
	}
	if message != "" {
		fmt.Fprintf(v.out, "%s (%s)\n", strings.TrimSuffix(message, "."), v.elapsed())
	}
}

func (v *view) draw() {
	line := v.line()
	if v.terminal {
		fmt.Fprint(v.out, eraseLine+line)
		return
	}
	fmt.Fprintln(v.out, line)
}

// line says everything in one line that fits a terminal.
func (v *view) line() string {
	parts := []string{v.phase}
	switch {
	case v.total > 0:
		done := min(v.done, v.total)
		bar := strings.Repeat("#", barWidth*done/v.total)
		if v.terminal {
			parts = []string{fmt.Sprintf("[%-*s]", barWidth, bar)}
		}
		parts = append(parts, fmt.Sprintf("%d/%d", done, v.total))
	case v.done > 0:
		parts = append(parts, strconv.Itoa(v.done))
	}
	parts = append(parts, v.elapsed())
	if v.current != "" {
		parts = append(parts, v.current)
	}
	line := strings.Join(parts, "  ")
	if v.terminal && len(line) > lineWidth {
		line = line[:lineWidth-3] + "..."
	}
	return line
}

func (v *view) elapsed() string {
	return v.now().Sub(v.started).Round(time.Second).String()
}
