package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"muster/incident"
	"muster/store/internal/queries"
)

// Incident returns the incident as it stands now. One that is not in the journal,
// be its number reserved or not, is a [NotFoundError].
func (s *Store) Incident(ctx context.Context, id incident.ID) (incident.State, error) {
	if _, err := numberOf(id); err != nil {
		return incident.State{}, err
	}
	state, err := stateOf(ctx, s.reading, id)
	if err != nil {
		return incident.State{}, fmt.Errorf("read %s: %w", id, err)
	}
	if !state.Declared() {
		return incident.State{}, &NotFoundError{What: "incident", Name: string(id)}
	}
	return state, nil
}

// NewIncident reserves the number of a new incident. The same key always answers the
// same id, with fresh false from the second time on; an empty key always reserves a
// new one. Reserving is not declaring: the incident exists once its first event is
// appended. A key that is not UTF-8 is an [incident.InvalidError].
func (s *Store) NewIncident(ctx context.Context, key string) (id incident.ID, fresh bool, err error) {
	if err := storable("key", key); err != nil {
		return "", false, err
	}
	err = s.write(ctx, func(q *queries.Queries) error {
		if key != "" {
			number, err := q.IncidentByKey(ctx, key)
			if err == nil {
				id = incident.NewID(number)
				return nil
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
		}
		number, err := q.NextNumber(ctx)
		if err != nil {
			return err
		}
		id, fresh = incident.NewID(number), true
		if key == "" {
			return nil
		}
		return q.SaveIncidentKey(ctx, queries.SaveIncidentKeyParams{Key: key, Incident: number})
	})
	if err != nil {
		return "", false, fmt.Errorf("reserve an incident's number: %w", err)
	}
	return id, fresh, nil
}

// OpenFollowup is a follow-up with its incident.
type OpenFollowup struct {
	Incident incident.ID
	Followup incident.Followup
}

// OpenFollowups returns the follow-ups that have a ticket and are not done, of all
// incidents that have not ended, by incident and in the order in which they were added.
func (s *Store) OpenFollowups(ctx context.Context) ([]OpenFollowup, error) {
	rows, err := s.reading.OpenFollowups(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the open follow-ups: %w", err)
	}
	open := make([]OpenFollowup, len(rows))
	for i, row := range rows {
		open[i].Incident = incident.NewID(row.Incident)
		if err := json.Unmarshal([]byte(row.Data), &open[i].Followup); err != nil {
			return nil, fmt.Errorf("read a follow-up of %s: %w", open[i].Incident, err)
		}
	}
	return open, nil
}

// FollowupByTicket returns the incident and the follow-up's id that a ticket belongs
// to, given the tracker's key ("PAY-7"). A ticket that is no follow-up's is a
// [NotFoundError], one that is not UTF-8 an [incident.InvalidError]. Should several
// incidents claim it, the newest has it.
func (s *Store) FollowupByTicket(ctx context.Context, ticketKey string) (incident.ID, string, error) {
	if err := storable("ticket", ticketKey); err != nil {
		return "", "", err
	}
	row, err := s.reading.FollowupByTicket(ctx, ticketKey)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", "", &NotFoundError{What: "follow-up with the ticket", Name: ticketKey}
	case err != nil:
		return "", "", fmt.Errorf("look up the ticket %s: %w", ticketKey, err)
	}
	return incident.NewID(row.Incident), row.ID, nil
}

// stateOf returns the stored state, or the zero State when there is none.
func stateOf(ctx context.Context, q *queries.Queries, id incident.ID) (incident.State, error) {
	text, err := q.IncidentState(ctx, id.Number())
	if errors.Is(err, sql.ErrNoRows) {
		return incident.State{}, nil
	}
	if err != nil {
		return incident.State{}, err
	}
	return decodeState(text)
}

func decodeState(text string) (incident.State, error) {
	var state incident.State
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return incident.State{}, fmt.Errorf("the stored state is not readable: %w", err)
	}
	return state, nil
}

// saveState writes what changed from one state to the next into the read model.
func saveState(ctx context.Context, q *queries.Queries, before, after incident.State) error {
	text, err := json.Marshal(after)
	if err != nil {
		return err
	}
	number := after.ID.Number()
	err = q.SaveIncident(ctx, queries.SaveIncidentParams{
		Number: number, Seq: int64(after.Seq),
		Status: string(after.Status), Severity: string(after.Severity), Service: after.Service.Name,
		DeclaredAt: queries.At(after.DeclaredAt), ResolvedAt: queries.At(after.ResolvedAt), EndedAt: queries.At(after.EndedAt),
		MergedInto: nullable(after.MergedInto.Number()), Search: searchText(after), State: string(text),
	})
	if err != nil {
		return err
	}
	for i, f := range after.Followups {
		if i < len(before.Followups) && f == before.Followups[i] {
			continue
		}
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		err = q.SaveFollowup(ctx, queries.SaveFollowupParams{
			Incident: number, Position: int64(i), ID: f.ID, TicketKey: f.Ticket.Key, Done: f.Done, Data: string(data),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// searchText is what searches look at, in lower case: the id, title, summary and the
// names of the alerts.
func searchText(s incident.State) string {
	lines := []string{string(s.ID), s.Title, s.Summary}
	named := map[string]bool{}
	for _, a := range s.Alerts {
		if !named[a.Name] {
			named[a.Name] = true
			lines = append(lines, a.Name)
		}
	}
	return strings.ToLower(strings.Join(lines, "\n"))
}
