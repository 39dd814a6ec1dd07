package store

import (
	"encoding/json"
	"time"

	"muster/incident"
)

// Record is something that the store keeps and that is not computed from anything else:
// all of them together are the store ([Store.Dump], [Store.Load]). The set is closed, and
// so are the names in JSON: archives hold them for ever. The types are those below, in
// the order in which they come, and then [Said] and [Follow].
type Record interface{ record() }

// Counters are what has been given out, so that it is not given out again.
type Counters struct {
	// LastIncident is the number of the incident reserved last, 0 for none.
	LastIncident int64 `json:"last_incident"`
	// LastItem is the id of the inbox item accepted last, 0 for none; it may be forgotten.
	LastItem int64 `json:"last_item"`
}

// JournalEntry is an event as the journal holds it, whether this version knows its kind or
// not. In JSON it looks like an [incident.Event].
type JournalEntry struct {
	Incident incident.ID     `json:"incident"`
	Seq      int             `json:"seq"`
	At       time.Time       `json:"at"`
	Kind     incident.Kind   `json:"kind"`
	Actor    incident.Actor  `json:"actor"`
	Source   string          `json:"source,omitzero"`
	Cause    string          `json:"cause,omitzero"`
	Data     json.RawMessage `json:"data"`
}

// ReservedKey is the key that an incident was declared with ([Store.NewIncident]).
type ReservedKey struct {
	Incident incident.ID `json:"incident"`
	Key      string      `json:"key"`
	Digest   string      `json:"digest,omitzero"`
}

// CurrentLife is the life of an incident that may write to the journal; the first is not
// recorded.
type CurrentLife struct {
	Incident incident.ID `json:"incident"`
	Life     int         `json:"life"`
}

// FinishedMark says that an incident's workflow has done all it had to ([Store.Finish]).
type FinishedMark struct {
	Incident incident.ID `json:"incident"`
	At       time.Time   `json:"at"`
}

// GroupRoute says which incident a group of alerts belongs to ([Store.Route]).
type GroupRoute struct {
	Incident incident.ID `json:"incident"`
	Source   string      `json:"source"`
	Group    string      `json:"group"`
}

// InboxEntry is an item of the inbox with what has become of it: pending, sent (SentAt) or
// settled (SettledAt).
type InboxEntry struct {
	ID         int64     `json:"id"`
	Kind       string    `json:"kind"`
	Source     string    `json:"source"`
	Subject    string    `json:"subject"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	// SeenAt is when it was last delivered, to the hour.
	SeenAt    time.Time `json:"seen_at"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	SettledAt time.Time `json:"settled_at,omitzero"`
	// Incident is who was sent it or has recorded it.
	Incident incident.ID `json:"incident,omitzero"`
	// ReturnedFrom is the incident that gave it back, because it had ended.
	ReturnedFrom incident.ID `json:"returned_from,omitzero"`
	// Recorded says that the incident's journal has it.
	Recorded bool `json:"recorded"`
	// Reason is why it was discarded.
	Reason string `json:"reason,omitzero"`
	// Trace is the delivery's place in a distributed trace.
	Trace string          `json:"trace,omitzero"`
	Body  json.RawMessage `json:"body"`
}

func (Counters) record()     {}
func (JournalEntry) record() {}
func (ReservedKey) record()  {}
func (CurrentLife) record()  {}
func (FinishedMark) record() {}
func (GroupRoute) record()   {}
func (InboxEntry) record()   {}
func (Said) record()         {}
func (Follow) record()       {}
