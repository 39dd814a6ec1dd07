package pagerduty

import (
	"context"
	"net/url"
	"slices"
	"strings"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

// PagerDuty's limits. See https://developer.pagerduty.com/docs/send-alert-event.
const (
	// maxSummaryLength and maxKeyLength are in characters.
	maxSummaryLength = 1024
	maxKeyLength     = 255
	// maxDetailLength is ours. It keeps a page with many details below the 512 KB
	// that an event may have.
	maxDetailLength = 4096
)

// eventsIntegration is the type of integration that takes the Events API v2.
const eventsIntegration = "events_api_v2_inbound_integration"

// Actions of the Events API v2.
const (
	trigger     = "trigger"
	acknowledge = "acknowledge"
	resolve     = "resolve"
)

// severities are those that PagerDuty knows.
var severities = []string{"critical", "error", "warning", "info"}

// Page wakes the people on call for a service. Sending the same key again wakes nobody
// while the page is open. The page's id and address are filled in when PagerDuty knows
// them already, which takes it a moment; that they are empty is no error.
func (c *Client) Page(ctx context.Context, request incident.PageRequest) (incident.Page, error) {
	if err := c.check(request); err != nil {
		return incident.Page{}, err
	}
	// A fresh key, since PagerDuty silently drops events for an integration that was
	// replaced. Only when it cannot be had, the last one known is better than none.
	routingKey, err := c.lookUpRoutingKey(ctx, request.Service)
	if err != nil {
		known, ok := c.knownRoutingKey(request.Service)
		if !ok || integrations.IsFinal(err) {
			return incident.Page{}, err
		}
		routingKey = known
	}
	event := pd.V2Event{
		RoutingKey: routingKey.Reveal(), Action: trigger, DedupKey: request.Key, Client: "Muster",
		Payload: &pd.V2Payload{
			Summary:  integrations.Shorten(integrations.Line(request.Summary), maxSummaryLength, integrations.UTF16Length),
			Severity: request.Severity,
			Source:   integrations.Line(request.Source),
			Details:  details(request.Details),
		},
	}
	for _, link := range request.Links {
		event.Links = append(event.Links, map[string]string{"href": link.URL, "text": integrations.Line(link.Title)})
	}
	if len(request.Links) > 0 {
		event.ClientURL = request.Links[0].URL
	}
	if err := c.send(ctx, event); err != nil {
		return incident.Page{}, err
	}
	page := incident.Page{Key: request.Key, Service: request.Service}
	page.ID, page.URL = c.find(ctx, page)
	return page, nil
}

// Acknowledge stops the escalation of a page. A page that was acknowledged or resolved
// already stays as it is.
func (c *Client) Acknowledge(ctx context.Context, page incident.Page) error {
	return c.change(ctx, page, acknowledge)
}

// Resolve ends a page. A page that was resolved already stays as it is.
func (c *Client) Resolve(ctx context.Context, page incident.Page) error {
	return c.change(ctx, page, resolve)
}

// change sends what became of a page.
func (c *Client) change(ctx context.Context, page incident.Page, action string) error {
	if isDirect(page) {
		return c.changeDirect(ctx, page, action)
	}
	if page.Service == "" {
		// PagerDuty told of it before Muster could write down where it was sent.
		record, err := c.recordOf(ctx, page)
		if err != nil {
			return err
		}
		page.Service = record.Service.ID
	}
	routingKey, known := c.knownRoutingKey(page.Service)
	if !known {
		var err error
		if routingKey, err = c.lookUpRoutingKey(ctx, page.Service); err != nil {
			return err
		}
	}
	return c.send(ctx, pd.V2Event{RoutingKey: routingKey.Reveal(), Action: action, DedupKey: page.Key})
}

// send hands an event to PagerDuty.
func (c *Client) send(ctx context.Context, event pd.V2Event) error {
	return c.calls.On(event.RoutingKey).Call(ctx, "events "+event.Action, func(ctx context.Context) error {
		_, err := c.api.ManageEventWithContext(ctx, &event)
		return err
	})
}

// check refuses what PagerDuty would refuse, with words for whoever wrote it.
func (c *Client) check(request incident.PageRequest) error {
	const operation = "events " + trigger
	switch {
	case request.Key == "":
		return c.calls.Refuse(operation, "the page has no key, so a repetition would page again")
	case integrations.UTF16Length(request.Key) > maxKeyLength:
		return c.calls.Refuse(operation, "the page's key is longer than %d characters", maxKeyLength)
	case integrations.Line(request.Summary) == "":
		return c.calls.Refuse(operation, "the page has no summary")
	case integrations.Line(request.Source) == "":
		return c.calls.Refuse(operation, "the page does not say what is affected")
	case !slices.Contains(severities, request.Severity):
		return c.calls.Refuse(operation, "the page's severity is %q: use one of %s",
			request.Severity, strings.Join(severities, ", "))
	default:
		return nil
	}
}

// details shortens each detail to a length that people still read. Without details it
// returns nil, which leaves them out.
func details(given map[string]string) any {
	if len(given) == 0 {
		return nil
	}
	shortened := make(map[string]string, len(given))
	for name, value := range given {
		shortened[name] = integrations.Shorten(integrations.Printable(value), maxDetailLength, integrations.UTF16Length)
	}
	return shortened
}

// find returns the id and address of a page's incident, or nothing: PagerDuty works
// through events in its own time, and a page is a page without an address.
func (c *Client) find(ctx context.Context, page incident.Page) (id, address string) {
	found, err := c.incidents(ctx, page.Key, page.Service)
	if err != nil || len(found) == 0 {
		return "", ""
	}
	return found[0].ID, found[0].HTMLURL
}

// knownRoutingKey returns the routing key that was last looked up for a service.
func (c *Client) knownRoutingKey(service string) (integrations.Secret, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, ok := c.routingKeys[service]
	return key, ok
}

// lookUpRoutingKey asks for the key by which the Events API knows a service.
func (c *Client) lookUpRoutingKey(ctx context.Context, service string) (integrations.Secret, error) {
	found, err := c.service(ctx, service)
	if err != nil {
		return "", err
	}
	for _, integration := range found.Integrations {
		if integration.Type == eventsIntegration && integration.IntegrationKey != "" {
			key := integrations.Secret(integration.IntegrationKey)
			c.calls.Conceal(key)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.routingKeys[service] = key
			return key, nil
		}
	}
	return "", c.calls.Refuse(getService, "the service %s (%s) cannot be paged: add an integration of the type \"Events API v2\" to it in PagerDuty",
		service, found.Name)
}

// getService is the operation that reads a service.
const getService = "GET /services"

// service reads a service with its integrations.
func (c *Client) service(ctx context.Context, id string) (*pd.Service, error) {
	if id == "" {
		return nil, c.calls.Refuse(getService, "no PagerDuty service is named: set it for the service in muster.yaml")
	}
	return integrations.Ask(ctx, c.calls, getService, func(ctx context.Context) (*pd.Service, error) {
		// The library does not escape the id.
		return c.api.GetServiceWithContext(ctx, url.PathEscape(id), &pd.GetServiceOptions{Includes: []string{"integrations"}})
	})
}
