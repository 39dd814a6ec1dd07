package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// jiraError is a refusal in Jira's form: messages about the whole, errors by field.
type jiraError struct {
	status   int
	messages []string
	fields   map[string]string
}

func (e jiraError) Error() string { return strings.Join(e.messages, " ") }

func writeJiraError(w http.ResponseWriter, e jiraError) {
	if e.messages == nil {
		e.messages = []string{}
	}
	if e.fields == nil {
		e.fields = map[string]string{}
	}
	writeJSON(w, e.status, object{"errorMessages": e.messages, "errors": e.fields})
}

func jiraBadRequest(messages ...string) error {
	return jiraError{status: http.StatusBadRequest, messages: messages}
}

func jiraNotFound(messages ...string) error {
	return jiraError{status: http.StatusNotFound, messages: messages}
}

// jiraCall is one call of the REST API and the transaction it runs in.
type jiraCall struct {
	*http.Request
	tx *sql.Tx
}

// jiraAnswer is what a method answers, and the webhook that is to be sent once the
// transaction has been committed.
type jiraAnswer struct {
	status  int
	body    any // nil: no body
	webhook *jiraWebhook
}

// jiraMethod returns an answer, or a jiraError.
type jiraMethod func(context.Context, jiraCall) (jiraAnswer, error)

func (s *Sandbox) jiraAPI() http.Handler {
	mux := http.NewServeMux()
	for pattern, method := range map[string]jiraMethod{
		"GET /rest/api/2/serverInfo":               s.serverInfo,
		"GET /rest/api/2/myself":                   s.myself,
		"GET /rest/api/2/mypermissions":            s.myPermissions,
		"GET /rest/api/2/user/assignable/search":   s.searchAssignable,
		"GET /rest/api/2/project/{key}":            s.getProject,
		"GET /rest/api/2/search/jql":               s.searchIssues,
		"POST /rest/api/2/issue":                   s.createIssue,
		"GET /rest/api/2/issue/{key}":              s.getIssue,
		"PUT /rest/api/2/issue/{key}":              s.editIssue,
		"GET /rest/api/2/issue/{key}/comment":      s.listComments,
		"POST /rest/api/2/issue/{key}/comment":     s.addComment,
		"GET /rest/api/2/issue/{key}/remotelink":   s.listRemoteLinks,
		"POST /rest/api/2/issue/{key}/remotelink":  s.addRemoteLink,
		"GET /rest/api/2/issue/{key}/transitions":  s.listTransitions,
		"POST /rest/api/2/issue/{key}/transitions": s.doTransition,
	} {
		mux.HandleFunc(pattern, s.jira(method))
	}
	mux.HandleFunc("GET /rest/api/2/issue/createmeta/{key}/issuetypes/{type}", s.jira(s.createScreen))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeJiraError(w, jiraError{status: http.StatusNotFound, messages: []string{"The sandbox has no " + r.Method + " " + r.URL.Path + "."}})
	})
	return mux
}

func (s *Sandbox) jira(method jiraMethod) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user == "" || password == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="Jira"`)
			writeJSON(w, http.StatusUnauthorized, object{
				"message": "Client must be authenticated to access this resource.", "status-code": http.StatusUnauthorized,
			})
			return
		}
		var answer jiraAnswer
		err := s.db.transact(r.Context(), func(tx *sql.Tx) (err error) {
			answer, err = method(r.Context(), jiraCall{r, tx})
			return err
		})
		var refused jiraError
		switch {
		case errors.As(err, &refused):
			writeJiraError(w, refused)
			return
		case err != nil:
			s.log.ErrorContext(r.Context(), "sandbox: a Jira call failed", "path", r.URL.Path, "error", err)
			writeJiraError(w, jiraError{status: http.StatusInternalServerError, messages: []string{"Internal server error"}})
			return
		}
		if answer.webhook != nil {
			s.webhooks.send(*answer.webhook)
		}
		if answer.body == nil {
			w.WriteHeader(answer.status)
			return
		}
		writeJSON(w, answer.status, answer.body)
	}
}

func (s *Sandbox) jiraSelf(path string) string { return s.address("/jira/rest/api/2/" + path) }

// jiraStatus is a step of the workflow that every project has.
type jiraStatus struct {
	id, name, transitionID                        string
	categoryID                                    int
	categoryKey, categoryName, categoryColourName string
}

var jiraStatuses = []jiraStatus{
	{"10000", "To Do", "11", 2, "new", "To Do", "blue-gray"},
	{"10001", "In Progress", "21", 4, "indeterminate", "In Progress", "yellow"},
	{"10002", "Done", "31", 3, "done", "Done", "green"},
}

func statusNamed(name string) (jiraStatus, bool) {
	i := slices.IndexFunc(jiraStatuses, func(s jiraStatus) bool { return strings.EqualFold(s.name, name) })
	if i < 0 {
		return jiraStatus{}, false
	}
	return jiraStatuses[i], true
}

func (s *Sandbox) statusDocument(status jiraStatus) object {
	return object{
		"self": s.jiraSelf("status/" + status.id), "id": status.id, "name": status.name, "description": "", "iconUrl": "",
		"statusCategory": object{
			"self": s.jiraSelf(fmt.Sprintf("statuscategory/%d", status.categoryID)), "id": status.categoryID,
			"key": status.categoryKey, "name": status.categoryName, "colorName": status.categoryColourName,
		},
	}
}

// jiraTypes and jiraPriorities are what a ticket may be and how much it may matter.
var (
	jiraTypes      = []string{"Task", "Bug", "Story"}
	jiraPriorities = []string{"Highest", "High", "Medium", "Low", "Lowest"}
)

func (s *Sandbox) typeDocument(name string) object {
	id := fmt.Sprintf("1%04d", 1+slices.Index(jiraTypes, name))
	return object{"self": s.jiraSelf("issuetype/" + id), "id": id, "name": name, "description": "", "subtask": false}
}

func (s *Sandbox) priorityDocument(name string) object {
	id := fmt.Sprint(1 + slices.Index(jiraPriorities, name))
	return object{"self": s.jiraSelf("priority/" + id), "id": id, "name": name}
}

// jiraAutomation is the account that every credential belongs to.
var jiraAutomation = person{name: "Muster", email: "muster@example.com", jiraAccountID: "sandbox-muster"}

// jiraVisitor is whoever moves a ticket by the page's buttons.
var jiraVisitor = person{name: "Sandbox Visitor", email: "visitor@example.com", jiraAccountID: "sandbox-visitor"}

func (s *Sandbox) jiraUser(p person) object {
	return object{
		"self": s.jiraSelf("user?accountId=" + p.jiraAccountID), "accountId": p.jiraAccountID, "accountType": "atlassian",
		"displayName": p.name, "emailAddress": p.email, "active": true, "timeZone": "Etc/UTC",
	}
}

func assignable(accountID string) (person, bool) {
	if accountID == jiraAutomation.jiraAccountID {
		return jiraAutomation, true
	}
	return find(func(p person) bool { return p.jiraAccountID == accountID })
}

func (s *Sandbox) serverInfo(context.Context, jiraCall) (jiraAnswer, error) {
	return jiraAnswer{status: http.StatusOK, body: object{
		"baseUrl": s.JiraURL(), "version": "1001.0.0-SNAPSHOT", "versionNumbers": []int{1001, 0, 0},
		"deploymentType": "Cloud", "serverTitle": "Muster sandbox",
	}}, nil
}

func (s *Sandbox) myself(context.Context, jiraCall) (jiraAnswer, error) {
	return jiraAnswer{status: http.StatusOK, body: s.jiraUser(jiraAutomation)}, nil
}

func (s *Sandbox) getProject(_ context.Context, c jiraCall) (jiraAnswer, error) {
	key, ok := s.project(c.PathValue("key"))
	if !ok {
		return jiraAnswer{}, jiraNotFound("No project could be found with key '" + c.PathValue("key") + "'.")
	}
	doc := s.projectDocument(key)
	types := make([]object, 0, len(jiraTypes))
	for _, name := range jiraTypes {
		types = append(types, s.typeDocument(name))
	}
	doc["issueTypes"], doc["lead"], doc["assigneeType"] = types, s.jiraUser(responders[0]), "UNASSIGNED"
	return jiraAnswer{status: http.StatusOK, body: doc}, nil
}

// project finds a configured project by its key or its id, whatever the key's case.
func (s *Sandbox) project(keyOrID string) (key string, ok bool) {
	i := slices.IndexFunc(s.options.JiraProjects, func(key string) bool {
		return strings.EqualFold(key, keyOrID) || s.projectID(key) == keyOrID
	})
	if i < 0 {
		return "", false
	}
	return s.options.JiraProjects[i], true
}

func (s *Sandbox) projectID(key string) string {
	return fmt.Sprint(10000 + slices.Index(s.options.JiraProjects, key))
}

func (s *Sandbox) projectDocument(key string) object {
	return object{
		"self": s.jiraSelf("project/" + s.projectID(key)), "id": s.projectID(key), "key": key, "name": key,
		"projectTypeKey": "software", "simplified": false,
	}
}

// searchAssignable finds the people whom a ticket of the project can be given to, by the
// beginning of their name or address, or by their account.
func (s *Sandbox) searchAssignable(_ context.Context, c jiraCall) (jiraAnswer, error) {
	parameters := c.URL.Query()
	project := parameters.Get("project")
	if issue := parameters.Get("issueKey"); project == "" && issue != "" {
		project, _, _ = strings.Cut(issue, "-")
	}
	if project == "" {
		return jiraAnswer{}, jiraBadRequest("Either project or issueKey must be given.")
	}
	if _, ok := s.project(project); !ok {
		return jiraAnswer{}, jiraNotFound("No project could be found with key '" + project + "'.")
	}
	query := strings.ToLower(parameters.Get("query"))
	users := []object{}
	for _, p := range append(slices.Clone(responders), jiraAutomation) {
		byName := strings.HasPrefix(strings.ToLower(p.name), query) || strings.HasPrefix(p.email, query)
		byAccount := !parameters.Has("accountId") || parameters.Get("accountId") == p.jiraAccountID
		if byName && byAccount {
			users = append(users, s.jiraUser(p))
		}
	}
	return jiraAnswer{status: http.StatusOK, body: users}, nil
}
