package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/gin-gonic/gin"

	"muster/api/webhook"
	"muster/incident"
	"muster/store"
)

// Problem is the answer to every request that cannot be served, as RFC 9457 has it.
// Its type is always about:blank and therefore left out.
type Problem struct {
	Title  string `json:"title" doc:"The status in words." example:"Conflict"`
	Status int    `json:"status" doc:"The HTTP status." example:"409"`
	Detail string `json:"detail" doc:"What is wrong and what to mend, for people." example:"INC-42 is already resolved"`
	Rule   string `json:"rule,omitempty" doc:"The rule of the domain that stands in the way, for programs." example:"already_resolved"`
	// Errors is set where single places of the request are at fault.
	Errors []ProblemPlace `json:"errors,omitempty" nullable:"false" doc:"The places of the request to mend."`
	Checks []CheckResult  `json:"checks,omitempty" nullable:"false" doc:"On /readyz: the parts that readiness depends on."`

	retryAfter   time.Duration
	authenticate string
	// unfinished says that what was asked for may have been begun.
	unfinished bool
}

// ProblemPlace is one place of a request that has to be mended.
type ProblemPlace struct {
	Location string `json:"location" doc:"Where it is: body, path, query or header, and the way to the field." example:"body.severity"`
	Message  string `json:"message" doc:"What is wrong with it."`
}

const problemContentType = "application/problem+json"

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements [huma.HeadersError].
func (p *Problem) GetHeaders() http.Header {
	header := http.Header{}
	if p.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(p.retryAfter.Seconds())))
	}
	if p.authenticate != "" {
		header.Set("WWW-Authenticate", p.authenticate)
	}
	return header
}

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return problemContentType }

func newProblem(status int, format string, args ...any) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// at adds a place to mend and returns the same problem.
func (p *Problem) at(location, message string) *Problem {
	p.Errors = append(p.Errors, ProblemPlace{Location: location, Message: message})
	return p
}

// retryAfter is what callers are told to wait while a part of Muster is away. It is
// long enough for a restart and short enough for an alert.
const retryAfter = 5 * time.Second

// ErrUnavailable is wrapped by the error of a [Commander] that cannot carry out a
// command now, because the engine behind it is away. The command may be repeated.
var ErrUnavailable = errors.New("temporarily unavailable")

// problemOf is the one table from errors to answers. Errors that it does not know
// are mistakes of ours: the second result is false, and they must be logged, since the
// answer does not show them.
func problemOf(err error) (p *Problem, expected bool) {
	var (
		problem      *Problem
		broken       *incident.RuleError
		invalid      *incident.InvalidError
		missing      *incident.NotFoundError
		malformed    *webhook.MalformedError
		unauthorized *webhook.UnauthorizedError
		unknown      *webhook.UnknownSourceError
		unstored     *webhook.UnstoredError
		absent       *store.NotFoundError
	)
	switch {
	case errors.As(err, &problem):
		return problem, true
	case errors.As(err, &unstored): // Comes first, for it may wrap any of the others.
		p = newProblem(http.StatusServiceUnavailable, "the delivery could not be stored; send it again")
		p.retryAfter = retryAfter
		return p, false
	case errors.As(err, &broken):
		p = newProblem(http.StatusConflict, "%s", broken.Message)
		p.Rule = broken.Rule
		return p, true
	case errors.As(err, &invalid):
		p = newProblem(http.StatusUnprocessableEntity, "%s", invalid.Message)
		place := "body." + invalid.Field
		if invalid.Field == idempotencyKey {
			place = "header." + invalid.Field
		}
		return p.at(place, invalid.Message), true
	case errors.As(err, &missing):
		return newProblem(http.StatusNotFound, "%s", missing.Message), true
	case errors.As(err, &absent):
		return newProblem(http.StatusNotFound, "%s", absent.Error()), true
	case errors.Is(err, store.ErrNotFound):
		return newProblem(http.StatusNotFound, "there is no such thing here"), true
	case errors.As(err, &malformed):
		p = newProblem(http.StatusBadRequest, "%s", malformed.Error())
		return p.at(strings.TrimSuffix("body."+malformed.Place, "."), malformed.Message), true
	case errors.As(err, &unauthorized):
		p = newProblem(http.StatusUnauthorized, "%s", unauthorized.Message)
		p.authenticate = "Bearer"
		return p, true
	case errors.As(err, &unknown):
		return newProblem(http.StatusNotFound, "%s", unknown.Error()), true
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), store.Unavailable(err):
		p = newProblem(http.StatusServiceUnavailable, "Muster cannot answer this right now; try again in a few seconds")
		p.retryAfter, p.unfinished = retryAfter, true
		return p, false
	default:
		return newProblem(http.StatusInternalServerError, "something went wrong inside Muster; its log says more"), false
	}
}

// ofCommand adds what whoever gave a command has to know: that no answer does not mean no
// effect. Keyed says that the command came with a key.
func (p *Problem) ofCommand(keyed bool) *Problem {
	const uncertain = "Muster could not finish this in time; it may have taken effect, or may still do so. "
	switch {
	case !p.unfinished:
	case keyed:
		p.Detail = uncertain + "Send it again with the same Idempotency-Key: then it takes effect once"
	default:
		p.Detail = uncertain + "It came without an Idempotency-Key, so look at the incidents before you send it again: that would be another command"
	}
	return p
}

// write sends the problem outside of huma.
func (p *Problem) write(c *gin.Context) {
	for name, values := range p.GetHeaders() {
		c.Writer.Header()[name] = values
	}
	body, err := json.Marshal(p)
	if err != nil {
		// A struct of texts and numbers always encodes.
		panic(fmt.Errorf("encode a problem document: %w", err))
	}
	c.Abort()
	c.Data(p.Status, problemContentType, append(body, '\n'))
}

// Huma reports what it finds wrong with a request through these two variables, which
// are its only hook for that and belong to the process; nothing else in Muster sets
// them.
func init() {
	huma.NewError = newRequestProblem
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, errs ...error) huma.StatusError {
		return newRequestProblem(status, message, errs...)
	}
}

// newRequestProblem words what huma found so that people can mend it. Values are not
// repeated: they may be long, or secret.
func newRequestProblem(status int, message string, errs ...error) huma.StatusError {
	p := newProblem(status, "%s", message)
	for _, err := range errs {
		var detailer huma.ErrorDetailer
		if !errors.As(err, &detailer) {
			continue
		}
		found := detailer.ErrorDetail()
		location, text := found.Location, found.Message
		var required string
		switch {
		case text == validation.MsgUnexpectedProperty:
			text = "there is no such field"
		case isRequired(text, &required):
			location, text = location+"."+required, "is required"
		case status == http.StatusBadRequest && found.Location == "body":
			text = "the body is not JSON: " + text
		case status == http.StatusUnsupportedMediaType:
			text = "send JSON, with the header Content-Type: application/json"
		}
		p = p.at(location, text)
	}
	if len(p.Errors) > 0 {
		parts := make([]string, len(p.Errors))
		for i, e := range p.Errors {
			parts[i] = e.Location + ": " + e.Message
		}
		p.Detail = strings.Join(parts, "; ")
	}
	return p
}

// isRequired recognizes huma's report of a missing field and fills in its name.
func isRequired(text string, name *string) bool {
	n, err := fmt.Sscanf(text, validation.MsgExpectedRequiredProperty, name)
	return n == 1 && err == nil
}
