package plan

import (
	"iter"
	"math/rand/v2"
	"time"
)

// TroubleKind is a way in which the process suffers.
type TroubleKind string

// The kinds of troubles.
const (
	// Kill ends the process at once (SIGKILL), and starts it again.
	Kill TroubleKind = "kill"
	// KillStarting kills it once more while it starts.
	KillStarting TroubleKind = "kill at start"
	// LoseTemporal kills it and deletes Temporal's whole store before the next start.
	LoseTemporal TroubleKind = "lose Temporal's store"
	// Freeze stops the process (SIGSTOP) for a while.
	Freeze TroubleKind = "pause"
	// FillDisk has every write to a file fail for a while.
	FillDisk TroubleKind = "full disk"
)

// Trouble is what comes over the process, After so long a time of health.
type Trouble struct {
	Kind  TroubleKind
	After time.Duration
	// For is how long a pause or a full disk lasts, or how far a start gets.
	For time.Duration
}

// Weights say how often each kind of trouble comes in a round of all of them.
type Weights map[TroubleKind]int

// kinds is the order in which a round is dealt before it is shuffled.
var kinds = []TroubleKind{Kill, KillStarting, LoseTemporal, Freeze, FillDisk}

// Troubles is the endless sequence of a seed's troubles. Kinds come in rounds, each
// shuffled, so that a short run meets all of them; every is the mean time between two.
// It is empty when nothing has a weight, or every is zero.
func Troubles(seed uint64, weights Weights, every time.Duration) iter.Seq[Trouble] {
	return func(yield func(Trouble) bool) {
		r := rand.New(rand.NewPCG(seed, troubleStream))
		for {
			var round []TroubleKind
			for _, kind := range kinds {
				for range weights[kind] {
					round = append(round, kind)
				}
			}
			if len(round) == 0 || every <= 0 {
				return
			}
			r.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
			for _, kind := range round {
				if !yield(trouble(r, kind, every)) {
					return
				}
			}
		}
	}
}

func trouble(r *rand.Rand, kind TroubleKind, every time.Duration) Trouble {
	t := Trouble{Kind: kind, After: every/4 + time.Duration(r.Int64N(int64(3*every/2)))}
	switch kind {
	case KillStarting:
		t.For = time.Duration(100+r.IntN(1400)) * time.Millisecond
	case Freeze:
		// Some pauses outlast the time limits of activities.
		t.For = time.Duration(1+r.IntN(13)) * time.Second
	case FillDisk:
		t.For = time.Duration(1+r.IntN(7)) * time.Second
	}
	return t
}

// Fault is how a vendor misbehaves for a while.
type Fault struct {
	Vendor, Mode string
	// Rate is the share of requests that it hits.
	Rate float64
	// After is the pause before it begins, For how long it lasts.
	After, For time.Duration
}

var (
	vendors = []string{"slack", "pagerduty", "jira"}
	// The last one is what makes things happen twice, and comes twice as often.
	modes = []string{"error", "rate_limit", "down", "timeout_after_effect", "timeout_after_effect"}
)

// Faults is the endless sequence of a seed's vendor faults; every is the mean time from
// one to the next. It is empty when every is zero.
func Faults(seed uint64, every time.Duration) iter.Seq[Fault] {
	return func(yield func(Fault) bool) {
		if every <= 0 {
			return
		}
		r := rand.New(rand.NewPCG(seed, faultStream))
		for {
			f := Fault{
				Vendor: pick(r, vendors), Mode: pick(r, modes), Rate: []float64{0.2, 0.4, 0.7, 1}[r.IntN(4)],
				After: time.Duration(r.Int64N(int64(2 * every))), For: time.Duration(1+r.IntN(12)) * time.Second,
			}
			if !yield(f) {
				return
			}
		}
	}
}
