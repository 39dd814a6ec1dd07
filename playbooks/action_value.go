package playbooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Check says what is wrong with a value of the parameter in which everything is filled in. The
// error reads on from the parameter's name ("timeout must be …") and quotes no value that may
// hold a secret.
func (p Parameter) Check(value string) error {
	if p.Secret {
		return nil // any text, and not one to quote
	}
	if len(p.Options) > 0 && !slices.Contains(p.Options, value) {
		return fmt.Errorf("must be one of %s, not %q", strings.Join(p.Options, ", "), value)
	}
	switch p.Type {
	case NumberParameter:
		if number, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			return fmt.Errorf("must be a number, not %q", value)
		}
	case DurationParameter:
		return p.checkDuration(value)
	case AddressParameter:
		return checkAddress(value)
	case StatusesParameter:
		_, err := ParseStatuses(value)
		return err
	case JSONParameter:
		if strings.TrimSpace(value) != "" && !json.Valid([]byte(value)) {
			return errors.New(`must be one JSON document, such as {"version": "1.2"}; a text stands in quotes`)
		}
	case ButtonsParameter:
		_, err := ParseButtons(value)
		return err
	case DayParameter:
		_, err := ParseDay(value, time.Time{})
		return err
	}
	return nil
}

func (p Parameter) checkDuration(value string) error {
	duration, err := time.ParseDuration(strings.TrimSpace(value))
	switch {
	case err != nil:
		return fmt.Errorf("must be a duration such as 30s, 15m or 1h30m, not %q", value)
	case duration <= 0:
		return fmt.Errorf("must be more than 0, not %s", value)
	case p.AtMost > 0 && duration > p.AtMost:
		return fmt.Errorf("must be %s at most, not %s", p.AtMost, value)
	default:
		return nil
	}
}

// checkAddress leaves what it was given out of its errors, since addresses hold tokens where
// they should not.
func checkAddress(value string) error {
	address, err := url.Parse(strings.TrimSpace(value))
	switch {
	case err != nil, address.Hostname() == "", address.Scheme != "http" && address.Scheme != "https":
		return errors.New("must be a whole web address, such as https://deploy.example.com/hooks/rollback")
	case address.User != nil:
		return errors.New(`must hold neither user nor password; send them in a header: Authorization: Basic ${secret("…")}`)
	default:
		return nil
	}
}

// Statuses are HTTP statuses, as ranges from the first number to the second.
type Statuses [][2]int

// ParseStatuses reads "200-299, 404". The error says what is wrong.
func ParseStatuses(text string) (Statuses, error) {
	var all Statuses
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err := status(first)
		to, errTo := status(last)
		if err != nil || errTo != nil || from > to {
			return nil, fmt.Errorf("must be statuses from 100 to 599 and ranges of them, such as 200-299 or 200, 404, not %q", text)
		}
		all = append(all, [2]int{from, to})
	}
	return all, nil
}

func status(text string) (int, error) {
	number, err := strconv.Atoi(strings.TrimSpace(text))
	if err == nil && (number < 100 || number > 599) {
		err = strconv.ErrRange
	}
	return number, err
}

// Contain says whether a status is one of them.
func (s Statuses) Contain(status int) bool {
	return slices.ContainsFunc(s, func(r [2]int) bool { return r[0] <= status && status <= r[1] })
}

// farthestDay bounds how far ahead [ParseDay] looks; what is further is a slip of the pen.
const farthestDay = 10 * 366 * 24 * time.Hour

// ParseDay reads a day ("2026-11-30") or how long it is from now ("7d", "2w", "36h"), and
// returns the beginning of that day in UTC. The error says what is wrong.
func ParseDay(text string, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	ahead, err := time.ParseDuration(text)
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if digits, ok := strings.CutSuffix(text, unit); ok {
			var count uint64
			count, err = strconv.ParseUint(digits, 10, 12)
			ahead = time.Duration(count) * length
		}
	}
	if err != nil || ahead < 0 || ahead > farthestDay {
		return time.Time{}, fmt.Errorf("must be a day such as 2026-11-30, or how long from now, such as 7d, 2w or 36h, not %q", text)
	}
	return now.UTC().Add(ahead).Truncate(24 * time.Hour), nil
}
