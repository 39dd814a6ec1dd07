// Package proof compares what was sent to Muster and what it answered with what Muster,
// its journal, its workflows and the vendors hold afterwards. Each [Check] is a promise; it
// is a pure function of the [Evidence], so that the tests can show that it finds what it
// is there to find.
package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
)

// Evidence is all that is known at the end of a run.
type Evidence struct {
	Ledger ledger.Book
	// Incidents are those that the API's list showed, in its order, the newest first.
	Incidents []client.Incident
	// Viewed are the incidents as the API showed each by itself, a moment later.
	Viewed map[incident.ID]client.Incident
	// Timelines and Reports are what the API showed of each incident: its events, and what
	// monitoring reported to it.
	Timelines map[incident.ID][]client.Event
	Reports   map[incident.ID][]client.Alert
	Sandbox   client.Sandbox
	Workflows []Workflow

	// What follows was read from the database after the process was stopped.

	// Installation is the id that is part of every effect's key.
	Installation string
	Journals     map[incident.ID][]incident.Event
	ReadModel    map[incident.ID]incident.State
	// Pending are the alerts and ticket news that no incident was handed, as text; Sent
	// counts those that an incident was handed and has not recorded.
	Pending []string
	Sent    int
	// Deaths are the ends of processes that nobody brought about.
	Deaths []string
}

// Workflow is an execution that Temporal knows.
type Workflow struct {
	ID, Type string
	// Status is Temporal's word: Running, Completed, ContinuedAsNew, Failed, …
	Status string
	// TaskAttempt is the attempt of the pending workflow task, 0 where none is pending.
	// Above 1, the workflow's code fails.
	TaskAttempt int
	// Activities are the types of the activities that are under way.
	Activities []string
}

// Running says whether the execution has not ended.
func (w Workflow) Running() bool { return w.Status == "Running" }

// Check is one promise.
type Check struct {
	// Name is the promise in a sentence.
	Name string
	run  func(*Evidence, *finding)
}

// Result is how a promise fared.
type Result struct {
	Name string
	// Examined counts what was looked at.
	Examined   int
	Violations []string
}

// finding collects what a check finds.
type finding struct{ Result }

// saw counts something that was looked at.
func (f *finding) saw(n int) { f.Examined += n }

func (f *finding) violated(format string, args ...any) {
	f.Violations = append(f.Violations, fmt.Sprintf(format, args...))
}

// Checks lists every promise, in the order of the report.
func Checks() []Check {
	return []Check{
		{"Every alert answered 202 is in exactly one incident", checkAlerts},
		{"Every alert whose end was answered 202 is resolved", checkResolvedAlerts},
		{"Every command answered 2xx is on the timeline exactly once", checkAccepted},
		{"No command that was refused is on the timeline", checkRefused},
		{"Every refusal is what the rules say", checkRefusals},
		{"Every incident has the status that its commands imply", checkStatuses},
		{"Each incident has exactly one channel", checkChannels},
		{"Each intent to page has exactly one page", checkPages},
		{"No page is left open after its incident", checkOpenPages},
		{"Each follow-up has exactly one ticket", checkTickets},
		{"Each message was posted exactly once", checkMessages},
		{"Nothing that the playbook asks for is left undone", checkPlaybooks},
		{"Journal sequences have no gaps and no repeats", checkSequences},
		{"The read model equals the fold of the journal", checkReadModel},
		{"The API shows what the journal says", checkViews},
		{"The list shows every incident once", checkList},
		{"No workflow failed, is stuck, or is missing", checkWorkflows},
		{"The inbox is empty", checkInbox},
		{"The process ended only when it was made to", checkDeaths},
		{"Nothing was waited for in vain", checkPatience},
	}
}

// Examine runs every check.
func Examine(e *Evidence) []Result {
	var results []Result
	for _, check := range Checks() {
		f := finding{Result{Name: check.Name}}
		check.run(e, &f)
		results = append(results, f.Result)
	}
	return results
}

// each goes through a map of incidents in the order of their numbers.
func each[T any](of map[incident.ID]T, do func(incident.ID, T)) {
	ids := slices.SortedFunc(maps.Keys(of), func(a, b incident.ID) int { return int(a.Number() - b.Number()) })
	for _, id := range ids {
		do(id, of[id])
	}
}

// some names a few of many.
func some[T any](all []T) string {
	const few = 5
	var words []string
	for i, one := range all {
		if i == few {
			words = append(words, fmt.Sprintf("and %d more", len(all)-few))
			break
		}
		words = append(words, fmt.Sprint(one))
	}
	return strings.Join(words, ", ")
}

func checkInbox(e *Evidence, f *finding) {
	f.saw(1)
	if len(e.Pending) > 0 {
		f.violated("%d items still wait in the inbox: %s", len(e.Pending), some(e.Pending))
	}
	if e.Sent > 0 {
		f.violated("%d items were handed to their incidents, which have not recorded them", e.Sent)
	}
}

func checkDeaths(e *Evidence, f *finding) {
	f.saw(1)
	for _, death := range e.Deaths {
		f.violated("%s", death)
	}
}

func checkPatience(e *Evidence, f *finding) {
	f.saw(1)
	for _, broken := range e.Ledger.Broken {
		f.violated("%s", broken)
	}
}
