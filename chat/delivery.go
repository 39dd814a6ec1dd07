package chat

import (
	"context"
	"net/http"
)

// Deliveries takes what a chat sends to Muster by HTTP. A vendor's package implements it. It
// may be used by many goroutines.
type Deliveries interface {
	// Receive takes one delivery, with its body as it came, and returns what to answer it
	// with, within the time that the chat allows. When it returns without an error nothing
	// of the delivery can be lost. A [*RefusedError] says that the delivery is none of the
	// chat's, or makes no sense; after any other error it should be sent again.
	Receive(ctx context.Context, header http.Header, body []byte) (Reply, error)
}

// Reply is what a delivery is answered with, with the status 200.
type Reply struct {
	// MediaType is as in "application/json"; empty for no body.
	MediaType string
	Body      []byte
}

// RefusedError says why a delivery was not taken, and will not be.
type RefusedError struct {
	// Unproven says that the sender did not prove to be the chat.
	Unproven bool
	Message  string
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Message }
