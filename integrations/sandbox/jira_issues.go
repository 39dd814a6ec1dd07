package sandbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// jiraTime is how Jira writes times; go-jira reads nothing else.
const jiraTime = "2006-01-02T15:04:05.000-0700"

type jiraIssue struct {
	id                                                                  int64
	project                                                             string
	number                                                              int
	summary, description, issueType, priority, status, assignee, labels string // labels is a JSON array
	due                                                                 string // 2006-01-02 or ""
	createdAt, updatedAt, resolvedAt                                    int64
}

const selectIssues = `SELECT id, project, number, summary, description, type, priority, status, assignee, labels, due,
	created_at, updated_at, resolved_at FROM jira_issues`

func scanIssue(row scanner) (i jiraIssue, err error) {
	err = row.Scan(&i.id, &i.project, &i.number, &i.summary, &i.description, &i.issueType, &i.priority, &i.status,
		&i.assignee, &i.labels, &i.due, &i.createdAt, &i.updatedAt, &i.resolvedAt)
	return i, err
}

func (i jiraIssue) key() string { return fmt.Sprintf("%s-%d", i.project, i.number) }

// labelList reads the labels column, which only the sandbox writes.
func (i jiraIssue) labelList() []string {
	labels := []string{}
	if err := json.Unmarshal([]byte(i.labels), &labels); err != nil {
		panic(fmt.Sprintf("sandbox: the labels of %s are not JSON: %v", i.key(), err))
	}
	return labels
}

// issue finds a ticket by its key, whatever its case, or by its id.
func (c jiraCall) issue(ctx context.Context, keyOrID string) (jiraIssue, error) {
	var row *sql.Row
	if project, number, ok := splitKey(keyOrID); ok {
		row = c.tx.QueryRowContext(ctx, selectIssues+` WHERE project = ? AND number = ?`, project, number)
	} else {
		id, err := strconv.ParseInt(keyOrID, 10, 64)
		if err != nil {
			return jiraIssue{}, errNoSuchIssue
		}
		row = c.tx.QueryRowContext(ctx, selectIssues+` WHERE id = ?`, id)
	}
	i, err := scanIssue(row)
	if errors.Is(err, sql.ErrNoRows) {
		return i, errNoSuchIssue
	}
	return i, err
}

var errNoSuchIssue = jiraNotFound("Issue does not exist or you do not have permission to see it.")

// splitKey takes PROJECT-12 apart; ok is false for anything that is not a key.
func splitKey(key string) (project string, number int, ok bool) {
	project, digits, found := strings.Cut(strings.ToUpper(key), "-")
	number, err := strconv.Atoi(digits)
	return project, number, found && err == nil && number > 0 && projectKey.MatchString(project)
}

// fieldValues are the fields of a ticket that a client may set.
type fieldValues struct {
	Project     *named   `json:"project"`
	IssueType   *named   `json:"issuetype"`
	Summary     *string  `json:"summary"`
	Description *string  `json:"description"`
	Labels      []string `json:"labels"`
	Assignee    *named   `json:"assignee"`
	Priority    *named   `json:"priority"`
	DueDate     *string  `json:"duedate"`
}

// named is how Jira's bodies point at a project, a type, a priority or a user.
type named struct {
	ID        string `json:"id"`
	Key       string `json:"key"`
	Name      string `json:"name"`
	AccountID string `json:"accountId"`
}

var settableFields = []string{"project", "issuetype", "summary", "description", "labels", "assignee", "priority", "duedate"}

// decodeFields reads {"fields": {…}} and refuses the fields that it does not know, as
// Jira refuses those that are not on the screen.
func (c jiraCall) decodeFields() (fieldValues, map[string]json.RawMessage, error) {
	var body struct {
		Fields map[string]json.RawMessage `json:"fields"`
	}
	var values fieldValues
	if err := json.NewDecoder(c.Body).Decode(&body); err != nil {
		return values, nil, jiraBadRequest("There was an error parsing JSON. Check that your request body is valid.")
	}
	unknown := map[string]string{}
	for name := range body.Fields {
		if !slices.Contains(settableFields, name) {
			unknown[name] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", name)
		}
	}
	if len(unknown) > 0 {
		return values, nil, jiraError{status: http.StatusBadRequest, fields: unknown}
	}
	data, err := json.Marshal(body.Fields)
	if err != nil {
		return values, nil, err
	}
	if err := json.Unmarshal(data, &values); err != nil {
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) {
			field, _, _ := strings.Cut(mismatch.Field, ".")
			return values, nil, jiraError{status: http.StatusBadRequest, fields: map[string]string{field: "Operation value is of the wrong type"}}
		}
		return values, nil, jiraBadRequest(err.Error())
	}
	return values, body.Fields, nil
}

// apply sets the fields that were sent on a ticket and returns Jira's error for each that
// cannot be.
func (s *Sandbox) apply(v fieldValues, sent map[string]json.RawMessage, i *jiraIssue) map[string]string {
	errs := map[string]string{}
	if v.Summary != nil {
		i.summary = *v.Summary
	}
	switch {
	case strings.TrimSpace(i.summary) == "":
		errs["summary"] = "You must specify a summary of the issue."
	case strings.ContainsAny(i.summary, "\r\n"):
		errs["summary"] = "The summary is invalid because it contains newline characters."
	case len([]rune(i.summary)) > 255:
		errs["summary"] = "Summary must be less than 255 characters."
	}
	if v.Description != nil {
		i.description = *v.Description
	}
	if v.Labels != nil {
		for _, label := range v.Labels {
			if label == "" || strings.ContainsAny(label, " \t\n") {
				errs["labels"] = fmt.Sprintf("The label '%s' contains spaces which is invalid.", label)
			}
		}
		labels := slices.Compact(slices.Sorted(slices.Values(v.Labels)))
		data, err := json.Marshal(labels)
		if err != nil {
			errs["labels"] = err.Error()
		}
		i.labels = string(data)
	}
	if _, ok := sent["assignee"]; ok {
		i.assignee = ""
		if v.Assignee != nil {
			i.assignee = cmp.Or(v.Assignee.AccountID, v.Assignee.ID)
			if _, ok := assignable(i.assignee); !ok {
				errs["assignee"] = fmt.Sprintf("User '%s' cannot be assigned issues.", cmp.Or(i.assignee, v.Assignee.Name))
			}
		}
	}
	if v.Priority != nil {
		at := slices.IndexFunc(jiraPriorities, func(name string) bool {
			return strings.EqualFold(name, v.Priority.Name) || s.priorityDocument(name)["id"] == v.Priority.ID
		})
		if at < 0 {
			errs["priority"] = "The priority selected is invalid."
		} else {
			i.priority = jiraPriorities[at]
		}
	}
	if _, ok := sent["duedate"]; ok {
		i.due = ""
		if v.DueDate != nil && *v.DueDate != "" {
			if _, err := time.Parse(time.DateOnly, *v.DueDate); err != nil {
				errs["duedate"] = "Error parsing date string: " + *v.DueDate
			}
			i.due = *v.DueDate
		}
	}
	return errs
}

func (s *Sandbox) createIssue(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	values, sent, err := c.decodeFields()
	if err != nil {
		return jiraAnswer{}, err
	}
	now := microseconds(s.now())
	i := jiraIssue{priority: "Medium", status: jiraStatuses[0].name, labels: "[]", createdAt: now, updatedAt: now}
	errs := s.apply(values, sent, &i)
	var ok bool
	if values.Project != nil {
		i.project, ok = s.project(cmp.Or(values.Project.Key, values.Project.ID))
	}
	if !ok {
		errs["project"] = "Specify a valid project ID or key"
	}
	at := -1
	if values.IssueType != nil {
		at = slices.IndexFunc(jiraTypes, func(name string) bool {
			return strings.EqualFold(name, values.IssueType.Name) || s.typeDocument(name)["id"] == values.IssueType.ID
		})
	}
	if at < 0 {
		errs["issuetype"] = "Specify a valid issue type"
	} else {
		i.issueType = jiraTypes[at]
	}
	if len(errs) > 0 {
		return jiraAnswer{}, jiraError{status: http.StatusBadRequest, fields: errs}
	}
	err = c.tx.QueryRowContext(ctx, `INSERT INTO jira_issues
		(project, number, summary, description, type, priority, status, assignee, labels, due, created_at, updated_at)
		SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10 FROM jira_issues WHERE project = ?1
		RETURNING id, number`,
		i.project, i.summary, i.description, i.issueType, i.priority, i.status, i.assignee, i.labels, i.due, now).Scan(&i.id, &i.number)
	if err != nil {
		return jiraAnswer{}, err
	}
	return jiraAnswer{status: http.StatusCreated, body: object{
		"id": fmt.Sprint(i.id), "key": i.key(), "self": s.jiraSelf(fmt.Sprintf("issue/%d", i.id)),
	}}, nil
}

func (s *Sandbox) editIssue(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	values, sent, err := c.decodeFields()
	if err != nil {
		return jiraAnswer{}, err
	}
	errs := s.apply(values, sent, &i)
	for _, fixed := range []string{"project", "issuetype"} {
		if _, ok := sent[fixed]; ok {
			errs[fixed] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", fixed)
		}
	}
	if len(errs) > 0 {
		return jiraAnswer{}, jiraError{status: http.StatusBadRequest, fields: errs}
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE jira_issues SET summary = ?, description = ?, priority = ?, assignee = ?, labels = ?, due = ?, updated_at = ? WHERE id = ?`,
		i.summary, i.description, i.priority, i.assignee, i.labels, i.due, microseconds(s.now()), i.id)
	return jiraAnswer{status: http.StatusNoContent}, err
}

func (s *Sandbox) getIssue(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	comments, err := issueComments(ctx, c.tx, i.id)
	if err != nil {
		return jiraAnswer{}, err
	}
	fields := s.issueFields(i)
	fields["comment"] = s.commentsDocument(i, comments)
	return jiraAnswer{status: http.StatusOK, body: s.issueDocument(i, selectFields(fields, c.URL.Query()["fields"]))}, nil
}

func (s *Sandbox) issueDocument(i jiraIssue, fields object) object {
	return object{
		"expand": "", "id": fmt.Sprint(i.id), "self": s.jiraSelf(fmt.Sprintf("issue/%d", i.id)), "key": i.key(), "fields": fields,
	}
}

func (s *Sandbox) issueFields(i jiraIssue) object {
	status, _ := statusNamed(i.status)
	fields := object{
		"project": s.projectDocument(i.project), "issuetype": s.typeDocument(i.issueType), "summary": i.summary,
		"description": nil, "labels": i.labelList(), "priority": s.priorityDocument(i.priority), "status": s.statusDocument(status),
		"assignee": nil, "reporter": s.jiraUser(jiraAutomation), "creator": s.jiraUser(jiraAutomation), "duedate": nil,
		"created": timeOf(i.createdAt).Format(jiraTime), "updated": timeOf(i.updatedAt).Format(jiraTime),
		"resolution": nil, "resolutiondate": nil,
	}
	if i.description != "" {
		fields["description"] = i.description
	}
	if i.due != "" {
		fields["duedate"] = i.due
	}
	if p, ok := assignable(i.assignee); ok {
		fields["assignee"] = s.jiraUser(p)
	}
	if i.resolvedAt > 0 {
		fields["resolution"] = object{"self": s.jiraSelf("resolution/10000"), "id": "10000", "name": "Done", "description": "Work has been completed on this issue."}
		fields["resolutiondate"] = timeOf(i.resolvedAt).Format(jiraTime)
	}
	return fields
}

// selectFields keeps what a client asked for, in Jira's little language: names, *all,
// *navigable, and names to leave out after a minus. Nothing asked means everything.
func selectFields(fields object, asked []string) object {
	kept := object{}
	named := false
	var without []string
	for _, name := range strings.Split(strings.Join(asked, ","), ",") {
		switch name = strings.TrimSpace(name); {
		case name == "":
		case name == "*all" || name == "*navigable":
			named = true
			for field, value := range fields {
				kept[field] = value
			}
		case strings.HasPrefix(name, "-"):
			without = append(without, name[1:])
		default:
			named = true
			if value, ok := fields[name]; ok {
				kept[name] = value
			}
		}
	}
	if !named {
		kept = fields
	}
	for _, name := range without {
		delete(kept, name)
	}
	return kept
}
