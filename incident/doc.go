// Package incident is the domain: what an incident is and the rules it obeys.
//
// An incident is a fold over its timeline. A [Command] says what somebody wants,
// [Decide] holds every rule and answers with the [Event]s that follow, or with a
// [RuleError] that names the rule; [Apply] adds one event to a [State] and cannot
// fail. Nothing else changes an incident:
//
//	events, err := incident.Decide(state, command, now)
//	for _, e := range events {
//		state = incident.Apply(state, e)
//	}
//
// Because state is nothing but folded events, what the incident looked like at
// 14:32 is the fold of the events until 14:32 ([Fold]), and its metrics, its page and
// its postmortem cannot disagree.
//
// A kind of event lives in one place: its payload is a [Fact], which knows its name,
// the sentence people read in the timeline and how it changes the state (the files
// fact_*.go). A kind of command likewise is an [Intent], which knows its name and its
// rules (the files intent_*.go). Adding one is adding a type and its line in the
// registry beside it.
//
// The package is pure: no clock, no randomness, no input or output. That lets it run
// inside a deterministic workflow, in the API and in a test alike. It imports
// nothing else of Muster.
package incident
