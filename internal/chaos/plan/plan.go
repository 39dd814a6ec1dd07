// Package plan says what a chaos run does: which alerts arrive, what people command, and
// which troubles come over Muster meanwhile.
//
// A plan is a pure function of its seed (PCG, math/rand/v2): the same seed gives the same
// plan on every machine. What differs from run to run is time alone, that is, at which
// point of the work a trouble strikes.
//
// A plan is made of cases. A case is a group of alerts, or an incident that somebody
// declares, with all that happens to it, in order: a [Case] has [Act]s. Most cases become
// one incident; some become two, because an alert came after the end of the first.
package plan

import (
	"fmt"
	"math/rand/v2"
	"time"

	"muster/incident"
)

// Plan is what the clients do in a run.
type Plan struct {
	Seed  uint64
	Cases []Case
}

// Case is the story of one group of alerts, or of one declared incident.
type Case struct {
	// Number counts from 1.
	Number int
	// Token stands in every title and alert of the case and in no other's, so that its
	// incidents can be searched for: "chaos-0017".
	Token string
	// After is how long after the case before it this one begins.
	After time.Duration
	// Storm says that the case is a burst of hundreds of alerts in one group.
	Storm bool
	Acts  []Act
}

// Act is one thing that happens in a case; the types are in this file.
type Act interface{ act() }

// Deliver brings alerts as Alertmanager does, again until they are taken. Times is how
// often the same body is sent in all: Alertmanager repeats itself.
type Deliver struct {
	Alerts []Alert
	Times  int
}

// Declare begins the case's incident by a command of a person.
type Declare struct{ Command Command }

// Do is a command of a person about the case's incident. Twice says that it is sent again
// with the same key while the first answer is outstanding, as a proxy may do.
type Do struct {
	Command Command
	Twice   bool
}

// Merge ends the case's incident in favour of that of another case.
type Merge struct {
	Command Command
	Into    int
}

// Together are acts that happen at the same time.
type Together struct{ Acts []Act }

// Think lets time pass before the next act.
type Think struct{ For time.Duration }

// AwaitIncident waits until an active incident has the alerts delivered last; the case
// goes on with that one.
type AwaitIncident struct{}

// AwaitAlerts waits until every alert delivered so far is in an incident, and those that
// resolved are seen as resolved.
type AwaitAlerts struct{}

// AwaitReopened waits until the case's incident is active again.
type AwaitReopened struct{}

// AwaitStarted waits until another case has its incident.
type AwaitStarted struct{ Case int }

// AwaitMerged waits until another case is at its end and this case's incident has taken
// over the other's.
type AwaitMerged struct{ Case int }

// FinishTickets waits until every follow-up of the incident has its ticket, and moves the
// tickets to Done, as people do in the tracker, until the incident knows. Close says that
// the incident closes by that.
type FinishTickets struct{ Close bool }

// Finish ends whatever incident of the case is still active, by the command.
type Finish struct{ Command Command }

func (Deliver) act()       {}
func (Declare) act()       {}
func (Do) act()            {}
func (Merge) act()         {}
func (Together) act()      {}
func (Think) act()         {}
func (AwaitIncident) act() {}
func (AwaitAlerts) act()   {}
func (AwaitReopened) act() {}
func (AwaitStarted) act()  {}
func (AwaitMerged) act()   {}
func (FinishTickets) act() {}
func (Finish) act()        {}

// Command is a command of a person. Key is its Idempotency-Key, unique in the plan.
type Command struct {
	Key string
	// Method and Path are those of the HTTP request; Path follows the incident's own, and
	// Body is sent as JSON.
	Method, Path string
	Body         map[string]any
	// Intent is what the domain is asked for, by which an answer is judged.
	Intent incident.Intent
}

// New makes the plan of a seed with a number of cases, one at least. Every is the mean time
// from one case to the next.
func New(seed uint64, cases int, every time.Duration) Plan {
	p := Plan{Seed: seed}
	for len(p.Cases) < cases {
		number := len(p.Cases) + 1
		w := newWriter(seed, number)
		// A pair needs room for both; storms stay out of it.
		if number < cases && w.chance(0.12) {
			p.Cases = append(p.Cases, pair(w, newWriter(seed, number+1))...)
			continue
		}
		storm := number%25 == 3
		p.Cases = append(p.Cases, w.single(storm))
	}
	arrivals := rand.New(rand.NewPCG(seed, arrivalStream))
	for i := range p.Cases {
		p.Cases[i].After = time.Duration(2 * arrivals.Float64() * float64(every))
	}
	return p
}

// writer writes one case. Its randomness is the case's own, so that a longer plan begins
// like a shorter one.
type writer struct {
	*rand.Rand
	c        Case
	service  string
	severity string
	keys     int
	texts    int
	group    group
}

// streams tell the random numbers of the cases from those of the troubles.
const (
	caseStream    = 1 << 32
	troubleStream = 2 << 32
	faultStream   = 3 << 32
	arrivalStream = 4 << 32
)

func newWriter(seed uint64, number int) *writer {
	w := &writer{
		Rand: rand.New(rand.NewPCG(seed, caseStream+uint64(number))), //nolint:gosec // numbers are positive
		c:    Case{Number: number, Token: fmt.Sprintf("chaos-%04d", number)},
	}
	w.service = pick(w.Rand, services)
	w.severity = pick(w.Rand, severities)
	w.group = newGroup(w.c.Token, pick(w.Rand, alertNames), w.service, pick(w.Rand, alertSeverities), number)
	return w
}

func (w *writer) add(acts ...Act) { w.c.Acts = append(w.c.Acts, acts...) }

// chance is true with a probability.
func (w *writer) chance(p float64) bool { return w.Float64() < p }

// think puts a pause of up to two seconds before the next act.
func (w *writer) think() {
	w.add(Think{time.Duration(w.IntN(2000)) * time.Millisecond})
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// text is a sentence that stands in the plan once.
func (w *writer) text(about string) string {
	w.texts++
	return fmt.Sprintf("%s (%s, %d)", about, w.c.Token, w.texts)
}
