package rehearsal

import (
	"fmt"
	"time"
)

// failure is how a vendor's package would say that something did not work.
type failure struct {
	message   string
	permanent bool
	delay     time.Duration
}

func (f *failure) Error() string        { return f.message }
func (f *failure) Permanent() bool      { return f.permanent }
func (f *failure) Delay() time.Duration { return f.delay }

// rateLimitPause is what a vendor with a rate limit asks for: what Slack's Retry-After says
// most of the time.
const rateLimitPause = 30 * time.Second

// before is the error with which a vendor in this mode answers without doing anything.
func (m Mode) before(v Vendor) error {
	switch m {
	case Down:
		return &failure{message: fmt.Sprintf("%s: connection refused", v)}
	case Broken:
		return &failure{message: fmt.Sprintf("%s answered 500 Internal Server Error", v)}
	case RateLimit:
		return &failure{message: fmt.Sprintf("%s: too many requests", v), delay: rateLimitPause}
	case Refuses:
		return &failure{message: fmt.Sprintf("%s answered 403 Forbidden", v), permanent: true}
	case Hangs:
		return &failure{message: fmt.Sprintf("%s does not answer", v)}
	default:
		return nil
	}
}

// after is the error that comes although the vendor has done what it was asked.
func (m Mode) after(v Vendor) error {
	if m == LosesAnswers {
		return &failure{message: fmt.Sprintf("%s: connection reset before the answer", v)}
	}
	return nil
}
