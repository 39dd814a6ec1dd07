package ui_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"muster/incident"
)

func TestThePageAsksForDecisionsAndSaysWhatTheResponseWaitsFor(t *testing.T) {
	t.Parallel()
	person := incident.PersonActor(responder)
	told := incident.CompleteStep{Step: "tell"}
	cases := []struct {
		name   string
		play   func(s *site, id incident.ID)
		want   string
		reads  string
		offers []string
	}{
		{"a decision waits", func(s *site, id incident.ID) {
			s.do(t, id, muster, incident.StartStep{Step: "which"})
		}, "Decide: Roll back or fix forward?", "Roll back unless the deployment changed the database.", []string{"next-choose_option-which", "next-skip_step-which"}},
		{"an approval waits", func(s *site, id incident.ID) { s.decide(t, id) },
			"Decide: Roll back production", "0 of 2 approved; up to: incident commander (Sample Responder) or communications lead",
			[]string{"next-approve_step-consent", "next-reject_step-consent"}},
		{"an approval waits for somebody else", func(s *site, id incident.ID) {
			s.decide(t, id)
			s.do(t, id, person, incident.ApproveStep{Step: "consent"})
		}, "Decide: Roll back production", "1 of 2 approved: Sample Responder;", []string{"next-reject_step-consent"}},
		{"a decision that nobody made in time", func(s *site, id incident.ID) {
			s.do(t, id, muster, incident.StartStep{Step: "which"}, incident.FailStep{Step: "which", Error: "the time limit of 20m has passed"})
		}, "Not done: Roll back or fix forward?", "the time limit of 20m has passed", []string{"next-retry_step-which", "next-skip_step-which"}},
		{"an approval that was refused", func(s *site, id incident.ID) {
			s.decide(t, id)
			s.do(t, id, person, incident.RejectStep{Step: "consent", Note: "too early"})
		}, "Rejected: Roll back production", "too early", []string{"next-retry_step-consent"}},
		{"only a wait is left", func(s *site, id incident.ID) {
			s.decide(t, id)
			s.do(t, id, person, incident.SkipStep{Step: "consent", Reason: "done by hand"}, told)
			s.do(t, id, muster, incident.StartStep{Step: "soak"})
			s.clock.advance(4 * time.Minute)
		}, "Waiting: Errors stay away", "Goes on when sum(rate(checkout_errors[5m])) is below 0.01 for 10m (waiting for 4:00 , since 03:12)",
			[]string{"next-complete_step-soak", "next-skip_step-soak"}},
		{"a wait is behind what people do", func(s *site, id incident.ID) {
			s.do(t, id, muster, incident.StartStep{Step: "soak"})
		}, "Confirm the severity", "Waiting: Errors stay away", nil},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.branch(t, nil)
			test.play(s, id)
			page := s.get(t, "/incidents/INC-1", by(responder))
			require.Equal(t, test.want, page.text(t, "next-title"))
			require.Contains(t, page.text(t, "next"), test.reads)
			for _, form := range test.offers {
				page.element(t, form)
			}
			if test.name == "an approval waits for somebody else" {
				require.NotContains(t, page.body, "approve_step", "who has approved need not again")
			}
		})
	}
}

func TestADecisionIsOneClickOnItsOption(t *testing.T) {
	t.Parallel()
	for _, section := range []string{"next", "steps"} {
		t.Run(section, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.branch(t, nil)
			s.do(t, id, muster, incident.StartStep{Step: "which"})
			page := s.get(t, "/incidents/INC-1", by(responder))
			action, fields := page.form(t, section+"-choose_option-which")
			var options []string
			for n := range page.element(t, section+"-choose_option-which").Descendants() {
				if attribute(n, "name") == "option" {
					options = append(options, attribute(n, "value")+": "+textOf(n))
				}
			}
			require.Equal(t, []string{"back: Roll back", "forward: Fix forward", "off: Switch the feature off"}, options)

			fields.Set("option", "back")
			fields.Set("note", "the database did not change")
			require.Equal(t, http.StatusSeeOther, s.post(t, action, fields, by(responder)).StatusCode)

			require.Equal(t, incident.ChooseOption{Step: "which", Option: "back", Note: "the database did not change"},
				s.desk.commands[len(s.desk.commands)-1].Intent)
			require.Equal(t, "Roll back or fix forward? Roll back incident commander Decided by Sample Responder the database did not change Decided 03:12",
				s.get(t, "/incidents/INC-1").text(t, "step-which"))
		})
	}
}

func TestADecisionThatIsRefusedSaysWhy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, form string
		intent     incident.Intent
		by         string
		field      string
		status     int
		says       string
	}{
		{"somebody else was quicker", "steps-choose_option-which", incident.ChooseOption{Step: "which", Option: "forward"}, responder, "back", http.StatusConflict, "was decided: forward"},
		{"no option came along", "steps-choose_option-which", nil, responder, "", http.StatusUnprocessableEntity, "choose one of back, forward, off"},
		{"an approval by who may not", "steps-approve_step-consent", nil, "Third Responder", "", http.StatusConflict, "is approved or rejected by whoever is incident commander (Sample Responder) or communications lead"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			id := s.branch(t, nil)
			if test.form == "steps-approve_step-consent" {
				s.decide(t, id)
			} else {
				s.do(t, id, muster, incident.StartStep{Step: "which"})
			}
			action, fields := s.get(t, "/incidents/INC-1", by(test.by)).form(t, test.form)
			if test.intent != nil {
				s.do(t, id, incident.PersonActor(second), test.intent)
			}
			fields.Set("option", test.field)
			answer := s.post(t, action, fields, by(test.by))
			require.Equal(t, test.status, answer.StatusCode)
			require.Contains(t, answer.text(t, "main"), test.says)
		})
	}
}

func TestStepsStandInTheirGroupsAndOtherWaysAreFoldedAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.branch(t, nil)
	before := s.get(t, "/incidents/INC-1").text(t, "steps")
	require.Contains(t, before, "0 of 9 done")
	require.Contains(t, before, "Find out 0 of 2 Read what was deployed")
	require.Contains(t, before, "Compare the running version with the one before. Deployments You should see: The change that touches the cart.")
	require.Contains(t, before, "incident commander from sev2-base", "a part other than the playbook that is followed")
	require.NotContains(t, before, "from bad-deploy")
	require.NotContains(t, before, "of other ways")

	s.decide(t, id)
	s.do(t, id, muster, incident.SkipStep{Step: "start-rollback", Reason: "the response took another way", LeftOut: true})
	after := s.get(t, "/incidents/INC-1")
	require.Contains(t, after.text(t, "steps"), "4 of 7 done", "what is left out counts for nothing")
	require.Contains(t, after.text(t, "steps"), "Mend 1 of 2 Roll back or fix forward?")
	require.Equal(t, "details", after.element(t, "steps-aside").Data)
	require.Contains(t, after.text(t, "steps-aside"), "2 steps of other ways Write the fix the response took another way Left out 03:12")
	require.Contains(t, after.text(t, "muster-aside"), "1 step of other ways Start the rollback")
}

func TestAStepSaysThatItTakesLongAndHowOftenItCameRound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.branch(t, nil)
	person := incident.PersonActor(responder)
	for _, want := range []string{"", "2nd time", "3rd time", "4th time"} {
		require.Contains(t, s.get(t, "/incidents/INC-1").text(t, "step-tell"), want)
		s.do(t, id, person, incident.CompleteStep{Step: "tell"})
		s.do(t, id, muster, incident.RepeatStep{Step: "tell"}, incident.StartStep{Step: "tell"})
	}
	s.clock.advance(5 * time.Minute)
	s.do(t, id, muster, incident.NudgeStep{Step: "tell"})
	require.Contains(t, s.get(t, "/incidents/INC-1").text(t, "step-tell"), "reminded at 03:17")
	s.clock.advance(5 * time.Minute)
	s.do(t, id, muster, incident.EscalateStep{Step: "tell"})
	page := s.get(t, "/incidents/INC-1")
	require.Contains(t, page.text(t, "step-tell"), "escalated at 03:22")
	require.Contains(t, page.text(t, "timeline"), "Escalated (comms): Tell support how it stands")
	s.do(t, id, person, incident.CompleteStep{Step: "tell"})
	require.NotContains(t, s.get(t, "/incidents/INC-1").text(t, "step-tell"), "escalated", "it is done")
}

func TestAWaitIsCutShortByPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.branch(t, nil)
	s.do(t, id, muster, incident.StartStep{Step: "soak"})
	page := s.get(t, "/incidents/INC-1", by(responder))
	require.Contains(t, page.text(t, "step-soak"), "Go on without waiting")
	action, fields := page.form(t, "steps-complete_step-soak")
	s.post(t, action, fields, by(responder))
	require.Contains(t, s.get(t, "/incidents/INC-1").text(t, "step-soak"), "Errors stay away Done by Sample Responder")
}

func TestARoleIsHandedOverWithWhatOneHasToKnow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.branch(t, nil)
	page := s.get(t, "/incidents/INC-1", by(responder))
	_, vacant := page.form(t, "people-assign_role-scribe")
	require.Empty(t, vacant.Get("brief"), "nobody has anything to hand over")
	action, fields := page.form(t, "people-assign_role-commander")
	require.Contains(t, fields.Get("brief"), "SEV2, investigating. Open: Confirm the severity;")

	fields.Set("user", second)
	fields.Set("brief", "The rollback is out.")
	s.post(t, action, fields, by(responder))

	require.Equal(t, incident.AssignRole{Role: "commander", User: second, Brief: "The rollback is out."}, s.desk.commands[len(s.desk.commands)-1].Intent)
	state, err := s.store.Incident(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, second, state.Holder("commander"))
	others := s.get(t, "/incidents/INC-1", by(responder))
	require.Equal(t, "Brief The rollback is out.", others.text(t, "brief-commander"))
	require.Contains(t, s.get(t, "/incidents/INC-1", by(second)).text(t, "people"), "Second Responder (you) Incident commander The rollback is out.")
}

func TestAnExerciseIsTakenForNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.branch(t, &incident.Exercise{Speed: 20, Channel: "#game-day"})
	s.begin(t, "Checkout fails", "SEV3")

	page := s.get(t, "/incidents/INC-1")
	require.Contains(t, page.text(t, "header"), "Exercise This is practice. Nobody is paged, and it counts in no statistics. "+
		"What Muster says goes to the channel #game-day alone. Waiting goes by 20 times as fast as usual.")
	require.Equal(t, "Exercise: SEV2 INC-1 Checkout fails since the deployment · Muster", titleOf(page))
	require.NotContains(t, s.get(t, "/incidents/INC-2").text(t, "main"), "Exercise")

	list := s.get(t, "/")
	require.Equal(t, "(1) Incidents · Muster", titleOf(list))
	require.Contains(t, list.text(t, "open"), "1 open incident 1 unacknowledged 1 exercise")
	require.Equal(t, []string{"Checkout fails", "Checkout fails since the deployment"}, list.listed(t, "open"), "the real one first")
	for query, want := range map[string][]string{
		"exercise=true":  {"Checkout fails since the deployment"},
		"exercise=false": {"Checkout fails"},
	} {
		filtered := s.get(t, "/incidents?"+query)
		require.Equal(t, want, filtered.listed(t, "open"))
		require.Contains(t, filtered.text(t, "main"), "Exercises only", "the choice stays")
	}
	s.do(t, "INC-1", incident.PersonActor(responder), incident.Resolve{})
	require.Contains(t, s.get(t, "/").text(t, "past"), "Exercise resolved checkout")
}

func titleOf(a answer) string {
	return textOf(find(a.root, func(n *html.Node) bool { return n.Data == "title" }))
}
