package store

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func FuzzNoErrorAboutAURLHoldsItsPassword(f *testing.F) {
	const secret = "hush-hush"
	for _, seed := range []struct{ before, after, rest string }{
		{"", "", "localhost:5432/muster"}, {"a/", "", "localhost/muster"}, {"", "#", "localhost/muster"}, {"%", "%zz", "localhost"},
		{"", ":1", "[::1/muster?sslmode=maybe"}, {"1/", "", "localhost:99999999/muster"}, {"", "", "h1:1,h2:x/db"}, {"", "?", "h/d?pool_max_conns=x"},
		{"@", "@", "@"}, {"", "%2F", "localhost/muster?connect_timeout=soon"},
	} {
		f.Add(seed.before, seed.after, seed.rest)
	}
	f.Fuzz(func(t *testing.T, before, after, rest string) {
		rest = strings.ReplaceAll(strings.ToLower(rest), secret, "") // no password where none belongs
		for _, text := range []string{
			"postgres://muster:" + before + secret + after + "@" + rest,
			"postgres://muster:" + url.QueryEscape(before+secret+after) + "@" + rest,
		} {
			_, err := postgresConfig(text)
			if err != nil {
				require.NotContains(t, strings.ToLower(err.Error()), secret)
			}
		}
	})
}

func FuzzAnnouncementsAreReadOrIgnored(f *testing.F) {
	f.Add("ABC INC-42 7")
	f.Add("ABC INC-042 7")
	f.Add("SELF INC-42 7")
	f.Add("INC-42")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := heardOf(text, "SELF")
		if !ok {
			return
		}
		require.Equal(t, incident.NewID(c.Incident.Number()), c.Incident)
		again, ok := heardOf(announcement("ABC", c), "SELF")
		require.True(t, ok)
		require.Equal(t, c, again)
	})
}
