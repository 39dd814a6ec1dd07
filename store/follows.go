package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/store/internal/queries"
)

// FollowKind is what somebody wants to hear of. The values are stored: never change one.
type FollowKind string

// What can be followed: one incident, the incidents of a service, those of a severity and of
// the more severe ones, or all there are.
const (
	FollowIncident FollowKind = "incident"
	FollowService  FollowKind = "service"
	FollowSeverity FollowKind = "severity"
	FollowAll      FollowKind = "all"
)

// Follow says that somebody wants to hear of incidents.
type Follow struct {
	// Account is the id of their account in the chat, where they hear of it.
	Account string `json:"account"`
	// Person is who that is, as far as it is known.
	Person incident.Person `json:"person,omitzero"`
	Kind   FollowKind      `json:"kind"`
	// Name is the incident's id, or the name of the service or the severity; empty for all.
	Name string `json:"name,omitzero"`
	// Since is when they began to. [Store.Follow] sets it where it is zero.
	Since time.Time `json:"since,omitzero"`
}

func (f Follow) check() error {
	switch f.Kind {
	case FollowIncident:
		if _, err := numberOf(incident.ID(f.Name)); err != nil {
			return err
		}
	case FollowService, FollowSeverity:
		if f.Name == "" {
			return invalid("name", "the name of the %s to follow is missing", f.Kind)
		}
	case FollowAll:
		if f.Name != "" {
			return invalid("name", "all incidents have no name, and %q was given", f.Name)
		}
	default:
		return invalid("kind", "the kind is %q; it must be %q, %q, %q or %q", f.Kind, FollowIncident, FollowService, FollowSeverity, FollowAll)
	}
	if f.Account == "" {
		return invalid("account", "whose account follows is missing")
	}
	return cmp.Or(storable("account", f.Account), storable("name", f.Name), storable("person", f.Person.Name), storable("person", f.Person.Email))
}

// Follow notes that somebody wants to hear of incidents. It may be repeated. What cannot be
// followed is an [incident.InvalidError]; whether there is such a service or severity is for
// the caller to know.
func (s *Store) Follow(ctx context.Context, f Follow) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Since.IsZero() {
		f.Since = time.Now()
	}
	err := s.write(ctx, unlocked, func(q *queries.Queries) error { return q.Follow(ctx, f.params()) })
	if err != nil {
		return fmt.Errorf("follow %s %s: %w", f.Kind, f.Name, err)
	}
	return nil
}

func (f Follow) params() queries.FollowParams {
	return queries.FollowParams{
		Account: f.Account, Kind: string(f.Kind), Name: f.Name,
		PersonName: f.Person.Name, PersonEmail: f.Person.Email, Since: queries.At(f.Since),
	}
}

// Unfollow takes back a [Store.Follow] of the same account, kind and name. It may be
// repeated, and one that there was not is none any more.
func (s *Store) Unfollow(ctx context.Context, f Follow) error {
	if err := f.check(); err != nil {
		return err
	}
	err := s.write(ctx, unlocked, func(q *queries.Queries) error {
		return q.Unfollow(ctx, queries.UnfollowParams{Account: f.Account, Kind: string(f.Kind), Name: f.Name})
	})
	if err != nil {
		return fmt.Errorf("stop following %s %s: %w", f.Kind, f.Name, err)
	}
	return nil
}

// FollowsOf returns what an account follows, by kind and name.
func (s *Store) FollowsOf(ctx context.Context, account string) ([]Follow, error) {
	if err := storable("account", account); err != nil {
		return nil, err
	}
	rows, err := s.reading.FollowsOf(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("read what %s follows: %w", account, err)
	}
	return followsOf(rows), nil
}

// Followers returns who wants to hear of an incident as it stands, each account once, by
// account. Who follows an incident that was merged into it hears of this one; who follows a
// severity hears of the more severe ones as well. Of a restricted incident
// ([incident.State.Restricted]) only they hear who follow just that. Of several reasons the
// narrowest is returned.
func (s *Store) Followers(ctx context.Context, state incident.State) ([]Follow, error) {
	rows, err := s.reading.FollowsBeyondIncidents(ctx)
	for _, id := range slices.Concat([]incident.ID{state.ID}, state.Absorbed) {
		if err != nil {
			break
		}
		var of []queries.Follow
		of, err = s.reading.FollowsOfIncident(ctx, string(id))
		rows = append(rows, of...)
	}
	if err != nil {
		return nil, fmt.Errorf("read who follows %s: %w", state.ID, err)
	}
	follows := slices.DeleteFunc(followsOf(rows), func(f Follow) bool { return !f.concerns(state) })
	slices.SortStableFunc(follows, func(a, b Follow) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(slices.Index(narrowest, a.Kind), slices.Index(narrowest, b.Kind)))
	})
	return slices.CompactFunc(follows, func(a, b Follow) bool { return a.Account == b.Account }), nil
}

// narrowest are the kinds from what concerns one incident to what concerns all.
var narrowest = []FollowKind{FollowIncident, FollowService, FollowSeverity, FollowAll}

// concerns says whether an incident is among those that are followed.
func (f Follow) concerns(state incident.State) bool {
	if state.Restricted() {
		return f.Kind == FollowIncident && f.Name == string(state.ID)
	}
	switch f.Kind {
	case FollowService:
		return strings.EqualFold(f.Name, state.Service.Name)
	case FollowSeverity:
		rank := func(name string) int {
			return slices.IndexFunc(state.Scale, func(l incident.SeverityLevel) bool { return strings.EqualFold(string(l.Name), name) })
		}
		followed, present := rank(f.Name), rank(string(state.Severity))
		return strings.EqualFold(f.Name, string(state.Severity)) || followed >= 0 && present >= 0 && present <= followed
	default: // what was asked for
		return true
	}
}

func followsOf(rows []queries.Follow) []Follow {
	follows := make([]Follow, len(rows))
	for i, row := range rows {
		follows[i] = Follow{
			Account: row.Account, Person: incident.Person{Name: row.PersonName, Email: row.PersonEmail},
			Kind: FollowKind(row.Kind), Name: row.Name, Since: row.Since.Time,
		}
	}
	return follows
}
