// Package sandbox stands in for Slack, PagerDuty and Jira, for a mail server, for a webhook and
// for Prometheus.
//
// A [Sandbox] is an [net/http.Handler] that speaks as much of the three vendors' HTTP
// APIs as Muster uses, closely enough that the vendors' usual Go clients (slack-go,
// go-pagerduty, go-jira) run against it unchanged. Whoever has no accounts yet can so
// run a whole incident on one machine and watch it on the page at /sandbox:
//
//	box, err := sandbox.Open(ctx, sandbox.Options{
//		Path:      "state/sandbox.db",
//		PublicURL: "http://127.0.0.1:8080",
//	})
//	mux.Handle("/sandbox", box)
//	mux.Handle("/sandbox/", box)
//	client := slack.New("any-token", slack.OptionAPIURL(box.SlackURL()))
//
// Beside the handler it opens a loopback port that speaks SMTP ([Sandbox.SMTPURL]). Mails
// are kept and shown; none is delivered.
//
// # What it promises
//
//   - An effect is on disk before its answer is sent: restarting, or killing, the
//     process loses nothing that a client was told of.
//   - Errors are the vendors' own: name_taken, code 2100, Jira's errors by field. What
//     the sandbox does not know it refuses, it never pretends that something worked.
//   - Vendors can be made to fail, at a rate, in the ways that vendors do
//     (POST /sandbox/faults). The mode timeout_after_effect is the one that finds
//     clients which do things twice.
//   - People act in Slack, on the page or by HTTP: they talk, type commands, press buttons,
//     fill in forms, react and pin. Muster is told in signed bodies as Slack sends them, or
//     over connections that it opens (Socket Mode), and events that it does not take are sent
//     again.
//   - Blocks and views are held to Slack's limits, and the app to its manifest.
//   - A person can move a ticket, and Jira's signed webhook is sent; and say what a query of
//     Prometheus gives, which is a sample otherwise and says so.
//
// # How it is laid out
//
// Every request runs in one SQLite transaction, and each vendor has a dispatcher
// (slack.go, pagerduty.go, jira.go, prometheus.go) that turns Go errors into that vendor's error
// bodies. [Sandbox] joins them with the faults (faults.go), the state document
// (state.go), and the page that renders that same document (page.go, slack_page.go). What
// people do in Slack is in slack_people.go and its neighbours, what Muster is told of it in
// slack_events.go, slack_delivery.go and slack_socket.go.
//
// Any non-empty credential is accepted and none is stored. The people, addresses and
// identifiers it serves are sample data.
package sandbox
