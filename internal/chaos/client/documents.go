package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"muster/incident"
)

// The types in this file are what Muster's API and its sandbox answer with, as far as the
// proof looks at it. They are written from the documented contract, not taken from the
// code that answers, so that a change of the contract is noticed.

// Incident is an incident as it stands.
type Incident struct {
	ID             incident.ID       `json:"id"`
	Title          string            `json:"title"`
	Status         incident.Status   `json:"status"`
	Severity       incident.Severity `json:"severity"`
	Service        string            `json:"service"`
	AcknowledgedBy string            `json:"acknowledged_by"`
	ResolvedAt     *time.Time        `json:"resolved_at"`
	EndedAt        *time.Time        `json:"ended_at"`
	MergedInto     incident.ID       `json:"merged_into"`
	Absorbed       []incident.ID     `json:"absorbed"`
	Update         string            `json:"update"`
	Roles          map[string]string `json:"roles"`
	Alerts         []Alert           `json:"alerts"`
	AlertsFiring   int               `json:"alerts_firing"`
	// AlertCount counts the alerts, those included that are not remembered one by one.
	AlertCount int        `json:"alert_count"`
	Steps      []Step     `json:"steps"`
	Channel    *Channel   `json:"channel"`
	Pages      []Page     `json:"pages"`
	Followups  []Followup `json:"followups"`
	Seq        int        `json:"seq"`
}

// Over says that nothing is left to do: the incident has ended, and all its follow-ups are done.
func (i Incident) Over() bool {
	return i.Status.Ended() && !slices.ContainsFunc(i.Followups, func(f Followup) bool { return !f.Done })
}

// Alert is an alert of an incident.
type Alert struct {
	Fingerprint string    `json:"fingerprint"`
	StartsAt    time.Time `json:"starts_at"`
	Status      string    `json:"status"`
}

// Step is a step of an incident.
type Step struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	State string `json:"state"`
	Error string `json:"error"`
}

// Channel is an incident's channel.
type Channel struct {
	ID string `json:"id"`
}

// Page is a page that was sent for an incident.
type Page struct {
	Key string `json:"key"`
}

// Followup is a follow-up of an incident.
type Followup struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Key    string `json:"key"`
	Status string `json:"status"`
	Done   bool   `json:"done"`
}

// Event is an entry of a timeline.
type Event struct {
	Seq   int       `json:"seq"`
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Actor string    `json:"actor"`
	Text  string    `json:"text"`
}

// Sandbox is all that the vendors' stand-ins hold.
type Sandbox struct {
	Slack struct {
		Channels []SlackChannel `json:"channels"`
	} `json:"slack"`
	PagerDuty struct {
		Incidents []PagerIncident `json:"incidents"`
	} `json:"pagerduty"`
	Jira struct {
		Issues []Issue `json:"issues"`
	} `json:"jira"`
}

// SlackChannel is a channel with what was said in it.
type SlackChannel struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Purpose  string         `json:"purpose"`
	Messages []SlackMessage `json:"messages"`
}

// SlackMessage is a message, with the key that Muster gave it.
type SlackMessage struct {
	Text     string `json:"text"`
	Metadata struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

// PagerIncident is what a page opened at the pager.
type PagerIncident struct {
	ID       string `json:"id"`
	DedupKey string `json:"dedup_key"`
	Status   string `json:"status"`
}

// Issue is a ticket.
type Issue struct {
	Key     string   `json:"key"`
	Summary string   `json:"summary"`
	Status  string   `json:"status"`
	Labels  []string `json:"labels"`
}

// Incident reads one incident.
func (c *Client) Incident(ctx context.Context, id incident.ID) (Incident, error) {
	var one Incident
	err := c.Get(ctx, IncidentPath(id), &one)
	return one, err
}

// IncidentPath is where an incident is.
func IncidentPath(id incident.ID) string { return "/api/v1/incidents/" + url.PathEscape(string(id)) }

// Incidents reads the whole list, page by page. Search chooses by words; empty means all.
func (c *Client) Incidents(ctx context.Context, search string) ([]Incident, error) {
	const perPage, maxPages = 40, 10_000
	var all []Incident
	query := url.Values{"limit": {fmt.Sprint(perPage)}}
	if search != "" {
		query.Set("q", search)
	}
	for range maxPages {
		var page struct {
			Incidents  []Incident `json:"incidents"`
			NextCursor string     `json:"next_cursor"`
		}
		if err := c.Get(ctx, "/api/v1/incidents?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Incidents...)
		if page.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.NextCursor)
	}
	return nil, errors.New("the list of incidents has no end")
}

// Timeline reads an incident's whole timeline.
func (c *Client) Timeline(ctx context.Context, id incident.ID) ([]Event, error) {
	const perPage = 200
	var all []Event
	for after := 0; ; {
		var page struct {
			Events []Event `json:"events"`
			Next   *int    `json:"next_after"`
		}
		if err := c.Get(ctx, fmt.Sprintf("%s/timeline?limit=%d&after=%d", IncidentPath(id), perPage, after), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if page.Next == nil {
			return all, nil
		}
		if *page.Next <= after {
			return nil, fmt.Errorf("the timeline of %s does not go on after event %d", id, after)
		}
		after = *page.Next
	}
}

// Reports reads every alert that was reported to an incident, firing and resolved.
func (c *Client) Reports(ctx context.Context, id incident.ID) ([]Alert, error) {
	const perPage = 500
	var all []Alert
	for after := int64(0); ; {
		var page struct {
			Reports []struct {
				Alert Alert `json:"alert"`
			} `json:"reports"`
			Next *int64 `json:"next_after"`
		}
		if err := c.Get(ctx, fmt.Sprintf("%s/alerts?limit=%d&after=%d", IncidentPath(id), perPage, after), &page); err != nil {
			return nil, err
		}
		for _, report := range page.Reports {
			all = append(all, report.Alert)
		}
		if page.Next == nil {
			return all, nil
		}
		if *page.Next <= after {
			return nil, fmt.Errorf("the alerts of %s do not go on after %d", id, after)
		}
		after = *page.Next
	}
}

// Sandbox reads what the vendors' stand-ins hold.
func (c *Client) Sandbox(ctx context.Context) (Sandbox, error) {
	var state Sandbox
	err := c.Get(ctx, "/sandbox/state", &state)
	return state, err
}

// SetFault has a vendor misbehave from now on; the mode "none" ends it, for all vendors
// where none is named.
func (c *Client) SetFault(ctx context.Context, vendor, mode string, rate float64) error {
	body := map[string]any{"mode": mode}
	if vendor != "" {
		body["vendor"] = vendor
	}
	if mode != "none" {
		body["rate"] = rate
	}
	return c.control(ctx, "/sandbox/faults", body)
}

// MoveTicket moves a ticket as a person would.
func (c *Client) MoveTicket(ctx context.Context, key, status string) error {
	return c.control(ctx, "/sandbox/jira/issues/"+url.PathEscape(key)+"/status", map[string]any{"status": status})
}

func (c *Client) control(ctx context.Context, path string, body map[string]any) error {
	answer, err := c.Send(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return &StatusError{Path: path, Status: answer.Status}
	}
	return nil
}

// UnmarshalJSON reads metadata that may be null or of another shape: people's messages
// have none.
func (m *SlackMessage) UnmarshalJSON(text []byte) error {
	var raw struct {
		Text     string          `json:"text"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*m = SlackMessage{Text: raw.Text}
	if len(raw.Metadata) == 0 {
		return nil
	}
	return json.Unmarshal(raw.Metadata, &m.Metadata)
}
