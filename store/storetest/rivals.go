package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

// scene is what two operations meet over: an incident in its first life, with one event
// that is to come; alerts of which some are pending and some were sent to it; a group, a
// key and a delivery that nobody knows yet.
type scene struct {
	story    *story
	next     []incident.Event
	ids      []int64
	name     string
	delivery []store.Item
}

// outcome is what one of the two saw.
type outcome struct {
	id       incident.ID
	fresh    bool
	revival  *store.Revival
	accepted store.Accepted
	recorded bool
}

// operation is something that two processes may do at once.
type operation struct {
	name string
	// do does it, as the first or the second of two.
	do func(t *testing.T, s *store.Store, c *scene, second bool) (outcome, error)
}

func operations() []operation {
	return []operation{
		{"append", func(t *testing.T, s *store.Store, c *scene, _ bool) (outcome, error) {
			return outcome{}, s.Append(t.Context(), c.next)
		}},
		{"record", func(t *testing.T, s *store.Store, c *scene, _ bool) (outcome, error) {
			err := s.Record(t.Context(), c.story.state.ID, 0, c.next, c.ids)
			return outcome{recorded: err == nil}, err
		}},
		{"revive", func(t *testing.T, s *store.Store, c *scene, _ bool) (outcome, error) {
			revival, err := s.Revive(t.Context(), c.story.state.ID)
			return outcome{revival: &revival}, err
		}},
		{"finish", func(t *testing.T, s *store.Store, c *scene, _ bool) (outcome, error) {
			return outcome{}, s.Finish(t.Context(), c.story.state.ID, 0)
		}},
		{"sent", func(t *testing.T, s *store.Store, c *scene, second bool) (outcome, error) {
			return outcome{}, s.Sent(t.Context(), inOrder(c.ids, second), c.story.state.ID, 0)
		}},
		{"delivered", func(t *testing.T, s *store.Store, c *scene, second bool) (outcome, error) {
			return outcome{}, s.Delivered(t.Context(), inOrder(c.ids, second), c.story.state.ID)
		}},
		{"return", func(t *testing.T, s *store.Store, c *scene, second bool) (outcome, error) {
			return outcome{}, s.Return(t.Context(), inOrder(c.ids, second), c.story.state.ID)
		}},
		{"discard", func(t *testing.T, s *store.Store, c *scene, second bool) (outcome, error) {
			return outcome{}, s.Discard(t.Context(), inOrder(c.ids, second), "nobody needs them")
		}},
		{"prune", func(t *testing.T, s *store.Store, _ *scene, _ bool) (outcome, error) {
			_, err := s.Prune(t.Context(), time.Now().Add(time.Hour))
			return outcome{}, err
		}},
		{"accept", func(t *testing.T, s *store.Store, c *scene, second bool) (outcome, error) {
			accepted, err := s.Accept(t.Context(), inOrder(c.delivery, second))
			return outcome{accepted: accepted}, err
		}},
		{"route", func(t *testing.T, s *store.Store, c *scene, _ bool) (outcome, error) {
			id, fresh, err := s.Route(t.Context(), "alertmanager", c.name, start, reopenWindow, true)
			return outcome{id: id, fresh: fresh}, err
		}},
		{"number", func(t *testing.T, s *store.Store, c *scene, _ bool) (outcome, error) {
			id, fresh, err := s.NewIncident(t.Context(), c.name, "digest")
			return outcome{id: id, fresh: fresh}, err
		}},
	}
}

// inOrder returns things in their order or, for the second, backwards.
func inOrder[T any](things []T, second bool) []T {
	things = slices.Clone(things)
	if second {
		slices.Reverse(things)
	}
	return things
}

// runRivals has each pair of operations meet, one by each of two stores on the same
// database, as two replicas do.
func runRivals(t *testing.T, b Backend) {
	const meetings = 3
	options := b.Fresh(t)
	stores := []*store.Store{Open(t, options), Open(t, options)}
	all := operations()
	for i, one := range all {
		for _, other := range all[i:] {
			t.Run(one.name+" and "+other.name, func(t *testing.T) {
				for n := range meetings {
					c := setScene(t, stores[0], fmt.Sprintf("%s, %s, %d", one.name, other.name, n))
					outcomes := make([]outcome, 2)
					errs := atOnce(2, func(who int) (err error) {
						outcomes[who], err = []operation{one, other}[who].do(t, stores[who], c, who == 1)
						return err
					})
					for _, err := range errs {
						var superseded *store.SupersededError
						if !errors.As(err, &superseded) {
							require.NoError(t, err)
						}
					}
					c.check(t, stores[n%2], outcomes, one.name == other.name)
				}
			})
		}
	}
}

func setScene(t *testing.T, s *store.Store, name string) *scene {
	t.Helper()
	emptyInbox(t, s)
	c := &scene{story: declared(t, s, incident.Declare{}), name: name}
	keys := make([]string, 6)
	for i := range keys {
		keys[i] = fmt.Sprint(name, " known ", i)
	}
	c.ids = arrived(t, s, keys...)
	require.NoError(t, s.Sent(t.Context(), c.ids[3:], c.story.state.ID, 0))
	c.next = c.story.do(incident.AddNote{Text: name})
	for i := range 4 {
		c.delivery = append(c.delivery, alert(name, fmt.Sprint(name, " new ", i)))
	}
	return c
}

func (c *scene) check(t *testing.T, s *store.Store, outcomes []outcome, same bool) {
	t.Helper()
	// The journal is without gaps, and the read model is its fold.
	id := c.story.state.ID
	events, err := s.Journal(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(c.story.events[:len(events)], events))
	state, err := s.Incident(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(incident.Fold(events), state))

	// No item is in two places.
	waiting, has := itemIDs(pending(t, s)), itemIDs(alertsOf(t, s, id))
	for _, item := range waiting {
		require.NotContains(t, has, item)
	}
	status := inboxStatus(t, s)
	require.Len(t, waiting, status.Pending)
	require.LessOrEqual(t, status.Pending+status.Sent+len(has), len(c.ids)+len(c.delivery))

	revived, recorded := (*store.Revival)(nil), false
	for _, o := range outcomes {
		recorded = recorded || o.recorded
		if o.revival != nil {
			revived = o.revival
		}
	}
	if revived != nil {
		// What an earlier life was told came before, or it did not come at all.
		require.Zero(t, status.Sent)
		if recorded {
			require.Len(t, revived.Journal, len(events))
			require.ElementsMatch(t, c.ids, has)
		}
	}
	if !same {
		return
	}
	require.Equal(t, outcomes[0].id, outcomes[1].id)
	if accepted := outcomes[0].accepted.New + outcomes[1].accepted.New; accepted > 0 {
		require.Equal(t, len(c.delivery), accepted)
		require.Len(t, waiting, 3+len(c.delivery))
	}
	if outcomes[0].id != "" {
		reservedBy := 0
		for _, o := range outcomes {
			if o.fresh {
				reservedBy++
			}
		}
		require.Positive(t, reservedBy)
	}
}
