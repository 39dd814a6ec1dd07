package activities

import (
	"context"

	"muster/incident"
	"muster/playbooks"
)

// The actions in this file do nothing but say what the workflow is to write down.

// postUpdate gives a status update.
func postUpdate(_ context.Context, e call) (incident.Outcome, error) {
	return incident.Outcome{Update: e.text("text")}, nil
}

// addNote writes a note into the timeline.
func addNote(_ context.Context, e call) (incident.Outcome, error) {
	return incident.Outcome{Note: e.text("text")}, nil
}

// addFollowup adds work for after the incident. Days are counted from when the work was begun,
// so that every attempt gives the same.
func addFollowup(_ context.Context, e call) (incident.Outcome, error) {
	due, err := playbooks.ParseDay(e.text("due"), e.Incident.At)
	if err != nil {
		return incident.Outcome{}, final("followup.add: due " + err.Error())
	}
	return incident.Outcome{NewFollowup: &incident.AddFollowup{Title: e.text("title"), Owner: e.text("owner"), Due: due}}, nil
}

// resolve ends the response.
func resolve(_ context.Context, e call) (incident.Outcome, error) {
	return incident.Outcome{Resolution: e.text("summary")}, nil
}
