package incident

import (
	"fmt"
	"time"
)

// FormatDuration writes a duration as people say it, in the two largest units that
// matter: "45s", "12m", "1h 5m", "3d 4h". Negative durations are written as zero.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return twoUnits(d/time.Hour, "h", d%time.Hour/time.Minute, "m")
	default:
		return twoUnits(d/day, "d", d%day/time.Hour, "h")
	}
}

func twoUnits(large time.Duration, largeUnit string, small time.Duration, smallUnit string) string {
	if small == 0 {
		return fmt.Sprintf("%d%s", large, largeUnit)
	}
	return fmt.Sprintf("%d%s %d%s", large, largeUnit, small, smallUnit)
}
