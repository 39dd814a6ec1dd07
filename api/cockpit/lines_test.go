package cockpit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/incident"
)

// at is midnight of a day of 2026.
func at(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func TestACommandInAnIncidentsChannelDoesWhatItSays(t *testing.T) {
	t.Parallel()
	lead := incident.AssignRole{Role: "commander", User: "Sample Responder", Email: "responder@example.com"}
	give := incident.AssignRole{Role: "commander", User: "Second Responder", Email: "second@example.com"}
	for name, c := range map[string]struct {
		line string
		want incident.Intent
	}{
		"to acknowledge":                              {"ack", incident.Acknowledge{}},
		"to acknowledge, with a note":                 {"acknowledge I am on it", incident.Acknowledge{Note: "I am on it"}},
		"in capitals, with a full stop":               {"ACK.", incident.Acknowledge{}},
		"behind the incident's id":                    {"inc-1 ack", incident.Acknowledge{}},
		"with the incident's id behind it":            {"ack INC-1", incident.Acknowledge{}},
		"the status":                                  {"status monitoring", incident.ChangeStatus{Status: incident.Monitoring}},
		"the status with a note":                      {"status identified it is the database", incident.ChangeStatus{Status: incident.Identified, Note: "it is the database"}},
		"the severity":                                {"severity sev1", incident.ChangeSeverity{Severity: "SEV1"}},
		"the severity in two words, with a reason":    {"sev SEV 1 everybody sees it", incident.ChangeSeverity{Severity: "SEV1", Reason: "everybody sees it"}},
		"the severity by its alias":                   {"severity critical", incident.ChangeSeverity{Severity: "SEV1"}},
		"confirming the severity":                     {"severity confirm", incident.ConfirmSeverity{}},
		"claiming a role":                             {"role claim commander", lead},
		"claiming a role in one word":                 {"claim commander", lead},
		"claiming a role by its title":                {"take incident commander", lead},
		"claiming the lead":                           {"claim lead", lead},
		"claiming a role by what people call it":      {"claim IC", lead},
		"claiming another by what people call it":     {"claim comms", incident.AssignRole{Role: "communications", User: "Sample Responder", Email: "responder@example.com"}},
		"claiming a role by the beginning of a word":  {"claim comm", nil},
		"giving a role":                               {"role assign commander <@U02|second>", give},
		"giving a role, the person first":             {"assign <@U02> commander", give},
		"giving a role without saying assign":         {"role commander <@U02>", give},
		"giving a role in a sentence":                 {"role assign the role of incident commander to <@U02>", give},
		"giving a role with a brief":                  {"role handover commander to <@U02>: check the queue", incident.AssignRole{Role: "commander", User: "Second Responder", Email: "second@example.com", Brief: "check the queue"}},
		"a role for somebody without an address":      {"role scribe <@U03|guest>", incident.AssignRole{Role: "scribe", User: "guest"}},
		"a role for somebody whom the chat denies":    {"role scribe <@U99|stranger>", incident.AssignRole{Role: "scribe", User: "stranger"}},
		"completing a step by its id":                 {"step complete assess", incident.CompleteStep{Step: "assess"}},
		"completing a step by its title":              {"done confirm the severity and who is affected", incident.CompleteStep{Step: "assess"}},
		"completing a step by a word, with a note":    {"step done impact rolled back", incident.CompleteStep{Step: "stop-the-impact", Note: "rolled back"}},
		"skipping a step with a reason":               {"skip stop-the-impact because it has stopped", incident.SkipStep{Step: "stop-the-impact", Reason: "it has stopped"}},
		"adding a step":                               {"step add look at the queue <@U02|second>", incident.AddStep{Title: "look at the queue", Assignee: "Second Responder"}},
		"choosing a way by its title":                 {"choose way roll back", incident.ChooseOption{Step: "way", Option: "back"}},
		"an update":                                   {"update we roll back\nmore in an hour", incident.PostUpdate{Text: "we roll back\nmore in an hour"}},
		"a quoted update":                             {"update “we roll  back”", incident.PostUpdate{Text: "we roll  back"}},
		"a note with a mention and a channel":         {"note <@U02|second> saw it in <#C9|alerts>", incident.AddNote{Text: "@Second Responder saw it in #alerts"}},
		"a note that looks broken":                    {"note <@ is \"half", incident.AddNote{Text: "<@ is \"half"}},
		"a decision":                                  {"decision roll back", incident.AddNote{Text: "roll back", Decision: true}},
		"snoozing":                                    {"snooze", incident.SnoozeReminder{For: 30 * time.Minute}},
		"snoozing for two hours":                      {"snooze for 2 hours", incident.SnoozeReminder{For: 2 * time.Hour}},
		"snoozing for minutes without a unit":         {"mute 45", incident.SnoozeReminder{For: 45 * time.Minute}},
		"paging a person":                             {"page <@U02|second> the database needs you", incident.RequestHelp{Who: "Second Responder", Person: people[second], Message: "the database needs you"}},
		"paging whoever is on call for a service":     {"page shop", incident.RequestHelp{Who: "service checkout", PagerService: "PCHK123"}},
		"paging a team by its policy":                 {"page data why is it slow?", incident.RequestHelp{Who: "team data", Policy: "PDATAPO", Message: "why is it slow?"}},
		"paging whoever is on call for a team":        {"page team platform", incident.RequestHelp{Who: "team platform", PagerService: "PSRC123"}},
		"a follow-up":                                 {"followup alert earlier", incident.AddFollowup{Title: "alert earlier"}},
		"a follow-up in two words":                    {"follow up: alert earlier", nil},
		"a follow-up with owner and day":              {"followup add alert earlier <@U02> by tomorrow", incident.AddFollowup{Title: "alert earlier", Owner: "second@example.com", Due: at(11, 25)}},
		"a follow-up in three days":                   {"action alert earlier due in 3 days", incident.AddFollowup{Title: "alert earlier", Due: at(11, 27)}},
		"a follow-up by what is no day":               {"followup sort messages by size", incident.AddFollowup{Title: "sort messages by size"}},
		"resolving":                                   {"resolve rolled back", incident.Resolve{Summary: "rolled back"}},
		"cancelling":                                  {"cancel it was a test", incident.Cancel{Reason: "it was a test"}},
		"spaces that do not break and cannot be seen": {"\u00a0status\u200b\u2003monitoring\u00a0", incident.ChangeStatus{Status: incident.Monitoring}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(responder, channelOf("INC-1"), c.line)
				if c.want == nil {
					if name == "a follow-up in two words" {
						require.Equal(t, []incident.Intent{incident.AddFollowup{Title: "alert earlier"}}, w.intents)
						return
					}
					require.Empty(t, w.intents)
					return
				}
				require.Empty(t, cmp.Diff([]incident.Intent{c.want}, w.intents))
				to, text := w.lastAnswer()
				require.Equal(t, responder, to)
				if _, confirms := c.want.(incident.ConfirmSeverity); !confirms { // a person declared it
					require.NotContains(t, text, "Nothing to do")
				}
			})
		})
	}
}

func TestOneLineDeclaresAnIncident(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line string
		want api.Declaration
	}{
		"with service and severity":                {"checkout errors spiking sev2", api.Declaration{Title: "checkout errors spiking", Service: "checkout", Severity: "SEV2"}},
		"the severity anywhere and in two words":   {"errors sev 1 in the shop", api.Declaration{Title: "errors in the shop", Service: "checkout", Severity: "SEV1"}},
		"the severity with a hyphen, in brackets":  {"search is slow (SEV-2)", api.Declaration{Title: "search is slow", Service: "search", Severity: "SEV2"}},
		"an alias of the severity at the end":      {"checkout is down, critical", api.Declaration{Title: "checkout is down", Service: "checkout", Severity: "SEV1"}},
		"an alias within the title is just a word": {"critical errors in checkout", api.Declaration{Title: "critical errors in checkout", Service: "checkout", Severity: "SEV3"}},
		"without a severity it gets the default":   {"declare checkout is slow", api.Declaration{Title: "checkout is slow", Service: "checkout", Severity: "SEV3"}},
		"a service in two words":                   {"payments api times out", api.Declaration{Title: "payments api times out", Service: "payments-api", Severity: "SEV3"}},
		"a service that is said to be one":         {"service:search nothing is found severity=sev2", api.Declaration{Title: "nothing is found", Service: "search", Severity: "SEV2"}},
		"a quoted title keeps its words":           {"declare “the sev2 page of checkout” service:search sev3", api.Declaration{Title: "the sev2 page of checkout", Service: "search", Severity: "SEV3"}},
		"a mention is written as a name":           {"checkout fails, <@U02|second> says", api.Declaration{Title: "checkout fails, @Second Responder says", Service: "checkout", Severity: "SEV3"}},
		"a service first that is almost a command": {"search fails", api.Declaration{Title: "search fails", Service: "search", Severity: "SEV3"}},
		"a playbook":        {"checkout is down playbook:database", api.Declaration{Title: "checkout is down", Service: "checkout", Severity: "SEV3", Playbook: "database"}},
		"in another script": {"checkout закрыт 支払い sev2", api.Declaration{Title: "checkout закрыт 支払い", Service: "checkout", Severity: "SEV2"}},
		"markup of the chat is part of the title":    {"checkout says *no* & <b>", api.Declaration{Title: "checkout says *no* & <b>", Service: "checkout", Severity: "SEV3"}},
		"a broadcast is text like any other":         {"checkout is down <!channel>", api.Declaration{Title: "checkout is down <!channel>", Service: "checkout", Severity: "SEV3"}},
		"smart quotes around a word in the middle":   {"checkout shows “no” sev2", api.Declaration{Title: "checkout shows “no”", Service: "checkout", Severity: "SEV2"}},
		"the possessive of a service is the service": {"the shop's cart is empty", api.Declaration{Title: "the shop's cart is empty", Service: "checkout", Severity: "SEV3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(responder, general, c.line)
				c.want.Actor, c.want.Source, c.want.Reworded = incident.PersonActor("Sample Responder"), "slack", true
				c.want.Person = incident.Person{Name: "Sample Responder", Email: "responder@example.com", Account: responder}
				require.Empty(t, cmp.Diff([]api.Declaration{c.want}, w.declared))
				require.Len(t, w.answers, 1, "what was understood")
			})
		})
	}
}

func TestWhatIsNotSureIsAsked(t *testing.T) {
	t.Parallel()
	inside, outside := channelOf("INC-1"), general
	for name, c := range map[string]struct {
		in, line string
		// says is part of the answer, and buttons are those below it.
		says    string
		buttons []string
	}{
		"a mistyped command":                            {inside, "satus", "Did you mean “status”?", []string{"Yes: status", "Declare “satus”…"}},
		"a mistyped command outside":                    {outside, "satus", "Did you mean “status”?", []string{"Yes: status", "Declare “satus”…"}},
		"a mistyped command with words":                 {inside, "resovel rolled back", "Did you mean “resolve”?", []string{"Yes: resolve rolled back", "Declare “resovel rolled back”…"}},
		"a mistyped command with a service outside":     {outside, "udpate on checkout sev2", "Did you mean “update”?", []string{"Yes: update on checkout sev2", "Declare “udpate on checkout sev2”…"}},
		"the beginning of a command":                    {inside, "ackn", "Did you mean “acknowledge”?", []string{"Yes: acknowledge", "Declare “ackn”…"}},
		"a mistyped word below a command":               {inside, "step compltee assess", "Did you mean “step complete”?", []string{"Yes: step complete assess"}},
		"a word that a command does not know":           {inside, "step juggle", "comes one of: list, complete, skip, add, approve, reject, choose, retry", nil},
		"a mistyped status":                             {inside, "status monitorng all fine", "Did you mean “monitoring”?", []string{"Yes: status monitoring all fine"}},
		"a status that is a sentence":                   {inside, "status page is down", "There is no status “page”", []string{"Declare “status page is down”…"}},
		"a mistyped severity":                           {inside, "severity svе1", "There is no severity", []string{"SEV1", "SEV2", "SEV3"}},
		"a severity that is not on the scale":           {inside, "severity sev9", "Which one?", []string{"SEV1", "SEV2", "SEV3"}},
		"a follow-up for a day that has passed":         {inside, "followup mend it by 2026-11-01", "2026-11-01 has passed; write a day to come, such as “by friday”, “by tomorrow” or “by 2026-12-01”.", nil},
		"a role for somebody whom the chat misses":      {inside, "role assign scribe @nobody", "Nobody here is known as “@nobody”. Choose who is to be scribe.", []string{"Choose…"}},
		"a longer timeline than there is room for":      {inside, "timeline 500", "up to its latest 20 entries", []string{"Show the latest 20"}},
		"a timeline of no number":                       {inside, "timeline x", "up to its latest 20 entries", []string{"Show the latest 20"}},
		"a role that there is not":                      {inside, "claim captain", "Which one?", []string{"Incident commander", "Communications lead", "Scribe"}},
		"two roles that begin so":                       {inside, "claim comm", "Which one?", []string{"Incident commander", "Communications lead", "Scribe"}},
		"a mistyped role":                               {inside, "claim scirbe", "Which one?", []string{"Scribe"}},
		"a step that there is not":                      {inside, "done dance", "Which step is “dance”?", []string{"Confirm the severity and who is affected", "Stop the impact before looking for the …", "Approve what customers are told", "Back or forward?"}},
		"a step that two could be":                      {inside, "done the", "Which step is “the”?", []string{"Confirm the severity and who is affected", "Stop the impact before looking for the …", "Approve what customers are told", "Back or forward?"}},
		"a way that a decision does not have":           {inside, "choose way up", "Back or forward?", []string{"Roll back", "Fix forward"}},
		"whoever is to be paged is unknown":             {inside, "page not loading", "There is no service and no team “not”", []string{"Choose…", "Declare “page not loading”…"}},
		"a mistyped service is to be paged":             {inside, "page chekout now", "Did you mean “checkout”?", []string{"Yes: page checkout", "Declare “page chekout now”…"}},
		"a team that the pager misses":                  {inside, "page legal now", "give it pagerduty: {escalation_policy: …} in muster.yaml", nil},
		"a team of which only a schedule is known":      {inside, "page team research", "give it pagerduty: {escalation_policy: …} in muster.yaml", nil},
		"the on-call of nobody":                         {outside, "oncall", "Whose on-call do you want to see?", []string{"Team payments", "Team platform", "Team data", "Team research"}},
		"the on-call of a mistyped service":             {inside, "oncall for chekout", "Did you mean “checkout”?", []string{"Yes: checkout", "Declare “oncall for chekout”…"}},
		"the on-call of what there is not":              {outside, "on-call phone rings and rings", "There is no service and no team “phone”", []string{"Team payments", "Team platform", "Team data", "Team research", "Declare “on-call phone rings and rings”…"}},
		"the on-call of a team that the pager misses":   {inside, "oncall legal", "give it pagerduty: {escalation_policy: …} in muster.yaml", nil},
		"words in an incident's channel":                {inside, "search is broken as well sev2", "This is the channel of INC-1", []string{"Declare “search is broken as well sev2”…", "Note it on INC-1", "Show the commands"}},
		"a command where there is no incident":          {outside, "ack", "This channel belongs to no incident", []string{"INC-1 checkout is down"}},
		"a command with words where there is none":      {outside, "page not loading on checkout", "This channel belongs to no incident", []string{"INC-1 checkout is down", "Declare “page not loading on checkout”…"}},
		"an incident that there is not":                 {outside, "INC-99 status", "There is no INC-99.", []string{"Show the open incidents"}},
		"an incident with what is no command":           {outside, "INC-1 is still broken", "I know no command “is”", []string{"Show the commands", "Declare “is still broken”…"}},
		"a snooze of no length":                         {inside, "snooze a while", "For how long?", []string{"30 minutes", "2 hours"}},
		"a subscription to what there is not":           {outside, "subscribe to chekout", "Did you mean “checkout”?", []string{"Yes: subscribe checkout"}},
		"a follow-up that is almost a command":          {inside, "followup lsit", "Did you mean “followup list”?", []string{"Yes: followup list"}},
		"a merge with what is no incident":              {inside, "merge 41", "“41” is no incident", []string{"Choose…"}},
		"what only a mention is written of":             {inside, "<@U02|second>", "This is the channel of INC-1", []string{"Declare “<@U02|second>”…", "Note it on INC-1", "Show the commands"}},
		"leaving a role that one does not have":         {inside, "role leave", "You have no role in INC-1.", nil},
		"a rule stands in the way":                      {inside, "reopen", "only a resolved incident can be reopened", nil},
		"a follow-up that there is not":                 {inside, "followup done F9", `has no follow-up "F9"`, nil},
		"an approval by somebody who may not give it":   {inside, "approve statement", "take the role first", nil},
		"a merge into itself":                           {inside, "merge INC-1", "cannot be merged into itself", nil},
		"somebody is to be asked whom the pager misses": {inside, "page team nobody", "There is no service and no team “nobody”", []string{"Choose…", "Declare “page team nobody”…"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				before := len(w.answers)
				w.writes(responder, c.in, c.line)
				require.Len(t, w.declared, 1, "nothing is declared")
				require.Empty(t, w.intents, "nothing is done")
				require.Greater(t, len(w.answers), before)
				last := w.answers[len(w.answers)-1].card
				require.Contains(t, textOf(last), c.says)
				var buttons []string
				for _, part := range last.Parts {
					for _, control := range part.Controls {
						buttons = append(buttons, control.Label)
					}
				}
				require.Equal(t, c.buttons, buttons)
			})
		})
	}
}

func TestWithoutTheWordsThatItNeedsACommandOpensAForm(t *testing.T) {
	t.Parallel()
	inside := channelOf("INC-1")
	for name, c := range map[string]struct{ in, line, form, field, value string }{
		"nothing at all":                        {general, "", "declare", "service", "checkout"},
		"declare":                               {general, "declare", "declare", "severity", "SEV3"},
		"declare in a team's channel":           {team, "declare", "declare", "service", "checkout"},
		"one word that is no command":           {general, "explosion", "declare", "title", "explosion"},
		"a title without a service":             {general, "errors everywhere sev1", "declare", "severity", "SEV1"},
		"a title with a part of a service":      {general, "payments are slow", "declare", "service", "payments-api"},
		"a title with a mistyped service":       {general, "saerch is slow", "declare", "service", "search"},
		"two services":                          {general, "checkout and search are slow", "declare", "title", "checkout and search are slow"},
		"two severities":                        {general, "checkout is slow sev1 or sev2", "declare", "title", "checkout is slow or"},
		"a service that there is not":           {general, "service:cart is slow", "declare", "title", "service:cart is slow"},
		"a severity":                            {inside, "severity", "severity", "severity", "SEV3"},
		"a role":                                {inside, "role", "role", "role", "commander"},
		"a role that is named":                  {inside, "role scribe", "role", "role", "scribe"},
		"a role for whom nobody is mentioned":   {inside, "assign scribe", "role", "user", responder},
		"an update, with a draft":               {inside, "update", "update", "status", "investigating"},
		"a note":                                {inside, "note", "note", "as", "note"},
		"a decision":                            {inside, "decision", "note", "as", "decision"},
		"a follow-up":                           {inside, "followup", "followup", "title", ""},
		"skipping a step without a reason":      {inside, "step skip assess", "step_skip", "reason", ""},
		"adding a step":                         {inside, "step add", "step_add", "title", ""},
		"asking for help":                       {inside, "page", "page", "person", ""},
		"resolving":                             {inside, "resolve", "resolve", "summary", ""},
		"cancelling":                            {inside, "cancel", "cancel", "reason", ""},
		"subscribing where there is no channel": {general, "subscribe", "subscribe", "what", ""},
		"an incident that is named":             {general, "INC-1 update", "update", "status", "investigating"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(responder, c.in, c.line)
				require.Len(t, w.declared, 1)
				require.Empty(t, w.intents)
				form := w.form(c.form)
				var ids []string
				for _, field := range form.Fields {
					ids = append(ids, field.ID)
					if field.ID == c.field {
						require.Equal(t, c.value, field.Value)
					}
				}
				require.Contains(t, ids, c.field)
			})
		})
	}
}

func TestWhatIsAskedForIsShown(t *testing.T) {
	t.Parallel()
	inside := channelOf("INC-1")
	for name, c := range map[string]struct{ in, line, says string }{
		"help":                         {general, "help", "/incident role claim [ROLE]"},
		"help about one command":       {general, "help step", "/incident step skip STEP REASON"},
		"the open incidents":           {general, "list", "checkout is down"},
		"those of a service":           {general, "list search", "There are none."},
		"those of a severity":          {general, "list all sev3", "Incidents · SEV3"},
		"how things stand":             {inside, "status", "INC-1 · checkout is down"},
		"nothing at all, inside":       {inside, "", "INC-1 · checkout is down"},
		"how things stand, by the id":  {general, "inc-1", "INC-1 · checkout is down"},
		"the steps":                    {inside, "step", "Confirm the severity"},
		"the steps by list":            {inside, "steps list", "Confirm the severity"},
		"the timeline":                 {inside, "timeline 5", "INC-1 · timeline"},
		"the follow-ups":               {inside, "followup list", "There are none yet."},
		"the postmortem":               {inside, "postmortem", "Postmortem of INC-1"},
		"what one has subscribed to":   {general, "subscribe list", "You have not subscribed to anything."},
		"a step that needs to be said": {inside, "done", "Confirm the severity"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(t *testing.T, w *world) {
				w.writes(outsider, general, "checkout is down")
				w.writes(responder, c.in, c.line)
				require.Empty(t, w.intents)
				to, text := w.lastAnswer()
				require.Equal(t, responder, to)
				require.Contains(t, text, c.says)
			})
		})
	}
}

func TestARoleIsHandedOverAndGivenBackByWhoeverHasIt(t *testing.T) {
	t.Parallel()
	inWorld(t, func(t *testing.T, w *world) {
		in := channelOf("INC-1")
		w.writes(outsider, general, "checkout is down")
		w.writes(responder, in, "claim commander")
		w.writes(responder, in, "handover <@U02|second> check the queue")
		require.Equal(t, []string{"Second Responder", "check the queue"}, []string{w.state("INC-1").Roles[0].Holder, w.state("INC-1").Roles[0].Brief})
		w.writes(responder, in, "role handover <@U02|second>")
		_, text := w.lastAnswer()
		require.Equal(t, "You have no role in INC-1 that you could hand over. Which one is Second Responder to have?", text)
		w.presses(responder, w.onAnswer("Scribe"))
		require.Equal(t, "Second Responder", w.state("INC-1").Holder("scribe"))

		w.writes(second, in, "role leave")
		require.Equal(t, "Which role?", textOf(w.answers[len(w.answers)-1].card))
		w.writes(second, in, "role leave scribe")
		w.writes(second, in, "role leave")
		require.Empty(t, w.state("INC-1").Holder("commander"))

		w.writes(second, in, "role handover")
		w.form("role")
	})
}
