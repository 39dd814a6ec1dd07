package playbooks_test

import (
	"testing"
	"time"

	"muster/playbooks"

	"github.com/stretchr/testify/require"
)

func TestParametersAreFoundByTheNamesThatPlaybooksUse(t *testing.T) {
	t.Parallel()
	request, ok := playbooks.FindAction(playbooks.HTTPRequest)
	require.True(t, ok)
	for name, want := range map[string]string{
		"url": "url", "headers.Accept": "headers", "headers.X.Y": "headers", "headers": "", "headers.": "", "url.x": "", "other": "",
	} {
		p, found := request.Parameter(name)
		require.Equal(t, want != "", found, name)
		require.Equal(t, want, p.Name, name)
	}
	_, ok = playbooks.FindAction("http.fetch")
	require.False(t, ok)
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	t.Parallel()
	request, _ := playbooks.FindAction(playbooks.HTTPRequest)
	filled, err := request.Fill(playbooks.Parameters{"url": "https://example.com", "method": "PUT", "timeout": "", "headers.A": "b"})
	require.NoError(t, err)
	require.Equal(t, playbooks.Parameters{
		"url": "https://example.com", "method": "PUT", "timeout": "10s", "expect": "200-299", "headers.A": "b",
	}, filled)
}

func TestDefaultsAreWhatTheirParametersTake(t *testing.T) {
	t.Parallel()
	for _, action := range playbooks.Actions() {
		for _, p := range action.Parameters {
			if p.Default != "" {
				require.False(t, p.Required, "%s: %s", action.Name, p.Name)
				require.NoError(t, p.Check(p.Default), "%s: %s", action.Name, p.Name)
			}
		}
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	statuses, err := playbooks.ParseStatuses(" 200-299,404, 500 - 503 ")
	require.NoError(t, err)
	for status, want := range map[int]bool{199: false, 200: true, 299: true, 300: false, 404: true, 502: true, 504: false} {
		require.Equal(t, want, statuses.Contain(status), status)
	}
	for _, wrong := range []string{"", "ok", "99", "600", "299-200", "200-", "-", "200,,201", "2xx"} {
		_, err := playbooks.ParseStatuses(wrong)
		require.ErrorContains(t, err, "must be statuses from 100 to 599", wrong)
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 14, 32, 0, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{
		"2026-11-30": "2026-11-30", "0d": "2026-03-02", "7d": "2026-03-09", "2w": "2026-03-16", " 36h ": "2026-03-04", "9h": "2026-03-02", "11h": "2026-03-03",
	} {
		day, err := playbooks.ParseDay(text, now)
		require.NoError(t, err, text)
		require.Equal(t, want+"T00:00:00Z", day.Format(time.RFC3339), text)
	}
	for _, wrong := range []string{"", "soon", "-1d", "-36h", "7", "1.5d", "5000d", "2026-13-01", "w"} {
		_, err := playbooks.ParseDay(wrong, now)
		require.ErrorContains(t, err, "must be a day such as 2026-11-30", wrong)
	}
}

func TestSecretsAreReplacedByTheirNamesOnly(t *testing.T) {
	t.Parallel()
	text := "Bearer " + playbooks.SecretReference("a") + playbooks.SecretReference("b") + " \ue000c"
	require.Equal(t, "Bearer <a><b> \ue000c", playbooks.ReplaceSecretReferences(text, func(name string) string { return "<" + name + ">" }))
	require.Equal(t, "Bearer ab c", playbooks.WithoutSecretReferences(text))
}

func TestThePlaybookSaysWhichSecretsItUses(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Parse("p.yaml", []byte(`
name: p
steps:
  - id: a
    title: Call
    do: http.request
    with: {url: https://example.com, headers: {Authorization: 'Bearer ${secret("deploy_token")}'}, body: "${secret( 'ci' )}"}
hooks:
  - {id: b, on: resolved, title: Call, do: http.request, with: {url: https://example.com, body: '${secret("deploy_token")}'}}
`))
	require.NoError(t, err)
	require.Equal(t, []string{"ci", "deploy_token"}, p.Secrets())
}

func FuzzValues(f *testing.F) {
	for _, value := range []string{"200-299, 404", "7d", "99999999999999999999d", "2026-11-30", "1h30m", `{"a":1}`, "https://example.com", "\ue000a\ue001", ""} {
		f.Add(value)
	}
	now := time.Date(2026, 3, 2, 14, 32, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if day, err := playbooks.ParseDay(value, now); err == nil {
			require.Zero(t, day.Sub(day.Truncate(24*time.Hour)))
		}
		if statuses, err := playbooks.ParseStatuses(value); err == nil {
			require.False(t, statuses.Contain(0))
		}
		for _, action := range playbooks.Actions() {
			for _, p := range action.Parameters {
				_ = p.Check(value) // must come back
			}
		}
		require.NotContains(t, playbooks.WithoutSecretReferences(playbooks.ReplaceSecretReferences(value, func(string) string { return "" })), "\ue000")
	})
}
