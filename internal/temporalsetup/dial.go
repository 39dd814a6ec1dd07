package temporalsetup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"
)

// DialTimeout is how long [Dial] waits for Temporal.
const DialTimeout = 10 * time.Second

// Dial connects to Temporal. The error says in one line what is the matter and which variable
// to look at; it holds no credentials.
func Dial(ctx context.Context, options client.Options) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, DialTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, explain("connect to "+options.HostPort, err)
	}
	return c, nil
}

// mayNot tells that the credentials do not allow something, or that this Temporal does not do
// it for anybody.
func mayNot(err error) bool {
	switch codeOf(err) {
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return true
	default:
		return false
	}
}

func codeOf(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	var service serviceerror.ServiceError
	if errors.As(err, &service) {
		return service.Status().Code()
	}
	return serviceerror.ToStatus(err).Code()
}

// explain says what could not be done, and where to look.
func explain(what string, err error) error {
	what = "Temporal: cannot " + what
	text := err.Error()
	switch code := codeOf(err); {
	case strings.Contains(text, "x509") || strings.Contains(text, "tls:") || strings.Contains(text, "server preface"):
		return fmt.Errorf("%s: the two sides do not agree on TLS; look at TEMPORAL_TLS and TEMPORAL_TLS_SERVER_CA_CERT_PATH: %w", what, err)
	case code == codes.PermissionDenied, code == codes.Unauthenticated:
		return fmt.Errorf("%s: it refuses the credentials; look at TEMPORAL_API_KEY or TEMPORAL_TLS_CLIENT_CERT_PATH, "+
			"and whether they are for TEMPORAL_NAMESPACE: %w", what, err)
	case code == codes.Unavailable, code == codes.DeadlineExceeded, errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: it does not answer; is it running, and is TEMPORAL_ADDRESS right? %w", what, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
