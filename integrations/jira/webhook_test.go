package jira_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/jira"
	"muster/integrations/vendortest"
)

// payload reads a webhook that a real Jira sent.
func payload(t testing.TB, name string) []byte {
	t.Helper()
	folder, ok := vendortest.Counterparts(t)
	if !ok {
		t.Skip("../shared/counterparts is absent")
	}
	body, err := os.ReadFile(filepath.Join(folder, "payloads", "jira", name))
	require.NoError(t, err)
	return body
}

const cloud = "https://some-instance-test.atlassian.net/browse/"

func TestParseWebhookReadsWhatJiraSends(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		ticket  incident.Ticket
		deleted bool
		at      string
	}{
		"webhook-issue-updated-assigned.json": {
			ticket: incident.Ticket{Key: "TES-41", URL: cloud + "TES-41", Status: "To Do"}, at: "2019-02-16T03:18:01.752Z",
		},
		"webhook-issue-updated-resolved.json": {
			ticket: incident.Ticket{Key: "TES-41", URL: cloud + "TES-41", Status: "Done", Done: true}, at: "2019-02-16T03:15:40.507Z",
		},
		"webhook-issue-updated-reopened.json": {
			ticket: incident.Ticket{Key: "TES-41", URL: cloud + "TES-41", Status: "To Do"}, at: "2019-02-16T03:17:06.531Z",
		},
		"webhook-issue-deleted.json": {
			ticket: incident.Ticket{Key: "IDT-19", URL: cloud + "IDT-19", Status: "To Do"}, deleted: true, at: "2019-07-03T18:05:36.176Z",
		},
		"webhook-server-issue-updated-closed.json": {
			ticket: incident.Ticket{
				Key: "TES-4", Status: "Closed", Done: true,
				URL: "http://some-instance-test.centralus.cloudapp.azure.com:8080/browse/TES-4",
			}, at: "2019-08-14T03:07:58.358Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ticket, deleted, at, err := jira.ParseWebhook(payload(t, name))
			require.NoError(t, err)
			require.Equal(t, row.ticket, ticket)
			require.Equal(t, row.deleted, deleted)
			require.Equal(t, row.at, at.Format(time.RFC3339Nano))
		})
	}
}

func TestParseWebhookTellsOtherEventsApart(t *testing.T) {
	t.Parallel()
	_, _, _, err := jira.ParseWebhook(payload(t, "webhook-cloud-comment-created.json"))
	require.ErrorIs(t, err, jira.ErrOtherEvent)
	require.ErrorContains(t, err, "comment_created")
}

// sample is the smallest webhook there is.
const sample = `{"timestamp":1562177136176,"webhookEvent":"jira:issue_created","issue":{"key":"PAY-7","fields":{"status":{"name":"To Do"}}}}`

func TestParseWebhookRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for want, body := range map[string]string{
		"unexpected end of JSON":       `{"timestamp":`,
		"there is no webhookEvent":     `{"event":{"event_type":"incident.triggered"}}`,
		`"" is not the key`:            strings.Replace(sample, `"key":"PAY-7",`, "", 1),
		`"../../x" is not the key`:     strings.Replace(sample, "PAY-7", "../../x", 1),
		"there is no timestamp":        strings.Replace(sample, "1562177136176", "0", 1),
		"the ticket PAY-7 has no":      strings.Replace(sample, "To Do", "", 1),
		"cannot unmarshal":             strings.Replace(sample, "1562177136176", `"now"`, 1),
		"invalid character '<' lookin": "<html>",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			ticket, _, _, err := jira.ParseWebhook([]byte(body))
			require.ErrorContains(t, err, want)
			require.NotErrorIs(t, err, jira.ErrOtherEvent)
			require.Zero(t, ticket)
		})
	}
}

func TestParseWebhookLeavesOutAnAddressThatIsNone(t *testing.T) {
	t.Parallel()
	for _, self := range []string{"", "javascript:alert(1)//rest/api/2/", "//evil.example.com/rest/api/2/issue/1", "https://sample.atlassian.net/issue/1"} {
		body := strings.Replace(sample, `"key":`, `"self":"`+self+`","key":`, 1)
		ticket, _, _, err := jira.ParseWebhook([]byte(body))
		require.NoError(t, err)
		require.Empty(t, ticket.URL, self)
	}
}

func FuzzParseWebhook(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(strings.Replace(sample, "created", "deleted", 1)))
	f.Add([]byte(`{"webhookEvent":"comment_created","issue":null}`))
	f.Add([]byte(`{"timestamp":1e300,"webhookEvent":"jira:issue_updated","issue":{"fields":{"status":null}}}`))
	const key = `^[A-Z][A-Z0-9_]*-[1-9][0-9]*$`
	f.Fuzz(func(t *testing.T, body []byte) {
		ticket, deleted, at, err := jira.ParseWebhook(body)
		if err != nil {
			require.Zero(t, ticket)
			require.False(t, deleted)
			require.Zero(t, at)
			return
		}
		require.Regexp(t, key, ticket.Key)
		require.False(t, at.IsZero())
		require.True(t, deleted || ticket.Status != "")
		if ticket.URL != "" {
			require.Regexp(t, `^https?://`, ticket.URL)
			require.True(t, strings.HasSuffix(ticket.URL, "/browse/"+ticket.Key))
		}
	})
}

func TestVerifySignature(t *testing.T) {
	t.Parallel()
	// The example of Atlassian's documentation of webhook signatures.
	const (
		secret = "It's a Secret to Everybody"
		body   = "Hello World!"
		signed = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
	)
	for name, row := range map[string]struct {
		secret integrations.Secret
		header string
		want   bool
	}{
		"the right signature":          {secret, signed, true},
		"in capital digits":            {secret, "sha256=" + strings.ToUpper(strings.TrimPrefix(signed, "sha256=")), true},
		"another secret":               {"another", signed, false},
		"no secret":                    {"", signed, false},
		"no header":                    {secret, "", false},
		"another method":               {secret, strings.Replace(signed, "sha256", "sha1", 1), false},
		"half a signature":             {secret, signed[:40], false},
		"a signature and more":         {secret, signed + "00", false},
		"a signature that is not one":  {secret, "sha256=xyz", false},
		"an empty signature":           {secret, "sha256=", false},
		"the signature without method": {secret, strings.TrimPrefix(signed, "sha256="), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, jira.VerifySignature(row.secret, []byte(body), row.header))
		})
	}
}
