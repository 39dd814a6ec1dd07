package plan

import (
	"fmt"
	"net/http"

	"muster/incident"
)

// command makes a command with a key of its own. What it says of the actor is part of
// every body.
func (w *writer) command(method, path string, intent incident.Intent, body map[string]any) Command {
	w.keys++
	if body == nil {
		body = map[string]any{}
	}
	body["actor"] = pick(w.Rand, people)
	return Command{
		Key: fmt.Sprintf("%s-%02d", w.c.Token, w.keys), Method: method, Path: path, Body: body, Intent: intent,
	}
}

func (w *writer) post(path string, intent incident.Intent, body map[string]any) Command {
	return w.command(http.MethodPost, path, intent, body)
}

func (w *writer) declare() Command {
	title := w.text(pick(w.Rand, titles))
	return w.post("", incident.Declare{Title: title}, map[string]any{"title": title, "service": w.service, "severity": w.severity})
}

func (w *writer) note() Command {
	text := w.text(pick(w.Rand, observations))
	return w.post("/notes", incident.AddNote{Text: text}, map[string]any{"text": text})
}

func (w *writer) update() Command {
	text := w.text(pick(w.Rand, updates))
	return w.post("/updates", incident.PostUpdate{Text: text}, map[string]any{"text": text})
}

func (w *writer) acknowledge() Command {
	note := w.text("On it")
	return w.post("/acknowledge", incident.Acknowledge{Note: note}, map[string]any{"note": note})
}

func (w *writer) status() Command {
	status := pick(w.Rand, []incident.Status{incident.Investigating, incident.Identified, incident.Monitoring})
	note := w.text("We see " + string(status))
	return w.post("/status", incident.ChangeStatus{Status: status, Note: note}, map[string]any{"status": status, "note": note})
}

func (w *writer) changeSeverity() Command {
	severity, reason := pick(w.Rand, severities), w.text("As far as we see")
	return w.post("/severity", incident.ChangeSeverity{Severity: incident.Severity(severity), Reason: reason},
		map[string]any{"severity": severity, "reason": reason})
}

// role gives a role to somebody whose name stands in the plan once.
func (w *writer) role() Command {
	role, user := pick(w.Rand, roles), w.text(pick(w.Rand, people))
	return w.command(http.MethodPut, "/roles/"+role, incident.AssignRole{Role: role, User: user}, map[string]any{"user": user})
}

func (w *writer) addStep() Command {
	title := w.text(pick(w.Rand, chores))
	return w.post("/steps", incident.AddStep{Title: title}, map[string]any{"title": title})
}

func (w *writer) addFollowup() Command {
	title := w.text(pick(w.Rand, work))
	return w.post("/followups", incident.AddFollowup{Title: title}, map[string]any{"title": title, "owner": "responder@example.com"})
}

func (w *writer) completeFollowup() Command {
	note := w.text("It was a line")
	return w.post("/followups/F1/complete", incident.CompleteFollowup{Followup: "F1", Note: note}, map[string]any{"note": note})
}

// moveStep completes or skips one of the playbook's steps for people.
func (w *writer) moveStep() Command {
	step := pick(w.Rand, []string{"assess", "stop-the-impact", "added-1"})
	if w.chance(0.3) {
		reason := w.text("Not needed")
		return w.post("/steps/"+step+"/skip", incident.SkipStep{Step: step, Reason: reason}, map[string]any{"note": reason})
	}
	note := w.text("Done so")
	return w.post("/steps/"+step+"/complete", incident.CompleteStep{Step: step, Note: note}, map[string]any{"note": note})
}

// approve decides about the statement to customers, whether or not it waits for that.
func (w *writer) approve() Command {
	const step = "approve-statement"
	note := w.text("Read it")
	if w.chance(0.3) {
		return w.post("/steps/"+step+"/reject", incident.RejectStep{Step: step, Note: note}, map[string]any{"note": note})
	}
	return w.post("/steps/"+step+"/approve", incident.ApproveStep{Step: step, Note: note}, map[string]any{"note": note})
}

// mistake is a command that no state allows.
func (w *writer) mistake() Command {
	switch w.IntN(5) {
	case 0:
		return w.post("/notes", incident.AddNote{Text: " "}, map[string]any{"text": " "})
	case 1:
		return w.post("/severity", incident.ChangeSeverity{Severity: "SEV9"}, map[string]any{"severity": "SEV9"})
	case 2:
		return w.post("/steps/no-such-step/complete", incident.CompleteStep{Step: "no-such-step"}, nil)
	case 3:
		return w.post("/status", incident.ChangeStatus{Status: incident.Closed}, map[string]any{"status": "closed"})
	default:
		return w.command(http.MethodPut, "/roles/jester", incident.AssignRole{Role: "jester", User: "Sample Jester"}, map[string]any{"user": "Sample Jester"})
	}
}

func (w *writer) resolve() Command {
	summary := w.text("People are served again")
	return w.post("/resolve", incident.Resolve{Summary: summary}, map[string]any{"summary": summary})
}

func (w *writer) reopen() Command {
	reason := w.text("It is back")
	return w.post("/reopen", incident.Reopen{Reason: reason}, map[string]any{"reason": reason})
}

func (w *writer) cancel() Command {
	reason := w.text("A false alarm")
	return w.post("/cancel", incident.Cancel{Reason: reason}, map[string]any{"reason": reason})
}

// merge leaves out into whom, which is known only when it is carried out.
func (w *writer) merge() Command {
	reason := w.text("The same cause")
	return w.post("/merge", incident.Merge{Reason: reason}, map[string]any{"reason": reason})
}
