package ui_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/incident"
)

func numbers(all ...float64) []*float64 {
	values := make([]*float64, len(all))
	for i, v := range all {
		if !math.IsNaN(v) {
			values[i] = &v
		}
	}
	return values
}

// measure collects a metric in the site's first incident and returns the figure on its page.
func measure(t *testing.T, m incident.Measurement) (*site, *html.Node) {
	t.Helper()
	s := newSite(t)
	id := s.begin(t, "Checkout fails", "SEV1")
	s.do(t, id, muster, incident.FinishStep{Step: "page", Outcome: incident.Outcome{Measurement: &m}})
	return s, find(s.get(t, "/incidents/INC-1").root, func(n *html.Node) bool { return n.Data == "figure" && attribute(n, "class") == "chart" })
}

func TestAMeasurementIsDrawnOnTheTimeline(t *testing.T) {
	t.Parallel()
	_, figure := measure(t, incident.Measurement{
		Title: "Error <rate>", Query: `sum(rate(errors[5m]))`, Unit: "%", Start: time.Date(2026, 11, 22, 2, 41, 0, 0, time.UTC), Step: time.Minute,
		Series: []incident.Series{
			{Name: "eu-1", Values: numbers(0, 1, 3, 7, math.NaN(), 9, 8, 8.5, 9, 9, 9, 12, 14, 13, 12, 12, 11, 12, 13, 12, 12, 12, 13, 12, 12, 11, 9, 9, 8, 8, 7)},
			{Name: "<b>us-1</b>", Values: numbers(0.1, 0.1, 0.2)},
		},
	})
	require.NotNil(t, figure)
	text := textOf(figure)
	require.Contains(t, text, "Error <rate>")
	for _, label := range []string{"0 5 10 15", "02:45", "02:50", "03:00", "eu-1 7 %", "<b>us-1</b> 0.2 %", "sum(rate(errors[5m]))"} {
		require.Contains(t, text, label)
	}
	lines, pieces := 0, 0
	for n := range figure.Descendants() {
		if strings.HasPrefix(attribute(n, "class"), "series ") {
			lines++
			pieces += strings.Count(attribute(n, "d"), "M")
		}
	}
	require.Equal(t, 2, lines)
	require.Equal(t, 3, pieces, "a gap where there was no value")
}

func TestWhatCannotBeDrawnIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, series := range map[string][]incident.Series{
		"no lines":  {},
		"no values": {{Values: numbers(math.NaN(), math.NaN())}},
	} {
		_, figure := measure(t, incident.Measurement{Title: name, Step: time.Minute, Series: series})
		require.Nil(t, figure, name)
	}
	for name, m := range map[string]incident.Measurement{
		"one value":           {Series: []incident.Series{{Values: numbers(5)}}},
		"always the same":     {Series: []incident.Series{{Values: numbers(0, 0, 0)}}},
		"huge":                {Series: []incident.Series{{Values: numbers(-1e300, 1e300)}}},
		"tiny":                {Series: []incident.Series{{Values: numbers(1e-300, 2e-300)}}},
		"no time between":     {Series: []incident.Series{{Values: numbers(1, 2, 3)}}},
		"years":               {Step: 24 * 365 * time.Hour, Series: []incident.Series{{Values: numbers(1, 2, 3)}}},
		"close to each other": {Step: time.Second, Series: []incident.Series{{Values: numbers(100.001, 100.002)}}},
	} {
		m.Title = name
		_, figure := measure(t, m)
		require.NotNil(t, figure, name)
		for n := range figure.Descendants() {
			for _, a := range n.Attr {
				require.NotContains(t, a.Val, "NaN", name)
				require.NotContains(t, a.Val, "Inf", name)
			}
		}
	}
}
