package pagerduty

import (
	"cmp"
	"context"
	"slices"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

const (
	// onCallsPerPage is the most that PagerDuty lists at once, onCallPages bounds how
	// often we ask: https://developer.pagerduty.com/docs/pagination
	onCallsPerPage = 100
	onCallPages    = 10
)

// listOnCalls is the operation that lists who is on call.
const listOnCalls = "GET /oncalls"

// OnCall returns the people who are on call for a service now, in the order in which
// its escalation policy would wake them, each of them once.
func (c *Client) OnCall(ctx context.Context, service string) ([]incident.Person, error) {
	found, err := c.service(ctx, service)
	if err != nil {
		return nil, err
	}
	onCalls, err := c.onCalls(ctx, found.EscalationPolicy.ID)
	return c.inOrder(onCalls), err
}

// OnCallBy returns the people whom an escalation policy, given by its id or its name, would
// wake now, in its order, each of them once.
func (c *Client) OnCallBy(ctx context.Context, policy string) ([]incident.Person, error) {
	named, err := c.policyTarget(ctx, policy)
	if err != nil {
		return nil, err
	}
	onCalls, err := c.onCalls(ctx, named.id)
	return c.inOrder(onCalls), err
}

// OnSchedule returns the people who are on call by a schedule now, given by its id, each of
// them once.
func (c *Client) OnSchedule(ctx context.Context, schedule string) ([]incident.Person, error) {
	if schedule == "" {
		return nil, c.calls.Refuse(listOnCalls, "no schedule is named")
	}
	onCalls, err := c.listOnCalls(ctx, pd.ListOnCallOptions{ScheduleIDs: []string{schedule}})
	return c.inOrder(onCalls), err
}

// inOrder are the people of some on-calls, by their level.
func (c *Client) inOrder(onCalls []pd.OnCall) []incident.Person {
	slices.SortStableFunc(onCalls, func(a, b pd.OnCall) int { return cmp.Compare(a.EscalationLevel, b.EscalationLevel) })
	var people []incident.Person
	seen := map[string]bool{}
	for _, onCall := range onCalls {
		user := onCall.User
		if seen[user.ID] {
			continue
		}
		seen[user.ID] = true
		people = append(people, c.known(user.ID, incident.Person{Name: cmp.Or(user.Name, user.Summary), Email: user.Email}))
	}
	return people
}

// onCalls lists who is on call by some escalation policies, in no particular order.
func (c *Client) onCalls(ctx context.Context, policies ...string) ([]pd.OnCall, error) {
	if slices.Contains(policies, "") {
		return nil, c.calls.Unreadable(listOnCalls, "the service's escalation policy")
	}
	return c.listOnCalls(ctx, pd.ListOnCallOptions{EscalationPolicyIDs: policies})
}

// listOnCalls lists those who are on call now, with what is known of them.
func (c *Client) listOnCalls(ctx context.Context, options pd.ListOnCallOptions) ([]pd.OnCall, error) {
	options.Includes, options.Limit = []string{"users"}, onCallsPerPage
	// One entry a person and level, not one for each of their coming shifts.
	options.Earliest = true
	var onCalls []pd.OnCall
	for range onCallPages {
		page, err := integrations.Ask(ctx, c.calls, listOnCalls, func(ctx context.Context) (*pd.ListOnCallsResponse, error) {
			return c.api.ListOnCallsWithContext(ctx, options)
		})
		if err != nil {
			return nil, err
		}
		onCalls = append(onCalls, page.OnCalls...)
		if !page.More {
			break
		}
		options.Offset += onCallsPerPage
	}
	return onCalls, nil
}
