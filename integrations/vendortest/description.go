package vendortest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"muster/integrations"
)

// description is one API description that a vendor publishes, with what has to be
// known about it.
type description struct {
	file string
	// base is what our requests' paths have before the described path.
	base string
	// rename maps a path that the description does not have to one that it has.
	rename map[string]string
	// formAsQuery says that the description calls operations GET which the vendor
	// also takes as a posted form, as its library sends them.
	formAsQuery bool
	// idsSent says that the description calls the ids of what is referred to read-only, where
	// they are what has to be sent.
	idsSent bool

	once   sync.Once
	router routers.Router
	err    error
}

// descriptions are the published descriptions of each vendor. A request must
// match one of them.
var descriptions = map[string][]*description{
	integrations.Slack: {
		{file: "slack_web_openapi_v3_converted.json", base: "/api", formAsQuery: true},
	},
	integrations.PagerDuty: {
		{file: "pagerduty-rest-openapiv3.pruned.json", idsSent: true},
		{file: "pagerduty-events-v2-openapiv3.json", base: "/v2"},
	},
	integrations.Jira: {
		{file: "jira-cloud-rest-v2-2024-08.json"},
		// The search that Jira Cloud has now came after that description. Its third
		// version takes the same parameters.
		{file: "jira-cloud-rest-v3-2025-12.json", rename: map[string]string{
			"/rest/api/2/search/jql": "/rest/api/3/search/jql",
		}},
	},
}

// undescribed are paths that a vendor has and its description has not: Slack's
// dates from before bookmarks. One that ends in a slash stands for all below it, such as
// the addresses for answers that Slack's hooks have.
var undescribed = map[string]bool{
	"/actions/":           true,
	"/api/bookmarks.add":  true,
	"/api/bookmarks.list": true,
}

// Counterparts returns the folder of vendor data beside the repository. It is false
// where the folder is absent, as in a copy of the repository alone.
func Counterparts(t testing.TB) (folder string, ok bool) {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatal("no go.mod above the test's folder")
		}
		root = parent
	}
	folder = filepath.Join(root, "..", "shared", "counterparts")
	if _, err := os.Stat(folder); err != nil {
		return "", false
	}
	return folder, true
}

// load reads the description once in the life of the test binary: the largest take
// about a second, or several with the race detector.
func (d *description) load(folder string) error {
	d.once.Do(func() {
		loader := openapi3.NewLoader()
		document, err := loader.LoadFromFile(filepath.Join(folder, "specs", d.file))
		if err != nil {
			d.err = fmt.Errorf("load %s: %w", d.file, err)
			return
		}
		document.Servers = nil // requests go to a fake, so only their paths count
		d.router, d.err = gorillamux.NewRouter(document)
	})
	return d.err
}

// find returns the described operation for a request, and the request as the
// description expects it. The body is the request's.
func (d *description) find(req *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	described := req.Clone(req.Context())
	described.Body = io.NopCloser(bytes.NewReader(body))
	described.URL.Path = strings.TrimPrefix(req.URL.Path, d.base)
	described.URL.RawPath = ""
	if name, ok := d.rename[described.URL.Path]; ok {
		described.URL.Path = name
	}
	route, parameters, err := d.router.FindRoute(described)
	if err != nil && d.formAsQuery {
		form, parseErr := formOf(req.Header.Get("Content-Type"), body)
		if parseErr != nil {
			return nil, parseErr
		}
		described.Method, described.URL.RawQuery, described.Body = http.MethodGet, form.Encode(), http.NoBody
		route, parameters, err = d.router.FindRoute(described)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	return &openapi3filter.RequestValidationInput{
		Request: described, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
			// Fakes assert on what was sent, not on what a description would add.
			SkipSettingDefaults:        true,
			ExcludeReadOnlyValidations: d.idsSent,
		},
	}, nil
}

// formOf reads a posted form, or the JSON object that a vendor takes in its place: what is
// no text in it stands in a form as JSON.
func formOf(contentType string, body []byte) (url.Values, error) {
	if !strings.HasPrefix(contentType, "application/json") {
		return url.ParseQuery(string(body))
	}
	var document map[string]json.RawMessage
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, err
	}
	form := url.Values{}
	for name, value := range document {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		form.Set(name, text)
	}
	return form, nil
}

// validator is a transport that checks each request before it sends it.
type validator struct {
	t      testing.TB
	vendor string
	next   http.RoundTripper
}

// Validating returns a transport that fails the test for every request which the
// vendor's own API description does not allow, and sends it on through next. Where
// the descriptions are absent it checks nothing.
func Validating(t testing.TB, vendor string, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	folder, ok := Counterparts(t)
	if !ok {
		t.Log("requests are not checked: ../shared/counterparts is absent")
		return next
	}
	for _, d := range descriptions[vendor] {
		// Here and not with the first request, whose time is limited.
		if err := d.load(folder); err != nil {
			t.Fatal(err)
		}
	}
	return &validator{t: t, vendor: vendor, next: next}
}

// RoundTrip implements [http.RoundTripper].
func (v *validator) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err := v.check(req, body); err != nil {
		v.t.Errorf("%s would refuse %s %s: %v", v.vendor, req.Method, req.URL.Path, err)
	}
	return v.next.RoundTrip(req)
}

// check returns why the vendor's descriptions do not allow a request.
func (v *validator) check(req *http.Request, body []byte) error {
	first, _, below := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	if undescribed[req.URL.Path] || below && undescribed["/"+first+"/"] {
		return nil
	}
	var missing error
	for _, d := range descriptions[v.vendor] {
		input, err := d.find(req, body)
		if err != nil {
			missing = err
			continue
		}
		return openapi3filter.ValidateRequest(req.Context(), input)
	}
	return missing
}
