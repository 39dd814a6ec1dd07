package incident_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// long is text that no command takes.
var long = strings.Repeat("é", incident.MaxTextRunes+1)

func without(change func(*incident.Declare)) incident.Declare {
	d := declaration()
	change(&d)
	return d
}

func TestDeclaring(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		intent  incident.Declare
		invalid string
	}{
		"a title is required":                 {without(func(d *incident.Declare) { d.Title = " \n" }), "title"},
		"a title has a bound":                 {without(func(d *incident.Declare) { d.Title = strings.Repeat("é", incident.MaxTitleRunes+1) }), "title"},
		"a title at the bound is accepted":    {without(func(d *incident.Declare) { d.Title = strings.Repeat("é", incident.MaxTitleRunes) }), ""},
		"a summary has a bound":               {without(func(d *incident.Declare) { d.Summary = long }), "summary"},
		"a service is required":               {without(func(d *incident.Declare) { d.Service.Name = " " }), "service"},
		"a severity is required":              {without(func(d *incident.Declare) { d.Severity = "" }), "severity"},
		"a severity is one of the scale":      {without(func(d *incident.Declare) { d.Severity = "SEV9" }), "severity"},
		"a summary may be missing":            {without(func(d *incident.Declare) { d.Summary = "" }), ""},
		"all that was said is on the record":  {declaration(), ""},
		"white space around text is left out": {without(func(d *incident.Declare) { d.Title, d.Summary = " Checkout fails\n", " x " }), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := incident.Decide(incident.State{}, command(c.intent), noon)
			if c.invalid != "" {
				var invalid *incident.InvalidError
				require.ErrorAs(t, err, &invalid)
				require.Equal(t, c.invalid, invalid.Field)
				return
			}
			require.NoError(t, err)
			require.Len(t, events, 1)
			want := c.intent
			want.Title, want.Summary = strings.TrimSpace(want.Title), strings.TrimSpace(want.Summary)
			require.Equal(t, incident.IncidentDeclared(want), events[0].Fact)
			s := incident.Fold(events)
			require.Equal(t, incident.Investigating, s.Status)
			require.Equal(t, responder, s.DeclaredBy)
			require.Equal(t, noon, s.DeclaredAt)
		})
	}
}

func TestAttachingAPlaybook(t *testing.T) {
	t.Parallel()
	bare := func(t *testing.T) *story { return (&story{now: noon}).then(t, declaration()) }
	t.Run("the incident keeps the first one", func(t *testing.T) {
		t.Parallel()
		other := attachment()
		other.Playbook.Name = "other"
		s := play(t)
		events, err := incident.Decide(s.state, command(other), s.now)
		require.NoError(t, err)
		require.Empty(t, events)
	})
	t.Run("steps that people added before stay", func(t *testing.T) {
		t.Parallel()
		s := bare(t).then(t, incident.AddStep{Title: "Call the provider"}, attachment())
		require.Len(t, s.state.Steps, len(sampleSteps())+1)
		require.Equal(t, "added-1", s.state.Steps[len(sampleSteps())].ID)
	})
	cases := map[string]struct {
		spoil   func(*incident.AttachPlaybook)
		invalid string
	}{
		"it has a name":           {func(a *incident.AttachPlaybook) { a.Playbook = incident.PlaybookRef{} }, "playbook"},
		"its steps differ in id":  {func(a *incident.AttachPlaybook) { a.Steps = append(a.Steps, a.Steps[0]) }, "steps"},
		"its roles differ in id":  {func(a *incident.AttachPlaybook) { a.Roles = append(a.Roles, a.Roles[0]) }, "roles"},
		"added steps keep theirs": {func(a *incident.AttachPlaybook) { a.Steps[0].ID = "added-1" }, "steps"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := bare(t).then(t, incident.AddStep{Title: "Call the provider"})
			spoiled := attachment()
			c.spoil(&spoiled)
			_, err := incident.Decide(s.state, command(spoiled), s.now)
			var invalid *incident.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, c.invalid, invalid.Field)
		})
	}
}

func TestAcknowledging(t *testing.T) {
	rules{
		"is a fact": {when: incident.Acknowledge{Note: " on my way "}, want: []incident.Fact{incident.IncidentAcknowledged{Note: "on my way"}}},
		"happens once": {
			given: []incident.Intent{incident.Acknowledge{}}, when: incident.Acknowledge{Note: "me too"},
		},
		"is asked for anew when the incident is reopened": {
			given: []incident.Intent{incident.Acknowledge{}, incident.Resolve{}, incident.Reopen{}}, when: incident.Acknowledge{},
			want: []incident.Fact{incident.IncidentAcknowledged{}},
		},
		"is refused once it is resolved": {given: []incident.Intent{incident.Resolve{}}, when: incident.Acknowledge{}, rule: "not_active"},
		"takes a note of some length":    {when: incident.Acknowledge{Note: long}, invalid: "note"},
	}.check(t)
}

func TestChangingTheStatus(t *testing.T) {
	rules{
		"goes forward": {
			when: incident.ChangeStatus{Status: incident.Identified, Note: " found "},
			want: []incident.Fact{incident.StatusChanged{From: incident.Investigating, To: incident.Identified, Note: "found"}},
		},
		"may leave one out": {
			when: incident.ChangeStatus{Status: incident.Monitoring},
			want: []incident.Fact{incident.StatusChanged{From: incident.Investigating, To: incident.Monitoring}},
		},
		"may go back": {
			given: []incident.Intent{incident.ChangeStatus{Status: incident.Monitoring}}, when: incident.ChangeStatus{Status: incident.Investigating},
			want: []incident.Fact{incident.StatusChanged{From: incident.Monitoring, To: incident.Investigating}},
		},
		"to what it is changes nothing": {when: incident.ChangeStatus{Status: incident.Investigating}},
		"to resolved resolves": {
			when: incident.ChangeStatus{Status: incident.Resolved, Note: "rolled back"},
			want: []incident.Fact{incident.IncidentResolved{From: incident.Investigating, Summary: "rolled back"}},
		},
		"to resolved twice is refused": {
			given: []incident.Intent{incident.Resolve{}}, when: incident.ChangeStatus{Status: incident.Resolved}, rule: "already_resolved",
		},
		"of a resolved incident asks to reopen it": {
			given: []incident.Intent{incident.Resolve{}}, when: incident.ChangeStatus{Status: incident.Identified}, rule: "resolved",
		},
		"does not cancel":             {when: incident.ChangeStatus{Status: incident.Cancelled}, rule: "own_command"},
		"does not merge":              {when: incident.ChangeStatus{Status: incident.Merged}, rule: "own_command"},
		"does not close":              {when: incident.ChangeStatus{Status: incident.Closed}, rule: "own_command"},
		"knows its words":             {when: incident.ChangeStatus{Status: "fine"}, invalid: "status"},
		"takes a note of some length": {when: incident.ChangeStatus{Status: incident.Identified, Note: long}, invalid: "note"},
	}.check(t)
}

func TestChangingTheSeverity(t *testing.T) {
	rules{
		"raises it": {
			when: incident.ChangeSeverity{Severity: "SEV1", Reason: " spreads "},
			want: []incident.Fact{incident.SeverityChanged{From: "SEV2", To: "SEV1", Raised: true, Reason: "spreads"}},
		},
		"lowers it": {
			when: incident.ChangeSeverity{Severity: "SEV3"}, want: []incident.Fact{incident.SeverityChanged{From: "SEV2", To: "SEV3"}},
		},
		"to what it is changes nothing": {when: incident.ChangeSeverity{Severity: "SEV2"}},
		"is allowed after the resolution": {
			given: []incident.Intent{incident.Resolve{}}, when: incident.ChangeSeverity{Severity: "SEV3"},
			want: []incident.Fact{incident.SeverityChanged{From: "SEV2", To: "SEV3"}},
		},
		"knows the scale":               {when: incident.ChangeSeverity{Severity: "sev1"}, invalid: "severity"},
		"takes a reason of some length": {when: incident.ChangeSeverity{Severity: "SEV1", Reason: long}, invalid: "reason"},
	}.check(t)
}

func TestResolvingAndReopening(t *testing.T) {
	rules{
		"resolving remembers where it stood": {
			given: []incident.Intent{incident.ChangeStatus{Status: incident.Monitoring}}, when: incident.Resolve{Summary: " rolled back "},
			want: []incident.Fact{incident.IncidentResolved{From: incident.Monitoring, Summary: "rolled back"}},
		},
		"resolving twice is refused":              {given: []incident.Intent{incident.Resolve{}}, when: incident.Resolve{}, rule: "already_resolved"},
		"resolving takes a summary of its length": {when: incident.Resolve{Summary: long}, invalid: "summary"},
		"reopening takes a resolution back": {
			given: []incident.Intent{incident.Resolve{}}, when: incident.Reopen{Reason: " it is back "},
			want: []incident.Fact{incident.IncidentReopened{Reason: "it is back"}},
		},
		"reopening what is active is refused":     {when: incident.Reopen{}, rule: "not_resolved"},
		"reopening takes a reason of some length": {when: incident.Reopen{Reason: long}, invalid: "reason"},
	}.check(t)
}

func TestCancellingMergingAndClosing(t *testing.T) {
	followup := incident.AddFollowup{Title: "Test the rollback"}
	rules{
		"an active incident can be cancelled":  {when: incident.Cancel{Reason: " a test "}, want: []incident.Fact{incident.IncidentCancelled{Reason: "a test"}}},
		"a resolved one cannot be cancelled":   {given: []incident.Intent{incident.Resolve{}}, when: incident.Cancel{}, rule: "not_active"},
		"a reason for cancelling has a bound":  {when: incident.Cancel{Reason: long}, invalid: "reason"},
		"an active incident can be merged":     {when: incident.Merge{Into: " inc-7 ", Reason: "same"}, want: []incident.Fact{incident.IncidentMerged{Into: "INC-7", Reason: "same"}}},
		"a resolved one cannot be merged":      {given: []incident.Intent{incident.Resolve{}}, when: incident.Merge{Into: "INC-7"}, rule: "not_active"},
		"no incident is merged into itself":    {when: incident.Merge{Into: "42"}, invalid: "into"},
		"an incident is merged into a real id": {when: incident.Merge{Into: "the other"}, invalid: "into"},
		"a reason for merging has a bound":     {when: incident.Merge{Into: "INC-7", Reason: long}, invalid: "reason"},
		"absorbing is told once":               {given: []incident.Intent{incident.Absorb{From: "INC-7"}}, when: incident.Absorb{From: "inc-7"}},
		"absorbing keeps the other's alerts":   {when: incident.Absorb{From: "7", Title: "x", Alerts: []incident.Alert{sampleAlert("a")}}, want: []incident.Fact{incident.IncidentAbsorbed{From: "INC-7", Title: "x", Alerts: []incident.Alert{sampleAlert("a")}}}},
		"no incident absorbs itself":           {when: incident.Absorb{From: "INC-42"}, invalid: "from"},
		"an incident absorbs a real one":       {when: incident.Absorb{}, invalid: "from"},
		"a resolved incident can be closed":    {given: []incident.Intent{incident.Resolve{}}, when: incident.Close{Reason: " done "}, want: []incident.Fact{incident.IncidentClosed{Reason: "done"}}},
		"an active one cannot be closed":       {when: incident.Close{}, rule: "not_resolved"},
		"one with open follow-ups cannot be":   {given: []incident.Intent{followup, incident.Resolve{}}, when: incident.Close{}, rule: "open_followups"},
		"one whose follow-ups are done can be": {given: []incident.Intent{followup, incident.Resolve{}, incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "P-1", Done: true}}}, when: incident.Close{}, want: []incident.Fact{incident.IncidentClosed{}}},
		"one whose ticket was deleted can be":  {given: []incident.Intent{followup, incident.Resolve{}, incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "P-1"}, Deleted: true}}, when: incident.Close{}, want: []incident.Fact{incident.IncidentClosed{}}},
		"one whose ticket was taken up again waits": {given: []incident.Intent{
			followup, incident.Resolve{}, incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "P-1", Status: "Done", Done: true}},
			incident.ReportTicket{Followup: "F1", Ticket: incident.Ticket{Key: "P-1", Status: "To Do"}},
		}, when: incident.Close{}, rule: "open_followups"},
	}.check(t)
}

func TestFollowupsOutliveAFalseAlarm(t *testing.T) {
	ticket := incident.Ticket{Key: "PAY-7", Status: "Done", Done: true}
	given := []incident.Intent{incident.AddFollowup{Title: "Tune the alert"}, incident.Cancel{}}
	done := append(slices.Clone(given), incident.CompleteFollowup{Followup: "F1"})
	rules{
		"its ticket moves":           {given: given, when: incident.ReportTicket{Followup: "F1", Ticket: ticket}, want: []incident.Fact{incident.TicketChanged{Followup: "F1", Ticket: ticket}}},
		"people finish it":           {given: given, when: incident.CompleteFollowup{Followup: "F1"}, want: []incident.Fact{incident.FollowupCompleted{Followup: "F1", Title: "Tune the alert"}}},
		"people are reminded of it":  {given: given, when: incident.Remind{Hook: "h", Subject: "F1", Text: "due", Count: 1}, want: []incident.Fact{incident.ReminderGiven{Hook: "h", Subject: "F1", Body: "due", Count: 1}}},
		"of nothing else":            {given: given, when: incident.Remind{Hook: "h", Text: "due", Count: 1}, rule: "cancelled"},
		"nor of it when it is done":  {given: done, when: incident.Remind{Hook: "h", Subject: "F1", Text: "due", Count: 1}, rule: "cancelled"},
		"but nobody adds to it then": {given: given, when: incident.AddFollowup{Title: "x"}, rule: "cancelled"},
	}.check(t)
}

func TestAnEndedIncidentRefusesAllThatIsNotAboutWorkUnderWay(t *testing.T) {
	t.Parallel()
	ends := map[string][]incident.Intent{
		"cancelled": {incident.Cancel{}},
		"merged":    {incident.Merge{Into: "INC-43"}},
		"closed":    {incident.Resolve{}, incident.Close{}},
	}
	for rule, end := range ends {
		for _, intent := range sampleIntents() {
			t.Run(rule+" and "+intent.Name(), func(t *testing.T) {
				t.Parallel()
				s := play(t, append([]incident.Intent{incident.StartStep{Step: "auto"}}, end...)...)
				events, err := incident.Decide(s.state, command(intent), s.now)
				switch intent.(type) {
				case incident.FinishStep, incident.FailStep, incident.NoteRestoration, incident.ReportPage:
					require.NoError(t, err)
					require.NotEmpty(t, events)
				case incident.StartStep, incident.RetryStep:
					require.NoError(t, err)
					require.Empty(t, events, "the step runs already")
				case incident.ReportTicket, incident.CompleteFollowup:
					var missing *incident.NotFoundError
					require.ErrorAs(t, err, &missing, "follow-ups go on; this incident has none")
				case incident.Declare:
					require.NoError(t, err)
					require.Empty(t, events, "declaring again changes nothing")
				default:
					var refused *incident.RuleError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, rule, refused.Rule)
				}
			})
		}
	}
}

func TestWhatEveryCommandMustSay(t *testing.T) {
	t.Parallel()
	s := play(t).state
	cases := map[string]struct {
		state   incident.State
		spoil   func(*incident.Command)
		invalid string
		missing string
	}{
		"which incident it is for": {s, func(c *incident.Command) { c.Incident = "" }, "incident", ""},
		"the right incident":       {s, func(c *incident.Command) { c.Incident = "INC-1" }, "incident", ""},
		"a declared incident":      {incident.State{}, func(*incident.Command) {}, "", "incident"},
		"who gives it":             {s, func(c *incident.Command) { c.Actor.Name = "  " }, "actor", ""},
		"a name of some length":    {s, func(c *incident.Command) { c.Actor.Name = strings.Repeat("é", incident.MaxNameRunes+1) }, "actor", ""},
		"what to do":               {s, func(c *incident.Command) { c.Intent = nil }, "command", ""},
		"the same incident when declaring again": {s, func(c *incident.Command) {
			c.Incident, c.Intent = "INC-1", declaration()
		}, "incident", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoiled := command(incident.AddNote{Text: "x"})
			c.spoil(&spoiled)
			_, err := incident.Decide(c.state, spoiled, noon)
			if c.missing != "" {
				var missing *incident.NotFoundError
				require.ErrorAs(t, err, &missing)
				require.Equal(t, c.missing, missing.What)
				return
			}
			var invalid *incident.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, c.invalid, invalid.Field)
		})
	}
}
