package proof

import (
	"fmt"
	"strings"

	"muster/incident"
)

// checkWorkflows expects a running workflow for each incident that is open or has open
// follow-ups, and for each follow-up that is tracked; none for anything else, and none that
// has failed or cannot go on.
func checkWorkflows(e *Evidence, f *finding) {
	wanted := map[string]string{}
	each(e.Journals, func(id incident.ID, journal []incident.Event) {
		state := incident.Fold(journal)
		open := state.OpenFollowups()
		if !state.Status.Ended() || len(open) > 0 {
			wanted[string(id)] = fmt.Sprintf("%s is %s with %d open follow-ups", id, state.Status, len(open))
		}
		for _, followup := range open {
			if followup.Ticket.Key != "" {
				wanted[fmt.Sprintf("%s-%s", id, followup.ID)] = fmt.Sprintf("follow-up %s of %s is open", followup.ID, id)
			}
		}
	})
	running := map[string]bool{}
	for _, w := range e.Workflows {
		f.saw(1)
		switch w.Status {
		case "Running":
			running[w.ID] = true
			e.checkRunning(w, wanted, f)
		case "Completed", "ContinuedAsNew":
		default:
			f.violated("workflow %s (%s): expected to run or to have completed, found %s", w.ID, w.Type, w.Status)
		}
	}
	for name, why := range wanted {
		if !running[name] {
			f.violated("%s, and no workflow %s runs", why, name)
		}
	}
}

func (e *Evidence) checkRunning(w Workflow, wanted map[string]string, f *finding) {
	_, needed := wanted[w.ID]
	if !needed && strings.HasPrefix(w.ID, "INC-") {
		f.violated("workflow %s (%s) runs, and there is nothing left for it to do", w.ID, w.Type)
	}
	if w.TaskAttempt > 1 {
		f.violated("workflow %s (%s) is stuck: its task is at attempt %d", w.ID, w.Type, w.TaskAttempt)
	}
	if len(w.Activities) > 0 && strings.HasPrefix(w.ID, "INC-") {
		f.violated("workflow %s (%s) still works on %s", w.ID, w.Type, some(w.Activities))
	}
}
