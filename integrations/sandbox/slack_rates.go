package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often Slack lets a method be called: https://docs.slack.dev/apis/web-api/rate-limits. The
// tiers are numbers a minute, meant as "at least"; here they are the most that there is.
const (
	slackTier2  = 20
	slackTier3  = 50
	slackTier4  = 100
	slackWindow = time.Minute
	// messagesPerSecond go into a channel, and messagesAtOnce after a quiet time: "short bursts"
	// are allowed, and not said to be how long.
	messagesPerSecond = 1
	messagesAtOnce    = 5
)

// slackTiers are the calls that a method takes in a minute, as its page has them. The special
// tier of auth.test and chat.getPermalink, "hundreds", counts as the fourth. Whoever opens
// connections is bounded by their number, and answers at a response_url by its uses.
var slackTiers = map[string]int{
	"auth.test":                slackTier4,
	"bookmarks.add":            slackTier2,
	"bookmarks.edit":           slackTier2,
	"bookmarks.list":           slackTier3,
	"chat.delete":              slackTier3,
	"chat.getPermalink":        slackTier4,
	"chat.postEphemeral":       slackTier4,
	"chat.update":              slackTier3,
	"conversations.archive":    slackTier2,
	"conversations.create":     slackTier2,
	"conversations.history":    slackTier3,
	"conversations.info":       slackTier3,
	"conversations.invite":     slackTier3,
	"conversations.join":       slackTier3,
	"conversations.leave":      slackTier3,
	"conversations.list":       slackTier2,
	"conversations.members":    slackTier4,
	"conversations.open":       slackTier3,
	"conversations.replies":    slackTier3,
	"conversations.setPurpose": slackTier2,
	"conversations.setTopic":   slackTier2,
	"conversations.unarchive":  slackTier2,
	"pins.add":                 slackTier2,
	"pins.list":                slackTier2,
	"pins.remove":              slackTier2,
	"reactions.add":            slackTier3,
	"reactions.get":            slackTier3,
	"reactions.remove":         slackTier2,
	"users.info":               slackTier4,
	"users.list":               slackTier2,
	"users.lookupByEmail":      slackTier3,
	"views.open":               slackTier4,
	"views.push":               slackTier4,
	"views.update":             slackTier4,
}

// slackRates remember the calls that were let through. After a restart nobody has called yet.
type slackRates struct {
	mu       sync.Mutex
	calls    map[string][]time.Time   // the last minute's of each method, the oldest first
	messages map[string]*rate.Limiter // of each channel
}

func newSlackRates() *slackRates {
	return &slackRates{calls: map[string][]time.Time{}, messages: map[string]*rate.Limiter{}}
}

// tooOften is the refusal of a call that comes too soon.
type tooOften struct{ wait time.Duration }

func (e tooOften) Error() string { return fmt.Sprintf("ratelimited for %v", e.wait) }

// retryAfter is the wait in whole seconds, at least one, as the header of that name has it.
func (e tooOften) retryAfter() string {
	return strconv.Itoa(max(1, int(math.Ceil(e.wait.Seconds()))))
}

// take lets a call through, or says how long it is too early. A call that is refused does
// not count.
func (r *slackRates) take(method, channel string, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if method == "chat.postMessage" {
		return r.takeMessage(channel, now)
	}
	most, limited := slackTiers[method]
	recent := slices.DeleteFunc(r.calls[method], func(at time.Time) bool { return now.Sub(at) >= slackWindow })
	if limited && len(recent) >= most {
		return tooOften{recent[0].Add(slackWindow).Sub(now)}
	}
	r.calls[method] = append(recent, now)
	return nil
}

// takeMessage is take for a message. It is called with mu held.
func (r *slackRates) takeMessage(channel string, now time.Time) error {
	limiter, ok := r.messages[channel]
	if !ok {
		limiter = rate.NewLimiter(messagesPerSecond, messagesAtOnce)
		r.messages[channel] = limiter
	}
	turn := limiter.ReserveN(now, 1)
	if wait := turn.DelayFrom(now); wait > 0 {
		turn.CancelAt(now)
		return tooOften{wait}
	}
	return nil
}
