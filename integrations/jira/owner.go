package jira

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	jiraapi "github.com/andygrunwald/go-jira"

	"muster/incident"
	"muster/integrations"
)

// searchUsers is the operation that looks for people.
const searchUsers = "GET /user/assignable/search"

// findOwner returns the id of the account to assign a ticket to, or nothing when the
// owner is not given, not known or not assignable in the project. What the directory says of
// the owner goes before what Jira finds.
func (c *Client) findOwner(ctx context.Context, request incident.TicketRequest) (accountID string, err error) {
	if request.Owner == "" {
		return "", nil
	}
	if id, ok := c.account(request.Owner); ok {
		return id, nil
	}
	query := url.Values{"project": {request.Project}, "query": {request.Owner}}
	candidates, err := integrations.Ask(ctx, c.calls, searchUsers, func(ctx context.Context) (users []jiraapi.User, err error) {
		// The library has no method for it.
		req, err := c.api.NewRequestWithContext(ctx, http.MethodGet, "rest/api/2/user/assignable/search?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		_, err = c.api.Do(req, &users)
		return users, err
	})
	if integrations.IsFinal(err) {
		return "", nil // an account that may not search for people can still file tickets
	}
	if err != nil {
		return "", err
	}
	return pickOwner(candidates, request.Owner), nil
}

// account asks the directory for an owner, who is an address or a name.
func (c *Client) account(owner string) (id string, ok bool) {
	if c.directory == nil {
		return "", false
	}
	person := incident.Person{Name: owner}
	if strings.Contains(owner, "@") {
		person = incident.Person{Email: owner}
	}
	return c.directory.AccountOf(integrations.Jira, person)
}

// pickOwner returns the id of the one candidate who is the owner beyond doubt, or
// nothing. Jira matches beginnings, and hides the addresses of people who want that.
func pickOwner(candidates []jiraapi.User, owner string) (accountID string) {
	for _, user := range candidates {
		if !strings.EqualFold(user.EmailAddress, owner) && !strings.EqualFold(user.DisplayName, owner) {
			continue
		}
		if accountID != "" {
			return "" // two people go by it
		}
		accountID = user.AccountID
	}
	if accountID == "" && len(candidates) == 1 && candidates[0].EmailAddress == "" && strings.Contains(owner, "@") {
		return candidates[0].AccountID
	}
	return accountID
}
