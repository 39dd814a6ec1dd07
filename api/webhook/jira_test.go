package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/store"
)

const ticketMoved = `{
	"timestamp": 1764583200123, "webhookEvent": "jira:issue_updated",
	"issue": {"key": "PAY-17", "self": "https://tracker.example.com/rest/api/2/issue/10017",
		"fields": {"status": {"name": "Done", "statusCategory": {"key": "done"}}}}
}`

func TestNewsOfATicketIsOneItem(t *testing.T) {
	t.Parallel()

	items, err := webhook.Jira(config.Secret{}).Parse([]byte(ticketMoved))

	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]store.Item{{
		Kind: store.KindTicket, Subject: "PAY-17", Key: "2025-12-01T10:00:00.123Z/Done/PAY-17", Body: items[0].Body,
	}}, items))
	var report webhook.TicketReport
	require.NoError(t, json.Unmarshal(items[0].Body, &report))
	require.Empty(t, cmp.Diff(webhook.TicketReport{
		Ticket: incident.Ticket{Key: "PAY-17", URL: "https://tracker.example.com/browse/PAY-17", Status: "Done", Done: true},
		At:     time.Date(2025, 12, 1, 10, 0, 0, 123_000_000, time.UTC),
	}, report))
}

func TestADeliveryThatIsNotJirasIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "{}", "[]", `{"webhookEvent": "jira:issue_updated"}`,
		`{"webhookEvent": "jira:issue_deleted", "timestamp": 9223372036854775807, "issue": {"key": "PAY-1"}}`,
	} {
		items, err := webhook.Jira(config.Secret{}).Parse([]byte(body))
		var malformed *webhook.MalformedError
		require.ErrorAs(t, err, &malformed, body)
		require.Nil(t, items)
	}
}

// TestRealDeliveriesOfJiraAreRead reads bodies that Jira sent.
func TestRealDeliveriesOfJiraAreRead(t *testing.T) {
	t.Parallel()
	const folder = "../../../shared/counterparts/payloads/jira"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the captured payloads are not here")
	}
	for name, want := range map[string]struct {
		key     string
		deleted bool
	}{
		"webhook-issue-updated-resolved.json":      {"TES-41", false},
		"webhook-issue-updated-reopened.json":      {"TES-41", false},
		"webhook-issue-updated-assigned.json":      {"TES-41", false},
		"webhook-server-issue-updated-closed.json": {"TES-4", false},
		"webhook-issue-deleted.json":               {"IDT-19", true},
		"webhook-cloud-comment-created.json":       {},
	} {
		body, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		items, err := webhook.Jira(config.Secret{}).Parse(body)
		require.NoError(t, err, name)
		if want.key == "" {
			require.Empty(t, items, "a comment is no news")
			continue
		}
		require.Len(t, items, 1, name)
		require.Equal(t, want.key, items[0].Subject, name)
		var report webhook.TicketReport
		require.NoError(t, json.Unmarshal(items[0].Body, &report), name)
		require.Equal(t, want.deleted, report.Deleted, name)
	}
}

func TestASignatureOfJiraIsChecked(t *testing.T) {
	t.Parallel()
	sign := func(secret, body string) string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		return "sha256=" + hex.EncodeToString(mac.Sum(nil))
	}
	receiver := webhook.NewReceiver(&inbox{}, webhook.Jira(config.NewSecret("s3cret")))
	for name, test := range map[string]struct {
		signature string
		taken     bool
	}{
		"the right one":        {sign("s3cret", ticketMoved), true},
		"of another secret":    {sign("other", ticketMoved), false},
		"of another body":      {sign("s3cret", ticketMoved+" "), false},
		"of another algorithm": {"sha1=00", false},
		"none":                 {"", false},
	} {
		accepted, err := receiver.Receive(t.Context(), "jira", http.Header{"X-Hub-Signature": {test.signature}}, []byte(ticketMoved))
		if test.taken {
			require.NoError(t, err, name)
			require.Equal(t, 1, accepted.New, name)
			continue
		}
		var unauthorized *webhook.UnauthorizedError
		require.ErrorAs(t, err, &unauthorized, name)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestEverySourceIsRegistered(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"alertmanager", "jira", "pagerduty"}, webhook.NewReceiver(&inbox{}, webhook.Sources(webhook.Secrets{})...).Names())
}
