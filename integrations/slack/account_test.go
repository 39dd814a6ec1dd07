package slack_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/slack"
	"muster/integrations/vendortest"
)

const info = "POST /api/users.info"

// directory knows one exception.
type directory struct{}

var exceptional = incident.Person{Name: "Sample Exception", Email: "exception@example.com"}

func (directory) AccountOf(vendor string, person incident.Person) (string, bool) {
	return "U0EXCEPTION", vendor == integrations.Slack && person == exceptional
}

func (directory) PersonOf(vendor, account, email string) (incident.Person, bool) {
	return exceptional, vendor == integrations.Slack && (account == "U0EXCEPTION" || email == "private@example.org")
}

func TestAnAccountIsFoundByTheDirectoryAndThenByAddress(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Slack)
	fake.Answer("POST /api/users.lookupByEmail", http.StatusOK, `{"ok":true,"user":{"id":"U0RESPONDER"}}`)
	client := slack.New(slack.Options{Token: token, APIURL: fake.URL + "/api", HTTPClient: fake.Client(), Directory: directory{}})
	id, ok, err := client.AccountOf(t.Context(), exceptional)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "U0EXCEPTION", id)
	require.Empty(t, fake.Requests("/api/users.lookupByEmail"))

	id, ok, err = client.AccountOf(t.Context(), known)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "U0RESPONDER", id)

	_, ok, err = client.AccountOf(t.Context(), incident.Person{Name: "Sample Guest"})
	require.NoError(t, err)
	require.False(t, ok)
}

func TestPersonIsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		account, answer string
		want            incident.Person
	}{
		"with an address": {
			"U1", `{"ok":true,"user":{"id":"U1","name":"sample","profile":{"real_name":"Sample Responder","email":"responder@example.com"}}}`, known,
		},
		"without an address": {
			"U1", `{"ok":true,"user":{"id":"U1","name":"sample","profile":{"display_name":"Sample\nGuest"}}}`, incident.Person{Name: "Sample Guest"},
		},
		"with an account that the directory knows": {
			"U0EXCEPTION", `{"ok":true,"user":{"id":"U0EXCEPTION","name":"other"}}`, exceptional,
		},
		"with an address that the directory knows": {
			"U1", `{"ok":true,"user":{"id":"U1","profile":{"email":"private@example.org"}}}`, exceptional,
		},
		"on the other side of a shared channel": {"U1", refusal("user_not_visible"), incident.Person{Name: "U1"}},
		"unknown to Slack":                      {"U1", refusal("user_not_found"), incident.Person{Name: "U1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := vendortest.NewFake(t, integrations.Slack)
			fake.Answer(info, http.StatusOK, row.answer)
			client := slack.New(slack.Options{Token: token, APIURL: fake.URL + "/api", HTTPClient: fake.Client(), Directory: directory{}})
			for range 3 {
				person, err := client.Person(t.Context(), row.account)
				require.NoError(t, err)
				require.Equal(t, row.want, person)
			}
			require.Len(t, fake.Requests("/api/users.info"), 1, "the answer is remembered")
		})
	}
}

func TestTroubleIsNotRemembered(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(info, http.StatusOK, refusal("internal_error"), `{"ok":true,"user":{"id":"U1","real_name":"Sample Responder"}}`)
	_, err := client.Person(t.Context(), "U1")
	require.Error(t, err)
	person, err := client.Person(t.Context(), "U1")
	require.NoError(t, err)
	require.Equal(t, incident.Person{Name: "Sample Responder"}, person)
}

func TestWhatIsRememberedIsForgottenInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		client := slack.New(slack.Options{
			Token: token, APIURL: "http://vendor.example.com/api", Unshaped: true,
			HTTPClient: &http.Client{Transport: vendortest.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				answer := refusal("users_not_found")
				if r.FormValue("email") == known.Email || r.FormValue("user") != "" {
					answer = `{"ok":true,"user":{"id":"U0RESPONDER"}}`
				}
				vendortest.WriteJSON(t, w, http.StatusOK, answer)
			}))},
		})
		ask := func(person incident.Person, want int) {
			t.Helper()
			asked = 0
			_, _, err := client.AccountOf(t.Context(), person)
			require.NoError(t, err)
			require.Equal(t, want, asked)
		}
		ask(known, 1)
		ask(unknown, 1)
		ask(known, 0)
		ask(unknown, 0)
		waitFor(6 * time.Minute)
		ask(known, 0)
		ask(unknown, 1)
		waitFor(time.Hour)
		ask(known, 1)
	})
}

// waitFor lets virtual time pass.
func waitFor(d time.Duration) { <-time.After(d) }

func TestNoMoreIsRememberedThanFits(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.Slack)
	fake.Answer(info, http.StatusOK, `{"ok":true,"user":{"id":"U1","real_name":"Sample Responder"}}`)
	client := slack.New(slack.Options{Token: token, APIURL: fake.URL + "/api", Unshaped: true})
	const accounts = 2100
	for i := range accounts {
		_, err := client.Person(t.Context(), fmt.Sprintf("U%04d", i))
		require.NoError(t, err)
	}
	require.Len(t, fake.Requests("/api/users.info"), accounts)
	ask := func(account string, more int) {
		t.Helper()
		_, err := client.Person(t.Context(), account)
		require.NoError(t, err)
		require.Len(t, fake.Requests("/api/users.info"), accounts+more)
	}
	ask("U2099", 0)
	ask("U0000", 1)
}
