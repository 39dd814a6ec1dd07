package incident_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestAddingSteps(t *testing.T) {
	step := func(id string) incident.Step {
		return incident.Step{ID: id, Title: "Warm the cache", Kind: incident.Manual, State: incident.Waiting, AddedBy: "Sample Responder"}
	}
	add := incident.AddStep{Title: " Warm the cache "}
	rules{
		"a step waits for people": {when: add, want: []incident.Fact{incident.StepAdded{Step: step("added-1")}}},
		"each gets its own id":    {given: []incident.Intent{add}, when: add, want: []incident.Fact{incident.StepAdded{Step: step("added-2")}}},
		"an id that a hook's work has is left out": {
			given: []incident.Intent{incident.FailStep{Step: "added-1", Hook: "h", Title: "x", Error: "no"}}, when: add,
			want: []incident.Fact{incident.StepAdded{Step: step("added-2")}},
		},
		"a step has a title":           {when: incident.AddStep{}, invalid: "title"},
		"an assignee's name has bound": {when: incident.AddStep{Title: "x", Assignee: farName}, invalid: "assignee"},
	}.check(t)
}

func TestMusterDoingSteps(t *testing.T) {
	start := incident.StartStep{Step: "auto"}
	finish := incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Text: "opened"}}
	fail := incident.FailStep{Step: "auto", Error: "Slack is down", RetryAt: noon}
	person := incident.Person{Name: "Sample Responder"}
	channel := incident.Channel{ID: "C1", Name: "inc-42"}
	page := incident.Page{Key: "page"}
	ticket := sampleTicket()
	rules{
		"a step starts":                 {when: start, want: []incident.Fact{incident.StepStarted{Step: "auto", Title: "Open the channel", Type: incident.Automatic}}},
		"a manual step is handed on":    {when: incident.StartStep{Step: "manual"}, want: []incident.Fact{incident.StepStarted{Step: "manual", Title: "Roll back", Type: incident.Manual, Role: "commander"}}},
		"a step starts once":            {given: []incident.Intent{start}, when: start},
		"a step that starts is known":   {when: incident.StartStep{Step: "nine"}, missing: "step"},
		"a step is finished":            {given: []incident.Intent{start}, when: finish, want: []incident.Fact{incident.StepCompleted{Step: "auto", Title: "Open the channel", Note: "opened"}}},
		"a step is finished once":       {given: []incident.Intent{start, finish}, when: finish},
		"a step that finishes is known": {when: incident.FinishStep{Step: "nine"}, missing: "step"},
		"a step that was skipped stays": {given: []incident.Intent{start, incident.SkipStep{Step: "auto", Reason: "no"}}, when: finish},
		"a step fails":                  {given: []incident.Intent{start}, when: fail, want: []incident.Fact{incident.StepFailed{Step: "auto", Title: "Open the channel", Do: "slack.create_channel", Error: "Slack is down", RetryAt: noon}}},
		"a settled step fails no more":  {given: []incident.Intent{start, finish}, when: fail},
		"a step that fails is known":    {when: incident.FailStep{Step: "nine", Error: "x"}, missing: "step"},
		"a hook's work is no step":      {when: incident.FinishStep{Step: "h1", Hook: "h", Title: "Announce"}, want: []incident.Fact{incident.StepCompleted{Step: "h1", Hook: "h", Title: "Announce"}}},
		"what had nothing to do says so": {
			when: incident.FinishStep{Step: "h1", Hook: "h", Title: "Tell", Outcome: incident.Outcome{Idle: true, Text: "nobody follows"}},
			want: []incident.Fact{incident.StepCompleted{Step: "h1", Hook: "h", Title: "Tell", Note: "nobody follows", Idle: true}},
		},
		"what people see in their list of steps is told to its end": {
			given: []incident.Intent{start}, when: incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Idle: true, Text: "nobody to invite"}},
			want: []incident.Fact{incident.StepCompleted{Step: "auto", Title: "Open the channel", Note: "nobody to invite"}},
		},
		"so is what had failed before": {
			given: []incident.Intent{incident.FailStep{Step: "h1", Hook: "h", Title: "Tell", Error: "x"}, incident.RetryStep{Step: "h1"}},
			when:  incident.FinishStep{Step: "h1", Hook: "h", Outcome: incident.Outcome{Idle: true, Text: "nobody follows"}},
			want:  []incident.Fact{incident.StepCompleted{Step: "h1", Hook: "h", Title: "Tell", Note: "nobody follows"}},
		},
		"a hook's failure becomes a step": {when: incident.FailStep{Step: "h1", Hook: "h", Title: "Announce", Do: "slack.post", Error: "x"}, want: []incident.Fact{incident.StepFailed{Step: "h1", Hook: "h", Title: "Announce", Do: "slack.post", Error: "x"}}},
		"what was brought about is remembered": {
			given: []incident.Intent{start},
			when: incident.FinishStep{Step: "auto", Outcome: incident.Outcome{
				Page: &page, Channel: &channel, Ticket: &ticket, Followup: "F1", Responders: []incident.Person{person}, Postmortem: true,
			}},
			want: []incident.Fact{
				incident.PageSent{Page: page, OnCall: []incident.Person{person}}, incident.ChannelOpened{Channel: channel},
				incident.TicketFiled{Followup: "F1", Ticket: ticket}, incident.PostmortemDrafted{},
				incident.StepCompleted{Step: "auto", Title: "Open the channel"},
			},
		},
		"invitations are remembered where nobody was paged": {
			given: []incident.Intent{start}, when: incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Responders: []incident.Person{person}}},
			want: []incident.Fact{incident.RespondersInvited{People: []incident.Person{person}}, incident.StepCompleted{Step: "auto", Title: "Open the channel"}},
		},
		"it is remembered even when the step was skipped": {
			given: []incident.Intent{start, incident.SkipStep{Step: "auto", Reason: "no"}},
			when:  incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Channel: &channel}}, want: []incident.Fact{incident.ChannelOpened{Channel: channel}},
		},
	}.check(t)
}

func TestPeopleDoingSteps(t *testing.T) {
	startAuto, startManual, startApproval := incident.StartStep{Step: "auto"}, incident.StartStep{Step: "manual"}, incident.StartStep{Step: "approval"}
	failAuto := incident.FailStep{Step: "auto", Error: "x"}
	skip := incident.SkipStep{Step: "manual", Reason: "not needed"}
	complete := incident.CompleteStep{Step: "manual", Note: " done "}
	approve, reject := incident.ApproveStep{Step: "approval", Note: " go "}, incident.RejectStep{Step: "approval", Note: " no "}
	rules{
		"completing marks it as done":           {given: []incident.Intent{startManual}, when: complete, want: []incident.Fact{incident.StepCompleted{Step: "manual", Title: "Roll back", Note: "done"}}},
		"completing may come before its turn":   {when: complete, want: []incident.Fact{incident.StepCompleted{Step: "manual", Title: "Roll back", Note: "done"}}},
		"completing twice changes nothing":      {given: []incident.Intent{complete}, when: complete},
		"completing after all what was skipped": {given: []incident.Intent{skip}, when: complete, want: []incident.Fact{incident.StepCompleted{Step: "manual", Title: "Roll back", Note: "done"}}},
		"completing is not approving":           {given: []incident.Intent{startApproval}, when: incident.CompleteStep{Step: "approval"}, rule: "needs_approval"},
		"completing Muster's own step waits":    {given: []incident.Intent{startAuto}, when: incident.CompleteStep{Step: "auto"}, rule: "automatic_step"},
		"completing Muster's failed step helps": {given: []incident.Intent{startAuto, failAuto}, when: incident.CompleteStep{Step: "auto"}, want: []incident.Fact{incident.StepCompleted{Step: "auto", Title: "Open the channel"}}},
		"completing takes a known step":         {when: incident.CompleteStep{Step: "nine"}, missing: "step"},
		"completing takes a note of its length": {when: incident.CompleteStep{Step: "manual", Note: long}, invalid: "note"},

		"skipping needs a reason":           {when: incident.SkipStep{Step: "manual", Reason: " "}, invalid: "note"},
		"skipping keeps the reason":         {when: incident.SkipStep{Step: "manual", Reason: " no "}, want: []incident.Fact{incident.StepSkipped{Step: "manual", Title: "Roll back", Reason: "no"}}},
		"skipping twice changes nothing":    {given: []incident.Intent{skip}, when: skip},
		"skipping what is done is refused":  {given: []incident.Intent{complete}, when: skip, rule: "step_done"},
		"skipping works for every kind":     {given: []incident.Intent{startApproval}, when: incident.SkipStep{Step: "approval", Reason: "no"}, want: []incident.Fact{incident.StepSkipped{Step: "approval", Title: "Fail over", Reason: "no"}}},
		"skipping takes a known step":       {when: incident.SkipStep{Step: "nine", Reason: "x"}, missing: "step"},
		"skipping takes a reason of length": {when: incident.SkipStep{Step: "manual", Reason: long}, invalid: "note"},

		"approving lets it go on":            {given: []incident.Intent{startApproval}, when: approve, want: []incident.Fact{incident.StepCompleted{Step: "approval", Title: "Fail over", Approved: true, Note: "go"}}},
		"approving twice changes nothing":    {given: []incident.Intent{startApproval, approve}, when: approve},
		"approving before its turn is early": {when: approve, rule: "not_waiting"},
		"approving needs an approval":        {given: []incident.Intent{startManual}, when: incident.ApproveStep{Step: "manual"}, rule: "not_an_approval"},
		"approving after a refusal is late":  {given: []incident.Intent{startApproval, reject}, when: approve, rule: "not_waiting"},
		"approving takes a known step":       {when: incident.ApproveStep{Step: "nine"}, missing: "step"},

		"rejecting stops it":                    {given: []incident.Intent{startApproval}, when: reject, want: []incident.Fact{incident.StepRejected{Step: "approval", Title: "Fail over", Note: "no"}}},
		"rejecting what is approved is refused": {given: []incident.Intent{startApproval, approve}, when: reject, rule: "step_done"},
		"rejecting needs an approval":           {given: []incident.Intent{startManual}, when: incident.RejectStep{Step: "manual"}, rule: "not_an_approval"},
		"rejecting takes a known step":          {when: incident.RejectStep{Step: "nine"}, missing: "step"},

		"retrying sends it back to work":       {given: []incident.Intent{startAuto, failAuto}, when: incident.RetryStep{Step: "auto", Note: " now "}, want: []incident.Fact{incident.StepRetried{Step: "auto", Title: "Open the channel", Note: "now"}}},
		"retrying asks again for an approval":  {given: []incident.Intent{startApproval, reject}, when: incident.RetryStep{Step: "approval"}, want: []incident.Fact{incident.StepRetried{Step: "approval", Title: "Fail over"}}},
		"retrying what runs changes nothing":   {given: []incident.Intent{startAuto}, when: incident.RetryStep{Step: "auto"}},
		"retrying what has yet to start, too":  {when: incident.RetryStep{Step: "auto"}},
		"retrying what is done is refused":     {given: []incident.Intent{complete}, when: incident.RetryStep{Step: "manual"}, rule: "not_failed"},
		"retrying what waits is refused":       {given: []incident.Intent{startManual}, when: incident.RetryStep{Step: "manual"}, rule: "not_failed"},
		"retrying takes a known step":          {when: incident.RetryStep{Step: "nine"}, missing: "step"},
		"retrying takes a note of some length": {when: incident.RetryStep{Step: "auto", Note: long}, invalid: "note"},
	}.check(t)
}

func TestAStepTellsHowItWent(t *testing.T) {
	t.Parallel()
	step := func(s *story, id string) incident.Step {
		found, ok := s.state.Step(id)
		require.True(t, ok)
		return found
	}
	s := play(t, incident.StartStep{Step: "auto"})
	startedAt := step(s, "auto").StartedAt
	require.Equal(t, incident.Running, step(s, "auto").State)
	require.Equal(t, 1, step(s, "auto").Attempts)

	failedAt := s.now
	s.then(t, incident.FailStep{Step: "auto", Error: "Slack is down", RetryAt: failedAt})
	require.Equal(t, incident.Failed, step(s, "auto").State)
	require.Equal(t, failedAt, step(s, "auto").RetryAt)

	s.then(t, incident.RetryStep{Step: "auto"})
	require.Equal(t, incident.Pending, step(s, "auto").State)
	require.Zero(t, step(s, "auto").RetryAt)
	require.Equal(t, "Slack is down", step(s, "auto").Error, "the reason stays visible while it is tried again")

	s.then(t, incident.StartStep{Step: "auto"})
	require.Equal(t, 2, step(s, "auto").Attempts)
	require.True(t, step(s, "auto").StartedAt.After(startedAt))
	require.Equal(t, startedAt, step(s, "auto").FirstStartedAt, "how long it has been tried shows through all attempts")
	doneAt := s.now
	s.then(t, incident.FinishStep{Step: "auto", Outcome: incident.Outcome{Text: "opened"}})
	done := step(s, "auto")
	require.Equal(t, incident.Done, done.State)
	require.Empty(t, done.Error)
	require.Equal(t, "opened", done.Note)
	require.Equal(t, "Sample Responder", done.By)
	require.Equal(t, doneAt, done.SettledAt)

	s.then(t, incident.StartStep{Step: "approval"}, incident.RejectStep{Step: "approval", Note: "too early"})
	require.Equal(t, "rejected by Sample Responder: too early", step(s, "approval").Error)
	s.then(t, incident.RetryStep{Step: "approval"})
	require.Zero(t, step(s, "approval").SettledAt)
	require.Empty(t, step(s, "approval").By)

	s.then(t, incident.FailStep{Step: "h1", Hook: "announce", Title: "Announce", Do: "slack.post", Error: "x"})
	visible := step(s, "h1")
	require.Equal(t, incident.Step{
		ID: "h1", Title: "Announce", Kind: incident.Automatic, State: incident.Failed, Do: "slack.post", Hook: "announce",
		Error: "x", Attempts: 1, FirstStartedAt: visible.StartedAt, StartedAt: visible.StartedAt,
	}, visible)
	s.then(t, incident.CompleteStep{Step: "h1"})
	require.Equal(t, incident.Done, step(s, "h1").State)
}

func TestTheOutputsOfAllStepsTogetherAreBounded(t *testing.T) {
	t.Parallel()
	p := play(t)
	output := map[string]any{"body": strings.Repeat("x", incident.MaxOutputBytes-20)}
	for i := range 60 {
		p.then(t, incident.AddStep{Title: "S"}, incident.FinishStep{Step: fmt.Sprintf("added-%d", i+1), Outcome: incident.Outcome{Output: output}})
	}
	first, _ := p.state.Step("added-1")
	require.NotEmpty(t, first.Output)
	last, _ := p.state.Step("added-60")
	require.Empty(t, last.Output)
	require.Contains(t, last.Note, "with that of the other steps, more than 196608 bytes")
}

func TestAPlaybookAddsNoFollowupsWithoutEnd(t *testing.T) {
	t.Parallel()
	p := play(t)
	more := incident.AddFollowup{Title: "Look again"}
	for range 510 {
		p.then(t, incident.FinishStep{Step: "again@1", Hook: "again", Title: "Again", Outcome: incident.Outcome{NewFollowup: &more}})
	}
	require.Len(t, p.state.Followups, 500)
	p.then(t, more)
	require.Len(t, p.state.Followups, 501, "people are not kept from it")
}
