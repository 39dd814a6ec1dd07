package backtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"muster/internal/rehearsal"
	"muster/internal/rehearsal/scenario"
)

// Report is what came of many incidents.
type Report struct {
	// Since is the earliest declaration looked at.
	Since time.Time `json:"since"`
	// Differences are the incidents that would go otherwise, or cannot be run.
	Differences []Difference `json:"differences"`
	Totals      Totals       `json:"totals"`
}

// Totals sum a report up. The numbers of pages leave out what could not be run.
type Totals struct {
	Incidents int `json:"incidents"`
	Different int `json:"different"`
	// NotRun could not be run, Ignored would not be declared any more.
	NotRun    int `json:"not_run"`
	Ignored   int `json:"ignored"`
	PagesThen int `json:"pages_then"`
	PagesNow  int `json:"pages_now"`
	// PagedLater and PagedEarlier count incidents by their first page; Unpaged those in
	// which somebody was paged then and nobody would be now.
	PagedLater   int `json:"paged_later"`
	PagedEarlier int `json:"paged_earlier"`
	Unpaged      int `json:"unpaged"`
	// PagedElsewhere counts incidents whose first page would wake another on-call.
	PagedElsewhere  int `json:"paged_elsewhere"`
	CommandsRefused int `json:"commands_refused"`
}

// Add takes an incident into the report.
func (r *Report) Add(d Difference) {
	t := &r.Totals
	t.Incidents++
	if !d.None() {
		r.Differences = append(r.Differences, d)
		t.Different++
	}
	if d.Problem != "" {
		t.NotRun++
		return
	}
	if d.Ignored {
		t.Ignored++
	}
	t.PagesThen += len(d.Then.Pages)
	t.PagesNow += len(d.Now.Pages)
	t.CommandsRefused += len(d.Refused)
	if len(d.Then.Pages) == 0 {
		return
	}
	switch first := d.Then.Pages[0]; {
	case len(d.Now.Pages) == 0:
		t.Unpaged++
	case d.Now.Pages[0].After > first.After:
		t.PagedLater++
	case d.Now.Pages[0].After < first.After:
		t.PagedEarlier++
	}
	if len(d.Now.Pages) > 0 && d.Now.Pages[0].Service != d.Then.Pages[0].Service {
		t.PagedElsewhere++
	}
}

// headings are the columns of the table.
var headings = []string{"INCIDENT", "DECLARED", "PLAYBOOK", "PAGES", "STEPS", "PROMPTS", "SENT", "COMMANDS"}

// cells are a row of the table; "=" stands for no difference.
func (d Difference) cells() []string {
	declared := d.DeclaredAt.UTC().Format("2006-01-02 15:04")
	switch {
	case d.Problem != "":
		return []string{string(d.Incident), declared, "not run: " + strings.Join(strings.Fields(d.Problem), " ")}
	case d.Ignored:
		return []string{string(d.Incident), declared, d.Then.Playbook + " → no incident", d.pagesCell(), "", "", "", ""}
	}
	commands := "="
	if n := len(d.Refused); n > 0 {
		commands = fmt.Sprintf("%d refused", n)
	}
	return []string{
		string(d.Incident), declared, changed(d.Then.Playbook, d.Now.Playbook), d.pagesCell(), d.stepsCell(),
		changed(sum(d.Then.Prompts), sum(d.Now.Prompts)), changed(sum(d.Then.Sent), sum(d.Now.Sent)), commands,
	}
}

func changed[T comparable](then, now T) string {
	if then == now {
		return "="
	}
	return fmt.Sprintf("%v → %v", then, now)
}

func sum[K comparable](counts map[K]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func (d Difference) pagesCell() string {
	return changed(pagesText(d.Then.Pages), pagesText(d.Now.Pages))
}

// pagesText says how many pages there were, and when and where the first went.
func pagesText(pages []Page) string {
	if len(pages) == 0 {
		return "none"
	}
	return fmt.Sprintf("%d (%s at %s)", len(pages), pages[0].Service, scenario.FormatDuration(pages[0].After))
}

func (d Difference) stepsCell() string {
	var parts []string
	for _, part := range []struct {
		mark  string
		count int
	}{{"-", len(d.StepsThen)}, {"+", len(d.StepsNow)}, {"~", len(d.StepsOtherwise)}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%s%d", part.mark, part.count))
		}
	}
	if len(parts) == 0 {
		return "="
	}
	return strings.Join(parts, " ")
}

// details are the differences of an incident in words, one a line.
func (d Difference) details() []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if d.Problem != "" || d.Ignored {
		return nil
	}
	if d.Then.Service != d.Now.Service || d.Then.Severity != d.Now.Severity {
		say("declared as %s for %s, now %s for %s", d.Then.Severity, d.Then.Service, d.Now.Severity, d.Now.Service)
	}
	if !samePages(d.Then.Pages, d.Now.Pages) {
		say("paged then: %s", pageList(d.Then.Pages))
		say("paged now: %s", pageList(d.Now.Pages))
	}
	if len(d.StepsThen) > 0 {
		say("steps only then: %s", strings.Join(d.StepsThen, ", "))
	}
	if len(d.StepsNow) > 0 {
		say("steps only now: %s", strings.Join(d.StepsNow, ", "))
	}
	for _, s := range d.StepsOtherwise {
		say("step %s: %s, now %s", s.Step, s.Then, s.Now)
	}
	for _, hook := range keys(d.Then.Prompts, d.Now.Prompts) {
		if then, now := d.Then.Prompts[hook], d.Now.Prompts[hook]; then != now {
			say("prompts of %s: %d, now %d", hook, then, now)
		}
	}
	for _, kind := range keys(d.Then.Sent, d.Now.Sent) {
		if then, now := d.Then.Sent[kind], d.Now.Sent[kind]; then != now {
			say("%s: %d, now %d", plurals[kind], then, now)
		}
	}
	if d.Then.Status != d.Now.Status {
		say("at the end: %s, now %s", d.Then.Status, d.Now.Status)
	}
	for _, r := range d.Refused {
		say("no longer possible: %s by %s at %s: %s", r.Command, r.By, scenario.FormatDuration(r.After), r.Reason)
	}
	return lines
}

var plurals = map[rehearsal.EntryKind]string{
	rehearsal.MessagePosted: "messages", rehearsal.MailSent: "mails", rehearsal.WebhookPosted: "webhooks",
	rehearsal.TicketFiled: "tickets", rehearsal.RequestMade: "HTTP requests", rehearsal.WorkflowAsked: "workflows",
}

func keys[K ~string](a, b map[K]int) []K {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// pagesListed bounds how many pages a line lists.
const pagesListed = 5

func pageList(pages []Page) string {
	if len(pages) == 0 {
		return "nobody"
	}
	var parts []string
	for _, p := range pages[:min(len(pages), pagesListed)] {
		parts = append(parts, fmt.Sprintf("%s at %s", p.Service, scenario.FormatDuration(p.After)))
	}
	if more := len(pages) - pagesListed; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, ", ")
}

// lines are the totals in words.
func (t Totals) lines() []string {
	lines := []string{
		fmt.Sprintf("%d of %d incidents would go otherwise.", t.Different-t.NotRun, t.Incidents-t.NotRun),
		fmt.Sprintf("Pages: %d then, %d now.", t.PagesThen, t.PagesNow),
	}
	for _, part := range []struct {
		count int
		text  string
	}{
		{t.PagedEarlier, "would be paged earlier"}, {t.PagedLater, "would be paged later"}, {t.Unpaged, "would page nobody any more"},
		{t.PagedElsewhere, "would page somebody else first"}, {t.Ignored, "would not be declared: a route ignores their alert"},
		{t.NotRun, "could not be run"},
	} {
		if part.count > 0 {
			lines = append(lines, fmt.Sprintf("%d %s.", part.count, part.text))
		}
	}
	if t.CommandsRefused > 0 {
		lines = append(lines, fmt.Sprintf("%d commands of people would not be possible any more.", t.CommandsRefused))
	}
	return lines
}

// WriteTable writes the report for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	if len(r.Differences) > 0 {
		fmt.Fprintln(t, strings.Join(headings, "\t"))
	}
	for _, d := range r.Differences {
		fmt.Fprintln(t, strings.Join(d.cells(), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	rows := strings.Split(strings.TrimRight(table.String(), "\n"), "\n")
	var b strings.Builder
	for i, row := range rows {
		if row == "" {
			continue
		}
		fmt.Fprintln(&b, strings.TrimRight(row, " "))
		if i > 0 {
			for _, line := range r.Differences[i-1].details() {
				fmt.Fprintln(&b, "    "+line)
			}
		}
	}
	if len(r.Differences) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintln(&b, strings.Join(r.Totals.lines(), "\n"))
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the report for a pull request.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## Incidents since %s, run again\n\n%s\n", r.Since.UTC().Format(time.DateOnly), strings.Join(r.Totals.lines(), " "))
	if len(r.Differences) > 0 {
		b.WriteString("\n|")
		for _, h := range headings {
			b.WriteString(" " + h[:1] + strings.ToLower(h[1:]) + " |")
		}
		b.WriteString("\n|" + strings.Repeat(" --- |", len(headings)) + "\n")
	}
	for _, d := range r.Differences {
		cells := d.cells()
		for len(cells) < len(headings) {
			cells = append(cells, "")
		}
		b.WriteString("|")
		for _, cell := range cells {
			b.WriteString(" " + escape(cell) + " |")
		}
		b.WriteString("\n")
	}
	for _, d := range r.Differences {
		if lines := d.details(); len(lines) > 0 {
			fmt.Fprintf(&b, "\n**%s** %s\n\n", d.Incident, escape(d.Title))
			for _, line := range lines {
				fmt.Fprintf(&b, "- %s\n", escape(line))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// escape keeps a text from being taken for Markdown.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", "[", `\[`).Replace(text)
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	if r.Differences == nil {
		r.Differences = []Difference{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
