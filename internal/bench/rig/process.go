package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

const (
	// startLimit is how long a process may take until it says that it runs, and stopLimit
	// how long until it has ended when it is told to.
	startLimit = 90 * time.Second
	stopLimit  = 40 * time.Second
)

// Process is a program that was started for a measurement.
type Process struct {
	name    string
	cmd     *exec.Cmd
	exited  chan struct{}
	logFile string
	// said is what the program said where it said that it runs.
	said []string
}

// start starts a program and waits until what it writes matches, on standard output or
// standard error. All of it goes into a file of the rig's folder.
func (r *Rig) start(ctx context.Context, name string, running *regexp.Regexp, environment []string, program string, args ...string) (*Process, error) {
	log, err := os.Create(filepath.Join(r.folder, fmt.Sprintf("%02d-%s.log", r.count.Add(1), name)))
	if err != nil {
		return nil, err
	}
	heard := &listener{log: log, running: running, found: make(chan []string, 1)}
	// It is ended by signals, never by a context, which would take its choice away.
	cmd := exec.Command(program, args...) //nolint:noctx // see above
	// Nothing of our own environment changes what is measured.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.Getenv("TMPDIR")}, environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us, who then end it
	cmd.Stdout, cmd.Stderr = heard, heard
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	p := &Process{name: name, cmd: cmd, exited: make(chan struct{}), logFile: log.Name()}
	go func() {
		defer close(p.exited)
		// How it ended is asked of its state.
		_ = cmd.Wait()
		_ = log.Close() // for people; nothing depends on it
	}()
	r.keep(p)
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case p.said = <-heard.found:
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("%s ended before it ran; %s says why", name, p.logFile)
	case <-limit.C:
		return nil, errors.Join(fmt.Errorf("%s does not run after %s; see %s", name, startLimit, p.logFile), p.Stop())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), p.Stop())
	}
}

// listener writes what a program says to a file, and looks for a text in it.
type listener struct {
	running *regexp.Regexp
	found   chan []string

	mu   sync.Mutex
	log  io.Writer
	text []byte
}

// Write implements [io.Writer].
func (l *listener) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != nil {
		l.text = append(l.text, text...)
		if found := l.running.FindSubmatch(l.text); found != nil {
			said := make([]string, len(found))
			for i, part := range found {
				said[i] = string(part)
			}
			l.found <- said
			l.running, l.text = nil, nil
		}
	}
	return l.log.Write(text)
}

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop asks the process to end and waits until it has; one that does not end is killed.
// It may be repeated.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-p.exited:
		return nil
	case <-limit.C:
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p.name, err)
	}
	<-p.exited
	return fmt.Errorf("%s did not end within %s and was killed; see %s", p.name, stopLimit, p.logFile)
}
