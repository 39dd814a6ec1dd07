//go:build !slim

package temporalserver_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/internal/temporalserver"
	"muster/internal/temporalserver/temporaltest"
)

var (
	severity = temporal.NewSearchAttributeKeyKeyword("Severity")
	service  = temporal.NewSearchAttributeKeyKeyword("Service")
)

// greet is a workflow that can be searched for.
func greet(ctx workflow.Context, name string) (string, error) {
	if err := workflow.UpsertTypedSearchAttributes(ctx, severity.ValueSet("sev1")); err != nil {
		return "", err
	}
	return "hello " + name, nil
}

func startOn(t *testing.T, options temporalserver.Options) *temporalserver.Server {
	t.Helper()
	options.Logger = temporaltest.Logger(t)
	server, err := temporalserver.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}

func dial(t *testing.T, server *temporalserver.Server) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: server.FrontendAddress()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func runGreeting(t *testing.T, c client.Client, id string) {
	t.Helper()
	w := worker.New(c, "greetings", worker.Options{})
	w.RegisterWorkflow(greet)
	require.NoError(t, w.Start())
	defer w.Stop()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "greetings"}, greet, "world")
	require.NoError(t, err)
	var greeting string
	require.NoError(t, run.Get(t.Context(), &greeting))
	require.Equal(t, "hello world", greeting)
}

// requireListed waits until a search finds exactly the given workflow:
// Temporal's visibility follows its histories with a short delay.
func requireListed(t *testing.T, c client.Client, query, id string) {
	t.Helper()
	for {
		page, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		require.NoError(t, err)
		if found := page.GetExecutions(); len(found) > 0 {
			require.Len(t, found, 1)
			require.Equal(t, id, found[0].GetExecution().GetWorkflowId())
			return
		}
	}
}

func TestWorkflowsAndTheirSearchAttributesSurviveARestart(t *testing.T) {
	t.Parallel()
	options := temporalserver.Options{
		DataDir:          filepath.Join(t.TempDir(), "not there yet", "100% of #1?"),
		UIListen:         "localhost:0",
		SearchAttributes: []temporal.SearchAttributeKey{severity},
	}

	first := startOn(t, options)
	require.Empty(t, first.Replaced())
	require.NoError(t, first.Check(t.Context()))
	c := dial(t, first)
	runGreeting(t, c, "before")
	requireListed(t, c, `Severity = "sev1"`, "before")
	c.Close()
	require.NoError(t, first.Stop())
	require.NoError(t, first.Stop(), "stopping again changes nothing")

	second := startOn(t, options)
	require.Empty(t, second.Replaced())
	c = dial(t, second)
	requireListed(t, c, `Severity = "sev1" AND ExecutionStatus = "Completed"`, "before")
	var greeting string
	require.NoError(t, c.GetWorkflow(t.Context(), "before", "").Get(t.Context(), &greeting))
	require.Equal(t, "hello world", greeting)
	runGreeting(t, c, "after")
}

func TestFinishedWorkflowsAreKeptForThirtyDays(t *testing.T) {
	t.Parallel()
	c := dial(t, temporaltest.Start(t))

	namespace, err := c.WorkflowService().DescribeNamespace(t.Context(),
		&workflowservice.DescribeNamespaceRequest{Namespace: "default"})

	require.NoError(t, err)
	require.Equal(t, temporalserver.Retention, namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
}

func TestWebUIServesPagesAndReachesTheServer(t *testing.T) {
	t.Parallel()
	server := startOn(t, temporalserver.Options{DataDir: t.TempDir(), UIListen: "127.0.0.1:0", Namespace: "muster"})

	require.Contains(t, get(t, server.UIURL()+"/"), "<!doctype html>")
	require.Contains(t, get(t, server.UIURL()+"/api/v1/namespaces/muster"), `"muster"`)
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	return string(body)
}

func TestSearchAttributesCanBeAddedLaterButKeepTheirType(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(attributes ...temporal.SearchAttributeKey) (*temporalserver.Server, error) {
		return temporalserver.Start(t.Context(), temporalserver.Options{
			DataDir: dir, SearchAttributes: attributes, Logger: temporaltest.Logger(t),
		})
	}
	server, err := start(severity)
	require.NoError(t, err)
	require.NoError(t, server.Stop())

	server, err = start(severity, service)
	require.NoError(t, err)
	count, err := dial(t, server).CountWorkflow(t.Context(),
		&workflowservice.CountWorkflowExecutionsRequest{Query: `Service = "checkout"`})
	require.NoError(t, err)
	require.Zero(t, count.GetCount())
	require.NoError(t, server.Stop())

	_, err = start(temporal.NewSearchAttributeKeyInt64("Severity"))
	require.ErrorContains(t, err, "the search attribute Severity is of the type Keyword instead of Int, and a type cannot be changed")

	_, err = start(severity, severity)
	require.ErrorContains(t, err, `search attribute "Severity" is given twice`)
}

func TestOneDataDirServesOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startOn(t, temporalserver.Options{DataDir: dir})

	_, err := temporalserver.Start(t.Context(), temporalserver.Options{DataDir: dir})

	require.ErrorIs(t, err, temporalserver.ErrInUse)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "--data-dir")
	require.NoError(t, first.Check(t.Context()), "the first one goes on")
}

func TestAddressThatIsTakenIsNamedWithItsFlag(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	address := taken.Addr().String()

	for flag, options := range map[string]temporalserver.Options{
		temporalserver.FlagFrontend: {FrontendListen: address},
		temporalserver.FlagUI:       {UIListen: address},
	} {
		options.DataDir = filepath.Join(t.TempDir(), "untouched")
		_, err := temporalserver.Start(t.Context(), options)
		require.ErrorIs(t, err, temporalserver.ErrAddressTaken)
		require.ErrorContains(t, err, address)
		require.ErrorContains(t, err, flag)
		require.NoDirExists(t, options.DataDir, "found before anything is made")
	}
}

func TestAddressMustBeALoopbackHostAndPort(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"0.0.0.0:7233":      "loopback only: use 127.0.0.1:7233",
		":7233":             "loopback only: use 127.0.0.1:7233",
		"192.0.2.7:7233":    "loopback only",
		"[::]:7233":         "loopback only",
		"temporal.test:0":   "loopback only",
		"127.0.0.1":         "want host:port",
		"127.0.0.1:http":    "must be a number",
		"127.0.0.1:70000":   "must be a number",
		"localhost:7233:80": "want host:port",
	} {
		_, err := temporalserver.Start(t.Context(), temporalserver.Options{DataDir: t.TempDir(), FrontendListen: address})
		require.ErrorContains(t, err, want, address)
		require.ErrorContains(t, err, temporalserver.FlagFrontend, address)
	}
}

func TestDataDirThatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	dir := filepath.Join(file, "below")

	_, err := temporalserver.Start(t.Context(), temporalserver.Options{DataDir: dir})

	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "--data-dir")

	_, err = temporalserver.Start(t.Context(), temporalserver.Options{})
	require.ErrorContains(t, err, "DataDir and Options.PostgresURL are empty")
}

func TestStoreWithAnotherSchemaIsSetAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "temporal", "temporal.db")
	require.NoError(t, os.Mkdir(filepath.Dir(store), 0o700))
	db, err := sql.Open("sqlite", store)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE relic (id INTEGER); PRAGMA user_version = 7")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	relic, err := os.ReadFile(store)
	require.NoError(t, err)

	server := startOn(t, temporalserver.Options{DataDir: dir})

	require.Regexp(t, `^`+regexp.QuoteMeta(dir)+`/temporal\.replaced-\d{8}T\d{6}Z$`, server.Replaced())
	kept, err := os.ReadFile(filepath.Join(server.Replaced(), "temporal.db"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(relic, kept), "byte for byte")
	requireStarts(t, server)
}

// requireStarts shows that workflows can be started.
func requireStarts(t *testing.T, server *temporalserver.Server) {
	t.Helper()
	run, err := dial(t, server).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "nobody"}, "any")
	require.NoError(t, err)
	require.NotEmpty(t, run.GetRunID())
}

func TestStoreThatIsNoDatabaseIsReportedAndLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "temporal", "temporal.db")
	require.NoError(t, os.Mkdir(filepath.Dir(store), 0o700))
	require.NoError(t, os.WriteFile(store, []byte("this has never been a database"), 0o600))

	_, err := temporalserver.Start(t.Context(), temporalserver.Options{DataDir: dir})

	require.ErrorContains(t, err, store)
	require.ErrorContains(t, err, "to start with a new one")
	left, err := os.ReadFile(store)
	require.NoError(t, err)
	require.Equal(t, "this has never been a database", string(left))
}

func TestCancelledStartLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	_, err := temporalserver.Start(ctx, temporalserver.Options{DataDir: dir})
	require.ErrorIs(t, err, context.Canceled)

	startOn(t, temporalserver.Options{DataDir: dir})
}

func TestStopEndsTheServerWithoutAnError(t *testing.T) {
	t.Parallel()
	server := startOn(t, temporalserver.Options{DataDir: t.TempDir(), UIListen: "127.0.0.1:0"})
	require.NoError(t, server.Err())

	require.NoError(t, server.Stop())

	<-server.Done()
	require.NoError(t, server.Err())
	require.Error(t, server.Check(t.Context()))
	for _, address := range []string{server.FrontendAddress(), server.UIURL()[len("http://"):]} {
		listener, err := net.Listen("tcp", address)
		require.NoError(t, err, "the port is free again")
		require.NoError(t, listener.Close())
	}
}

func TestEveryKindOfSearchAttributeCanBeRegistered(t *testing.T) {
	t.Parallel()
	keys := []temporal.SearchAttributeKey{
		severity,
		temporal.NewSearchAttributeKeyString("Title"),
		temporal.NewSearchAttributeKeyInt64("Alerts"),
		temporal.NewSearchAttributeKeyFloat64("Burn"),
		temporal.NewSearchAttributeKeyBool("Drill"),
		temporal.NewSearchAttributeKeyTime("DeclaredAt"),
		temporal.NewSearchAttributeKeyKeywordList("Roles"),
	}
	require.Equal(t, enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST, keys[6].GetValueType())

	require.NoError(t, temporaltest.Start(t, keys...).Check(t.Context()))
}

// moveDataDir gives a data directory another path, as another process would see
// it: this one keeps its connection to the old path, see Stop.
func moveDataDir(t *testing.T, options *temporalserver.Options) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(options.DataDir, to))
	options.DataDir = to
}

func TestStoreOfAnotherOwnerIsSetAside(t *testing.T) {
	t.Parallel()
	options := temporalserver.Options{
		DataDir: filepath.Join(t.TempDir(), "data"), Owner: "cad6d1c7", SearchAttributes: []temporal.SearchAttributeKey{severity},
	}
	first := startOn(t, options)
	c := dial(t, first)
	runGreeting(t, c, "INC-1")
	c.Close()
	require.NoError(t, first.Stop())

	moveDataDir(t, &options)
	options.Owner = "0badcafe"
	second := startOn(t, options)

	require.Contains(t, second.ReplacedBecause(), "another database")
	require.FileExists(t, filepath.Join(second.Replaced(), "temporal.db"))
	_, err := dial(t, second).DescribeWorkflowExecution(t.Context(), "INC-1", "")
	var missing *serviceerror.NotFound
	require.ErrorAs(t, err, &missing, "the new owner's INC-1 is another incident")
	require.NoError(t, second.Stop())

	third := startOn(t, options)
	require.Empty(t, third.Replaced(), "from now on it is this owner's")
}

func TestStoreWithoutAnOwnerBecomesTheFirstOnes(t *testing.T) {
	t.Parallel()
	options := temporalserver.Options{
		DataDir: filepath.Join(t.TempDir(), "data"), SearchAttributes: []temporal.SearchAttributeKey{severity},
	}
	first := startOn(t, options)
	c := dial(t, first)
	runGreeting(t, c, "INC-1")
	c.Close()
	require.NoError(t, first.Stop())

	options.Owner = "cad6d1c7"
	second := startOn(t, options)

	require.Empty(t, second.Replaced())
	require.Empty(t, second.ReplacedBecause())
	_, err := dial(t, second).DescribeWorkflowExecution(t.Context(), "INC-1", "")
	require.NoError(t, err)
	require.NoError(t, second.Stop())

	moveDataDir(t, &options)
	options.Owner = "0badcafe"
	third := startOn(t, options)
	require.NotEmpty(t, third.Replaced())
}
