// Package temporalsetup gets Muster to a Temporal that runs elsewhere: a cluster of one's own,
// or Temporal Cloud.
//
// [ClientOptions] reads how to reach it from Temporal's own variables, TEMPORAL_ADDRESS and so
// on, and [Dial] connects. [Check] then says what the namespace lacks: a namespace can be
// missing, keep finished workflows for too short a time, or not know the search attributes that
// workflows set, without which no incident can begin. [Apply] mends it where the credentials
// allow that. Where they do not, which is the rule on Temporal Cloud, it returns the commands
// for somebody who may.
//
// Servers and workers check and refuse to start; `muster setup` applies.
package temporalsetup
