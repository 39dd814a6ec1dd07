//go:build !slim

package ui_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWaysAreChosenApprovedAndWaitedForInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.branch(t, &incident.Exercise{})
	b := s.browse(t)
	b.open("/incidents/INC-1")
	b.shows(`body[data-connection="live"]`)
	b.sees("header", "This is practice")
	b.clicks("#you summary")
	b.types(`#you input[name="you"]`, responder)
	b.clicks("#you .primary")
	b.shows(`body[data-connection="live"]`)

	s.do(t, id, muster, incident.StartStep{Step: "which"})
	b.sees("next-title", "Decide: Roll back or fix forward?")
	b.clicks("#next details summary")
	b.types(`#next textarea[name="note"]`, "the database did not change")
	b.clicks(`#next button[value="back"]`)
	b.sees("timeline", "Roll back: the database did not change")
	b.sees("step-which", "Decided by Sample Responder")

	s.do(t, id, muster, incident.SkipStep{Step: "fix", Reason: "the response took another way", LeftOut: true}, incident.StartStep{Step: "consent"})
	b.sees("next-title", "Decide: Roll back production")
	b.clicks("#next .primary")
	b.sees("next", "1 of 2 approved: Sample Responder")
	b.clicks("#steps-aside summary")
	b.sees("steps-aside", "Write the fix")
	s.do(t, id, incident.PersonActor(second), incident.AssignRole{Role: "comms", User: second}, incident.ApproveStep{Step: "consent"})
	b.sees("step-consent", "Approved by Sample Responder and Second Responder")
	b.sees("steps-aside", "Write the fix")

	b.clicks("#assign-commander summary")
	b.types(`#assign-commander input[name="user"]`, second)
	b.clicks("#assign-commander .primary")
	b.clicks("#brief-commander summary")
	b.sees("brief-commander", "SEV2, investigating")

	s.do(t, id, incident.PersonActor(second), incident.CompleteStep{Step: "tell"}, incident.CompleteStep{Step: "assess"},
		incident.CompleteStep{Step: "diff"}, incident.CompleteStep{Step: "graphs"})
	s.do(t, id, muster, incident.StartStep{Step: "soak"})
	b.sees("next-title", "Waiting: Errors stay away")
	b.clicks(`#next form[action$="complete_step"] button`)
	b.sees("next-title", "Nothing is waiting for you")
}

func TestWaysAreChosenWithoutJavaScriptAndOnAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.branch(t, &incident.Exercise{Speed: 20, Channel: "#game-day"})
	s.do(t, id, muster, incident.StartStep{Step: "which"}, incident.StartStep{Step: "consent"}, incident.StartStep{Step: "soak"})
	b := s.browse(t)
	b.withoutScript()
	b.run(chromedp.EmulateViewport(360, 780))
	for _, path := range []string{"/", "/incidents/INC-1"} {
		b.open(path)
		width, err := chromedp.Run(b.tab, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
		require.NoError(t, err)
		require.LessOrEqual(t, width, 360, "%s scrolls sideways", path)
	}
	b.clicks("#you summary")
	b.types(`#you input[name="you"]`, responder)
	b.clicks("#you .primary")
	b.clicks(`#next button[value="forward"]`)
	b.sees("step-which", "Fix forward")
}
