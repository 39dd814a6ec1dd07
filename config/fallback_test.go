package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/config"
)

const twoTeams = `
severities: [{name: SEV1, pager: critical}]
teams:
  - {name: shop, slack_channel: "#team-shop", email: shop@example.com}
  - {name: search}
services:
  - {name: cart, team: Shop}
  - {name: search, team: search}
defaults: {service: cart, severity: SEV1}
`

func TestAServiceHasTheFallbackOfTheFileOrElseOfItsTeam(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fallback     string
		cart, search config.Fallback
	}{
		"nothing but teams": {
			cart: config.Fallback{Emails: []string{"shop@example.com"}, SlackChannel: "team-shop"},
		},
		"all from the file": {
			fallback: `fallback: {after: 90s, email: [one@example.com, two@example.com], slack_channel: "#major", webhook: true}`,
			cart:     config.Fallback{After: 90 * time.Second, Emails: []string{"one@example.com", "two@example.com"}, SlackChannel: "major", Webhook: true},
			search:   config.Fallback{After: 90 * time.Second, Emails: []string{"one@example.com", "two@example.com"}, SlackChannel: "major", Webhook: true},
		},
		"some from each": {
			fallback: `fallback: {slack_channel: C0123456789}`,
			cart:     config.Fallback{Emails: []string{"shop@example.com"}, SlackChannel: "C0123456789"},
			search:   config.Fallback{SlackChannel: "C0123456789"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catalogue := parse(t, twoTeams+test.fallback)
			cart, _ := catalogue.Service("cart")
			require.Equal(t, test.cart, cart.Fallback)
			search, _ := catalogue.Service("search")
			require.Equal(t, test.search, search.Fallback)
		})
	}
}

func TestNobodyIsPagedInTheSandboxWherePagerDutyIsReal(t *testing.T) {
	t.Parallel()
	var vendors config.Vendors
	require.True(t, vendors.MailSandboxed())
	require.True(t, vendors.WebhookSandboxed())
	vendors.PagerDuty.Token = config.NewSecret(credential)
	require.False(t, vendors.MailSandboxed())
	require.False(t, vendors.WebhookSandboxed())
}

func TestTheSampleReachesEveryTeamASecondWay(t *testing.T) {
	t.Parallel()
	for _, service := range config.Sample().Services() {
		team, _ := config.Sample().Team(service.Team)
		require.Equal(t, config.Fallback{
			After: 2 * time.Minute, Emails: []string{team.Email}, SlackChannel: team.SlackChannel, Webhook: true,
		}, service.Fallback, service.Name)
	}
}

func TestAWebhookThatTheCatalogueDoesNotUseIsAMistake(t *testing.T) {
	t.Parallel()
	var vendors config.Vendors
	require.NoError(t, vendors.CheckFallback(parse(t, twoTeams)))
	vendors.Webhook.URL = config.NewSecret("https://hooks.example.com/" + credential)
	require.NoError(t, vendors.CheckFallback(config.Sample()))
	err := vendors.CheckFallback(parse(t, twoTeams))
	require.EqualError(t, err, "MUSTER_FALLBACK_WEBHOOK_URL is set, but muster.yaml does not say that it is to be used; "+
		"add webhook: true below fallback:, or unset it")
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
}

func TestTheSecondWayIsConfiguredAsAWhole(t *testing.T) {
	t.Parallel()
	const (
		smtpHint = "MUSTER_SMTP_URL is not the address of a mail server; write smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465, " +
			"with special characters in user and password percent-encoded"
		hookHint = "MUSTER_FALLBACK_WEBHOOK_URL is not a web address; write it whole, as in https://hooks.example.com/muster"
	)
	for name, test := range map[string]struct {
		smtp, from, hook, secret string
		want                     string // one line per problem; "" if there is none
	}{
		"nothing":                      {},
		"a server that asks nobody":    {smtp: "smtp://mail.internal:25", from: "muster@example.com"},
		"a server with a password":     {smtp: "smtps://muster%40example.com:p%2Fss@mail.example.com/", from: "muster@example.com"},
		"a webhook":                    {hook: "https://hooks.example.com/token?a=b"},
		"a webhook that is signed":     {hook: "http://127.0.0.1:9/", secret: "signing"},
		"a server without a sender":    {smtp: "smtp://mail.example.com", want: "MUSTER_SMTP_FROM is not set, but MUSTER_SMTP_URL is; set both to use a mail server, or neither to do without it"},
		"a sender without a server":    {from: "muster@example.com", want: "MUSTER_SMTP_URL is not set, but MUSTER_SMTP_FROM is; set both to use a mail server, or neither to do without it"},
		"a sender with a name":         {smtp: "smtp://mail.example.com", from: "Muster <muster@example.com>", want: `MUSTER_SMTP_FROM is "Muster <muster@example.com>", which is not an email address; write the bare address of the sender, as in muster@example.com`},
		"a web address for the server": {smtp: "https://mail.example.com/" + credential, from: "muster@example.com", want: smtpHint},
		"a password in the raw":        {smtp: "smtp://muster:" + credential + "%zz@mail.example.com", from: "muster@example.com", want: smtpHint},
		"a server with a query":        {smtp: "smtp://mail.example.com?tls=no", from: "muster@example.com", want: smtpHint},
		"no server in it":              {smtp: "smtp://", from: "muster@example.com", want: smtpHint},
		"a user without a password":    {smtp: "smtp://muster@mail.example.com", from: "muster@example.com", want: "MUSTER_SMTP_URL holds a user without a password; write smtp://user:password@host:587, or leave both out"},
		"a webhook that is none":       {hook: "hooks.example.com/" + credential, want: hookHint},
		"a secret without a webhook":   {secret: credential, want: "MUSTER_FALLBACK_WEBHOOK_URL is not set, but MUSTER_FALLBACK_WEBHOOK_SECRET is; set both to use a webhook, or neither to do without it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := defaultSettings()
			settings.Mail = config.Mail{URL: config.NewSecret(test.smtp), From: test.from}
			settings.Webhook = config.Webhook{URL: config.NewSecret(test.hook), Secret: config.NewSecret(test.secret)}
			err := settings.Validate()
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, test.want)
			require.NotContains(t, err.Error(), credential)
		})
	}
}
