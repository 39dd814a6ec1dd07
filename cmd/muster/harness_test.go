//go:build !slim

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binary is muster as people get it, built once for all tests of this package.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "muster-e2e-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a folder for temporary files
		binary = filepath.Join(dir, "muster")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build muster: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// patience bounds how long a test waits for what should happen at once. It is long
// because the machine may be busy; nothing passes or fails by being fast.
const patience = 90 * time.Second

// process is a running muster.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *lockedBuffer
	base   string
	exited chan struct{}
}

// startMuster starts muster on free ports and waits until it says that it runs.
func startMuster(t *testing.T, dataDir string, args ...string) *process {
	t.Helper()
	return startMusterWith(t, nil, dataDir, args...)
}

// startMusterWith starts `muster dev` with settings from the environment.
func startMusterWith(t *testing.T, settings []string, dataDir string, args ...string) *process {
	t.Helper()
	return startProcess(t, regexp.MustCompile(`Incidents\s+(http://\S+?)/\s(?s:.*)Stop`), settings, append([]string{
		"dev", "--data-dir", dataDir, "--listen", "127.0.0.1:0",
		"--temporal-listen", "127.0.0.1:0", "--temporal-ui-listen", "127.0.0.1:0",
	}, args...)...)
}

// startProcess starts a command that runs until it is ended, and waits until its output
// says that it runs, and where.
func startProcess(t *testing.T, running *regexp.Regexp, settings []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, output: &lockedBuffer{}, exited: make(chan struct{})}
	p.cmd = exec.Command(binary, args...)
	p.cmd.Env = append(cleanEnvironment(), settings...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.exited)
		p.cmd.Wait() //nolint:errcheck // the tests look at the exit code
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output of muster %s:\n%s", args[0], p.output)
		}
		p.kill()
	})
	p.eventually("muster to say that it runs", func() bool {
		if found := running.FindStringSubmatch(p.output.String()); found != nil {
			p.base = found[1]
		}
		return p.base != ""
	})
	return p
}

// cleanEnvironment is ours without what would change muster.
func cleanEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MUSTER_") && !strings.HasPrefix(v, "TEMPORAL_") {
			env = append(env, v)
		}
	}
	return env
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("kill muster: %v", err)
	}
	<-p.exited
}

// stop ends the process as Ctrl-C does.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGINT))
	<-p.exited
	require.Zero(p.t, p.cmd.ProcessState.ExitCode(), "exit code after Ctrl-C; output:\n%s", p.output)
}

// eventually waits until something is so.
func (p *process) eventually(what string, isSo func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !isSo() {
		select {
		case <-ctx.Done():
			require.FailNow(p.t, "waited in vain for "+what)
		case <-p.exited:
			require.FailNow(p.t, "muster ended while the test waited for "+what)
		case <-tick.C:
		}
	}
}

// call sends a request and returns the answer's status and body.
func (p *process) call(method, path string, body any, header ...string) (int, []byte) {
	p.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(p.t, err)
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, p.base+path, content)
	require.NoError(p.t, err)
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer resp.Body.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp.StatusCode, text
}

// do sends a command and requires that it is carried out.
func (p *process) do(method, path string, body any) document {
	p.t.Helper()
	status, text := p.call(method, path, body)
	require.Contains(p.t, []int{http.StatusOK, http.StatusCreated, http.StatusAccepted}, status, "%s %s: %s", method, path, text)
	return parse(p.t, text)
}

func (p *process) get(path string) document {
	p.t.Helper()
	status, text := p.call(http.MethodGet, path, nil)
	require.Equal(p.t, http.StatusOK, status, "GET %s: %s", path, text)
	return parse(p.t, text)
}

// document is a JSON object as people read it.
type document map[string]any

func parse(t *testing.T, text []byte) document {
	t.Helper()
	var d document
	require.NoError(t, json.Unmarshal(text, &d), "%s", text)
	return d
}

// list returns the objects at a path such as "slack.channels".
func (d document) list(path string) []document {
	at := any(map[string]any(d))
	for _, key := range strings.Split(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[key]
	}
	items, _ := at.([]any)
	var all []document
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			all = append(all, object)
		}
	}
	return all
}

// incidentChannels are the channels that were opened for incidents, in the state of the
// sandbox.
func (d document) incidentChannels() []document {
	return slices.DeleteFunc(d.list("slack.channels"), func(c document) bool { return !strings.HasPrefix(fmt.Sprint(c["name"]), "inc-") })
}

// capturedAlert reads a body that a real Alertmanager sent.
func capturedAlert(t *testing.T, name string) []byte {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "counterparts")
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		t.Skip("the captured webhook bodies are not here")
	}
	body, err := os.ReadFile(filepath.Join(folder, "payloads", "alertmanager", name))
	require.NoError(t, err)
	return body
}

// lockedBuffer collects what a process writes.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// runMuster runs muster to its end and returns its exit code and output.
func runMuster(t *testing.T, args ...string) (int, string) {
	t.Helper()
	return runMusterWith(t, nil, args...)
}

// runMusterWith runs muster with settings from the environment to its end.
func runMusterWith(t *testing.T, settings []string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(cleanEnvironment(), settings...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// occupied is an address that something else listens on.
func occupied(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() }) //nolint:errcheck // ends with the test
	return listener.Addr().String()
}
