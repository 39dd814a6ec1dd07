package jira

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations"
)

// ErrOtherEvent is what [ParseWebhook] returns for a well-formed webhook about
// something else than a ticket, such as a comment. It asks for nothing to be done.
var ErrOtherEvent = errors.New("the webhook is not about a ticket itself")

// Events of Jira's webhook that are about a ticket itself. See
// https://developer.atlassian.com/cloud/jira/platform/webhooks/.
const (
	issueCreated = "jira:issue_created"
	issueUpdated = "jira:issue_updated"
	issueDeleted = "jira:issue_deleted"
)

// webhook is as much of the body as we need.
type webhook struct {
	Event           string `json:"webhookEvent"`
	TimestampMillis int64  `json:"timestamp"`
	Issue           struct {
		Key    string `json:"key"`
		Self   string `json:"self"`
		Fields struct {
			Status struct {
				Name     string `json:"name"`
				Category struct {
					Key string `json:"key"`
				} `json:"statusCategory"`
			} `json:"status"`
		} `json:"fields"`
	} `json:"issue"`
}

// ParseWebhook reads the body of Jira's webhook: the ticket as it is after the event,
// whether the event deleted it, and when that was. Fields that it does not know are
// ignored. It returns [ErrOtherEvent] for other events, and an error that says what is
// missing for a body that is no webhook of Jira. The body is only to be believed after
// [VerifySignature].
func ParseWebhook(body []byte) (ticket incident.Ticket, deleted bool, at time.Time, err error) {
	fail := func(format string, args ...any) (incident.Ticket, bool, time.Time, error) {
		return incident.Ticket{}, false, time.Time{}, fmt.Errorf("read Jira's webhook: "+format, args...)
	}
	var hook webhook
	if err := json.Unmarshal(body, &hook); err != nil {
		return fail("%w", err)
	}
	switch hook.Event {
	case issueCreated, issueUpdated, issueDeleted:
	case "":
		return fail("there is no webhookEvent")
	default:
		return fail("%w: %q", ErrOtherEvent, hook.Event)
	}
	if !issueKey.MatchString(hook.Issue.Key) {
		return fail("%q is not the key of a ticket", hook.Issue.Key)
	}
	if hook.TimestampMillis <= 0 {
		return fail("there is no timestamp")
	}
	status := hook.Issue.Fields.Status
	deleted = hook.Event == issueDeleted
	if status.Name == "" && !deleted {
		return fail("the ticket %s has no status", hook.Issue.Key)
	}
	ticket = incident.Ticket{
		Key: hook.Issue.Key, Status: status.Name, Done: status.Category.Key == doneCategory,
		URL: browseURLOf(hook.Issue.Self, hook.Issue.Key),
	}
	return ticket, deleted, time.UnixMilli(hook.TimestampMillis).UTC(), nil
}

// browseURLOf finds out where people read a ticket from its address in the API. It
// returns nothing for an address that is none.
func browseURLOf(self, key string) string {
	site, _, found := strings.Cut(self, "/rest/api/")
	if _, ok := integrations.WebAddress(site); !ok || !found {
		return ""
	}
	return browseURL(site, key)
}

// VerifySignature says whether a webhook's body was signed with the secret. The header
// is the request's X-Hub-Signature, "sha256=" and 64 hexadecimal digits. It takes the
// same time wherever the signatures differ, and is false for an empty secret. See
// https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks.
func VerifySignature(secret integrations.Secret, body []byte, header string) bool {
	digits, found := strings.CutPrefix(header, "sha256=")
	signature, err := hex.DecodeString(digits)
	if !found || err != nil || secret == "" {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	return hmac.Equal(signature, mac.Sum(nil))
}
