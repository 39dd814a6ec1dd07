package workflows

import (
	"errors"

	"muster/incident"

	"go.temporal.io/sdk/temporal"
)

// The types under which the domain's errors travel through Temporal.
const (
	ruleType     = "rule"
	invalidType  = "invalid"
	notFoundType = "not_found"
)

// isFinal says that an activity failed in a way that trying again cannot help.
func isFinal(err error) bool {
	var failure *temporal.ApplicationError
	return errors.As(err, &failure) && failure.NonRetryable()
}

// toTemporal makes an error of the domain travel through Temporal as itself.
func toTemporal(err error) error {
	var (
		broken  *incident.RuleError
		wrong   *incident.InvalidError
		missing *incident.NotFoundError
	)
	switch {
	case errors.As(err, &broken):
		return refusal(err, ruleType, *broken)
	case errors.As(err, &wrong):
		return refusal(err, invalidType, *wrong)
	case errors.As(err, &missing):
		return refusal(err, notFoundType, *missing)
	default:
		return err
	}
}

func refusal(err error, kind string, details any) error {
	return temporal.NewApplicationErrorWithOptions(err.Error(), kind, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{details}, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// FromTemporal returns the error of the domain that a refused command came back with
// ([incident.RuleError], [incident.InvalidError] or [incident.NotFoundError]), or err
// itself when it is none of them.
func FromTemporal(err error) error {
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Type() {
	case ruleType:
		return details(failure, &incident.RuleError{}, err)
	case invalidType:
		return details(failure, &incident.InvalidError{}, err)
	case notFoundType:
		return details(failure, &incident.NotFoundError{}, err)
	default:
		return err
	}
}

func details[E error](failure *temporal.ApplicationError, into E, otherwise error) error {
	if err := failure.Details(into); err != nil {
		return otherwise
	}
	return into
}
