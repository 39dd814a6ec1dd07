package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"muster/incident"
	"muster/store/internal/queries"
)

// ErrNotEmpty says that records can only be loaded into a database that holds nothing.
var ErrNotEmpty = errors.New("the database is not empty")

// Load takes over everything that [Store.Dump] has handed over, together with the id of the
// installation it was, into a database that holds nothing; otherwise the error is
// [ErrNotEmpty]. The read model is folded anew. It is one transaction, which commits when next
// returns [io.EOF]; with any other error of next, or a record that cannot be, nothing
// has changed. Records must come in the order of Dump.
//
// Nobody else may use the database meanwhile, and the Store must be closed and opened again
// afterwards, so that it knows who it is.
func (s *Store) Load(ctx context.Context, installation string, next func() (Record, error)) error {
	if len(installation) != installationDigits {
		return invalid("installation", "%q is not the id of an installation, which has %d hexadecimal digits", installation, installationDigits)
	}
	return s.writeTx(ctx, func(tx *sql.Tx, q *queries.Queries) error {
		found, err := q.Occupancy(ctx)
		if err != nil {
			return err
		}
		if found.LastIncident > 0 || found.HasEvents || found.HasItems || found.HasKeys || found.HasGroups || found.HasSaid || found.HasFollows {
			return ErrNotEmpty
		}
		l := load{q: q, installation: installation}
		for {
			record, err := next()
			if errors.Is(err, io.EOF) {
				if err := l.end(ctx); err != nil {
					return err
				}
				return s.backend.raiseItems(ctx, tx, l.counters.LastItem)
			}
			if err == nil {
				err = l.take(ctx, record)
			}
			if err != nil {
				return err
			}
		}
	})
}

// installationDigits is the length of an installation's id.
const installationDigits = 8

type load struct {
	q            *queries.Queries
	installation string
	counters     *Counters
	// state is the incident whose journal came last, folded so far; open says that more of
	// it may come.
	state incident.State
	open  bool
	// items is the id of the item that came last.
	items int64
}

func (l *load) take(ctx context.Context, record Record) error {
	if r, ok := record.(JournalEntry); ok {
		return l.entry(ctx, r)
	}
	if err := l.endJournal(ctx); err != nil {
		return err
	}
	switch r := record.(type) {
	case Counters:
		if l.counters != nil {
			return invalid("counters", "the counters come twice")
		}
		l.counters = &r
		return l.q.AdoptInstallation(ctx, queries.AdoptInstallationParams{ID: l.installation, LastIncident: r.LastIncident})
	case ReservedKey:
		number, err := l.given(r.Incident)
		if err != nil {
			return err
		}
		return l.q.SaveIncidentKey(ctx, queries.SaveIncidentKeyParams{Key: r.Key, Incident: number, Digest: r.Digest})
	case CurrentLife:
		number, err := l.given(r.Incident)
		if err != nil {
			return err
		}
		return l.q.AddLife(ctx, queries.AddLifeParams{Incident: number, Life: int64(r.Life)})
	case FinishedMark:
		number, err := l.given(r.Incident)
		if err != nil {
			return err
		}
		marked, err := l.q.FinishIncident(ctx, queries.FinishIncidentParams{Number: number, Now: queries.At(r.At)})
		if err == nil && marked == 0 {
			err = invalid("finished", "%s is finished, and has no events or is finished twice", r.Incident)
		}
		return err
	case GroupRoute:
		number, err := l.given(r.Incident)
		if err != nil {
			return err
		}
		return l.q.BindGroup(ctx, queries.BindGroupParams{Source: r.Source, GroupKey: r.Group, Incident: number})
	case InboxEntry:
		return l.item(ctx, r)
	case Said:
		return l.said(ctx, r)
	case Follow:
		if err := r.check(); err != nil {
			return err
		}
		return l.q.Follow(ctx, r.params())
	default:
		return fmt.Errorf("a record of the type %T cannot be loaded", record)
	}
}

// given returns the number of an incident, which must have been given out.
func (l *load) given(id incident.ID) (int64, error) {
	number, err := numberOf(id)
	if err != nil {
		return 0, err
	}
	if l.counters == nil || number > l.counters.LastIncident {
		return 0, invalid("incident", "the number of %s is above the last one that the counters say was given out", id)
	}
	return number, nil
}

func (l *load) entry(ctx context.Context, r JournalEntry) error {
	number, err := l.given(r.Incident)
	if err != nil {
		return err
	}
	if !l.open || r.Incident != l.state.ID {
		if number <= l.state.ID.Number() {
			return invalid("incident", "an event of %s comes behind all those of %s; incidents must be in order and in one piece", r.Incident, l.state.ID)
		}
		if err := l.endJournal(ctx); err != nil {
			return err
		}
		l.state, l.open = incident.State{}, true
	}
	if r.Seq != l.state.Seq+1 {
		return &GapError{Incident: r.Incident, Want: l.state.Seq + 1, Got: r.Seq}
	}
	fact, err := incident.DecodeFact(r.Kind, r.Data)
	if err != nil {
		return fmt.Errorf("event %s/%d: %w", r.Incident, r.Seq, err)
	}
	if _, declares := fact.(incident.IncidentDeclared); r.Seq == 1 && !declares {
		return invalid("events", "the journal of %s must begin with its declaration, not with %q", r.Incident, r.Kind)
	}
	if r.Kind == "" || r.At.IsZero() || !utf8.Valid(r.Data) {
		return invalid("events", "event %d of %s has no kind, no time, or is not in UTF-8", r.Seq, r.Incident)
	}
	at := queries.At(r.At)
	l.state = incident.Apply(l.state, incident.Event{
		Incident: r.Incident, Seq: r.Seq, At: at.Time, Actor: r.Actor, Source: r.Source, Cause: r.Cause, Fact: fact,
	})
	return l.q.InsertEvent(ctx, queries.InsertEventParams{
		Incident: number, Seq: int64(r.Seq), At: at, Kind: string(r.Kind),
		ActorKind: string(r.Actor.Kind), ActorName: r.Actor.Name, Source: r.Source, Cause: r.Cause, Data: string(r.Data),
	})
}

// endJournal writes the read model of the incident whose journal is complete.
func (l *load) endJournal(ctx context.Context) error {
	if !l.open {
		return nil
	}
	l.open = false
	return saveState(ctx, l.q, incident.State{}, l.state)
}

func (l *load) item(ctx context.Context, r InboxEntry) error {
	item := Item{Kind: r.Kind, Source: r.Source, Subject: r.Subject, Key: r.Key, ReceivedAt: r.ReceivedAt, Body: r.Body}
	if err := cmp.Or(item.check(), storable("reason", r.Reason)); err != nil {
		return fmt.Errorf("item %d of the inbox: %w", r.ID, err)
	}
	if r.ID <= l.items || l.counters == nil || r.ID > l.counters.LastItem {
		return invalid("id", "item %d of the inbox is out of order, or above the last one that the counters say was given out", r.ID)
	}
	l.items = r.ID
	return l.q.AddItem(ctx, queries.AddItemParams{
		ID: r.ID, Kind: r.Kind, Source: r.Source, Subject: r.Subject, Key: r.Key,
		ReceivedAt: queries.At(r.ReceivedAt), SeenAt: queries.At(r.SeenAt), SentAt: queries.At(r.SentAt), SettledAt: queries.At(r.SettledAt),
		Incident: nullable(r.Incident.Number()), ReturnedFrom: nullable(r.ReturnedFrom.Number()),
		Recorded: r.Recorded, Reason: r.Reason, Trace: r.Trace, Body: string(r.Body),
	})
}

func (l *load) said(ctx context.Context, r Said) error {
	number, err := l.given(r.Incident)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return err
	}
	params, err := r.params(number)
	if err != nil {
		return err
	}
	_, err = l.q.KeepSaid(ctx, params)
	return err
}

func (l *load) end(ctx context.Context) error {
	if err := l.endJournal(ctx); err != nil {
		return err
	}
	if l.counters == nil {
		return invalid("counters", "the counters are missing")
	}
	return nil
}

// writeTx is [Store.write] for what takes many statements, and is tried once only.
func (s *Store) writeTx(ctx context.Context, fn func(*sql.Tx, *queries.Queries) error) error {
	tx, err := s.backend.begin(ctx, unlocked)
	if err == nil {
		if err = within(ctx, tx, func(q *queries.Queries) error { return fn(tx, q) }); err == nil {
			err = tx.Commit()
		} else {
			// As in transact.
			_ = tx.Rollback()
		}
	}
	s.backend.wrote(ctx, err)
	return explained(s.backend, err)
}

// within prepares the statements for one transaction. Those of the Store would be taken
// over into it one by one, each time that one is used, and kept until it ends: many
// thousand times that takes much memory.
func within(ctx context.Context, tx *sql.Tx, fn func(*queries.Queries) error) error {
	q, err := queries.Prepare(ctx, tx)
	if err != nil {
		return err
	}
	if err := fn(q); err != nil {
		// They end with the transaction, if it has not failed already.
		_ = q.Close()
		return err
	}
	return q.Close()
}
