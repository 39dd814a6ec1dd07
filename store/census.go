package store

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// Census counts what is open, for metrics. Exercises count in nothing.
type Census struct {
	// Incidents are those that have not ended, by status and severity, without those of
	// which there is none.
	Incidents []IncidentCount
	// OpenFollowups are the follow-ups that are not done, filed or not, of incidents that are
	// not finished ([Store.Finish]); OverdueFollowups those of them whose day is over
	// ([incident.Followup.Overdue]).
	OpenFollowups, OverdueFollowups int
}

// IncidentCount is how many incidents have this status and severity.
type IncidentCount struct {
	Status   incident.Status
	Severity incident.Severity
	Count    int
}

// Census counts what is open. It reads what is open and nothing else.
func (s *Store) Census(ctx context.Context) (Census, error) {
	rows, err := s.reading.OpenIncidents(ctx)
	if err != nil {
		return Census{}, fmt.Errorf("count the open incidents: %w", explained(s.backend, err))
	}
	followups, err := s.reading.CountFollowups(ctx, queries.At(time.Now().AddDate(0, 0, -1)))
	if err != nil {
		return Census{}, fmt.Errorf("count the open follow-ups: %w", explained(s.backend, err))
	}
	census := Census{OpenFollowups: int(followups.Open), OverdueFollowups: int(followups.Overdue)}
	for _, row := range rows {
		census.Incidents = append(census.Incidents, IncidentCount{
			Status: incident.Status(row.Status), Severity: incident.Severity(row.Severity), Count: int(row.Incidents),
		})
	}
	return census, nil
}
