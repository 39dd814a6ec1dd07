// Package webhook tells any HTTP endpoint of an incident that needs people: a second way
// to page, for when PagerDuty cannot be reached. What is behind it (another pager, a chat,
// a siren) is the receiver's business.
//
// A notice is a POST of one JSON object. Every answer with a status from 200 to 299 means
// that the receiver has it; what the answer says is ignored. A repetition carries the same
// header Idempotency-Key, by which the receiver can tell it from another notice; whether
// it does is beyond Muster.
//
// With a secret, the header X-Hub-Signature-256 holds "sha256=" and the HMAC-SHA256 of the
// body in hexadecimal, keyed by the secret, as GitHub and others sign theirs:
//
//	mac := hmac.New(sha256.New, []byte(secret))
//	mac.Write(body)
//	ok := hmac.Equal([]byte(header), []byte("sha256="+hex.EncodeToString(mac.Sum(nil))))
//
// The address itself is a secret, because such addresses hold tokens: it shows in no error.
package webhook
