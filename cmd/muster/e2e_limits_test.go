//go:build !slim

package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// briefPause is that of the hook that keeps the brief, in the default playbook.
const briefPause = 5 * time.Second

// calls counts muster's calls of a method of Slack that came to an outcome, as its metrics
// have it.
func (s *slackSender) calls(operation, outcome string) int {
	s.t.Helper()
	_, metrics := s.call(http.MethodGet, "/metrics", nil)
	line := regexp.MustCompile(`muster_vendor_requests_total\{operation="` + regexp.QuoteMeta(operation) + `",outcome="` + outcome + `",vendor="slack"\} (\S+)`)
	found := line.FindSubmatch(metrics)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(s.t, err)
	return int(n)
}

// Slack takes a message a second in a channel, and refuses the others. People write faster.
func TestABurstOfUpdatesIsShownAsSlackLetsIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start   func(t *testing.T) (slack, muster *slackSender)
		refused bool
	}{
		"by what its refusals say, where muster knows no limits": {func(t *testing.T) (slack, muster *slackSender) {
			s := &slackSender{process: startMuster(t, t.TempDir()), t: t, user: slackOne, sent: &atomic.Int64{}}
			return s, s
		}, true},
		"without a refusal, where muster keeps to them": {func(t *testing.T) (slack, muster *slackSender) {
			slack = startWorkspace(t)
			return slack, slack.dev(t.TempDir())
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const updates = 30
			slack, muster := c.start(t)
			slack.do(http.MethodPost, "/sandbox/faults", document{"vendor": "slack", "mode": "limits"})
			began := time.Now()
			muster.do(http.MethodPost, "/api/v1/incidents", document{"title": "Search is slow", "service": "search", "severity": "SEV3", "actor": "ana"})
			channel := muster.channelOf("INC-1")
			for n := range updates {
				muster.do(http.MethodPost, "/api/v1/incidents/INC-1/updates", document{"text": fmt.Sprintf("update number %d;", n), "actor": "ana"})
			}
			shown := func() (numbers []int) {
				for _, m := range slack.messages(channel) {
					if found := regexp.MustCompile(`update number (\d+);`).FindStringSubmatch(fmt.Sprint(m["text"])); found != nil {
						number, err := strconv.Atoi(found[1])
						require.NoError(t, err)
						numbers = append(numbers, number)
					}
				}
				return numbers
			}
			for some := 5; some <= updates; some += 5 {
				muster.eventually(fmt.Sprintf("%d updates in the channel", some), func() bool { return len(shown()) >= some })
			}
			muster.do(http.MethodPost, "/api/v1/incidents/INC-1/resolve", document{"summary": "It is fast again", "actor": "ana"})
			muster.eventually("the brief to say so", func() bool {
				for _, m := range slack.messages(channel) {
					if m["pinned"] == true {
						return strings.Contains(fmt.Sprint(m["text"]), "resolved")
					}
				}
				return false
			})
			want := make([]int, updates)
			for n := range want {
				want[n] = n
			}
			require.Equal(t, want, shown(), "all of them, once, in their order")
			edits := muster.calls("chat.update", "ok")
			require.Positive(t, edits)
			require.LessOrEqual(t, edits, 1+int(time.Since(began)/briefPause), "the brief is brought up to date after a pause, whatever happens meanwhile")
			require.Equal(t, c.refused, muster.calls("chat.postMessage", "limited") > 0)
			require.LessOrEqual(t, muster.calls("chat.postMessage", "limited"), 2*muster.calls("chat.postMessage", "ok"), "who is told to wait waits")
			for _, e := range muster.get("/api/v1/incidents/INC-1/timeline?limit=1000").list("events") {
				require.NotEqual(t, "step_failed", e["kind"], "%v", e)
			}
		})
	}
}
