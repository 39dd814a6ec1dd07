package incident

import "fmt"

// RuleError says that the incident, as it stands, does not allow a command. Nothing
// has changed. The same command may succeed later.
type RuleError struct {
	// Rule is a stable name for programs: "already_resolved".
	Rule string `json:"rule"`
	// Message tells people what stands in the way and what to do instead.
	Message string `json:"message"`
}

func (e *RuleError) Error() string { return e.Message }

// InvalidError says that a command makes no sense whatever the incident's state.
type InvalidError struct {
	// Field is the part of the command to mend.
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (e *InvalidError) Error() string { return e.Message }

// NotFoundError says that a command names something the incident does not have.
type NotFoundError struct {
	// What is the kind of thing that is missing: "step".
	What    string `json:"what"`
	Message string `json:"message"`
}

func (e *NotFoundError) Error() string { return e.Message }

func rule(name, format string, args ...any) error {
	return &RuleError{Rule: name, Message: fmt.Sprintf(format, args...)}
}

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Message: fmt.Sprintf(format, args...)}
}

func notFound(what, format string, args ...any) error {
	return &NotFoundError{What: what, Message: fmt.Sprintf(format, args...)}
}
