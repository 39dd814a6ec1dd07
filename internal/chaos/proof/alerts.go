package proof

import (
	"time"

	"muster/incident"
	"muster/internal/chaos/client"
	"muster/internal/chaos/ledger"
)

// occurrence makes reports of the same firing of the same alert one. Times are compared as
// moments, whatever zone they are written in.
type occurrence struct {
	fingerprint string
	at          int64
}

func occurrenceOf(fingerprint string, startsAt time.Time) occurrence {
	return occurrence{fingerprint, startsAt.UnixNano()}
}

func taken(a ledger.Alert) occurrence { return occurrenceOf(a.Fingerprint, a.StartsAt) }

// checkAlerts looks for each alert in three places: among the reports that the API lists
// of each incident, where it must be once; in the journals, which must tell of as many
// alerts as their incidents have reports, and of none twice; and in the API's view, where
// it must be in one incident that has not passed its alerts on by being merged. What an
// incident only counts, because there are so many, is judged by its count.
func checkAlerts(e *Evidence, f *finding) {
	reported := map[occurrence][]incident.ID{}
	each(e.Reports, func(id incident.ID, reports []client.Alert) {
		for _, a := range reports {
			if a.Status == "firing" {
				key := occurrenceOf(a.Fingerprint, a.StartsAt)
				reported[key] = append(reported[key], id)
			}
		}
	})
	shown := e.shown()
	known := map[occurrence]bool{}
	for _, a := range e.Ledger.Alerts {
		f.saw(1)
		key := taken(a)
		known[key] = true
		homes := reported[key]
		if len(homes) != 1 {
			f.violated("alert %s of case %d, since %s: expected its report in one incident, found it in %d: %s",
				a.Fingerprint, a.Case, a.StartsAt.Format(time.DateTime), len(homes), some(homes))
			continue
		}
		if in := shown[key]; len(in) != 1 && len(incident.Fold(e.Journals[e.survivor(homes[0])]).Crowd) == 0 {
			f.violated("alert %s of case %d, since %s, was reported to %s: expected the API to show it in one incident that was not merged, found it in %d: %s",
				a.Fingerprint, a.Case, a.StartsAt.Format(time.DateTime), homes[0], len(in), some(in))
		}
	}
	for key, homes := range reported {
		if !known[key] {
			f.violated("alert %s was reported to %s, and nobody has sent it", key.fingerprint, some(homes))
		}
	}
	e.checkFired(f)
}

// shown are the incidents that the API shows each alert in, those that were merged left
// out.
func (e *Evidence) shown() map[occurrence][]incident.ID {
	shown := map[occurrence][]incident.ID{}
	each(e.Viewed, func(id incident.ID, view client.Incident) {
		if view.Status == incident.Merged {
			return
		}
		for _, a := range view.Alerts {
			key := occurrenceOf(a.Fingerprint, a.StartsAt)
			shown[key] = append(shown[key], id)
		}
	})
	return shown
}

// checkFired compares each journal's alerts with the reports of its incident, and with the
// API's count.
func (e *Evidence) checkFired(f *finding) {
	fired := map[occurrence]incident.ID{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		count := 0
		for _, fact := range incident.Facts[incident.AlertsFired](journal) {
			for _, a := range fact.Alerts {
				count++
				key := occurrenceOf(a.Fingerprint, a.StartsAt)
				if before, twice := fired[key]; twice {
					f.violated("alert %s fires twice, on the timelines of %s and %s", a.Fingerprint, before, id)
				}
				fired[key] = id
			}
			for _, n := range fact.Crowd {
				count += n
			}
		}
		if want := firing(e.Reports[id]); count != want {
			f.violated("%s has %d reports of alerts that fire, and its timeline tells of %d", id, want, count)
		}
		if want, have := incident.Fold(journal).AlertCount(), e.Viewed[id].AlertCount; want != have {
			f.violated("%s: expected %d alerts by its journal, the API counts %d", id, want, have)
		}
	})
}

// firing counts the reports of alerts that fire.
func firing(reports []client.Alert) int {
	n := 0
	for _, a := range reports {
		if a.Status == "firing" {
			n++
		}
	}
	return n
}

// survivor is the incident that an incident's alerts ended up in.
func (e *Evidence) survivor(id incident.ID) incident.ID {
	for range len(e.Viewed) {
		view := e.Viewed[id]
		if view.Status != incident.Merged {
			break
		}
		id = view.MergedInto
	}
	return id
}

// checkResolvedAlerts leaves out incidents that have ended: news of an alert that comes
// after the end changes nothing any more.
func checkResolvedAlerts(e *Evidence, f *finding) {
	still := map[occurrence]incident.ID{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		state := incident.Fold(journal)
		if state.Status.Ended() {
			return
		}
		for _, a := range state.Firing() {
			still[occurrenceOf(a.Fingerprint, a.StartsAt)] = id
		}
		if len(state.Crowd) > 0 && len(state.Absorbed) == 0 {
			reports := e.Reports[id]
			if want := 2*firing(reports) - len(reports); state.AlertsFiring() != want {
				f.violated("%s: by its reports %d alerts fire, by its timeline %d", id, want, state.AlertsFiring())
			}
		}
	})
	for _, a := range e.Ledger.Alerts {
		if !a.Resolved {
			continue
		}
		f.saw(1)
		if id, fires := still[taken(a)]; fires {
			f.violated("alert %s of case %d: its end was answered 202, and it still fires in %s", a.Fingerprint, a.Case, id)
		}
	}
}
