package incident_test

import (
	"testing"
	"time"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestADayHasOneDigestAndNoneLeavesAGap(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	first := incident.Digest{Day: "2026-03-02", Since: at.Add(-24 * time.Hour), Until: at}
	for name, test := range map[string]struct {
		last  incident.Digest
		after time.Duration
		want  incident.Digest
	}{
		"the first one tells of a day":         {incident.Digest{}, 0, first},
		"the next one follows it":              {first, 24 * time.Hour, incident.Digest{Day: "2026-03-03", Since: at, Until: at.Add(24 * time.Hour)}},
		"one that was missed is made up for":   {first, 72 * time.Hour, incident.Digest{Day: "2026-03-05", Since: at, Until: at.Add(72 * time.Hour)}},
		"after a month it tells of a week":     {first, 30 * 24 * time.Hour, incident.Digest{Day: "2026-04-01", Since: at.Add(23 * 24 * time.Hour), Until: at.Add(30 * 24 * time.Hour)}},
		"the same day has the same one":        {first, 14 * time.Hour, first},
		"a day begins where it is read":        {first, 15*time.Hour + 30*time.Minute, incident.Digest{Day: "2026-03-03", Since: at, Until: at.Add(15*time.Hour + 30*time.Minute)}},
		"one from the future is not relied on": {incident.Digest{Day: "2027-01-01", Until: at.AddDate(1, 0, 0)}, 0, first},
		"days are counted where clocks change": {first, 27 * 24 * time.Hour, incident.Digest{Day: "2026-03-29", Since: at.Add(20 * 24 * time.Hour), Until: at.Add(27 * 24 * time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := incident.DigestRequest{Timezone: "Europe/Berlin", At: at.Add(test.after), Last: test.last}.Next()
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
	_, err := incident.DigestRequest{Timezone: "Europe/Atlantis", At: at}.Next()
	require.ErrorContains(t, err, "Europe/Atlantis")
}
