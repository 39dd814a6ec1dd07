package ui

import (
	"context"

	"muster/incident"
	"muster/playbooks"
	"muster/store"
)

// Commander carries out what people ask for. Errors of package incident reach the
// person as they are; any other error is shown as a failure of Muster, after which the
// same command is sent again under the same key.
type Commander interface {
	// Declare begins an incident and returns its state. Declaring again with the same
	// key returns the incident that the first call began.
	Declare(ctx context.Context, d Declaration) (incident.State, error)
	// Do carries out a command and returns the state after it. Doing it again with the
	// same key changes nothing.
	Do(ctx context.Context, c incident.Command) (incident.State, error)
}

// Declaration is an incident that a person declares by hand. Service and Severity are
// names out of [Options]; Summary and Playbook may be empty.
type Declaration struct {
	// Key is the same on every repetition.
	Key      string
	Title    string
	Service  string
	Severity string
	Summary  string
	Playbook string
	Actor    incident.Actor
	Source   string
}

// Playbooks hold the library that new incidents follow. *playbooks.Folder is one.
type Playbooks interface {
	// State returns the library as it is now, where it is from, and what is wrong with its
	// files. It must answer at once.
	State() playbooks.FolderState
}

// Reader answers what the pages show. [store.Store] is one.
type Reader interface {
	// Incident returns one incident, or [store.ErrNotFound].
	Incident(ctx context.Context, id incident.ID) (incident.State, error)
	// Incidents returns those that match, newest first, and a cursor for the next page,
	// which is empty on the last one.
	Incidents(ctx context.Context, f store.Filter) (page []incident.State, next string, err error)
	// Events returns at most limit events, up to [store.MaxEvents], whose Seq is above after, in order.
	Events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error)
	// Transcript returns at most limit of what was said in an incident's channel after the
	// given message, up to [store.MaxSaid], the oldest first. LastSaid returns the newest, in
	// the same order.
	Transcript(ctx context.Context, id incident.ID, after incident.MessageRef, limit int) ([]store.Said, error)
	LastSaid(ctx context.Context, id incident.ID, limit int) ([]store.Said, error)
	// Subscribe reports changes of one incident, or of all for an empty id, until the
	// function it returns is called.
	Subscribe(id incident.ID) (changes <-chan store.Change, cancel func())
}
