package integrations_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/pagerduty"
	"muster/integrations/sandbox"
	"muster/integrations/vendortest"
)

// logged counts what the sandbox's PagerDuty has in its incidents' logs, by kind.
func logged(t *testing.T, box *sandbox.Sandbox) map[string]int {
	t.Helper()
	answer := httptest.NewRecorder()
	box.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/sandbox/state", http.NoBody))
	var all struct {
		PagerDuty struct {
			Incidents []struct {
				Log []struct {
					Kind string `json:"kind"`
				} `json:"log"`
			} `json:"incidents"`
		} `json:"pagerduty"`
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &all))
	counts := map[string]int{}
	for _, i := range all.PagerDuty.Incidents {
		for _, entry := range i.Log {
			counts[entry.Kind]++
		}
	}
	return counts
}

func TestNothingIsDoneTwiceToAPageWhenAnAnswerIsLost(t *testing.T) {
	t.Parallel()
	request := incident.PageRequest{Key: "INC-42/page", Service: "PSAMPLE", Summary: "Sample fails", Severity: "critical", Source: "sample"}
	two := incident.Person{Name: "Sample Responder Two", Email: "responder-two@example.com"}
	// onPage is for what is done about a page that was sent.
	onPage := func(do func(context.Context, *pagerduty.Client, incident.Page) error) func(context.Context, *pagerduty.Client) error {
		return func(ctx context.Context, client *pagerduty.Client) error {
			page, err := client.Page(ctx, request)
			if err != nil {
				return err
			}
			return do(ctx, client, page)
		}
	}
	for name, row := range map[string]struct {
		kind string
		do   func(context.Context, *pagerduty.Client) error
	}{
		"a note": {"annotate", onPage(func(ctx context.Context, c *pagerduty.Client, p incident.Page) error {
			return c.AddNote(ctx, p, "INC-42/note", "rolled back")
		})},
		"a priority": {"priority", onPage(func(ctx context.Context, c *pagerduty.Client, p incident.Page) error {
			_, err := c.SetPriority(ctx, p, "P2")
			return err
		})},
		"a request for help": {"responder_request", onPage(func(ctx context.Context, c *pagerduty.Client, p incident.Page) error {
			_, err := c.AskPerson(ctx, p, two, "please")
			return err
		})},
		"a request to a team": {"responder_request", onPage(func(ctx context.Context, c *pagerduty.Client, p incident.Page) error {
			_, err := c.AskPolicy(ctx, p, "Other on-call", "please")
			return err
		})},
		"a page to a person": {"trigger", func(ctx context.Context, c *pagerduty.Client) error {
			_, err := c.PagePerson(ctx, request, two)
			return err
		}},
		"a page to a person that is acknowledged": {"acknowledge", func(ctx context.Context, c *pagerduty.Client) error {
			page, err := c.PagePerson(ctx, request, two)
			if err != nil {
				return err
			}
			return c.Acknowledge(ctx, page)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendortest.Once(t, vendortest.Effect{Vendor: integrations.PagerDuty, New: func(t *testing.T, url string) vendortest.Changed {
				open, err := sandbox.Open(t.Context(), sandbox.Options{
					Path: ":memory:", PublicURL: url, Seed: 42, PagerDutyServices: []sandbox.Service{{ID: "PSAMPLE", Name: "Sample"}, {ID: "POTHER", Name: "Other"}},
				})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, open.Close()) })
				return vendortest.Changed{
					Vendor: open,
					Call: func(_ *testing.T, client *http.Client) func(context.Context) error {
						c := pagerduty.New(pagerduty.Options{
							Token: "sample-token", From: "muster@example.com", APIURL: open.PagerDutyURL(), EventsURL: open.PagerDutyEventsURL(), HTTPClient: client,
						})
						return func(ctx context.Context) error { return row.do(ctx, c) }
					},
					Done: func(t *testing.T) int { return logged(t, open)[row.kind] },
				}
			}})
		})
	}
}
