package activities

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbooks"
)

// doorman is a chat that remembers whom it let in.
type doorman struct {
	everything
	invited []incident.Person
}

func (d *doorman) Invite(_ context.Context, _ string, people []incident.Person) ([]incident.Person, error) {
	d.invited = append(d.invited, people...)
	return people, nil
}

func TestWhoIsInvited(t *testing.T) {
	t.Parallel()
	scribe := incident.Person{Name: "Second Responder", Email: "second@example.com"}
	declarer := incident.Person{Name: "guest", Account: "U03"}
	s := incident.State{
		ID: "INC-7", Channel: incident.Channel{ID: "C1"}, Declarer: declarer,
		Present: []incident.Person{{Name: "Third Responder"}},
		Roles: []incident.Role{
			{ID: "scribe", Holder: scribe.Name, HolderEmail: scribe.Email},
			{ID: "commander"},
		},
	}
	for name, row := range map[string]struct {
		to   string
		want []incident.Person
	}{
		"who holds a role":                     {"scribe", []incident.Person{scribe}},
		"who declared it, by their account":    {"guest", []incident.Person{declarer}},
		"who declared it, with a comma":        {"Last, First", []incident.Person{{Name: "Last, First", Account: "U04"}}},
		"nobody who is there":                  {"Third Responder", nil},
		"nobody, while nobody holds it":        {"commander", nil},
		"somebody by an address, with a name":  {"Second@example.com", []incident.Person{scribe}},
		"somebody by an address nobody knows":  {"third@example.com", []incident.Person{{Name: "third@example.com", Email: "third@example.com"}}},
		"somebody by name, with their address": {"Second Responder", []incident.Person{scribe}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := &doorman{}
			a := &Activities{Chat: door, Pager: everything{}}
			s := s
			if strings.Contains(row.to, ",") {
				s.Declarer = incident.Person{Name: row.to, Account: "U04"}
			}
			effect := playbooks.Effect{Incident: s, Work: playbooks.Work{ID: "bring-in@9", Do: playbooks.SlackInvite, With: playbooks.Parameters{"to": row.to}}}
			outcome, err := a.Actions()[playbooks.SlackInvite](t.Context(), effect)
			require.NoError(t, err)
			require.Equal(t, row.want, door.invited)
			require.Equal(t, row.want, outcome.Responders)
		})
	}
}
