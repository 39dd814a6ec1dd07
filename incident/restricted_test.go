package incident_test

import (
	"testing"

	"muster/incident"

	"github.com/stretchr/testify/require"
)

func TestARestrictedIncidentIsForThoseWhoWereLetIn(t *testing.T) {
	t.Parallel()
	known, guest := incident.Person{Name: "Sample Responder", Email: "responder@example.com"}, incident.Person{Name: "guest"}
	holder := incident.Person{Name: "Second Responder", Email: "second@example.com"}
	s := incident.State{
		Title: "What is it", Present: []incident.Person{known, guest},
		Roles: []incident.Role{{ID: "commander", Holder: holder.Name, HolderEmail: holder.Email}, {ID: "scribe"}},
	}
	require.True(t, s.Admits(incident.Person{}), "everybody, where it is not restricted")
	require.Equal(t, "What is it", s.PublicTitle())

	s.Channel.Private = true
	require.True(t, s.Restricted())
	require.NotContains(t, s.PublicTitle(), "What")
	for _, person := range []incident.Person{known, guest, holder} {
		require.True(t, s.Admits(person), person.Name)
	}
	for _, person := range []incident.Person{{}, {Name: known.Name}, {Name: holder.Name, Email: "other@example.com"}, {Name: "guest", Email: "guest@example.com"}} {
		require.False(t, s.Admits(person), "%+v", person)
	}
}
