package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andygrunwald/go-jira"
	"github.com/stretchr/testify/require"
)

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

func (w *world) create(fields *jira.IssueFields) (*jira.Issue, error) {
	issue, response, err := w.jira.Issue.Create(&jira.Issue{Fields: fields})
	if err != nil {
		return nil, jira.NewJiraError(response, err)
	}
	return issue, nil
}

func (w *world) ticket(t *testing.T, summary string, labels ...string) string {
	t.Helper()
	issue, err := w.create(&jira.IssueFields{
		Project: jira.Project{Key: "CHECKOUT"}, Type: jira.IssueType{Name: "Task"}, Summary: summary, Labels: append(labels, "muster"),
		Description: "A repair", Assignee: &jira.User{AccountID: "sandbox-responder-one"}, Priority: &jira.Priority{Name: "High"},
		Duedate: jira.Date(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)),
	})
	require.NoError(t, err)
	return issue.Key
}

func TestJiraKeepsTickets(t *testing.T) {
	t.Parallel()
	w := start(t)
	require.Equal(t, "CHECKOUT-1", w.ticket(t, "Alert on the burn rate", "inc-1"))
	require.Equal(t, "CHECKOUT-2", w.ticket(t, "Write the runbook"))

	issue, _, err := w.jira.Issue.Get("checkout-1", nil)
	require.NoError(t, err)
	f := issue.Fields
	require.Equal(t, []string{"CHECKOUT-1", "Alert on the burn rate", "A repair", "High", "Task", "CHECKOUT", "responder-one@example.com"},
		[]string{issue.Key, f.Summary, f.Description, f.Priority.Name, f.Type.Name, f.Project.Key, f.Assignee.EmailAddress})
	require.Equal(t, []string{"inc-1", "muster"}, f.Labels)
	require.Equal(t, "2026-02-01", time.Time(f.Duedate).Format(time.DateOnly))
	require.Equal(t, w.clock.read(), time.Time(f.Created).UTC())
	require.Equal(t, "new", f.Status.StatusCategory.Key)
	byID, _, err := w.jira.Issue.Get(issue.ID, &jira.GetQueryOptions{Fields: "summary,status"})
	require.NoError(t, err)
	require.Equal(t, "Alert on the burn rate", byID.Fields.Summary)
	require.Nil(t, byID.Fields.Assignee, "only the fields that were asked for")

	_, err = w.jira.Issue.UpdateIssue("CHECKOUT-1", map[string]any{"fields": map[string]any{"summary": "Alert on fast burn", "assignee": nil, "duedate": "2026-03-01"}})
	require.NoError(t, err)
	comment, _, err := w.jira.Issue.AddComment("CHECKOUT-1", &jira.Comment{Body: "Agreed in the review"})
	require.NoError(t, err)
	require.Equal(t, "Agreed in the review", comment.Body)
	issue, _, err = w.jira.Issue.Get("CHECKOUT-1", nil)
	require.NoError(t, err)
	require.Equal(t, "Alert on fast burn", issue.Fields.Summary)
	require.Nil(t, issue.Fields.Assignee)
	require.Len(t, issue.Fields.Comments.Comments, 1)
	issue, _, err = w.jira.Issue.Get("CHECKOUT-1", &jira.GetQueryOptions{Fields: "*all,-comment"})
	require.NoError(t, err)
	require.Nil(t, issue.Fields.Comments)
	require.Equal(t, "Alert on fast burn", issue.Fields.Summary)
	issue, _, err = w.jira.Issue.Get("CHECKOUT-1", &jira.GetQueryOptions{Fields: "-summary"})
	require.NoError(t, err)
	require.Empty(t, issue.Fields.Summary)
	require.NotNil(t, issue.Fields.Status)
	_, body := w.call(t, "GET", "/sandbox/jira/rest/api/2/issue/CHECKOUT-1/comment", "", "Authorization", "Basic dTpw")
	require.Contains(t, body, `"total":1`)
}

func TestJiraRefusesAsJiraDoes(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.ticket(t, "A ticket")
	good := func(change func(*jira.IssueFields)) *jira.IssueFields {
		f := &jira.IssueFields{Project: jira.Project{Key: "CHECKOUT"}, Type: jira.IssueType{Name: "Task"}, Summary: "Good"}
		change(f)
		return f
	}
	for name, tc := range map[string]struct {
		fields      *jira.IssueFields
		field, want string
	}{
		"no project":             {good(func(f *jira.IssueFields) { f.Project = jira.Project{} }), "project", "Specify a valid project ID or key"},
		"an unknown project":     {good(func(f *jira.IssueFields) { f.Project.Key = "NONE" }), "project", "Specify a valid project ID or key"},
		"no summary":             {good(func(f *jira.IssueFields) { f.Summary = "" }), "summary", "You must specify a summary of the issue."},
		"a summary of two lines": {good(func(f *jira.IssueFields) { f.Summary = "a\nb" }), "summary", "The summary is invalid because it contains newline characters."},
		"a summary of 256":       {good(func(f *jira.IssueFields) { f.Summary = strings.Repeat("é", 256) }), "summary", "Summary must be less than 255 characters."},
		"an unknown type":        {good(func(f *jira.IssueFields) { f.Type.Name = "Wish" }), "issuetype", "Specify a valid issue type"},
		"an unknown assignee":    {good(func(f *jira.IssueFields) { f.Assignee = &jira.User{AccountID: "nobody"} }), "assignee", "User 'nobody' cannot be assigned issues."},
		"a label with a space":   {good(func(f *jira.IssueFields) { f.Labels = []string{"in two"} }), "labels", "The label 'in two' contains spaces which is invalid."},
		"an unknown priority":    {good(func(f *jira.IssueFields) { f.Priority = &jira.Priority{Name: "Now"} }), "priority", "The priority selected is invalid."},
		"an unknown field":       {good(func(f *jira.IssueFields) { f.Unknowns = map[string]any{"customfield_1": "x"} }), "customfield_1", "Field 'customfield_1' cannot be set. It is not on the appropriate screen, or unknown."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.create(tc.fields)
			var refused *jira.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, map[string]string{tc.field: tc.want}, refused.Errors)
			require.Empty(t, refused.ErrorMessages)
		})
	}
	_, body := w.call(t, "POST", "/sandbox/jira/rest/api/2/issue", `{"fields":{}}`, "Authorization", "Basic dTpw")
	require.JSONEq(t, `{"errorMessages":[],"errors":{"project":"Specify a valid project ID or key","issuetype":"Specify a valid issue type","summary":"You must specify a summary of the issue."}}`, body)

	missing := "Issue does not exist or you do not have permission to see it."
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"a ticket that is not":       {"GET", "issue/CHECKOUT-99", "", 404, missing},
		"a key that is none":         {"GET", "issue/nonsense", "", 404, missing},
		"a comment on no ticket":     {"POST", "issue/NONE-1/comment", "{}", 404, missing},
		"a comment that is no JSON":  {"POST", "issue/" + key + "/comment", "{", 400, "There was an error parsing JSON."},
		"an empty comment":           {"POST", "issue/" + key + "/comment", `{"body":" "}`, 400, "Comment body can not be empty!"},
		"a link without a title":     {"POST", "issue/" + key + "/remotelink", `{"object":{"url":"https://example.com"}}`, 400, "'title' is required."},
		"a link to a script":         {"POST", "issue/" + key + "/remotelink", `{"object":{"url":"javascript:alert(1)","title":"x"}}`, 400, "'url' is invalid."},
		"no transition":              {"POST", "issue/" + key + "/transitions", `{}`, 400, "Missing 'transition' identifier"},
		"an unknown transition":      {"POST", "issue/" + key + "/transitions", `{"transition":{"id":"99"}}`, 400, "Transition id '99' is not valid for this issue."},
		"a move to another project":  {"PUT", "issue/" + key, `{"fields":{"project":{"key":"SEARCH"}}}`, 400, "Field 'project' cannot be set."},
		"a due date that is none":    {"PUT", "issue/" + key, `{"fields":{"duedate":"soon"}}`, 400, "Error parsing date string: soon"},
		"a summary of another type":  {"PUT", "issue/" + key, `{"fields":{"summary":7}}`, 400, "Operation value is of the wrong type"},
		"a project that is not":      {"GET", "project/NONE", "", 404, "No project could be found with key 'NONE'."},
		"assignable to nothing":      {"GET", "user/assignable/search?query=x", "", 400, "Either project or issueKey must be given."},
		"assignable to no project":   {"GET", "user/assignable/search?project=NONE", "", 404, "No project could be found"},
		"a path the sandbox has not": {"GET", "field", "", 404, "The sandbox has no GET /rest/api/2/field."},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := w.call(t, tc.method, "/sandbox/jira/rest/api/2/"+tc.path, tc.body, "Authorization", "Basic dTpw")
			require.Equal(t, tc.status, response.StatusCode)
			var refused jira.Error
			require.NoError(t, json.Unmarshal([]byte(body), &refused))
			require.Contains(t, body, tc.want)
		})
	}
	response, body := w.call(t, "GET", "/sandbox/jira/rest/api/2/myself", "")
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	require.Contains(t, body, "Client must be authenticated to access this resource.")
	require.Len(t, w.state(t).Jira.Issues, 1, "refusals change nothing")
}

func TestJiraLinksOncePerGlobalID(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.ticket(t, "A ticket")
	link := &jira.RemoteLink{GlobalID: "muster=INC-1", Object: &jira.RemoteLinkObject{URL: "https://muster.example.com/INC-1", Title: "INC-1"}}
	first, response, err := w.jira.Issue.AddRemoteLink(key, link)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, response.StatusCode)
	link.Object.Title = "INC-1, resolved"
	second, response, err := w.jira.Issue.AddRemoteLink(key, link)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, first.ID, second.ID)
	links, _, err := w.jira.Issue.GetRemoteLinks(key)
	require.NoError(t, err)
	require.Len(t, *links, 1)
	require.Equal(t, "INC-1, resolved", (*links)[0].Object.Title)
	require.Equal(t, "muster=INC-1", (*links)[0].GlobalID)
}

func TestJiraTransitions(t *testing.T) {
	t.Parallel()
	w := start(t)
	key := w.ticket(t, "A ticket")
	transitions, _, err := w.jira.Issue.GetTransitions(key)
	require.NoError(t, err)
	require.Len(t, transitions, 3)
	for _, transition := range transitions {
		_, err := w.jira.Issue.DoTransition(key, transition.ID)
		require.NoError(t, err)
		issue, _, err := w.jira.Issue.Get(key, nil)
		require.NoError(t, err)
		require.Equal(t, transition.To.Name, issue.Fields.Status.Name)
		require.Equal(t, transition.To.StatusCategory.Key == "done", issue.Fields.Resolution != nil)
	}
	_, err = w.jira.Issue.DoTransitionWithPayload(key, jira.CreateTransitionPayload{
		Transition: jira.TransitionPayload{ID: "11"},
		Update:     jira.TransitionPayloadUpdate{Comment: []jira.TransitionPayloadComment{{Add: jira.TransitionPayloadCommentBody{Body: "It came back"}}}},
	})
	require.NoError(t, err)
	issue, _, err := w.jira.Issue.Get(key, nil)
	require.NoError(t, err)
	require.Equal(t, "It came back", issue.Fields.Comments.Comments[0].Body)
}

func TestJiraKnowsItsPeopleAndProjects(t *testing.T) {
	t.Parallel()
	w := start(t)
	me, _, err := w.jira.User.GetSelf()
	require.NoError(t, err)
	require.Equal(t, "sandbox-muster", me.AccountID)
	project, _, err := w.jira.Project.Get("CHECKOUT")
	require.NoError(t, err)
	require.Equal(t, "CHECKOUT", project.Key)
	require.Len(t, project.IssueTypes, 3)

	for path, want := range map[string][]string{
		"user/assignable/search?project=CHECKOUT&query=responder-two@example.com":  {"Sample Responder Two"},
		"user/assignable/search?issueKey=CHECKOUT-1&query=sample+responder+t":      {"Sample Responder Two", "Sample Responder Three"},
		"user/assignable/search?project=CHECKOUT&accountId=sandbox-responder-four": {"Sample Responder Four"},
		"user/assignable/search?project=CHECKOUT&query=nobody":                     {},
	} {
		request, err := w.jira.NewRequest("GET", "rest/api/2/"+path, nil)
		require.NoError(t, err)
		var users []jira.User
		_, err = w.jira.Do(request, &users)
		require.NoError(t, err)
		names := []string{}
		for _, u := range users {
			names = append(names, u.DisplayName)
		}
		require.Equal(t, want, names, path)
	}
	request, err := w.jira.NewRequest("GET", "rest/api/2/serverInfo", nil)
	require.NoError(t, err)
	response, err := w.jira.Do(request, nil)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(data), `"deploymentType":"Cloud"`)

	redirect, _ := w.call(t, "GET", "/sandbox/jira/browse/CHECKOUT-1", "")
	require.Equal(t, "/sandbox#CHECKOUT-1", redirect.Header.Get("Location"))
}
