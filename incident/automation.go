package incident

import "time"

// The types in this file are what a response exchanges with a team's own automation and
// its metrics, as those in response.go are for vendors.

// Request is an HTTP request that a playbook has sent. Nothing in it is kept: its headers
// and its body may hold secrets.
type Request struct {
	// Key is the same on every repetition. It is sent as Idempotency-Key, unless Header has one.
	Key    string
	Method string
	URL    string
	// Header has one value for each name.
	Header map[string]string
	Body   string
	// Secrets are the values that must not come back in an answer or an error.
	Secrets []string
	// Expected says which statuses mean success. Nil means those from 200 to 299.
	Expected func(status int) bool
	// Timeout bounds the request, the answer included. It must be positive.
	Timeout time.Duration
}

// Answer is what was answered to a [Request], without the secrets it was sent with.
type Answer struct {
	Status int
	// Body is its beginning, as UTF-8.
	Body string
	// Whole says that Body is all of it.
	Whole bool
}

// Launch asks for a workflow of a team's own.
type Launch struct {
	// Key is the same on every repetition.
	Key string
	// ID is the workflow's; empty for one made of the key.
	ID        string
	Workflow  string
	TaskQueue string
	// Input is a JSON document, or empty.
	Input string
	// Since is when the work was begun: a run that was over by then, unless it is the one
	// that was started for this key and succeeded, is not taken for its result.
	Since time.Time
}

// Run is a workflow of a team's own.
type Run struct {
	WorkflowID string
	RunID      string
	// Done says that it has come to a good end. One that came to a bad one is an error.
	Done bool
	// Result is what it returned, as JSON; nil where that is none.
	Result []byte
}

// Signal tells a workflow of a team's own something.
type Signal struct {
	// Key is the same on every repetition.
	Key        string
	WorkflowID string
	Name       string
	// Input is a JSON document, or empty.
	Input string
}

// Sample is a value of a metric.
type Sample struct {
	// Name says of which series it is: the labels that tell it from the others.
	Name  string
	Value float64
}
