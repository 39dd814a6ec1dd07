package pagerduty

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/integrations"
)

const (
	// listAbilities is the operation that any valid key may call, account-wide ones and
	// those of users: https://developer.pagerduty.com/api-reference/, "List abilities".
	listAbilities = "GET /abilities"
	// getPolicy and getSchedule read what teams are known by.
	getPolicy   = "GET /escalation_policies/{id}"
	getSchedule = "GET /schedules/{id}"
	// listUsers looks for people.
	listUsers = "GET /users"
	// usersPerPage is the most that PagerDuty lists at once:
	// https://developer.pagerduty.com/docs/pagination
	usersPerPage = 100
	// policiesPerSearch keeps the on-calls of one search within a few pages.
	policiesPerSearch = 20
)

// Authenticate proves that PagerDuty takes the token. It changes nothing there.
func (c *Client) Authenticate(ctx context.Context) error {
	return c.calls.Call(ctx, listAbilities, func(ctx context.Context) error {
		_, err := c.api.ListAbilitiesWithContext(ctx)
		return err
	})
}

// HasUser says whether the account has a user with an e-mail address, upper and lower
// case being the same. It changes nothing in PagerDuty.
func (c *Client) HasUser(ctx context.Context, email string) (bool, error) {
	found, err := c.users(ctx, email)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(found, func(user pd.User) bool { return strings.EqualFold(user.Email, email) }), nil
}

// Standing is whether a page for a service would reach somebody now.
type Standing struct {
	// ID is the service's as it was asked for, Name is empty where there is none.
	ID, Name string
	// Exists is false for a service that is not there, or that the key may not see.
	Exists bool
	// Disabled services take no events, and those in maintenance wake nobody.
	Disabled, InMaintenance bool
	// Pageable says that it has an integration of the type "Events API v2".
	Pageable bool
	// HasPolicy says that it has an escalation policy, and OnCall how many people that
	// would wake now, on all of its levels.
	HasPolicy bool
	OnCall    int
}

// The statuses of services that wake nobody; see "status" at
// https://developer.pagerduty.com/api-reference/ ("Get a service").
const (
	statusDisabled    = "disabled"
	statusMaintenance = "maintenance"
)

// Standing reads a service and the policy by which it escalates; see [Client.CountOnCall]
// for whom that would wake. It changes nothing in PagerDuty.
func (c *Client) Standing(ctx context.Context, service string) (standing Standing, policy string, err error) {
	found, err := c.service(ctx, service)
	var failure *integrations.Error
	if errors.As(err, &failure) && failure.Status == http.StatusNotFound {
		return Standing{ID: service}, "", nil
	}
	if err != nil {
		return Standing{}, "", err
	}
	return Standing{
		ID: service, Name: found.Name, Exists: true,
		Disabled: found.Status == statusDisabled, InMaintenance: found.Status == statusMaintenance,
		Pageable: slices.ContainsFunc(found.Integrations, func(integration pd.Integration) bool {
			return integration.Type == eventsIntegration && integration.IntegrationKey != ""
		}),
		HasPolicy: found.EscalationPolicy.ID != "",
	}, found.EscalationPolicy.ID, nil
}

// HasPolicy says whether the account has an escalation policy with an id that the key may
// see. It changes nothing in PagerDuty.
func (c *Client) HasPolicy(ctx context.Context, id string) (bool, error) {
	return c.has(ctx, getPolicy, func(ctx context.Context) error {
		_, err := c.api.GetEscalationPolicyWithContext(ctx, url.PathEscape(id), nil)
		return err
	})
}

// HasSchedule says whether the account has a schedule with an id that the key may see. It
// changes nothing in PagerDuty.
func (c *Client) HasSchedule(ctx context.Context, id string) (bool, error) {
	return c.has(ctx, getSchedule, func(ctx context.Context) error {
		_, err := c.api.GetScheduleWithContext(ctx, url.PathEscape(id), pd.GetScheduleOptions{})
		return err
	})
}

func (c *Client) has(ctx context.Context, operation string, get func(ctx context.Context) error) (bool, error) {
	err := c.calls.Call(ctx, operation, get)
	if isMissing(err) {
		return false, nil
	}
	return err == nil, err
}

// CountOnCall returns how many people are on call now by each of some escalation
// policies. It asks once for every twenty. It changes nothing in PagerDuty.
func (c *Client) CountOnCall(ctx context.Context, policies []string) (map[string]int, error) {
	people := map[string]map[string]bool{}
	policies = slices.Compact(slices.Sorted(slices.Values(policies)))
	for some := range slices.Chunk(policies, policiesPerSearch) {
		onCalls, err := c.onCalls(ctx, some...)
		if err != nil {
			return nil, err
		}
		for _, onCall := range onCalls {
			policy := onCall.EscalationPolicy.ID
			if people[policy] == nil {
				people[policy] = map[string]bool{}
			}
			people[policy][onCall.User.ID] = true
		}
	}
	counts := make(map[string]int, len(policies))
	for _, policy := range policies {
		counts[policy] = len(people[policy])
	}
	return counts, nil
}
