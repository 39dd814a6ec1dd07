// Package process starts the real muster and does to it what power cuts, full disks and
// busy machines do. Only processes that it started itself are ever signalled, by their id.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Address is a set of loopback addresses that a Muster uses at every start.
type Address struct{ API, Temporal, TemporalUI string }

// FreeAddresses finds loopback ports that nobody uses at the moment.
func FreeAddresses(ctx context.Context) (Address, error) {
	var found [3]string
	for i := range found {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return Address{}, fmt.Errorf("find a free port: %w", err)
		}
		// All are held until the last is found, so that no two are the same.
		defer listener.Close() //nolint:errcheck // it was only held
		found[i] = listener.Addr().String()
	}
	return Address{API: found[0], Temporal: found[1], TemporalUI: found[2]}, nil
}

// Muster is an installation: a binary, a data directory, and at most one process at a
// time. It is safe for concurrent use.
type Muster struct {
	Binary  string
	DataDir string
	Address Address
	// HistoryEvents is after how many events workflows continue as new; 0 is after as many
	// as ever.
	HistoryEvents int
	// Log gets what the processes write.
	Log io.Writer

	mu      sync.Mutex
	running *running
}

type running struct {
	cmd    *exec.Cmd
	exited chan struct{}
	// ended says that we ended it ourselves.
	ended bool
}

// ErrRunning is returned by Start when there is a process already.
var ErrRunning = errors.New("muster is running already")

// Start starts a process and returns at once. The channel is closed when it has ended,
// whoever ended it.
func (m *Muster) Start() (exited <-chan struct{}, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running != nil && !closed(m.running.exited) {
		return nil, ErrRunning
	}
	// It is ended by signals, never by a context, which would take its choice away.
	cmd := exec.Command(m.Binary, "dev", "--data-dir", m.DataDir, //nolint:noctx // see above
		"--listen", m.Address.API, "--temporal-listen", m.Address.Temporal, "--temporal-ui-listen", m.Address.TemporalUI,
		"--temporal-history-events", strconv.Itoa(m.HistoryEvents))
	cmd.Env = environment(os.Environ())
	// Ctrl-C is for us, who then end it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A pipe rather than a file: the limit that stands for a full disk must not reach it.
	cmd.Stdout = writerOnly{m.Log}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", m.Binary, err)
	}
	r := &running{cmd: cmd, exited: make(chan struct{})}
	m.running = r
	go func() {
		defer close(r.exited)
		// How it ended is asked of its state.
		_ = cmd.Wait()
	}()
	return r.exited, nil
}

// writerOnly hides that the log is a file, so that exec makes a pipe.
type writerOnly struct{ io.Writer }

// environment is ours without what would change muster.
func environment(ours []string) []string {
	var kept []string
	for _, variable := range ours {
		if !strings.HasPrefix(variable, "MUSTER_") && !strings.HasPrefix(variable, "TEMPORAL_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// Ready asks whether the process takes work.
func (m *Muster) Ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Address.API+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Kill ends the process as a power cut would, and returns when it is gone. Without a
// process it does nothing.
func (m *Muster) Kill() error { return m.end(syscall.SIGKILL) }

// Stop asks the process to end, as Ctrl-C does, and says how it ended. One that does not
// end within a minute is killed.
func (m *Muster) Stop() error {
	watchdog := time.AfterFunc(time.Minute, func() {
		// Should it be gone already, that is as well.
		_ = m.Kill()
	})
	defer watchdog.Stop()
	r := m.current()
	if r == nil {
		return errors.New("muster was not running any more")
	}
	if err := m.end(syscall.SIGINT); err != nil {
		return err
	}
	if state := r.cmd.ProcessState; !state.Success() {
		return fmt.Errorf("muster was asked to stop and ended with %s", state)
	}
	return nil
}

func (m *Muster) end(signal syscall.Signal) error {
	r := m.current()
	if r == nil {
		return nil
	}
	m.mu.Lock()
	r.ended = true
	m.mu.Unlock()
	if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to muster: %w", signal, err)
	}
	<-r.exited
	return nil
}

// Fate says how the last process ended, and whether it was by our hand. It is empty while
// the process runs.
func (m *Muster) Fate() (how string, ours bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == nil || !closed(m.running.exited) {
		return "", false
	}
	return m.running.cmd.ProcessState.String(), m.running.ended
}

// Pause stops the process where it is, until Resume.
func (m *Muster) Pause() error { return m.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (m *Muster) Resume() error { return m.signal(syscall.SIGCONT) }

func (m *Muster) signal(signal syscall.Signal) error {
	r := m.current()
	if r == nil {
		return nil
	}
	if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to muster: %w", signal, err)
	}
	return nil
}

// FillDisk has every write of the process to a file fail, or ends that. The error is
// [errors.ErrUnsupported] where the operating system has no such means.
func (m *Muster) FillDisk(full bool) error {
	r := m.current()
	if r == nil {
		return nil
	}
	if err := limitFiles(r.cmd.Process.Pid, full); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("limit the files of muster: %w", err)
	}
	return nil
}

// LoseTemporal deletes Temporal's whole store. There must be no process.
func (m *Muster) LoseTemporal() error {
	if m.current() != nil {
		return ErrRunning
	}
	return os.RemoveAll(filepath.Join(m.DataDir, "temporal"))
}

// current is the process that runs; nil for none.
func (m *Muster) current() *running {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running == nil || closed(m.running.exited) {
		return nil
	}
	return m.running
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
