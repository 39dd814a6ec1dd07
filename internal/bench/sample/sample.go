// Package sample sums up what was measured: percentiles of durations, rates, and how two
// systems compare.
package sample

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Percentile is the smallest of the durations that at least p percent of them do not
// exceed: the nearest-rank method, which never names a duration that was not measured
// (https://www.itl.nist.gov/div898/handbook/prc/section2/prc262.htm calls the general
// idea a percentile). The durations must be sorted, p lies above 0 and at most at 100.
// Of no durations it is 0.
func Percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Distribution sums up durations.
type Distribution struct {
	Count              int
	P50, P90, P99, Max time.Duration
}

// Summarize sorts the durations in place and sums them up.
func Summarize(durations []time.Duration) Distribution {
	if len(durations) == 0 {
		return Distribution{}
	}
	slices.Sort(durations)
	return Distribution{
		Count: len(durations),
		P50:   Percentile(durations, 50), P90: Percentile(durations, 90), P99: Percentile(durations, 99),
		Max: durations[len(durations)-1],
	}
}

// Less takes a duration off each figure, which stays at 0 at least: what the way of a
// measurement costs by itself.
func (d Distribution) Less(overhead time.Duration) Distribution {
	for _, figure := range []*time.Duration{&d.P50, &d.P90, &d.P99, &d.Max} {
		*figure = max(*figure-overhead, 0)
	}
	return d
}

// Ratio is how many times b is in a, and 0 where there is no b.
func Ratio[N ~int | ~int64 | ~float64](a, b N) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Best is the element with the highest score, the first of several.
func Best[E any, N cmp.Ordered](all []E, score func(E) N) (best E, ok bool) {
	for i, e := range all {
		if i == 0 || score(e) > score(best) {
			best, ok = e, true
		}
	}
	return best, ok
}

// Milliseconds writes a duration in milliseconds, with three digits that count.
func Milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms >= 100 || ms == 0:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case ms >= 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	default:
		return strconv.FormatFloat(ms, 'f', 2, 64) + " ms"
	}
}

// Microseconds writes a duration in whole microseconds, or a dash for none.
func Microseconds(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return strconv.FormatInt(d.Round(time.Microsecond).Microseconds(), 10) + " µs"
}

// Count writes a number with commas between its thousands.
func Count(n float64) string {
	digits := strconv.FormatFloat(math.Round(math.Abs(n)), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n <= -0.5 {
		return "-" + digits
	}
	return digits
}

// Times writes a ratio: "1.3×", or a dash for none.
func Times(ratio float64) string {
	switch {
	case ratio == 0:
		return "–"
	case ratio >= 10:
		return fmt.Sprintf("%.0f×", ratio)
	default:
		return fmt.Sprintf("%.2f×", ratio)
	}
}

// Bytes writes a size: "12.3 KiB".
func Bytes(n float64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if n < 1024 {
			return sign + short(n) + " " + unit
		}
		n /= 1024
	}
	return sign + short(n) + " GiB"
}

func short(n float64) string {
	if n >= 100 || n == math.Trunc(n) {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}
