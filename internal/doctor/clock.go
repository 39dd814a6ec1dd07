package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// clockLimit is how far our clock may be off. Slack's signatures are refused after five
	// minutes (https://docs.slack.dev/authentication/verifying-requests-from-slack); a clock
	// that is a minute off is on its way there.
	clockLimit = time.Minute
	// clockRequestLimit bounds one request for a date.
	clockRequestLimit = 10 * time.Second
)

// clock compares our clock with those of the vendors that are connected.
func (e *examination) clock(ctx context.Context, n *notes) {
	v := e.Settings.Vendors
	var sources []*dateSource
	for _, s := range []struct {
		vendor, address string
		connected       bool
	}{
		{"Slack", v.Slack.APIURL, v.Slack.Token.IsSet()},
		{"PagerDuty", v.PagerDuty.APIURL, v.PagerDuty.Token.IsSet()},
		{"Jira", v.Jira.URL, v.Jira.Token.IsSet()},
	} {
		if s.connected {
			sources = append(sources, &dateSource{vendor: s.vendor, address: s.address})
		}
	}
	var all sync.WaitGroup
	for _, source := range sources {
		all.Go(func() { source.ahead, source.err = e.aheadOf(ctx, source.address) })
	}
	all.Wait()
	sources = slices.DeleteFunc(sources, func(s *dateSource) bool { return s.err != nil })
	if len(sources) == 0 {
		n.note("our clock is not compared with any other, since no vendor that is connected tells the time")
		return
	}
	slices.SortFunc(sources, func(a, b *dateSource) int { return cmp.Compare(a.ahead, b.ahead) })
	names := make([]string, len(sources))
	for i, source := range sources {
		names[i] = source.vendor
	}
	slices.Sort(names)
	// The middle one: a vendor whose own clock is off must not accuse ours.
	theirs := sources[len(sources)/2].ahead
	if len(sources) == 2 && sources[0].ahead.Abs() < theirs.Abs() {
		theirs = sources[0].ahead
	}
	if theirs.Abs() > clockLimit {
		n.wrong("our clock is %s, by the clocks of %s", offBy(-theirs), strings.Join(names, ", ")).
			mend("let this machine set its clock by NTP; signed requests are refused when it is five minutes off")
		return
	}
	n.fine("our clock agrees with that of %s", strings.Join(names, ", "))
}

// dateSource is a vendor that tells the time.
type dateSource struct {
	vendor, address string
	// ahead is how far its clock is before ours.
	ahead time.Duration
	err   error
}

// aheadOf asks a web server for its time and returns how far that is before ours, to about
// a second: the header Date has no finer steps. Any answer will do, a refusal too.
func (e *examination) aheadOf(ctx context.Context, address string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, clockRequestLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return 0, err
	}
	client := *e.HTTPClient
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	before := e.Now()
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	after := e.Now()
	// A HEAD has no body to lose.
	_ = response.Body.Close()
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return 0, fmt.Errorf("the answer has no date: %w", err)
	}
	// What comes from a cache on the way was dated when it went into it.
	if age, err := strconv.Atoi(response.Header.Get("Age")); err == nil {
		date = date.Add(time.Duration(age) * time.Second)
	}
	// The seconds are cut off, so on average half of one is missing.
	return date.Add(time.Second / 2).Sub(before.Add(after.Sub(before) / 2)), nil
}

// offBy says how far a clock is before or behind, in words.
func offBy(ahead time.Duration) string {
	if ahead < 0 {
		return ahead.Abs().Round(time.Second).String() + " behind"
	}
	return ahead.Round(time.Second).String() + " ahead"
}
