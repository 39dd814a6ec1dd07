package postmortem_test

import (
	"testing"
	"time"

	"muster/incident"
)

// inTheChat is an incident that is led in its channel, and by the pager.
func inTheChat(t *testing.T) []incident.Event {
	d := begin(t, "INC-15", "2026-03-16 08:30:00")
	said := func(id, by, text string, decision bool) incident.AddNote {
		return incident.AddNote{Text: text, At: d.now.Add(-time.Minute), Decision: decision, Quote: &incident.Quote{
			By: by, Message: incident.MessageRef{ChannelID: "C01", ID: id, URL: "https://chat.example/C01/" + id},
		}}
	}
	shown := incident.ShownMessage{Purpose: incident.ShownBrief, Channel: "C01", Ref: incident.MessageRef{ChannelID: "C01", ID: "1"}}
	picture := said("2", "Second Responder", "The errors began at 08:20", false)
	picture.Quote.Files = []incident.File{{Name: "errors [1].png", MediaType: "image/png", URL: "https://chat.example/files/1"}, {Name: "notes", URL: "javascript:alert(1)"}}
	return d.does(alertmanager, declare("Search answers slowly", "", "SEV2", "search")).
		does(muster, playbook(), start("page"), start("channel")).
		after(2*time.Second).does(muster, paged(incident.Person{Name: "First Responder"}), opened("inc-15-search")).
		after(time.Second).does(muster, incident.FinishStep{Step: "keep@9", Hook: "keep", Title: "Keep the brief", Outcome: incident.Outcome{Shown: []incident.ShownMessage{shown}}}).
		after(time.Minute).does(first, incident.ReportPresence{Person: incident.Person{Name: "First Responder"}}, incident.Acknowledge{},
		incident.ReportPage{Key: "page-1", ID: "Q1", Status: incident.PageAcknowledged}).
		after(time.Minute).does(scribe, incident.ReportPresence{Person: incident.Person{Name: "Sample Scribe"}}).
		does(first, incident.ConfirmSeverity{}, incident.RequestHelp{Who: "Second Responder", Person: incident.Person{Name: "Second Responder"}, Message: "the index is yours"}).
		after(2*time.Minute).does(scribe, picture).
		after(time.Minute).does(first, said("3", "First Responder", "We switch to the old index", true)).
		after(time.Minute).does(second, incident.AddNote{Text: "Nobody deploys until tomorrow", Decision: true}, incident.SnoozeReminder{For: time.Hour}).
		does(second, incident.ReportPage{Key: "page-1", Status: incident.PageResolved, URL: "https://pager.example/Q1"}).
		after(10*time.Minute).does(muster, incident.FinishStep{Step: "over@30", Hook: "over", Title: "Resolve it", Outcome: incident.Outcome{Resolution: "Resolved in PagerDuty by Second Responder"}}).events
}
