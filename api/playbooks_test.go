package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/incident"
	"muster/playbooks"
)

const checkoutPlaybook = `name: checkout
description: What to do when people cannot pay.
steps:
  - {id: look, title: Look}
  - {id: tell, title: Tell, needs: [look], do: slack.post, with: {text: We look}}
hooks:
  - {id: nag, on: unacknowledged, after: 5m, remind: Nobody, title: Ask, do: slack.post, with: {text: Who?}}
`

// library is a folder of playbooks for the server, whose files tests may change.
func library(t *testing.T) (fstest.MapFS, *playbooks.Folder, func(*api.Options)) {
	t.Helper()
	files := fstest.MapFS{"checkout.yaml": {Data: []byte(checkoutPlaybook)}}
	folder, err := playbooks.NewFolder(files, nil, func() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) })
	require.NoError(t, err)
	return files, folder, func(o *api.Options) { o.Playbooks = folder }
}

func TestTheLibraryIsListedWithWhatIsWrongWithItsFiles(t *testing.T) {
	t.Parallel()
	files, folder, with := library(t)
	h := newHarness(t, with)
	got := h.get("/api/v1/playbooks")
	require.Equal(t, http.StatusOK, got.Code)
	require.Nil(t, lookup(t, got.json, "refused"))
	at := placeOf(t, got.json, "checkout")
	require.Equal(t, false, lookup(t, got.json, "playbooks", at, "built_in"))
	require.InDelta(t, 2, lookup(t, got.json, "playbooks", at, "steps"), 0)
	require.Equal(t, publicURL+"/playbooks/checkout", lookup(t, got.json, "playbooks", at, "url"))
	require.Equal(t, "2026-03-01T09:00:00Z", lookup(t, got.json, "loaded_at"))

	files["checkout.yaml"] = &fstest.MapFile{Data: []byte("name: checkout\ncolour: red\n")}
	folder.Refresh()
	folder.Refresh()
	got = h.get("/api/v1/playbooks")
	placeOf(t, got.json, "checkout")
	require.Equal(t, "checkout.yaml", lookup(t, got.json, "refused", "findings", 0, "file"))
	require.InDelta(t, 2, lookup(t, got.json, "refused", "findings", 0, "line"), 0)
}

// placeOf finds a playbook in the list, which has the built-in ones as well.
func placeOf(t *testing.T, list any, name string) int {
	t.Helper()
	all, ok := lookup(t, list, "playbooks").([]any)
	require.True(t, ok)
	at := slices.IndexFunc(all, func(p any) bool { return lookup(t, p, "name") == name })
	require.GreaterOrEqual(t, at, 0, name)
	return at
}

func TestAPlaybookComesInTheFormAskedFor(t *testing.T) {
	t.Parallel()
	_, _, with := library(t)
	h := newHarness(t, with)
	for accept, want := range map[string]struct{ contentType, holds string }{
		"":                 {"application/json", `"name":"checkout"`},
		"text/yaml":        {"text/yaml; charset=utf-8", "name: checkout\n"},
		"application/yaml": {"application/yaml", "name: checkout\n"},
		"text/markdown":    {"text/markdown; charset=utf-8", "# Playbook checkout"},
		"image/svg+xml":    {"image/svg+xml", "<title>Playbook checkout</title>"},
	} {
		got := h.sendUnchecked(request{path: "/api/v1/playbooks/checkout", header: map[string]string{"Accept": accept}})
		require.Equal(t, http.StatusOK, got.Code, "%s: %s", accept, got.Body)
		require.Equal(t, want.contentType, got.Header().Get("Content-Type"))
		require.Contains(t, got.Body.String(), want.holds)
	}
	got := h.get("/api/v1/playbooks/checkout")
	require.Equal(t, "After “Look”.", lookup(t, got.json, "step_details", 1, "text", 0))
	require.Equal(t, "When nobody has acknowledged for 5 minutes", lookup(t, got.json, "hooks", 0, "text"))
	require.Equal(t, checkoutPlaybook, lookup(t, got.json, "source"))
	require.Equal(t, http.StatusNotAcceptable, h.send(request{path: "/api/v1/playbooks/checkout", header: map[string]string{"Accept": "application/pdf"}}).Code)
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/playbooks/nothing").Code)
}

func TestAnIncidentsPlaybookIsTheOneItBeganWith(t *testing.T) {
	t.Parallel()
	_, folder, with := library(t)
	h := newHarness(t, with)
	path := h.declare()
	p := *folder.Current()["checkout"]
	p.Version = "before"
	document, err := json.Marshal(p)
	require.NoError(t, err)
	id, _, err := h.store.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	_, err = h.commander.decide(t.Context(), incident.State{}, incident.Command{Incident: id, Actor: incident.PersonActor("Sample Responder"), Source: "test", Intent: incident.Declare{
		Title: "Pay", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}}, Service: incident.Service{Name: "checkout"},
	}})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/"+string(id)+"/playbook").Code, "it has none yet")
	h.command("/"+string(id), incident.AttachPlaybook{Playbook: incident.PlaybookRef{Name: "checkout", Version: "before"}, Document: document})

	got := h.get("/api/v1/incidents/" + string(id) + "/playbook")
	require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
	require.Equal(t, "before", lookup(t, got.json, "version"))
	require.Equal(t, true, lookup(t, got.json, "current", 0, "changed"))
	require.Equal(t, folder.Current()["checkout"].Version, lookup(t, got.json, "current", 0, "version"))
	require.Equal(t, http.StatusOK, h.get(path+"/playbook").Code)
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-99/playbook").Code)
}
