package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/incident"
)

func TestEveryErrorIsAProblemDocument(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	for name, test := range map[string]struct {
		request
		status int
		detail string
	}{
		"a path that is not there":      {request{path: "/nowhere"}, 404, "/nowhere"},
		"a path of the API that is not": {request{path: "/api/v1/nowhere"}, 404, "/api/v1/nowhere"},
		"a slash too many":              {request{path: path + "/"}, 404, "nothing at"},
		"a method that is not possible": {request{method: "DELETE", path: path}, 405, "possible: GET"},
		"a body in another format":      {request{method: "POST", path: path + "/notes", body: "text=x", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 415, "application/json"},
		"a body that is too large":      {request{method: "POST", path: path + "/notes", body: strings.Repeat("x", api.MaxBodyBytes+1)}, 413, "1048576 bytes"},
		"another site's page":           {request{method: "POST", path: path + "/cancel", header: map[string]string{"Sec-Fetch-Site": "cross-site"}}, 403, "another site"},
	} {
		got := h.send(test.request)
		require.Equal(t, test.status, got.Code, "%s: %s", name, got.Body)
		require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"), name)
		require.InDelta(t, test.status, got.json["status"], 0, name)
		require.Equal(t, http.StatusText(test.status), got.json["title"], name)
		require.Contains(t, got.json["detail"], test.detail, name)
	}
	require.Equal(t, "GET", h.send(request{method: "DELETE", path: path}).Header().Get("Allow"))
	require.Equal(t, "investigating", h.get(path).json["status"])
}

func TestWhileTheEngineIsAwayCommandsCanBeRepeatedLater(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	for _, err := range []error{
		fmt.Errorf("update the workflow: %w", api.ErrUnavailable),
		fmt.Errorf("update the workflow at secret-host: %w", context.DeadlineExceeded),
	} {
		h.commander.fail = err
		for _, got := range []answer{h.post(path+"/acknowledge", ""), h.post("/api/v1/incidents", `{"title": "t", "service": "checkout", "severity": "SEV1"}`)} {
			require.Equal(t, http.StatusServiceUnavailable, got.Code)
			require.Equal(t, "5", got.Header().Get("Retry-After"))
			require.NotContains(t, got.Body.String(), "secret-host")
			require.Contains(t, h.log.String(), err.Error())
			require.Contains(t, got.json["detail"], "it may have taken effect, or may still do so")
			require.Contains(t, got.json["detail"], "look at the incidents before you send it again")
		}
		keyed := h.send(request{method: http.MethodPost, path: path + "/acknowledge", header: map[string]string{"Idempotency-Key": "k-1"}})
		require.Equal(t, http.StatusServiceUnavailable, keyed.Code)
		require.Contains(t, keyed.json["detail"], "Send it again with the same Idempotency-Key")
	}
}

func TestAnUnexpectedErrorIsLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.commander.fail = errors.New("password=hunter2")

	got := h.send(request{method: http.MethodPost, path: path + "/acknowledge", header: map[string]string{"X-Request-Id": "trace-7"}})

	require.Equal(t, http.StatusInternalServerError, got.Code)
	require.NotContains(t, got.Body.String(), "hunter2")
	require.Contains(t, h.log.String(), "hunter2")
	require.Contains(t, h.log.String(), "request_id=trace-7")
}

// panicking is a Reader that panics.
type panicking struct{ api.Reader }

func (panicking) Incident(context.Context, incident.ID) (incident.State, error) {
	panic("the shelf fell down")
}

func TestAPanicIsA500AndIsLogged(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.Reader = panicking{o.Reader} })

	got := h.get("/api/v1/incidents/INC-1")

	require.Equal(t, http.StatusInternalServerError, got.Code)
	require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"))
	require.NotContains(t, got.Body.String(), "shelf")
	require.Contains(t, h.log.String(), "the shelf fell down")
	require.Equal(t, http.StatusOK, h.get("/healthz").Code, "and life goes on")
}

func TestARequestKeepsASaneIDAndGetsOneOtherwise(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for sent, kept := range map[string]bool{"trace-7": true, "": false, "a b": false, "x\"y": false, strings.Repeat("x", 81): false} {
		got := h.send(request{path: "/healthz", header: map[string]string{"X-Request-Id": sent}}).Header().Get("X-Request-Id")
		require.NotEmpty(t, got)
		require.Equal(t, kept, got == sent, sent)
	}
}

func TestAServerNeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := api.New(api.Options{})
	require.ErrorContains(t, err, "Commander")
}

// pages are the pages as a server knows them.
type pages struct {
	once   sync.Once
	closed chan struct{}
}

func (p *pages) Register(router gin.IRouter) {
	router.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "the list") })
	router.POST("/incidents/new", func(c *gin.Context) { c.String(http.StatusOK, "title=%s", c.PostForm("title")) })
}

func (p *pages) NotFound(c *gin.Context) { c.String(http.StatusNotFound, "no such page") }

func (p *pages) Close() { p.once.Do(func() { close(p.closed) }) }

func TestPagesAndMountsShareTheServer(t *testing.T) {
	t.Parallel()
	shown := &pages{closed: make(chan struct{})}
	mount := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sandbox/silent" {
			return
		}
		fmt.Fprintf(w, "%s %s", r.Method, r.URL.Path)
	})
	h := newHarness(t, func(o *api.Options) {
		o.Pages = shown
		o.Mounts = []api.Mount{{Path: "/sandbox", Handler: mount}}
	})
	for name, test := range map[string]struct {
		request
		status int
		body   string
	}{
		"a page":                      {request{path: "/"}, 200, "the list"},
		"a form":                      {request{method: "POST", path: "/incidents/new", body: "title=x", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 200, "title=x"},
		"a page that is not there":    {request{path: "/nowhere"}, 404, "no such page"},
		"the mount's root":            {request{path: "/sandbox"}, 200, "GET /sandbox"},
		"something below the mount":   {request{method: "POST", path: "/sandbox/faults", body: "{}"}, 200, "POST /sandbox/faults"},
		"a mount that says nothing":   {request{path: "/sandbox/silent"}, 200, ""},
		"a name like the mount's":     {request{path: "/sandboxes"}, 404, "no such page"},
		"the API is never a page":     {request{path: "/api/v1/nowhere"}, 404, "problem"},
		"webhooks are never a page":   {request{path: "/webhooks/"}, 404, "problem"},
		"mounts are for the own site": {request{method: "POST", path: "/sandbox/faults", header: map[string]string{"Sec-Fetch-Site": "cross-site"}}, 403, "problem"},
	} {
		got := h.sendUnchecked(test.request)
		require.Equal(t, test.status, got.Code, name)
		if test.body == "problem" {
			require.Equal(t, "application/problem+json", got.Header().Get("Content-Type"), name)
			continue
		}
		require.Equal(t, test.body, got.Body.String(), name)
	}
	h.server.Close()
	<-shown.closed
}

func TestAKeyThatCameWithAnotherCommandIsPlacedInItsHeader(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := h.declare()
	h.commander.fail = &incident.InvalidError{Field: "Idempotency-Key", Message: "this key came with another command before"}
	got := h.post(path+"/notes", `{"text": "x"}`)
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	require.Contains(t, got.Body.String(), `"location":"header.Idempotency-Key"`)
}
