package process_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/chaos/process"
)

// TestMain lets this program stand in for muster: it is started again with muster's
// arguments.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "dev" {
		os.Exit(standIn(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// standIn listens where it is told, writes a file when asked to, and ends when told so.
func standIn(args []string) int {
	flags := flag.NewFlagSet("dev", flag.ExitOnError)
	dir, listen := flags.String("data-dir", "", ""), flags.String("listen", "", "")
	flags.String("temporal-listen", "", "")
	flags.String("temporal-ui-listen", "", "")
	flags.Int("temporal-history-events", 0, "")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	http.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/write", func(w http.ResponseWriter, _ *http.Request) {
		if err := os.WriteFile(filepath.Join(*dir, "file"), []byte("text"), 0o600); err != nil {
			http.Error(w, err.Error(), http.StatusInsufficientStorage)
		}
	})
	http.HandleFunc("/die", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() { <-stop; os.Exit(0) }()
	fmt.Fprintln(os.Stdout, "running, with", strings.Join(os.Environ(), " "))
	if err := http.ListenAndServe(*listen, nil); err != nil { //nolint:gosec // a test's stand-in needs no time limits
		return 1
	}
	return 0
}

func start(t *testing.T) (*process.Muster, <-chan struct{}) {
	t.Helper()
	m := &process.Muster{Binary: os.Args[0], DataDir: t.TempDir(), Log: io.Discard}
	var err error
	m.Address, err = process.FreeAddresses(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Kill()) })
	return m, again(t, m)
}

func again(t *testing.T, m *process.Muster) <-chan struct{} {
	t.Helper()
	exited, err := m.Start()
	require.NoError(t, err)
	for !m.Ready(t.Context()) {
		select {
		case <-exited:
			require.FailNow(t, "the stand-in ended")
		case <-t.Context().Done():
			require.NoError(t, t.Context().Err())
		default:
		}
	}
	return exited
}

func get(t *testing.T, m *process.Muster, path string) int {
	t.Helper()
	response, err := http.Get("http://" + m.Address.API + path)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

func TestAProcessIsKilledAndStartedAgainInTheSamePlace(t *testing.T) {
	t.Parallel()
	m, exited := start(t)
	_, err := m.Start()
	require.ErrorIs(t, err, process.ErrRunning)
	require.NoError(t, m.Kill())
	<-exited
	how, ours := m.Fate()
	require.True(t, ours)
	require.Contains(t, how, "killed")
	again(t, m)
	require.NoError(t, m.Stop(), "as Ctrl-C does, with exit code 0")
	require.False(t, m.Ready(t.Context()))
}

func TestAProcessThatDiesByItselfIsKnownByIt(t *testing.T) {
	t.Parallel()
	m, exited := start(t)
	response, err := http.Get("http://" + m.Address.API + "/die")
	if err == nil {
		response.Body.Close()
	}
	<-exited
	how, ours := m.Fate()
	require.False(t, ours)
	require.Equal(t, "exit status 3", how)
	require.NoError(t, m.Kill(), "there is nothing left to kill")
	require.Error(t, m.Stop(), "nor to stop")
}

func TestADiskIsFullForAWhile(t *testing.T) {
	t.Parallel()
	if !process.DiskCanFill {
		require.Error(t, (&process.Muster{}).FillDisk(true))
		return
	}
	m, _ := start(t)
	require.Equal(t, http.StatusOK, get(t, m, "/write"))
	require.NoError(t, m.FillDisk(true))
	require.Equal(t, http.StatusInsufficientStorage, get(t, m, "/write"))
	require.NoError(t, m.FillDisk(false))
	require.Equal(t, http.StatusOK, get(t, m, "/write"))
}

func TestAPausedProcessGoesOn(t *testing.T) {
	t.Parallel()
	m, _ := start(t)
	require.NoError(t, m.Pause())
	require.NoError(t, m.Resume())
	require.True(t, m.Ready(t.Context()))
	require.NoError(t, m.Pause())
	require.NoError(t, m.Kill(), "a paused process can be killed")
}

func TestTemporalsStoreIsDeletedWhileNothingRuns(t *testing.T) {
	t.Parallel()
	m, _ := start(t)
	folder := filepath.Join(m.DataDir, "temporal")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.ErrorIs(t, m.LoseTemporal(), process.ErrRunning)
	require.NoError(t, m.Kill())
	require.NoError(t, m.LoseTemporal())
	require.NoDirExists(t, folder)
}

func TestNothingOfOurEnvironmentReachesMuster(t *testing.T) {
	t.Setenv("MUSTER_CONFIG", "elsewhere.yaml")
	t.Setenv("TEMPORAL_ADDRESS", "elsewhere:7233")
	var log strings.Builder
	m := &process.Muster{Binary: os.Args[0], DataDir: t.TempDir(), Log: &log}
	var err error
	m.Address, err = process.FreeAddresses(t.Context())
	require.NoError(t, err)
	exited := again(t, m)
	require.NoError(t, m.Stop())
	<-exited
	require.Contains(t, log.String(), "running")
	require.NotContains(t, log.String(), "elsewhere")
	require.NoError(t, m.Kill())
}
