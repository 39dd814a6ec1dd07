package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// MaxSaid is the most messages that one call of [Store.Transcript] returns.
const MaxSaid = 500

// Said is a message of an incident's channel, as it is now.
type Said struct {
	Incident incident.ID         `json:"incident"`
	Ref      incident.MessageRef `json:"ref"`
	// Thread is the id of the message that it answers; empty for one that stands by itself.
	Thread string `json:"thread,omitzero"`
	// Account is the id in the chat of who said it, By what people call them.
	Account string `json:"account,omitzero"`
	By      string `json:"by,omitzero"`
	// At is when it was said, kept to the microsecond.
	At time.Time `json:"at"`
	// Text is empty where the message was deleted, and so are the files.
	Text  string          `json:"text,omitzero"`
	Files []incident.File `json:"files,omitzero"`
	// Edited and Deleted say what became of it, and ChangedAt when; for a message that is as
	// it was said, it is when that was told.
	Edited    bool      `json:"edited,omitzero"`
	Deleted   bool      `json:"deleted,omitzero"`
	ChangedAt time.Time `json:"changed_at"`
}

// The stages of a message, in the order in which it goes through them.
const (
	stageSaid = iota
	stageEdited
	stageDeleted
)

func (s Said) stage() int64 {
	switch {
	case s.Deleted:
		return stageDeleted
	case s.Edited:
		return stageEdited
	}
	return stageSaid
}

func (s Said) check() error {
	switch {
	case s.Ref.ChannelID == "" || s.Ref.ID == "":
		return invalid("ref", "a message of a transcript needs its channel and its id")
	case s.At.IsZero() || s.ChangedAt.IsZero():
		return invalid("at", "the message %s has no time", s.Ref.ID)
	}
	return cmp.Or(storable("ref", s.Ref.ChannelID), storable("ref", s.Ref.ID), storable("ref", s.Ref.URL),
		storable("thread", s.Thread), storable("account", s.Account))
}

// KeepSaid keeps a message with its incident, or what became of it. It may be repeated, and
// come in any order: who said it, when and where stays as it was first told; an edit yields
// to later ones only, and a deletion is final, and leaves no text. Of an incident that the
// journal does not have, the error is a [NotFoundError].
//
// Subscribers hear of it as of a change ([Store.Subscribe]).
func (s *Store) KeepSaid(ctx context.Context, said Said) error {
	number, err := numberOf(said.Incident)
	if err == nil {
		err = said.check()
	}
	if err != nil {
		return err
	}
	params, err := said.params(number)
	if err != nil {
		return err
	}
	var change Change
	err = s.write(ctx, unlocked, func(q *queries.Queries) error {
		change = Change{}
		seq, err := q.IncidentSeq(ctx, number)
		if errors.Is(err, sql.ErrNoRows) {
			return &NotFoundError{What: "incident", Name: string(said.Incident)}
		}
		if err != nil {
			return err
		}
		kept, err := q.KeepSaid(ctx, params)
		if err != nil || kept == 0 {
			return err
		}
		change = Change{Incident: said.Incident, Seq: int(seq)}
		return s.backend.announce(ctx, q, change)
	})
	if err != nil {
		return fmt.Errorf("keep a message of %s: %w", said.Incident, err)
	}
	if change.Incident != "" {
		s.live.publish(change)
	}
	return nil
}

// params are the message as the database has it.
func (s Said) params(number int64) (queries.KeepSaidParams, error) {
	if s.Deleted {
		s.Text, s.Files = "", nil
	}
	files, err := json.Marshal(slices.Concat([]incident.File{}, s.Files))
	if err != nil {
		return queries.KeepSaidParams{}, err
	}
	return queries.KeepSaidParams{
		Channel: s.Ref.ChannelID, Message: s.Ref.ID, Incident: number, At: queries.At(s.At), Thread: s.Thread,
		Account: s.Account, Author: plain(s.By), Url: s.Ref.URL, Stage: s.stage(), ChangedAt: queries.At(s.ChangedAt),
		Files: plain(string(files)), Text: plain(s.Text),
	}, nil
}

// Transcript returns up to limit of the messages kept with an incident, the oldest first,
// those after the given one; the zero one begins with the oldest. A limit of 0 means
// [MaxSaid], which is also the most. A message to go on after that is not the incident's is
// an [incident.InvalidError]; an incident without a transcript, or that there is not, has
// none.
func (s *Store) Transcript(ctx context.Context, id incident.ID, after incident.MessageRef, limit int) ([]Said, error) {
	number, most, err := pageOfSaid(id, limit)
	if err != nil {
		return nil, err
	}
	params := queries.SaidAfterParams{Incident: number, Channel: after.ChannelID, Message: after.ID, Most: most}
	if after.ID == "" {
		params.At = queries.At(time.Unix(0, 0)) // before all there is
	} else {
		params.At, err = s.reading.SaidAt(ctx, queries.SaidAtParams{Channel: after.ChannelID, Message: after.ID, Incident: number})
		if errors.Is(err, sql.ErrNoRows) {
			return nil, invalid("after", "%s has no message %.40q in its transcript", id, after.ID)
		}
	}
	var rows []queries.Transcript
	if err == nil {
		rows, err = s.reading.SaidAfter(ctx, params)
	}
	return saidOf(id, rows, err)
}

// LastSaid returns up to limit of the messages kept with an incident, the newest ones, in
// the order in which they were said. A limit of 0 means [MaxSaid], which is also the most.
func (s *Store) LastSaid(ctx context.Context, id incident.ID, limit int) ([]Said, error) {
	number, most, err := pageOfSaid(id, limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.reading.SaidLast(ctx, queries.SaidLastParams{Incident: number, Most: most})
	slices.Reverse(rows)
	return saidOf(id, rows, err)
}

func pageOfSaid(id incident.ID, limit int) (number int64, most int32, err error) {
	if number, err = numberOf(id); err != nil {
		return 0, 0, err
	}
	if limit < 0 || limit > MaxSaid {
		return 0, 0, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxSaid, MaxSaid)
	}
	return number, int32(cmp.Or(limit, MaxSaid)), nil //nolint:gosec // checked above
}

func saidOf(id incident.ID, rows []queries.Transcript, err error) ([]Said, error) {
	said := make([]Said, len(rows))
	for i := 0; i < len(rows) && err == nil; i++ {
		said[i], err = rowOfSaid(rows[i])
	}
	if err != nil {
		return nil, fmt.Errorf("read the transcript of %s: %w", id, err)
	}
	return said, nil
}

func rowOfSaid(row queries.Transcript) (Said, error) {
	said := Said{
		Incident: incident.NewID(row.Incident), Ref: incident.MessageRef{ChannelID: row.Channel, ID: row.Message, URL: row.Url},
		Thread: row.Thread, Account: row.Account, By: row.Author, At: row.At.Time, Text: row.Text,
		Edited: row.Stage == stageEdited, Deleted: row.Stage == stageDeleted, ChangedAt: row.ChangedAt.Time,
	}
	if err := json.Unmarshal([]byte(row.Files), &said.Files); err != nil {
		return Said{}, fmt.Errorf("the files of the message %s: %w", row.Message, err)
	}
	if len(said.Files) == 0 {
		said.Files = nil
	}
	return said, nil
}
