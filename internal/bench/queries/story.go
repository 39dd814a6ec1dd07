package queries

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"muster/incident"
	"muster/playbooks"
)

// What stories are made of. Titles are a fault of a part of a service, so that some words
// are in many titles; rareWord is in one of rareEvery.
var (
	storyServices   = []string{"checkout", "payments", "search", "identity", "platform", "catalogue", "shipping", "mail"}
	storySeverities = []incident.Severity{"SEV1", "SEV2", "SEV3", "SEV4"}
	storyParts      = []string{"gateway", "cart", "ledger", "index", "session store", "message queue", "image cache", "worker pool", "scheduler", "replica"}
	storyFaults     = []string{"latency above target", "error rate above 5%", "disk almost full", "certificate expires soon", "instance down", "backlog grows", "timeouts from a dependency", "out of memory"}
	storyRegions    = []string{"eu-central", "eu-west", "us-east", "us-west", "ap-south"}
	storyAlerts     = []string{"HighLatency", "HighErrorRate", "DiskAlmostFull", "InstanceDown", "QueueGrows"}
)

const (
	// commonWord is in one title of eight, rareWord in one of rareEvery.
	commonWord = "latency"
	rareWord   = "zeppelin"
	rareEvery  = 5000
	// One incident of largeEvery has largeEvents notes more than usual.
	largeEvery, largeNotes = 500, 400
	// One of openEvery is not over.
	openEvery = 100
)

// storyteller makes incidents as they are after a response: some thirty events, in the
// sizes that they have.
type storyteller struct {
	// attached is the built-in playbook as it is given to incidents of each service.
	attached map[string]incident.PlaybookAttached
}

func newStoryteller() (*storyteller, error) {
	library, err := playbooks.BuiltIn()
	if err != nil {
		return nil, err
	}
	s := &storyteller{map[string]incident.PlaybookAttached{}}
	for _, service := range storyServices {
		attach, err := library["default"].Attach(incident.State{Service: incident.Service{Name: service}})
		if err != nil {
			return nil, err
		}
		s.attached[service] = incident.PlaybookAttached(attach)
	}
	return s, nil
}

// telling is one story as far as it has been told.
type telling struct {
	state  incident.State
	events []incident.Event
	now    time.Time
	random *rand.Rand
}

func (t *telling) tell(actor incident.Actor, source string, facts ...incident.Fact) {
	for _, fact := range facts {
		t.now = t.now.Add(time.Duration(1+t.random.IntN(90)) * time.Second)
		e := incident.Event{
			Incident: t.state.ID, Seq: t.state.Seq + 1, At: t.now, Actor: actor, Source: source,
			Cause: fmt.Sprintf("command-%d", t.state.Seq), Fact: fact,
		}
		t.state = incident.Apply(t.state, e)
		t.events = append(t.events, e)
	}
}

// story tells the incident of a number, always the same one.
func (s *storyteller) story(number int) []incident.Event {
	random := rand.New(rand.NewPCG(uint64(number), 0)) //nolint:gosec // not for secrets, but to be the same each time
	t := &telling{random: random, now: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(number) * 10 * time.Minute)}
	t.state.ID = incident.NewID(int64(number))
	muster, responder, monitor := incident.MusterActor(), incident.PersonActor(fmt.Sprintf("Sample Responder %d", random.IntN(40))), incident.VendorActor("Alertmanager")
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	service, title := pick(storyServices), fmt.Sprintf("%s %s: %s in %s", pick(storyServices), pick(storyParts), pick(storyFaults), pick(storyRegions))
	if number%rareEvery == 0 {
		title += " (" + rareWord + ")"
	}
	declared := incident.IncidentDeclared{
		Title: title, Severity: storySeverities[random.IntN(len(storySeverities))],
		Summary: "It has not answered the health check for two minutes; requests to it fail with a timeout.",
		Scale:   []incident.SeverityLevel{{Name: "SEV1", Pager: "critical"}, {Name: "SEV2", Pager: "error"}, {Name: "SEV3", Pager: "warning"}, {Name: "SEV4", Pager: "info"}},
		Service: incident.Service{
			Name: service, Team: "sample", PagerService: "PSAMPLE", TrackerProject: "SAMPLE", ChannelPrefix: "inc",
			Runbooks: []incident.Link{{Title: "Runbook", URL: "https://runbooks.example.com/" + service}},
		},
	}
	t.tell(monitor, "alertmanager", declared)
	t.tell(muster, "playbook", s.attached[service])
	alerts := t.alerts(service, 1+random.IntN(5))
	t.tell(monitor, "alertmanager", incident.AlertsFired{Alerts: alerts})
	t.automatic(muster)
	t.tell(responder, "page", incident.IncidentAcknowledged{}, incident.RoleAssigned{Role: "commander", Title: "incident commander", To: responder.Name})
	if number%openEvery == 0 {
		return t.events
	}
	if number%largeEvery == 1 {
		t.notes(responder, largeNotes)
	}
	t.notes(responder, random.IntN(12))
	t.tell(responder, "page",
		incident.StatusChanged{From: incident.Investigating, To: incident.Identified, Note: "The last deployment."},
		incident.UpdatePosted{Body: "We know the cause and are rolling back. Orders that failed can be placed again."},
		incident.StatusChanged{From: incident.Identified, To: incident.Monitoring})
	cleared := make([]incident.Alert, len(alerts))
	for i, alert := range alerts {
		alert.ResolvedAt = t.now
		cleared[i] = alert
	}
	t.tell(monitor, "alertmanager", incident.AlertsResolved{Alerts: cleared}, incident.AlertsCleared{Count: len(cleared)})
	t.tell(responder, "page", incident.IncidentResolved{From: incident.Monitoring, Summary: "Rolled back the last deployment."})
	t.tell(muster, "playbook", incident.PostmortemDrafted{})
	t.followups(responder, muster, number, random.IntN(3))
	t.tell(muster, "playbook", incident.IncidentClosed{Reason: "all follow-ups are done"})
	return t.events
}

func (t *telling) alerts(service string, count int) []incident.Alert {
	alerts := make([]incident.Alert, count)
	for i := range alerts {
		name := storyAlerts[t.random.IntN(len(storyAlerts))]
		alerts[i] = incident.Alert{
			Fingerprint: fmt.Sprintf("%016x", t.random.Uint64()), Name: name, StartsAt: t.now, Source: "alertmanager",
			Labels: map[string]string{
				"alertname": name, "service": service, "severity": "critical", "job": "node", "region": "eu-central-1",
				"instance": fmt.Sprintf("host-%d.example.com:9100", t.random.IntN(1000)),
			},
			Annotations: map[string]string{"summary": "Instance does not answer", "description": "It has not answered the health check for two minutes."},
			URL:         "http://prometheus.example.com/graph?g0.expr=up",
		}
	}
	return alerts
}

// automatic tells of what Muster does itself in the first minute.
func (t *telling) automatic(muster incident.Actor) {
	person := incident.Person{Name: "Sample Responder", Email: "responder@example.com"}
	number := t.state.ID.Number()
	results := map[string]incident.Fact{
		"page":    incident.PageSent{Page: incident.Page{Key: fmt.Sprintf("%s/page", t.state.ID), Service: "PSAMPLE", ID: "Q1", URL: "https://sample.pagerduty.example.com/incidents/Q1"}, OnCall: []incident.Person{person}},
		"channel": incident.ChannelOpened{Channel: incident.Channel{ID: fmt.Sprintf("C%010d", number), Name: fmt.Sprintf("inc-%d", number), URL: "https://sample.slack.example.com/archives/C1"}},
		"invite":  incident.RespondersInvited{People: []incident.Person{person}},
	}
	for _, step := range t.state.Steps {
		if step.Kind != incident.Automatic {
			continue
		}
		t.tell(muster, "playbook", incident.StepStarted{Step: step.ID, Title: step.Title, Type: step.Kind})
		if result, ok := results[step.ID]; ok {
			t.tell(muster, "playbook", result)
		}
		t.tell(muster, "playbook", incident.StepCompleted{Step: step.ID, Title: step.Title})
	}
}

func (t *telling) notes(responder incident.Actor, count int) {
	for i := range count {
		t.tell(responder, "page", incident.NoteAdded{Body: fmt.Sprintf("Look %d: %s", i+1, strings.Repeat("the graphs of the last hour show it. ", 1+t.random.IntN(5)))})
	}
}

func (t *telling) followups(responder, muster incident.Actor, number, count int) {
	for i := range count {
		id := fmt.Sprintf("F%d", i+1)
		ticket := incident.Ticket{Key: fmt.Sprintf("SAMPLE-%d", number*3+i), URL: fmt.Sprintf("https://sample.atlassian.example.com/browse/SAMPLE-%d", number*3+i), Status: "To Do"}
		t.tell(responder, "page", incident.FollowupAdded{Followup: incident.Followup{
			ID: id, Title: "Alert before it is full", Owner: "responder@example.com", AddedBy: responder.Name, AddedAt: t.now, Due: t.now.Add(14 * 24 * time.Hour),
		}})
		t.tell(muster, "playbook", incident.TicketFiled{Followup: id, Ticket: ticket})
		ticket.Status, ticket.Done = "Done", true
		t.tell(incident.VendorActor("Jira"), "jira", incident.TicketChanged{Followup: id, Ticket: ticket})
	}
}
