package activities

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
)

// The types of the errors that activities return, as they appear in Temporal.
const (
	// VendorFailure may go away: it is tried again.
	VendorFailure = "vendor_failure"
	// FinalFailure stays until somebody mends its cause.
	FinalFailure = "final_failure"
)

// vendorFailure is what the errors of all vendor packages say of themselves.
type vendorFailure interface {
	error
	// Permanent says that trying the same again cannot help.
	Permanent() bool
	// Delay is how long the vendor asks to wait before the next attempt; 0 if it does
	// not say.
	Delay() time.Duration
}

// vendorError turns a vendor's error into what Temporal understands: whether to try
// again, and when. Temporal waits, we never sleep. It returns nil for nil.
//
// The outermost error decides in Temporal, so the result must not be wrapped.
func vendorError(err error) error {
	if err == nil {
		return nil
	}
	var failure vendorFailure
	if !errors.As(err, &failure) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), VendorFailure, temporal.ApplicationErrorOptions{})
	}
	if failure.Permanent() {
		return final(failure.Error())
	}
	return temporal.NewApplicationErrorWithOptions(failure.Error(), VendorFailure, temporal.ApplicationErrorOptions{
		NextRetryDelay: failure.Delay(),
		Category:       temporal.ApplicationErrorCategoryBenign,
	})
}

func isFinal(err error) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && failure.NonRetryable()
}

// reasonOf is what an error of [vendorError] says, without what Temporal adds.
func reasonOf(err error) string {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		return failure.Message()
	}
	return err.Error()
}

// final is a failure that people must mend.
func final(message string) error {
	return temporal.NewApplicationErrorWithOptions(message, FinalFailure, temporal.ApplicationErrorOptions{NonRetryable: true})
}
