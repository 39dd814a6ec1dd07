package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"muster/config"
	"muster/store"
)

// Source is a system that posts to Muster.
type Source struct {
	// Name is the last part of the path that it posts to.
	Name string
	// Verify proves that the sender is who it should be. It must not say what was
	// expected. Nil takes deliveries from everyone.
	Verify func(header http.Header, body []byte) error
	// Parse reads a body into items with Kind, Subject, Key and Body, to be stored in
	// that order; a body without news for Muster gives none. It depends on nothing but
	// the body. Its errors are [*MalformedError].
	Parse func(body []byte) ([]store.Item, error)
}

// Secrets are what senders prove themselves with. An absent one is not asked for.
type Secrets struct {
	// AlertmanagerToken is the bearer token of Alertmanager's http_config.
	AlertmanagerToken config.Secret
	// Jira is the secret with which Jira signs its webhooks.
	Jira config.Secret
	// PagerDuty are those with which PagerDuty signs its webhooks; see [PagerDuty].
	PagerDuty config.Secret
	// PagerDutyConnected says that the pages are real ones, whose news is not taken from
	// everyone.
	PagerDutyConnected bool
}

// Sources returns all the senders that Muster understands.
func Sources(secrets Secrets) []Source {
	return []Source{
		Alertmanager(secrets.AlertmanagerToken),
		Jira(secrets.Jira),
		PagerDuty(secrets.PagerDuty, secrets.PagerDutyConnected),
	}
}

// bearer returns the check of a bearer token (RFC 6750, section 2.1), or nil when no
// token is set.
func bearer(token config.Secret) func(http.Header, []byte) error {
	if !token.IsSet() {
		return nil
	}
	want := sha256.Sum256([]byte(token.Reveal()))
	return func(header http.Header, _ []byte) error {
		scheme, credentials, _ := strings.Cut(header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return &UnauthorizedError{Message: "the delivery carries no bearer token; set http_config.authorization.credentials"}
		}
		// Hashes are compared, so that neither content nor length shows in the time taken.
		got := sha256.Sum256([]byte(strings.TrimSpace(credentials)))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return &UnauthorizedError{Message: "the bearer token is not the one that Muster was given"}
		}
		return nil
	}
}
