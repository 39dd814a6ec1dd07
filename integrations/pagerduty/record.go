package pagerduty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

// What PagerDuty keeps of a page is an incident of its own, which the REST API reads and
// changes. These are the operations on it.
const (
	listIncidents   = "GET /incidents"
	getIncident     = "GET /incidents/{id}"
	createIncident  = "POST /incidents"
	changeIncidents = "PUT /incidents"
)

// The statuses of PagerDuty's incidents that are not at their end.
var openStatuses = []string{"triggered", "acknowledged"}

// PageKey returns the key with which a page was sent, by PagerDuty's id of it. It is false
// for one that PagerDuty does not have, or that the token may not see.
func (c *Client) PageKey(ctx context.Context, id string) (key string, found bool, err error) {
	known, err := c.readIncident(ctx, id)
	if isMissing(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return known.IncidentKey, known.IncidentKey != "", nil
}

// recordOf returns what PagerDuty has of a page. That it has nothing of it is an error that
// another attempt may not meet: PagerDuty works through events in its own time. But a page may
// also have become one more alert of another incident, or its service be in maintenance.
func (c *Client) recordOf(ctx context.Context, page incident.Page) (*pd.Incident, error) {
	if page.ID != "" {
		return c.incident(ctx, page.ID)
	}
	found, err := c.incidents(ctx, page.Key, page.Service)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &integrations.Error{
			Vendor: integrations.PagerDuty, Operation: listIncidents, Absent: true,
			Message: fmt.Sprintf("PagerDuty has made no incident of the page %s", page.Key),
		}
	}
	return &found[0], nil
}

// incident reads one of PagerDuty's incidents that must be there.
func (c *Client) incident(ctx context.Context, id string) (*pd.Incident, error) {
	found, err := c.readIncident(ctx, id)
	if isMissing(err) {
		return nil, c.calls.Refuse(getIncident, "PagerDuty has no incident %s any more, or the token may not see it", id)
	}
	return found, err
}

func (c *Client) readIncident(ctx context.Context, id string) (*pd.Incident, error) {
	if id == "" {
		return nil, c.calls.Refuse(getIncident, "no incident of PagerDuty is named")
	}
	return integrations.Ask(ctx, c.calls, getIncident, func(ctx context.Context) (*pd.Incident, error) {
		// The library does not escape the id.
		return c.api.GetIncidentWithContext(ctx, url.PathEscape(id))
	})
}

// incidents returns the newest incident that was made for a page's key, of those with the
// given statuses; without any, of all.
func (c *Client) incidents(ctx context.Context, key, service string, statuses ...string) ([]pd.Incident, error) {
	options := pd.ListIncidentsOptions{IncidentKey: key, Statuses: statuses, SortBy: "created_at:desc", Limit: 1}
	if service != "" {
		options.ServiceIDs = []string{service}
	}
	answer, err := integrations.Ask(ctx, c.calls, listIncidents, func(ctx context.Context) (*pd.ListIncidentsResponse, error) {
		return c.api.ListIncidentsWithContext(ctx, options)
	})
	if err != nil {
		return nil, err
	}
	return answer.Incidents, nil
}

// changeIncident changes one of PagerDuty's incidents in the name of Muster's user.
func (c *Client) changeIncident(ctx context.Context, change pd.ManageIncidentsOptions) error {
	if err := c.needUser(changeIncidents); err != nil {
		return err
	}
	return c.calls.Call(ctx, changeIncidents, func(ctx context.Context) error {
		_, err := c.api.ManageIncidentsWithContext(ctx, c.from, []pd.ManageIncidentsOptions{change})
		return err
	})
}

// directSuffix ends the keys of pages that were sent to a person or a policy rather than to
// a service. The REST API opens and closes them: the Events API acts on what came by it.
const directSuffix = ".direct"

func isDirect(page incident.Page) bool { return strings.HasSuffix(page.Key, directSuffix) }

// target is whom PagerDuty is to ask.
type target struct{ id, kind string }

// The kinds of targets: https://developer.pagerduty.com/api-reference/ ("Create a responder
// request").
const (
	userTarget   = "user_reference"
	policyTarget = "escalation_policy_reference"
)

// open opens an incident on a service that is assigned to a target, unless one with its key
// is open.
func (c *Client) open(ctx context.Context, request incident.PageRequest, to target) (incident.Page, error) {
	request.Key += directSuffix
	if err := errors.Join(c.check(request), c.needUser(createIncident)); err != nil {
		return incident.Page{}, err
	}
	page := incident.Page{Key: request.Key, Service: request.Service}
	found, err := c.incidents(ctx, request.Key, request.Service, openStatuses...)
	if err != nil {
		return incident.Page{}, err
	}
	if len(found) == 0 {
		opened, err := c.create(ctx, request, to)
		if err != nil {
			return incident.Page{}, err
		}
		found = []pd.Incident{*opened}
	}
	page.ID, page.URL = found[0].ID, found[0].HTMLURL
	return page, nil
}

// create opens an incident. The library would send an empty priority, which PagerDuty's
// description does not allow.
func (c *Client) create(ctx context.Context, request incident.PageRequest, to target) (*pd.Incident, error) {
	body := map[string]any{
		"type": "incident", "title": integrations.Shorten(integrations.Line(request.Summary), maxSummaryLength, integrations.UTF16Length),
		"service":      pd.APIReference{ID: request.Service, Type: "service_reference"},
		"incident_key": request.Key, "urgency": urgency(request.Severity),
		"body": map[string]any{"type": "incident_body", "details": recordDetails(request)},
	}
	if to.kind == userTarget {
		body["assignments"] = []map[string]any{{"assignee": pd.APIReference{ID: to.id, Type: to.kind}}}
	} else {
		body["escalation_policy"] = pd.APIReference{ID: to.id, Type: to.kind}
	}
	document, err := json.Marshal(map[string]any{"incident": body})
	if err != nil {
		return nil, c.calls.Refuse(createIncident, "the page cannot be written down: %v", err)
	}
	var made struct {
		Incident *pd.Incident `json:"incident"`
	}
	if err := c.exchange(ctx, createIncident, http.MethodPost, "/incidents", document, &made); err != nil {
		return nil, err
	}
	if made.Incident == nil || made.Incident.ID == "" {
		return nil, c.calls.Unreadable(createIncident, "the incident")
	}
	return made.Incident, nil
}

// urgency is how PagerDuty takes an event of a severity where the service leaves it to
// the severity: https://support.pagerduty.com/main/docs/dynamic-notifications.
func urgency(severity string) string {
	if severity == "warning" || severity == "info" {
		return "low"
	}
	return "high"
}

// recordDetails is what an incident that was opened by REST says below its title: what an
// event would, and its links.
func recordDetails(request incident.PageRequest) map[string]string {
	all := map[string]string{}
	for name, value := range request.Details {
		all[name] = integrations.Shorten(integrations.Printable(value), maxDetailLength, integrations.UTF16Length)
	}
	for _, link := range request.Links {
		all[integrations.Line(link.Title)] = link.URL
	}
	return all
}

// changeDirect acknowledges or resolves a page that was sent to a person or a policy. One that is so
// already, or at its end, stays as it is.
func (c *Client) changeDirect(ctx context.Context, page incident.Page, action string) error {
	found, err := c.incidents(ctx, page.Key, page.Service, openStatuses...)
	if err != nil || len(found) == 0 {
		return err
	}
	status := "resolved"
	if action == acknowledge {
		status = "acknowledged"
	}
	if found[0].Status == status {
		return nil
	}
	return c.changeIncident(ctx, pd.ManageIncidentsOptions{ID: found[0].ID, Status: status})
}

// exchange sends a request of the REST API that the library has no method for, or not the
// right one.
func (c *Client) exchange(ctx context.Context, operation, method, path string, document []byte, answer any) error {
	return c.calls.Call(ctx, operation, func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, method, c.apiURL+path, bytes.NewReader(document))
		if err != nil {
			return err
		}
		response, err := c.api.Do(request, true)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode >= http.StatusMultipleChoices {
			return errors.New(response.Status)
		}
		return json.NewDecoder(response.Body).Decode(answer)
	})
}

// isMissing says that PagerDuty does not have what was asked for.
func isMissing(err error) bool {
	var failure *integrations.Error
	return errors.As(err, &failure) && failure.Status == http.StatusNotFound
}
