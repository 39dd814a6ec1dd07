package postmortem_test

import (
	"testing"
	"time"

	"muster/incident"
)

// branching is an exercise in which the response takes one of several ways: decided once by
// people and once by nobody in time, approved by two, waited for.
func branching(t *testing.T) []incident.Event {
	declared := declare("Checkout fails since the deployment", "Practice for the new commander.", "SEV2", "checkout")
	declared.Exercise = &incident.Exercise{Speed: 10, Channel: "#game-day"}
	book := playbook()
	book.Playbook = incident.PlaybookRef{Name: "bad-deploy", Version: "0a1b2c"}
	book.Parts = []incident.PlaybookRef{{Name: "default", Version: "7c1d20"}, {Name: "bad-deploy", Version: "33ee51"}}
	book.Steps = []incident.Step{
		{
			ID: "which", Title: "Roll back or fix forward?", Kind: incident.Decision, State: incident.Pending, Role: "commander",
			Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "forward", Title: "Fix forward"}, {ID: "off", Title: "Switch the feature off"}},
		},
		{ID: "consent", Title: "Roll back production", Kind: incident.Approval, State: incident.Pending, Quorum: 2},
		{ID: "fix", Title: "Write the fix", Kind: incident.Manual, State: incident.Pending},
		{ID: "soak", Title: "Errors stay away", Kind: incident.Wait, State: incident.Pending, Until: "30m have passed"},
		{ID: "tell", Title: "Tell support how it stands", Kind: incident.Manual, State: incident.Pending},
		{
			ID: "public", Title: "Say so in public?", Kind: incident.Decision, State: incident.Pending,
			Options: []incident.Option{{ID: "yes", Title: "On the status page"}, {ID: "no", Title: "Not in public"}},
		},
	}
	value := 0.2
	d := begin(t, "INC-12", "2026-03-14 14:00:00")
	return d.does(first, declared, incident.Acknowledge{}).
		does(muster, book).
		does(first, incident.AssignRole{Role: "commander", User: "First Responder"}).
		does(muster, start("which"), start("tell"), start("public")).
		after(2*time.Minute).does(muster, incident.FinishStep{Step: "graph", Hook: "graph", Title: "Collect the error rate", Outcome: incident.Outcome{
		Measurement: &incident.Measurement{Title: "Errors of checkout", Unit: "%", Start: d.now, Step: time.Minute, Series: []incident.Series{{Values: []*float64{&value}}}},
	}}).
		after(8*time.Minute).does(muster, incident.NudgeStep{Step: "which"}, incident.NudgeStep{Step: "tell"}).
		after(5*time.Minute).does(muster, incident.EscalateStep{Step: "which"}).
		after(time.Minute).does(first, incident.ChooseOption{Step: "which", Option: "back", Note: "the database did not change"}).
		does(muster, incident.SkipStep{Step: "fix", Reason: "the response took another way", LeftOut: true}, start("consent")).
		after(time.Minute).does(first, incident.CompleteStep{Step: "tell"}, incident.ApproveStep{Step: "consent"}).
		after(2*time.Minute).does(second, incident.ApproveStep{Step: "consent", Note: "go"}).
		does(muster, start("soak"), incident.RepeatStep{Step: "tell"}, start("tell")).
		after(time.Minute).does(muster, incident.ChooseOption{Step: "public", Option: "no", Note: "the time limit of 20m has passed"}).
		after(5*time.Minute).does(first, incident.AssignRole{Role: "commander", User: "Second Responder", Brief: "The rollback is out; watch the errors."}).
		after(25*time.Minute).does(muster, incident.FinishStep{Step: "soak"}).
		after(time.Minute).does(second, incident.Resolve{Summary: "Rolled back."}).events
}
