package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
)

// The forms of a postmortem, the one first that is served when the caller does not
// mind: Markdown is what people edit further and paste elsewhere.
var postmortemForms = []struct {
	mediaType string
	render    func(Postmortems, []incident.Event) ([]byte, error)
}{
	{"text/markdown", Postmortems.Markdown},
	{"text/html", Postmortems.HTML},
	{"application/json", Postmortems.JSON},
}

type postmortemInput struct {
	IncidentPath
	Accept string `header:"Accept" doc:"Which form to answer with: text/markdown (also without this header), text/html or application/json."`
}

type postmortemOutput struct {
	ContentType string `header:"Content-Type"`
	Vary        string `header:"Vary"`
	Policy      string `header:"Content-Security-Policy" hidden:"true"`
	Body        []byte
}

func (s *Server) getPostmortem(ctx context.Context, in *postmortemInput) (*postmortemOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	offers := make([]string, len(postmortemForms))
	for i, form := range postmortemForms {
		offers[i] = form.mediaType
	}
	chosen := negotiate(in.Accept, offers)
	if chosen < 0 {
		return nil, newProblem(http.StatusNotAcceptable, "a postmortem can be had as %s, not as %s",
			strings.Join(offers, ", "), quoted(in.Accept))
	}
	events, err := s.allEvents(ctx, state.ID)
	if err != nil {
		return nil, err
	}
	text, err := postmortemForms[chosen].render(s.postmortems, events)
	if err != nil {
		return nil, err
	}
	out := &postmortemOutput{ContentType: offers[chosen], Vary: "Accept", Body: text}
	if strings.HasPrefix(out.ContentType, "text/") {
		out.ContentType += "; charset=utf-8"
	}
	if offers[chosen] == "text/html" {
		// It shows what people wrote; should anything in it ever be a script, it must not run.
		out.Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
	}
	return out, nil
}

func (s *Server) registerPostmortem() {
	register(s, huma.Operation{
		OperationID: "get-postmortem", Method: http.MethodGet, Path: incidentsPath + "/{id}/postmortem", Tags: []string{tagIncidents},
		Summary:     "The postmortem, computed from the timeline as it stands",
		Description: "It can be read at any time; it is worth reading once the incident is resolved.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The postmortem, in the form that the Accept header asks for",
			Content: map[string]*huma.MediaType{
				"text/markdown":    {Schema: &huma.Schema{Type: huma.TypeString}},
				"text/html":        {Schema: &huma.Schema{Type: huma.TypeString}},
				"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}},
			},
		}},
	}, s.getPostmortem, http.StatusNotFound, http.StatusNotAcceptable)
}
