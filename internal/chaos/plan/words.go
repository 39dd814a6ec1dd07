package plan

// What the plan's alerts and people say. Services and severities are those of the sample
// catalogue that `muster dev` uses.
var (
	services        = []string{"checkout", "payments", "search", "identity", "platform"}
	severities      = []string{"SEV1", "SEV2", "SEV3", "SEV4"}
	alertSeverities = []string{"critical", "error", "warning", "info"}
	alertNames      = []string{"HighErrorRate", "HighLatency", "InstanceDown", "QueueGrows", "DiskAlmostFull"}
	people          = []string{"Sample Responder", "Sample Commander", "Sample Scribe", "Sample Lead"}
	titles          = []string{"Orders fail", "Pages are slow", "Nobody can sign in", "Search finds nothing", "Refunds hang"}
	observations    = []string{
		"The error rate rises since the last deploy", "Only one zone is affected", "Rolled back to the release before",
		"The database has no free connections", "Restarted the consumers", "Latency is back to normal", "Nothing unusual in the logs",
	}
	updates = []string{
		"We know of the trouble and are looking for its cause", "A fix is on its way", "Most requests succeed again",
		"People should no longer notice anything",
	}
	chores = []string{"Ask the network team for their logs", "Save the heap dump", "Warn the support desk", "Freeze deployments"}
	work   = []string{"Alert before the pool runs dry", "Test the failover", "Bound the queue", "Write the runbook"}
	roles  = []string{"commander", "communications", "scribe"}
)
