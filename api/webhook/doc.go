// Package webhook turns what other systems post to Muster into inbox items.
//
// A [Source] knows one sender: how it proves who it is, and how its bodies read.
// Adding one takes a file with a function that returns it, and a line in [Sources];
// the path /webhooks/{name}, the answers, metrics and documentation follow.
//
// A parser is strict about what Muster relies on and blind to the rest: a field that
// it does not know is ignored, so that a sender can be upgraded first, while a body
// that cannot be what it claims to be is refused as a whole with a [MalformedError],
// which names the place, and nothing of it is kept.
//
// Senders repeat themselves: a delivery is sent again after a timeout, and by every
// member of a cluster. Items therefore carry a key that is the same on every
// repetition, and the inbox keeps the first.
//
// [Receiver.Receive] returns once the items are on disk. When they cannot be stored,
// the [UnstoredError] must become a 5xx answer: Alertmanager repeats a delivery after
// any 5xx, and drops it for ever after any 4xx, 429 included
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
package webhook
