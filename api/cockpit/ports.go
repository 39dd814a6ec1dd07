package cockpit

import (
	"context"

	"muster/api"
	"muster/chat"
	"muster/config"
	"muster/incident"
	"muster/store"
)

// Commander carries out commands. *dispatch.Dispatcher is one; [api.Commander] says what it
// promises.
type Commander interface {
	Declare(ctx context.Context, key string, d api.Declaration) (incident.State, error)
	Do(ctx context.Context, c incident.Command) (incident.State, error)
}

// Reader reads what is recorded. *store.Store is one.
type Reader interface {
	// Incident returns an incident as it is now, or [store.ErrNotFound].
	Incident(ctx context.Context, id incident.ID) (incident.State, error)
	// Incidents returns the incidents that match, the newest first, and the cursor of the
	// next page.
	Incidents(ctx context.Context, f store.Filter) ([]incident.State, string, error)
	// Events returns an incident's events after a sequence number, at most limit of them, in
	// order.
	Events(ctx context.Context, id incident.ID, after, limit int) ([]incident.Event, error)
	// IncidentOfChannel returns the incident that a channel was opened for, or
	// [store.ErrNotFound].
	IncidentOfChannel(ctx context.Context, channelID string) (incident.ID, error)
	// Subscribe tells of changes of one incident until the returned function is called.
	Subscribe(id incident.ID) (<-chan store.Change, func())
}

// Catalogue knows the names that people may use. *config.Catalogue is one.
type Catalogue interface {
	Service(name string) (config.Service, bool)
	Severity(name string) (config.Severity, bool)
	Team(name string) (config.Team, bool)
	// Services and Teams are in the order of the file, Scale the most severe first.
	Services() []config.Service
	Teams() []config.Team
	// PagedBy returns how the pager reaches a team: by an escalation policy, or else by a
	// service. Both are empty where it does not.
	PagedBy(team config.Team) (policy string, by config.Service)
	Scale() []config.Severity
	// Defaults are what stands in where nobody has said anything.
	Defaults() config.Defaults
}

// Chat is where people are. What it says to one person nobody else sees.
type Chat interface {
	// OpenForm shows a form to whoever did the act that the trigger is from.
	OpenForm(ctx context.Context, trigger string, form chat.Form) error
	// Answer shows a card to whoever did an act: where the act said to, or else in its
	// channel, or else as a private message.
	Answer(ctx context.Context, act chat.Act, card chat.Card) error
	// Person returns who an account belongs to. Somebody whose e-mail address is unknown
	// has a name only, which is no error.
	Person(ctx context.Context, accountID string) (incident.Person, error)
	// Invite brings people into a channel and returns those whom the chat knows. Who is there
	// already stays there.
	Invite(ctx context.Context, channelID string, people []incident.Person) (invited []incident.Person, err error)
	// EditPrompt changes a message that asks people for something, where it is one that Muster
	// has posted as such and is still there.
	EditPrompt(ctx context.Context, ref incident.MessageRef, change chat.Change) error
	// Message returns what a message says, with its link; false if it is gone.
	Message(ctx context.Context, ref incident.MessageRef) (chat.Message, bool, error)
}

// Inbox keeps acts until they are carried out. *store.Store is one, and whoever empties it
// gives each of them to [Cockpit.CarryOut].
type Inbox interface {
	// Accept has the items on disk when it returns without an error. Accepting one again,
	// by its key, changes nothing.
	Accept(ctx context.Context, items []store.Item) (store.Accepted, error)
}

// Keeper keeps what is no part of an incident's timeline. *store.Store is one. All of it may
// be repeated.
type Keeper interface {
	// KeepSaid keeps a message with its incident, or what became of it.
	KeepSaid(ctx context.Context, said store.Said) error
	// Follow notes that somebody wants to hear of incidents, and Unfollow takes it back.
	Follow(ctx context.Context, f store.Follow) error
	Unfollow(ctx context.Context, f store.Follow) error
	// FollowsOf returns what an account follows.
	FollowsOf(ctx context.Context, account string) ([]store.Follow, error)
}
