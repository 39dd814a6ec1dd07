package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// console writes to a person: in colour and with a moving line where that is a terminal,
// as plain lines elsewhere.
type console struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
}

// newConsole writes to a file. Colour follows the custom of https://no-color.org.
func newConsole(out *os.File) *console {
	terminal := term.IsTerminal(int(out.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return &console{out: out, terminal: terminal}
}

// The styles, as ANSI codes.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	cyan   = "36"
)

// style returns the text in a style, or as it is where there are no colours.
func (c *console) style(style, text string) string {
	if !c.terminal || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// printf writes a formatted text. A person who has gone away is no error.
func (c *console) printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, format, args...)
}

// step shows that something takes its time, and how it went. The error is work's own.
func (c *console) step(title string, work func() error) error {
	began := time.Now()
	stop := c.spin(title)
	err := work()
	stop()
	took := time.Since(began).Round(10 * time.Millisecond)
	if err != nil {
		c.printf("  %s %s\n", c.style(red, "✗"), title)
		return err
	}
	c.printf("  %s %-28s %s\n", c.style(green, "✓"), title, c.style(dim, took.String()))
	return nil
}

// spin moves a line until the returned function is called.
func (c *console) spin(title string) (stop func()) {
	if !c.terminal {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			c.printf("\r  %s %s", c.style(cyan, string(frames[i%len(frames)])), title)
			select {
			case <-done:
				c.printf("\r\x1b[K")
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(done); <-ended }
}
