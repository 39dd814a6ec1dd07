// Package pagerduty wakes the people on call for a service and knows who they are.
//
// Pages travel by the Events API v2, which takes a deduplication key: however often a
// page is sent, its people are woken once, and acknowledging or resolving twice is the
// same as once. The API knows a service by the routing key of an integration, which
// this package looks up by the REST API from the service's id, so that nobody has to
// copy keys into muster.yaml. The service therefore needs an integration of the type
// "Events API v2"; the error says so where it is missing.
//
// The token is a REST API key of the account or of a user (read access is enough).
//
// What remains possible: PagerDuty accepts events before it looks at their routing key.
// An integration that is deleted between the look-up and the event, milliseconds later,
// takes the page with it. And PagerDuty forgets a deduplication key when its incident
// is resolved: sending the same page again after that wakes people again.
package pagerduty
