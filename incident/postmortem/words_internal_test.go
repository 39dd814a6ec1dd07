package postmortem

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDurationsReadAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	cases := map[string]time.Duration{
		"less than 1 s": 300 * time.Millisecond,
		"45 s":          45*time.Second + 900*time.Millisecond,
		"4 min":         4 * time.Minute,
		"9 min 59 s":    9*time.Minute + 59*time.Second,
		"12 min":        12*time.Minute + 40*time.Second,
		"1 h":           time.Hour + 20*time.Second,
		"1 h 5 min":     65 * time.Minute,
		"2 d":           48*time.Hour + 10*time.Minute,
		"9 d 3 h":       219 * time.Hour,
	}
	for want, d := range cases {
		require.Equal(t, want, Duration(d).String())
	}
}

func TestDurationsAreWholeSecondsInJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(Duration(92*time.Second + 700*time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, "92", string(text))
	var d Duration
	require.NoError(t, json.Unmarshal(text, &d))
	require.Equal(t, Duration(92*time.Second), d)
	require.Error(t, json.Unmarshal([]byte(`"1 h"`), &d))
}

func TestADateAppearsOncePerDay(t *testing.T) {
	t.Parallel()
	var c calendar
	evening := time.Date(2026, 3, 10, 23, 50, 0, 0, time.UTC)
	require.Equal(t, "10 March 2026, 23:50", c.moment(evening))
	require.Equal(t, "23:55", c.moment(evening.Add(5*time.Minute)))
	require.Equal(t, "11 March 2026, 00:10", c.moment(evening.Add(20*time.Minute)))
}
