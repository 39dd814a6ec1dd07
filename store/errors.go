package store

import (
	"errors"
	"fmt"

	"muster/incident"
)

// The kinds of errors that callers tell apart, for [errors.Is]. The types beside
// them say more. Input that makes no sense, such as a broken cursor, is an
// [incident.InvalidError] everywhere in this package.
var (
	// ErrNotFound is what a [NotFoundError] is.
	ErrNotFound = errors.New("not found")
	// ErrConflict is what a [ConflictError] is.
	ErrConflict = errors.New("conflicting event")
	// ErrGap is what a [GapError] is.
	ErrGap = errors.New("gap in the journal")
	// ErrKeyReused is what a [KeyReusedError] is.
	ErrKeyReused = errors.New("key reused")
	// ErrSchemaTooNew is what a [SchemaTooNewError] is.
	ErrSchemaTooNew = errors.New("schema too new")
	// ErrSchemaTooOld is what a [SchemaTooOldError] is.
	ErrSchemaTooOld = errors.New("schema too old")
)

// NotFoundError says that the database does not have what was asked for.
type NotFoundError struct {
	// What is the kind of thing ("incident", "ticket") and Name the one asked for.
	What, Name string
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("there is no %s %s", e.What, e.Name) }

// Is makes the error an [ErrNotFound].
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ConflictError says that the journal already holds another event at this place:
// two writers believed to own the incident. Nothing was written.
type ConflictError struct {
	Incident incident.ID
	Seq      int
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s already has a different event %d; the writer must read the journal again before it goes on",
		e.Incident, e.Seq)
}

// Is makes the error an [ErrConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// GapError says that events before the appended ones are missing. Nothing was written.
type GapError struct {
	Incident incident.ID
	// Want is the sequence number that had to come next, Got the one that came.
	Want, Got int
}

func (e *GapError) Error() string {
	return fmt.Sprintf("%s: event %d was appended where event %d is due; append all events in order, and run muster restored after a restore from a backup",
		e.Incident, e.Got, e.Want)
}

// Is makes the error an [ErrGap].
func (e *GapError) Is(target error) bool { return target == ErrGap }

// Permanent says that writing the same again cannot help.
func (e *ConflictError) Permanent() bool { return true }

// Permanent says that writing the same again cannot help.
func (e *GapError) Permanent() bool { return true }

// SupersededError says that the writer's incident has begun another life ([Store.Revive]),
// whose privilege writing is. Nothing was written.
type SupersededError struct {
	Incident incident.ID
	// Life is the writer's, Now the one that counts.
	Life, Now int
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("%s was started again from its journal: life %d must not write beside life %d", e.Incident, e.Life, e.Now)
}

// Permanent says that writing the same again cannot help.
func (e *SupersededError) Permanent() bool { return true }

// KeyReusedError says that an idempotency key came with another declaration than the one
// it was first used for. Nothing was done.
type KeyReusedError struct {
	// Key is the one that was used again, Incident what it was used for first.
	Key      string
	Incident incident.ID
}

func (e *KeyReusedError) Error() string {
	return fmt.Sprintf("the key %.40q was used for %s, whose declaration was another; use a new key for another incident, or repeat the same declaration",
		e.Key, e.Incident)
}

// Is makes the error an [ErrKeyReused].
func (e *KeyReusedError) Is(target error) bool { return target == ErrKeyReused }

// SchemaTooNewError says that a newer version of Muster has migrated the database.
type SchemaTooNewError struct {
	// Found is the version of the database's schema, Known the newest this program has.
	Found, Known int64
}

func (e *SchemaTooNewError) Error() string {
	return fmt.Sprintf("the database has schema version %d, this muster knows versions up to %d; run the muster that migrated it, or a newer one",
		e.Found, e.Known)
}

// Is makes the error an [ErrSchemaTooNew].
func (e *SchemaTooNewError) Is(target error) bool { return target == ErrSchemaTooNew }

// SchemaTooOldError says that the database has to be migrated before this version of
// Muster can use it.
type SchemaTooOldError struct {
	// Found is the version of the database's schema, 0 where it has none; Known the one that
	// this program needs.
	Found, Known int64
}

func (e *SchemaTooOldError) Error() string {
	if e.Found == 0 {
		return fmt.Sprintf("the database is empty, and this muster needs schema version %d; run muster migrate", e.Known)
	}
	return fmt.Sprintf("the database has schema version %d, this muster needs version %d; run muster migrate", e.Found, e.Known)
}

// Is makes the error an [ErrSchemaTooOld].
func (e *SchemaTooOldError) Is(target error) bool { return target == ErrSchemaTooOld }

func invalid(field, format string, args ...any) error {
	return &incident.InvalidError{Field: field, Message: fmt.Sprintf(format, args...)}
}
