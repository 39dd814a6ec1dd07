//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startWorkspace starts a Slack that outlives muster. It has no address of muster's: whoever
// wants to hear of it connects.
func startWorkspace(t *testing.T) *slackSender {
	t.Helper()
	p := startProcess(t, sandboxRunning, nil, "sandbox", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir())
	return &slackSender{process: p, t: t, user: slackOne, sent: &atomic.Int64{}}
}

// bySocketMode are the settings with which muster connects to a workspace, and has no secret
// to check a delivery with.
func (s *slackSender) bySocketMode() []string {
	var settings []string
	for _, setting := range regexp.MustCompile(`MUSTER_SLACK_\w+=\S+`).FindAllString(s.output.String(), -1) {
		if !strings.HasPrefix(setting, "MUSTER_SLACK_SIGNING_SECRET=") {
			settings = append(settings, setting)
		}
	}
	return settings
}

// connected waits until so many connections to a workspace are open.
func (s *slackSender) connected(count int) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d connections", count), func() bool {
		slack, ok := s.get("/sandbox/state")["slack"].(map[string]any)
		return ok && slack["connections"] == float64(count)
	})
}

// tries has a person do something, and says whether muster acknowledged it.
func (s *slackSender) tries(act string, what document) bool {
	s.t.Helper()
	status, text := s.call(http.MethodPost, "/sandbox/slack/people/"+s.user+"/"+act, what)
	require.Contains(s.t, []int{http.StatusOK, http.StatusBadGateway}, status, "%s: %s", act, text)
	return status == http.StatusOK
}

// uses presses a button of a message, which must come to be there, and returns what happened.
func (s *slackSender) uses(channel, act string) document {
	s.t.Helper()
	var ts string
	var button document
	s.eventually("a button that does "+act, func() bool {
		ts, button = s.button(channel, act)
		return button != nil
	})
	return s.does("press", document{
		"channel": channel, "ts": ts, "action_id": button["action_id"], "block_id": button["block_id"], "value": button["value"],
	})
}

// ends has Slack end the connection that has been open longest.
func (s *slackSender) ends(reason string) {
	s.t.Helper()
	s.do(http.MethodPost, "/sandbox/slack/disconnect", document{"reason": reason})
}

// dev is muster dev that hears by Socket Mode.
func (s *slackSender) dev(dir string) *slackSender {
	s.t.Helper()
	muster := *s
	muster.process = startMusterWith(s.t, s.bySocketMode(), dir)
	s.connected(2)
	return &muster
}

// notes counts the entries of a timeline that people wrote, by their text.
func (s *slackSender) notes(id string) map[string]int {
	s.t.Helper()
	seen := map[string]int{}
	for _, e := range s.get("/api/v1/incidents/" + id + "/timeline?limit=1000").list("events") {
		if e["kind"] == "note_added" {
			seen[fmt.Sprint(e["text"])]++
		}
	}
	return seen
}

// timesNoted counts the entries that hold a text.
func timesNoted(notes map[string]int, text string) (times int) {
	for noted, n := range notes {
		if strings.Contains(noted, text) {
			times += n
		}
	}
	return times
}

// The whole incident over connections that muster opened, without an address or a secret.
func TestAnIncidentIsLedOverSocketModeAlone(t *testing.T) {
	t.Parallel()
	slack := startWorkspace(t)
	muster := slack.dev(t.TempDir())
	two := slack.as(slackTwo)

	slack.does("command", document{"channel": "general", "text": "/incident checkout errors spiking sev2"})
	channel := muster.channelOf("INC-1")
	require.Equal(t, "Sample Responder One", muster.incident("INC-1")["declared_by"])
	slack.uses(channel, "acknowledge")
	muster.entry("INC-1", "the acknowledgement", func(e document) bool {
		return e["kind"] == "acknowledged" && e["actor"] == "Sample Responder One" && e["source"] == "slack"
	})

	slack.eventually("the second person to be let in", func() bool { return two.tries("join", document{"channel": channel}) })
	form, ok := two.uses(channel, "update")["view"].(map[string]any)
	require.True(t, ok, "a form opens")
	wrong := two.does("submit", document{"view_id": form["id"], "values": document{"text": " "}})
	require.Contains(t, wrong["errors"], "text", "what is wrong with a form comes back over the connection")
	two.does("submit", document{"view_id": form["id"], "values": document{"text": "We are failing over", "status": "identified"}})
	muster.entry("INC-1", "the update", holding("update_posted", "We are failing over"))
	muster.entry("INC-1", "the status", holding("status_changed", "identified"))

	said := two.does("say", document{"channel": channel, "text": "The pool is <full> & busy"})
	slack.does("react", document{"channel": channel, "ts": said["ts"], "emoji": "pushpin"})
	muster.entry("INC-1", "the message that was marked", holding("note_added", "Sample Responder Two", "The pool is <full> & busy"))

	slack.does("command", document{"channel": channel, "text": "/incident resolve rolled back"})
	slack.eventually("the resolution", func() bool { return muster.incident("INC-1")["status"] == "resolved" })
	muster.eventually("the inbox to be empty", muster.inboxIsEmpty)
	status, _ := muster.call(http.MethodPost, "/webhooks/slack", []byte("token=x"), append(signed("", []byte("token=x"), time.Now()), "Content-Type", asForm)...)
	require.NotEqual(t, http.StatusOK, status, "nothing is taken by HTTP where there is no secret to check it with")
	muster.stop()
	slack.connected(0)
}

// muster dev can hear its own sandbox so, and goes on where it was after a power cut.
func TestDevHearsItsOwnSandboxBySocketMode(t *testing.T) {
	t.Parallel()
	dir, settings := t.TempDir(), []string{"MUSTER_SLACK_APP_TOKEN=xapp-sandbox"}
	run := func() *slackSender {
		s := &slackSender{process: startMusterWith(t, settings, dir), t: t, user: slackOne, sent: &atomic.Int64{}}
		s.connected(2)
		return s
	}
	s := run()
	s.does("command", document{"channel": "general", "text": "/incident search is slow sev3"})
	s.channelOf("INC-1")
	s.kill()
	s = run()
	s.does("command", document{"channel": "general", "text": "/incident INC-1 note after the cut"})
	s.entry("INC-1", "the note", holding("note_added", "after the cut"))
	s.stop()
}

// What muster acknowledged over a connection takes effect once, even if it dies in the moment
// after; what happens while it is dead is told again.
func TestWhatWasAcknowledgedOverSocketModeSurvivesAKill(t *testing.T) {
	t.Parallel()
	const rounds, notes = 3, 8
	slack, dir := startWorkspace(t), t.TempDir()
	muster := slack.dev(dir)
	slack.does("command", document{"channel": "general", "text": "/incident search is slow sev3"})
	channel := muster.channelOf("INC-1")
	slack.eventually("the person to be let in", func() bool { return slack.tries("join", document{"channel": channel}) })
	var want []string
	for round := range rounds {
		for n := range notes {
			text := fmt.Sprintf("number %d of round %d;", n, round)
			require.True(t, slack.tries("command", document{"channel": channel, "text": "/incident note " + text}), "it is acknowledged")
			want = append(want, text)
		}
		muster.kill()
		slack.connected(0)
		require.False(t, slack.tries("command", document{"channel": channel, "text": fmt.Sprintf("/incident note lost in round %d;", round)}), "Slack loses commands that nobody acknowledges")
		said := fmt.Sprintf("said in round %d;", round)
		slack.does("say", document{"channel": channel, "text": "!decision " + said})
		want = append(want, said)
		muster = slack.dev(dir)
	}
	slack.does("command", document{"channel": channel, "text": "/incident note the last one"})
	muster.eventually("everything that was acknowledged or is told again", func() bool {
		noted := muster.notes("INC-1")
		return !slices.ContainsFunc(append(want, "the last one"), func(text string) bool { return timesNoted(noted, text) == 0 })
	})
	muster.eventually("the inbox to be empty", muster.inboxIsEmpty)
	noted := muster.notes("INC-1")
	for _, text := range want {
		require.Equal(t, 1, timesNoted(noted, text), text)
	}
	require.Zero(t, timesNoted(noted, "lost in"))
}

// Slack ends connections now and then. Nobody notices.
func TestSlackMayEndConnectionsAtAnyTime(t *testing.T) {
	t.Parallel()
	const rounds = 8
	slack := startWorkspace(t)
	muster := slack.dev(t.TempDir())
	slack.does("command", document{"channel": "general", "text": "/incident search is slow sev3"})
	channel := muster.channelOf("INC-1")
	slack.eventually("the person to be let in", func() bool { return slack.tries("join", document{"channel": channel}) })
	var want []string
	for round := range rounds {
		slack.connected(2)
		decided, noted := fmt.Sprintf("decided in round %d;", round), fmt.Sprintf("noted in round %d;", round)
		// What is said is told in the background, over the connection that ends or another one.
		slack.does("say", document{"channel": channel, "text": "!decision " + decided})
		slack.ends([]string{"refresh_requested", "warning"}[round%2])
		require.True(t, slack.tries("command", document{"channel": channel, "text": "/incident note " + noted}), "the other connection hears")
		want = append(want, decided, noted)
	}
	muster.eventually("all of it", func() bool {
		noted := muster.notes("INC-1")
		return !slices.ContainsFunc(want, func(text string) bool { return timesNoted(noted, text) == 0 })
	})
	muster.eventually("the inbox to be empty", muster.inboxIsEmpty)
	noted := muster.notes("INC-1")
	for _, text := range want {
		require.Equal(t, 1, timesNoted(noted, text), text)
	}
}

// Slack gives each envelope to one of several servers, whichever that is.
func TestServersThatAreConnectedAtOnceDoEverythingOnce(t *testing.T) {
	t.Parallel()
	const people, notes = 4, 10
	c := newCluster(t)
	c.settings = slices.DeleteFunc(c.settings, func(s string) bool { return strings.HasPrefix(s, "MUSTER_SLACK_SIGNING_SECRET=") })
	slack := &slackSender{process: c.sandbox, t: t, user: slackOne, sent: &atomic.Int64{}}
	servers := []*process{c.start("server"), c.start("server")}
	c.start("worker")
	slack.connected(4)
	muster := *slack
	muster.process = servers[1]
	slack.does("command", document{"channel": "general", "text": "/incident search is slow sev3"})
	channel := muster.channelOf("INC-1")

	var mu sync.Mutex
	acknowledged := map[string]bool{}
	write := func(round int) {
		var group sync.WaitGroup
		for person := range people {
			who := slack.as([]string{slackOne, slackTwo, "U0SANDBOXTHREE", "U0SANDBOXFOUR"}[person])
			slack.eventually("the person to be let in", func() bool { return who.tries("join", document{"channel": channel}) })
			group.Go(func() {
				for n := range notes {
					text := fmt.Sprintf("number %d of person %d in round %d;", n, person, round)
					status, _ := who.call(http.MethodPost, "/sandbox/slack/people/"+who.user+"/command", document{"channel": channel, "text": "/incident note " + text})
					mu.Lock()
					acknowledged[text] = status == http.StatusOK
					mu.Unlock()
				}
			})
		}
		group.Wait()
	}
	write(0)
	for text, was := range acknowledged {
		require.True(t, was, text)
	}
	// One of them dies while people write. What it took with it is not known to be done, and at
	// most once.
	dying := make(chan struct{})
	go func() {
		defer close(dying)
		servers[0].kill()
	}()
	write(1)
	<-dying
	slack.connected(2)
	require.True(t, slack.tries("command", document{"channel": channel, "text": "/incident note the last one;"}))
	acknowledged["the last one;"] = true
	muster.eventually("everything that was acknowledged", func() bool {
		noted := muster.notes("INC-1")
		for text, was := range acknowledged {
			if was && timesNoted(noted, text) == 0 {
				return false
			}
		}
		return true
	})
	muster.eventually("the inbox to be empty", muster.inboxIsEmpty)
	noted := muster.notes("INC-1")
	for text := range acknowledged {
		require.LessOrEqual(t, timesNoted(noted, text), 1, text)
	}
	require.Len(t, muster.get("/api/v1/incidents").list("incidents"), 1)
}
