package incident

import "time"

// Digest is what those outside were told of all incidents, once a day.
type Digest struct {
	// Day is the day that it is for, where it is read: "2026-11-22".
	Day string `json:"day,omitzero"`
	// Since is from when on it tells of what was resolved, Until when it was due.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// DigestRequest asks for a digest.
type DigestRequest struct {
	// Channel is the chat channel for it, by its name without "#" or its id.
	Channel string `json:"channel"`
	// Timezone says where a day begins: a name of the IANA time zone database.
	Timezone string `json:"timezone"`
	// At is when it is due.
	At time.Time `json:"at"`
	// Last is the one before; zero where there was none.
	Last Digest `json:"last,omitzero"`
}

// longestDigest bounds how far a digest looks back after an outage.
const longestDigest = 7 * 24 * time.Hour

// Next returns the digest that is asked for. It follows the last one without a gap, so that
// nothing is told twice or never, a week back at most. A day has one digest: for the day of
// the last one, it is the last one again. The error names a time zone that there is not.
func (r DigestRequest) Next() (Digest, error) {
	zone, err := time.LoadLocation(r.Timezone)
	if err != nil {
		return Digest{}, invalid("timezone", "%q is not in the time zone database; names look like Europe/Berlin", r.Timezone)
	}
	next := Digest{Day: r.At.In(zone).Format(time.DateOnly), Since: r.Last.Until, Until: r.At}
	switch {
	case next.Day == r.Last.Day:
		return r.Last, nil
	case next.Since.IsZero(), next.Since.After(r.At):
		next.Since = r.At.Add(-24 * time.Hour)
	case next.Since.Before(r.At.Add(-longestDigest)):
		next.Since = r.At.Add(-longestDigest)
	}
	return next, nil
}
