package ui

import (
	"fmt"
	"strings"
	"time"

	"muster/incident"
)

// Moment is a point in time as a page shows it: all times are in UTC, which is what
// logs and dashboards speak; the browser adds the local time as a hint.
type Moment struct {
	// Machine is RFC 3339, for <time datetime>.
	Machine string
	// Clock is "03:12:04"; Short is "03:12"; Day is "Sunday, 22 November 2026".
	Clock string
	Short string
	Day   string
	Date  string
	// Set is false for the zero time.
	Set bool
}

func newMoment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.UTC()
	return Moment{
		Machine: t.Format(time.RFC3339), Clock: t.Format("15:04:05"), Short: t.Format("15:04"),
		Day: t.Format("Monday, 2 January 2006"), Date: t.Format("2 Jan 2006"), Set: true,
	}
}

// span is how long something took or is ago: "45s", "12m", "1h 5m", "3d 4h".
func span(d time.Duration) string { return incident.FormatDuration(d) }

// ago says how long ago something was, calm about seconds, so that a page that shows it does not
// change all the time.
func ago(d time.Duration) string {
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}

// ahead says how far off a moment is, likewise.
func ahead(d time.Duration) string {
	if d < time.Minute {
		return "in a moment"
	}
	return "in " + span(d)
}

// runningClock is the time from one moment to another as a stopwatch shows it:
// "12:34", "1:02:33", "2 d 4 h". The browser runs it on.
func runningClock(from, to time.Time) string {
	d := max(to.Sub(from), 0)
	hours, minutes, seconds := int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case hours >= 24:
		return span(d)
	case hours > 0:
		return fmt.Sprintf("%d:%02d:%02d", hours, minutes, seconds)
	default:
		return fmt.Sprintf("%d:%02d", minutes, seconds)
	}
}

// count writes a number with its noun: "1 alert", "3 alerts".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// initials are at most two letters that stand for a name in an avatar.
func initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		letters = append(letters, []rune(strings.ToUpper(word))[0])
	}
	if len(letters) > 2 {
		letters = []rune{letters[0], letters[len(letters)-1]}
	}
	return string(letters)
}

// tintOf picks one of the avatars' six colours by a name, always the same one.
func tintOf(name string) int {
	sum := 0
	for _, r := range name {
		sum = sum*31 + int(r)
	}
	return (sum%6 + 6) % 6
}

// Badge is a severity as shown: its name, and its rank on the incident's scale, which
// chooses the colour. Rank 0 is the most severe.
type Badge struct {
	Name string
	Rank int
}

// ranks is how many colours of severity there are.
const ranks = 5

func severityBadge(s incident.State, name incident.Severity) Badge {
	for i, level := range s.Scale {
		if level.Name == name {
			return Badge{string(name), min(i, ranks-1)}
		}
	}
	return Badge{string(name), ranks - 1}
}

// webURL returns the address if a link may lead there, or "".
func webURL(address string) string {
	if strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		return address
	}
	return ""
}
