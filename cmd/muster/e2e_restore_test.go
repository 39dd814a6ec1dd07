//go:build !slim

package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is restored is the database alone: Temporal and the vendors go on from where they
// were, or Temporal is lost as well.
func TestADatabaseThatIsRestoredGoesOnBesideWhatOthersRemember(t *testing.T) {
	t.Parallel()
	for name, temporal := range map[string]func(t *testing.T, dir string){
		"with Temporal ahead": func(*testing.T, string) {},
		"with Temporal lost": func(t *testing.T, dir string) {
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "temporal")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := startMuster(t, dir)
			p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
			p.eventually("the automatic steps to be done", func() bool { return settled(p.incident("INC-1")) })
			p.do("POST", "/api/v1/incidents/INC-1/followups", document{"title": "Warn sooner"})
			p.eventually("the ticket", func() bool { return len(p.get("/sandbox/state").list("jira.issues")) == 1 })
			p.eventually("quiet", func() bool { return p.quiet("INC-1") })
			backup := filepath.Join(t.TempDir(), "backup.db")
			vacuumInto(t, filepath.Join(dir, "muster.db"), backup)

			// What happens now is lost, and everybody but the database remembers it.
			p.do("POST", "/api/v1/incidents/INC-1/status", document{"status": "identified", "actor": "ana"})
			p.do("POST", "/api/v1/incidents/INC-1/followups", document{"title": "A second"})
			p.eventually("another ticket", func() bool { return len(p.get("/sandbox/state").list("jira.issues")) == 2 })
			p.do("POST", "/webhooks/alertmanager", alert("Latency", "search", started, time.Time{}))
			p.eventually("the steps of INC-2 to be done", func() bool { return settled(p.incident("INC-2")) })
			p.eventually("the news in the channel", func() bool { return p.said(toIdentified) == 1 })
			before, lost := p.get("/sandbox/state"), p.timeline("INC-1")
			p.stop()

			restoreDatabase(t, backup, filepath.Join(dir, "muster.db"))
			temporal(t, dir)
			code, output := runMuster(t, "restored", "--data-dir", dir)
			require.Zero(t, code, output)
			require.Contains(t, output, "The next incident will be INC-1002.")
			p = startMuster(t, dir)

			now := p.timeline("INC-1")
			here := slices.IndexFunc(now, func(line string) bool { return strings.Contains(line, "The database was restored from a backup") })
			require.Greater(t, len(lost), here)
			require.Equal(t, lost[:here], now[:here], "what the backup had is there")
			require.Equal(t, "investigating", p.incident("INC-1")["status"])
			status, _ := p.call(http.MethodGet, "/api/v1/incidents/INC-2", nil)
			require.Equal(t, http.StatusNotFound, status)

			// The events get the numbers of those that were lost; what follows from them is done.
			p.do("POST", "/api/v1/incidents/INC-1/status", document{"status": "identified", "actor": "ana"})
			p.eventually("the news in the channel once more", func() bool { return p.said(toIdentified) == 2 })
			p.do("POST", "/api/v1/incidents/INC-1/followups", document{"title": "Another second"})
			p.eventually("its own ticket", func() bool { return len(p.get("/sandbox/state").list("jira.issues")) == 3 })
			// An alert that still fires is repeated by its sender.
			p.do("POST", "/webhooks/alertmanager", alert("Latency", "search", started, time.Time{}))
			p.eventually("its new incident", func() bool { return settled(p.incident("INC-1002")) })
			p.eventually("quiet", func() bool { return p.quiet("INC-1") && p.quiet("INC-1002") })
			after := p.get("/sandbox/state")
			require.Len(t, after.list("pagerduty.incidents"), len(before.list("pagerduty.incidents"))+1, "somebody is paged for it, and nobody again for INC-1")
			require.Len(t, after.incidentChannels(), len(before.incidentChannels())+1, "nor is its channel opened again")
			p.do("POST", "/api/v1/incidents/INC-1/resolve", document{"actor": "ana"})
			p.eventually("its page to be resolved", func() bool { return p.pages("INC-1")["resolved"] == 1 })
			p.stop()
		})
	}
}

// Temporal's own store may be an old one as well: what it still knows must not be done
// again, and what the journal has must not be contradicted.
func TestAnOldStoreOfTemporalDoesNotContradictTheJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startMuster(t, dir)
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.eventually("the automatic steps to be done", func() bool { return settled(p.incident("INC-1")) })
	p.eventually("quiet", func() bool { return p.quiet("INC-1") })
	p.stop()
	old := filepath.Join(t.TempDir(), "temporal")
	require.NoError(t, os.CopyFS(old, os.DirFS(filepath.Join(dir, "temporal"))))
	p = startMuster(t, dir)
	p.do("POST", "/api/v1/incidents/INC-1/status", document{"status": "identified", "actor": "ana"})
	p.do("POST", "/api/v1/incidents", document{"title": "Trouble", "service": "search", "severity": "SEV3", "actor": "ana"})
	p.eventually("the steps of INC-2 to be done", func() bool { return settled(p.incident("INC-2")) })
	p.eventually("the news in the channel", func() bool { return p.said(toIdentified) == 1 })
	p.eventually("quiet", func() bool { return p.quiet("INC-1") && p.quiet("INC-2") })
	before, timeline := p.get("/sandbox/state"), p.timeline("INC-1")
	p.stop()

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "temporal")))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "temporal"), os.DirFS(old)))
	p = startMuster(t, dir)
	require.Equal(t, timeline, p.timeline("INC-1"))
	p.eventually("a command to be taken", func() bool {
		status, _ := p.call("POST", "/api/v1/incidents/INC-1/notes", document{"text": "still here", "actor": "ana"}, "Idempotency-Key", "once")
		return status == http.StatusOK
	})
	p.eventually("quiet", func() bool { return p.quiet("INC-1") && p.quiet("INC-2") })
	now := p.timeline("INC-1")
	require.Equal(t, timeline, now[:len(timeline)])
	require.Equal(t, 1, strings.Count(strings.Join(now, "\n"), "still here"))
	require.Equal(t, "identified", p.incident("INC-1")["status"])
	after := p.get("/sandbox/state")
	require.Len(t, after.list("pagerduty.incidents"), len(before.list("pagerduty.incidents")), "nobody is paged again")
	require.Len(t, after.incidentChannels(), len(before.incidentChannels()))
	for i, channel := range after.incidentChannels() {
		require.Equal(t, messages(before.incidentChannels()[i]), messages(channel), "nothing is said again")
	}
	p.stop()
}

// messages are what was said in a channel, by its time. The brief may have been edited in
// its place.
func messages(channel document) []string {
	said := []string{}
	for _, message := range channel.list("messages") {
		said = append(said, fmt.Sprint(message["ts"]))
	}
	return said
}

// What people look back on needs nothing that Temporal keeps.
func TestAFinishedIncidentIsReadWithoutAnythingOfTemporal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startMuster(t, dir)
	p.do("POST", "/webhooks/alertmanager", alert("Errors", "checkout", started, time.Time{}))
	p.eventually("the automatic steps to be done", func() bool { return p.quiet("INC-1") })
	p.do("POST", "/api/v1/incidents/INC-1/notes", document{"text": "the probe was moved", "actor": "ana"})
	p.do("POST", "/api/v1/incidents/INC-1/cancel", document{"reason": "false alarm", "actor": "ana"})
	db, err := sql.Open("sqlite", filepath.Join(dir, "muster.db"))
	require.NoError(t, err)
	p.eventually("its workflow to finish", func() bool {
		var finished int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM incidents WHERE finished_at IS NOT NULL").Scan(&finished))
		return finished == 1
	})
	require.NoError(t, db.Close())
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	read := func() []string {
		lines := append(p.timeline("INC-1"), fmt.Sprint(p.incident("INC-1")))
		for _, path := range []string{"/api/v1/incidents/INC-1/postmortem", "/api/v1/incidents/INC-1/alerts"} {
			status, text := p.call(http.MethodGet, path, nil, "Accept", "text/html, application/json")
			require.Equal(t, http.StatusOK, status, path)
			lines = append(lines, string(text))
		}
		status, page := p.call(http.MethodGet, "/incidents/INC-1", nil)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, string(page), "the probe was moved")
		for i := range lines {
			// Each start listens on ports of its own.
			lines[i] = address.ReplaceAllString(lines[i], "")
		}
		return lines
	}
	before := read()
	p.stop()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "temporal")))
	p = startMuster(t, dir)
	require.NotContains(t, p.output.String(), "Started again")
	require.Equal(t, before, read())
	p.stop()
}

// vacuumInto makes a backup while Muster runs, as docs/backup.md says.
func vacuumInto(t *testing.T, database, backup string) {
	t.Helper()
	db, err := sql.Open("sqlite", database)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "VACUUM INTO ?", backup)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// restoreDatabase puts a backup in the place of a database that nobody uses.
func restoreDatabase(t *testing.T, backup, database string) {
	t.Helper()
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(database + end); err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
	}
	text, err := os.ReadFile(backup)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(database, text, 0o600))
}

// quiet says that Muster has nothing under way for an incident.
func (p *process) quiet(id string) bool {
	inc := p.incident(id)
	for _, step := range inc.list("steps") {
		if step["state"] == "running" {
			return false
		}
	}
	return settled(inc)
}

// timeline is what has happened to an incident, as people read it.
func (p *process) timeline(id string) []string {
	var lines []string
	for _, e := range p.get("/api/v1/incidents/" + id + "/timeline?limit=1000").list("events") {
		lines = append(lines, fmt.Sprint(e["seq"], " ", e["at"], " ", e["text"]))
	}
	return lines
}

// toIdentified is what the news of a status says. The bare name of the status would be found
// in the brief as well, as soon as that is edited.
const toIdentified = "from investigating to identified"

// said counts the messages in all channels that have a part.
func (p *process) said(part string) (times int) {
	for _, channel := range p.get("/sandbox/state").incidentChannels() {
		for _, message := range channel.list("messages") {
			if strings.Contains(strings.ToLower(fmt.Sprint(message["text"])), strings.ToLower(part)) {
				times++
			}
		}
	}
	return times
}

// pages counts the pages of an incident by their status.
func (p *process) pages(id string) map[string]int {
	counts := map[string]int{}
	for _, page := range p.get("/sandbox/state").list("pagerduty.incidents") {
		if strings.Contains(fmt.Sprint(page["dedup_key"]), "-"+id+"-") {
			counts[fmt.Sprint(page["status"])]++
		}
	}
	return counts
}
