package cockpit

import (
	"context"
	"maps"
	"slices"
)

// verb is a command that people can write, with all the ways to write it. The table of them
// is all there is to know: what is understood, what help shows and what the manual says
// come from it.
type verb struct {
	name string
	// aliases are other words for it.
	aliases []string
	// ways are how it is written, and what comes of it.
	ways []way
	// free says that it need not be about an incident.
	free bool
	// reads says that it never changes anything, whatever stands behind it, and bare that it
	// does not where nothing stands behind it: a form is opened, or something is shown.
	reads, bare bool
	// below are the words that may come next.
	below []verb
	// plan says what follows from it. What stands behind the verb is what it is given.
	plan func(ctx context.Context, t *turn, rest line) (plan, error)
}

// way is a way to write a command.
type way struct {
	// words are the command without what stands before it, "role claim ROLE". What is in
	// capitals stands for something, what is in brackets may be left out.
	words string
	does  string
}

// group is a part of the table, as people are told of it.
type group struct {
	title string
	verbs []verb
}

// groups returns the table, in the order in which people are told of it.
func groups() []group {
	return []group{
		{"Anywhere", freeVerbs()},
		{"Lead", leadVerbs()},
		{"Keep the record", recordVerbs()},
		{"Do the work", workVerbs()},
		{"End it", endVerbs()},
	}
}

// verbs returns the whole table.
func verbs() []verb {
	var all []verb
	for _, g := range groups() {
		all = append(all, g.verbs...)
	}
	return all
}

func freeVerbs() []verb {
	return []verb{
		{
			name: "declare", aliases: []string{"new"}, free: true, plan: planDeclare, bare: true,
			ways: []way{
				{"", "Show how things stand; where there is no incident, open the form that declares one"},
				{"declare", "Open the form that declares an incident"},
				{"TITLE", "Declare an incident in one line, such as *checkout errors spiking sev2*: the service and the severity are found in it"},
			},
			below: []verb{{name: "exercise", plan: planExercise}},
		},
		{
			name: "exercise", free: true, plan: planExercise, bare: true,
			ways: []way{{"exercise TITLE [in #CHANNEL]", "Declare an exercise in one line, held in this channel or in the one that you name: nobody is paged, nothing is filed, and it counts in no statistics"}},
		},
		{
			name: "list", aliases: []string{"ls", "incidents"}, free: true, reads: true, plan: planList,
			ways: []way{{"list [all] [SERVICE] [SEVERITY] [WORDS]", "Show the open incidents, or all of them"}},
		},
		{
			name: "subscribe", aliases: []string{"follow", "watch"}, free: true, plan: planSubscribe,
			ways: []way{
				{"subscribe", "Hear of this incident in private messages; anywhere else, choose what to hear of"},
				{"subscribe SERVICE|SEVERITY|all", "Hear of all incidents of a service, of a severity and those above it, or of all"},
				{"subscribe list", "Show what you hear of"},
			},
		},
		{
			name: "unsubscribe", aliases: []string{"unfollow", "unwatch"}, free: true, plan: planUnsubscribe,
			ways: []way{{"unsubscribe [SERVICE|SEVERITY|all]", "Hear no more of it"}},
		},
		{
			name: "oncall", aliases: []string{"on-call"}, free: true, reads: true, plan: planOnCall,
			ways: []way{{"oncall [SERVICE|TEAM]", "Show who is on call now, for the incident's service or for the one that you name"}},
		},
		{
			name: "help", aliases: []string{"?", "commands"}, free: true, reads: true, plan: planHelp,
			ways: []way{{"help [COMMAND]", "Show the commands"}},
		},
	}
}

func leadVerbs() []verb {
	return []verb{
		{
			name: "acknowledge", aliases: []string{"ack"}, plan: planAcknowledge,
			ways: []way{{"ack [NOTE]", "Say that you have it"}},
		},
		{
			name: "status", aliases: []string{"state"}, plan: planStatus, bare: true,
			ways: []way{
				{"status", "Show how things stand"},
				{"status investigating|identified|monitoring [NOTE]", "Change the status"},
			},
		},
		{
			name: "severity", aliases: []string{"sev"}, plan: planSeverity, bare: true,
			ways: []way{
				{"severity SEVERITY [REASON]", "Change the severity"},
				{"severity confirm", "Say that the severity is right"},
			},
			below: []verb{{name: "confirm", plan: planConfirmSeverity}},
		},
		{
			name: "role", aliases: []string{"roles"}, plan: planRole, bare: true,
			ways: []way{{"role", "Choose who takes a role"}},
			below: []verb{
				{name: "claim", aliases: []string{"take"}, plan: planClaim, ways: []way{{"role claim [ROLE]", "Take a role yourself"}}},
				{name: "assign", aliases: []string{"give"}, plan: planAssign, ways: []way{{"role assign ROLE @PERSON", "Give a role to somebody"}}},
				{name: "handover", aliases: []string{"hand"}, plan: planHandOver, ways: []way{{"role handover [ROLE] @PERSON [BRIEF]", "Hand your role over, with what they have to know"}}},
				{name: "leave", aliases: []string{"release", "drop"}, plan: planLeave, ways: []way{{"role leave [ROLE]", "Give a role back"}}},
			},
		},
		{
			name: "page", aliases: []string{"call"}, plan: planPage, bare: true,
			ways: []way{{"page @PERSON|SERVICE|TEAM [MESSAGE]", "Ask a person, or whoever is on call, for help"}},
		},
	}
}

func recordVerbs() []verb {
	return []verb{
		{
			name: "update", aliases: []string{"updates"}, plan: planUpdate, bare: true,
			ways: []way{
				{"update", "Open the form for a status update, with a draft of what has happened since the last one"},
				{"update TEXT", "Tell everyone concerned how things stand"},
			},
		},
		{
			name: "note", aliases: []string{"notes"}, plan: planNote, bare: true,
			ways: []way{{"note TEXT", "Write something down"}},
		},
		{
			name: "decision", aliases: []string{"decide", "decided"}, plan: planDecision, bare: true,
			ways: []way{{"decision TEXT", "Write down what was decided"}},
		},
		{
			name: "timeline", aliases: []string{"log", "history"}, reads: true, plan: planTimeline,
			ways: []way{{"timeline [NUMBER]", "Show the latest entries of the timeline"}},
		},
		{
			name: "snooze", aliases: []string{"mute"}, plan: planSnooze,
			ways: []way{{"snooze [30m]", "Let all reminders of this incident rest, half an hour if you do not say"}},
		},
	}
}

func workVerbs() []verb {
	return []verb{
		{
			name: "step", aliases: []string{"steps"}, plan: planSteps, bare: true,
			below: []verb{
				{name: "list", aliases: []string{"ls"}, reads: true, plan: planSteps, ways: []way{{"step list", "Show the steps of the response"}}},
				{name: "complete", aliases: []string{"done", "finish"}, plan: planComplete, ways: []way{{"step complete STEP [NOTE]", "Say that a step is done"}}},
				{name: "skip", plan: planSkip, ways: []way{{"step skip STEP REASON", "Leave a step out"}}},
				{name: "add", plan: planAddStep, ways: []way{{"step add TITLE [@PERSON]", "Add a step"}}},
				{name: "approve", plan: planApprove, ways: []way{{"step approve STEP [NOTE]", "Let what a step guards go on"}}},
				{name: "reject", plan: planReject, ways: []way{{"step reject STEP [NOTE]", "Refuse it"}}},
				{name: "choose", plan: planChoose, ways: []way{{"step choose STEP OPTION [NOTE]", "Decide for one of the ways that a step offers"}}},
				{name: "retry", plan: planRetry, ways: []way{{"step retry STEP", "Try a failed step again"}}},
			},
		},
		{
			name: "followup", aliases: []string{"follow-up", "followups", "follow-ups", "action"}, plan: planFollowup, bare: true,
			ways: []way{{"followup TITLE [@PERSON] [by DAY]", "Add work that remains after the incident; the day as *friday*, *tomorrow* or *2026-12-01*"}},
			below: []verb{
				{name: "add", plan: planAddFollowup},
				{name: "list", aliases: []string{"ls"}, reads: true, plan: planFollowups, ways: []way{{"followup list", "Show what remains to be done"}}},
				{name: "done", aliases: []string{"complete"}, plan: planFollowupDone, ways: []way{{"followup done F1 [NOTE]", "Say that it is done, where it has no ticket"}}},
			},
		},
	}
}

func endVerbs() []verb {
	return []verb{
		{
			name: "resolve", aliases: []string{"resolved"}, plan: planResolve, bare: true,
			ways: []way{{"resolve [WHAT ENDED IT]", "End the response; without words, a form asks for them"}},
		},
		{
			name: "reopen", plan: planReopen,
			ways: []way{{"reopen [REASON]", "Take the resolution back"}},
		},
		{
			name: "cancel", plan: planCancel, bare: true,
			ways: []way{{"cancel REASON", "End it as a false alarm"}},
		},
		{
			name: "merge", plan: planMerge, bare: true,
			ways: []way{{"merge INC-42 [REASON]", "End it in favour of another incident, which takes over its alerts"}},
		},
		{
			name: "postmortem", aliases: []string{"pm", "retro"}, reads: true, plan: planPostmortem,
			ways: []way{{"postmortem", "Find the draft of the postmortem"}},
		},
	}
}

// shortcuts are verbs below others that people write by themselves, as it comes to mind in
// the middle of an incident.
var shortcuts = map[string][2]string{
	"claim": {"role", "claim"}, "take": {"role", "claim"}, "assign": {"role", "assign"}, "handover": {"role", "handover"},
	"confirm": {"severity", "confirm"},
	"done":    {"step", "complete"}, "complete": {"step", "complete"}, "skip": {"step", "skip"}, "approve": {"step", "approve"},
	"reject": {"step", "reject"}, "choose": {"step", "choose"}, "retry": {"step", "retry"},
}

// find returns the verb that a word names.
func find(among []verb, word string) (verb, bool) {
	i := slices.IndexFunc(among, func(v verb) bool { return word != "" && (v.name == word || slices.Contains(v.aliases, word)) })
	if i < 0 {
		return verb{}, false
	}
	return among[i], true
}

// similar returns the name of the verb that a mistyped word most likely means.
func similar(among []verb, word string) (name string, ok bool) {
	var known []string
	for _, v := range among {
		known = append(append(known, v.name), v.aliases...)
	}
	if name, ok = nearest(word, known); !ok {
		return "", false
	}
	v, _ := find(among, name)
	return v.name, true
}

// similarCommand returns what a mistyped first word of a line most likely means.
func similarCommand(word string) (name string, ok bool) {
	if name, ok = similar(verbs(), word); ok {
		return name, true
	}
	return nearest(word, slices.Sorted(maps.Keys(shortcuts)))
}
