package playbooks

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// DurationPattern is what durations look like, as a regular expression in the form that
// JSON Schema takes: Go's, with d for days of 24 hours and w for weeks.
const DurationPattern = `^-?(0|([0-9]+(\.[0-9]+)?(w|d|h|m|s|ms))+)$`

var (
	durationPattern = regexp.MustCompile(DurationPattern)
	durationPart    = regexp.MustCompile(`([0-9.]+)([a-z]+)`)
)

var durationUnits = map[string]time.Duration{
	"w": 7 * 24 * time.Hour, "d": 24 * time.Hour,
	"h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond,
}

// maxDuration bounds every duration. An incident that waits for longer waits for nothing.
const maxDuration = 10 * 365 * 24 * time.Hour

// ParseDuration reads a duration as playbooks write it: "90s", "1h30m", "7d", "2w".
func ParseDuration(text string) (time.Duration, error) {
	if !durationPattern.MatchString(text) {
		return 0, fmt.Errorf("%q is no duration; write 30s, 15m, 1h30m, 7d or 2w", text)
	}
	total := 0.0
	for _, part := range durationPart.FindAllStringSubmatch(text, -1) {
		count, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration: %w", text, err)
		}
		total += count * float64(durationUnits[part[2]])
	}
	if total > float64(maxDuration) {
		return 0, fmt.Errorf("%q is longer than ten years", text)
	}
	if text[0] == '-' {
		total = -total
	}
	return time.Duration(math.Round(total)), nil
}
