package activities

import (
	"context"
	"fmt"

	"muster/incident"
)

// pagerSource is the source of events that the pager told of.
const pagerSource = "pagerduty"

// notePages writes something on the record of all the incident's pages that are open. What
// came from the pager does not go back there.
func (a *Activities) notePages(ctx context.Context, e call) (incident.Outcome, error) {
	if e.Work.On != nil && e.Work.On.Source == pagerSource {
		return incident.Outcome{Text: "it came from there"}, nil
	}
	return eachOpenPage(e, func(page incident.Page) error {
		return a.Pager.AddNote(ctx, page, e.key, e.text("text"))
	})
}

// setPagePriority gives all the incident's pages that are open the priority that is named
// like its severity.
func (a *Activities) setPagePriority(ctx context.Context, e call) (incident.Outcome, error) {
	name, found := string(e.Incident.Severity), false
	outcome, err := eachOpenPage(e, func(page incident.Page) error {
		has, err := a.Pager.SetPriority(ctx, page, name)
		found = found || has
		return err
	})
	switch {
	case err != nil:
		return incident.Outcome{}, err
	case found:
		outcome.Output = map[string]any{"priority": name}
	case outcome.Text == "":
		outcome.Text, outcome.Output = fmt.Sprintf("PagerDuty has no priority %s", name), map[string]any{"priority": ""}
	default:
		outcome.Output = map[string]any{"priority": ""}
	}
	return outcome, nil
}

// eachOpenPage does something to all the incident's pages that are open. What fails for one
// is done for the others all the same.
func eachOpenPage(e call, do func(incident.Page) error) (incident.Outcome, error) {
	pages := openPages(e.Incident)
	if len(pages) == 0 {
		return incident.Outcome{Text: "no page is open"}, nil
	}
	var failure error
	for _, page := range pages {
		if err := vendorError(do(page)); err != nil && (failure == nil || !isFinal(err)) {
			failure = err
		}
	}
	return incident.Outcome{}, failure
}
