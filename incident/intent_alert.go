package incident

// ReportAlerts brings alerts of the incident's group, firing and resolved. An
// occurrence resolves once, so their order does not matter within a report. What is
// known already changes nothing, and a resolved alert that was never seen firing is
// ignored. An alert that fires on a resolved incident reopens it.
//
// Reporting again is safe for what the incident remembers one by one. Alerts beyond
// [MaxAlerts] are only counted: whoever reports must report each of them once.
type ReportAlerts struct {
	Alerts []Alert `json:"alerts"`
}

// Name implements [Intent].
func (ReportAlerts) Name() string { return "report_alerts" }

func (i ReportAlerts) decide(s State, _ Command) ([]Fact, error) {
	r := newAlertReport(s)
	for _, a := range i.Alerts {
		if a.Firing() {
			r.fire(a)
		}
	}
	for _, a := range i.Alerts {
		if !a.Firing() {
			r.resolve(a)
		}
	}
	return r.facts(), nil
}

// alertReport sorts out what a report says that the incident does not know.
type alertReport struct {
	state State
	index map[occurrence]int
	seen  []Alert
	crowd Crowd

	fired, resolved AlertsFired
}

func newAlertReport(s State) *alertReport {
	return &alertReport{state: s, index: occurrences(s.Alerts), seen: with(s.Alerts), crowd: s.Crowd}
}

func (r *alertReport) fire(a Alert) {
	key := occurrenceOf(a)
	if _, known := r.index[key]; known {
		return
	}
	if len(r.seen) >= MaxAlerts {
		name := r.crowd.named(a.Name)
		r.crowd = r.crowd.joined(name, 1, 0)
		count(&r.fired.Crowd, name)
		return
	}
	r.index[key] = len(r.seen)
	r.seen = append(r.seen, a)
	r.fired.Alerts = append(r.fired.Alerts, a)
}

func (r *alertReport) resolve(a Alert) {
	if i, known := r.index[occurrenceOf(a)]; known {
		if r.seen[i].Firing() {
			r.seen[i].ResolvedAt = a.ResolvedAt
			r.resolved.Alerts = append(r.resolved.Alerts, a)
		}
		return
	}
	name := r.crowd.named(a.Name)
	for _, t := range r.crowd {
		if t.Name == name && t.Firing() > 0 {
			r.crowd = r.crowd.joined(name, 0, 1)
			count(&r.resolved.Crowd, name)
		}
	}
}

func (r *alertReport) facts() []Fact {
	var facts []Fact
	if len(r.fired.Alerts)+len(r.fired.Crowd) > 0 {
		facts = append(facts, r.fired)
		if r.state.Status == Resolved {
			facts = append(facts, IncidentReopened{Reason: "an alert fires again: " + r.firstName()})
		}
	}
	if len(r.resolved.Alerts)+len(r.resolved.Crowd) > 0 {
		facts = append(facts, AlertsResolved(r.resolved))
	}
	after := State{Alerts: r.seen, Crowd: r.crowd}
	if len(facts) > 0 && after.AlertsFiring() == 0 {
		facts = append(facts, AlertsCleared{Count: after.AlertCount()})
	}
	return facts
}

// firstName names one of the alerts that fire.
func (r *alertReport) firstName() string {
	if len(r.fired.Alerts) > 0 {
		return r.fired.Alerts[0].Name
	}
	for _, t := range r.crowd {
		if r.fired.Crowd[t.Name] > 0 {
			return t.Name
		}
	}
	return OtherAlerts
}

func count(counts *map[string]int, name string) {
	if *counts == nil {
		*counts = map[string]int{}
	}
	(*counts)[name]++
}
