package pagerduty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/pagerduty"
	"muster/integrations/vendortest"
)

// quotas are PagerDuty's limits, which it counts over the last minute.
var quotas = []vendortest.Quota{
	{
		Name: "events of an integration key", Most: 120, Window: time.Minute,
		Counts: func(r vendortest.Request) (string, bool) {
			if r.Path != "/v2/enqueue" {
				return "", false
			}
			var event struct {
				RoutingKey string `json:"routing_key"`
			}
			return event.RoutingKey, json.Unmarshal(r.Body, &event) == nil
		},
	},
	{
		Name: "REST requests", Most: 960, Window: time.Minute,
		Counts: func(r vendortest.Request) (string, bool) { return "", r.Path != "/v2/enqueue" },
	},
}

// everything answers each request with as much as the client needs of it. Every service
// has a key of its own.
func everything(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		switch id, isService := strings.CutPrefix(r.URL.Path, "/services/"); {
		case isService:
			vendortest.WriteJSON(t, w, http.StatusOK, strings.NewReplacer("PSAMPLE", id, routingKey, "sample-key-of-"+id).Replace(service))
		case r.URL.Path == "/v2/enqueue":
			vendortest.WriteJSON(t, w, http.StatusAccepted, enqueued)
		default:
			vendortest.WriteJSON(t, w, http.StatusOK, `{"incidents":[],"oncalls":[]}`)
		}
	}
}

func TestClientKeepsPagerDutysLimits(t *testing.T) {
	t.Parallel()
	page := func(c *pagerduty.Client, ctx context.Context, service string, i int) error {
		request := request()
		request.Service, request.Key = service, fmt.Sprint(i)
		_, err := c.Page(ctx, request)
		return err
	}
	for name, row := range map[string]struct {
		calls  int
		call   func(*pagerduty.Client, context.Context, int) error
		within time.Duration
	}{
		"with 300 pages of one service": {
			300, func(c *pagerduty.Client, ctx context.Context, i int) error { return page(c, ctx, "PSAMPLE", i) }, 6 * time.Minute,
		},
		"with 2,000 pages of a hundred services": {
			2000, func(c *pagerduty.Client, ctx context.Context, i int) error {
				return page(c, ctx, fmt.Sprint("P", i%100), i)
			}, 8 * time.Minute,
		},
		"with 300 acknowledgements and the people on call": {
			300, func(c *pagerduty.Client, ctx context.Context, i int) error {
				if err := c.Acknowledge(ctx, incident.Page{Key: fmt.Sprint(i), Service: "PSAMPLE"}); err != nil {
					return err
				}
				_, err := c.OnCall(ctx, "PSAMPLE")
				return err
			}, 8 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendortest.Pace(t, vendortest.Crowd{
				Vendor: integrations.PagerDuty, Answer: everything(t), Quotas: quotas, Within: row.within,
				Calls: func(_ *testing.T, url string, client *http.Client) []func(context.Context) error {
					c := pagerduty.New(pagerduty.Options{Token: token, APIURL: url, EventsURL: url, HTTPClient: client})
					calls := make([]func(context.Context) error, row.calls)
					for i := range calls {
						calls[i] = func(ctx context.Context) error { return row.call(c, ctx, i) }
					}
					return calls
				},
			})
		})
	}
}

func TestRefusalHoldsBackWhatItMeans(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		limit     string
		wantPages bool
	}{
		"all of the REST API when its own limit is reached":           {"960", false},
		"all of the REST API when PagerDuty does not say":             {"", false},
		"only the listing of on-calls when it has a limit of its own": {"120", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				others := everything(t)
				client := &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/oncalls" {
						others(w, r)
						return
					}
					w.Header().Set("Ratelimit-Reset", "20")
					if row.limit != "" {
						w.Header().Set("Ratelimit-Limit", row.limit)
					}
					vendortest.WriteJSON(t, w, http.StatusTooManyRequests, `{"error":{"message":"Rate Limit Exceeded","code":2020}}`)
				}))}
				c := pagerduty.New(pagerduty.Options{
					Token: token, APIURL: "http://vendor.example.com", EventsURL: "http://vendor.example.com", HTTPClient: client,
				})
				_, err := c.OnCall(t.Context(), "PSAMPLE")
				require.True(t, integrations.HasCode(err, "2020"))

				_, err = c.Page(t.Context(), request())
				if row.wantPages {
					require.NoError(t, err)
					return
				}
				var failure *integrations.Error
				require.ErrorAs(t, err, &failure)
				require.False(t, failure.Permanent())
				require.Equal(t, 20*time.Second, failure.Delay())
			})
		})
	}
}
