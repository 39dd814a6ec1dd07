package playbooks_test

import (
	"fmt"
	"strings"
	"testing"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

// generated are different playbooks of a usual size: two roles, ten steps, four hooks and
// some thirty expressions, of which a third are like no other playbook's.
func generated(count int) []playbooks.File {
	sources := make([]playbooks.File, count)
	for i := range sources {
		sources[i] = playbooks.File{
			Name: fmt.Sprintf("playbooks/service-%d.yaml", i),
			Text: []byte(strings.ReplaceAll(usual, "SERVICE", fmt.Sprintf("service-%d", i))),
		}
	}
	return sources
}

const usual = `
name: SERVICE
description: What to do when SERVICE is in trouble.
roles:
  - {id: commander, title: incident commander, duties: Leads the response., assign: on_call}
  - {id: operations, title: operations lead}
steps:
  - id: page
    title: Page the on-call for ${incident.service.name}
    do: pagerduty.page
    with:
      summary: "${incident.severity} SERVICE: ${incident.title} (${incident.id}, ${'SERVICE' + incident.slug})"
  - id: channel
    title: Open the incident channel
    do: slack.create_channel
    with:
      name: "${incident.service.channel_prefix}-${incident.number}-${incident.slug}"
      topic: "${incident.severity} · ${incident.status} · ${incident.title}"
  - id: brief
    title: Pin the brief
    needs: [channel]
    do: slack.post
    with:
      pin: true
      text: |-
        *${incident.id} · ${incident.severity} · ${incident.title}*
        Service: ${incident.service.name}${incident.service.team == "" ? "" : " (team " + incident.service.team + ")"}
        ${incident.summary == "" ? "SERVICE" : incident.summary}
  - group: diagnosis
    title: Find out what is wrong
    role: operations
    when: incident.active && incident.title != "SERVICE"
    steps:
      - {id: traffic, title: Look at the traffic, links: [{title: Traffic, url: "https://dashboards.example.com/SERVICE"}]}
      - {id: errors, title: Look at the errors, do: prometheus.query, with: {query: 'rate(errors{service="SERVICE"}[5m])'}}
      - {id: changes, title: Look at what has changed, do: http.request, with: {url: https://deploy.example.com/SERVICE/last}}
  - id: way
    title: Back or forward?
    role: commander
    needs: [diagnosis]
    instructions: Errors are at ${outputs["errors"].value}. Version ${outputs["changes"].json.version} of SERVICE is out.
    decide: [{id: back, title: Roll back}, {id: forward, title: Fix forward}]
  - id: approve
    title: Approve the roll-back
    needs: [way/back]
    approval: {quorum: 2, by: [commander, operations]}
  - id: rollback
    title: Roll back SERVICE
    needs: [approve]
    do: http.request
    with:
      url: https://deploy.example.com/SERVICE/rollback
      method: POST
      headers: {Authorization: 'Bearer ${secret("deploy_token")}'}
      body: '{"version": "${outputs["changes"].json.previous}", "by": "${incident.commander}"}'
    retry: {attempts: 3, pause: 30s}
  - id: fix
    title: Fix it
    needs: [way/forward]
    role: operations
    timeout: {nudge: 30m, escalate: 1h}
  - id: recovered
    title: Wait until the errors are gone
    needs: [rollback, fix]
    wait: {for: 10m, metric: {query: 'rate(errors{service="SERVICE"}[5m])', below: 0.01}}
    timeout: {limit: 2h, then: skip}
hooks:
  - id: announce
    on: [acknowledged, severity_raised, status_changed, resolved, step_nudged, step_escalated]
    when: incident.channel != "SERVICE" && event.kind != "resolved"
    title: Tell the channel
    do: slack.post
    with: {text: "${event.text} — ${event.actor} (SERVICE)"}
  - {id: undelivered, on: page_undelivered, after: 2m, remind: "The page has not got through for ${step.age}"}
  - id: by-mail
    on: undelivered
    when: incident.fallback.email != "" && !incident.acknowledged
    title: Page by e-mail
    do: mail.send
    with: {subject: "${incident.title}", text: "SERVICE: ${incident.summary} ${incident.age}"}
  - {id: nobody, on: unacknowledged, after: 10m, every: 10m, remind: "Nobody has acknowledged ${incident.id} for ${incident.age}"}
`

func TestGeneratedPlaybooksAreSound(t *testing.T) {
	t.Parallel()
	library, findings := playbooks.Check(nil, generated(20), playbooks.Catalogue{})
	require.Empty(t, findings, findings.Error())
	require.Len(t, library, 20)
}

// BenchmarkCheckingAThousandPlaybooks measures what muster playbook check does between
// reading the files and printing.
func BenchmarkCheckingAThousandPlaybooks(b *testing.B) {
	sources := generated(1000)
	for b.Loop() {
		if _, findings := playbooks.Check(nil, sources, playbooks.Catalogue{}); len(findings) > 0 {
			b.Fatal(findings[0])
		}
	}
}
