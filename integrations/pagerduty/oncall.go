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
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(onCalls, func(a, b pd.OnCall) int { return cmp.Compare(a.EscalationLevel, b.EscalationLevel) })
	var people []incident.Person
	seen := map[string]bool{}
	for _, onCall := range onCalls {
		user := onCall.User
		if seen[user.ID] {
			continue
		}
		seen[user.ID] = true
		people = append(people, incident.Person{Name: cmp.Or(user.Name, user.Summary), Email: user.Email})
	}
	return people, nil
}

// onCalls lists who is on call by some escalation policies, in no particular order.
func (c *Client) onCalls(ctx context.Context, policies ...string) ([]pd.OnCall, error) {
	if slices.Contains(policies, "") {
		return nil, c.calls.Unreadable(listOnCalls, "the service's escalation policy")
	}
	options := pd.ListOnCallOptions{
		EscalationPolicyIDs: policies, Includes: []string{"users"},
		// One entry a person and level, not one for each of their coming shifts.
		Earliest: true, Limit: onCallsPerPage,
	}
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
