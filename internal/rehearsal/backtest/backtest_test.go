package backtest_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"muster/config"
	"muster/incident"
	"muster/internal/rehearsal"
	"muster/internal/rehearsal/backtest"
	"muster/playbooks"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 2, 3, 4, 5, 678_000, time.UTC)

func library(t testing.TB) playbooks.Library {
	t.Helper()
	l, err := playbooks.BuiltIn()
	require.NoError(t, err)
	return l
}

func parse(t testing.TB, text string) *playbooks.Playbook {
	t.Helper()
	p, err := playbooks.Parse("changed.yaml", []byte(text))
	require.NoError(t, err)
	return p
}

// lived plays an incident in which much happens, and returns its journal.
func lived(t testing.TB, p *playbooks.Playbook) []incident.Event {
	t.Helper()
	person := func(after time.Duration, intent incident.Intent) rehearsal.Happening {
		return rehearsal.Happening{After: after, Command: &rehearsal.Command{Actor: incident.PersonActor("Sample Responder"), Intent: intent}}
	}
	alert := incident.Alert{
		Fingerprint: "9dfced8afc5073a2", Name: "DiskFailed", Source: "alertmanager", StartsAt: start.Add(-time.Minute),
		Labels: map[string]string{"alertname": "DiskFailed", "service": "payments", "severity": "critical"},
	}
	resolved := alert
	resolved.ResolvedAt = start.Add(50 * time.Minute)
	record, err := rehearsal.Run(rehearsal.Script{
		Declare: incident.Command{
			Incident: "INC-7", Actor: incident.VendorActor("Alertmanager"), Source: "alertmanager",
			Intent: incident.Declare{
				Title: "DiskFailed", Severity: "SEV2",
				Scale:   []incident.SeverityLevel{{Name: "SEV1", Pager: "critical", UpdateEvery: 30 * time.Minute}, {Name: "SEV2", Pager: "error"}},
				Service: incident.Service{Name: "payments", PagerService: "PPAY", TrackerProject: "PAY", ChannelPrefix: "inc"},
			},
		},
		Playbook: p, Start: start, End: 40 * 24 * time.Hour,
		OnCall: []incident.Person{{Name: "Sample Responder", Email: "responder@example.com"}},
		Happenings: []rehearsal.Happening{
			{Alerts: []incident.Alert{alert}},
			person(7*time.Minute+123*time.Microsecond, incident.Acknowledge{}),
			person(8*time.Minute, incident.AssignRole{Role: "commander", User: "Sample Responder"}),
			{After: 9 * time.Minute, Fault: &rehearsal.Fault{Vendor: rehearsal.Slack, Mode: rehearsal.Down}},
			person(10*time.Minute, incident.CompleteStep{Step: "assess", Note: "a third of payments fail"}),
			{After: 20 * time.Minute, Fault: &rehearsal.Fault{Vendor: rehearsal.Slack}},
			person(25*time.Minute, incident.ApproveStep{Step: "approve-statement"}),
			person(26*time.Minute, incident.SkipStep{Step: "publish-statement", Reason: "only internal"}),
			person(27*time.Minute, incident.AddStep{Title: "Fail over", Assignee: "Sample Responder"}),
			person(30*time.Minute, incident.ChangeSeverity{Severity: "SEV1", Reason: "it spreads"}),
			person(40*time.Minute, incident.CompleteStep{Step: "added-1"}),
			person(45*time.Minute, incident.ChangeStatus{Status: incident.Monitoring}),
			{After: 50 * time.Minute, Alerts: []incident.Alert{resolved}},
			person(55*time.Minute, incident.PostUpdate{Text: "it recovers"}),
			person(time.Hour, incident.Resolve{Summary: "cleaned up"}),
			person(2*time.Hour, incident.AddFollowup{Title: "Alert earlier", Due: start.AddDate(0, 0, 7)}),
			{After: 20 * 24 * time.Hour, Ticket: &rehearsal.TicketMove{Followup: "F1", Status: "Done", Done: true}},
		},
	})
	require.NoError(t, err)
	require.Empty(t, record.Of(rehearsal.CommandRefused))
	require.Equal(t, incident.Closed, record.State.Status)
	return record.Events
}

func TestAnIncidentWithoutChangesDiffersInNothing(t *testing.T) {
	t.Parallel()
	l := library(t)
	past, err := backtest.Read(lived(t, l[playbooks.Default]))
	require.NoError(t, err)
	d := backtest.House{Library: l}.Run(past)
	require.True(t, d.None(), "%+v", d)
	require.Equal(t, incident.Closed, d.Now.Status)
	require.Len(t, d.Now.Pages, 1)
	require.NotEmpty(t, d.Now.Prompts)

	report := &backtest.Report{Since: start}
	report.Add(d)
	var b bytes.Buffer
	require.NoError(t, report.WriteTable(&b))
	require.Equal(t, "0 of 1 incidents would go otherwise.\nPages: 1 then, 1 now.\n", b.String())
}

// changed is the default response with no page before somebody looked, and one step fewer.
const changed = `
name: default
roles: [{id: commander, title: incident commander}]
steps:
  - id: channel
    title: Open the incident channel
    do: slack.create_channel
    with: {name: "inc-${incident.number}"}
  - {id: look, title: Look at it first, role: commander}
  - {id: stop-the-impact, title: Stop it, role: commander}
hooks:
  - id: late
    on: unacknowledged
    after: 5m
    remind: Nobody looks
    title: Page
    do: pagerduty.page
    with: {summary: "${incident.title}"}
`

func TestAChangedPlaybookShowsWhoIsPagedWhenAndWhichStepsDiffer(t *testing.T) {
	t.Parallel()
	l := library(t)
	past, err := backtest.Read(lived(t, l[playbooks.Default]))
	require.NoError(t, err)
	d := backtest.House{Library: l.With(playbooks.Library{"default": parse(t, changed)})}.Run(past)
	require.False(t, d.None())
	require.Equal(t, 5*time.Minute, d.Now.Pages[0].After)
	require.Zero(t, d.Then.Pages[0].After)
	require.Contains(t, d.StepsThen, "page")
	require.Equal(t, []string{"look"}, d.StepsNow)
	refused := map[string]bool{}
	for _, r := range d.Refused {
		refused[r.Command] = true
	}
	require.Equal(t, map[string]bool{"complete_step": true, "approve_step": true, "skip_step": true}, refused)
}

const routes = `
severities: [{name: SEV1, pager: critical}, {name: SEV2, pager: error}]
teams: [{name: storage}]
services: [{name: disks, team: storage, aliases: [payments], pagerduty: {service: PDISK01}, jira: {project: DSK}}]
routes:
  - match: {alertname: %s}
    %s
defaults: {service: disks, severity: SEV2}
`

func catalogue(t testing.TB, alert, effect string) *config.Catalogue {
	t.Helper()
	text := bytes.ReplaceAll([]byte(routes), []byte("%s}\n    %s"), []byte(alert+"}\n    "+effect))
	c, err := config.Parse("muster.yaml", text)
	require.NoError(t, err)
	return c
}

func TestChangedRoutesShowWhoIsPagedInstead(t *testing.T) {
	t.Parallel()
	l := library(t)
	past, err := backtest.Read(lived(t, l[playbooks.Default]))
	require.NoError(t, err)

	moved := backtest.House{Library: l, Catalogue: catalogue(t, "DiskFailed", "severity: SEV1")}.Run(past)
	require.Equal(t, "PPAY", moved.Then.Pages[0].Service)
	require.Equal(t, "PDISK01", moved.Now.Pages[0].Service)
	require.Equal(t, incident.Severity("SEV1"), moved.Now.Severity)

	ignored := backtest.House{Library: l, Catalogue: catalogue(t, "DiskFailed", "ignore: true")}.Run(past)
	require.True(t, ignored.Ignored)
	report := &backtest.Report{Since: start}
	report.Add(moved)
	report.Add(ignored)
	require.Equal(t, 1, report.Totals.Ignored)
	require.Equal(t, 1, report.Totals.PagedElsewhere)
	require.Equal(t, 1, report.Totals.Unpaged)
}

func TestTheReportIsATableForPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	l := library(t)
	past, err := backtest.Read(lived(t, l[playbooks.Default]))
	require.NoError(t, err)
	report := &backtest.Report{Since: start.AddDate(0, 0, -1)}
	house := backtest.House{Library: l.With(playbooks.Library{"default": parse(t, changed)}), Catalogue: catalogue(t, "DiskFailed", "severity: SEV1")}
	house.RunAll([]backtest.Past{past, past}, report.Add)
	report.Add(backtest.Difference{Incident: "INC-3", DeclaredAt: start, Problem: "the journal of INC-3\nnames no playbook"})
	for file, write := range map[string]func(io.Writer) error{
		"report.txt": report.WriteTable, "report.md": report.WriteMarkdown, "report.json": report.WriteJSON,
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		golden(t, file, versions.ReplaceAllString(b.String(), `"version": "…"`))
	}
}

// versions change with the text of the built-in playbooks.
var versions = regexp.MustCompile(`"version": "[0-9a-f]+"`)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestAJournalThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := backtest.Read(nil)
	require.ErrorContains(t, err, "empty")
	_, err = backtest.Read([]incident.Event{{Incident: "INC-7", Seq: 1, At: start, Fact: incident.NoteAdded{Body: "x"}}})
	require.ErrorContains(t, err, "declaration")
	_, err = backtest.Read(lived(t, library(t)[playbooks.Default])[:1])
	require.ErrorContains(t, err, "playbook")
}
