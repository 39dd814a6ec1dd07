package incident_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func said(text string, decision bool) incident.AddNote {
	return incident.AddNote{Text: text, Decision: decision, Quote: &incident.Quote{By: "Second Responder", Message: incident.MessageRef{ChannelID: "C1", ID: "1"}}}
}

func noted(text string, decision bool) []incident.Fact {
	note := said(text, decision)
	return []incident.Fact{incident.NoteAdded{Body: text, Decision: decision, Quote: note.Quote}}
}

func TestWhatIsSaidInTheChat(t *testing.T) {
	fileOnly := said("", false)
	fileOnly.Quote.Files = []incident.File{{Name: "errors.png", URL: "https://chat.example/1"}, {URL: "javascript:alert(1)"}}
	kept := *fileOnly.Quote
	kept.Files = []incident.File{{Name: "errors.png", URL: "https://chat.example/1"}, {}}
	rules{
		"a message is written down":                     {when: said("x", false), want: noted("x", false)},
		"and that once":                                 {given: []incident.Intent{said("x", false)}, when: said("x", false)},
		"even if it was edited":                         {given: []incident.Intent{said("x", false)}, when: said("y", false)},
		"once more where it becomes a decision":         {given: []incident.Intent{said("x", false)}, when: said("x", true), want: noted("x", true)},
		"a decision is no mere note any more":           {given: []incident.Intent{said("x", true)}, when: said("x", false)},
		"a decision is written down once":               {given: []incident.Intent{said("x", true)}, when: said("x", true)},
		"a note of its own may well be repeated":        {given: []incident.Intent{incident.AddNote{Text: "x"}}, when: incident.AddNote{Text: "x"}, want: []incident.Fact{incident.NoteAdded{Body: "x"}}},
		"a message of files alone has their names":      {when: fileOnly, want: []incident.Fact{incident.NoteAdded{Body: "errors.png, a file", Quote: &kept}}},
		"a message says where it is":                    {when: incident.AddNote{Text: "x", Quote: &incident.Quote{By: "x"}}, invalid: "quote"},
		"a message without words and files is nothing":  {when: said(" ", false), invalid: "text"},
		"of a long message the beginning is written":    {when: said(strings.Repeat("é", incident.MaxTextRunes+1), false), want: noted(strings.Repeat("é", incident.MaxTextRunes-1)+"…", false)},
		"what a person declared is confirmed":           {when: incident.ConfirmSeverity{}},
		"reminders are snoozed for a minute at least":   {when: incident.SnoozeReminder{For: 59 * time.Second}, invalid: "for"},
		"and for a day at most":                         {when: incident.SnoozeReminder{For: 25 * time.Hour}, invalid: "for"},
		"a step is snoozed with the hook that reminds":  {when: incident.SnoozeReminder{Subject: "manual", For: time.Hour}, invalid: "subject"},
		"somebody is asked to help":                     {when: incident.RequestHelp{Person: incident.Person{Name: " Second Responder "}, Message: " now "}, want: []incident.Fact{incident.HelpRequested{Who: "Second Responder", Person: incident.Person{Name: "Second Responder"}, Message: "now"}}},
		"nobody is asked where nobody is named":         {when: incident.RequestHelp{Who: "somebody"}, invalid: "who"},
		"one is asked at a time":                        {when: incident.RequestHelp{Who: "both", Person: incident.Person{Name: "x"}, PagerService: "P1"}, invalid: "who"},
		"who is on call is said in words":               {when: incident.RequestHelp{PagerService: "P1"}, invalid: "who"},
		"nobody is asked once it is over":               {given: []incident.Intent{incident.Resolve{}}, when: incident.RequestHelp{Person: incident.Person{Name: "x"}}, rule: "not_active"},
		"somebody joins":                                {when: incident.ReportPresence{Person: incident.Person{Email: "a@example.com"}}, want: []incident.Fact{incident.ResponderJoined{Person: incident.Person{Name: "a@example.com", Email: "a@example.com"}}}},
		"who is there does not join":                    {given: []incident.Intent{incident.ReportPresence{Person: incident.Person{Name: "x", Email: "a@example.com"}}}, when: incident.ReportPresence{Person: incident.Person{Name: "y", Email: "A@example.com"}}},
		"who is not there does not leave":               {when: incident.ReportPresence{Person: incident.Person{Name: "x"}, Left: true}},
		"nobody neither joins nor leaves":               {when: incident.ReportPresence{}, invalid: "person"},
		"a page is known by its key":                    {when: incident.ReportPage{Status: incident.PageResolved}, invalid: "key"},
		"a page stands as pages do":                     {when: incident.ReportPage{Key: "k", Status: "lost"}, invalid: "status"},
		"what is known of a page is no news":            {given: []incident.Intent{incident.ReportPage{Key: "k", ID: "Q1", Status: incident.PageAcknowledged}}, when: incident.ReportPage{Key: "k", ID: "Q1", Status: incident.PageAcknowledged}},
		"of a page that is known, what is new is told":  {given: []incident.Intent{incident.ReportPage{Key: "k", ID: "Q1", Status: incident.PageAcknowledged}}, when: incident.ReportPage{Key: "k", ID: "Q1", Status: incident.PageResolved, By: "x"}, want: []incident.Fact{incident.PageChanged{Key: "k", Status: incident.PageResolved, By: "x"}}},
		"an address goes with the one who has the role": {when: incident.AssignRole{Role: "commander", User: "x", Email: " x@example.com "}, want: []incident.Fact{incident.RoleAssigned{Role: "commander", Title: "Incident Commander", To: "x", ToEmail: "x@example.com"}}},
	}.check(t)
}

func TestASeverityStaysUnconfirmedUntilAPersonStandsBehindIt(t *testing.T) {
	t.Parallel()
	declare := func() *story {
		s := &story{now: noon}
		events, err := incident.Decide(s.state, incident.Command{Incident: "INC-42", Actor: monitor, Intent: declaration()}, s.now)
		require.NoError(t, err)
		s.state = incident.Fold(events)
		return s
	}
	s := declare()
	require.False(t, s.state.SeverityConfirmed)
	require.True(t, s.then(t, incident.ConfirmSeverity{}).state.SeverityConfirmed)
	require.True(t, declare().then(t, incident.ChangeSeverity{Severity: "SEV1"}).state.SeverityConfirmed)
	require.True(t, play(t).state.SeverityConfirmed, "who declares it knows")
}

func TestTheHolderOfARoleIsKnownByAnAddress(t *testing.T) {
	t.Parallel()
	s := play(t, incident.AssignRole{Role: "commander", User: "First", Email: "first@example.com"})
	require.Equal(t, incident.Person{Name: "First", Email: "first@example.com"}, s.state.HolderPerson("commander"))
	s.then(t, incident.AssignRole{Role: "commander", User: "Second"})
	require.Equal(t, incident.Person{Name: "Second"}, s.state.HolderPerson("commander"), "the address of the one before is gone")
	s.then(t, incident.ReportPresence{Person: incident.Person{Name: "Second", Email: "second@example.com"}})
	require.Equal(t, "second@example.com", s.state.HolderPerson("commander").Email, "who is in the channel is known")
	require.Zero(t, s.state.HolderPerson("scribe"))
	require.Zero(t, s.state.HolderPerson("poet"))
	require.Equal(t, "second@example.com", s.state.Brief().HolderPerson("commander").Email, "and stays so in brief")
}

func TestTheChannelsToldAreThoseOfTheSeverityAndThoseThatWereTold(t *testing.T) {
	t.Parallel()
	s := play(t)
	require.Equal(t, []string{"incidents", "C0CHECKOUT"}, s.state.AnnounceIn())
	s.then(t, incident.ChangeSeverity{Severity: "SEV3"})
	require.Equal(t, []string{"C0CHECKOUT"}, s.state.AnnounceIn())
	shown := incident.Outcome{Shown: []incident.ShownMessage{{Purpose: incident.ShownAnnouncement, Channel: "incidents", Ref: incident.MessageRef{ChannelID: "C2", ID: "1"}}}}
	require.True(t, shown.Brings(s.state))
	s.then(t, incident.FinishStep{Step: "auto", Outcome: shown})
	require.Equal(t, []string{"incidents", "C0CHECKOUT"}, s.state.AnnounceIn(), "who has heard of it hears how it ends")
	require.False(t, shown.Brings(s.state), "in its old place, nothing is new")
}

func TestWhatThePagerTellsBeforeThePageIsWrittenDownIsKept(t *testing.T) {
	t.Parallel()
	s := play(t, incident.ReportPage{Key: "INC-42/page", ID: "Q1", Status: incident.PageAcknowledged, AssignedTo: []incident.Person{{Name: "First"}}})
	s.then(t, incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Page: &incident.Page{Key: "INC-42/page", Service: "PABC123"}}})
	page, ok := s.state.Page("INC-42/page")
	require.True(t, ok)
	require.Equal(t, incident.Page{Key: "INC-42/page", Service: "PABC123", ID: "Q1", Status: incident.PageAcknowledged, AssignedTo: []incident.Person{{Name: "First"}}}, page)
	require.Equal(t, []incident.Person{{Name: "First"}}, s.state.OnCall)
	require.Equal(t, 1, s.state.PagesOpen())
	s.then(t, incident.FinishStep{Step: "manual", Outcome: incident.Outcome{Pages: []incident.Page{{Key: "INC-42/page", Status: incident.PageResolved}}}})
	require.Zero(t, s.state.PagesOpen())
}

func TestWhoIsAskedToHelpIsNotOnCall(t *testing.T) {
	t.Parallel()
	onCall, helper := []incident.Person{{Name: "First"}}, []incident.Person{{Name: "Second"}}
	s := play(t, incident.ReportPage{Key: "INC-42-page", Status: incident.PageTriggered, AssignedTo: onCall})
	// The pager may tell of the page before Muster has written down that it was sent.
	s.then(t, incident.ReportPage{Key: "INC-42-ask.7.help.direct", Status: incident.PageTriggered, AssignedTo: helper})
	s.then(t, incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Page: &incident.Page{Key: "INC-42-ask.7.help.direct"}, Responders: helper}})
	require.Equal(t, onCall, s.state.OnCall)
	require.Equal(t, 2, s.state.PagesOpen())
}

func TestTheMessagesThatAreRememberedAreBounded(t *testing.T) {
	t.Parallel()
	s := play(t)
	for n := range incident.MaxRecorded + 1 {
		note := said("x", false)
		note.Quote.Message.ID = fmt.Sprint(n)
		s.then(t, note)
	}
	require.Len(t, s.state.Recorded, incident.MaxRecorded)
	require.False(t, s.state.HasRecorded(incident.MessageRef{ChannelID: "C1", ID: "0"}, false), "the oldest is dropped")
	require.True(t, s.state.HasRecorded(incident.MessageRef{ChannelID: "C1", ID: "1"}, false))
}

func TestABriefWithStepsShowsOpenOnesFirst(t *testing.T) {
	t.Parallel()
	s := play(t, incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Output: map[string]any{"a": 1.0}}}, incident.StartStep{Step: "approval"})
	steps := s.state.BriefWithSteps().Steps
	require.Equal(t, "approval", steps[0].ID)
	require.Equal(t, "auto", steps[1].ID)
	require.Empty(t, steps[1].Output)
	require.Len(t, steps, len(s.state.Steps))
}
