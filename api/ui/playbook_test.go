package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/incident"
)

func TestTheListTellsOfEachPlaybook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.get(t, "/playbooks")
	require.Equal(t, http.StatusOK, got.StatusCode)
	text := textOf(got.root)
	require.Contains(t, text, "default built in")
	require.Contains(t, text, "Followed where nothing else is named")
	require.Contains(t, text, "checkout your own What to do when people cannot pay.")
	require.Contains(t, text, "2 steps, 2 by people 1 reaction")
	require.NotContains(t, text, "mistake")
}

func TestMistakesInTheFilesAreShownUntilTheyAreMended(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.files["checkout.yaml"] = &fstest.MapFile{Data: []byte("name: checkout\ncolour: <b>red</b>\n")}
	s.folder.Refresh()
	s.folder.Refresh()
	got := s.get(t, "/playbooks")
	text := textOf(got.root)
	require.Contains(t, text, "The files have a mistake, so new incidents follow what was there before")
	require.Contains(t, text, "checkout.yaml:2:1")
	require.Contains(t, text, "2 steps, 2 by people", "the last good one")
	require.NotContains(t, got.body, "<b>red</b>")

	s.files["checkout.yaml"] = &fstest.MapFile{Data: []byte(checkoutPlaybook)}
	s.folder.Refresh()
	s.folder.Refresh()
	require.NotContains(t, textOf(s.get(t, "/playbooks").root), "mistake")
}

func TestAPlaybookIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.get(t, "/playbooks/checkout")
	require.Equal(t, http.StatusOK, got.StatusCode)
	text := textOf(got.root)
	for _, want := range []string{
		"What to do when people cannot pay.",
		"incident commander Decides.",
		"1 Look at the payment provider's page people do it, incident commander Is it them or us?",
		"After “Look at the payment provider's page”.",
		"When nobody has acknowledged for 5 minutes, then every 10 minutes, at most 6 times: Ask in the channel slack.post",
	} {
		require.Contains(t, text, want)
	}
	drawing := find(got.root, func(n *html.Node) bool { return n.Data == "svg" && attribute(n, "class") == "playbook-diagram" })
	require.NotNil(t, drawing)
	for n := range drawing.Descendants() {
		if target := attribute(n, "href"); target != "" {
			got.element(t, target[1:])
		}
	}
	require.Equal(t, http.StatusNotFound, s.get(t, "/playbooks/nothing").StatusCode)
	require.Equal(t, http.StatusNotFound, s.get(t, "/playbooks/%3Cscript%3E").StatusCode)
}

func TestAnIncidentShowsWhatItFollowsWhateverTheLibraryHas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	got := s.get(t, "/incidents/INC-1/playbook")
	text := textOf(got.root)
	require.Contains(t, text, "What INC-1 follows")
	require.Contains(t, text, "default abc123")
	require.Contains(t, text, "New incidents follow version")
	require.Contains(t, text, "0 of 3 steps settled")
	require.Contains(t, got.body, `class="node automatic state-running"`)
	require.Contains(t, got.body, `href="/incidents/INC-1#step-assess"`)

	s.do(t, id, muster, incident.FinishStep{Step: "page"})
	got = s.get(t, "/incidents/INC-1/playbook/sections?want=progress")
	require.Contains(t, textOf(got.root), "1 of 3 steps settled")
	require.Contains(t, got.body, `class="node automatic state-done"`)

	require.Contains(t, s.get(t, "/incidents/INC-1").body, `href="/incidents/INC-1/playbook"`)
	require.Equal(t, http.StatusNotFound, s.get(t, "/incidents/INC-9/playbook").StatusCode)
	require.Equal(t, http.StatusNotFound, s.get(t, "/incidents/x/playbook").StatusCode)
}

func TestAPersonMayChooseAmongThePlaybooksThatThereAreNow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	offered := func() string {
		_, choice, found := strings.Cut(s.get(t, "/incidents/new").body, `name="playbook"`)
		require.True(t, found)
		choice, _, _ = strings.Cut(choice, "</select>")
		return choice
	}
	require.Contains(t, offered(), `value="checkout"`)
	delete(s.files, "checkout.yaml")
	s.folder.Refresh()
	s.folder.Refresh()
	require.NotContains(t, offered(), `value="checkout"`)
}
