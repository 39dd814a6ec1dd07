package ui_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

const second = "Second Responder"

// branch begins an incident that is led by the responder and whose playbook, put together
// from two, has steps of every kind. Muster has started those that can be.
func (s *site) branch(t testing.TB, exercise *incident.Exercise) incident.ID {
	t.Helper()
	id, _, err := s.store.NewIncident(t.Context(), "", "")
	require.NoError(t, err)
	s.do(t, id, incident.PersonActor(responder),
		incident.Declare{
			Title: "Checkout fails since the deployment", Severity: "SEV2", Scale: scale, Exercise: exercise,
			Service: incident.Service{Name: "checkout", Team: "shop"},
		},
		incident.Acknowledge{},
	)
	s.do(t, id, muster, incident.AttachPlaybook{
		Playbook: incident.PlaybookRef{Name: "bad-deploy", Version: "abc123"},
		Parts:    []incident.PlaybookRef{{Name: "bad-deploy", Version: "a1"}, {Name: "sev2-base", Version: "b1"}},
		Roles: []incident.Role{
			{ID: "commander", Title: "incident commander", Duties: "Decides."},
			{ID: "comms", Title: "communications lead"}, {ID: "scribe", Title: "scribe"},
		},
		Steps: []incident.Step{
			{ID: "page", Title: "Page the on-call", Kind: incident.Automatic, State: incident.Pending, Do: "pagerduty.page", Playbook: "sev2-base"},
			{ID: "start-rollback", Title: "Start the rollback", Kind: incident.Automatic, State: incident.Pending, Do: "temporal.start", Playbook: "bad-deploy"},
			{ID: "assess", Title: "Confirm the severity", Kind: incident.Manual, State: incident.Pending, Role: "commander", Playbook: "sev2-base"},
			{
				ID: "diff", Title: "Read what was deployed", Kind: incident.Manual, State: incident.Pending, Group: "Find out", Playbook: "bad-deploy",
				Instructions: "Compare the running version with the one before.", Expect: "The change that touches the cart.",
				Links: []incident.Link{{Title: "Deployments", URL: "https://deploy.example.com/checkout"}},
			},
			{ID: "graphs", Title: "Look at error rate and latency", Kind: incident.Manual, State: incident.Pending, Group: "Find out", Playbook: "bad-deploy"},
			{
				ID: "which", Title: "Roll back or fix forward?", Kind: incident.Decision, State: incident.Pending, Group: "Mend", Role: "commander",
				Instructions: "Roll back unless the deployment changed the database.", Playbook: "bad-deploy",
				Options: []incident.Option{{ID: "back", Title: "Roll back"}, {ID: "forward", Title: "Fix forward"}, {ID: "off", Title: "Switch the feature off"}},
			},
			{
				ID: "consent", Title: "Roll back production", Kind: incident.Approval, State: incident.Pending, Group: "Mend",
				Quorum: 2, Approvers: []string{"commander", "comms"}, Playbook: "bad-deploy",
			},
			{ID: "fix", Title: "Write the fix", Kind: incident.Manual, State: incident.Pending, Group: "Mend", Playbook: "bad-deploy"},
			{ID: "off", Title: "Switch the feature off", Kind: incident.Manual, State: incident.Pending, Group: "Mend", Playbook: "bad-deploy"},
			{
				ID: "soak", Title: "Errors stay away", Kind: incident.Wait, State: incident.Pending, Group: "Make sure", Playbook: "bad-deploy",
				Until: "sum(rate(checkout_errors[5m])) is below 0.01 for 10m",
			},
			{ID: "tell", Title: "Tell support how it stands", Kind: incident.Manual, State: incident.Pending, Role: "comms", Playbook: "sev2-base"},
		},
	})
	s.do(t, id, incident.PersonActor(responder), incident.AssignRole{Role: "commander", User: responder})
	s.do(t, id, muster,
		incident.StartStep{Step: "page"}, incident.FinishStep{Step: "page", Outcome: incident.Outcome{
			Page: &incident.Page{Key: "k", ID: "Q1"}, Responders: []incident.Person{{Name: responder}}, Text: "accepted",
		}},
		incident.StartStep{Step: "assess"}, incident.StartStep{Step: "diff"}, incident.StartStep{Step: "graphs"}, incident.StartStep{Step: "tell"},
	)
	return id
}

// decide plays the incident of branch until the rollback waits for its approval.
func (s *site) decide(t testing.TB, id incident.ID) {
	t.Helper()
	person := incident.PersonActor(responder)
	s.do(t, id, person, incident.CompleteStep{Step: "assess"}, incident.CompleteStep{Step: "diff"}, incident.CompleteStep{Step: "graphs"})
	s.do(t, id, muster, incident.StartStep{Step: "which"})
	s.do(t, id, person, incident.ChooseOption{Step: "which", Option: "back", Note: "the database did not change"})
	s.do(t, id, muster,
		incident.SkipStep{Step: "fix", Reason: "the response took another way", LeftOut: true},
		incident.SkipStep{Step: "off", Reason: "the response took another way", LeftOut: true},
		incident.StartStep{Step: "consent"},
	)
}
