package incident_test

import (
	"encoding/json"
	"time"

	"muster/incident"
)

// noon is when the tests take place.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

var (
	responder = incident.PersonActor("Sample Responder")
	muster    = incident.MusterActor()
	monitor   = incident.VendorActor("Alertmanager")
)

func sampleScale() []incident.SeverityLevel {
	return []incident.SeverityLevel{
		{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute},
		{Name: "SEV2", Pager: "error"},
		{Name: "SEV3", Pager: "info"},
	}
}

func sampleService() incident.Service {
	return incident.Service{
		Name: "checkout", Team: "payments", PagerService: "PABC123", TrackerProject: "PAY", ChannelPrefix: "inc",
		Runbooks:      []incident.Link{{Title: "Runbook", URL: "https://wiki.example/checkout"}},
		Fallback:      incident.Fallback{After: time.Minute, Emails: []string{"oncall@example.com"}, Channel: "major-incidents", Webhook: true},
		Announcements: []incident.Announcement{{Channel: "incidents", Severities: []incident.Severity{"SEV1", "SEV2"}}, {Channel: "C0CHECKOUT"}},
	}
}

func sampleRoles() []incident.Role {
	return []incident.Role{
		{ID: "commander", Title: "Incident Commander", Duties: "Leads the response"},
		{ID: "scribe", Title: "Scribe"},
	}
}

func sampleSteps() []incident.Step {
	return []incident.Step{
		{ID: "auto", Title: "Open the channel", Kind: incident.Automatic, State: incident.Pending, Do: "slack.create_channel"},
		{ID: "manual", Title: "Roll back", Kind: incident.Manual, State: incident.Pending, Role: "commander", Instructions: "How", Links: []incident.Link{{Title: "Where", URL: "https://deploy.example"}}},
		{ID: "approval", Title: "Fail over", Kind: incident.Approval, State: incident.Pending, Role: "commander"},
		{ID: "quorum", Title: "Delete the data", Kind: incident.Approval, State: incident.Pending, Quorum: 2, Group: "Repair", Playbook: "data"},
		{ID: "decision", Title: "Back or forward?", Kind: incident.Decision, State: incident.Pending, Role: "commander", Options: sampleOptions()},
		{ID: "wait", Title: "Watch for ten minutes", Kind: incident.Wait, State: incident.Pending, Expect: "No errors"},
	}
}

func sampleOptions() []incident.Option {
	return []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "forward", Title: "Fix forward"}}
}

func sampleMeasurement() incident.Measurement {
	low, high := 0.25, 12.5
	return incident.Measurement{
		Title: "Errors", Query: "sum(rate(errors[5m]))", Unit: "/s", Start: noon, Step: time.Minute,
		Series: []incident.Series{{Name: "checkout", Values: []*float64{&low, nil, &high, &high}}},
	}
}

func samplePlaybook() incident.PlaybookRef {
	return incident.PlaybookRef{Name: "default", Version: "7c1d20"}
}

func sampleAlert(name string) incident.Alert {
	return incident.Alert{
		Fingerprint: "fp-" + name, Name: name, StartsAt: noon.Add(-time.Minute),
		Labels: map[string]string{"alertname": name, "severity": "critical"}, Annotations: map[string]string{"summary": name + " is high"},
		URL: "https://prometheus.example/graph", Source: "alertmanager",
	}
}

func cleared(a incident.Alert) incident.Alert {
	a.ResolvedAt = noon.Add(time.Hour)
	return a
}

func sampleTicket() incident.Ticket {
	return incident.Ticket{Key: "PAY-7", URL: "https://tracker.example/PAY-7", Status: "To Do"}
}

// sampleFacts has at least one fact of every kind. The first of a kind fills every
// field, the others show further sentences.
func sampleFacts() []incident.Fact {
	person := incident.Person{Name: "Sample Responder", Email: "responder@example.com"}
	page := incident.Page{Key: "INC-42/page", Service: "PABC123", ID: "Q1", URL: "https://pager.example/Q1"}
	step := sampleSteps()[1]
	step.Assignee, step.AddedBy = "Sample Responder", "Sample Scribe"
	return []incident.Fact{
		incident.IncidentDeclared{Title: "Checkout fails", Summary: "Payments are declined", Severity: "SEV2", Scale: sampleScale(), Service: sampleService(), Notes: []string{"the catalogue does not know the service"}, Exercise: &incident.Exercise{Speed: 10, Channel: "game-days"}, AcceptedAt: noon, Person: incident.Person{Name: "Sample Responder", Email: "responder@example.com", Account: "U0123"}},
		incident.PlaybookAttached{Playbook: samplePlaybook(), Parts: []incident.PlaybookRef{samplePlaybook(), {Name: "payments", Version: "aa01"}}, Roles: sampleRoles(), Steps: sampleSteps(), Document: json.RawMessage(`{"name":"default"}`)},
		incident.IncidentAcknowledged{Note: "on my way"},
		incident.IncidentAcknowledged{},
		incident.StatusChanged{From: incident.Investigating, To: incident.Identified, Note: "found it"},
		incident.SeverityChanged{From: "SEV2", To: "SEV1", Raised: true, Reason: "spreads"},
		incident.SeverityChanged{From: "SEV1", To: "SEV3"},
		incident.IncidentResolved{From: incident.Monitoring, Summary: "rolled back"},
		incident.IncidentReopened{Reason: "it is back"},
		incident.IncidentCancelled{Reason: "the probe was wrong"},
		incident.IncidentMerged{Into: "INC-43", Reason: "same cause"},
		incident.IncidentAbsorbed{From: "INC-41", Title: "Carts are empty", Alerts: []incident.Alert{sampleAlert("CartErrors")}},
		incident.IncidentAbsorbed{From: "INC-41", Title: "Carts are empty", Crowd: incident.Crowd{{Name: "ErrorRate", Fired: 3, Resolved: 1}}},
		incident.IncidentClosed{Reason: "all follow-ups are done"},
		incident.AlertsFired{Alerts: []incident.Alert{sampleAlert("ErrorRate")}},
		incident.AlertsFired{Alerts: []incident.Alert{sampleAlert("ErrorRate"), {Fingerprint: "2", Name: "Latency", StartsAt: noon}}},
		incident.AlertsResolved{Alerts: []incident.Alert{cleared(sampleAlert("ErrorRate"))}},
		incident.AlertsFired{Alerts: []incident.Alert{sampleAlert("ErrorRate")}, Crowd: map[string]int{"ErrorRate": 1999, "Latency": 1}},
		incident.AlertsFired{Crowd: map[string]int{"ErrorRate": 12_345}},
		incident.AlertsResolved{},
		incident.AlertsResolved{Crowd: map[string]int{"ErrorRate": 999_000, "Latency": 1000}},
		incident.AlertsCleared{Count: 100_000},
		incident.AlertsCleared{Count: 1},
		incident.RoleAssigned{Role: "commander", Title: "Incident Commander", From: "Sample Responder", To: "Second Responder", ToEmail: "second@example.com", Brief: "rolling back"},
		incident.RoleAssigned{Role: "commander", Title: "Incident Commander", To: "Sample Responder"},
		incident.RoleAssigned{Role: "commander", Title: "Incident Commander", From: "Sample Responder"},
		incident.NoteAdded{Body: "Deployed at noon", HappenedAt: noon, Quote: sampleQuote(), Decision: true},
		incident.NoteAdded{Body: "Deployed at noon", HappenedAt: noon},
		incident.NoteAdded{Body: "The errors began at noon", Quote: sampleQuote()},
		incident.NoteAdded{Body: "We roll back", Decision: true},
		incident.UpdatePosted{Body: "We are working on it"},
		incident.ReminderGiven{Hook: "update-due", Subject: "commander", Body: "An update is due", Count: 2},
		incident.StepAdded{Step: step},
		incident.StepAdded{Step: incident.Step{ID: "added-1", Title: "Warm the cache", Kind: incident.Manual, State: incident.Waiting}},
		incident.StepStarted{Step: "manual", Title: "Roll back", Type: incident.Manual, Role: "commander"},
		incident.StepStarted{Step: "auto", Title: "Open the channel", Type: incident.Automatic},
		incident.StepStarted{Step: "approval", Title: "Fail over", Type: incident.Approval},
		incident.StepStarted{Step: "decision", Title: "Back or forward?", Type: incident.Decision},
		incident.StepStarted{Step: "wait", Title: "Watch for ten minutes", Type: incident.Wait},
		incident.DecisionMade{Step: "decision", Title: "Back or forward?", Option: "back", OptionTitle: "Roll back", Note: "it is quicker"},
		incident.ApprovalGiven{Step: "quorum", Title: "Delete the data", Given: 1, Quorum: 2, Note: "seen"},
		incident.StepNudged{Step: "manual", Title: "Roll back", Role: "commander", Since: noon},
		incident.StepEscalated{Step: "manual", Title: "Roll back", Role: "commander", Since: noon},
		incident.StepRepeated{Step: "manual", Title: "Roll back", Round: 2},
		incident.MetricCollected{Measurement: sampleMeasurement()},
		incident.StepCompleted{Step: "manual", Title: "Roll back", Hook: "h", Approved: true, Note: "go", Output: map[string]any{"status": 200.0}},
		incident.StepCompleted{Step: "manual", Title: "Roll back"},
		incident.StepSkipped{Step: "manual", Title: "Roll back", Reason: "nothing was deployed"},
		incident.StepSkipped{Step: "manual", Title: "Roll back", Reason: "another way was taken", LeftOut: true},
		incident.StepRejected{Step: "approval", Title: "Fail over", Note: "too early"},
		incident.StepFailed{Step: "auto", Title: "Open the channel", Hook: "h", Do: "slack.create_channel", Error: "Slack is down", RetryAt: noon.Add(30 * time.Second)},
		incident.StepFailed{Step: "auto", Title: "Open the channel", Error: "name_taken"},
		incident.StepRetried{Step: "auto", Title: "Open the channel", Note: "Slack is back"},
		incident.PageSent{Page: page, OnCall: []incident.Person{person}},
		incident.PageSent{Page: page},
		incident.ChannelOpened{Channel: incident.Channel{ID: "C1", Name: "inc-42-checkout", URL: "https://chat.example/C1"}},
		incident.RespondersInvited{People: []incident.Person{person, {Name: "Second Responder"}}},
		incident.PostmortemDrafted{},
		incident.FollowupAdded{Followup: incident.Followup{ID: "F1", Title: "Test the rollback", Owner: "responder@example.com", Due: noon, AddedBy: "Sample Responder"}},
		incident.FollowupCompleted{Followup: "F1", Title: "Test the rollback", Note: "tested by hand"},
		incident.TicketFiled{Followup: "F1", Ticket: sampleTicket()},
		incident.TicketChanged{Followup: "F1", Ticket: incident.Ticket{Key: "PAY-7", Status: "Done", Done: true}},
		incident.TicketChanged{Followup: "F1", Ticket: sampleTicket(), Deleted: true},
		incident.JournalRestored{Mark: "4f2a9c"},
		incident.SeverityConfirmed{Severity: "SEV2"},
		incident.ReminderSnoozed{Hook: "update-due", Subject: "commander", For: 30 * time.Minute},
		incident.ReminderSnoozed{Hook: "role-vacant", For: time.Hour},
		incident.ReminderSnoozed{For: 2 * time.Hour},
		incident.ResponderJoined{Person: person},
		incident.ResponderJoined{Person: incident.Person{Name: "Second Responder"}},
		incident.ResponderLeft{Person: incident.Person{Name: "Second Responder"}},
		incident.HelpRequested{Who: "Second Responder", Person: incident.Person{Name: "Second Responder", Email: "second@example.com"}, PagerService: "PDEF456", Policy: "PPOL789", Message: "the database needs you"},
		incident.HelpRequested{Who: "service payments", PagerService: "PDEF456"},
		incident.PageChanged{Key: page.Key, ID: "Q1", URL: "https://pager.example/Q1", Status: incident.PageAcknowledged, AssignedTo: []incident.Person{person}, Responders: []incident.Person{{Name: "Second Responder"}}, Wanted: []incident.Person{{Name: "Second Responder"}}, By: "Sample Responder"},
		incident.PageChanged{Key: "INC-42/second", Status: incident.PageTriggered},
		incident.PageChanged{Key: page.Key, AssignedTo: []incident.Person{person, {Name: "Second Responder"}}},
		incident.MessageShown{ShownMessage: incident.ShownMessage{Purpose: incident.ShownBrief, Channel: "C1", Ref: sampleMessage()}},
		incident.MessageShown{ShownMessage: incident.ShownMessage{Purpose: incident.ShownAnnouncement, Channel: "incidents", Ref: incident.MessageRef{ChannelID: "C2", ID: "1773144000.000200"}}},
	}
}

func sampleMessage() incident.MessageRef {
	return incident.MessageRef{ChannelID: "C1", ID: "1773144000.000100", URL: "https://chat.example/C1/1"}
}

func sampleQuote() *incident.Quote {
	return &incident.Quote{By: "Second Responder", Message: sampleMessage(), Files: []incident.File{{Name: "errors.png", MediaType: "image/png", URL: "https://chat.example/files/1"}}}
}

// sampleIntents has one intent of every name, with every field filled.
func sampleIntents() []incident.Intent {
	person := incident.Person{Name: "Sample Responder", Email: "responder@example.com"}
	ticket := sampleTicket()
	return []incident.Intent{
		declaration(),
		attachment(),
		incident.Acknowledge{Note: "on my way"},
		incident.ChangeStatus{Status: incident.Identified, Note: "found it"},
		incident.ChangeSeverity{Severity: "SEV1", Reason: "spreads"},
		incident.Resolve{Summary: "rolled back"},
		incident.Reopen{Reason: "it is back"},
		incident.Cancel{Reason: "the probe was wrong"},
		incident.Merge{Into: "INC-43", Reason: "same cause"},
		incident.Absorb{From: "INC-41", Title: "Carts are empty", Alerts: []incident.Alert{sampleAlert("CartErrors")}},
		incident.Close{Reason: "all follow-ups are done"},
		incident.ReportAlerts{Alerts: []incident.Alert{sampleAlert("ErrorRate"), cleared(sampleAlert("Latency"))}},
		incident.AssignRole{Role: "commander", User: "Sample Responder", Email: "responder@example.com", Brief: "rolling back"},
		incident.ChooseOption{Step: "decision", Option: "back", Note: "it is quicker"},
		incident.NudgeStep{Step: "manual"},
		incident.EscalateStep{Step: "manual"},
		incident.RepeatStep{Step: "manual"},
		incident.AddNote{Text: "Deployed at noon", At: noon, Quote: sampleQuote(), Decision: true},
		incident.PostUpdate{Text: "We are working on it"},
		incident.Remind{Hook: "update-due", Subject: "commander", Text: "An update is due", Count: 2},
		incident.AddStep{Title: "Warm the cache", Assignee: "Sample Responder"},
		incident.StartStep{Step: "auto"},
		incident.FinishStep{Step: "auto", Hook: "h", Title: "Open the channel", Outcome: incident.Outcome{
			Page: &incident.Page{Key: "INC-42/page", Service: "PABC123"}, Channel: &incident.Channel{ID: "C1", Name: "inc-42"},
			Ticket: &ticket, Followup: "F1", Responders: []incident.Person{person}, Postmortem: true, Text: "opened #inc-42",
			Update: "We are working on it", Note: "Deployed at noon", NewFollowup: &incident.AddFollowup{Title: "Test the rollback"},
			Measurement: new(sampleMeasurement()), Output: map[string]any{"status": 200.0},
			Shown: []incident.ShownMessage{{Purpose: incident.ShownBrief, Channel: "C1", Ref: sampleMessage()}},
			Pages: []incident.Page{{Key: "INC-42/page", Status: incident.PageResolved}}, Resolution: "rolled back",
		}},
		incident.FailStep{Step: "auto", Hook: "h", Title: "Open the channel", Do: "slack.create_channel", Error: "Slack is down", RetryAt: noon},
		incident.CompleteStep{Step: "manual", Note: "done by hand"},
		incident.SkipStep{Step: "manual", Reason: "nothing was deployed", LeftOut: true},
		incident.ApproveStep{Step: "approval", Note: "go"},
		incident.RejectStep{Step: "approval", Note: "too early"},
		incident.RetryStep{Step: "auto", Note: "Slack is back"},
		incident.CompleteFollowup{Followup: "F1", Note: "tested by hand"},
		incident.AddFollowup{Title: "Test the rollback", Owner: "responder@example.com", Due: noon},
		incident.ReportTicket{Followup: "F1", Ticket: ticket, Deleted: true},
		incident.NoteRestoration{Mark: "4f2a9c"},
		incident.ConfirmSeverity{},
		incident.SnoozeReminder{Hook: "update-due", Subject: "commander", For: 30 * time.Minute},
		incident.ReportPresence{Person: person, Left: true},
		incident.RequestHelp{Who: "Second Responder", Person: person, PagerService: "PDEF456", Policy: "PPOL789", Message: "the database needs you"},
		incident.ReportPage{Key: "INC-42/page", ID: "Q1", URL: "https://pager.example/Q1", Status: incident.PageAcknowledged, AssignedTo: []incident.Person{person}, Responders: []incident.Person{person}, By: "Sample Responder"},
	}
}

func declaration() incident.Declare {
	return incident.Declare{
		Title: "Checkout fails", Summary: "Payments are declined", Severity: "SEV2",
		Scale: sampleScale(), Service: sampleService(), Notes: []string{"a note"},
	}
}

func attachment() incident.AttachPlaybook {
	return incident.AttachPlaybook{
		Playbook: samplePlaybook(), Roles: sampleRoles(), Steps: sampleSteps(), Document: json.RawMessage(`{"name":"default"}`),
	}
}
