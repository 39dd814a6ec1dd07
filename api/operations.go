package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// The groups into which the API's description sorts its operations.
const (
	tagIncidents = "Incidents"
	tagCommands  = "Commands"
	tagSteps     = "Steps"
	tagFollowups = "Follow-ups"
	tagPlaybooks = "Playbooks"
	tagStreams   = "Streams"
	tagWebhooks  = "Webhooks"
	tagOperation = "Operation"
)

// describe is the API's description before any operation is in it.
func describe(version string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "Muster",
				Version: version,
				Description: "Muster runs incidents. Times are RFC 3339 in UTC, and null until they come; texts and names " +
					"that are not there are empty. Errors are problem documents (RFC 9457) that say what to mend. " +
					"A command that is repeated with the same Idempotency-Key takes effect once. " +
					"One that is answered with 503, or not at all, may have taken effect, or may still do so: repeat it with its key.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Tags: []*huma.Tag{
				{Name: tagIncidents, Description: "Incidents, their timelines and postmortems."},
				{Name: tagCommands, Description: "What people can do about an incident. Each answers with the incident after it."},
				{Name: tagSteps, Description: "The steps of the response."},
				{Name: tagFollowups, Description: "Work that outlives the incident."},
				{Name: tagPlaybooks, Description: "How Muster responds."},
				{Name: tagStreams, Description: "Server-sent events, as things happen."},
				{Name: tagWebhooks, Description: "What other systems post to Muster."},
				{Name: tagOperation, Description: "For those who run Muster."},
			},
		},
		Formats: map[string]huma.Format{
			"application/json": huma.DefaultJSONFormat,
			"json":             huma.DefaultJSONFormat, // As in application/problem+json.
		},
		DefaultFormat: "application/json",
	}
}

// commandTimeout bounds every operation. The engine behind the Commander answers
// within a second; when it is away, people should hear so before they give up.
const commandTimeout = 15 * time.Second

// register adds an operation. The statuses are the errors that are particular to it;
// huma adds 422 and 500.
func register[I, O any](s *Server, op huma.Operation, handle func(context.Context, *I) (*O, error), statuses ...int) {
	// The body has been read when huma gets it: see readBody.
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1
	op.Errors = append(op.Errors, statuses...)
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = s.problemResponse("Any other error")
	huma.Register(s.api, op, func(ctx context.Context, input *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, commandTimeout)
		defer cancel()
		output, err := handle(ctx, input)
		if err != nil {
			p := s.explain(ctx, op, err)
			if command, ok := any(input).(interface{ keyed() bool }); ok {
				p = p.ofCommand(command.keyed())
			}
			return nil, p
		}
		return output, nil
	})
}

// explain turns an error into its problem, and logs what the problem does not show.
func (s *Server) explain(ctx context.Context, op huma.Operation, err error) *Problem {
	p, expected := problemOf(err)
	if !expected {
		level := slog.LevelError
		switch {
		case errors.Is(err, context.Canceled): // The caller left, or the server ends.
			level = slog.LevelDebug
		case p.Status == http.StatusServiceUnavailable:
			level = slog.LevelWarn
		}
		s.logger.Log(ctx, level, "request failed", "operation", op.OperationID, "error", err, "request_id", requestID(ctx))
	}
	return p
}

// problemResponse describes an error's answer.
func (s *Server) problemResponse(description string) *huma.Response {
	return &huma.Response{
		Description: description,
		Content:     map[string]*huma.MediaType{problemContentType: {Schema: schemaOf[Problem](s)}},
	}
}

func schemaOf[T any](s *Server) *huma.Schema {
	return s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}
