package pagerduty

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"muster/integrations"
)

// listSubscriptions is the operation that lists an account's webhooks of version 3.
const listSubscriptions = "GET /webhook_subscriptions"

const (
	// subscriptionsPerPage is the most that PagerDuty lists at once, subscriptionPages bounds
	// how often we ask.
	subscriptionsPerPage = 100
	subscriptionPages    = 10
)

// NewsEvents are the events that Muster makes something of, in PagerDuty's words:
// https://developer.pagerduty.com/docs/webhooks-overview#event-types.
var NewsEvents = []string{
	"incident.acknowledged", "incident.annotated", "incident.conference_bridge.updated", "incident.delegated",
	"incident.escalated", "incident.priority_updated", "incident.reassigned", "incident.reopened", "incident.resolved",
	"incident.responder.added", "incident.responder.replied", "incident.status_update_published",
	"incident.triggered", "incident.unacknowledged",
}

// Subscription is a webhook that PagerDuty has for an address.
type Subscription struct {
	ID string
	// Active is false for one that somebody switched off, or that PagerDuty did because its
	// deliveries were refused.
	Active bool
	// Filter says what it is for, in words: "the account", "the service PABC123".
	Filter string
	// Lacking are those of [NewsEvents] that it does not send.
	Lacking []string
}

// Subscriptions returns PagerDuty's webhooks whose address has this path and host, as far as
// the token may see them. It changes nothing in PagerDuty.
func (c *Client) Subscriptions(ctx context.Context, address string) ([]Subscription, error) {
	var ours []Subscription
	for page := range subscriptionPages {
		var answer struct {
			More          bool `json:"more"`
			Subscriptions []struct {
				ID       string   `json:"id"`
				Active   bool     `json:"active"`
				Events   []string `json:"events"`
				Delivery struct {
					URL      string `json:"url"`
					Disabled bool   `json:"temporarily_disabled"`
				} `json:"delivery_method"`
				Filter struct {
					ID   string `json:"id"`
					Type string `json:"type"`
				} `json:"filter"`
			} `json:"webhook_subscriptions"`
		}
		path := fmt.Sprintf("/webhook_subscriptions?limit=%d&offset=%d", subscriptionsPerPage, page*subscriptionsPerPage)
		if err := c.exchange(ctx, listSubscriptions, http.MethodGet, path, nil, &answer); err != nil {
			return nil, err
		}
		for _, s := range answer.Subscriptions {
			if !sameAddress(s.Delivery.URL, address) {
				continue
			}
			filter := "the account"
			if kind, _, isReference := strings.Cut(s.Filter.Type, "_reference"); isReference && kind != "account" {
				filter = "the " + kind + " " + integrations.Line(s.Filter.ID)
			}
			ours = append(ours, Subscription{
				ID: s.ID, Active: s.Active && !s.Delivery.Disabled, Filter: filter,
				Lacking: slices.DeleteFunc(slices.Clone(NewsEvents), func(event string) bool { return slices.Contains(s.Events, event) }),
			})
		}
		if !answer.More {
			break
		}
	}
	return ours, nil
}

// sameAddress compares without the scheme and a slash at the end.
func sameAddress(a, b string) bool {
	plain := func(address string) string {
		_, rest, _ := strings.Cut(strings.TrimRight(address, "/"), "://")
		return strings.ToLower(rest)
	}
	return plain(a) == plain(b)
}
