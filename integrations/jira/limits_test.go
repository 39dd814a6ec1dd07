package jira_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/vendortest"
)

// quotas are Jira's limits: each endpoint's, and those of writes to one issue.
var quotas = []vendortest.Quota{
	{Name: "requests of an endpoint", Most: 100, Window: time.Second, Counts: func(r vendortest.Request) (string, bool) {
		return r.Method + " " + issueInPath.ReplaceAllString(r.Path, "/{key}"), true
	}},
	{Name: "writes to an issue", Most: 20, Window: 2 * time.Second, Counts: writes},
	{Name: "writes to an issue", Most: 100, Window: 30 * time.Second, Counts: writes},
}

var issueInPath = regexp.MustCompile(`/PAY-[0-9]+`)

func writes(r vendortest.Request) (issue string, counts bool) {
	issue = issueInPath.FindString(r.Path)
	return issue, issue != "" && r.Method != http.MethodGet
}

// everything answers each request with as much as the client needs of it.
func everything(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == searchPath:
			vendortest.WriteJSON(t, w, http.StatusOK, nothing)
		case r.URL.Path == createPath:
			vendortest.WriteJSON(t, w, http.StatusCreated, `{"id":"10007","key":"PAY-7"}`)
		case strings.HasSuffix(r.URL.Path, "/remotelink"):
			vendortest.WriteJSON(t, w, http.StatusCreated, linked)
		case strings.HasPrefix(r.URL.Path, "/rest/api/2/user/"):
			vendortest.WriteJSON(t, w, http.StatusOK, knownOwner)
		default:
			vendortest.WriteJSON(t, w, http.StatusOK, issue("PAY-7", "To Do", "new"))
		}
	}
}

func TestClientKeepsJirasLimits(t *testing.T) {
	t.Parallel()
	ticket := func(links int, owner string) incident.TicketRequest {
		ticket := request()
		ticket.Owner, ticket.Links = owner, nil
		for i := range links {
			ticket.Links = append(ticket.Links, incident.Link{Title: "Incident", URL: fmt.Sprint("https://muster.example.com/incidents/INC-", i)})
		}
		return ticket
	}
	for name, row := range map[string]struct {
		calls    int
		ticket   incident.TicketRequest
		attempts int
		within   time.Duration
	}{
		"with 500 tickets":                  {500, ticket(0, ""), 0, 2 * time.Minute},
		"with 100 tickets that have owners": {100, ticket(0, "responder@example.com"), 0, 2 * time.Minute},
		"with 200 links to one ticket":      {40, ticket(5, ""), 15, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vendortest.Pace(t, vendortest.Crowd{
				Vendor: integrations.Jira, Answer: everything(t), Quotas: quotas, Attempts: row.attempts, Within: row.within,
				Calls: func(t *testing.T, url string, client *http.Client) []func(context.Context) error {
					c := connect(t, url, client)
					calls := make([]func(context.Context) error, row.calls)
					for i := range calls {
						calls[i] = func(ctx context.Context) error {
							_, err := c.OpenTicket(ctx, row.ticket)
							return err
						}
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
		reason    string
		wantReads bool
	}{
		"that endpoint alone for its own limit": {"jira-burst-based", true},
		"everything for a quota":                {"jira-quota-tenant-based", false},
		"everything when Jira does not say":     {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				others := everything(t)
				client := &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != createPath {
						others(w, r)
						return
					}
					w.Header().Set("Retry-After", "20")
					w.Header().Set("RateLimit-Reason", row.reason)
					vendortest.WriteJSON(t, w, http.StatusTooManyRequests, `{"errorMessages":["Rate limit exceeded."],"errors":{}}`)
				}))}
				c := connect(t, "http://vendor.example.com", client)
				_, err := c.OpenTicket(t.Context(), request())
				require.Equal(t, 20*time.Second, delay(t, err))

				_, err = c.Tickets(t.Context(), []string{"PAY-7"})
				if row.wantReads {
					require.NoError(t, err)
					return
				}
				require.False(t, integrations.IsFinal(err))
				require.Equal(t, 20*time.Second, delay(t, err))
			})
		})
	}
}
