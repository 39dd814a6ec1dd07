package ui

import (
	"crypto/rand"
	"errors"
	"net/url"

	"muster/incident"
)

// Form is one form in a page: a command about one subject, such as a step.
type Form struct {
	// ID is the form's id in the page, Action where it is posted.
	ID     string
	Action string
	// Error says why it was refused when it was last sent, or is empty.
	Error string
	// AskName asks who the person is, because it is needed and not known.
	AskName bool
	// SentKey is the key to send again, where nobody knows whether the command took
	// effect the first time. Otherwise the form gets a new one.
	SentKey string `json:"-"`

	typed url.Values
}

// Typed is what the person had typed into a field when the form was refused.
func (f Form) Typed(field string) string { return f.typed.Get(field) }

// TypedOr is what the person had typed, or else what the field should hold.
func (f Form) TypedOr(field, otherwise string) string {
	if f.typed.Has(field) {
		return f.typed.Get(field)
	}
	return otherwise
}

// newKey makes a key under which a command takes effect once.
func newKey() string { return rand.Text() }

// formID is how a form is told from the others of a page. Prefixing the section keeps
// apart forms for the same command that stand in two sections.
func formID(section, command, subject string) string {
	id := section + "-" + command
	if subject != "" {
		id += "-" + subject
	}
	return id
}

// refusal is a form that was sent and not carried out.
type refusal struct {
	formID  string
	message string
	askName bool
	keepKey bool
	status  int
	values  url.Values
}

// refuse turns an error into what the person sees beside the form, and the status of
// the answer.
func refuse(err error, values url.Values) *refusal {
	r := &refusal{formID: values.Get("form"), values: values}
	var rule *incident.RuleError
	var invalid *incident.InvalidError
	var missing *incident.NotFoundError
	switch {
	case errors.Is(err, errNoName):
		r.status, r.askName = 422, true
		r.message = "Say who you are, so that the timeline can tell who did this."
	case errors.As(err, &rule):
		r.status, r.message = 409, sentenceCase(rule.Message)+"."
	case errors.As(err, &invalid):
		r.status, r.message = 422, sentenceCase(invalid.Message)+"."
	case errors.As(err, &missing):
		r.status, r.message = 409, sentenceCase(missing.Message)+"."
	default:
		r.status, r.keepKey = 503, true
		r.message = "Muster got no answer about this, so it may or may not have happened. " +
			"Send it again: it takes effect only once."
	}
	return r
}

// typed lists what the person wrote themselves.
func (r *refusal) typed() []string {
	var all []string
	for _, field := range []string{"text", "summary", "title", "note", "reason", "brief"} {
		if text := r.values.Get(field); text != "" {
			all = append(all, text)
		}
	}
	return all
}

// errNoName says that a command came from somebody who has not said who they are.
var errNoName = errors.New("no name")

// form fills in what was refused, if it was this form.
func (r *refusal) form(id, action string) Form {
	f := Form{ID: id, Action: action}
	if r == nil || r.formID != id {
		return f
	}
	f.Error, f.AskName, f.typed = r.message, r.askName, r.values
	if r.keepKey {
		f.SentKey = r.values.Get("key")
	}
	return f
}
