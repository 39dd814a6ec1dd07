package activities

import (
	"context"
	"errors"
	"fmt"

	"muster/incident"

	"go.temporal.io/sdk/activity"
)

// pagerSource is the source of events that the pager told of.
const pagerSource = "pagerduty"

// notePages writes something on the record of all the incident's pages that are open. What
// came from the pager does not go back there.
func (a *Activities) notePages(ctx context.Context, e call) (incident.Outcome, error) {
	if e.Work.On != nil && e.Work.On.Source == pagerSource {
		return idle("it came from there", nil), nil
	}
	return eachOpenPage(ctx, e, func(page incident.Page) error {
		return a.Pager.AddNote(ctx, page, e.key, e.text("text"))
	})
}

// setPagePriority gives all the incident's pages that are open the priority that is named
// like its severity.
func (a *Activities) setPagePriority(ctx context.Context, e call) (incident.Outcome, error) {
	name, found := string(e.Incident.Severity), false
	outcome, err := eachOpenPage(ctx, e, func(page incident.Page) error {
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

// pagerHasTime is the attempt by which the pager has made something of a page that it will
// ever make something of: some four seconds after the first.
const pagerHasTime = 4

// missing says that the pager has nothing of a page, although it has had the time.
func missing(ctx context.Context, err error) bool {
	var absent interface{ Missing() bool }
	return errors.As(err, &absent) && absent.Missing() && activity.IsActivity(ctx) && activity.GetInfo(ctx).Attempt >= pagerHasTime
}

// eachOpenPage does something to all the incident's pages that are open. What fails for one
// is done for the others all the same. Pages that the pager has nothing of are left out:
// people can do nothing about that, and would hear of it with every note.
func eachOpenPage(ctx context.Context, e call, do func(incident.Page) error) (incident.Outcome, error) {
	pages := openPages(e.Incident)
	if len(pages) == 0 {
		return idle("no page is open", nil), nil
	}
	var failure error
	left := 0
	for _, page := range pages {
		err := do(page)
		if missing(ctx, err) {
			left++
			continue
		}
		if err := vendorError(err); err != nil && (failure == nil || !isFinal(err)) {
			failure = err
		}
	}
	if failure != nil || left == 0 {
		return incident.Outcome{}, failure
	}
	return incident.Outcome{Text: fmt.Sprintf("the pager has nothing of %d of %d pages", left, len(pages))}, nil
}
