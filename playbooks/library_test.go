package playbooks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"muster/incident"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func builtIn(t *testing.T) playbooks.Library {
	t.Helper()
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	return library
}

// followed names the playbook of a new incident with that alert.
func followed(t *testing.T, library playbooks.Library, labels map[string]string) string {
	t.Helper()
	chosen, err := library.Choose("", playbooks.Selection{
		Title: labels["alertname"], Severity: "SEV2", Scale: []incident.SeverityLevel{{Name: "SEV1"}, {Name: "SEV2"}},
		Service: incident.Service{Name: "checkout"},
		Alert:   &incident.Alert{Name: labels["alertname"], Source: "alertmanager", Labels: labels},
	})
	require.NoError(t, err)
	require.Empty(t, chosen.Notes)
	return chosen.Playbook.Name
}

func TestNothingIsFoundInTheBuiltInPlaybooks(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("library/*.yaml")
	require.NoError(t, err)
	var files []playbooks.File
	for _, name := range names {
		if !playbooks.IsPlaybook(name) {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.FileExists(t, strings.TrimSuffix(name, ".yaml")+".test.yaml", "every playbook has scenarios")
		files = append(files, playbooks.File{Name: name, Text: text})
	}
	library, findings := playbooks.Check(nil, files, playbooks.Catalogue{})
	require.Empty(t, findings, findings.Error())
	require.Equal(t, library.Names(), builtIn(t).Names(), "files of scenarios are no playbooks")
	require.Len(t, library, len(files))
	require.GreaterOrEqual(t, len(files), 13)
}

func TestTheAlertsOfCommonRuleCollectionsFindTheirPlaybook(t *testing.T) {
	t.Parallel()
	library, wrong := builtIn(t), map[string]string{}
	for playbook, alerts := range map[string][]string{
		"disk-full": {
			"KubePersistentVolumeFillingUp", "KubePersistentVolumeInodesFillingUp", "NodeFilesystemSpaceFillingUp", "NodeFilesystemAlmostOutOfSpace",
			"NodeFilesystemAlmostOutOfFiles", "NodeFilesystemFilesFillingUp", "HostOutOfDiskSpace", "HostDiskWillFillIn24Hours", "HostOutOfInodes",
			"KubernetesVolumeOutOfDiskSpace", "KubernetesVolumeFullInFourDays", "ElasticsearchDiskOutOfSpace", "CephOSDNearFull", "DiskFull",
		},
		"certificate-expiry": {
			"CertManagerCertExpirySoon", "CertManagerCertNotReady", "BlackboxSslCertificateWillExpireSoon", "BlackboxSslCertificateExpired",
			"KubeClientCertificateExpiration", "KubeletServerCertificateExpiration", "KubeletClientCertificateRenewalErrors",
		},
		"database-failover": {
			"PostgresqlDown", "PostgresqlReplicationLag", "MysqlDown", "MysqlSlaveIoThreadNotRunning", "MysqlSlaveReplicationLag", "MongodbDown",
			"RedisDown", "RedisMissingMaster", "RedisReplicationBroken", "PatroniHasNoLeader", "CNPGClusterOffline", "CNPGClusterHighReplicationLagWarning",
			"etcdNoLeader", "etcdInsufficientMembers",
		},
		"dns": {
			"CoreDNSDown", "CoreDNSLatencyHigh", "CoreDNSErrorsHigh", "CoreDNSForwardErrorsHigh", "CorednsPanicCount", "KubeDNSRequestsSlow", "BlackboxDnsProbeFailed",
		},
		"queue-backlog": {
			"KafkaConsumersGroup", "KafkaConsumerLag", "RabbitmqTooManyUnackMessages", "RabbitmqTooManyReadyMessages", "RabbitmqNoConsumer",
			"RabbitmqDeadLetterQueueFillingUp", "RabbitmqSlowQueueConsuming", "SidekiqQueueSize", "QueueBacklog",
		},
		"bad-deploy": {
			"KubePodCrashLooping", "KubernetesPodCrashLooping", "KubeDeploymentRolloutStuck", "KubeStatefulSetUpdateNotRolledOut", "KubeDaemonSetRolloutStuck",
			"KubeDeploymentGenerationMismatch", "ArgoCdAppUnhealthy", "CanaryFailed", "HelmReleaseFailed",
		},
		"provider-outage": {"UpstreamUnavailable", "DependencyDown", "ProviderOutage", "ThirdPartyErrors", "RegionOutage", "ZoneDown"},
		"saturation": {
			"CPUThrottlingHigh", "NodeCPUHighUsage", "NodeMemoryHighUtilization", "NodeSystemSaturation", "NodeFileDescriptorLimit", "KubeHpaMaxedOut",
			"KubernetesHpaScaleMaximum", "KubeCPUOvercommit", "KubeMemoryOvercommit", "KubeletTooManyPods", "KubeQuotaFullyUsed", "HostOutOfMemory",
			"HostHighCpuLoad", "HostOomKillDetected", "HostSwapIsFillingUp", "PostgresqlTooManyConnections", "MysqlTooManyConnections",
		},
		"latency": {
			"KubeAPILatencyHigh", "IstioHighRequestLatency", "NginxLatencyHigh", "BlackboxProbeSlowHttp", "HighLatency", "MysqlSlowQueries", "SlowQueries", "UpstreamLatencyHigh",
		},
		"error-rate-burn": {
			"KubeAPIErrorBudgetBurn", "ErrorBudgetBurn", "APIHighErrorRate", "HighErrorRate", "NginxHighHttp5xxErrorRate", "IstioHigh5xxResponseRate",
			"HaproxyHighHttp5xxErrorRateBackend",
		},
		"data-loss": {"CephObjectMissing", "CephPGsDamaged", "OrdersDataMissing", "PostgresqlDataCorruption", "ChecksumFailures"},
		"security":  {"GuardDutyFinding", "SuspiciousLogin", "CredentialLeaked", "RansomwareNote", "UnauthorizedAccess"},
		"default": {
			"Watchdog", "InstanceDown", "TargetDown", "KubeNodeNotReady", "PrometheusTSDBWALCorruptions", "NodeClockSkewDetected", "AlertmanagerFailedReload",
			"PayoutsStopped", "ZoomRoomsOffline",
		},
	} {
		for _, alert := range alerts {
			if got := followed(t, library, map[string]string{"alertname": alert}); got != playbook {
				wrong[alert] = got + " rather than " + playbook
			}
		}
	}
	require.Empty(t, wrong)
	require.Equal(t, "latency", followed(t, library, map[string]string{"alertname": "ErrorBudgetBurn", "slo": "checkout-latency"}))
	require.Equal(t, "security", followed(t, library, map[string]string{"alertname": "TerminalShellInContainer", "source": "falco"}))
}

func TestAnAlertsLabelNamesTheBuiltInPlaybook(t *testing.T) {
	t.Parallel()
	library := builtIn(t)
	for _, name := range library.Names() {
		for _, alert := range []string{"Anything", "DiskFull", "CredentialLeaked", "HighErrorRate"} {
			require.Equal(t, name, followed(t, library, map[string]string{"alertname": alert, "playbook": name}), alert)
		}
	}
}

func TestATeamsOwnConditionGoesBeforeTheBuiltInOnes(t *testing.T) {
	t.Parallel()
	library := builtIn(t)
	priorities := map[int]string{}
	for name, p := range library {
		if name == playbooks.Default {
			require.Empty(t, p.When)
			continue
		}
		require.NotEmpty(t, p.When, name)
		require.Negative(t, p.Priority, name)
		require.Empty(t, priorities[p.Priority], "%s has the same priority", name)
		priorities[p.Priority] = name
	}
	own, err := library.Load(fstest.MapFS{"ours.yaml": {Data: []byte("name: ours\nextends: default\nwhen: incident.service.name == \"checkout\"\n")}}, ".")
	require.NoError(t, err)
	require.Equal(t, "ours", followed(t, own, map[string]string{"alertname": "CredentialLeaked"}))
}

func TestTheBuiltInPlaybooksAreWholeWhateverTakesThePlaceOfOne(t *testing.T) {
	t.Parallel()
	own, err := builtIn(t).Load(fstest.MapFS{
		"default.yaml":    {Data: []byte("name: default\nsteps: [{id: look, title: Look}]\n")},
		"bad-deploy.yaml": {Data: []byte("name: bad-deploy\nextends: bad-deploy\nremove: [freeze]\n")},
	}, ".")
	require.NoError(t, err)
	require.Len(t, own[playbooks.Default].Steps, 1)
	require.Equal(t, builtIn(t)["disk-full"].Version, own["disk-full"].Version)
	require.Len(t, own["bad-deploy"].Steps, len(builtIn(t)["bad-deploy"].Steps)-1)
}

func TestTheRestrictedPlaybookTellsNobodyWhatItIsAbout(t *testing.T) {
	t.Parallel()
	security := builtIn(t)["security"]
	look := func(id, do string, with playbooks.Parameters) {
		switch do {
		case playbooks.SlackCreateChannel:
			require.Equal(t, "true", with["private"])
		case playbooks.PagerDutyPage:
			require.Equal(t, "false", with["details"], id)
		case playbooks.SlackAlert, playbooks.MailSend, playbooks.JiraCreateIssue:
		case playbooks.WebhookPost, playbooks.HTTPRequest, playbooks.TemporalStart:
			require.Fail(t, "it carries the title", id)
		default:
			return // within the channel, or within Muster
		}
		for parameter, text := range with {
			for _, telling := range []string{"incident.title", "incident.summary", "incident.slug", "incident.update", "followup.title", "step.title", "step.error", "event.text"} {
				require.NotContains(t, text, telling, "%s of %s", parameter, id)
			}
		}
	}
	for _, s := range security.Steps {
		look(s.ID, s.Do, s.With)
	}
	for _, h := range security.Hooks {
		look(h.ID, h.Do, h.With)
	}
}
