// Package archive writes everything that an installation of Muster keeps into one file of
// JSON Lines, and reads it back into an empty database: SQLite or Postgres, whatever the
// file came from. It is how an installation moves from one to the other, how its data
// leaves Muster for good, and a backup that any text tool can read.
//
// A file begins with a header, which says what it is, and ends with a line that counts the
// lines between them and holds the SHA-256 of all that precedes it, so that one which was
// cut or changed is noticed before anything is committed. Between them are the records of
// [store.Store.Dump], an object on each line with the kind of the record as its first
// member. What can be computed, as the state of each incident, is not in the file.
//
//	{"record":"header","format":"muster-archive","version":1,"installation":"cad6d1c7",…}
//	{"record":"counters","last_incident":57,"last_item":1234}
//	{"record":"event","incident":"INC-1","seq":1,"kind":"declared",…}
//	…
//	{"record":"end","counts":{"counters":1,"event":4711,…},"sha256":"9f86d0…"}
//
// The format is stable: members that a reader does not know are ignored, and new ones may be
// added at any time; a kind of record that it does not know, or a higher version, is
// refused, because leaving it out would lose something. docs/backup.md shows every record.
//
// The order of the records depends on nothing but what they say: an archive of what an
// archive was read into is the same file, but for header and end.
package archive

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"muster/store"
)

// Format is what the header of every archive names, and Version the newest version that
// this package reads and the one it writes.
const (
	Format  = "muster-archive"
	Version = 1
)

// Header is the first line of an archive.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Muster is the version of Muster that wrote the file.
	Muster string `json:"muster"`
	// Installation is whose data it is. The keys of effects at vendors contain it.
	Installation string `json:"installation"`
	// Schema is the version of the schema of the database that it came from, and Fold that
	// of the fold ([incident.FoldVersion]). They are for people: a reader needs neither.
	Schema int64 `json:"schema"`
	Fold   int   `json:"fold"`
	// ExportedAt is when the file was written.
	ExportedAt time.Time `json:"exported_at"`
}

// end is the last line of an archive.
type end struct {
	// Counts says how many records of each kind there are.
	Counts map[string]int `json:"counts"`
	// SHA256 is that of all bytes before this line, in hexadecimal digits.
	SHA256 string `json:"sha256"`
}

// Summary says what is in an archive.
type Summary struct {
	Header Header
	// Counts says how many records of each kind there are: "event", "inbox_item".
	Counts map[string]int
}

// Records is how many records there are in all, without header and end.
func (s Summary) Records() int {
	sum := 0
	for _, n := range s.Counts {
		sum += n
	}
	return sum
}

// FormatError says that a file is no archive, or is damaged.
type FormatError struct {
	// Line counts from 1.
	Line int
	// Reason says what is wrong with it.
	Reason string
	// Err is why a line could not be read as JSON; nil where it could.
	Err error
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("line %d: %s: %v", e.Line, e.Reason, e.Err)
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
}

// Unwrap returns the cause, if there is one.
func (e *FormatError) Unwrap() error { return e.Err }

// The kinds of lines that are no records.
const (
	headerKind = "header"
	endKind    = "end"
)

// kinds are the names of the records, which are never changed.
var kinds = []struct {
	name   string
	sample store.Record
	read   func(line []byte) (store.Record, error)
}{
	{"counters", store.Counters{}, read[store.Counters]},
	{"event", store.JournalEntry{}, read[store.JournalEntry]},
	{"incident_key", store.ReservedKey{}, read[store.ReservedKey]},
	{"life", store.CurrentLife{}, read[store.CurrentLife]},
	{"finished", store.FinishedMark{}, read[store.FinishedMark]},
	{"alert_group", store.GroupRoute{}, read[store.GroupRoute]},
	{"inbox_item", store.InboxEntry{}, read[store.InboxEntry]},
	{"message", store.Said{}, read[store.Said]},
	{"follow", store.Follow{}, read[store.Follow]},
}

func read[R store.Record](line []byte) (store.Record, error) {
	var r R
	err := json.Unmarshal(line, &r)
	return r, err
}

// kindOf is the name of a record's kind.
func kindOf(r store.Record) string {
	for _, k := range kinds {
		if reflect.TypeOf(k.sample) == reflect.TypeOf(r) {
			return k.name
		}
	}
	return ""
}
