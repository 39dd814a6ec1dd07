package slack

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"muster/chat"
)

// How Slack signs what it sends:
// https://docs.slack.dev/authentication/verifying-requests-from-slack.
const (
	signatureHeader = "X-Slack-Signature"
	timestampHeader = "X-Slack-Request-Timestamp"
	// signatureVersion is the only version there is.
	signatureVersion = "v0"
	// maxSkew is how far a delivery's time may be from ours, either way.
	maxSkew = 5 * time.Minute
)

// signature is what Slack made of a delivery and its time. Two deliveries with the same
// signature are one that was sent twice, with all of its bytes and in the same second.
type signature [sha256.Size]byte

// verify returns a delivery's signature and when it was signed, once both are proven. The
// error is a [*chat.RefusedError] which does not say what was expected.
func (in *Inbound) verify(header http.Header, body []byte) (signature, time.Time, error) {
	var made signature
	refuse := func(format string, args ...any) (signature, time.Time, error) {
		return signature{}, time.Time{}, &chat.RefusedError{Unproven: true, Message: fmt.Sprintf(format, args...)}
	}
	if len(in.secrets) == 0 {
		return refuse("nothing is taken from Slack by HTTP as long as MUSTER_SLACK_SIGNING_SECRET is not set")
	}
	timestamp := header.Get(timestampHeader)
	version, text, _ := strings.Cut(header.Get(signatureHeader), "=")
	if timestamp == "" || text == "" {
		return refuse("the delivery is not signed: it lacks %s or %s", signatureHeader, timestampHeader)
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return refuse("%s is not a number of seconds", timestampHeader)
	}
	decoded, err := hex.DecodeString(text)
	if version != signatureVersion || err != nil || len(decoded) != len(made) {
		return refuse("%s is not one of the version %s", signatureHeader, signatureVersion)
	}
	copy(made[:], decoded)
	matches := 0
	for _, secret := range in.secrets {
		// All are tried, so that the time taken does not say which one it was.
		matches |= subtle.ConstantTimeCompare(sign(secret, timestamp, body), made[:])
	}
	if matches == 0 {
		return refuse("the signature was not made with the signing secret that Muster was given (MUSTER_SLACK_SIGNING_SECRET), or the body was changed on its way")
	}
	at := time.Unix(seconds, 0).UTC()
	if skew := in.now().Sub(at).Abs(); skew > maxSkew {
		return refuse("the delivery was signed %s away from this machine's time, and %s are allowed: either it is an old one that somebody sends again, or this machine's clock is wrong",
			skew.Round(time.Second), maxSkew)
	}
	return made, at, nil
}

// deliveries remembers the signatures of what was taken, for as long as their time would let
// them pass again. What Slack itself repeats has a new time and therefore a new signature;
// its acts are known by their ids.
//
// Other servers have a memory of their own: there a repeated delivery passes, and its acts
// take effect once all the same.
type deliveries struct {
	mu    sync.Mutex
	until map[signature]time.Time
	// sweepAt is how many are remembered when the next look for old ones is due.
	sweepAt int
}

// minSweep is how many signatures are kept without a look for old ones.
const minSweep = 1024

// begin remembers a delivery, and is false for one that is remembered already.
func (d *deliveries) begin(s signature, now, until time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.until[s]; ok && !now.After(known) {
		return false
	}
	if d.until == nil {
		d.until, d.sweepAt = map[signature]time.Time{}, minSweep
	}
	if len(d.until) >= d.sweepAt {
		for s, until := range d.until {
			if now.After(until) {
				delete(d.until, s)
			}
		}
		d.sweepAt = max(minSweep, 2*len(d.until))
	}
	d.until[s] = until
	return true
}

// forget lets a delivery come again that was not taken.
func (d *deliveries) forget(s signature) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.until, s)
}
