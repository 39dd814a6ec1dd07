package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/config"
)

func TestHowTheChatIsUsed(t *testing.T) {
	t.Parallel()
	catalogue, err := config.Parse("muster.yaml", []byte(twoTeams+`
chat: {command: /oncall, record_reaction: "+1", transcript: true, digest: {channel: "#incidents-digest", at: 07:30, timezone: Europe/Berlin}}
`))
	require.NoError(t, err)
	require.Equal(t, config.Cockpit{
		Command: "/oncall", RecordReaction: "+1", Transcript: true,
		Digest: config.Digest{Channel: "incidents-digest", At: 7*time.Hour + 30*time.Minute, Timezone: "Europe/Berlin"},
	}, catalogue.Cockpit())

	catalogue, err = config.Parse("muster.yaml", []byte(twoTeams))
	require.NoError(t, err)
	require.Equal(t, config.Cockpit{Command: "/incident", RecordReaction: "pushpin"}, catalogue.Cockpit())
	require.Equal(t, catalogue.Cockpit(), config.Sample().Cockpit(), "the sample shows what counts without it")

	catalogue, err = config.Parse("muster.yaml", []byte(twoTeams+"\nchat: {digest: {channel: digest}}\n"))
	require.NoError(t, err)
	require.Equal(t, config.Digest{Channel: "digest", At: 9 * time.Hour, Timezone: "UTC"}, catalogue.Cockpit().Digest)
}

func TestAServiceKnowsWhereItsIncidentsAreAnnounced(t *testing.T) {
	t.Parallel()
	catalogue, err := config.Parse("muster.yaml", []byte(twoTeams+`
announcements:
  - {channel: "#incidents", severities: [sev1]}
  - {channel: C0123456789, services: [Search]}
  - {channel: incidents}
`))
	require.NoError(t, err)
	all := config.Announcement{Channel: "incidents"}
	severe := config.Announcement{Channel: "incidents", Severities: []string{"SEV1"}}
	search, _ := catalogue.Service("search")
	require.Equal(t, []config.Announcement{severe, {Channel: "C0123456789"}, all}, search.Announcements)
	cart, _ := catalogue.Service("cart")
	require.Equal(t, []config.Announcement{severe, all}, cart.Announcements)
	require.Equal(t, []string{"incidents", "C0123456789"}, catalogue.AnnouncementChannels())
}

func TestPeopleWhoseAccountsNoAddressJoins(t *testing.T) {
	t.Parallel()
	catalogue, err := config.Parse("muster.yaml", []byte(twoTeams+`
people:
  - {name: Sample Responder, email: responder@example.com, slack: U012, pagerduty: P012, jira: "5b10"}
  - {name: Sample Commander, slack: W0123456789}
`))
	require.NoError(t, err)
	require.Equal(t, []config.Person{
		{Name: "Sample Responder", Email: "responder@example.com", Slack: "U012", PagerDuty: "P012", Jira: "5b10"},
		{Name: "Sample Commander", Slack: "W0123456789"},
	}, catalogue.People())
	require.Empty(t, config.Sample().People())
}

func TestPagerDutyMayHaveSeveralWebhookSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"": nil, "one": {"one"}, "one,two": {"one", "two"}, " one ,\ttwo\nthree ": {"one", "two", "three"},
	} {
		var got []string
		for _, secret := range (config.PagerDutyAPI{WebhookSecret: config.NewSecret(text)}).WebhookSecrets() {
			got = append(got, secret.Reveal())
		}
		require.Equal(t, want, got, text)
	}
}
