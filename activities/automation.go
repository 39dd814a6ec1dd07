package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"muster/incident"
	"muster/playbooks"
)

// request sends the HTTP request that the playbook asks for.
func (a *Activities) request(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Requester == nil {
		return incident.Outcome{}, final("this worker sends no HTTP requests")
	}
	expect, err := playbooks.ParseStatuses(e.text("expect"))
	if err != nil {
		return incident.Outcome{}, final("http.request: expect " + err.Error())
	}
	request := incident.Request{
		Key: e.key, Method: e.text("method"), URL: e.text("url"), Header: map[string]string{}, Body: e.Work.With["body"],
		Secrets: e.secrets, Expected: expect.Contain, Timeout: e.duration("timeout"),
	}
	for parameter, value := range e.Work.With {
		if name, ok := strings.CutPrefix(parameter, "headers."); ok {
			request.Header[name] = value
		}
	}
	answer, err := a.Requester.Send(ctx, request)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	outcome := incident.Outcome{Output: map[string]any{"status": answer.Status, "body": answer.Body}}
	var document any
	if answer.Whole && json.Unmarshal([]byte(answer.Body), &document) == nil {
		outcome.Output["json"] = document
	}
	if address, err := url.Parse(request.URL); err == nil {
		outcome.Text = fmt.Sprintf("%s answered %d", address.Host, answer.Status)
	}
	return outcome, nil
}

const noAutomation = "this worker starts no workflows of yours"

// firstAsk and lastAsk bound how long it takes until a workflow is asked again whether it is
// done: short ones are noticed soon, and long ones are not asked all the time.
const (
	firstAsk = 5 * time.Second
	lastAsk  = time.Minute
)

// startWorkflow starts a workflow of a team's own, or asks how it is.
func (a *Activities) startWorkflow(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Automation == nil {
		return incident.Outcome{}, final(noAutomation)
	}
	run, err := a.Automation.Start(ctx, incident.Launch{
		Key: e.key, ID: e.text("id"), Workflow: e.text("workflow"), TaskQueue: e.text("task_queue"), Input: e.text("input"),
		Since: e.Work.Since,
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	outcome := incident.Outcome{
		Text:   "the workflow " + run.WorkflowID + " was started",
		Output: map[string]any{"workflow_id": run.WorkflowID, "run_id": run.RunID},
	}
	if !e.flag("wait") {
		return outcome, nil
	}
	if !run.Done {
		return incident.Outcome{Again: pauseBefore(time.Since(e.Work.Since))}, nil
	}
	outcome.Text = "the workflow " + run.WorkflowID + " is done"
	var result any
	if json.Unmarshal(run.Result, &result) == nil {
		outcome.Output["result"] = result
	}
	return outcome, nil
}

// pauseBefore is how long to wait before asking again what has been under way for a while: a
// quarter of that.
func pauseBefore(underWay time.Duration) time.Duration {
	return min(max(underWay/4, firstAsk), lastAsk).Round(time.Second)
}

// signalWorkflow tells a workflow of a team's own something.
func (a *Activities) signalWorkflow(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Automation == nil {
		return incident.Outcome{}, final(noAutomation)
	}
	err := a.Automation.Signal(ctx, incident.Signal{
		Key: e.key, WorkflowID: e.text("workflow_id"), Name: e.text("signal"), Input: e.text("input"),
	})
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{Text: fmt.Sprintf("the workflow %s was told %s", e.text("workflow_id"), e.text("signal"))}, nil
}
