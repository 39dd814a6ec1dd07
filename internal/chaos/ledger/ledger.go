// Package ledger remembers what a chaos run sent to Muster and what it was answered. The
// proof compares it with what Muster holds; nothing in it comes from Muster's own records.
package ledger

import (
	"maps"
	"slices"
	"sync"
	"time"

	"muster/incident"
)

// Occurrence is one firing of one alert.
type Occurrence struct {
	Fingerprint string
	StartsAt    time.Time
}

// Alert is an occurrence of which Muster has said that it took it: 202.
type Alert struct {
	Occurrence
	// Case is the number of the case it belongs to.
	Case int
	// Resolved says that its end was answered with 202, too.
	Resolved bool
}

// Command is a command with its definite answer.
type Command struct {
	Key      string
	Incident incident.ID
	Intent   incident.Intent
	// Status is the answer's HTTP status; 0 where none was definite.
	Status int
	// Text is what stands in the answer where it was refused.
	Text string
	// SentAt is when it was first sent, AnsweredAt when the definite answer came.
	SentAt, AnsweredAt time.Time
	// Ambiguous says that the command was sent several times at once, so that another
	// repetition may have been answered differently.
	Ambiguous bool
}

// Accepted says whether the command was carried out, as far as the answer tells.
func (c Command) Accepted() bool { return c.Status >= 200 && c.Status < 300 }

// Refused says whether the answer was that the command changes nothing.
func (c Command) Refused() bool { return c.Status >= 400 && c.Status < 500 }

// Counts are what the clients went through.
type Counts struct {
	// Deliveries and Commands count those with a definite answer, Requests what it took.
	Deliveries, Commands, Requests int
	// Unavailable counts answers 503, Broken connections that failed or stayed silent, and
	// Errors any other 5xx.
	Unavailable, Broken, Errors int
}

// Retries is how many requests were repetitions after an answer that was not definite.
func (c Counts) Retries() int { return c.Unavailable + c.Broken + c.Errors }

// Book is all that was sent and answered.
type Book struct {
	Alerts   []Alert
	Commands []Command
	// Expected is the status in which each incident must be in the end, by what its
	// commands imply.
	Expected map[incident.ID]incident.Status
	// Broken are promises that were found broken while waiting: something did not happen
	// within the run's patience.
	Broken []string
	Counts Counts
}

// Ledger is a Book that many clients write to at once.
type Ledger struct {
	mu     sync.Mutex
	book   Book
	alerts map[Occurrence]int
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{book: Book{Expected: map[incident.ID]incident.Status{}}, alerts: map[Occurrence]int{}}
}

// Book returns a copy of what was written so far.
func (l *Ledger) Book() Book {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.book
	b.Alerts, b.Commands, b.Broken = slices.Clone(b.Alerts), slices.Clone(b.Commands), slices.Clone(b.Broken)
	b.Expected = maps.Clone(b.Expected)
	return b
}

// Took writes down that Muster answered 202 for an alert. Repetitions are one.
func (l *Ledger) Took(number int, o Occurrence, resolved bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, known := l.alerts[o]
	if !known {
		i = len(l.book.Alerts)
		l.alerts[o] = i
		l.book.Alerts = append(l.book.Alerts, Alert{Occurrence: o, Case: number})
	}
	l.book.Alerts[i].Resolved = l.book.Alerts[i].Resolved || resolved
}

// Delivered counts a delivery that was answered.
func (l *Ledger) Delivered() { l.count(func(c *Counts) { c.Deliveries++ }) }

// Answered writes down a command with its answer.
func (l *Ledger) Answered(c Command) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book.Commands = append(l.book.Commands, c)
	l.book.Counts.Commands++
}

// Expect writes down in which status an incident must be in the end, unless something
// later changes that.
func (l *Ledger) Expect(id incident.ID, status incident.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book.Expected[id] = status
}

// Break writes down a promise that was found broken.
func (l *Ledger) Break(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book.Broken = append(l.book.Broken, what)
}

// Request counts a request by its outcome: the HTTP status, 0 for none.
func (l *Ledger) Request(status int) {
	l.count(func(c *Counts) {
		c.Requests++
		switch {
		case status == 0:
			c.Broken++
		case status == 503:
			c.Unavailable++
		case status >= 500:
			c.Errors++
		}
	})
}

func (l *Ledger) count(change func(*Counts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.book.Counts)
}
