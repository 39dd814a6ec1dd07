package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

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
//
// The digest stands for what the incident is declared with: a key that comes again
// with another digest is a [KeyReusedError]. An empty digest stands for anything.
func (s *Store) NewIncident(ctx context.Context, key, digest string) (id incident.ID, fresh bool, err error) {
	if err := cmp.Or(storable("key", key), storable("digest", digest)); err != nil {
		return "", false, err
	}
	err = s.write(ctx, keyLock(key), func(q *queries.Queries) error {
		id, fresh = "", false
		if key != "" {
			known, err := q.IncidentByKey(ctx, key)
			if err == nil {
				id = incident.NewID(known.Incident)
				if digest != "" && known.Digest != "" && digest != known.Digest {
					return &KeyReusedError{Key: key, Incident: id}
				}
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
		return q.SaveIncidentKey(ctx, queries.SaveIncidentKeyParams{Key: key, Incident: number, Digest: digest})
	})
	if err != nil {
		return "", false, fmt.Errorf("reserve an incident's number: %w", err)
	}
	return id, fresh, nil
}

// Finish marks that the workflow of an incident has done all it had to do. It may be
// repeated; nothing takes the mark away. An incident that is not in the journal is a
// [NotFoundError], a life that has been superseded a [SupersededError].
func (s *Store) Finish(ctx context.Context, id incident.ID, life int) error {
	number, err := numberOf(id)
	if err != nil {
		return err
	}
	now := queries.At(time.Now())
	err = s.write(ctx, incidentLock(number), func(q *queries.Queries) error {
		if err := requireLife(ctx, q, id, life); err != nil {
			return err
		}
		changed, err := q.FinishIncident(ctx, queries.FinishIncidentParams{Number: number, Now: now})
		if err != nil || changed > 0 {
			return err
		}
		return requireDeclared(ctx, q, number)
	})
	if err != nil {
		return fmt.Errorf("mark that %s is finished: %w", id, err)
	}
	return nil
}

// MaxUnfinished is the most incidents that one call of [Store.Unfinished] returns.
const MaxUnfinished = 1000

// Unfinished returns up to limit incidents of the journal that are not marked as
// finished ([Store.Finish]), by ascending number, those after the given id; an empty
// one begins with the first. A limit of 0 means [MaxUnfinished], which is also the
// most.
func (s *Store) Unfinished(ctx context.Context, after incident.ID, limit int) ([]incident.ID, error) {
	if limit < 0 || limit > MaxUnfinished {
		return nil, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxUnfinished, MaxUnfinished)
	}
	number := int64(0)
	if after != "" {
		var err error
		if number, err = numberOf(after); err != nil {
			return nil, err
		}
	}
	numbers, err := s.reading.UnfinishedIncidents(ctx, queries.UnfinishedIncidentsParams{
		After: number, Most: int32(cmp.Or(limit, MaxUnfinished)), //nolint:gosec // checked above
	})
	if err != nil {
		return nil, fmt.Errorf("read which incidents are unfinished: %w", err)
	}
	ids := make([]incident.ID, len(numbers))
	for i, number := range numbers {
		ids[i] = incident.NewID(number)
	}
	return ids, nil
}

// requireDeclared makes an incident that the journal does not have a [NotFoundError].
func requireDeclared(ctx context.Context, q *queries.Queries, number int64) error {
	_, err := q.IncidentStanding(ctx, number)
	if errors.Is(err, sql.ErrNoRows) {
		return &NotFoundError{What: "incident", Name: string(incident.NewID(number))}
	}
	return err
}

// OpenFollowup is a follow-up with its incident.
type OpenFollowup struct {
	Incident incident.ID
	Followup incident.Followup
}

// OpenFollowups returns the follow-ups that have a ticket and are not done, of all
// incidents that are not finished ([Store.Finish]), by incident and in the order in which they were added.
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

// IncidentOfChannel returns the incident that a channel of the chat was opened for, by the
// channel's id. Should there be several, it is the newest that has not ended, what is real
// before an exercise, or else the newest. An exercise takes place in a channel that was there before, and has it no more once
// it has ended. A channel that is no incident's is a [NotFoundError].
func (s *Store) IncidentOfChannel(ctx context.Context, channelID string) (incident.ID, error) {
	if err := storable("channel", channelID); err != nil {
		return "", err
	}
	number, err := s.reading.IncidentOfChannel(ctx, channelID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", &NotFoundError{What: "incident with the channel", Name: channelID}
	case err != nil:
		return "", fmt.Errorf("look up the channel %s: %w", channelID, err)
	}
	return incident.NewID(number), nil
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
	return decodeState([]byte(text))
}

func decodeState(text []byte) (incident.State, error) {
	var state incident.State
	if err := json.Unmarshal(text, &state); err != nil {
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
		Status: string(after.Status), Severity: plain(string(after.Severity)), Service: plain(after.Service.Name),
		Title: plain(after.Title), Commander: plain(commander(after)),
		DeclaredAt: queries.At(after.DeclaredAt), AcknowledgedAt: queries.At(after.FirstAcknowledgedAt),
		MitigatedAt: queries.At(after.MitigatedAt), ResolvedAt: queries.At(after.ResolvedAt),
		ClosedAt: queries.At(closedAt(after)), EndedAt: queries.At(after.EndedAt), ChangedAt: queries.At(time.Now()),
		MergedInto: nullable(after.MergedInto.Number()), Search: plain(searchText(after)), State: string(text), Exercise: after.Exercise != nil,
		ChannelID: plain(after.Channel.ID),
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
			Incident: number, Position: int64(i), ID: plain(f.ID), Title: plain(f.Title), Owner: plain(f.Owner), DueAt: queries.At(f.Due),
			TicketKey: plain(f.Ticket.Key), Status: plain(f.Ticket.Status), Url: plain(f.Ticket.URL), Done: f.Done, Data: string(data),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// commander is who leads the response, empty while nobody does.
func commander(s incident.State) string {
	for _, role := range s.Roles {
		if role.ID == "commander" {
			return role.Holder
		}
	}
	return ""
}

// closedAt is when an incident was closed, zero for one that is open or ended otherwise.
func closedAt(s incident.State) time.Time {
	if s.Status != incident.Closed {
		return time.Time{}
	}
	return s.EndedAt
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
	for _, t := range s.Crowd {
		if !named[t.Name] {
			lines = append(lines, t.Name)
		}
	}
	return strings.ToLower(strings.Join(lines, "\n"))
}
