package doctor

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/integrations"
	"muster/internal/temporalsetup"
	"muster/store"
	"muster/workflows"
)

// Temporal says how to reach Temporal.
type Temporal struct {
	// Options are those of [temporalsetup.ClientOptions], with address and namespace.
	Options client.Options
	// Err is why there are none.
	Err error
	// Embedded says that nothing names a Temporal, so that the one of a muster dev is looked
	// for.
	Embedded bool
	// APIKey is among the options, where it cannot be seen; it is here so that it can be kept
	// out of the report.
	APIKey integrations.Secret
}

// temporal examines the cluster, the namespace, and whether workers are there.
func (e *examination) temporal(ctx context.Context, n *notes) {
	if e.Temporal.Err != nil {
		n.wrong("%s", e.Temporal.Err).mend("mend the variables that begin with TEMPORAL_, or the profile in TEMPORAL_CONFIG_FILE")
		return
	}
	options := e.Temporal.Options
	if !e.temporalReachable(ctx, n, options) {
		return
	}
	c, err := temporalsetup.Dial(ctx, options)
	if err != nil {
		temporalRefuses(n, options, err)
		return
	}
	defer c.Close()
	system, err := c.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		temporalRefuses(n, options, err)
		return
	}
	n.fine("Temporal answers at %s, version %s", options.HostPort, cmp.Or(system.GetServerVersion(), "unknown"))
	if e.namespace(ctx, n, c, options) {
		e.restored(ctx, n, c)
		e.pollers(ctx, n, c, options.Namespace)
	}
}

// restored examines whether the database is older than Temporal. It says nothing where it is
// not, since that cannot be told for sure.
func (e *examination) restored(ctx context.Context, n *notes, c client.Client) {
	if e.Behind == nil {
		return
	}
	e.withDatabase(ctx, func(db *store.Store) {
		// What does not answer is examined elsewhere.
		if id, err := e.Behind(ctx, c, db); err == nil && id != "" {
			n.wrong("the database is older than Temporal, which knows %s already: it was restored from a backup, and muster restored was not run", id).
				mend("stop all servers and workers, run muster restored, and start them: until then a new incident may take the place of a lost one, and nobody is paged")
		}
	})
}

// temporalReachable tries the network and TLS first: all that the SDK says of them is that
// it gave up.
func (e *examination) temporalReachable(ctx context.Context, n *notes, options client.Options) bool {
	address := &url.URL{Scheme: "https", Host: options.HostPort}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: address}); err == nil && proxy != nil {
		return true // as far as can be seen without it
	}
	configuration := options.ConnectionOptions.TLS
	if configuration != nil {
		configuration = configuration.Clone()
		configuration.NextProtos = []string{"h2"} // without it, gRPC servers hang up
		if authority := options.ConnectionOptions.Authority; configuration.ServerName == "" && authority != "" {
			configuration.ServerName = authority
			if host, _, err := net.SplitHostPort(authority); err == nil {
				configuration.ServerName = host
			}
		}
	}
	err := handshake(ctx, options.HostPort, configuration)
	words, mend, known := unreachable(err, options.HostPort)
	switch {
	case err == nil:
		return true
	case e.Temporal.Embedded:
		n.wrong("no Temporal of a muster dev answers at %s: %s", options.HostPort, cmp.Or(words, err.Error())).
			mend("start muster dev, or name your own cluster in TEMPORAL_ADDRESS")
	case known:
		n.wrong("Temporal cannot be reached: %s", words).mend("%s; its address is that of TEMPORAL_ADDRESS, its TLS that of TEMPORAL_TLS…", mend)
	default:
		n.wrong("Temporal cannot be reached at %s: %s", options.HostPort, err).
			mend("check TEMPORAL_ADDRESS, and with TLS the certificates of TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_SERVER_CA_CERT_PATH")
	}
	return false
}

// temporalRefuses notes why the first conversation failed.
func temporalRefuses(n *notes, options client.Options, err error) {
	const port = "check that TEMPORAL_ADDRESS is the port of the frontend (7233), not that of the web UI"
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &denied):
		n.wrong("%s", err).mend("make an API key or a certificate that is valid and for the namespace %s, and set it", options.Namespace)
	case options.ConnectionOptions.TLS == nil:
		n.wrong("%s", err).mend("%s; if the server wants TLS, set TEMPORAL_TLS=true, or its certificates", port)
	default:
		n.wrong("%s", err).mend("%s; and that the API key or the certificate is valid", port)
	}
}

// namespace examines the namespace and says whether there is one.
func (e *examination) namespace(ctx context.Context, n *notes, c client.Client, options client.Options) bool {
	findings, err := temporalsetup.Check(ctx, c, options.Namespace, workflows.SearchAttributes())
	if err != nil {
		n.wrong("%s", err).mend("give the API key or the certificate access to the namespace, or mend TEMPORAL_NAMESPACE")
		return false
	}
	for _, finding := range findings {
		found := n.warn
		if finding.Blocking {
			found = n.wrong
		}
		found("%s", finding.Problem).mend("run muster setup, or: %s", strings.Join(finding.Mend, "; "))
	}
	if len(findings) == 0 {
		n.fine("the namespace %s is there, keeps finished workflows long enough, and knows Muster's search attributes", options.Namespace)
	}
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: options.Namespace})
	var missing *serviceerror.NamespaceNotFound
	return !errors.As(err, &missing)
}

// pollers examines whether workers ask for work in each of the task queues.
func (e *examination) pollers(ctx context.Context, n *notes, c client.Client, namespace string) {
	workers := map[string]bool{}
	var idle []string
	for _, queue := range workflows.TaskQueues() {
		kinds := []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_ACTIVITY}
		if queue == workflows.TaskQueue {
			kinds = append(kinds, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		}
		for _, kind := range kinds {
			described, err := c.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
				Namespace: namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, TaskQueueType: kind,
			})
			if err != nil {
				n.wrong("the task queue %s cannot be described: %s", queue, err).mend("give the credentials the right to read the namespace")
				return
			}
			if len(described.GetPollers()) == 0 && !slices.Contains(idle, queue) {
				idle = append(idle, queue)
			}
			for _, poller := range described.GetPollers() {
				workers[poller.GetIdentity()] = true
			}
		}
	}
	if len(idle) > 0 {
		n.wrong("nobody works on %s: what is due there waits", strings.Join(idle, ", ")).
			mend("start muster worker (or muster all, or muster dev), with the same TEMPORAL_NAMESPACE as here")
		return
	}
	// Temporal names those who asked for work within the last minutes, also when they have
	// gone since.
	if e.Pulse != nil {
		if err := e.Pulse(ctx, c, namespace); err != nil {
			n.wrong("no worker takes work, though %s asked for some within the last minutes: %s", counted(len(workers), "process"), err).
				mend("start muster worker, or look at the logs of those that run: nobody is paged until then")
			return
		}
	}
	n.fine("%s at work, on all %s", counted(len(workers), "worker process"), counted(len(workflows.TaskQueues()), "task queue"))
}
