package integrations

import (
	"context"
	"errors"
	"io"
	"strconv"
)

// Replied returns the error for a refusal by an SMTP reply. Codes from 500 on are final,
// those below are worth another attempt (RFC 5321, section 4.2.1, calls the two permanent
// and transient).
func (c *Caller) Replied(operation string, code int, message string) *Error {
	return &Error{
		Vendor: c.vendor, Operation: operation, Code: "SMTP " + strconv.Itoa(code),
		Message: c.redact(message), Final: code >= 500,
	}
}

// Unanswered returns the error for a call by another protocol than HTTP that got no whole
// answer. Another attempt is worthwhile.
func (c *Caller) Unanswered(ctx context.Context, operation string, cause error) *Error {
	if errors.Is(cause, io.EOF) {
		// Who hangs up in the middle of a conversation breaks it off.
		cause = io.ErrUnexpectedEOF
	}
	failure := &Error{Vendor: c.vendor, Operation: operation}
	c.describeFailure(ctx, failure, cause)
	return failure
}
