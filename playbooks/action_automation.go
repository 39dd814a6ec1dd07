package playbooks

import "time"

// automationActions ask or start something outside that is no vendor of the response.
var automationActions = []Action{
	{
		Name: HTTPRequest,
		Doc: "Sends an HTTP request. Every repetition carries the same header Idempotency-Key, by which the receiver can tell it from a new one. " +
			"Redirects are not followed, and private addresses are refused unless muster.yaml allows them.",
		Parameters: []Parameter{
			{Name: "url", Doc: "The whole address, http or https, without user and password.", Required: true, Type: AddressParameter},
			{
				Name: "method", Doc: "The method.", Default: "GET",
				Options: []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"},
			},
			{Name: "headers", Doc: "Headers by name. Credentials belong into secret(…).", Type: MapParameter, Secret: true},
			{Name: "body", Doc: "What is sent. It counts as JSON if it is JSON and no header Content-Type says otherwise.", Secret: true},
			{Name: "expect", Doc: "The statuses that mean success.", Default: "200-299", Type: StatusesParameter},
			{Name: "timeout", Doc: "How long one attempt may take, a minute at most.", Default: "10s", Type: DurationParameter, AtMost: time.Minute},
		},
		Outputs: []Output{
			{Name: "status", Doc: "The HTTP status.", Type: NumberOutput},
			{Name: "body", Doc: "What was answered, cut where it is long.", Type: TextOutput},
			{Name: "json", Doc: "The same where it is JSON; left out where it is long.", Type: AnyOutput},
		},
	},
	{
		Name: TemporalStart,
		Doc: "Starts a workflow of your own in Muster's namespace. Without an id it is started once for the step; with one, a workflow that runs under it already is adopted. " +
			"A step that is tried again after its workflow failed starts it anew.",
		Parameters: []Parameter{
			{Name: "workflow", Doc: "The workflow's type, as its workers register it.", Required: true},
			{Name: "task_queue", Doc: "The task queue that its workers serve; not one of Muster's.", Required: true},
			{Name: "input", Doc: "What it is started with: one JSON document.", Type: JSONParameter},
			{Name: "id", Doc: "The workflow's id; left out, one that belongs to this step of this incident."},
			{Name: "wait", Doc: "Whether the step is done only when the workflow is.", Default: "false", Options: []string{"true", "false"}},
		},
		Outputs: []Output{
			{Name: "workflow_id", Doc: "The workflow's id.", Type: TextOutput},
			{Name: "run_id", Doc: "The id of its run.", Type: TextOutput},
			{Name: "result", Doc: "What it returned, with wait; left out where it is long or no JSON.", Type: AnyOutput},
		},
	},
	{
		Name: TemporalSignal,
		Doc:  "Sends a signal to a workflow of your own in Muster's namespace. Temporal takes a repetition for the same one.",
		Parameters: []Parameter{
			{Name: "workflow_id", Doc: "The workflow's id; not one of Muster's.", Required: true},
			{Name: "signal", Doc: "The signal's name.", Required: true},
			{Name: "input", Doc: "What it carries: one JSON document.", Type: JSONParameter},
		},
	},
	{
		Name: PrometheusQuery, Doc: "Asks Prometheus for values of now. It changes nothing.",
		Parameters: []Parameter{{Name: "query", Doc: "The query, in PromQL.", Required: true}},
		Outputs: []Output{
			{Name: "value", Doc: "The only value, or the largest; left out where there is none.", Type: NumberOutput},
			{Name: "min", Doc: "The smallest value; left out where there is none.", Type: NumberOutput},
			{Name: "count", Doc: "How many values there are.", Type: NumberOutput},
			{Name: "values", Doc: "The values by their series, the largest first; some are left out where there are many.", Type: AnyOutput},
		},
	},
	{
		Name: PrometheusCollect, Doc: "Keeps what a metric did in the timeline, with its line. It changes nothing outside.",
		Parameters: []Parameter{
			{Name: "query", Doc: "The query, in PromQL.", Required: true},
			{Name: "title", Doc: "What the metric is called; left out, the query."},
			{Name: "unit", Doc: "A word behind the values: %, ms, requests/s."},
			{Name: "last", Doc: "How far back to look, 31 days at most.", Default: "30m", Type: DurationParameter, AtMost: 31 * 24 * time.Hour},
		},
		Outputs: []Output{
			{Name: "last", Doc: "The latest value, the largest where there are several; left out where there is none.", Type: NumberOutput},
			{Name: "min", Doc: "The smallest value of all; left out where there is none.", Type: NumberOutput},
			{Name: "max", Doc: "The largest value of all; left out where there is none.", Type: NumberOutput},
		},
	},
}
