package diagram_test

import (
	"time"

	"muster/incident"
	"muster/playbooks"
)

// step makes a step that people do, changed by what follows.
func step(id, title string, change ...func(*playbooks.Step)) playbooks.Step {
	s := playbooks.Step{ID: id, Title: title}
	for _, f := range change {
		f(&s)
	}
	return s
}

func needs(ids ...string) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Needs = append(s.Needs, ids...) }
}

func does(action string) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Do = action }
}

func by(role string) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Role = role }
}

func when(condition string) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.When = condition }
}

func in(group, title string) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Group, s.GroupTitle = group, title }
}

func decides(options ...playbooks.Option) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Decide = options }
}

func approved(quorum int) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Approval = &playbooks.Approval{Quorum: quorum} }
}

func waits(w playbooks.Wait) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Wait = &w }
}

func within(runner, playbook string) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Within, s.Playbook = runner, playbook }
}

func repeats(every time.Duration) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Repeat = &playbooks.Repeat{Every: every} }
}

func limited(limit time.Duration) func(*playbooks.Step) {
	return func(s *playbooks.Step) { s.Timeout = &playbooks.Timeout{Limit: limit} }
}

// badDeploy has thirty steps of every kind, groups, decisions and a playbook that it runs.
func badDeploy() *playbooks.Playbook {
	low := 0.01
	return &playbooks.Playbook{
		Name: "bad-deploy", Description: "A release made things worse: roll it back, or know why not.",
		Roles: []playbooks.Role{
			{ID: "commander", Title: "incident commander"}, {ID: "communications", Title: "communications lead"},
			{ID: "operations", Title: "operations lead"}, {ID: "scribe", Title: "scribe"},
		},
		Steps: []playbooks.Step{
			step("page", "Page the on-call for ${incident.service.name}", does("pagerduty.page")),
			step("channel", "Open the incident channel", does("slack.create_channel")),
			step("brief", "Pin the brief", does("slack.post"), needs("channel")),
			step("invite", "Invite the on-call to the channel", does("slack.invite"), needs("channel")),
			step("ask-roles", "Ask for people to take the roles", does("slack.post"), needs("brief"), when("size(incident.vacant_roles) > 0")),

			step("errors", "Error rate since the release", does("prometheus.collect"), in("evidence", "Collect the evidence")),
			step("latency", "Latency since the release", does("prometheus.collect"), in("evidence", "Collect the evidence")),
			step("saturation", "Saturation of the database", does("prometheus.collect"), in("evidence", "Collect the evidence")),
			step("diff", "Read what the release changed", by("operations"), in("evidence", "Collect the evidence")),

			step("assess", "Confirm the severity and who is affected", by("commander")),
			step("way", "Roll back, switch off, or mend forward?", by("commander"), needs("evidence", "assess"), limited(15*time.Minute),
				decides(playbooks.Option{ID: "rollback", Title: "Roll back"}, playbooks.Option{ID: "flag", Title: "Switch the feature off"}, playbooks.Option{ID: "forward", Title: "Mend forward"})),

			step("freeze", "Stop all other releases", does("http.request"), needs("way/rollback"), in("rollback", "Roll back")),
			step("approve", "Approve the rollback", approved(2), needs("freeze"), by("commander"), in("rollback", "Roll back"), limited(10*time.Minute)),
			step("roll", "Start the rollback workflow", does("temporal.start"), needs("approve"), in("rollback", "Roll back")),
			step("rolled", "Wait until all instances run the old version", waits(playbooks.Wait{Until: `outputs["roll"].result.done`}), needs("roll"), in("rollback", "Roll back")),

			step("switch", "Switch the feature off for everybody", needs("way/flag"), by("operations")),
			step("pair", "Two people write and read the change", needs("way/forward"), by("operations"), repeats(30*time.Minute)),
			step("ship", "Ship the change to one instance first", needs("pair"), by("operations")),

			step("recover", "Error rate is back to normal", waits(playbooks.Wait{Metric: &playbooks.Metric{Query: "errors", Below: &low}, For: 10 * time.Minute}), needs("rolled", "switch", "ship")),
			step("database", "Run the checks of the database", does("playbook.run"), needs("way"), when("incident.severity_rank <= 2")),
			step("database-connections", "Count the open connections", does("prometheus.query"), within("database", "database-checks")),
			step("database-locks", "Look for long locks", within("database", "database-checks"), by("operations")),
			step("database-report", "Write down what was found", within("database", "database-checks"), needs("database-connections", "database-locks"), by("scribe")),

			step("statement", "Draft what customers are told", by("communications"), needs("assess")),
			step("approve-statement", "Approve what customers are told", approved(1), needs("statement"), by("commander")),
			step("publish", "Publish the approved statement", does("update.post"), needs("approve-statement")),
			step("verify", "Check from the outside that people are served again", by("commander"), needs("recover", "database-report")),
			step("thaw", "Allow releases again", does("http.request"), needs("verify")),
			step("tell", "Tell customers that it is over", by("communications"), needs("verify", "publish")),
			step("review", "Read the draft postmortem and add follow-ups", by("commander"), needs("tell", "thaw"), when(`incident.status == "resolved"`)),
		},
	}
}

// underWay is how the steps of badDeploy stand in the middle of an incident.
func underWay() []incident.Step {
	states := map[string]incident.StepState{
		"page": incident.Done, "channel": incident.Done, "brief": incident.Done, "invite": incident.Failed, "ask-roles": incident.Skipped,
		"errors": incident.Done, "latency": incident.Done, "saturation": incident.Done, "diff": incident.Done, "assess": incident.Done,
		"way": incident.Done, "freeze": incident.Done, "approve": incident.Waiting, "switch": incident.Skipped, "pair": incident.Skipped,
		"ship": incident.Skipped, "database": incident.Running, "database-connections": incident.Running, "statement": incident.Waiting,
	}
	var steps []incident.Step
	for _, s := range badDeploy().Steps {
		progress := incident.Step{ID: s.ID, Title: s.Title, Kind: s.Kind(), State: incident.Pending}
		if state, ok := states[s.ID]; ok {
			progress.State = state
		}
		switch s.ID {
		case "way":
			progress.Choice = "rollback"
		case "switch", "pair", "ship":
			progress.LeftOut = true
		}
		steps = append(steps, progress)
	}
	return steps
}

// hostile is a playbook whose texts try to be something else.
func hostile() *playbooks.Playbook {
	return &playbooks.Playbook{
		Name:  `"><script>alert(1)</script>`,
		Roles: []playbooks.Role{{ID: "lead", Title: `</text><a href="javascript:alert(1)">lead</a>`}},
		Steps: []playbooks.Step{
			step("markup", `</text></g></svg><script>alert("x")</script><img src=x onerror=alert(1)> & "quotes" 'too'`, by("lead")),
			step("mermaid", "\"]\n    click s1 href \"javascript:alert(1)\"\n```\n<b>`end`</b> %%{init: {}}%% | --> s1; #quot;", needs("markup"), by("unknown"), in("box", `]]></style><script>`)),
			step("entities", "&lt;script&gt; &#x3c; ]]> <!-- --> <![CDATA[", needs("markup"), does(`http"><script>.request`), in("box", "")),
			step("long", string(make([]byte, 30))+"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft and then "+repeated("word ", 500), needs("mermaid")),
			step("unbroken", repeated("x", 5000), needs("mermaid"), when(repeated("incident.active && ", 300)+"true")),
			step("right-to-left", "אישור השחזור של שירות התשלומים לפני הפרסום", needs("mermaid"), approved(3)),
			step("override", "Approve \u202egnihton\u202c and \u2067more\u2069", needs("entities"), waits(playbooks.Wait{For: time.Hour})),
			step("ideographs", "支払いサービスの復旧を確認してから顧客に連絡する必要があります", needs("entities")),
			step("accents", repeated("e\u0301\u0323", 60), needs("entities")),
			step("emoji", "🚒🔥👩‍🚒 put it out "+repeated("🔥", 40), needs("entities"), decides(
				playbooks.Option{ID: "a", Title: `<script>alert("a")</script> ` + repeated("long ", 50)}, playbooks.Option{ID: "b"})),
			step("empty", "", needs("emoji/a", "nowhere", "emoji/none")),
			step("broken", "Not closed ${incident.title", needs("emoji/b")),
			step("self", "Needs itself", needs("self")),
			step("chicken", "Each needs the other", needs("egg")),
			step("egg", "The other needs it", needs("chicken")),
		},
	}
}

func repeated(text string, times int) string {
	all := ""
	for range times {
		all += text
	}
	return all
}
