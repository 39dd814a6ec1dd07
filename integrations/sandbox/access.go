package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// What the stand-ins say of the credentials that they are given, which is always that they
// may do everything Muster does.

// slackScopes are what every token has where nobody says otherwise, as Slack lists them in the
// header X-OAuth-Scopes.
var slackScopes = []string{
	"bookmarks:read", "bookmarks:write", "channels:history", "channels:manage", "channels:read",
	"chat:write", "commands", "groups:history", "groups:read", "groups:write", "im:history", "im:write",
	"pins:read", "pins:write", "reactions:read", "users:read", "users:read.email",
}

// listAbilities says what the account's plan lets it do:
// https://developer.pagerduty.com/api-reference/, "List abilities".
func (s *Sandbox) listAbilities(context.Context, pagerDutyCall) (int, object, error) {
	return http.StatusOK, object{"abilities": []string{"teams", "urgencies"}}, nil
}

// jiraPermissions are those that the account has in every project.
var jiraPermissions = map[string]string{
	"ASSIGN_ISSUES": "Assign Issues", "BROWSE_PROJECTS": "Browse Projects", "CREATE_ISSUES": "Create Issues",
	"EDIT_ISSUES": "Edit Issues", "LINK_ISSUES": "Link Issues", "TRANSITION_ISSUES": "Transition Issues",
}

// myPermissions answers with those permissions that were asked for:
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-permissions/.
func (s *Sandbox) myPermissions(_ context.Context, c jiraCall) (jiraAnswer, error) {
	query := c.URL.Query()
	asked := strings.FieldsFunc(query.Get("permissions"), func(r rune) bool { return r == ',' })
	if len(asked) == 0 {
		return jiraAnswer{}, jiraBadRequest("The permissions query parameter is required.")
	}
	if project := query.Get("projectKey"); project != "" {
		if _, ok := s.project(project); !ok {
			return jiraAnswer{}, jiraNotFound("No project could be found with key '" + project + "'.")
		}
	}
	slices.Sort(asked)
	permissions := object{}
	for _, key := range slices.Compact(asked) {
		name, ok := jiraPermissions[key]
		if !ok {
			return jiraAnswer{}, jiraBadRequest("Unrecognized permission: " + key)
		}
		permissions[key] = object{"key": key, "name": name, "type": "PROJECT", "havePermission": true}
	}
	return jiraAnswer{status: http.StatusOK, body: object{"permissions": permissions}}, nil
}

// createScreen lists the fields that a new ticket can have, those of every type alike:
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/.
func (s *Sandbox) createScreen(_ context.Context, c jiraCall) (jiraAnswer, error) {
	project := c.PathValue("key")
	if _, ok := s.project(project); !ok {
		return jiraAnswer{}, jiraNotFound("No project could be found with key '" + project + "'.")
	}
	fields := []object{}
	for _, field := range []struct {
		id, name             string
		required, hasDefault bool
	}{
		{"project", "Project", true, false}, {"issuetype", "Issue Type", true, false}, {"summary", "Summary", true, false},
		{"reporter", "Reporter", true, true}, {"description", "Description", false, false}, {"labels", "Labels", false, false},
		{"assignee", "Assignee", false, false}, {"duedate", "Due date", false, false}, {"priority", "Priority", false, true},
	} {
		fields = append(fields, object{
			"fieldId": field.id, "key": field.id, "name": field.name, "required": field.required, "hasDefaultValue": field.hasDefault,
			"operations": []string{"set"},
		})
	}
	return jiraAnswer{status: http.StatusOK, body: object{"fields": fields, "startAt": 0, "maxResults": len(fields), "total": len(fields)}}, nil
}
