// Package pagerduty wakes the people on call for a service, knows who they are, asks others
// to help, and keeps what PagerDuty has of a page in step with its incident.
//
// Pages travel by the Events API v2, which takes a deduplication key: however often a
// page is sent, its people are woken once, and acknowledging or resolving twice is the
// same as once. The API knows a service by the routing key of an integration, which
// this package looks up by the REST API from the service's id, so that nobody has to
// copy keys into muster.yaml. The service therefore needs an integration of the type
// "Events API v2"; the error says so where it is missing.
//
// Notes, priorities, requests for help and pages that go to a person rather than to a service
// travel by the REST API, in the name of the user whose address is [Options].From. It knows no
// deduplication: a note carries a marker, and all else is looked for before it is done.
//
// What Muster does there comes back by PagerDuty's webhooks. What the Events API did is told
// as nobody's act; what REST did, as that of Muster's user ([Client.IsSelf]); and notes are
// known by their marker ([IsOwnNote]).
//
// The token is a REST API key of the account or of a user. Reading is enough to page; the
// rest needs write access to incidents.
//
// What remains possible: PagerDuty accepts events before it looks at their routing key.
// An integration that is deleted between the look-up and the event, milliseconds later,
// takes the page with it. PagerDuty forgets a deduplication key when its incident
// is resolved: sending the same page again after that wakes people again. And two attempts
// at the same moment may both write a note, or ask somebody twice.
package pagerduty
