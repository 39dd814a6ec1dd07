package postmortem

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// inWords writes a duration with its two greatest units; from ten minutes on nobody
// counts seconds.
func inWords(d time.Duration) string {
	days, hours := int(d/(24*time.Hour)), int(d/time.Hour)%24
	minutes, seconds := int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case d < time.Second:
		return "less than 1 s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", seconds)
	case d < 10*time.Minute:
		return units(minutes, "min", seconds, "s")
	case d < time.Hour:
		return fmt.Sprintf("%d min", minutes)
	case d < 24*time.Hour:
		return units(hours, "h", minutes, "min")
	default:
		return units(days, "d", hours, "h")
	}
}

func units(major int, majorUnit string, minor int, minorUnit string) string {
	if minor == 0 {
		return fmt.Sprintf("%d %s", major, majorUnit)
	}
	return fmt.Sprintf("%d %s %d %s", major, majorUnit, minor, minorUnit)
}

const (
	dayLayout    = "2 January 2006"
	dayHeading   = "Monday, 2 January 2006"
	minuteLayout = "15:04"
)

// calendar writes times of day, with the day in front where it is not the day of
// the time written before.
type calendar struct{ last string }

func (c *calendar) moment(t time.Time) string {
	day := t.Format(dayLayout)
	if day == c.last {
		return t.Format(minuteLayout)
	}
	c.last = day
	return day + ", " + t.Format(minuteLayout)
}

// period writes a stretch of time whose end may be open.
func (c *calendar) period(from, until time.Time) string {
	if until.IsZero() {
		return "from " + c.moment(from)
	}
	return c.moment(from) + " – " + c.moment(until)
}

// times counts a repetition: "once", "twice", "3 times".
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	default:
		return fmt.Sprintf("%d times", n)
	}
}

// enumerate joins words as a sentence does: "a, b and c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// webAddress returns the address if a reader can safely follow it, else "".
func webAddress(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}
