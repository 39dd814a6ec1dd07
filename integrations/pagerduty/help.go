package pagerduty

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

// The operations that ask people for help.
const (
	requestResponders = "POST /incidents/{id}/responder_requests"
	listPolicies      = "GET /escalation_policies"
)

// AskPerson asks somebody to help with a page that is open. Who is asked already, is
// assigned to the page, or has answered is not asked again. It is false, and nobody is
// asked, where the page was resolved, or PagerDuty has made no incident of it. Somebody whom PagerDuty does not know is a final error.
func (c *Client) AskPerson(ctx context.Context, page incident.Page, person incident.Person, message string) (open bool, err error) {
	to, err := c.userTarget(ctx, requestResponders, person)
	if err != nil {
		return false, err
	}
	return c.ask(ctx, page, to, message)
}

// AskPolicy asks whoever is on call by an escalation policy, given by its id or its name, to
// help with a page that is open. A policy by which somebody was asked for this page is not
// used again. It is false, and nobody is asked, where the page was resolved, or PagerDuty has
// made no incident of it.
func (c *Client) AskPolicy(ctx context.Context, page incident.Page, policy, message string) (open bool, err error) {
	to, err := c.policyTarget(ctx, policy)
	if err != nil {
		return false, err
	}
	return c.ask(ctx, page, to, message)
}

// PagePerson wakes somebody who is known by name or address, by an incident on the service
// that is assigned to them. Sending the same key again wakes nobody while it is open.
func (c *Client) PagePerson(ctx context.Context, request incident.PageRequest, person incident.Person) (incident.Page, error) {
	to, err := c.userTarget(ctx, createIncident, person)
	if err != nil {
		return incident.Page{}, err
	}
	return c.open(ctx, request, to)
}

// PagePolicy wakes whoever is on call by an escalation policy, given by its id or its name,
// by an incident on the service. Sending the same key again wakes nobody while it is open.
func (c *Client) PagePolicy(ctx context.Context, request incident.PageRequest, policy string) (incident.Page, error) {
	to, err := c.policyTarget(ctx, policy)
	if err != nil {
		return incident.Page{}, err
	}
	return c.open(ctx, request, to)
}

// userTarget is a person as PagerDuty knows them.
func (c *Client) userTarget(ctx context.Context, operation string, person incident.Person) (target, error) {
	id, known, err := c.AccountOf(ctx, person)
	switch {
	case err != nil:
		return target{}, err
	case !known:
		return target{}, c.calls.Refuse(operation, "PagerDuty has no user %s: give them one, or name their account in muster.yaml under people",
			cmp.Or(person.Email, person.Name))
	default:
		return target{id, userTarget}, nil
	}
}

// ask sends a responder request to who was not asked before.
func (c *Client) ask(ctx context.Context, page incident.Page, to target, message string) (open bool, err error) {
	requester, err := c.self(ctx, requestResponders)
	if err != nil {
		return false, err
	}
	record, err := c.recordOf(ctx, page)
	if hasNothing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if wasAsked(record, to) {
		return true, nil
	}
	if !slices.Contains(openStatuses, record.Status) {
		return false, nil
	}
	return true, c.calls.Call(ctx, requestResponders, func(ctx context.Context) error {
		_, err := c.api.ResponderRequestWithContext(ctx, url.PathEscape(record.ID), pd.ResponderRequestOptions{
			From: c.from, RequesterID: requester,
			Message: integrations.Shorten(cmp.Or(integrations.Printable(strings.TrimSpace(message)), "Please help with this incident"), maxSummaryLength, integrations.UTF16Length),
			Targets: []pd.ResponderRequestTargetWrapper{{Target: pd.ResponderRequestTarget{APIObject: pd.APIObject{ID: to.id, Type: to.kind}}}},
		})
		return err
	})
}

// hasNothing says that PagerDuty has made no incident of a page.
func hasNothing(err error) bool {
	var failure *integrations.Error
	return errors.As(err, &failure) && failure.Absent
}

// wasAsked says whether somebody answers the page already, or was asked to.
func wasAsked(record *pd.Incident, to target) bool {
	if to.kind == userTarget && (slices.ContainsFunc(record.IncidentResponders, func(r pd.IncidentResponders) bool { return r.User.ID == to.id }) ||
		slices.ContainsFunc(record.Assignments, func(a pd.Assignment) bool { return a.Assignee.ID == to.id })) {
		return true
	}
	return slices.ContainsFunc(record.ResponderRequests, func(request pd.ResponderRequest) bool {
		return slices.ContainsFunc(request.Targets, func(t pd.ResponderRequestTargetWrapper) bool { return t.Target.ID == to.id })
	})
}

// policyTarget looks up an escalation policy by its id or its name.
func (c *Client) policyTarget(ctx context.Context, policy string) (target, error) {
	if policy == "" {
		return target{}, c.calls.Refuse(listPolicies, "no escalation policy is named")
	}
	named, err := integrations.Ask(ctx, c.calls, listPolicies, func(ctx context.Context) (*pd.ListEscalationPoliciesResponse, error) {
		return c.api.ListEscalationPoliciesWithContext(ctx, pd.ListEscalationPoliciesOptions{Query: policy, Limit: policiesPerPage})
	})
	if err != nil {
		return target{}, err
	}
	for _, p := range named.EscalationPolicies {
		if strings.EqualFold(cmp.Or(p.Name, p.Summary), policy) {
			return target{p.ID, policyTarget}, nil
		}
	}
	return target{policy, policyTarget}, nil
}

// policiesPerPage is the most that PagerDuty lists at once.
const policiesPerPage = 100
