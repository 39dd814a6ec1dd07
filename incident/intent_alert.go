package incident

// ReportAlerts brings alerts of the incident's group, firing and resolved. An
// occurrence resolves once, so their order does not matter within a report. What is
// known already changes nothing, and a resolved alert that was never seen firing is
// ignored, so reporting again is safe. An alert that fires on a resolved incident
// reopens it.
type ReportAlerts struct {
	Alerts []Alert `json:"alerts"`
}

// Name implements [Intent].
func (ReportAlerts) Name() string { return "report_alerts" }

func (i ReportAlerts) decide(s State, _ Command) ([]Fact, error) {
	var fired, resolved []Alert
	seen := with(s.Alerts)
	for _, a := range i.Alerts {
		if a.Firing() && findOccurrence(seen, a) < 0 {
			fired = append(fired, a)
			seen = append(seen, a)
		}
	}
	for _, a := range i.Alerts {
		if known := findOccurrence(seen, a); known >= 0 && !a.Firing() && seen[known].Firing() {
			resolved = append(resolved, a)
			seen[known].ResolvedAt = a.ResolvedAt
		}
	}
	var facts []Fact
	if len(fired) > 0 {
		facts = append(facts, AlertsFired{Alerts: fired})
		if s.Status == Resolved {
			facts = append(facts, IncidentReopened{Reason: "an alert fires again: " + fired[0].Name})
		}
	}
	if len(resolved) > 0 {
		facts = append(facts, AlertsResolved{Alerts: resolved})
	}
	if len(facts) > 0 && len(seen) > 0 && len((State{Alerts: seen}).Firing()) == 0 {
		facts = append(facts, AlertsCleared{Count: len(seen)})
	}
	return facts, nil
}
