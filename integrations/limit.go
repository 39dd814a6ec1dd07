package integrations

import (
	"net/http"
	"time"
)

// Limit is how often a vendor lets something be asked of it. Each vendor package keeps a
// table of its vendor's, with the source of every number.
type Limit struct {
	// Name is what is counted together: operations that list limits of the same name
	// share one. Empty means that each operation is counted for itself.
	Name string
	// Each says that the vendor counts for each channel, issue or key separately: for
	// each subject that [Caller.On] names.
	Each bool
	// Calls may be made every Per, and Burst of them at once after a quiet time: in a
	// stretch of time T, at most Burst + Calls × T / Per. All three are at least 1.
	Calls int
	Per   time.Duration
	Burst int
	// Words name the limit to people: "Slack's limit of 1 message a second and channel".
	Words string
}

// interval is the time between two calls of an even flow.
func (l Limit) interval() time.Duration { return l.Per / time.Duration(l.Calls) }

// Limits are all limits of a vendor.
type Limits struct {
	// Of lists the limits of operations, all of which a call must keep.
	Of map[string][]Limit
	// Others are the limits of operations that Of does not list.
	Others []Limit
	// Blame reads out of a refusal's header which limit the vendor means, by its Name,
	// empty for the one that is counted for each operation. It is false when the vendor
	// does not tell; then, and with a nil Blame, every limit of the call is taken for
	// exhausted.
	Blame func(http.Header) (name string, told bool)
}

// of returns the limits of an operation.
func (l Limits) of(operation string) []Limit {
	if limits, ok := l.Of[operation]; ok {
		return limits
	}
	return l.Others
}

// blamed returns those limits of an operation that a refusal means.
func (l Limits) blamed(operation string, refusal http.Header) []Limit {
	limits := l.of(operation)
	if l.Blame == nil {
		return limits
	}
	name, told := l.Blame(refusal)
	for i, limit := range limits {
		if told && limit.Name == name {
			return limits[i : i+1]
		}
	}
	return limits
}
