package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/integrations"
)

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// vendorFailed notes that a call did not bring what was asked for. The setting is where the
// vendor's address comes from.
func vendorFailed(n *notes, vendor, setting string, err error) {
	var failure *integrations.Error
	if !errors.As(err, &failure) {
		n.wrong("%s: %s", vendor, err)
		return
	}
	details := failure.Code
	if failure.Status != 0 {
		details = strings.TrimPrefix(details+", "+fmt.Sprintf("HTTP %d", failure.Status), ", ")
	}
	switch {
	case details == "" && failure.Final:
		n.wrong("%s, %s: %s", vendor, failure.Operation, failure.Message)
	case details == "":
		n.wrong("%s, %s: %s", vendor, failure.Operation, failure.Message).
			mend("check %s, and that this machine reaches the address: name server, firewall, proxy", setting)
	case failure.Final:
		n.wrong("%s refuses %s (%s)", vendor, failure.Operation, details).mend("%s", failure.Message)
	default:
		n.wrong("%s does not do its work: %s (%s)", vendor, failure.Operation, details).
			mend("%s; try again, and look at %s's status page", failure.Message, vendor)
	}
}

// inTurn makes a call of a vendor package and, where the vendor's limits put it off, makes
// it again when its turn has come, as long as ctx allows.
func inTurn[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	for {
		answer, err := call(ctx)
		var failure *integrations.Error
		if !errors.As(err, &failure) || failure.Final || failure.RetryAfter <= 0 ||
			failure.Status != 0 && failure.Status != http.StatusTooManyRequests {
			return answer, err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < failure.RetryAfter {
			return answer, err
		}
		timer := time.NewTimer(failure.RetryAfter)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return answer, err
		}
	}
}

// mebibytes is a size in MiB, rounded down.
func mebibytes(n uint64) string { return fmt.Sprintf("%d MiB", n>>20) }
