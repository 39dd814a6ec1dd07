package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/incident"
	"muster/integrations"
)

func TestPeopleOfTheFileAreKnownByAddressNameAndAccount(t *testing.T) {
	t.Parallel()
	var d integrations.Directory = directory{
		{Name: "Sample Responder", Email: "responder@example.com", Slack: "U012", PagerDuty: "P012", Jira: "5b10"},
		{Name: "Sample Commander", Slack: "U013"},
		{Name: "Sample Scribe", Email: "scribe@example.com"},
	}
	for name, test := range map[string]struct {
		vendor string
		person incident.Person
		id     string
	}{
		"by address":                        {integrations.Slack, incident.Person{Email: "Responder@example.com"}, "U012"},
		"each vendor has its own account":   {integrations.PagerDuty, incident.Person{Email: "responder@example.com"}, "P012"},
		"Jira likewise":                     {integrations.Jira, incident.Person{Email: "responder@example.com"}, "5b10"},
		"by name where there is no address": {integrations.Slack, incident.Person{Name: "sample responder"}, "U012"},
		"by name where the file has none":   {integrations.Slack, incident.Person{Name: "Sample Commander", Email: "commander@example.com"}, "U013"},
		"a namesake is somebody else":       {integrations.Slack, incident.Person{Name: "Sample Responder", Email: "another@example.com"}, ""},
		"who has no account there":          {integrations.PagerDuty, incident.Person{Name: "Sample Commander"}, ""},
		"nobody":                            {integrations.Slack, incident.Person{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, ok := d.AccountOf(test.vendor, test.person)
			require.Equal(t, test.id, id)
			require.Equal(t, test.id != "", ok)
		})
	}
	for name, test := range map[string]struct {
		vendor, account, email string
		want                   incident.Person
	}{
		"by account": {integrations.Slack, "U012", "other@example.com", incident.Person{Name: "Sample Responder", Email: "responder@example.com"}},
		"by account, with the address the vendor gives": {integrations.Slack, "U013", "commander@example.com", incident.Person{Name: "Sample Commander", Email: "commander@example.com"}},
		"by address":                   {integrations.Slack, "U014", "Scribe@example.com", incident.Person{Name: "Sample Scribe", Email: "scribe@example.com"}},
		"an account of another vendor": {integrations.PagerDuty, "U012", "", incident.Person{}},
		"nobody":                       {integrations.Slack, "", "", incident.Person{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person, ok := d.PersonOf(test.vendor, test.account, test.email)
			require.Equal(t, test.want, person)
			require.Equal(t, test.want != incident.Person{}, ok)
		})
	}
}

func TestTheSandboxSignsWithASecretThatBothKnow(t *testing.T) {
	t.Parallel()
	var played config.Vendors
	signedBySandbox(&played)
	require.Len(t, played.Slack.SigningSecrets(), 1)
	given := config.Vendors{Slack: config.Slack{SigningSecret: config.NewSecret("given")}}
	signedBySandbox(&given)
	require.Equal(t, "given", given.Slack.SigningSecret.Reveal())
	socket := config.Vendors{Slack: config.Slack{Token: config.NewSecret("t"), AppToken: config.NewSecret("xapp-t")}}
	signedBySandbox(&socket)
	require.Empty(t, socket.Slack.SigningSecrets(), "nothing is taken by HTTP")
}
