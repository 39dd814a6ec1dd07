package doctor

import (
	"fmt"
	"sync"
	"time"
)

// Status is how much a [Finding] matters.
type Status string

// The values of Status, from what is well to what has to be mended.
const (
	// Fine is what was examined and found in order.
	Fine Status = "fine"
	// Note is what is switched off, or cannot be examined from here.
	Note Status = "note"
	// Warning is a risk that somebody may have chosen.
	Warning Status = "warning"
	// Problem is what has to be mended.
	Problem Status = "problem"
)

// Finding is one line of a report.
type Finding struct {
	Status Status `json:"status"`
	// Text says what was found, in one sentence without a final stop.
	Text string `json:"text"`
	// Mend says what to do about it; it is empty where there is nothing to do.
	Mend string `json:"mend,omitempty"`
}

// Section is what was found in one area. It has at least one finding.
type Section struct {
	// Area and Needs are those of [Areas].
	Area     string    `json:"area"`
	Needs    string    `json:"needs"`
	Findings []Finding `json:"findings"`
}

// Report is the outcome of an examination. It holds no secrets.
type Report struct {
	// Version is that of the Muster which examined.
	Version   string    `json:"version"`
	CheckedAt time.Time `json:"checked_at"`
	// Healthy says that nothing has to be mended; there may be warnings.
	Healthy  bool      `json:"healthy"`
	Sections []Section `json:"sections"`
}

// Count returns how many findings have a status.
func (r Report) Count(status Status) int {
	n := 0
	for _, section := range r.Sections {
		for _, finding := range section.Findings {
			if finding.Status == status {
				n++
			}
		}
	}
	return n
}

// notes collects the findings of one area. Once it is closed, which it is when the area's
// time is over, it takes no more.
type notes struct {
	redact func(string) string

	mu       sync.Mutex
	closed   bool
	findings []Finding
}

// remark is a finding that was just noted, so that what to mend can be added to it.
type remark struct {
	notes *notes
	index int
}

func (n *notes) fine(format string, args ...any) remark  { return n.add(Fine, format, args...) }
func (n *notes) note(format string, args ...any) remark  { return n.add(Note, format, args...) }
func (n *notes) warn(format string, args ...any) remark  { return n.add(Warning, format, args...) }
func (n *notes) wrong(format string, args ...any) remark { return n.add(Problem, format, args...) }

func (n *notes) add(status Status, format string, args ...any) remark {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.findings = append(n.findings, Finding{Status: status, Text: n.redact(fmt.Sprintf(format, args...))})
	}
	return remark{n, len(n.findings) - 1}
}

// mend says what to do about the finding.
func (r remark) mend(format string, args ...any) {
	r.notes.mu.Lock()
	defer r.notes.mu.Unlock()
	if !r.notes.closed {
		r.notes.findings[r.index].Mend = r.notes.redact(fmt.Sprintf(format, args...))
	}
}

// close returns the findings so far; what is noted later is lost.
func (n *notes) close() []Finding {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	return n.findings
}
