package jira_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/jira"
	"muster/integrations/vendortest"
)

const (
	user  = "responder@example.com"
	token = "sample-api-token"

	search     = "GET /rest/api/2/search/jql"
	searchPath = "/rest/api/2/search/jql"
	assignable = "GET /rest/api/2/user/assignable/search"
	create     = "POST /rest/api/2/issue"
	createPath = "/rest/api/2/issue"
	read       = "GET /rest/api/2/issue/{key}"
	link       = "POST /rest/api/2/issue/PAY-7/remotelink"
	linkPath   = "/rest/api/2/issue/PAY-7/remotelink"

	nothing = `{"issues":[],"isLast":true}`
	linked  = `{"id":1,"self":"https://sample.atlassian.net/rest/api/2/issue/PAY-7/remotelink/1"}`
)

// issue is a ticket as Jira shows it.
func issue(key, status, category string) string {
	return `{"id":"10007","key":"` + key + `","fields":{"status":{"name":"` + status + `","statusCategory":{"key":"` + category + `"}}}}`
}

func newClient(t *testing.T) (*jira.Client, *vendortest.Fake) {
	t.Helper()
	fake := vendortest.NewFake(t, integrations.Jira)
	return connect(t, fake.URL, fake.Client()), fake
}

func connect(t *testing.T, url string, client *http.Client) *jira.Client {
	t.Helper()
	c, err := jira.New(jira.Options{URL: url, User: user, Token: token, HTTPClient: client})
	require.NoError(t, err)
	return c
}

func TestClientKeepsThePromisesOfAllVendors(t *testing.T) {
	t.Parallel()
	vendortest.Conform(t, vendortest.Subject{
		Vendor: integrations.Jira,
		New: func(t *testing.T, url string, client *http.Client) func(context.Context) error {
			c := connect(t, url, client)
			return func(ctx context.Context) error {
				_, err := c.OpenTicket(ctx, request())
				return err
			}
		},
		Refusal: func(message string) string {
			return `{"errorMessages":[` + strconv.Quote(message) + `],"errors":{"summary":"no"}}`
		},
		Secrets: []string{token, base64.StdEncoding.EncodeToString([]byte(user + ":" + token))},
		Retried: []int{http.StatusConflict},
		Codes: []vendortest.Code{
			{Code: "project", Status: http.StatusBadRequest, Document: `{"errors":{"project":"valid project is required"}}`, Final: true},
			{Code: "assignee,duedate", Status: http.StatusBadRequest, Document: `{"errors":{"duedate":"no","assignee":"no"}}`, Final: true},
			limited("jira-burst-based"), limited("jira-per-issue-on-write"), limited("jira-quota-tenant-based"),
		},
	})
}

// limited is how Jira refuses a call that is one too many under one of its limits.
func limited(reason string) vendortest.Code {
	return vendortest.Code{
		Status: http.StatusTooManyRequests, Delay: 7 * time.Second,
		Header:   []string{"Retry-After", "7", "RateLimit-Reason", reason, "X-RateLimit-Reset", "2000-01-01T00:00Z"},
		Document: `{"errorMessages":["Rate limit exceeded."],"errors":{}}`,
	}
}

// delay is how long an error asks to wait.
func delay(t *testing.T, err error) time.Duration {
	t.Helper()
	var failure *integrations.Error
	require.ErrorAs(t, err, &failure)
	return failure.Delay()
}

func TestNewRefusesAnAddressThatIsNone(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "sample.atlassian.net", "ftp://sample.atlassian.net", "https://", "https://%zz"} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			_, err := jira.New(jira.Options{URL: url})
			require.ErrorContains(t, err, "set MUSTER_JIRA_URL")
		})
	}
}

func TestErrorNamesWhatToMend(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status       int
		answer, want string
	}{
		"a wrong token": {
			http.StatusUnauthorized, `Basic authentication with passwords is deprecated.`,
			"set MUSTER_JIRA_USER and MUSTER_JIRA_TOKEN",
		},
		"an unknown project": {
			http.StatusBadRequest, `{"errorMessages":[],"errors":{"project":"valid project is required"}}`,
			"project: valid project is required; check the Jira project in muster.yaml (project, HTTP 400)",
		},
		"a project without tasks": {
			http.StatusBadRequest, `{"errorMessages":[],"errors":{"issuetype":"The issue type selected is invalid."}}`,
			"give the project an issue type named Task",
		},
		"a screen without labels": {
			http.StatusBadRequest, `{"errors":{"labels":"Field 'labels' cannot be set."}}`,
			"put the field Labels on the project's create screen",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(search, http.StatusOK, nothing)
			fake.Answer(create, row.status, row.answer)
			unowned := request()
			unowned.Owner = ""
			_, err := client.OpenTicket(t.Context(), unowned)
			require.ErrorContains(t, err, row.want)
			require.True(t, integrations.IsFinal(err))
			require.Zero(t, delay(t, err))
		})
	}
}
