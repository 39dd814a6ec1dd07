package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPostmortemComesInTheFormAskedFor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	const (
		markdown = "text/markdown; charset=utf-8"
		html     = "text/html; charset=utf-8"
		json     = "application/json"
	)
	for accept, want := range map[string]string{
		"":                 markdown,
		"*/*":              markdown,
		"text/*":           markdown,
		"text/markdown":    markdown,
		"text/html":        html,
		"application/json": json,
		"Application/JSON": json,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": html, // as browsers ask
		"text/markdown;q=0.5, application/json;q=0.9":                     json,
		"text/markdown;q=0, */*;q=0.1":                                    html,
		"text/*;q=0.3, text/html;q=0.7, */*;q=0.5":                        html,
		"application/json;q=nonsense, text/html;q=0.9":                    json,
		"application/json;q=7, nonsense/":                                 json,
		"text/html;level=1;q=0.4, application/json;q=0.2":                 html,
	} {
		got := h.send(request{path: path + "/postmortem", header: map[string]string{"Accept": accept}})
		require.Equal(t, http.StatusOK, got.Code, "%s: %s", accept, got.Body)
		require.Equal(t, want, got.Header().Get("Content-Type"), accept)
		require.Equal(t, "Accept", got.Header().Get("Vary"))
		require.Contains(t, got.Body.String(), "Checkout fails")
	}
	require.Equal(t, "# Checkout fails\n\n2 events\n", h.get(path+"/postmortem").Body.String())
	html200 := h.send(request{path: path + "/postmortem", header: map[string]string{"Accept": "text/html"}})
	require.Contains(t, html200.Header().Get("Content-Security-Policy"), "default-src 'none'")
}

func TestAPostmortemInNoFormThereIsCannotBeHad(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	for _, accept := range []string{"application/pdf", "image/*", "text/markdown;q=0", "*/*;q=0"} {
		got := h.send(request{path: path + "/postmortem", header: map[string]string{"Accept": accept}})
		require.Equal(t, http.StatusNotAcceptable, got.Code, accept)
		require.Contains(t, got.json["detail"], "text/markdown, text/html, application/json")
	}
	require.Equal(t, http.StatusNotFound, h.get("/api/v1/incidents/INC-9/postmortem").Code)
}
