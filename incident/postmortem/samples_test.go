package postmortem_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// drama plays an incident through the domain's own rules.
type drama struct {
	t      *testing.T
	id     incident.ID
	now    time.Time
	state  incident.State
	events []incident.Event
}

func begin(t *testing.T, id incident.ID, at string) *drama {
	t.Helper()
	now, err := time.Parse("2006-01-02 15:04:05", at)
	require.NoError(t, err)
	return &drama{t: t, id: id, now: now}
}

// after lets time pass.
func (d *drama) after(pause time.Duration) *drama {
	d.now = d.now.Add(pause)
	return d
}

// does gives a command that must be accepted.
func (d *drama) does(actor incident.Actor, intents ...incident.Intent) *drama {
	d.t.Helper()
	for _, intent := range intents {
		command := incident.Command{Incident: d.id, Actor: actor, Source: "api", Intent: intent}
		events, err := incident.Decide(d.state, command, d.now)
		require.NoError(d.t, err)
		for _, e := range events {
			d.state = incident.Apply(d.state, e)
		}
		d.events = append(d.events, events...)
	}
	return d
}

var (
	alertmanager = incident.VendorActor("Alertmanager")
	muster       = incident.MusterActor()
	first        = incident.PersonActor("First Responder")
	second       = incident.PersonActor("Second Responder")
	scribe       = incident.PersonActor("Sample Scribe")
)

func scale() []incident.SeverityLevel {
	return []incident.SeverityLevel{
		{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute},
		{Name: "SEV2", Pager: "error", UpdateEvery: time.Hour},
		{Name: "SEV3", Pager: "warning"},
	}
}

func declare(title, summary string, severity incident.Severity, service string) incident.Declare {
	return incident.Declare{
		Title: title, Summary: summary, Severity: severity, Scale: scale(),
		Service: incident.Service{Name: service, Team: "platform", TrackerProject: "OPS"},
	}
}

func playbook() incident.AttachPlaybook {
	return incident.AttachPlaybook{
		Playbook: incident.PlaybookRef{Name: "default", Version: "7c1d20"},
		Roles: []incident.Role{
			{ID: "commander", Title: "Incident Commander"},
			{ID: "scribe", Title: "Scribe"},
		},
		Steps: []incident.Step{
			{ID: "page", Title: "Page the people on call", Kind: incident.Automatic, State: incident.Pending, Do: "pagerduty.page"},
			{ID: "channel", Title: "Open the channel", Kind: incident.Automatic, State: incident.Pending, Do: "slack.create_channel"},
			{ID: "rollback", Title: "Roll back the last deployment", Kind: incident.Manual, State: incident.Pending, Role: "commander"},
			{ID: "failover", Title: "Fail over to the other region", Kind: incident.Approval, State: incident.Pending, Role: "commander"},
		},
		Document: json.RawMessage(`{"sample":true}`),
	}
}

func alert(name, summary string, at time.Time) incident.Alert {
	return incident.Alert{
		Fingerprint: name + summary, Name: name, StartsAt: at, Source: "alertmanager",
		Annotations: map[string]string{"summary": summary},
		URL:         "https://prometheus.example/graph?g0.expr=up",
	}
}

func resolved(a incident.Alert, at time.Time) incident.Alert {
	a.ResolvedAt = at
	return a
}

func start(step string) incident.StartStep { return incident.StartStep{Step: step} }

func paged(people ...incident.Person) incident.FinishStep {
	return incident.FinishStep{Step: "page", Outcome: incident.Outcome{
		Page: &incident.Page{Key: "page-1", Service: "PABC123"}, Responders: people, Text: "accepted",
	}}
}

func opened(name string) incident.FinishStep {
	return incident.FinishStep{Step: "channel", Outcome: incident.Outcome{
		Channel: &incident.Channel{ID: "C01", Name: name, URL: "https://chat.example/C01"},
	}}
}

// quick is a SEV3 that one person sees through in less than half an hour.
func quick(t *testing.T) []incident.Event {
	d := begin(t, "INC-7", "2026-03-10 09:12:30")
	full := alert("DiskAlmostFull", "Disk of search-3 is 92 % full", d.now.Add(-40*time.Second))
	d.does(alertmanager, declare("Disk almost full on search-3", "", "SEV3", "search"), incident.ReportAlerts{Alerts: []incident.Alert{full}}).
		does(muster, playbook(), start("page"), start("channel")).
		after(2*time.Second).does(muster, paged(incident.Person{Name: "First Responder"}), opened("inc-7-search")).
		after(90*time.Second).does(first, incident.Acknowledge{}, incident.AssignRole{Role: "commander", User: "First Responder"}).
		after(4*time.Minute).does(first, incident.AddNote{Text: "Old index snapshots fill the disk, see https://wiki.example/search_snapshots#retention."}).
		after(3*time.Minute).does(first, incident.ChangeStatus{Status: incident.Identified, Note: "snapshots were not removed"}).
		after(8*time.Minute).does(first, incident.AddStep{Title: "Remove snapshots older than a week"}).
		after(time.Minute).does(first, incident.CompleteStep{Step: "added-1", Note: "removed 180 GB"}).
		after(time.Minute).does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{resolved(full, d.now.Add(30*time.Second))}}).
		after(time.Minute).does(first, incident.SkipStep{Step: "rollback", Reason: "nothing was deployed"}, incident.SkipStep{Step: "failover", Reason: "one node only"}).
		does(first, incident.Resolve{Summary: "Removed the old snapshots; the disk is at 41 %."}).
		after(time.Second).does(muster, incident.FinishStep{Step: "hook-postmortem", Hook: "postmortem", Title: "Draft the postmortem", Outcome: incident.Outcome{Postmortem: true}}).
		after(10*time.Minute).does(first, incident.AddFollowup{Title: "Remove snapshots by a schedule", Owner: "first@example.com", Due: time.Date(2026, 3, 24, 0, 0, 0, 0, time.UTC)}).
		after(5*time.Second).does(muster, incident.FinishStep{Step: "hook-ticket-F1", Hook: "ticket", Title: "File follow-up F1", Outcome: incident.Outcome{
		Followup: "F1", Ticket: &incident.Ticket{Key: "OPS-31", URL: "https://tracker.example/browse/OPS-31", Status: "To Do"}}}).
		after(9*24*time.Hour).does(incident.VendorActor("Jira"), incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "OPS-31", Status: "Done", Done: true}}).
		after(time.Minute).does(muster, incident.Close{Reason: "all follow-ups are done"})
	return d.events
}

// long is a SEV1 over midnight: a late acknowledgement, failing steps, a handover, a
// refused approval, a reopening.
func long(t *testing.T) []incident.Event {
	d := begin(t, "INC-42", "2026-03-10 22:05:00")
	rate := alert("CheckoutErrorRate", "17 % of checkouts fail", d.now.Add(-12*time.Minute))
	d.does(first, declare("Checkout fails for some customers", "Support sees declined payments\nfrom several countries.", "SEV3", "checkout")).
		does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{rate}}).
		does(muster, playbook(), start("page"), start("channel")).
		after(3*time.Second).does(muster, opened("inc-42-checkout"),
		incident.FailStep{Step: "page", Error: "PagerDuty answered 503", RetryAt: d.now.Add(13 * time.Second)}).
		after(10*time.Second).does(muster, incident.RetryStep{Step: "page"}, start("page")).
		after(3*time.Second).does(muster, incident.FailStep{Step: "page", Error: "PagerDuty answered 503", RetryAt: d.now.Add(time.Minute)}).
		after(time.Minute).does(muster, incident.RetryStep{Step: "page"}, start("page")).
		after(3*time.Second).does(muster, incident.FailStep{Step: "page", Error: "PagerDuty answered 503"}).
		after(30*time.Minute).does(first, incident.RetryStep{Step: "page", Note: "the pager is up again"}).
		does(muster, start("page")).
		after(2*time.Second).does(muster, paged(incident.Person{Name: "Second Responder"})).
		after(8*time.Minute).does(second, incident.Acknowledge{Note: "on my way"}, incident.AssignRole{Role: "commander", User: "Second Responder"}).
		after(2*time.Minute).does(second, incident.ChangeSeverity{Severity: "SEV1", Reason: "a third of all payments fails"}).
		after(time.Minute).does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{
		alert("PaymentLatency", "p99 is 9 s", d.now), alert("PaymentLatency", "p99 is 12 s", d.now)}}).
		after(2*time.Minute).does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{alert("QueueLength", "4,000 payments wait", d.now)}}).
		after(30*time.Minute).does(muster, incident.Remind{Hook: "update-due", Text: "A status update is due", Count: 1}).
		after(10*time.Minute).does(muster, incident.Remind{Hook: "update-due", Text: "A status update is due", Count: 2}).
		after(2*time.Minute).does(second, incident.PostUpdate{Text: "A third of all payments fails. We are looking at the deployment of 21:40."}).
		after(4*time.Minute).does(muster, start("rollback"), start("failover")).
		after(5*time.Minute).does(second, incident.CompleteStep{Step: "rollback", Note: "back on the version of Monday"}).
		after(2*time.Minute).does(second, incident.RejectStep{Step: "failover", Note: "the other region lacks capacity"}, incident.ChangeStatus{Status: incident.Monitoring, Note: "errors fall"}).
		after(9*time.Minute).does(second, incident.Resolve{Summary: "The rollback helped."})
	d.after(20*time.Minute).does(alertmanager, incident.ReportAlerts{Alerts: []incident.Alert{alert("CheckoutErrorRate", "24 % of checkouts fail", d.now)}}).
		after(5*time.Minute).does(first, incident.AssignRole{Role: "commander", User: "First Responder"},
		incident.AddNote{Text: "The cache still held the new configuration:\n\n- rollback changed the code\n- but not the cache", At: d.now.Add(-30 * time.Minute)}).
		after(20*time.Minute).does(first, incident.RetryStep{Step: "failover"}).
		does(muster, start("failover")).
		after(time.Minute).does(first, incident.ApproveStep{Step: "failover", Note: "capacity has been added"}).
		after(10*time.Minute).does(first, incident.PostUpdate{Text: "Payments work again through the other region."}, incident.ChangeStatus{Status: incident.Monitoring})
	var over []incident.Alert
	for _, a := range d.state.Firing() {
		over = append(over, resolved(a, d.now.Add(4*time.Minute)))
	}
	d.after(5*time.Minute).does(alertmanager, incident.ReportAlerts{Alerts: over}).
		after(30*time.Minute).does(first, incident.ChangeSeverity{Severity: "SEV2", Reason: "the rest is clean-up"}, incident.Resolve{}).
		after(time.Hour).does(scribe, incident.AddFollowup{Title: "Clear the configuration cache on rollback", Owner: "second@example.com"},
		incident.AddFollowup{Title: "Page through a second provider when the first is down"}).
		does(muster, incident.FinishStep{Step: "hook-ticket-F1", Hook: "ticket", Title: "File follow-up F1", Outcome: incident.Outcome{
			Followup: "F1", Ticket: &incident.Ticket{Key: "OPS-32", URL: "https://tracker.example/browse/OPS-32", Status: "In Progress"}}})
	return d.events
}

// falseAlarm is cancelled.
func falseAlarm(t *testing.T) []incident.Event {
	d := begin(t, "INC-8", "2026-03-11 13:00:00")
	return d.does(alertmanager, declare("Probe of the status page fails", "", "SEV2", "status-page"),
		incident.ReportAlerts{Alerts: []incident.Alert{alert("ProbeFailed", "Probe from one place fails", d.now)}}).
		does(muster, playbook()).
		after(3*time.Minute).does(first, incident.Acknowledge{}).
		after(9*time.Minute).does(first, incident.Cancel{Reason: "the probe's own network was down"}).events
}

// merged carries on in another incident.
func merged(t *testing.T) []incident.Event {
	d := begin(t, "INC-9", "2026-03-11 13:00:00")
	return d.does(first, declare("Carts are empty", "", "SEV2", "cart")).
		after(3*time.Minute).does(first, incident.Merge{Into: "INC-42", Reason: "same cause"}).events
}

// begun is an incident a few minutes old.
func begun(t *testing.T) []incident.Event {
	d := begin(t, "INC-10", "2026-03-12 08:30:00")
	return d.does(first, declare("Log-in is slow", "Logging in takes 20 s.", "SEV2", "login")).
		does(muster, playbook(), start("page"), start("channel")).
		after(2*time.Second).does(muster, opened("inc-10-login"), incident.FailStep{Step: "page", Error: "the service has no pager", Do: "pagerduty.page"}).
		after(3*time.Minute).does(second, incident.Absorb{From: "INC-11", Title: "Sessions end early"}).events
}

// hostile puts what Markdown and HTML understand wherever people and vendors can.
func hostile(t *testing.T) []incident.Event {
	d := begin(t, "INC-666", "2026-03-13 10:00:00")
	bad := `<script>alert("x")</script> **bold** [here](javascript:alert(1)) ![i](http://evil.example/i.png) ` + "`code` |pipe| &lt; <!-- hidden --> a_b _c_ ~~no~~ \\ #"
	block := "# Not a heading\n\n> not a quotation\n- not a list\n1. not a number\n```\nnot code\n```\n---\n===\n| a | b |\n| --- | --- |\n<details><summary>no</summary>\n\u202eesrever\x1b[31m\n    not code either"
	person := incident.PersonActor("Eve | *Sample* <b>")
	a := alert("Alert|<i>x</i>", bad, d.now)
	a.URL = "javascript:alert(1)"
	b := alert("Second [alert](x)", "ok", d.now)
	b.URL = "https://prometheus.example/graph?a=1|2&lt;=3)\\"
	declared := declare(bad, block, "SEV2", "svc|<b>")
	book := playbook()
	book.Roles[0].Title = "**Commander** |"
	d.does(person, declared, incident.ReportAlerts{Alerts: []incident.Alert{a, b}}).
		does(muster, book, start("page")).
		after(time.Minute).does(person, incident.AssignRole{Role: "commander", User: "Eve | *Sample* <b>"}, incident.Acknowledge{Note: bad}).
		does(person, incident.AddNote{Text: block}, incident.AddNote{Text: "see https://evil.example/a_b?x=\"><script> and <https://ok.example/> and https://ok.example/&lt;/x."}).
		does(person, incident.PostUpdate{Text: block}, incident.SkipStep{Step: "rollback", Reason: bad}).
		does(muster, incident.FailStep{Step: "page", Error: block}).
		after(time.Minute).does(person, incident.Resolve{Summary: block}, incident.AddFollowup{Title: bad, Owner: "a|b"}).
		does(muster, incident.FinishStep{Step: "h", Hook: "ticket", Title: bad, Outcome: incident.Outcome{
			Followup: "F1", Ticket: &incident.Ticket{Key: "X|1", URL: "data:text/html,<script>", Status: "<To> | Do"}}})
	return d.events
}
