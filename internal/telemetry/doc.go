// Package telemetry lets operators see whether Muster does its part: metrics for
// Prometheus, traces for OpenTelemetry, and logs.
//
// A [Telemetry] is made once per process by [Start] and joined to the parts at four places:
//
//   - [Telemetry.Connect] joins it to Temporal's client, and so to every worker that is made
//     of that client: the SDK's own metrics, its log, the trace that goes with each workflow
//     and activity, and an interceptor that measures what each activity does to the world.
//   - [Telemetry.HandOver] wraps the moment in which the dispatcher hands what was accepted
//     to an incident's workflow.
//   - [Telemetry.Watch] has open incidents and follow-ups counted.
//   - [Telemetry.TracerProvider] is for the API, which begins the traces.
//
// What matters most is how long it takes from an alert to a page. That way leads through
// two processes and a queue, so the moment of acceptance travels along: the dispatcher
// puts it into the context ([WithAcceptedAt]), Temporal carries it in a header to the
// workflow and on to its activities, and the call by which the pager takes the page is
// compared with it.
//
// Nothing here holds a secret. Spans of calls to vendors are named after the operation and
// have no address, no query, no header and no body; their errors are those of package
// integrations, from which credentials are removed.
//
// docs/telemetry.md describes every metric. A test there compares it, the alert rules and
// the dashboard with what is registered.
package telemetry
