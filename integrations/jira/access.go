package jira

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	jiraapi "github.com/andygrunwald/go-jira"

	"muster/integrations"
)

// Permission is what the account must be allowed in a project.
type Permission struct {
	// Key is Jira's, as in CREATE_ISSUES, and Name what people read in its settings.
	Key, Name string
	// Without says what does not work without it.
	Without string
	// Needed says that no ticket can be filed or followed without it.
	Needed bool
}

// permissions are what this package's calls need, as the operations' pages have it, for
// instance
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-remote-links/.
// The keys are those of
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-permissions/.
var permissions = []Permission{
	{Key: "BROWSE_PROJECTS", Name: "Browse projects", Needed: true, Without: "follow-ups cannot be found or followed"},
	{Key: "CREATE_ISSUES", Name: "Create issues", Needed: true, Without: "follow-ups cannot be filed"},
	{Key: "ASSIGN_ISSUES", Name: "Assign issues", Without: "follow-ups are filed without an assignee"},
	{Key: "LINK_ISSUES", Name: "Link issues", Without: "tickets link to their incident in the description only"},
}

// Account returns the name of the account that the token belongs to. It changes nothing
// in Jira.
func (c *Client) Account(ctx context.Context) (name string, err error) {
	const operation = "GET /myself"
	user, err := integrations.Ask(ctx, c.calls, operation, func(ctx context.Context) (*jiraapi.User, error) {
		user, _, err := c.api.User.GetSelfWithContext(ctx)
		return user, err
	})
	if err != nil {
		return "", err
	}
	if name = cmp.Or(user.DisplayName, user.EmailAddress, user.AccountID); name == "" {
		return "", c.calls.Unreadable(operation, "the account's name")
	}
	return name, nil
}

// Standing is what the account may do in a project.
type Standing struct {
	// Key is the project's as it was asked for, Name is empty where there is none.
	Key, Name string
	// Exists is false for a project that is not there, or that the account may not see.
	Exists bool
	// HasType says that the project has the type of issue by which tickets are filed,
	// which is [Standing.Type].
	HasType bool
	// Lacking are the permissions that the account does not have there.
	Lacking []Permission
	// Screen is what Jira asks for when a ticket is filed. It is not known, and zero, where
	// the type or the permission to file is missing.
	Screen Screen
}

// Screen are the fields of a project's create screen, as far as they keep tickets from
// being filed.
type Screen struct {
	// Known says that Jira told.
	Known bool
	// Labels says that it has the field by which Muster knows its tickets.
	Labels bool
	// Unfilled are the names of fields that have to be filled and that Muster does not fill.
	Unfilled []string
}

// Type is the type of issue that follow-ups are filed as.
func (Standing) Type() string { return issueType }

// Standing says what the account may do in a project. It changes nothing in Jira.
func (c *Client) Standing(ctx context.Context, project string) (Standing, error) {
	const readProject = "GET /project"
	if !projectKey.MatchString(project) {
		return Standing{}, c.calls.Refuse(readProject, "%q is not the key of a Jira project: set one like PAY in muster.yaml", project)
	}
	found, err := integrations.Ask(ctx, c.calls, readProject, func(ctx context.Context) (*jiraapi.Project, error) {
		found, _, err := c.api.Project.GetWithContext(ctx, project)
		return found, err
	})
	var failure *integrations.Error
	if errors.As(err, &failure) && failure.Status == http.StatusNotFound {
		return Standing{Key: project}, nil
	}
	if err != nil {
		return Standing{}, err
	}
	standing := Standing{Key: project, Name: found.Name, Exists: true}
	task := slices.IndexFunc(found.IssueTypes, func(t jiraapi.IssueType) bool { return strings.EqualFold(t.Name, issueType) })
	standing.HasType = task >= 0
	standing.Lacking, err = c.lacking(ctx, project)
	mayFile := !slices.ContainsFunc(standing.Lacking, func(p Permission) bool { return p.Needed })
	if err != nil || !standing.HasType || !mayFile {
		return standing, err
	}
	standing.Screen, err = c.screen(ctx, project, found.IssueTypes[task].ID)
	return standing, err
}

const (
	// fieldsPerPage and fieldPages bound how many fields are looked at; Jira's pages hold 50
	// unless asked for more.
	fieldsPerPage = 200
	fieldPages    = 5
)

// filled are the fields that a ticket may have to have and that Muster fills: always, or
// where it can.
var filled = []string{"project", "issuetype", "summary", "description", "labels", "assignee", "duedate", "reporter"}

// screen reads the fields of a project's create screen.
func (c *Client) screen(ctx context.Context, project, typeID string) (Screen, error) {
	screen := Screen{Known: true}
	type fields struct {
		Fields []struct {
			ID         string `json:"fieldId"`
			Name       string `json:"name"`
			Required   bool   `json:"required"`
			HasDefault bool   `json:"hasDefaultValue"`
		} `json:"fields"`
		Total int `json:"total"`
	}
	path := "rest/api/2/issue/createmeta/" + project + "/issuetypes/" + url.PathEscape(typeID)
	seen := 0
	for range fieldPages {
		query := url.Values{"startAt": {strconv.Itoa(seen)}, "maxResults": {strconv.Itoa(fieldsPerPage)}}
		page, err := integrations.Ask(ctx, c.calls, "GET /issue/createmeta", func(ctx context.Context) (page fields, err error) {
			// The library's method is that for an address that Jira no longer has.
			request, err := c.api.NewRequestWithContext(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
			if err != nil {
				return page, err
			}
			_, err = c.api.Do(request, &page)
			return page, err
		})
		if err != nil {
			return Screen{}, err
		}
		for _, field := range page.Fields {
			screen.Labels = screen.Labels || field.ID == "labels"
			if field.Required && !field.HasDefault && !slices.Contains(filled, field.ID) {
				screen.Unfilled = append(screen.Unfilled, field.Name)
			}
		}
		if seen += len(page.Fields); seen >= page.Total || len(page.Fields) == 0 {
			break
		}
	}
	return screen, nil
}

// lacking returns those of the permissions that the account does not have in a project.
func (c *Client) lacking(ctx context.Context, project string) ([]Permission, error) {
	keys := make([]string, len(permissions))
	for i, permission := range permissions {
		keys[i] = permission.Key
	}
	query := url.Values{"projectKey": {project}, "permissions": {strings.Join(keys, ",")}}
	type mine struct {
		Permissions map[string]struct {
			HavePermission bool `json:"havePermission"`
		} `json:"permissions"`
	}
	answer, err := integrations.Ask(ctx, c.calls, "GET /mypermissions", func(ctx context.Context) (answer mine, err error) {
		// The library has no method for it.
		request, err := c.api.NewRequestWithContext(ctx, http.MethodGet, "rest/api/2/mypermissions?"+query.Encode(), nil)
		if err != nil {
			return answer, err
		}
		_, err = c.api.Do(request, &answer)
		return answer, err
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(permissions), func(permission Permission) bool {
		return answer.Permissions[permission.Key].HavePermission
	}), nil
}
