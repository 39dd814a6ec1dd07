package workflows

import (
	"time"

	"muster/incident"

	"go.temporal.io/sdk/workflow"
)

const (
	// gatherFor is how long alerts are gathered once an incident has too many to remember
	// one by one: a storm of any length is a line a minute in the timeline. It counts from
	// when an alert was accepted, so that one which has to be sent again and again waits no
	// longer.
	gatherFor = time.Minute
	// alertsPerReport bounds what one event sums up, and with it how many items one write
	// to the journal settles.
	alertsPerReport = 20_000
	// itemsRemembered is how many items of the inbox are known again. One is sent twice if
	// Temporal's answer was lost, or the dispatcher died before it wrote that down; then it
	// is among the next.
	itemsRemembered = 5_000
	// gatheredCarried is how many gathered alerts the next run is handed as they are; more
	// are reported first. Each takes some 170 bytes of the 2 MiB that Temporal carries.
	gatheredCarried = 1_000
)

// AlertDelivery is an accepted alert on its way to its incident.
type AlertDelivery struct {
	// Item is the alert's place in the inbox, which is settled once the journal has it.
	Item  int64          `json:"item"`
	Alert incident.Alert `json:"alert"`
	// ReceivedAt is when it was accepted.
	ReceivedAt time.Time `json:"received_at,omitzero"`
}

// intake is what has arrived from the inbox and is not yet in the journal.
type intake struct {
	// recent are the items that arrived last, to know one again that is sent twice.
	recent []int64
	known  map[int64]bool
	// gathered are alerts that will be reported together at reportAt.
	gathered []AlertDelivery
	reportAt time.Time
	// reports say which events tell of which items.
	reports []report
}

// report says that the events from first to last tell of items. An item that tells
// nothing new is settled all the same, with whatever event comes before.
type report struct {
	first, last int
	items       []int64
}

// newIntake goes on from what was carried; reportAt is when gathered alerts are due.
func newIntake(c *Carried, reportAt time.Time) intake {
	in := intake{known: map[int64]bool{}, reportAt: reportAt}
	if c != nil {
		in.recent, in.gathered = c.Items, c.Gathered
	}
	for _, item := range in.recent {
		in.known[item] = true
	}
	return in
}

// fresh leaves out what has been sent before.
func (in *intake) fresh(batch []AlertDelivery) []AlertDelivery {
	var fresh []AlertDelivery
	for _, d := range batch {
		if in.known[d.Item] {
			continue
		}
		in.known[d.Item] = true
		in.recent = append(in.recent, d.Item)
		fresh = append(fresh, d)
	}
	if extra := len(in.recent) - itemsRemembered; extra > 0 {
		for _, item := range in.recent[:extra] {
			delete(in.known, item)
		}
		in.recent = append([]int64(nil), in.recent[extra:]...)
	}
	return fresh
}

// settledBy returns the items that the journal tells of once it has the events up to seq,
// within bounds, and how many reports they are from.
func (in *intake) settledBy(seq int) (items []int64, reports int) {
	for _, r := range in.reports {
		if r.last > seq || reports > 0 && len(items)+len(r.items) > alertsPerReport {
			break
		}
		items = append(items, r.items...)
		reports++
	}
	return items, reports
}

// receiveAlerts takes in what the dispatcher has sent. Each batch is as large as a signal
// may be, so that no event outgrows what the journal's activity can be handed.
func (r *response) receiveAlerts(ctx workflow.Context) {
	for {
		var batch []AlertDelivery
		if !r.alerts.ReceiveAsync(&batch) {
			break
		}
		batch = r.intake.fresh(batch)
		switch {
		case len(batch) == 0:
		case len(r.state.Alerts) < incident.MaxAlerts || r.state.Status.Ended():
			r.takeAlerts(ctx, batch)
		default:
			r.gather(ctx, batch)
		}
	}
	if len(r.intake.gathered) > 0 && !workflow.Now(ctx).Before(r.intake.reportAt) {
		r.takeGathered(ctx)
	}
}

// gather keeps alerts that will only be counted, without what nobody will read.
func (r *response) gather(ctx workflow.Context, batch []AlertDelivery) {
	if len(r.intake.gathered) == 0 {
		r.intake.reportAt = workflow.Now(ctx).Add(gatherFor)
	}
	for _, d := range batch {
		if due := d.ReceivedAt.Add(gatherFor); !d.ReceivedAt.IsZero() && due.Before(r.intake.reportAt) {
			r.intake.reportAt = due
		}
		d.Alert = d.Alert.Bare()
		r.intake.gathered = append(r.intake.gathered, d)
	}
}

// takeGathered reports what has been gathered.
func (r *response) takeGathered(ctx workflow.Context) {
	gathered := r.intake.gathered
	r.intake.gathered = nil
	for len(gathered) > 0 {
		n := min(len(gathered), alertsPerReport)
		r.takeAlerts(ctx, gathered[:n])
		gathered = gathered[n:]
	}
}

// takeAlerts reports alerts to the incident, or gives them back to the inbox where it has
// ended.
func (r *response) takeAlerts(ctx workflow.Context, batch []AlertDelivery) {
	alerts, items := make([]incident.Alert, len(batch)), make([]int64, len(batch))
	for i, d := range batch {
		alerts[i], items[i] = d.Alert, d.Item
	}
	if r.state.Status.Ended() {
		r.errand(ctx, func(ctx workflow.Context) error {
			ctx = forJournal(ctx, "Give back alerts that came after the end")
			return workflow.ExecuteActivity(ctx, ReturnAlertsActivity, r.state.ID, items).Get(ctx, nil)
		})
		return
	}
	first := r.state.Seq + 1
	r.tryDo(ctx, incident.Command{
		Incident: r.state.ID, Actor: incident.VendorActor(AlertActor(alerts[0])), Source: alerts[0].Source,
		Intent: incident.ReportAlerts{Alerts: alerts},
	})
	r.intake.reports = append(r.intake.reports, report{first: first, last: r.state.Seq, items: items})
	r.changes++
}
