//go:build !slim

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// hiddenPlaybook tells as many as the built-in one does, and opens a private channel.
const hiddenPlaybook = `
name: hidden
extends: default
when: "false"
steps:
  - {id: channel, title: Open a private channel, do: slack.create_channel, with: {name: "${incident.service.channel_prefix}-${incident.number}", private: "true"}}
`

// refusingSlack is a Slack that opens no private channels, in front of the sandbox's.
func refusingSlack(t *testing.T, to string) *httptest.Server {
	t.Helper()
	target, err := url.Parse(to)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/conversations.create") && strings.Contains(string(body), "is_private=true") {
			w.Header().Set("Content-Type", asJSON)
			fmt.Fprint(w, `{"ok":false,"error":"restricted_action"}`) //nolint:errcheck // the client sees it
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// An incident that is to be restricted is so while Slack does not open its channel.
func TestNothingOfARestrictedIncidentReachesOthersWhileSlackRefusesItsChannel(t *testing.T) {
	t.Parallel()
	slackBody(t, "events.body.json")
	standIns := startProcess(t, sandboxRunning, nil,
		"sandbox", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir())
	address := regexp.MustCompile(`MUSTER_SLACK_API_URL=(\S+)`).FindStringSubmatch(standIns.output.String())[1]
	api, err := url.Parse(address)
	require.NoError(t, err)
	front := refusingSlack(t, address)

	dir := t.TempDir()
	code, sample := runMuster(t, "config", "sample")
	require.Zero(t, code)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "muster.yaml"), []byte(sample+"\nplaybooks: playbooks\n"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "playbooks"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "playbooks", "hidden.yaml"), []byte(hiddenPlaybook), 0o600))
	s := &slackSender{t: t, user: slackTwo, sent: &atomic.Int64{}, process: startMusterWith(t, []string{
		"MUSTER_SLACK_API_URL=" + front.URL + api.Path, "MUSTER_SLACK_TOKEN=sandbox", "MUSTER_SLACK_SIGNING_SECRET=" + slackSecret,
	}, t.TempDir(), "--config", filepath.Join(dir, "muster.yaml"))}
	inSlack := func() string {
		_, state := standIns.call(http.MethodGet, "/sandbox/state", nil)
		return string(state)
	}

	s.command("C0GENERAL", "subscribe all")
	s.eventually("the inbox to be empty", s.inboxIsEmpty)
	s.do(http.MethodPost, "/api/v1/incidents", document{"title": "Orders are slow", "service": "checkout", "severity": "SEV1"})
	s.eventually("others to be told of what everybody may know", func() bool { return strings.Count(inSlack(), "Orders are slow") > 2 })

	s.do(http.MethodPost, "/api/v1/incidents", document{"title": "Stolen session", "summary": "Stolen at noon", "service": "payments", "severity": "SEV1", "playbook": "hidden"})
	s.entry("INC-2", "Slack's refusal", holding("step_failed", "Open a private channel", "restricted_action"))
	s.do(http.MethodPost, "/api/v1/incidents/INC-2/updates", document{"text": "Stolen by phishing"})
	s.do(http.MethodPost, "/api/v1/incidents/INC-2/steps/channel/skip", document{"note": "by phone"})
	s.entry("INC-2", "what announces the declaration to have nothing to do", holding("step_completed", "Tell others", "restricted"))
	s.entry("INC-2", "those who follow to be left alone", holding("step_completed", "Tell those who follow", "nobody follows"))
	s.command("C0GENERAL", "list")
	s.eventually("the list", func() bool { return strings.Contains(inSlack(), "(restricted)") })
	s.command("C0GENERAL", "INC-2 status")
	s.eventually("the refusal", func() bool { return strings.Contains(inSlack(), "INC-2 is restricted to those") })
	require.NotContains(t, inSlack(), "Stolen")
}
