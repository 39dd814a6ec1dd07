package sandbox

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a page of search results:
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-search.
const (
	standardSearchResults = 50
	maxSearchResults      = 5000
	// maxSearchResultsWithFields is how many tickets Jira returns at most where more than
	// their ids and keys are asked for.
	maxSearchResultsWithFields = 100
)

// searchIssues serves the search that Jira Cloud has left: pages by token, ids only
// unless fields are asked for, and no query without a restriction.
func (s *Sandbox) searchIssues(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	parameters := c.URL.Query()
	query, err := parseJQL(parameters.Get("jql"))
	if err != nil {
		return jiraAnswer{}, err
	}
	if query.where == nil {
		return jiraAnswer{}, jiraBadRequest("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
	}
	var asked []string
	for _, name := range strings.Split(strings.Join(parameters["fields"], ","), ",") {
		if name = strings.TrimSpace(name); name != "" {
			asked = append(asked, name)
		}
	}
	idsOnly := !slices.ContainsFunc(asked, func(name string) bool { return name != "id" && name != "key" })
	size := standardSearchResults
	if raw := parameters.Get("maxResults"); raw != "" {
		size, err = strconv.Atoi(raw)
		if err != nil || size < 1 || size > maxSearchResults {
			return jiraAnswer{}, jiraBadRequest(fmt.Sprintf("The maxResults parameter must be between 1 and %d.", maxSearchResults))
		}
	}
	if !idsOnly {
		size = min(size, maxSearchResultsWithFields)
	}
	start, err := parsePageToken(parameters.Get("nextPageToken"))
	if err != nil {
		return jiraAnswer{}, err
	}
	if err := s.checkJQL(ctx, c, query); err != nil {
		return jiraAnswer{}, err
	}
	found, err := collect(ctx, c.tx, scanIssue, selectIssues+` ORDER BY id DESC`)
	if err != nil {
		return jiraAnswer{}, err
	}
	found = slices.DeleteFunc(found, func(i jiraIssue) bool { return !query.where.matches(i) })
	query.sort(found)

	start = min(start, len(found))
	end := min(start+size, len(found))
	issues := []object{}
	for _, i := range found[start:end] {
		issue := object{"id": fmt.Sprint(i.id)}
		if len(asked) > 0 && !slices.Equal(asked, []string{"id"}) {
			issue = s.issueDocument(i, object{})
			if !idsOnly {
				issue["fields"] = selectFields(s.issueFields(i), asked)
			}
		}
		issues = append(issues, issue)
	}
	answer := object{"issues": issues, "isLast": end == len(found)}
	if end < len(found) {
		answer["nextPageToken"] = base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "offset:%d", end))
	}
	return jiraAnswer{status: http.StatusOK, body: answer}, nil
}

func parsePageToken(token string) (start int, err error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.URLEncoding.DecodeString(token)
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "offset:%d", &start)
	}
	if err != nil || start < 0 {
		return 0, jiraBadRequest("The nextPageToken is invalid or has expired.")
	}
	return start, nil
}

// checkJQL checks the values of a query against what there is, and gathers all that is
// wrong, as Jira does. A ticket that does not exist makes the whole query wrong.
func (s *Sandbox) checkJQL(ctx context.Context, c jiraCall, query jqlQuery) error {
	var messages []string
	for clause := range query.clauses() {
		for _, value := range clause.values {
			switch clause.field {
			case "key":
				_, err := c.issue(ctx, value)
				_, _, isKey := splitKey(value)
				_, notNumber := strconv.Atoi(value)
				switch {
				case err == nil:
				case errors.As(err, &jiraError{}) && !isKey && notNumber != nil:
					messages = append(messages, fmt.Sprintf("The issue key '%s' for field '%s' is invalid.", value, clause.spelling))
				case errors.As(err, &jiraError{}):
					messages = append(messages, fmt.Sprintf("An issue with key '%s' does not exist for field '%s'.", value, clause.spelling))
				default:
					return err
				}
			case "project":
				if _, ok := s.project(value); !ok {
					messages = append(messages, fmt.Sprintf("The value '%s' does not exist for the field 'project'.", value))
				}
			case "status":
				if _, ok := statusNamed(value); !ok {
					messages = append(messages, fmt.Sprintf("The value '%s' does not exist for the field 'status'.", value))
				}
			case "statuscategory":
				if !slices.ContainsFunc(jiraStatuses, func(status jiraStatus) bool { return status.inCategory(value) }) {
					messages = append(messages, fmt.Sprintf("The value '%s' does not exist for the field 'statusCategory'.", value))
				}
			case "assignee":
				if _, ok := assignable(value); !ok {
					messages = append(messages, fmt.Sprintf("The value '%s' does not exist for the field 'assignee'.", value))
				}
			}
		}
	}
	if len(messages) > 0 {
		return jiraBadRequest(messages...)
	}
	return nil
}

// inCategory accepts a category's name, its key and its id.
func (s jiraStatus) inCategory(value string) bool {
	return strings.EqualFold(s.categoryName, value) || strings.EqualFold(s.categoryKey, value) || fmt.Sprint(s.categoryID) == value
}
