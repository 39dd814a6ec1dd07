// Package endpoint sends the HTTP requests that playbooks ask for (http.request).
//
// Whoever may write a playbook, or declare an incident whose texts a playbook fills in,
// decides where Muster connects to. So that this opens no way into the network that Muster
// runs in, the address of every connection is checked after its name was resolved, when it
// is dialled: private, loopback, link-local, shared, multicast and reserved addresses and
// those of the clouds' metadata services are refused, unless [Allowed] names them. Redirects
// are not followed, and no proxy is used, which could not be checked.
//
// A request is sent with the same Idempotency-Key on every repetition
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/). Answers are
// read up to [MaxAnswerBytes] and freed of the secrets that the request was sent with.
package endpoint
