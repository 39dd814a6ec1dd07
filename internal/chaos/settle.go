package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
)

const (
	// quietLooks is how many looks in a row must find nothing to do and nothing changed.
	quietLooks = 4
	// retryAgain is how long a person waits before they press the button for a failed step
	// once more.
	retryAgain = 10 * time.Second
)

// settling waits, after all troubles, until nothing is pending any more. Like people would,
// it presses the button of steps that have failed, rather than wait for Muster's own next
// try, which may be ten minutes away.
type settling struct {
	client   *client.Client
	ledger   *ledger.Ledger
	temporal string
	retries  int
	retried  map[string]time.Time
	// tell is told the reason, or nothing, after each look.
	tell func(reason string)
	// reason is what was still pending at the last look; empty for nothing.
	reason string
}

// wait returns when all has settled, or with the last reason why not.
func (s *settling) wait(ctx context.Context) error {
	quiet, before := 0, -1
	err := client.Until(ctx, 500*time.Millisecond, func() bool {
		events, err := s.look(ctx)
		if err != nil {
			s.reason = err.Error()
		}
		s.tell(s.reason)
		if s.reason != "" || events != before {
			quiet, before = 0, events
			return false
		}
		quiet++
		return quiet >= quietLooks
	})
	if err != nil {
		return fmt.Errorf("it did not settle: %s", s.reason)
	}
	return nil
}

// look sets the reason why something is pending, and counts the events of all timelines.
func (s *settling) look(ctx context.Context) (events int, err error) {
	s.reason = ""
	all, err := s.client.Incidents(ctx, "")
	if err != nil {
		return 0, err
	}
	expected, over := s.ledger.Book().Expected, map[string]bool{}
	for _, view := range all {
		events += view.Seq
		over[string(view.ID)] = view.Over()
		s.lookAt(ctx, view, expected)
	}
	if s.reason != "" {
		return events, nil // Temporal is asked only when all else is done.
	}
	workflows, err := listWorkflows(ctx, s.temporal)
	if err != nil {
		return events, err
	}
	for _, w := range workflows {
		if !w.Running() || strings.HasPrefix(w.ID, "temporal-sys-") {
			continue
		}
		if len(w.Activities) > 0 || w.TaskAttempt > 0 {
			s.because("workflow %s works on %s (task attempt %d)", w.ID, strings.Join(w.Activities, ", "), w.TaskAttempt)
		}
		if over[w.ID] {
			// What a hook keeps up to date waits for the end of the hook's pause.
			s.because("workflow %s is about to end", w.ID)
		}
	}
	return events, nil
}

func (s *settling) lookAt(ctx context.Context, view client.Incident, expected map[incident.ID]incident.Status) {
	if want := expected[view.ID]; want != view.Status {
		s.because("%s is %s instead of %s", view.ID, view.Status, want)
	}
	for _, step := range view.Steps {
		// Once the incident has ended, nobody needs the playbook's own steps any more; what
		// hooks began, such as resolving the page, is still brought to its end.
		if step.Kind != string(incident.Automatic) || view.Status.Ended() && !strings.Contains(step.ID, "@") {
			continue
		}
		switch incident.StepState(step.State) {
		case incident.Running:
			s.because("%s: the step %s is running", view.ID, step.ID)
		case incident.Failed:
			s.because("%s: the step %s has failed: %s", view.ID, step.ID, step.Error)
			s.retry(ctx, view.ID, step.ID)
		}
	}
	for _, followup := range view.Followups {
		if followup.Key == "" && !followup.Done && !view.Status.Ended() {
			s.because("%s: the follow-up %s has no ticket", view.ID, followup.ID)
		}
	}
}

// because keeps the first reason.
func (s *settling) because(format string, args ...any) {
	if s.reason == "" {
		s.reason = fmt.Sprintf(format, args...)
	}
}

// retry presses the button of a failed step.
func (s *settling) retry(ctx context.Context, id incident.ID, step string) {
	name := string(id) + "/" + step
	if time.Since(s.retried[name]) < retryAgain {
		return
	}
	s.retried[name] = time.Now()
	s.retries++
	key, note := fmt.Sprintf("settle-%d", s.retries), fmt.Sprintf("All is well again (%d)", s.retries)
	sent := time.Now()
	answer, err := s.client.Command(ctx, http.MethodPost, client.IncidentPath(id)+"/steps/"+step+"/retry", key,
		map[string]any{"note": note, "actor": "Sample Responder"})
	if err != nil {
		return // The next look finds the step as it is then.
	}
	s.ledger.Answered(ledger.Command{
		Key: key, Incident: id, Intent: incident.RetryStep{Step: step, Note: note}, Status: answer.Status,
		Text: fmt.Sprintf("%.300s", answer.Body), SentAt: sent, AnsweredAt: time.Now(),
	})
}
