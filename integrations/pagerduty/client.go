package pagerduty

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/integrations"
)

// Where PagerDuty listens, in its US service region. Accounts of the EU region use
// https://api.eu.pagerduty.com and https://events.eu.pagerduty.com.
const (
	defaultAPIURL    = "https://api.pagerduty.com"
	defaultEventsURL = "https://events.pagerduty.com"
)

// Options say how to reach PagerDuty.
type Options struct {
	// Token is a REST API key.
	Token integrations.Secret
	// From is the e-mail address of the PagerDuty user on whose behalf Muster acts. It
	// goes with every REST request, as PagerDuty asks of account-wide keys.
	From string
	// APIURL and EventsURL are the bases of the REST and the Events API. Empty means
	// those of the US service region.
	APIURL    string
	EventsURL string
	// HTTPClient carries the requests, with the guards of
	// [integrations.NewHTTPClient] added. Nil means a client of its own.
	HTTPClient *http.Client
	// Directory knows who has which account where e-mail addresses do not tell. It may be nil.
	Directory integrations.Directory
	// Unshaped sends calls without regard to PagerDuty's limits: for a stand-in that has
	// none.
	Unshaped bool
}

// Client acts in one PagerDuty account. Its methods may be repeated and called by many
// goroutines at once; every error is an [*integrations.Error].
type Client struct {
	api       *pd.Client
	calls     *integrations.Caller
	apiURL    string
	from      string
	directory integrations.Directory

	mu          sync.Mutex
	routingKeys map[string]integrations.Secret // by service id
	people      map[string]knownUser           // by account
	selfID      string                         // the account of from, once it is known
}

// New returns a client. It sends nothing yet: a wrong token shows in the first call.
func New(options Options) *Client {
	client := integrations.NewHTTPClient(options.HTTPClient)
	if options.From != "" {
		client.Transport = &fromHeader{address: options.From, next: client.Transport}
	}
	apiURL := strings.TrimSuffix(cmp.Or(options.APIURL, defaultAPIURL), "/")
	api := pd.NewClient(options.Token.Reveal(),
		pd.WithAPIEndpoint(apiURL),
		pd.WithV2EventsAPIEndpoint(strings.TrimSuffix(cmp.Or(options.EventsURL, defaultEventsURL), "/")))
	api.HTTPClient = client
	calls := integrations.NewCaller(integrations.PagerDuty, explain, options.Token)
	if !options.Unshaped {
		calls = calls.Shaped(limits)
	}
	return &Client{
		api: api, calls: calls, apiURL: apiURL, from: options.From, directory: options.Directory,
		routingKeys: map[string]integrations.Secret{}, people: map[string]knownUser{},
	}
}

// fromHeader adds the From header to requests of the REST API, which are the ones that
// carry the token. See https://developer.pagerduty.com/docs/rest-api-overview.
type fromHeader struct {
	address string
	next    http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (f *fromHeader) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Header.Get("Authorization") != "" {
		req = req.Clone(req.Context())
		req.Header.Set("From", f.address)
	}
	return f.next.RoundTrip(req)
}

// remedies say what to mend, by the HTTP status of a refusal.
var remedies = map[int]string{
	http.StatusUnauthorized: "set MUSTER_PAGERDUTY_TOKEN to a valid REST API key",
	http.StatusForbidden:    "the REST API key may not do this: use one with read access to services, users and schedules, and write access to incidents",
	http.StatusNotFound:     "check the ids of PagerDuty in muster.yaml, of services, escalation policies and schedules",
}

// answer is a refusal of either API: the REST API nests what the Events API does not.
// See https://developer.pagerduty.com/docs/errors and
// https://developer.pagerduty.com/docs/send-alert-event#response-codes--retry-logic.
type answer struct {
	Error   *answer  `json:"error"`
	Code    int      `json:"code"`
	Status  string   `json:"status"`
	Message string   `json:"message"`
	Errors  []string `json:"errors"`
}

// explain reads PagerDuty's code and words out of a refusal. It is an
// [integrations.Explain]. The library's error is not asked: it keeps nothing of what
// the Events API says.
func explain(refusal integrations.Refusal) (code, message string) {
	var a answer
	var otherType *json.UnmarshalTypeError // some errors are a text where a list is documented
	if err := json.Unmarshal(refusal.Body, &a); err != nil && !errors.As(err, &otherType) {
		return "", remedies[refusal.Status]
	}
	if a.Error != nil {
		a = *a.Error
	}
	if code = a.Status; a.Code != 0 {
		code = strconv.Itoa(a.Code)
	}
	words := slices.Concat([]string{a.Message}, a.Errors, []string{remedies[refusal.Status]})
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	return code, strings.Join(words, "; ")
}
