// Package report says how a chaos run went: in a few lines for a terminal, or in Markdown
// for a document.
package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"muster/internal/chaos/ledger"
	"muster/internal/chaos/proof"
)

// Report is what is told of a run.
type Report struct {
	// Command is the command line that makes the same run again.
	Command  string
	Seed     uint64
	Duration time.Duration

	Cases, Incidents, Alerts, Refused, Events int
	Counts                                    ledger.Counts

	// Kills counts processes that were ended by SIGKILL; LostStores those of them after
	// which Temporal's store was deleted.
	Kills, Pauses, FullDisks, LostStores, Starts int
	// Continued counts the runs of workflows that ended by continuing as new, since
	// Temporal's store was last deleted.
	Continued int
	Faults    []Fault
	Results   []proof.Result
}

// Fault is how often a vendor misbehaved in one way.
type Fault struct {
	Vendor, Mode string
	Count        int
}

// Violations counts what was found.
func (r Report) Violations() int {
	n := 0
	for _, result := range r.Results {
		n += len(result.Violations)
	}
	return n
}

// fact is a line of the report: what, and how many.
type fact struct{ name, value string }

// facts are what was done, in the order in which it is told.
func (r Report) facts() []fact {
	var faults, total = []string{}, 0
	slices.SortFunc(r.Faults, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Mode, b.Mode))
	})
	for _, f := range r.Faults {
		total += f.Count
		faults = append(faults, fmt.Sprintf("%s %s %d", f.Vendor, strings.ReplaceAll(f.Mode, "_", " "), f.Count))
	}
	facts := []fact{
		{"Seed", fmt.Sprint(r.Seed)},
		{"Duration", r.Duration.Round(time.Second).String()},
		{"Incidents", fmt.Sprintf("%d, from %d cases", r.Incidents, r.Cases)},
		{"Alerts", fmt.Sprintf("%d, in %d deliveries", r.Alerts, r.Counts.Deliveries)},
		{"Commands", fmt.Sprintf("%d, of which %d were refused by the rules", r.Counts.Commands, r.Refused)},
		{"Events recorded", fmt.Sprint(r.Events)},
		{"Kills (SIGKILL)", fmt.Sprintf("%d, with %d starts in all", r.Kills, r.Starts)},
		{"Temporal stores deleted", fmt.Sprint(r.LostStores)},
		{"Pauses (SIGSTOP)", fmt.Sprint(r.Pauses)},
		{"Full disks", fmt.Sprint(r.FullDisks)},
		{"Vendor faults", fmt.Sprint(total)},
		{"Continued as new", fmt.Sprintf("%d runs of workflows, after the last store was deleted", r.Continued)},
		{"Requests", fmt.Sprintf("%d, of which %d were repetitions", r.Counts.Requests, r.Counts.Retries())},
		{"Why they were repeated", fmt.Sprintf("503: %d, no answer: %d, other errors: %d", r.Counts.Unavailable, r.Counts.Broken, r.Counts.Errors)},
	}
	if len(faults) > 0 {
		facts[10].value += ": " + strings.Join(faults, ", ")
	}
	return facts
}

const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	plain = "\x1b[0m"
)

// Text writes the report for a terminal, in colour where that is wanted.
func (r Report) Text(out io.Writer, colour bool) {
	style := func(code, text string) string {
		if !colour {
			return text
		}
		return code + text + plain
	}
	fmt.Fprintf(out, "\n%s\n\n", style(bold, "Muster under chaos"))
	for _, f := range r.facts() {
		fmt.Fprintf(out, "  %-24s %s\n", f.name, f.value)
	}
	fmt.Fprintf(out, "\n%s\n\n", style(bold, "What was checked"))
	for _, result := range r.Results {
		mark := style(green, "✓")
		if len(result.Violations) > 0 {
			mark = style(red, "✗")
		}
		fmt.Fprintf(out, "  %s %-62s %s\n", mark, result.Name, style(dim, fmt.Sprintf("%7d", result.Examined)))
		for _, violation := range result.Violations {
			fmt.Fprintf(out, "      %s\n", violation)
		}
	}
	fmt.Fprintf(out, "\n%s\n%s\n\n", style(dim, "Again: "+r.Command), r.verdict(style))
}

func (r Report) verdict(style func(code, text string) string) string {
	switch n := r.Violations(); n {
	case 0:
	case 1:
		return style(red, "One violation.")
	default:
		return style(red, fmt.Sprintf("%d violations.", n))
	}
	return style(green, "No violation.") + " Nothing acknowledged was lost, nothing was done twice."
}

// Markdown writes the report for a document.
func (r Report) Markdown(out io.Writer) {
	fmt.Fprintf(out, "```sh\n%s\n```\n\n", r.Command)
	fmt.Fprint(out, "| what happened | |\n| --- | --- |\n")
	for _, f := range r.facts() {
		fmt.Fprintf(out, "| %s | %s |\n", f.name, f.value)
	}
	fmt.Fprint(out, "\n| what was checked | looked at | violations |\n| --- | ---: | ---: |\n")
	for _, result := range r.Results {
		fmt.Fprintf(out, "| %s | %d | %d |\n", result.Name, result.Examined, len(result.Violations))
	}
	fmt.Fprintln(out)
	for _, result := range r.Results {
		for _, violation := range result.Violations {
			fmt.Fprintf(out, "- **%s**: %s\n", result.Name, violation)
		}
	}
}
