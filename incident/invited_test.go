package incident_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWhoDeclaredIsKnownByMoreThanTheirName(t *testing.T) {
	t.Parallel()
	declare := declaration()
	declare.Person = incident.Person{Email: " responder@example.com ", Account: "U1"}
	events, err := incident.Decide(incident.State{}, command(declare), noon)
	require.NoError(t, err)
	require.Equal(t, incident.Person{Name: responder.Name, Email: "responder@example.com", Account: "U1"}, incident.Fold(events).Declarer)

	alert := command(declaration())
	alert.Actor = incident.VendorActor("Alertmanager")
	events, err = incident.Decide(incident.State{}, alert, noon)
	require.NoError(t, err)
	require.True(t, incident.Fold(events).Declarer.IsZero(), "an alert is nobody")

	declare.Person.Email = strings.Repeat("x", 255)
	_, err = incident.Decide(incident.State{}, command(declare), noon)
	var invalid *incident.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "person", invalid.Field)
}

func TestWhoIsInTheChannelIsNotInvitedAgain(t *testing.T) {
	one, two, three := incident.Person{Name: "One", Email: "one@example.com"}, incident.Person{Name: "Two"}, incident.Person{Name: "Three"}
	invite := func(people ...incident.Person) incident.FinishStep {
		return incident.FinishStep{Step: "h@1", Hook: "h", Title: "Invite", Outcome: incident.Outcome{Responders: people, OnlyNew: true}}
	}
	done := incident.StepCompleted{Step: "h@1", Hook: "h", Title: "Invite"}
	earlier := invite(one)
	earlier.Outcome.OnlyNew = false
	rules{
		"who was invited": {
			given: []incident.Intent{invite(one)}, when: invite(incident.Person{Name: "1", Email: "One@example.com"}, two),
			want: []incident.Fact{incident.RespondersInvited{People: []incident.Person{two}}, done},
		},
		"who came by themselves": {given: []incident.Intent{incident.ReportPresence{Person: three}}, when: invite(three), want: []incident.Fact{done}},
		"who was invited again, by an earlier release, is told of in a replay as they were": {
			given: []incident.Intent{invite(one)}, when: earlier,
			want: []incident.Fact{incident.RespondersInvited{People: []incident.Person{one}}, done},
		},
		"who has left is": {
			given: []incident.Intent{invite(one), incident.ReportPresence{Person: one}, incident.ReportPresence{Person: one, Left: true}}, when: invite(one),
			want: []incident.Fact{incident.RespondersInvited{People: []incident.Person{one}}, done},
		},
	}.check(t)
}

func TestWhoIsWantedByNewsOfAPage(t *testing.T) {
	t.Parallel()
	one, two := incident.Person{Name: "One", Email: "one@example.com"}, incident.Person{Name: "Two"}
	page := incident.Page{Key: "page"}
	sent := incident.FinishStep{Step: "h@1", Hook: "h", Title: "Page", Outcome: incident.Outcome{Page: &page, Responders: []incident.Person{one}}}
	assigned := func(key string, status incident.PageStatus, people ...incident.Person) incident.ReportPage {
		return incident.ReportPage{Key: key, Status: status, AssignedTo: people}
	}
	for name, c := range map[string]struct {
		given []incident.Intent
		when  incident.ReportPage
		want  []incident.Person
	}{
		"nobody, by that with which the response began":   {[]incident.Intent{sent}, assigned("page", incident.PageTriggered, one), nil},
		"nobody, where that is told before it was sent":   {nil, assigned("page", incident.PageTriggered, one, two), nil},
		"nobody who is on call already":                   {[]incident.Intent{sent}, assigned("page", incident.PageAcknowledged, one), nil},
		"who has taken it from others":                    {[]incident.Intent{sent}, assigned("page", incident.PageAcknowledged, two), []incident.Person{two}},
		"who it is reassigned to":                         {[]incident.Intent{sent, assigned("page", incident.PageTriggered, one)}, assigned("page", "", one, two), []incident.Person{two}},
		"nobody who is in the channel":                    {[]incident.Intent{sent, incident.ReportPresence{Person: two}}, assigned("page", "", two), nil},
		"who is woken by a page for others":               {[]incident.Intent{sent}, assigned("page.help", incident.PageTriggered, two), []incident.Person{two}},
		"who is on call when the response is paged again": {[]incident.Intent{sent}, assigned("again", incident.PageTriggered, two), []incident.Person{two}},
		"who was asked to help there":                     {[]incident.Intent{sent}, incident.ReportPage{Key: "page", Responders: []incident.Person{two, two}}, []incident.Person{two}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := play(t, c.given...).then(t, c.when)
			changed, ok := s.events[len(s.events)-1].Fact.(incident.PageChanged)
			require.True(t, ok)
			require.Equal(t, c.want, changed.Wanted)
		})
	}
}
