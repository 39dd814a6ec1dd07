package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"muster/store/internal/queries"
)

// Subject is what items of the inbox are about: those of one subject are handed on in the
// order of their arrival, those of different subjects have nothing to do with each other.
type Subject struct {
	// Kind is that of the items: [KindAlert].
	Kind string
	// Source is the system it came from: "alertmanager".
	Source string
	// Key is the items' Subject: the group key of alerts, the key of a ticket, a channel.
	Key string
}

// MaxSubjects is the most subjects that one call of [Store.Subjects] returns.
const MaxSubjects = 10_000

// Subjects returns up to limit subjects that have pending items, those first whose oldest
// item arrived first, and where to go on: after is what the page before returned as next, 0
// for the first. It costs a lookup for each subject that there is, however many items they
// have. A limit of 0 means [MaxSubjects], which is also the most.
func (s *Store) Subjects(ctx context.Context, after int64, limit int) (subjects []Subject, next int64, err error) {
	if limit < 0 || limit > MaxSubjects {
		return nil, 0, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxSubjects, MaxSubjects)
	}
	if limit == 0 {
		limit = MaxSubjects
	}
	rows, err := s.reading.PendingSubjects(ctx, queries.PendingSubjectsParams{
		Least: "\x01", After: after, Most: int32(limit), //nolint:gosec // checked above
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read what the inbox is about: %w", explained(s.backend, err))
	}
	subjects, next = make([]Subject, len(rows)), after
	for i, row := range rows {
		subjects[i], next = Subject{Kind: row.Kind, Source: row.Source, Key: row.Subject}, row.ID
	}
	return subjects, next, nil
}

// SubjectsOf is [Store.Subjects] for some kinds. It costs a lookup for each of their items, of
// which there should be few.
func (s *Store) SubjectsOf(ctx context.Context, kinds []string, after int64, limit int) (subjects []Subject, next int64, err error) {
	if limit < 0 || limit > MaxSubjects {
		return nil, 0, invalid("limit", "the limit is %d; it must be between 1 and %d, or 0 for %d", limit, MaxSubjects, MaxSubjects)
	}
	heads := map[Subject]int64{}
	for _, kind := range kinds {
		rows, err := s.reading.PendingSubjectsOf(ctx, queries.PendingSubjectsOfParams{Kind: kind, After: after})
		if err != nil {
			return nil, 0, fmt.Errorf("read what the inbox is about: %w", explained(s.backend, err))
		}
		for _, row := range rows {
			about := Subject{Kind: kind, Source: row.Source, Key: row.Subject}
			heads[about] = row.Oldest
			subjects = append(subjects, about)
		}
	}
	slices.SortFunc(subjects, func(a, b Subject) int { return cmp.Compare(heads[a], heads[b]) })
	subjects = subjects[:min(len(subjects), cmp.Or(limit, MaxSubjects))]
	if next = after; len(subjects) > 0 {
		next = heads[subjects[len(subjects)-1]]
	}
	return subjects, next, nil
}

// PendingOf returns up to limit of the pending items of a subject, the oldest first, those
// after the given id; 0 begins with the oldest. Items get their ids before they are
// committed: one that was not there yet may have a lower id than one that was. A limit of 0
// means [MaxPending], which is also the most.
func (s *Store) PendingOf(ctx context.Context, subject Subject, after int64, limit int) ([]Item, error) {
	most, err := pageOfItems(limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.reading.PendingItemsOf(ctx, queries.PendingItemsOfParams{
		Kind: subject.Kind, Source: subject.Source, Subject: subject.Key, After: after, Most: most,
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox about %s %q: %w", subject.Kind, subject.Key, explained(s.backend, err))
	}
	return itemsOf(rows), nil
}
