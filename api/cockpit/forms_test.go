package cockpit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/store"
)

// opens is how a form is opened: by a command in INC-1's channel, or by a control.
type opens struct {
	line    string
	control chat.Control
}

func (o opens) by(w *world, who string) {
	if o.line != "" {
		w.writes(who, channelOf("INC-1"), o.line)
		return
	}
	w.presses(who, o.control)
}

func TestAFormDoesWhatWasFilledIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opens opens
		form  string
		given map[string]string
		want  []incident.Intent
	}{
		"the status, from a button": {
			opens{control: chat.Control{Act: card.StatusAct, Value: "INC-1"}}, "status", map[string]string{"status": "monitoring", "note": "quiet"},
			[]incident.Intent{incident.ChangeStatus{Status: incident.Monitoring, Note: "quiet"}},
		},
		"the severity, from a button": {
			opens{control: chat.Control{Act: card.SeverityAct, Value: "INC-1"}}, "severity", map[string]string{"severity": "SEV1", "reason": "all see it"},
			[]incident.Intent{incident.ChangeSeverity{Severity: "SEV1", Reason: "all see it"}},
		},
		"a role for oneself, as it stands there": {
			opens{control: chat.Control{Act: card.RoleAct, Value: "INC-1"}}, "role", nil,
			[]incident.Intent{incident.AssignRole{Role: "commander", User: "Sample Responder", Email: "responder@example.com"}},
		},
		"a role for somebody else": {
			opens{line: "role scribe"}, "role", map[string]string{"user": second, "brief": "be short"},
			[]incident.Intent{incident.AssignRole{Role: "scribe", User: "Second Responder", Email: "second@example.com", Brief: "be short"}},
		},
		"an update": {
			opens{line: "update"}, "update", map[string]string{"text": "We look."},
			[]incident.Intent{incident.PostUpdate{Text: "We look."}},
		},
		"an update with a new status": {
			opens{line: "update"}, "update", map[string]string{"text": "We know.", "status": "identified"},
			[]incident.Intent{incident.ChangeStatus{Status: incident.Identified}, incident.PostUpdate{Text: "We know."}},
		},
		"a note": {
			opens{control: chat.Control{Act: card.NoteAct, Value: "INC-1"}}, "note", map[string]string{"text": "Deployed."},
			[]incident.Intent{incident.AddNote{Text: "Deployed."}},
		},
		"a decision": {
			opens{line: "decision"}, "note", map[string]string{"text": "Roll back."},
			[]incident.Intent{incident.AddNote{Text: "Roll back.", Decision: true}},
		},
		"a follow-up": {
			opens{control: chat.Control{Act: card.FollowupAct, Value: "INC-1"}}, "followup", map[string]string{"title": "Alert earlier", "owner": second, "due": "2026-12-01"},
			[]incident.Intent{incident.AddFollowup{Title: "Alert earlier", Owner: "second@example.com", Due: at(12, 1)}},
		},
		"a step": {
			opens{line: "step add"}, "step_add", map[string]string{"title": "Warm the cache", "user": outsider},
			[]incident.Intent{incident.AddStep{Title: "Warm the cache", Assignee: "guest"}},
		},
		"skipping a step": {
			opens{control: chat.Control{Act: card.StepSkipAct, Value: "INC-1|assess"}}, "step_skip", map[string]string{"reason": "known"},
			[]incident.Intent{incident.SkipStep{Step: "assess", Reason: "known"}},
		},
		"help from a service": {
			opens{control: chat.Control{Act: card.PageAct, Value: "INC-1"}}, "page", map[string]string{"service": "search", "message": "Look, please."},
			[]incident.Intent{incident.RequestHelp{Who: "service search", PagerService: "PSRC123", Message: "Look, please."}},
		},
		"help from a team": {
			opens{line: "page"}, "page", map[string]string{"team": "platform"},
			[]incident.Intent{incident.RequestHelp{Who: "team platform", PagerService: "PSRC123"}},
		},
		"help from a person": {
			opens{line: "page"}, "page", map[string]string{"person": second},
			[]incident.Intent{incident.RequestHelp{Who: "Second Responder", Person: people[second]}},
		},
		"resolving": {
			opens{control: chat.Control{Act: card.ResolveAct, Value: "INC-1"}}, "resolve", map[string]string{"summary": "Rolled back."},
			[]incident.Intent{incident.Resolve{Summary: "Rolled back."}},
		},
		"resolving without a word": {
			opens{line: "resolve"}, "resolve", nil, []incident.Intent{incident.Resolve{}},
		},
		"cancelling": {
			opens{line: "cancel"}, "cancel", map[string]string{"reason": "A test."},
			[]incident.Intent{incident.Cancel{Reason: "A test."}},
		},
		"merging": {
			opens{line: "merge"}, "merge", map[string]string{"into": "INC-2"},
			[]incident.Intent{incident.Merge{Into: "INC-2"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(outsider, general, "search is down")
				before := len(w.answers)
				c.opens.by(w, responder)
				require.Empty(t, w.intents, "opening it does nothing")
				require.Empty(t, w.fills(responder, c.form, c.given))
				require.Empty(t, cmp.Diff(c.want, w.intents))
				require.Len(t, w.answers, before, "the channel shows it")
			})
		})
	}
}

func TestAFormStaysOpenWhereSomethingIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opens opens
		form  string
		given map[string]string
		// then is done between the opening and the filling in.
		then func(w *world)
		want chat.Problem
	}{
		"an empty text": {
			opens{line: "note"}, "note", map[string]string{"text": "  "}, nil,
			chat.Problem{Entry: "text", Message: "Text must not be empty."},
		},
		"a skip without a reason": {
			opens{line: "step skip assess"}, "step_skip", nil, nil,
			chat.Problem{Entry: "reason", Message: `Say why step "Confirm the severity and who is affected" is skipped: the reason is kept in the timeline.`},
		},
		"a cancellation without a reason": {
			opens{line: "cancel"}, "cancel", map[string]string{"reason": " "}, nil,
			chat.Problem{Entry: "reason", Message: "Say why it was a false alarm."},
		},
		"nobody for a role": {
			opens{line: "role"}, "role", map[string]string{"user": ""}, nil,
			chat.Problem{Entry: "user", Message: "Choose who takes the role."},
		},
		"nobody to ask": {
			opens{line: "page"}, "page", nil, nil,
			chat.Problem{Entry: "person", Message: "Choose one: a person, a service or a team."},
		},
		"two to ask": {
			opens{line: "page"}, "page", map[string]string{"person": second, "team": "platform"}, nil,
			chat.Problem{Entry: "person", Message: "Choose one: a person, a service or a team."},
		},
		"a day that is none": {
			opens{line: "followup"}, "followup", map[string]string{"title": "Mend it", "due": "soon"}, nil,
			chat.Problem{Entry: "due", Message: "Give the day it is due as 2006-01-02."},
		},
		"an incident that was resolved meanwhile": {
			opens{line: "resolve"}, "resolve", nil, func(w *world) { w.writes(second, channelOf("INC-1"), "resolve done") },
			chat.Problem{Entry: "summary", Message: "INC-1 is already resolved."},
		},
		"an approval of somebody else": {
			opens{line: "step reject statement"}, "step_reject", nil, nil,
			chat.Problem{Entry: "note", Message: `"Approve what customers are told" is approved or rejected by whoever is incident commander; take the role first.`},
		},
		"a merge into an incident that there is not": {
			opens{line: "merge"}, "merge", map[string]string{"into": "INC-99"}, nil,
			chat.Problem{Entry: "into", Message: "There is no incident INC-99 to merge into."},
		},
		"a declaration without a title": {
			opens{line: "declare"}, "declare", nil, nil,
			chat.Problem{Entry: "title", Message: "Title must not be empty."},
		},
		"a declaration without a service": {
			opens{line: "declare"}, "declare", map[string]string{"title": "Broken", "service": ""}, nil,
			chat.Problem{Entry: "service", Message: "Choose the service that is affected."},
		},
		"a declaration with a title beyond all bounds": {
			opens{line: "declare"}, "declare", map[string]string{"title": longTitle}, nil,
			chat.Problem{Entry: "title", Message: "Title has 201 characters, 200 at most are allowed; link to longer text instead."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(outsider, general, "search is down")
				c.opens.by(w, responder)
				if c.then != nil {
					c.then(w)
				}
				declared, done := len(w.declared), len(w.intents)
				require.Equal(t, []chat.Problem{c.want}, w.fills(responder, c.form, c.given))
				require.Len(t, w.intents, done)
				require.Len(t, w.declared, declared)
			})
		})
	}
}

var longTitle = func() string {
	runes := make([]rune, incident.MaxTitleRunes+1)
	for i := range runes {
		runes[i] = 'ü'
	}
	return string(runes)
}()

func TestTheFormDeclaresAndSaysOnceWhereTheIncidentMeets(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel = true
		w.writes(responder, general, "")
		require.Empty(t, w.fills(responder, "declare", map[string]string{"title": "Carts are empty", "severity": "SEV1", "summary": "since noon"}))
		require.Equal(t, []api.Declaration{{
			Title: "Carts are empty", Summary: "since noon", Service: "checkout", Severity: "SEV1", Actor: incident.PersonActor("Sample Responder"), Source: "slack", Reworded: true,
			Person: incident.Person{Name: "Sample Responder", Email: "responder@example.com", Account: responder},
		}}, w.declared)
		require.Empty(t, w.answers, "it waits for the channel")
		w.openChannel("INC-1")
		w.settle()
		_, text := w.lastAnswer()
		require.Len(t, w.answers, 1)
		require.Contains(t, text, "It meets in #inc-1.")
	})
}

func TestACommandThatDeclaresAnswersAtOnceAndLaterWithTheChannel(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.noChannel = true
		w.writes(responder, general, "checkout is down")
		require.Len(t, w.answers, 1)
		_, text := w.lastAnswer()
		require.Contains(t, text, "SEV3, because you named no severity")
		w.openChannel("INC-1")
		w.settle()
		_, text = w.lastAnswer()
		require.Equal(t, "INC-1 meets in #inc-1.", text)

		w.writes(responder, general, "search is down")
		w.waits(time.Minute)
		require.Len(t, w.answers, 3, "without a channel there is nothing more to say")
	})
}

func TestAControlDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act, value string
		want       []incident.Intent
		// told says that it is answered, because the channel does not show it.
		told bool
	}{
		"acknowledge":                   {card.AcknowledgeAct, "INC-1", []incident.Intent{incident.Acknowledge{}}, false},
		"acknowledge, by the channel":   {card.AcknowledgeAct, "", []incident.Intent{incident.Acknowledge{}}, false},
		"a status":                      {card.StatusAct, "INC-1|monitoring", []incident.Intent{incident.ChangeStatus{Status: incident.Monitoring}}, false},
		"the status that there is":      {card.StatusAct, "INC-1|investigating", []incident.Intent{incident.ChangeStatus{Status: incident.Investigating}}, true},
		"a severity":                    {card.SeverityAct, "INC-1|SEV1", []incident.Intent{incident.ChangeSeverity{Severity: "SEV1"}}, false},
		"a severity that was confirmed": {card.ConfirmSeverityAct, "INC-1", []incident.Intent{incident.ConfirmSeverity{}}, true},
		"a role":                        {card.TakeRoleAct, "INC-1|scribe", []incident.Intent{incident.AssignRole{Role: "scribe", User: "Sample Responder", Email: "responder@example.com"}}, false},
		"a role that there is not":      {card.TakeRoleAct, "INC-1|captain", nil, true},
		"a step":                        {card.StepCompleteAct, "INC-1|assess", []incident.Intent{incident.CompleteStep{Step: "assess"}}, false},
		"a step that there is not":      {card.StepCompleteAct, "INC-1|dance", nil, true},
		"an approval without the role":  {card.StepApproveAct, "INC-1|statement", nil, true},
		"a way":                         {card.StepChooseAct, "INC-1|way|forward", []incident.Intent{incident.ChooseOption{Step: "way", Option: "forward"}}, false},
		"a step that has not failed":    {card.StepRetryAct, "INC-1|assess", nil, true},
		"a snooze":                      {card.SnoozeAct, "INC-1|1h0m0s|update-due|", []incident.Intent{incident.SnoozeReminder{Hook: "update-due", For: time.Hour}}, true},
		"a snooze of no length":         {card.SnoozeAct, "INC-1", []incident.Intent{incident.SnoozeReminder{For: 30 * time.Minute}}, true},
		"the timeline":                  {card.TimelineAct, "INC-1", nil, true},
		"the postmortem":                {card.PostmortemAct, "INC-1", nil, true},
		"a control of another version":  {"dance", "INC-1", nil, true},
		"a page that the chat opens":    {card.OpenAct, "", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				before := len(w.answers)
				act := w.act(responder, channelOf("INC-1"))
				act.Press = &chat.Press{Act: c.act, Value: c.value, On: incident.MessageRef{ChannelID: channelOf("INC-1"), ID: "1"}}
				w.take(act)
				require.Empty(t, cmp.Diff(c.want, w.intents))
				require.Equal(t, c.told, len(w.answers) > before)
				require.Empty(t, w.forms)
			})
		})
	}
}

func TestAControlOutsideOfTheChannelIsAnswered(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		act := w.act(responder, general)
		act.Press = &chat.Press{Act: card.AcknowledgeAct, Value: "INC-1", On: incident.MessageRef{ChannelID: general, ID: "1"}}
		w.take(act)
		_, text := w.lastAnswer()
		require.Equal(t, "You have INC-1.", text)
	})
}

func TestWhatIsResolvedIsReopenedByItsStatus(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "resolve done")
		w.chooses(responder, w.onBrief("INC-1", "Reopen as…"), "Monitoring")
		require.Equal(t, []incident.Intent{incident.Reopen{}, incident.ChangeStatus{Status: incident.Monitoring}}, w.intents[1:])
		require.Equal(t, incident.Monitoring, w.state("INC-1").Status)
	})
}

func TestAQuestionsButtonsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	inside := channelOf("INC-1")
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, inside, "stauts monitoring all is calm")
		w.presses(responder, w.onAnswer("Yes: status monitoring all is calm"))
		require.Equal(t, incident.ChangeStatus{Status: incident.Monitoring, Note: "all is calm"}, w.intents[0])

		w.writes(responder, inside, "search is down as well sev1")
		w.presses(responder, w.onAnswer("Note it on INC-1"))
		require.Equal(t, incident.AddNote{Text: "search is down as well sev1"}, w.intents[1])

		w.writes(responder, inside, "search is down as well sev1")
		w.presses(responder, w.onAnswer("Declare “search is down as well sev1”…"))
		form := w.form("declare")
		require.Equal(t, []string{"search is down as well", "search", "SEV1"}, []string{form.Fields[0].Value, form.Fields[1].Value, form.Fields[2].Value})

		w.writes(responder, general, "ack")
		w.presses(responder, w.onAnswer("INC-1 checkout is down"))
		require.Equal(t, incident.Acknowledge{}, w.intents[2])

		w.writes(responder, inside, "status INC-99")
		w.presses(responder, w.onAnswer("Show the open incidents"))
		_, text := w.lastAnswer()
		require.Contains(t, text, "checkout is down")
	})
}

func TestPeopleSubscribeToWhatTheyWantToHearOf(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "subscribe")
		w.writes(responder, general, "subscribe to service search")
		w.writes(responder, general, "subscribe sev2")
		w.writes(responder, general, "follow all")
		w.writes(responder, general, "follow all")
		w.writes(second, general, "subscribe INC-1")
		mine := func(kind store.FollowKind, name string) store.Follow {
			return store.Follow{Account: responder, Person: people[responder], Kind: kind, Name: name}
		}
		require.Equal(t, []store.Follow{
			mine(store.FollowIncident, "INC-1"), mine(store.FollowService, "search"), mine(store.FollowSeverity, "SEV2"), mine(store.FollowAll, ""),
			{Account: second, Person: people[second], Kind: store.FollowIncident, Name: "INC-1"},
		}, w.follows)

		w.writes(responder, general, "subscribe list")
		_, text := w.lastAnswer()
		require.Equal(t, "What you hear of\nINC-1\nAll incidents of search\nAll incidents of SEV2 and above\nAll incidents", text)
		w.presses(responder, w.onAnswer("Unsubscribe"))
		w.writes(responder, general, "unsubscribe from search")
		w.writes(responder, general, "unsubscribe all")
		require.Equal(t, []store.Follow{mine(store.FollowSeverity, "SEV2"), {Account: second, Person: people[second], Kind: store.FollowIncident, Name: "INC-1"}}, w.follows)

		w.writes(second, general, "subscribe")
		require.Empty(t, w.fills(second, "subscribe", map[string]string{"what": "service|checkout"}))
		require.Equal(t, store.Follow{Account: second, Person: people[second], Kind: store.FollowService, Name: "checkout"}, w.follows[2])
	})
}

func TestWhoEndsWhatTheyDoNotFollowSeesWhatTheyDo(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "subscribe checkout")
		w.writes(responder, general, "unsubscribe all")
		_, text := w.lastAnswer()
		require.Contains(t, text, "All incidents of checkout")
		w.presses(responder, w.onAnswer("Unsubscribe"))
		require.Empty(t, w.follows)
	})
}

func TestAFollowUpThatIsDoneAtOnceMayHaveATicketOnItsWay(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, channelOf("INC-1"), "followup mend it")
		w.writes(responder, channelOf("INC-1"), "followup mend the other")
		w.writes(responder, channelOf("INC-1"), "followup done F1")
		_, text := w.lastAnswer()
		require.Contains(t, text, "close that in the tracker as well")
		w.passes(time.Hour)
		w.writes(responder, channelOf("INC-1"), "followup done F2")
		_, text = w.lastAnswer()
		require.Equal(t, "Follow-up F2 is done.", text)
	})
}
