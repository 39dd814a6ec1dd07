package pagerduty

import (
	"context"
	"slices"
	"strings"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

// listPriorities is the operation that lists an account's priorities.
const listPriorities = "GET /priorities"

// prioritiesPerPage is the most that PagerDuty lists at once; an account has about five.
const prioritiesPerPage = 100

// SetPriority gives a page the priority with a name, upper and lower case being the same.
// It is false where the account has none of that name, or no priorities at all. A page that
// has the priority already stays as it is.
func (c *Client) SetPriority(ctx context.Context, page incident.Page, name string) (found bool, err error) {
	priority, found, err := c.priority(ctx, name)
	if err != nil || !found {
		return false, err
	}
	record, err := c.recordOf(ctx, page)
	if err != nil {
		return true, err
	}
	if record.Priority != nil && record.Priority.ID == priority.ID {
		return true, nil
	}
	return true, c.changeIncident(ctx, pd.ManageIncidentsOptions{
		ID: record.ID, Priority: &pd.APIReference{ID: priority.ID, Type: "priority_reference"},
	})
}

// priority looks a priority up by its name.
func (c *Client) priority(ctx context.Context, name string) (pd.Priority, bool, error) {
	listed, err := integrations.Ask(ctx, c.calls, listPriorities, func(ctx context.Context) (*pd.ListPrioritiesResponse, error) {
		return c.api.ListPrioritiesWithContext(ctx, pd.ListPrioritiesOptions{Limit: prioritiesPerPage})
	})
	if isMissing(err) { // as accounts without priorities answer
		return pd.Priority{}, false, nil
	}
	if err != nil {
		return pd.Priority{}, false, err
	}
	i := slices.IndexFunc(listed.Priorities, func(p pd.Priority) bool { return strings.EqualFold(p.Name, name) || strings.EqualFold(p.Summary, name) })
	if i < 0 {
		return pd.Priority{}, false, nil
	}
	return listed.Priorities[i], true, nil
}
