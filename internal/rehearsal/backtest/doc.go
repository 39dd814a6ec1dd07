// Package backtest runs past incidents again with other playbooks and routes.
//
// [Read] takes from an incident's journal what came from outside: its alerts, its declaration,
// what people did and when. [Past.Run] rehearses that twice, with the playbook the incident had
// and with the one it would have now, and [Compare] says what differs: who would have been
// paged and when, which steps, which prompts, and which of people's commands would not have
// been possible. Both runs have vendors that work, so that an outage of back then is no
// difference.
//
// What this cannot know is what people would have done had they been asked otherwise: they do
// what they did, at the time at which they did it.
package backtest
