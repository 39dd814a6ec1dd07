package cockpit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/chat"
	"muster/incident"
)

func TestAWholeIncidentIsRunFromTheChatAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		w.writes(responder, general, "checkout errors spiking sev2")
		const id = incident.ID("INC-1")
		in := channelOf(id)
		s := w.state(id)
		require.Equal(t, "checkout errors spiking", s.Title)
		require.Equal(t, incident.Severity("SEV2"), s.Severity)
		require.Equal(t, "checkout", s.Service.Name)

		act := w.act(responder, in)
		act.Membership = &chat.Membership{}
		w.take(act)
		w.presses(responder, w.onBrief(id, "Acknowledge"))
		w.chooses(responder, w.onBrief(id, "Take a role…"), "Incident commander")
		w.writes(responder, in, "role scribe <@U02|second> keep it short")
		w.chooses(responder, w.onBrief(id, "Severity…"), "SEV1")

		message := w.says(second, in, "the deploy of 11:40 <@U01> made")
		w.reacts(responder, message, "pushpin")
		w.reacts(second, message, "pushpin")
		w.says(responder, in, "!decision we roll back")
		w.says(second, in, "!action alert on error rate <@U02> by friday")

		w.presses(responder, w.onBrief(id, "Done"))
		w.presses(responder, w.onBrief(id, "Skip…"))
		w.fills(responder, "step_skip", map[string]string{"reason": "nothing to stop"})
		w.writes(responder, in, "approve statement")
		w.writes(responder, in, "step choose way back because it is quick")

		w.presses(responder, w.onBrief(id, "Post an update…"))
		w.fills(responder, "update", map[string]string{"text": "We roll back.", "status": "identified"})
		w.writes(second, in, "page payments-api please look")
		w.chooses(responder, w.onBrief(id, "Status…"), "Monitoring")
		w.presses(responder, w.onBrief(id, "Resolve…"))
		w.fills(responder, "resolve", map[string]string{"summary": "Rolled back."})
		w.writes(responder, in, "followup test the rollback by 2026-12-01")
		w.writes(responder, in, "followup done f2 tested")

		require.Equal(t, []string{
			"Sample Responder: Declared SEV2 for checkout: checkout errors spiking",
			"Sample Responder: Sample Responder joined the channel",
			"Sample Responder: Acknowledged",
			"Sample Responder: Sample Responder is incident commander",
			"Sample Responder: Second Responder is scribe",
			"Sample Responder: Severity raised from SEV2 to SEV1",
			"Sample Responder: Second Responder said: the deploy of 11:40 @Sample Responder made",
			"Sample Responder: Decision (Sample Responder): we roll back",
			"Second Responder: Second Responder said: alert on error rate @Second Responder by friday",
			"Second Responder: Follow-up F1: alert on error rate (second@example.com), due 2026-11-27",
			"Sample Responder: Done: Confirm the severity and who is affected",
			"Sample Responder: Skipped: Stop the impact before looking for the cause: nothing to stop",
			"Sample Responder: Approved: Approve what customers are told",
			"Sample Responder: Decided: Back or forward? → Roll back: it is quick",
			"Sample Responder: Status changed from investigating to identified",
			"Sample Responder: We roll back.",
			"Second Responder: Asked service payments-api to help: please look",
			"Sample Responder: Status changed from identified to monitoring",
			"Sample Responder: Resolved: Rolled back.",
			"Sample Responder: Follow-up F2: test the rollback, due 2026-12-01",
			"Sample Responder: Follow-up F2 is done: tested",
		}, w.told(id))
	})
}
