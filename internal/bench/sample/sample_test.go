package sample_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/bench/sample"
)

func upTo(n int) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = time.Duration(n - i)
	}
	return all
}

func TestAPercentileIsADurationThatWasMeasured(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		count int
		p     float64
		want  time.Duration
	}{
		{0, 50, 0}, {1, 1, 1}, {1, 100, 1}, {2, 50, 1}, {2, 51, 2},
		{100, 50, 50}, {100, 99, 99}, {100, 99.5, 100}, {101, 50, 51}, {5, 99, 5}, {200, 99, 198},
	} {
		t.Run(fmt.Sprintf("%v%% of %d", row.p, row.count), func(t *testing.T) {
			t.Parallel()
			all := upTo(row.count)
			sample.Summarize(all)
			require.Equal(t, row.want, sample.Percentile(all, row.p))
		})
	}
}

func TestADistributionDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	want := sample.Distribution{Count: 200, P50: 100, P90: 180, P99: 198, Max: 200}
	require.Equal(t, want, sample.Summarize(upTo(200)))
	require.Equal(t, sample.Distribution{}, sample.Summarize(nil))
	require.Equal(t, sample.Distribution{Count: 200, P90: 30, P99: 48, Max: 50}, want.Less(150), "no figure falls below zero")
}

func TestTheBestHasTheHighestScore(t *testing.T) {
	t.Parallel()
	length := func(s string) int { return len(s) }
	best, ok := sample.Best([]string{"a", "ccc", "bb", "ddd"}, length)
	require.True(t, ok)
	require.Equal(t, "ccc", best, "the first of several")
	_, ok = sample.Best(nil, length)
	require.False(t, ok)
	best, ok = sample.Best([]string{""}, length)
	require.True(t, ok, "also with a score of nothing")
	require.Empty(t, best)
}

func TestFiguresReadWell(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 ms":     sample.Milliseconds(0),
		"0.25 ms":  sample.Milliseconds(250 * time.Microsecond),
		"12.3 ms":  sample.Milliseconds(12345 * time.Microsecond),
		"1234 ms":  sample.Milliseconds(1234 * time.Millisecond),
		"13 µs":    sample.Microseconds(12600 * time.Nanosecond),
		"0":        sample.Count(0.4),
		"999":      sample.Count(999),
		"-1,000":   sample.Count(-1000),
		"12,345":   sample.Count(12345),
		"–":        sample.Times(sample.Ratio(5, 0)),
		"2.50×":    sample.Times(sample.Ratio(5, 2)),
		"12×":      sample.Times(sample.Ratio(time.Second, 80*time.Millisecond)),
		"17 B":     sample.Bytes(17),
		"1.5 KiB":  sample.Bytes(1536),
		"-123 MiB": sample.Bytes(-123.4 * (1 << 20)),
		"2 GiB":    sample.Bytes(2 << 30),
	} {
		require.Equal(t, want, got)
	}
}
