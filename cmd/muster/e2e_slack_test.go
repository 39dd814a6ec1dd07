//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The whole incident by signed requests, with the bodies of Slack's SDK, and nothing else.
func TestAnIncidentIsDeclaredLedRecordedResolvedAndFollowedUpBySignedRequestsOfSlack(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	s := startWithSlack(t, t.TempDir())
	two := s.as(slackTwo)

	// Declared in one line.
	require.Empty(t, s.command("C0GENERAL", "checkout errors spiking sev2"))
	channel := s.channelOf("INC-1")
	inc := s.incident("INC-1")
	require.Equal(t, "checkout", inc["service"])
	require.Equal(t, "SEV2", inc["severity"])
	require.Equal(t, "Sample Responder One", inc["declared_by"], "the account is known by its address")

	// Led.
	s.press(channel, "acknowledge")
	s.entry("INC-1", "the acknowledgement", func(e document) bool {
		return e["kind"] == "acknowledged" && e["actor"] == "Sample Responder One" && e["source"] == "slack"
	})
	require.Empty(t, s.command(channel, "severity sev1 all regions"))
	s.entry("INC-1", "the severity", holding("severity_changed", "SEV1", "all regions"))
	require.Empty(t, two.command(channel, "role claim commander"))
	s.entry("INC-1", "the role", func(e document) bool { return e["kind"] == "role_assigned" && e["actor"] == "Sample Responder Two" })
	require.Empty(t, two.command(channel, "step complete assess a third of the orders"))
	s.entry("INC-1", "the step", func(e document) bool { return e["kind"] == "step_completed" && e["actor"] == "Sample Responder Two" })
	require.Contains(t, two.submit("update", "INC-1", map[string]string{"text": "", "status": "identified"}), "text", "an update without words stays open")
	require.Nil(t, two.submit("update", "INC-1", map[string]string{"text": "We are failing over", "status": "identified"}))
	s.entry("INC-1", "the update", holding("update_posted", "We are failing over"))
	s.entry("INC-1", "the status", holding("status_changed", "identified"))

	// Recorded.
	s.does("say", document{"channel": channel, "text": "!decision roll back"})
	s.entry("INC-1", "the decision", holding("note_added", "Decision", "roll back"))
	said := two.does("say", document{"channel": channel, "text": "The pool is <full> & busy"})
	reaction := func(id string, header ...string) {
		s.event("events.valid_reaction_added_body.json", id, document{
			"user": slackOne, "reaction": "pushpin", "item": document{"channel": channel, "ts": said["ts"]}, "item_user": slackTwo,
		}, header...)
	}
	reaction("Ev0PUSHPIN")
	s.entry("INC-1", "the message that was marked", holding("note_added", "Sample Responder Two", "The pool is <full> & busy"))
	reaction("Ev0PUSHPIN", "X-Slack-Retry-Num", "1", "X-Slack-Retry-Reason", "http_timeout")
	require.Nil(t, s.submit("record", fmt.Sprintf("INC-1|%s|%s|%s|two", channel, said["ts"], slackTwo), map[string]string{"as": "action", "text": "Raise the pool's limit"}))
	s.eventually("the follow-up", func() bool { return len(s.incident("INC-1").list("followups")) == 1 })

	// Resolved, and followed up.
	require.Nil(t, two.submit("resolve", "INC-1", map[string]string{"summary": "rolled back"}))
	s.eventually("the resolution", func() bool { return s.incident("INC-1")["status"] == "resolved" })
	require.Contains(t, s.submit("resolve", "INC-1", map[string]string{"summary": "again"}), "summary", "the rule is told in the form")
	require.Empty(t, s.command(channel, "followup Warn sooner by 2027-01-15"))
	s.eventually("the tickets", func() bool { return len(s.get("/sandbox/state").list("jira.issues")) == 2 })
	s.entry("INC-1", "the postmortem", func(e document) bool { return e["kind"] == "postmortem_drafted" })

	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		if e["actor_kind"] == "person" {
			require.Equal(t, "slack", e["source"], "%v", e)
		}
	}
	marked := 0
	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		if holding("note_added", "The pool is")(e) {
			marked++
		}
	}
	require.Equal(t, 1, marked, "what was sent twice is noted once")
	s.eventually("the inbox to be empty", s.inboxIsEmpty)
}

// inboxIsEmpty says whether all that was accepted is done, as the metrics have it.
func (s *slackSender) inboxIsEmpty() bool {
	_, metrics := s.call(http.MethodGet, "/metrics", nil)
	return strings.Contains(string(metrics), "\nmuster_inbox_pending 0\n")
}

func TestWhatSlackDidNotSignIsNotTaken(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	s := startWithSlack(t, t.TempDir())
	body := s.commandBody("C0GENERAL", "checkout is slow sev3")
	send := func(header []string) int {
		status, answer := s.call(http.MethodPost, "/webhooks/slack", body, append(header, "Content-Type", asForm)...)
		require.NotContains(t, string(answer), slackSecret)
		return status
	}
	for name, header := range map[string][]string{
		"nothing":          nil,
		"another secret":   signed("another secret", body, time.Now()),
		"another body":     signed(slackSecret, []byte("text=other"), time.Now()),
		"six minutes ago":  signed(slackSecret, body, time.Now().Add(-6*time.Minute)),
		"six minutes away": signed(slackSecret, body, time.Now().Add(6*time.Minute)),
	} {
		require.Equal(t, http.StatusUnauthorized, send(header), name)
	}
	genuine := signed(slackSecret, body, time.Now())
	require.Equal(t, http.StatusOK, send(genuine))
	require.Equal(t, http.StatusUnauthorized, send(genuine), "a recording that is played again")
	require.Equal(t, http.StatusOK, send(signed(slackSecret, body, time.Now().Add(time.Second))), "Slack signs repetitions anew")
	s.channelOf("INC-1")
	require.Len(t, s.get("/api/v1/incidents").list("incidents"), 1)
	require.Contains(t, s.deliver(asJSON, slackBody(t, "events_url_verification.event_body.json")), "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P")
}

func TestWhatIsSaidIsKeptWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	catalogue := filepath.Join(t.TempDir(), "muster.yaml")
	code, sample := runMuster(t, "config", "sample")
	require.Zero(t, code)
	require.NoError(t, os.WriteFile(catalogue, []byte(strings.Replace(sample, "transcript: false", "transcript: true", 1)), 0o600))
	s := startWithSlack(t, t.TempDir(), "--config", catalogue)
	s.command("C0GENERAL", "checkout is slow sev3")
	channel := s.channelOf("INC-1")
	one := s.does("say", document{"channel": channel, "text": "Looking into it"})
	s.as(slackTwo).does("say", document{"channel": channel, "text": "Me too", "thread_ts": one["ts"]})
	three := s.does("say", document{"channel": channel, "text": "My password is hunter2"})
	s.does("edit", document{"channel": channel, "ts": one["ts"], "text": "It is the pool"})
	s.does("delete", document{"channel": channel, "ts": three["ts"]})
	four := s.says(channel, "With <https://example.com|a link> &amp; a <@U0SANDBOXTWO>")
	var messages []document
	s.eventually("the transcript", func() bool {
		messages = s.get("/api/v1/incidents/INC-1/transcript").list("messages")
		return len(messages) == 4 && messages[0]["edited"] == true && messages[2]["deleted"] == true
	})
	require.Equal(t, four, messages[3]["id"])
	require.Contains(t, messages[3]["text"], "& a ")
	require.Equal(t, "It is the pool", messages[0]["text"])
	require.Equal(t, "Sample Responder Two", messages[1]["by"])
	require.Equal(t, one["ts"], messages[1]["thread"])
	require.Empty(t, messages[2]["text"])
	_, page := s.call(http.MethodGet, "/incidents/INC-1", nil)
	require.Contains(t, string(page), "It is the pool")
	require.NotContains(t, string(page), "hunter2")
}

// What Slack heard a 200 for takes effect once, even if the process dies in the moment after.
func TestWhatWasTakenFromSlackSurvivesAKill(t *testing.T) {
	t.Parallel()
	const rounds, notes = 3, 8
	slackBody(t, "events.body.json")
	dir := t.TempDir()
	s := startWithSlack(t, dir)
	s.command("C0GENERAL", "search is slow sev3")
	channel := s.channelOf("INC-1")
	var bodies [][]byte
	for round := range rounds {
		for n := range notes {
			body := s.commandBody(channel, fmt.Sprintf("note number %d of round %d", n, round))
			bodies = append(bodies, body)
			require.Empty(t, s.deliver(asForm, body))
		}
		s.kill()
		s = startWithSlack(t, dir)
	}
	for _, body := range bodies {
		s.deliver(asForm, body, "X-Slack-Retry-Num", "1") // Slack cannot know that it was taken
	}
	s.command(channel, "note the last one")
	s.entry("INC-1", "the last note", holding("note_added", "the last one"))
	seen := map[string]int{}
	for _, e := range s.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
		if e["kind"] == "note_added" {
			seen[fmt.Sprint(e["text"])]++
		}
	}
	require.Len(t, seen, rounds*notes+1)
	for text, times := range seen {
		require.Equal(t, 1, times, text)
	}
}

// Who declares is let into the channel, also if the process dies in the moment after.
func TestWhoDeclaresIsLetIntoTheChannel(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	dir := t.TempDir()
	s := startWithSlack(t, dir)
	s.as(slackTwo).command("C0GENERAL", "search is slow sev3")
	s.eventually("the incident", func() bool {
		status, _ := s.call(http.MethodGet, "/api/v1/incidents/INC-1", nil)
		return status == http.StatusOK
	})
	s.kill()
	s = startWithSlack(t, dir)
	s.comesIn("INC-1", "Sample Responder Two")
	s.do(http.MethodPost, "/api/v1/incidents", document{"title": "Search is slow", "service": "search", "severity": "SEV3", "actor": "five", "email": "responder-five@example.com"})
	s.comesIn("INC-2", "Sample Responder Five")
	s.stop()
}

// comesIn waits until somebody is in the channel of an incident.
func (p *process) comesIn(id, name string) {
	p.t.Helper()
	p.eventually(name+" to be in the channel of "+id, func() bool {
		return slices.ContainsFunc(p.incident(id).list("present"), func(person document) bool { return person["name"] == name })
	})
}

func TestAnExerciseIsDeclaredFromTheChat(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	s := startWithSlack(t, t.TempDir())
	s.command("C0GENERAL", "exercise checkout errors spiking sev2 in #team-payments")
	general := s.channelOf("INC-1")
	require.NotNil(t, s.incident("INC-1")["exercise"])
	s.entry("INC-1", "the page that is not sent", func(e document) bool {
		return strings.Contains(fmt.Sprint(e["text"]), "exercise: would page")
	})
	s.eventually("the brief", func() bool {
		return slices.ContainsFunc(s.messages(general), func(m document) bool { return strings.Contains(fmt.Sprint(m), "This is an exercise") })
	})
	s.press(general, "acknowledge")
	s.entry("INC-1", "the acknowledgement", holding("acknowledged"))
	s.command(general, "cancel it was practice")
	s.eventually("the end", func() bool { return s.incident("INC-1")["status"] == "cancelled" })
	s.command(general, "search is slow sev3")
	require.NotEqual(t, general, s.channelOf("INC-2"), "the channel is nobody's again")
	require.Nil(t, s.incident("INC-2")["exercise"])
	for _, page := range s.get("/sandbox/state").list("pagerduty.incidents") {
		require.NotContains(t, fmt.Sprint(page), "errors spiking", "nobody was paged for practice")
	}
	s.stop()
}
