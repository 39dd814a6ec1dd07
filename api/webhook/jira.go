package webhook

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"muster/config"
	"muster/incident"
	"muster/integrations"
	"muster/integrations/jira"
	"muster/store"
)

// Jira is the source for Jira's webhooks about issues
// (https://developer.atlassian.com/cloud/jira/platform/webhooks/). A delivery becomes
// one item of kind [store.KindTicket] whose subject is the key and whose body
// is a [TicketReport]. Deliveries about anything but a ticket itself hold no news.
func Jira(secret config.Secret) Source {
	return Source{Name: "jira", Verify: jiraSignature(secret), Parse: parseJira}
}

// TicketReport is the body of an inbox item of kind [store.KindTicket].
type TicketReport struct {
	Ticket incident.Ticket `json:"ticket"`
	// Deleted says that the ticket is gone.
	Deleted bool `json:"deleted,omitzero"`
	// At is when the tracker says that it happened.
	At time.Time `json:"at"`
}

// jiraSignature returns the check of the HMAC that Jira makes over the body, or nil
// when no secret is set.
func jiraSignature(secret config.Secret) func(http.Header, []byte) error {
	if !secret.IsSet() {
		return nil
	}
	return func(header http.Header, body []byte) error {
		signature := header.Get("X-Hub-Signature")
		if signature == "" {
			return &UnauthorizedError{Message: "the delivery is not signed; give the webhook in Jira the secret that Muster has"}
		}
		if !jira.VerifySignature(integrations.Secret(secret.Reveal()), body, signature) {
			return &UnauthorizedError{Message: "the signature was not made with the secret that Muster was given, or the body was changed"}
		}
		return nil
	}
}

func parseJira(body []byte) ([]store.Item, error) {
	ticket, deleted, at, err := jira.ParseWebhook(body)
	switch {
	case errors.Is(err, jira.ErrOtherEvent):
		return nil, nil
	case err != nil:
		return nil, malformed("", "%v", err)
	}
	report, err := json.Marshal(TicketReport{Ticket: ticket, Deleted: deleted, At: at})
	if err != nil {
		return nil, malformed("", "cannot be kept: %v", err)
	}
	status := ticket.Status
	if deleted {
		status = "deleted"
	}
	return []store.Item{{
		Kind: store.KindTicket, Subject: identifier(ticket.Key), Body: report,
		Key: identifier(at.UTC().Format(time.RFC3339Nano), status, ticket.Key),
	}}, nil
}
