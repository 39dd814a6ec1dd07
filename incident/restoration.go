package incident

import (
	"slices"
	"strings"
)

// Restoration says where a journal was taken up again that had been restored from a
// backup.
type Restoration struct {
	// Seq is the number of the event that says so. Events that were lost had this number
	// and those after it.
	Seq int `json:"seq"`
	// Mark is different for each restoration.
	Mark string `json:"mark"`
}

// MarkAt returns what tells an effect of the event with this number from that of another
// event which had the number before the journal was restored from a backup; empty where
// there was none.
func (s State) MarkAt(seq int) string {
	for i := len(s.Restorations) - 1; i >= 0; i-- {
		if s.Restorations[i].Seq <= seq {
			return s.Restorations[i].Mark
		}
	}
	return ""
}

// JournalRestored says that the journal comes from a backup: what happened between the
// event before this one and this one may be missing.
type JournalRestored struct {
	Mark string `json:"mark"`
}

// Kind implements [Fact].
func (JournalRestored) Kind() Kind { return "journal_restored" }

// Text implements [Fact].
func (JournalRestored) Text() string {
	return "The database was restored from a backup: what happened before this and after the entry above may be missing"
}

func (f JournalRestored) apply(s *State, e Event) {
	s.Restorations = with(s.Restorations, Restoration{Seq: e.Seq, Mark: f.Mark})
}

// NoteRestoration writes down that the journal comes from a backup. It may come after the
// end of the incident, whose last work may have been done before.
type NoteRestoration struct {
	// Mark must be different for each restoration, even of the same backup: letters and
	// digits, at most maxMarkLength.
	Mark string `json:"mark"`
}

// maxMarkLength keeps the keys of effects, which the mark becomes part of, within what
// vendors take.
const maxMarkLength = 16

// Name implements [Intent].
func (NoteRestoration) Name() string { return "note_restoration" }

func (NoteRestoration) afterEnd() {}

func (i NoteRestoration) decide(s State, _ Command) ([]Fact, error) {
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	if i.Mark == "" || len(i.Mark) > maxMarkLength || strings.ContainsFunc(i.Mark, odd) {
		return nil, invalid("mark", "the mark %q must be 1 to %d lower-case letters and digits", i.Mark, maxMarkLength)
	}
	if slices.ContainsFunc(s.Restorations, func(r Restoration) bool { return r.Mark == i.Mark }) {
		return nil, nil
	}
	return []Fact{JournalRestored(i)}, nil
}
