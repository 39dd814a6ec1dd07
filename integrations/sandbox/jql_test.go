package sandbox_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andygrunwald/go-jira"
	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

func TestJQL(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ticket(t, "One", "inc-1") // CHECKOUT-1
	w.clock.advance(time.Second)
	w.ticket(t, "Two", "inc-2") // CHECKOUT-2
	w.clock.advance(time.Second)
	_, err := w.create(&jira.IssueFields{Project: jira.Project{Key: "SEARCH"}, Type: jira.IssueType{Name: "Bug"}, Summary: "Three"}) // SEARCH-1
	require.NoError(t, err)
	_, err = w.jira.Issue.DoTransition("CHECKOUT-2", "31")
	require.NoError(t, err)

	for query, want := range map[string]string{
		`labels = "inc-1"`:                                               "CHECKOUT-1",
		`labels = muster`:                                                "CHECKOUT-2 CHECKOUT-1",
		`labels != "inc-1"`:                                              "CHECKOUT-2",
		`labels is EMPTY`:                                                "SEARCH-1",
		`labels is not empty`:                                            "CHECKOUT-2 CHECKOUT-1",
		`labels in (inc-1, 'inc-2')`:                                     "CHECKOUT-2 CHECKOUT-1",
		`labels not in ("inc-1")`:                                        "CHECKOUT-2",
		`key in (CHECKOUT-1, search-1)`:                                  "SEARCH-1 CHECKOUT-1",
		`issuekey = CHECKOUT-2`:                                          "CHECKOUT-2",
		`key not in (CHECKOUT-1)`:                                        "SEARCH-1 CHECKOUT-2",
		`project = SEARCH`:                                               "SEARCH-1",
		`status = "To Do"`:                                               "SEARCH-1 CHECKOUT-1",
		`statusCategory != Done`:                                         "SEARCH-1 CHECKOUT-1",
		`statusCategory = Done`:                                          "CHECKOUT-2",
		`statusCategory in (new, indeterminate)`:                         "SEARCH-1 CHECKOUT-1",
		`assignee = sandbox-responder-one`:                               "CHECKOUT-2 CHECKOUT-1",
		`assignee is empty`:                                              "SEARCH-1",
		`project = CHECKOUT AND statusCategory != Done`:                  "CHECKOUT-1",
		`labels = muster ORDER BY created ASC`:                           "CHECKOUT-1 CHECKOUT-2",
		`labels = muster order by key`:                                   "CHECKOUT-1 CHECKOUT-2",
		`labels = none`:                                                  "",
		`NOT (labels = muster OR project = SEARCH)`:                      "",
		`project = SEARCH or labels = "inc-1"`:                           "SEARCH-1 CHECKOUT-1",
		`key = CHECKOUT-1 AND (labels = x OR labels=muster)`:             "CHECKOUT-1",
		`project in (CHECKOUT, SEARCH) ORDER BY priority DESC, key DESC`: "CHECKOUT-2 CHECKOUT-1 SEARCH-1",
		`labels = "say \"hello\""`:                                       "",
		`project = CHECKOUT ORDER BY updated DESC, duedate`:              "CHECKOUT-2 CHECKOUT-1",
		`project = CHECKOUT and not statusCategory = Done order by created desc`: "CHECKOUT-1",
	} {
		t.Run(query, func(t *testing.T) {
			issues, response, err := w.jira.Issue.SearchV2JQL(query, &jira.SearchOptionsV2{Fields: []string{"status"}})
			require.NoError(t, err)
			require.True(t, response.IsLast)
			keys := []string{}
			for _, issue := range issues {
				keys = append(keys, issue.Key)
				require.NotEmpty(t, issue.Fields.Status.Name)
				require.Empty(t, issue.Fields.Summary)
			}
			require.Equal(t, want, strings.Join(keys, " "))
		})
	}

	for query, want := range map[string]string{
		``:                                   "Unbounded JQL queries are not allowed here.",
		`ORDER BY created`:                   "Unbounded JQL queries are not allowed here.",
		`key in (CHECKOUT-1, CHECKOUT-77)`:   "An issue with key 'CHECKOUT-77' does not exist for field 'key'.",
		`key = nonsense`:                     "The issue key 'nonsense' for field 'key' is invalid.",
		`project = NONE`:                     "The value 'NONE' does not exist for the field 'project'.",
		`status = Waiting`:                   "The value 'Waiting' does not exist for the field 'status'.",
		`statusCategory = Waiting`:           "The value 'Waiting' does not exist for the field 'statusCategory'.",
		`assignee = nobody`:                  "The value 'nobody' does not exist for the field 'assignee'.",
		`assignee = currentUser()`:           "Unable to find JQL function 'currentUser()'.",
		`summary ~ burn`:                     "Field 'summary' does not exist or you do not have permission to view it.",
		`labels ~ inc`:                       "The operator '~' is not supported by the 'labels' field.",
		`key is empty`:                       "The operator 'is' is not supported by the 'key' field.",
		`labels = EMPTY`:                     "ask with 'is' or 'is not'",
		`labels =`:                           "Expecting either a value, list or function but got ''.",
		`labels in (a`:                       "Expecting ',' or ')' but got ''.",
		`labels in a`:                        "Expecting '(' but got 'a'.",
		`labels is a`:                        "Expecting 'EMPTY' or 'NULL' but got 'a'.",
		`labels inc-1`:                       "Expecting operator but got 'inc-1'.",
		`(labels = a`:                        "Expecting ')' before the end of the query.",
		`labels = a labels = b`:              "Expecting either 'OR' or 'AND' but got 'labels'. (line 1, character 12)",
		`labels = "a`:                        "The quoted string 'a' has not been completed.",
		`labels = a AND`:                     "Expecting a field name but got ''.",
		`labels = a ORDER created`:           "Expecting 'by' but got 'created'.",
		`labels = a ORDER BY rank`:           "Not able to sort using field 'rank'.",
		strings.Repeat("(", 200) + "key = a": "The query is nested too deeply.",
	} {
		t.Run("refused: "+query, func(t *testing.T) {
			issues, response, err := w.jira.Issue.SearchV2JQL(query, nil)
			require.Equal(t, http.StatusBadRequest, response.StatusCode)
			require.Empty(t, issues)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestJiraSearchPagesByToken(t *testing.T) {
	t.Parallel()
	w := start(t)
	for i := range 5 {
		w.ticket(t, fmt.Sprintf("Ticket %d", i))
	}
	var ids, keys []string
	options := &jira.SearchOptionsV2{MaxResults: 2}
	for {
		issues, response, err := w.jira.Issue.SearchV2JQL("labels = muster order by key", options)
		require.NoError(t, err)
		for _, issue := range issues {
			ids, keys = append(ids, issue.ID), append(keys, issue.Key)
		}
		if response.IsLast {
			require.Empty(t, response.NextPageToken)
			break
		}
		options.NextPageToken = response.NextPageToken
	}
	require.Equal(t, []string{"1", "2", "3", "4", "5"}, ids)
	require.Equal(t, make([]string, 5), keys, "without fields Jira returns ids only")

	for _, bad := range []*jira.SearchOptionsV2{{NextPageToken: "none"}, {MaxResults: -1}, {MaxResults: 5001}} {
		_, response, err := w.jira.Issue.SearchV2JQL("labels = muster", bad)
		require.Error(t, err)
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
	}
}

// FuzzJQL: no query breaks the search, and none that is refused returns anything.
func FuzzJQL(f *testing.F) {
	for _, seed := range []string{`labels = "x" AND key in (A-1) ORDER BY key`, `not (status is not empty)`, `"`, `((`, `project != CHECKOUT or labels not in ('a\'b')`} {
		f.Add(seed)
	}
	box, err := sandbox.Open(f.Context(), sandbox.Options{
		Path: ":memory:", PublicURL: "http://127.0.0.1:8080", JiraProjects: []string{"CHECKOUT"}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, box.Close()) })
	f.Fuzz(func(t *testing.T, query string) {
		request := httptest.NewRequest(http.MethodGet, "/sandbox/jira/rest/api/2/search/jql?jql="+url.QueryEscape(query), nil)
		request.SetBasicAuth("u", "p")
		recorder := httptest.NewRecorder()
		box.ServeHTTP(recorder, request)
		var answer struct {
			Issues        []any
			ErrorMessages []string
		}
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
		require.Empty(t, answer.Issues)
		if recorder.Code != http.StatusOK {
			require.Equal(t, http.StatusBadRequest, recorder.Code)
			require.NotEmpty(t, answer.ErrorMessages)
		}
	})
}
