package store

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
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

func TestUnavailableTellsADatabaseThatIsAwayFromWhatWasAsked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"a broken connection":      {fmt.Errorf("read INC-1: %w", io.ErrUnexpectedEOF), true},
		"a server that is closing": {&pgconn.PgError{Code: "57P01"}, true},
		"a refused connection":     {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
		"something missing":        {&NotFoundError{What: "incident", Name: "INC-1"}, false},
		"a statement gone wrong":   {&pgconn.PgError{Code: "42601"}, false},
		"nothing":                  {nil, false},
	} {
		require.Equal(t, tt.want, Unavailable(tt.err), name)
	}
}
