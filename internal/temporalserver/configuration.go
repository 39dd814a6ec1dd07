//go:build !slim

package temporalserver

import (
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
)

const (
	clusterName = "active"

	// historyShards is fixed for the life of a store. Four let two cores work on
	// one file without the idle cost of Temporal's hundreds.
	historyShards = 4

	// queuePollsPerSecond bounds how often each shard looks into its task
	// queues. Temporal's default of 20 adds up to 50 ms to every step of a
	// workflow, out of consideration for a database that hundreds of shards share.
	queuePollsPerSecond = 1000
)

// storeConfig opens the SQLite file so that whatever was acknowledged is on
// disk. It sets no connection limit: Temporal's default of one writer is what
// SQLite wants, and more of them fail on each other's locks.
func storeConfig(path string) *config.SQL {
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: escapeURI(path),
		ConnectAttributes: map[string]string{
			"mode":         "rwc",
			"journal_mode": "wal",
			"synchronous":  "2",     // FULL: flush at every commit, against power loss
			"busy_timeout": "10000", // milliseconds
		},
	}
}

// escapeURI makes a path fit for an SQLite URI, where these characters have a
// meaning of their own.
func escapeURI(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
}

// addresses says where the four services that make up a server listen.
type addresses struct {
	frontend, history, matching, worker netip.AddrPort
}

// serverConfig describes a cluster of one.
func serverConfig(persistence config.Persistence, at addresses) *config.Config {
	const disabled = "disabled"
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{
				MaxJoinDuration:  30 * time.Second,
				BroadcastAddress: at.frontend.Addr().String(),
			},
		},
		Persistence: persistence,
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {
					Enabled:                true,
					InitialFailoverVersion: 1,
					RPCAddress:             at.frontend.String(),
				},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			string(primitives.FrontendService): service(at.frontend),
			string(primitives.HistoryService):  service(at.history),
			string(primitives.MatchingService): service(at.matching),
			string(primitives.WorkerService):   service(at.worker),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: disabled},
			Visibility: config.VisibilityArchival{State: disabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: disabled},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: disabled},
			},
		},
		PublicClient: config.PublicClient{HostPort: at.frontend.String()},
	}
}

func service(at netip.AddrPort) config.Service {
	return config.Service{RPC: config.RPC{
		GRPCPort: int(at.Port()),
		BindOnIP: at.Addr().String(),
	}}
}

// staticHosts tells the services where the others are. Without it they would
// gossip about who is alive, on four ports more, and after a kill -9 wait for
// the dead.
func staticHosts(at addresses) map[primitives.ServiceName]static.Hosts {
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(at.frontend.String()),
		primitives.HistoryService:  static.SingleLocalHost(at.history.String()),
		primitives.MatchingService: static.SingleLocalHost(at.matching.String()),
		primitives.WorkerService:   static.SingleLocalHost(at.worker.String()),
	}
}

// dynamicConfig holds the settings that Temporal reads while it runs. historyEvents is
// [Options.HistoryEvents].
func dynamicConfig(historyEvents int) dynamicconfig.StaticClient {
	settings := dynamicconfig.StaticClient{
		dynamicconfig.TransferProcessorMaxPollRPS.Key():   queuePollsPerSecond,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():      queuePollsPerSecond,
		dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): queuePollsPerSecond,

		// One partition of a task queue is plenty for one process, and saves
		// forwarding tasks between partitions.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// It would call Temporal's makers over the internet.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}
	if historyEvents > 0 {
		settings[dynamicconfig.HistoryCountSuggestContinueAsNew.Key()] = historyEvents
	}
	return settings
}
