package incident_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"muster/incident"
)

// walk is one random life of an incident.
type walk struct {
	now    time.Time
	state  incident.State
	events []incident.Event
	// past are the states the incident went through, and copies of them that share
	// no memory: what Apply must leave as it was.
	past []pastState
}

type pastState struct{ state, copied incident.State }

// deepCopy returns a state that shares no memory with s. That it equals s is itself
// worth checking: the state is part of what workflows hand on.
func deepCopy(t require.TestingT, s incident.State) incident.State {
	text, err := json.Marshal(s)
	require.NoError(t, err)
	var copied incident.State
	require.NoError(t, json.Unmarshal(text, &copied))
	require.Empty(t, cmp.Diff(s, copied, cmpopts.EquateEmpty()), "a state survives JSON")
	return copied
}

func TestAnySequenceOfCommandsLeavesAValidIncident(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{now: noon}
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			w.step(t)
		}
		w.checkHistory(t)
	})
}

// step lets some time pass, forwards or backwards, and gives one command.
func (w *walk) step(t *rapid.T) {
	w.now = w.now.Add(time.Duration(rapid.Int64Range(int64(-time.Minute), int64(time.Hour)).Draw(t, "pause")))
	c := incident.Command{
		Incident: "INC-42", Key: rapid.SampledFrom([]string{"", "k1", "k2"}).Draw(t, "key"),
		Actor:  rapid.SampledFrom([]incident.Actor{responder, muster, monitor, {}}).Draw(t, "actor"),
		Intent: drawIntent(t, w.state),
	}
	before := deepCopy(t, w.state)
	events, err := incident.Decide(w.state, c, w.now)
	again, errAgain := incident.Decide(w.state, c, w.now)
	require.Empty(t, cmp.Diff(events, again), "deciding is deterministic")
	require.Equal(t, err, errAgain)
	if err != nil {
		require.Empty(t, events, "a refused command changes nothing")
		requireKnownError(t, err)
		return
	}
	for _, e := range events {
		w.apply(t, e)
	}
	require.Empty(t, cmp.Diff(before, w.ago(len(events)), cmpopts.EquateEmpty()), "deciding leaves the state as it was")
	crowded := w.state.AlertCount() > incident.MaxAlerts && c.Intent.Name() == "report_alerts"
	if repeatable(c.Intent) && !crowded {
		repeated, err := incident.Decide(w.state, c, w.now)
		require.Empty(t, repeated, "repeating %s changes nothing", c.Intent.Name())
		if err != nil {
			requireKnownError(t, err)
		}
	}
}

// ago returns the state before the last n events.
func (w *walk) ago(n int) incident.State {
	if n == 0 {
		return w.state
	}
	return w.past[len(w.past)-n].state
}

func (w *walk) apply(t *rapid.T, e incident.Event) {
	require.Equal(t, w.state.Seq+1, e.Seq, "sequence numbers have no gaps")
	require.False(t, e.At.Before(w.state.At), "time never runs backwards")
	require.Equal(t, time.UTC, e.At.Location())
	require.Equal(t, e.At, e.At.Truncate(time.Microsecond))
	require.NotEmpty(t, e.Text())
	before := w.state
	w.past = append(w.past, pastState{before, deepCopy(t, before)})
	w.state = incident.Apply(before, e)
	w.events = append(w.events, e)
	require.Equal(t, w.state, incident.Apply(w.state, e), "applying again is safe")
	requireValid(t, w.state)
	if before.Status.Ended() {
		requireOnlyReports(t, before, w.state)
	}
}

// checkHistory looks at the whole life from its end.
func (w *walk) checkHistory(t *rapid.T) {
	for _, p := range w.past {
		require.Empty(t, cmp.Diff(p.copied, p.state, cmpopts.EquateEmpty()), "Apply never changes the state it was given")
	}
	text, err := json.Marshal(w.events)
	require.NoError(t, err)
	var stored []incident.Event
	require.NoError(t, json.Unmarshal(text, &stored))
	require.Empty(t, cmp.Diff(w.events, stored, cmpopts.EquateEmpty()), "events survive JSON")
	require.Empty(t, cmp.Diff(w.state, incident.Fold(stored), cmpopts.EquateEmpty()), "the journal alone gives the state")
	for n := range w.events {
		require.Equal(t, w.past[n].state, incident.Fold(w.events[:n]), "folding a prefix gives the state at that time")
		at := w.events[n].At
		last := n
		for last+1 < len(w.events) && w.events[last+1].At.Equal(at) {
			last++
		}
		require.Equal(t, incident.Fold(w.events[:last+1]), incident.FoldUntil(w.events, at))
	}
	twice := slices.Concat(w.events, w.events)
	require.Equal(t, w.state, incident.Fold(twice), "applying the journal again is safe")
}

func requireKnownError(t *rapid.T, err error) {
	var rule *incident.RuleError
	var invalid *incident.InvalidError
	var missing *incident.NotFoundError
	known := errors.As(err, &rule) || errors.As(err, &invalid) || errors.As(err, &missing)
	require.True(t, known, "%T: %v", err, err)
	require.NotEmpty(t, err.Error())
}

// repeatable says whether a command given twice takes effect once by its content
// alone. The others tell of something that may well happen twice; their keys keep
// them apart.
func repeatable(i incident.Intent) bool {
	switch i.(type) {
	case incident.AddNote, incident.PostUpdate, incident.AddFollowup, incident.AddStep, incident.FinishStep, incident.FailStep,
		incident.SnoozeReminder, incident.RequestHelp:
		return false
	default:
		return true
	}
}

var (
	alertNames = rapid.SampledFrom([]string{"a", "b", "c"})
	stepIDs    = rapid.SampledFrom([]string{"auto", "manual", "approval", "quorum", "decision", "wait", "added-1", "added-2", "hook-1", "nine"})
	someText   = rapid.SampledFrom([]string{"", " ", "text", "more text"})
)

func drawAlert(t *rapid.T) incident.Alert {
	a := sampleAlert(alertNames.Draw(t, "alert"))
	a.StartsAt = noon.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "occurrence")) * time.Hour)
	if rapid.Bool().Draw(t, "resolved") {
		a.ResolvedAt = a.StartsAt.Add(time.Hour)
	}
	return a
}

func drawTicket(t *rapid.T) incident.Ticket {
	status := rapid.SampledFrom([]string{"To Do", "In Progress", "Done"}).Draw(t, "status")
	return incident.Ticket{Key: "PAY-7", Status: status, Done: status == "Done"}
}

func drawOutcome(t *rapid.T) incident.Outcome {
	var o incident.Outcome
	switch rapid.IntRange(0, 12).Draw(t, "outcome") {
	case 0:
		o.Page = &incident.Page{Key: rapid.SampledFrom([]string{"p1", "p2"}).Draw(t, "page")}
	case 1:
		o.Channel = &incident.Channel{ID: "C1", Name: "inc-42"}
	case 2:
		ticket := drawTicket(t)
		o.Ticket, o.Followup = &ticket, followupIDs.Draw(t, "follow-up")
	case 3:
		o.Responders = []incident.Person{{Name: "Sample Responder"}}
	case 4:
		o.Postmortem = true
	case 5:
		o.Update, o.Note = someText.Draw(t, "update"), someText.Draw(t, "note")
	case 6:
		o.NewFollowup = &incident.AddFollowup{Title: someText.Draw(t, "title")}
	case 7:
		o.Output = map[string]any{"status": 200.0, "body": strings.Repeat("x", rapid.SampledFrom([]int{1, incident.MaxOutputBytes}).Draw(t, "size"))}
	case 8:
		o.Measurement = drawMeasurement(t)
	case 9:
		o.Shown = []incident.ShownMessage{{
			Purpose: incident.ShownBrief, Channel: "C1", Ref: incident.MessageRef{ChannelID: "C1", ID: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "message")},
		}}
	case 10:
		o.Pages = []incident.Page{drawPage(t)}
	case 11:
		o.Resolution = someText.Draw(t, "resolution")
	}
	return o
}

func drawMeasurement(t *rapid.T) *incident.Measurement {
	value := rapid.SampledFrom([]float64{0, 1, -2.5, math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1)})
	return &incident.Measurement{
		Title: "Errors", Query: "errors", Start: noon, Step: time.Minute,
		Series: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) incident.Series {
			return incident.Series{Name: "a", Values: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *float64 {
				v := value.Draw(t, "value")
				return &v
			}), 0, 2*incident.MaxSeriesValues).Draw(t, "values")}
		}), 0, 2).Draw(t, "series"),
	}
}

var followupIDs = rapid.SampledFrom([]string{"F1", "F2", "F3"})

// intents draws each command by its name; a test below makes sure that none is
// missing.
var intents = map[string]func(*rapid.T, incident.State) incident.Intent{
	"declare":         func(*rapid.T, incident.State) incident.Intent { return declaration() },
	"attach_playbook": func(*rapid.T, incident.State) incident.Intent { return attachment() },
	"acknowledge": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.Acknowledge{Note: someText.Draw(t, "note")}
	},
	"change_status": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.ChangeStatus{Status: rapid.SampledFrom(append(incident.Statuses(), "fine")).Draw(t, "status")}
	},
	"change_severity": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.ChangeSeverity{Severity: rapid.SampledFrom([]incident.Severity{"SEV1", "SEV2", "SEV3", "SEV9"}).Draw(t, "severity")}
	},
	"resolve": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.Resolve{Summary: someText.Draw(t, "summary")}
	},
	"reopen": func(*rapid.T, incident.State) incident.Intent { return incident.Reopen{} },
	"cancel": func(*rapid.T, incident.State) incident.Intent { return incident.Cancel{} },
	"merge": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.Merge{Into: rapid.SampledFrom([]incident.ID{"INC-42", "INC-43", "x"}).Draw(t, "into")}
	},
	"absorb": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.Absorb{From: rapid.SampledFrom([]incident.ID{"INC-42", "INC-7", "inc-8", "x"}).Draw(t, "from"), Alerts: rapid.SliceOfN(rapid.Custom(drawAlert), 0, 2).Draw(t, "alerts")}
	},
	"close": func(*rapid.T, incident.State) incident.Intent { return incident.Close{} },
	"report_alerts": func(t *rapid.T, _ incident.State) incident.Intent {
		if rapid.IntRange(0, 19).Draw(t, "storm") == 0 {
			return incident.ReportAlerts{Alerts: storm(rapid.IntRange(1, 2*incident.MaxAlerts).Draw(t, "size"), rapid.Bool().Draw(t, "over"))}
		}
		return incident.ReportAlerts{Alerts: rapid.SliceOfN(rapid.Custom(drawAlert), 0, 4).Draw(t, "alerts")}
	},
	"assign_role": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.AssignRole{Role: rapid.SampledFrom([]string{"commander", "scribe", "poet"}).Draw(t, "role"), User: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "user"), Email: rapid.SampledFrom([]string{"", "x@example.com"}).Draw(t, "email")}
	},
	"add_note": func(t *rapid.T, _ incident.State) incident.Intent {
		note := incident.AddNote{Text: someText.Draw(t, "text"), At: rapid.SampledFrom([]time.Time{{}, noon, afterTime}).Draw(t, "at"), Decision: rapid.Bool().Draw(t, "decision")}
		if rapid.Bool().Draw(t, "quoted") {
			note.Quote = &incident.Quote{By: "Second Responder", Message: incident.MessageRef{ChannelID: "C1", ID: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "message")}}
		}
		return note
	},
	"post_update": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.PostUpdate{Text: someText.Draw(t, "text")}
	},
	"remind": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.Remind{Hook: rapid.SampledFrom([]string{"h1", "h2"}).Draw(t, "hook"), Text: "x", Count: rapid.IntRange(0, 3).Draw(t, "count")}
	},
	"add_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.AddStep{Title: someText.Draw(t, "title")}
	},
	"start_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.StartStep{Step: stepIDs.Draw(t, "step")}
	},
	"finish_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.FinishStep{Step: stepIDs.Draw(t, "step"), Hook: rapid.SampledFrom([]string{"", "hook"}).Draw(t, "hook"), Title: "Work", Outcome: drawOutcome(t)}
	},
	"fail_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.FailStep{Step: stepIDs.Draw(t, "step"), Hook: rapid.SampledFrom([]string{"", "hook"}).Draw(t, "hook"), Title: "Work", Error: "no", RetryAt: rapid.SampledFrom([]time.Time{{}, noon}).Draw(t, "retry")}
	},
	"complete_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.CompleteStep{Step: stepIDs.Draw(t, "step")}
	},
	"skip_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.SkipStep{Step: stepIDs.Draw(t, "step"), Reason: someText.Draw(t, "reason")}
	},
	"approve_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.ApproveStep{Step: stepIDs.Draw(t, "step")}
	},
	"reject_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.RejectStep{Step: stepIDs.Draw(t, "step")}
	},
	"choose_option": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.ChooseOption{Step: stepIDs.Draw(t, "step"), Option: rapid.SampledFrom([]string{"back", "forward", "sideways"}).Draw(t, "option")}
	},
	"nudge_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.NudgeStep{Step: stepIDs.Draw(t, "step")}
	},
	"escalate_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.EscalateStep{Step: stepIDs.Draw(t, "step")}
	},
	"repeat_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.RepeatStep{Step: stepIDs.Draw(t, "step")}
	},
	"retry_step": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.RetryStep{Step: stepIDs.Draw(t, "step")}
	},
	"add_followup": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.AddFollowup{Title: someText.Draw(t, "title"), Due: rapid.SampledFrom([]time.Time{{}, noon, afterTime}).Draw(t, "due")}
	},
	"complete_followup": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.CompleteFollowup{Followup: followupIDs.Draw(t, "follow-up"), Note: someText.Draw(t, "note")}
	},
	"report_ticket": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.ReportTicket{Followup: followupIDs.Draw(t, "follow-up"), Ticket: drawTicket(t), Deleted: rapid.IntRange(0, 4).Draw(t, "deleted") == 0}
	},
	"note_restoration": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.NoteRestoration{Mark: rapid.SampledFrom([]string{"", "4f2a9c", "0b1c2d", "A.b"}).Draw(t, "mark")}
	},
	"confirm_severity": func(*rapid.T, incident.State) incident.Intent { return incident.ConfirmSeverity{} },
	"snooze_reminder": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.SnoozeReminder{
			Hook: rapid.SampledFrom([]string{"", "h1", "h2"}).Draw(t, "hook"), Subject: rapid.SampledFrom([]string{"", "manual"}).Draw(t, "subject"),
			For: rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour, 25 * time.Hour}).Draw(t, "for"),
		}
	},
	"report_presence": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.ReportPresence{Person: people.Draw(t, "person"), Left: rapid.Bool().Draw(t, "left")}
	},
	"request_help": func(t *rapid.T, _ incident.State) incident.Intent {
		return incident.RequestHelp{Who: someText.Draw(t, "who"), Person: people.Draw(t, "person"), PagerService: rapid.SampledFrom([]string{"", "PABC123"}).Draw(t, "service")}
	},
	"report_page": func(t *rapid.T, _ incident.State) incident.Intent {
		p := drawPage(t)
		return incident.ReportPage{Key: p.Key, Status: p.Status, AssignedTo: p.AssignedTo, Responders: p.Responders}
	},
}

// people are two whose addresses are not always known.
var people = rapid.SampledFrom([]incident.Person{
	{}, {Name: "Sample Responder"}, {Name: "Sample Responder", Email: "responder@example.com"}, {Email: "Responder@example.com"}, {Name: "Second Responder"},
})

func drawPage(t *rapid.T) incident.Page {
	return incident.Page{
		Key:        rapid.SampledFrom([]string{"", "p1", "p2"}).Draw(t, "key"),
		Status:     rapid.SampledFrom([]incident.PageStatus{"", incident.PageTriggered, incident.PageAcknowledged, incident.PageResolved}).Draw(t, "status"),
		AssignedTo: rapid.SliceOfN(people, 0, 2).Draw(t, "assigned"), Responders: rapid.SliceOfN(people, 0, 2).Draw(t, "responders"),
	}
}

// ends are the commands after which little happens; they are drawn rarely, so that
// incidents live long enough to be interesting.
var ends = []string{"cancel", "merge", "close"}

func drawIntent(t *rapid.T, s incident.State) incident.Intent {
	if !s.Declared() && rapid.IntRange(0, 9).Draw(t, "undeclared") > 0 {
		return declaration()
	}
	names := incident.Commands()
	if rapid.IntRange(0, 4).Draw(t, "may end") > 0 {
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(ends, name) })
	}
	return intents[rapid.SampledFrom(names).Draw(t, "command")](t, s)
}

func TestEveryCommandTakesPartInTheRandomLives(t *testing.T) {
	t.Parallel()
	for _, name := range incident.Commands() {
		require.Contains(t, intents, name, "add %q to the generators", name)
	}
	require.Len(t, intents, len(incident.Commands()))
}
