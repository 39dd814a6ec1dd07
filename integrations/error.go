package integrations

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Names of the vendors, as they stand in [Error.Vendor].
const (
	Slack     = "slack"
	PagerDuty = "pagerduty"
	Jira      = "jira"
	// Mail is whatever server takes e-mail by SMTP, Webhook whatever takes a notice by HTTP.
	Mail    = "mail"
	Webhook = "webhook"
	// HTTP is whatever answers a playbook's own requests, Prometheus and Temporal are where
	// a playbook asks for metrics and starts automation.
	HTTP       = "http"
	Prometheus = "prometheus"
	Temporal   = "temporal"
)

// Error is the only error that a vendor package returns. It is safe to show to
// people and to keep in a workflow's history: credentials are removed from it and
// from all that it unwraps to.
type Error struct {
	// Vendor is one of the names above.
	Vendor string
	// Operation is what was asked of the vendor, in its own words: "chat.postMessage".
	Operation string
	// Status is the HTTP status of the answer, or 0 when there was no answer.
	Status int
	// Code is the vendor's code for the failure: "channel_not_found". For Jira,
	// which has none, it lists the fields that were refused: "assignee,duedate".
	Code string
	// Message says what happened and, where that is known, what to mend.
	Message string
	// Final says that the same call would fail again until a person mends something.
	Final bool
	// RetryAfter is how long to wait before the next attempt: until when the vendor asked
	// us to, or until the call's turn under the vendor's limits. Zero when neither says.
	RetryAfter time.Duration
	// Absent says that the vendor has nothing of what was asked about: not yet, or never.
	Absent bool

	cause error
}

// Error reads like "slack: conversations.create: message (restricted_action, HTTP 200)".
func (e *Error) Error() string {
	var details []string
	if e.Code != "" {
		details = append(details, e.Code)
	}
	if e.Status != 0 {
		details = append(details, fmt.Sprintf("HTTP %d", e.Status))
	}
	text := fmt.Sprintf("%s: %s: %s", e.Vendor, e.Operation, e.Message)
	if len(details) > 0 {
		text += " (" + strings.Join(details, ", ") + ")"
	}
	return text
}

// Permanent says whether repeating the call is useless.
func (e *Error) Permanent() bool { return e.Final }

// Delay is how long to wait before the next attempt. Zero leaves it to the caller.
func (e *Error) Delay() time.Duration { return e.RetryAfter }

// Missing says whether the vendor had nothing of what was asked about.
func (e *Error) Missing() bool { return e.Absent }

// Unwrap returns [context.Canceled], [context.DeadlineExceeded] or nil. Errors of
// the vendors' libraries are not kept: they may quote the request they failed on.
func (e *Error) Unwrap() error { return e.cause }

// IsFinal says whether an error is an [*Error] that repeating the call cannot help.
func IsFinal(err error) bool {
	var failure *Error
	return errors.As(err, &failure) && failure.Final
}

// HasCode says whether an error is an [*Error] with one of the vendor's codes.
func HasCode(err error, codes ...string) bool {
	var failure *Error
	return errors.As(err, &failure) && slices.Contains(codes, failure.Code)
}
