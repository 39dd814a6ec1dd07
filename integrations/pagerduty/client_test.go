package pagerduty_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/pagerduty"
	"muster/integrations/vendortest"
)

const (
	token      = "sample-rest-token"
	routingKey = "0123456789abcdef0123456789abcdef"
	key        = "INC-42/page"

	getService = "GET /services/PSAMPLE"
	service    = `{"service":{"id":"PSAMPLE","name":"Checkout","escalation_policy":{"id":"PPOLICY"},"integrations":[
		{"id":"P1","type":"generic_email_inbound_integration","integration_email":"checkout@example.pagerduty.com"},
		{"id":"P2","type":"events_api_v2_inbound_integration","integration_key":"` + routingKey + `"}]}}`
	enqueue   = "POST /v2/enqueue"
	enqueued  = `{"status":"success","message":"Event processed","dedup_key":"` + key + `"}`
	incidents = "GET /incidents"
)

func newClient(t *testing.T) (*pagerduty.Client, *vendortest.Fake) {
	t.Helper()
	fake := vendortest.NewFake(t, integrations.PagerDuty)
	return pagerduty.New(pagerduty.Options{
		Token: token, From: "responder@example.com", APIURL: fake.URL, EventsURL: fake.URL + "/", HTTPClient: fake.Client(),
	}), fake
}

func TestClientKeepsThePromisesOfAllVendors(t *testing.T) {
	t.Parallel()
	page := incident.Page{Key: key, Service: "PSAMPLE"}
	for name, subject := range map[string]vendortest.Subject{
		"in the REST API": {
			New: func(_ *testing.T, url string, client *http.Client) func(context.Context) error {
				c := pagerduty.New(pagerduty.Options{Token: token, APIURL: url, EventsURL: url, HTTPClient: client})
				return func(ctx context.Context) error {
					_, err := c.OnCall(ctx, page.Service)
					return err
				}
			},
			Refusal: func(message string) string {
				return `{"error":{"message":` + strconv.Quote(message) + `,"code":2001,"errors":["no"]}}`
			},
			Secrets: []string{token},
			Codes: []vendortest.Code{
				restCode(http.StatusBadRequest, 2001, true),
				restCode(http.StatusUnauthorized, 2006, true),
				restCode(http.StatusPaymentRequired, 2014, true),
				restCode(http.StatusForbidden, 2010, true),
				restCode(http.StatusNotFound, 2100, true),
				restCode(http.StatusRequestTimeout, 2016, false),
				restCode(http.StatusInternalServerError, 2000, false),
				{
					Code: "2020", Status: http.StatusTooManyRequests, Delay: 20 * time.Second,
					Header:   []string{"ratelimit-limit", "960", "ratelimit-remaining", "0", "ratelimit-reset", "20"},
					Document: `{"error":{"message":"Rate Limit Exceeded","code":2020}}`,
				},
			},
		},
		"in what the library has no method for": {
			New: func(_ *testing.T, url string, client *http.Client) func(context.Context) error {
				c := pagerduty.New(pagerduty.Options{Token: token, From: "responder@example.com", APIURL: url, EventsURL: url, HTTPClient: client})
				return func(ctx context.Context) error {
					_, err := c.PagePolicy(ctx, request(), "PPOLICY")
					return err
				}
			},
			Before: func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet {
					vendortest.WriteJSON(t, w, http.StatusOK, `{"escalation_policies":[],"incidents":[]}`)
				}
				return r.Method == http.MethodGet
			},
			Refusal: func(message string) string {
				return `{"error":{"message":` + strconv.Quote(message) + `,"code":2001,"errors":["no"]}}`
			},
			Secrets: []string{token},
			Codes:   []vendortest.Code{restCode(http.StatusBadRequest, 2001, true), restCode(http.StatusInternalServerError, 2000, false)},
		},
		"in the Events API": {
			New: func(_ *testing.T, url string, client *http.Client) func(context.Context) error {
				c := pagerduty.New(pagerduty.Options{Token: token, APIURL: url, EventsURL: url, HTTPClient: client})
				return func(ctx context.Context) error { return c.Acknowledge(ctx, page) }
			},
			Before: func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, "/services/") {
					return false
				}
				vendortest.WriteJSON(t, w, http.StatusOK, service)
				return true
			},
			Refusal: func(message string) string {
				return `{"status":"invalid event","message":` + strconv.Quote(message) + `,"errors":["no"]}`
			},
			Secrets: []string{token, routingKey},
			Codes: []vendortest.Code{
				{
					Code: "invalid event", Status: http.StatusBadRequest, Final: true,
					Document: `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect"]}`,
				},
				{
					Code: "throttle exceeded", Status: http.StatusTooManyRequests, Delay: 30 * time.Second,
					Document: `{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly."}`,
				},
				{
					Code: "internal error", Status: http.StatusInternalServerError,
					Document: `{"status":"internal error","message":"Internal Server Error"}`,
				},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject.Vendor = integrations.PagerDuty
			vendortest.Conform(t, subject)
		})
	}
}

// restCode is a refusal by the REST API: https://developer.pagerduty.com/docs/errors.
func restCode(status, code int, final bool) vendortest.Code {
	return vendortest.Code{
		Code: strconv.Itoa(code), Status: status, Final: final,
		Document: fmt.Sprintf(`{"error":{"message":"no","code":%d}}`, code),
	}
}

func TestErrorNamesWhatToMend(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status       int
		answer, want string
	}{
		"a wrong token": {
			http.StatusUnauthorized, `{"error":{"message":"Unauthorized","code":2006}}`,
			"Unauthorized; set MUSTER_PAGERDUTY_TOKEN to a valid REST API key (2006, HTTP 401)",
		},
		"an unknown service": {
			http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`,
			"Not Found; check the ids of PagerDuty in muster.yaml, of services, escalation policies and schedules (2100, HTTP 404)",
		},
		"errors that are a text instead of a list": {
			http.StatusBadRequest, `{"error":{"message":"Invalid Input Provided","code":2001,"errors":"id is odd"}}`,
			"Invalid Input Provided (2001, HTTP 400)",
		},
		"a service without the integration": {
			http.StatusOK, `{"service":{"id":"PSAMPLE","name":"Checkout","integrations":[{"type":"generic_email_inbound_integration"}]}}`,
			`the service PSAMPLE (Checkout) cannot be paged: add an integration of the type "Events API v2" to it in PagerDuty`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(getService, row.status, row.answer)
			err := client.Acknowledge(t.Context(), incident.Page{Key: key, Service: "PSAMPLE"})
			require.ErrorContains(t, err, row.want)
			require.True(t, integrations.IsFinal(err))
		})
	}
}
