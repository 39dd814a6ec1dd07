//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// prompt is a message of a channel that begins with some words, as it is now: what its blocks
// say, and what can be pressed there, by act and value.
type prompt struct {
	ts, text string
	buttons  map[string]document
}

// prompt finds the message, which need not be there.
func (s *slackSender) prompt(channel, words string) (found prompt) {
	for _, m := range s.messages(channel) {
		if !strings.Contains(fmt.Sprint(m["text"]), words) {
			continue
		}
		found = prompt{ts: fmt.Sprint(m["ts"]), text: fmt.Sprint(m["blocks"]), buttons: map[string]document{}}
		for _, block := range m.list("blocks") {
			for _, e := range block.list("elements") {
				if action, is := e["action_id"].(string); is {
					act := strings.Split(action, ":")[1]
					found.buttons[strings.TrimSpace(fmt.Sprintf("%s %v", act, e["value"]))] = document{
						"channel": channel, "ts": m["ts"], "action_id": action, "block_id": block["block_id"],
					}
				}
			}
		}
	}
	return found
}

// shows waits until a prompt says something, and returns it.
func (s *slackSender) shows(channel, words string, lines ...string) (now prompt) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%q to show %q", words, lines), func() bool {
		now = s.prompt(channel, words)
		for _, line := range lines {
			if !strings.Contains(now.text, line) {
				return false
			}
		}
		return now.ts != ""
	})
	return now
}

// firing is an alert as Alertmanager sends it, or its end.
func firing(status string) document {
	ends := "0001-01-01T00:00:00Z"
	if status == "resolved" {
		ends = time.Now().UTC().Format(time.RFC3339)
	}
	return document{
		"version": "4", "groupKey": `{}:{alertname="ErrorRate"}`, "status": status, "receiver": "muster",
		"groupLabels": document{"alertname": "ErrorRate"}, "commonLabels": document{}, "commonAnnotations": document{}, "externalURL": "http://alertmanager.example.com",
		"alerts": []any{document{
			"status": status, "labels": document{"alertname": "ErrorRate", "service": "checkout", "severity": "critical"},
			"annotations": document{"summary": "Every third payment fails"}, "startsAt": "2026-11-22T10:00:00Z", "endsAt": ends, "fingerprint": "0123456789abcdef",
		}},
	}
}

// What people press is gone from the message afterwards, and a line says what became of it.
func TestAPromptInTheChannelShowsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	s := startWithSlack(t, t.TempDir())
	two := s.as(slackTwo)
	s.do(http.MethodPost, "/webhooks/alertmanager", firing("firing"))
	channel := s.channelOf("INC-1")

	asked := s.shows(channel, "Who takes a role?")
	require.Contains(t, asked.buttons, "take_role INC-1|commander")
	two.does("press", asked.buttons["take_role INC-1|commander"])
	now := s.shows(channel, "Who takes a role?", "incident commander: taken by", slackTwo)
	require.NotContains(t, now.buttons, "take_role INC-1|commander")
	require.Contains(t, now.buttons, "take_role INC-1|communications", "what is open can be pressed")

	// A form counts once it was sent.
	s.do(http.MethodPost, "/webhooks/alertmanager", firing("resolved"))
	offer := s.shows(channel, "If people are served again")
	opened := two.does("press", offer.buttons["resolve INC-1"])
	view, is := opened["view"].(map[string]any)
	require.True(t, is, "%v", opened)
	require.Contains(t, s.prompt(channel, "If people are served again").buttons, "resolve INC-1")
	two.does("submit", document{"view_id": view["id"], "values": document{"summary": "Rolled back."}})
	now = s.shows(channel, "If people are served again", "✓ resolved by", slackTwo)
	require.Empty(t, now.buttons)

	// The sandbox's page shows it as Slack would.
	_, page := s.call(http.MethodGet, "/sandbox?channel="+channel, nil)
	require.Contains(t, string(page), "✓ resolved by")
	require.Contains(t, string(page), "incident commander: taken by")
}

const askingConfig = `severities:
  - {name: SEV1, pager: critical}
  - {name: SEV2, pager: error}
teams: [{name: shop}]
services:
  - {name: checkout, team: shop, pagerduty: {service: PCHKOUT}}
defaults: {service: checkout, severity: SEV2}
playbooks: playbooks
`

const askingPlaybook = `name: asking
when: "true"
extends: default
steps:
  - {id: who, title: Ask who has it, needs: [channel], do: slack.post, with: {text: Who has it?, buttons: acknowledge}}
`

// What is done elsewhere is shown there too, and the timeline does not tell of it.
func TestAPromptShowsWhatWasDoneElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := filepath.Join(dir, "muster.yaml")
	require.NoError(t, os.WriteFile(config, []byte(askingConfig), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "playbooks"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "playbooks", "asking.yaml"), []byte(askingPlaybook), 0o600))
	s := startWithSlack(t, dir, "--config", config)
	s.do(http.MethodPost, "/webhooks/alertmanager", firing("firing"))
	channel := s.channelOf("INC-1")

	require.Contains(t, s.shows(channel, "Who has it?").buttons, "acknowledge INC-1")
	s.eventually("the page", func() bool { return len(s.get("/sandbox/state").list("pagerduty.incidents")) == 1 })
	s.inPagerDuty("acknowledge", document{"by": "responder-two@example.com"})
	require.Empty(t, s.shows(channel, "Who has it?", "✓ acknowledged by").buttons)

	s.shows(channel, "Who takes a role?")
	s.do(http.MethodPut, "/api/v1/incidents/INC-1/roles/communications", document{"user": "ana", "actor": "ana"})
	now := s.shows(channel, "Who takes a role?", "communications lead: taken by", "ana")
	require.NotContains(t, now.buttons, "take_role INC-1|communications")
	require.Contains(t, now.buttons, "take_role INC-1|commander")

	s.do(http.MethodPost, "/webhooks/alertmanager", firing("resolved"))
	s.shows(channel, "If people are served again")
	require.Empty(t, s.command(channel, "update Payments work again"))
	now = s.shows(channel, "If people are served again", "✓ update posted by", slackOne)
	require.Contains(t, now.buttons, "resolve INC-1")
	require.NotContains(t, now.buttons, "update INC-1")

	s.do(http.MethodPost, "/api/v1/incidents/INC-1/resolve", document{"summary": "failed over", "actor": "ana"})
	require.Empty(t, s.shows(channel, "If people are served again", "✓ update posted by", "✓ resolved by", "ana").buttons)
	require.Empty(t, s.shows(channel, "Who takes a role?", "✓ resolved by", "ana").buttons)
	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		require.NotContains(t, fmt.Sprint(e["text"]), "asked for up to date", "a timeline does not tell of it")
	}
}
