package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
	"muster/playbooks"
	"muster/playbooks/diagram"
	"muster/playbooks/guide"
)

const playbooksPath = "/api/v1/playbooks"

// PlaybookList is the library.
type PlaybookList struct {
	Playbooks []PlaybookEntry  `json:"playbooks" nullable:"false" doc:"By name."`
	LoadedAt  *time.Time       `json:"loaded_at" doc:"When they were read."`
	Refused   *PlaybookRefusal `json:"refused" doc:"Why the files as they are now are not used; null if they are."`
}

// PlaybookRefusal says what is wrong with the files of the playbooks.
type PlaybookRefusal struct {
	_        struct{}          `nullable:"true"`
	Since    time.Time         `json:"since"`
	Findings []PlaybookFinding `json:"findings" nullable:"false"`
}

// PlaybookFinding is one mistake.
type PlaybookFinding struct {
	File    string `json:"file" doc:"Empty where it is in no file."`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint" doc:"What to do; may be empty."`
}

// PlaybookEntry is a playbook in brief.
type PlaybookEntry struct {
	Name        string `json:"name" example:"default"`
	Version     string `json:"version" doc:"Derived from the playbook's content."`
	Description string `json:"description"`
	When        string `json:"when" doc:"For which incidents it is meant, in CEL; empty for one that has to be named."`
	Priority    int    `json:"priority" doc:"Of several that are meant for an incident, the highest counts."`
	Addition    bool   `json:"addition" doc:"It joins whatever other playbook is followed."`
	BuiltIn     bool   `json:"built_in" doc:"It comes with Muster."`
	Steps       int    `json:"steps" doc:"How many steps it has."`
	URL         string `json:"url" doc:"Its page."`
}

// PlaybookDetails is a playbook.
type PlaybookDetails struct {
	PlaybookEntry
	Parts       []PlaybookPart `json:"parts" nullable:"false" doc:"The playbooks it was put together from; itself where there are none."`
	Roles       []PlaybookRole `json:"roles" nullable:"false"`
	StepDetails []PlaybookStep `json:"step_details" nullable:"false" doc:"The steps in their order."`
	Hooks       []PlaybookHook `json:"hooks" nullable:"false" doc:"What Muster does by itself."`
	Source      string         `json:"source" doc:"The text it was written in, YAML."`
}

// PlaybookPart is a playbook that another was put together from.
type PlaybookPart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Reason  string `json:"reason" doc:"Why it is part of the response; may be empty."`
	Source  string `json:"source" doc:"The text it was written in, YAML."`
}

// PlaybookRole is a part in the response that one person takes.
type PlaybookRole struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Duties string `json:"duties"`
	Assign string `json:"assign" enum:",on_call,acknowledger" doc:"Who gets it by itself."`
}

// PlaybookStep is a step as a playbook has it.
type PlaybookStep struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Kind     string   `json:"kind" enum:"automatic,manual,approval,decision,wait"`
	Action   string   `json:"action" doc:"What Muster does in an automatic step."`
	Role     string   `json:"role"`
	Group    string   `json:"group" doc:"The title under which steps stand together."`
	Needs    []string `json:"needs" nullable:"false" doc:"Steps, groups or decision/option that come before."`
	When     string   `json:"when" doc:"The condition under which it becomes due, in CEL."`
	Playbook string   `json:"playbook" doc:"The part it comes from; empty if there is only one."`
	Text     []string `json:"text" nullable:"false" doc:"When it is due and what becomes of it, in sentences."`
}

// PlaybookHook is a reaction.
type PlaybookHook struct {
	ID     string   `json:"id"`
	On     []string `json:"on" nullable:"false"`
	Action string   `json:"action"`
	Title  string   `json:"title"`
	Text   string   `json:"text" doc:"What it reacts to, in a sentence."`
}

// IncidentPlaybook is what an incident follows.
type IncidentPlaybook struct {
	PlaybookDetails
	Current []CurrentVersion `json:"current" nullable:"false" doc:"What the library has by now of each part."`
}

// CurrentVersion is what the library has of a playbook.
type CurrentVersion struct {
	Name    string `json:"name"`
	Version string `json:"version" doc:"Empty if the library has none of this name any more."`
	Changed bool   `json:"changed" doc:"The incident follows another version."`
}

func (s *Server) shelf() playbooks.FolderState {
	if s.playbooks == nil {
		return playbooks.FolderState{}
	}
	return s.playbooks.State()
}

type playbookListOutput struct {
	Body PlaybookList
}

func (s *Server) listPlaybooks(context.Context, *struct{}) (*playbookListOutput, error) {
	shelf := s.shelf()
	out := &playbookListOutput{PlaybookList{LoadedAt: moment(shelf.LoadedAt), Playbooks: []PlaybookEntry{}}}
	for _, name := range shelf.Library.Names() {
		out.Body.Playbooks = append(out.Body.Playbooks, s.viewPlaybook(shelf.Library[name], !shelf.IsOwn(name)))
	}
	if shelf.Err != nil {
		out.Body.Refused = &PlaybookRefusal{Since: shelf.RefusedAt.UTC(), Findings: each(playbooks.FindingsIn(shelf.Err), func(f playbooks.Finding) PlaybookFinding {
			return PlaybookFinding{File: f.File, Line: f.Line, Column: f.Column, Message: f.Message, Hint: f.Hint}
		})}
	}
	return out, nil
}

// The forms of a playbook, the one first that is served when the caller does not mind.
var playbookForms = []string{"application/json", "text/yaml", "application/yaml", "text/markdown", "image/svg+xml"}

type playbookInput struct {
	Name   string `path:"name" example:"default"`
	Accept string `header:"Accept" doc:"Which form to answer with: application/json (also without this header), text/yaml, text/markdown or image/svg+xml, a drawing."`
}

type incidentPlaybookInput struct {
	IncidentPath
	Accept string `header:"Accept" doc:"Which form to answer with, as for a playbook; the drawing marks how each step stands."`
}

type playbookOutput struct {
	ContentType string `header:"Content-Type"`
	Vary        string `header:"Vary"`
	Policy      string `header:"Content-Security-Policy" hidden:"true"`
	Body        []byte
}

func (s *Server) getPlaybook(_ context.Context, in *playbookInput) (*playbookOutput, error) {
	shelf := s.shelf()
	p, ok := shelf.Library[in.Name]
	if !ok {
		return nil, newProblem(http.StatusNotFound, "there is no playbook %s; %s lists those that there are", quoted(in.Name), playbooksPath)
	}
	return showPlaybook(in.Accept, p, nil, s.viewDetails(p, !shelf.IsOwn(in.Name)))
}

func (s *Server) getIncidentPlaybook(ctx context.Context, in *incidentPlaybookInput) (*playbookOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	events, err := s.reader.Events(ctx, state.ID, 0, playbooks.FirstEvents)
	if err != nil {
		return nil, err
	}
	p, err := playbooks.Attached(events)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, newProblem(http.StatusNotFound, "%s has not taken up a playbook yet", state.ID)
	}
	shelf := s.shelf()
	body := IncidentPlaybook{PlaybookDetails: s.viewDetails(p, !shelf.IsOwn(p.Name)), Current: []CurrentVersion{}}
	body.URL = s.pageURL(state.ID) + "/playbook"
	for i, part := range p.PartsOf() {
		now := CurrentVersion{Name: part.Name}
		now.Version, _ = shelf.Library.VersionNow(p.PartsOf(), i)
		now.Changed = now.Version != part.Version
		body.Current = append(body.Current, now)
	}
	return showPlaybook(in.Accept, p, state.Steps, body)
}

// showPlaybook answers in the form asked for.
func showPlaybook(accept string, p *playbooks.Playbook, progress []incident.Step, body any) (*playbookOutput, error) {
	chosen := negotiate(accept, playbookForms)
	if chosen < 0 {
		return nil, newProblem(http.StatusNotAcceptable, "a playbook can be had as %s, not as %s", strings.Join(playbookForms, ", "), quoted(accept))
	}
	out := &playbookOutput{ContentType: playbookForms[chosen], Vary: "Accept"}
	switch out.ContentType {
	case "text/yaml", "application/yaml":
		out.Body = []byte(p.Source)
	case "text/markdown":
		out.Body = []byte(guide.Markdown(guide.New(p), diagram.Mermaid(p)))
	case "image/svg+xml":
		out.Body = []byte(diagram.SVG(p, diagram.Options{Progress: progress, Standalone: true}))
		// It shows what people wrote; should anything in it ever be a script, it must not run.
		out.Policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
	default:
		var err error
		if out.Body, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(out.ContentType, "text/") {
		out.ContentType += "; charset=utf-8"
	}
	return out, nil
}

func (s *Server) viewPlaybook(p *playbooks.Playbook, builtIn bool) PlaybookEntry {
	return PlaybookEntry{
		Name: p.Name, Version: p.Version, Description: p.Description, When: p.When, Priority: p.Priority, Addition: p.Addition,
		BuiltIn: builtIn, Steps: len(p.Steps), URL: s.publicURL + "/playbooks/" + p.Name,
	}
}

func (s *Server) viewDetails(p *playbooks.Playbook, builtIn bool) PlaybookDetails {
	told := guide.New(p)
	details := PlaybookDetails{
		PlaybookEntry: s.viewPlaybook(p, builtIn), Source: p.Source,
		Parts: each(p.Parts, func(part playbooks.Part) PlaybookPart {
			return PlaybookPart{Name: part.Name, Version: part.Version, Reason: part.Reason, Source: part.Source}
		}),
		Roles: each(p.Roles, func(r playbooks.Role) PlaybookRole {
			return PlaybookRole{ID: r.ID, Title: r.Title, Duties: r.Duties, Assign: r.Assign}
		}),
		StepDetails: []PlaybookStep{}, Hooks: []PlaybookHook{},
	}
	if len(details.Parts) == 0 {
		details.Parts = []PlaybookPart{{Name: p.Name, Version: p.Version, Source: p.Source}}
	}
	for _, group := range told.Groups {
		for _, step := range group.Steps {
			written := p.Steps[step.Number-1]
			details.StepDetails = append(details.StepDetails, PlaybookStep{
				ID: step.ID, Title: written.Title, Kind: string(step.Kind), Action: written.Do, Role: written.Role, Group: group.Title,
				Needs: each(written.Needs, func(need string) string { return need }), When: written.When, Playbook: written.Playbook,
				Text: each(step.Lines, guide.Line.String),
			})
		}
	}
	for i, hook := range told.Hooks {
		written := p.Hooks[i]
		details.Hooks = append(details.Hooks, PlaybookHook{
			ID: hook.ID, On: each([]string(written.On), func(on string) string { return on }), Action: written.Do, Title: written.Title, Text: hook.When.String(),
		})
	}
	return details
}

// registerPlaybooks adds the operations about playbooks.
func (s *Server) registerPlaybooks() {
	register(s, huma.Operation{
		OperationID: "list-playbooks", Method: http.MethodGet, Path: playbooksPath, Tags: []string{tagPlaybooks},
		Summary: "The playbooks that new incidents can follow",
	}, s.listPlaybooks)
	register(s, huma.Operation{
		OperationID: "get-playbook", Method: http.MethodGet, Path: playbooksPath + "/{name}", Tags: []string{tagPlaybooks},
		Summary:   "A playbook",
		Responses: playbookResponses(schemaOf[PlaybookDetails](s)),
	}, s.getPlaybook, http.StatusNotFound, http.StatusNotAcceptable)
	register(s, huma.Operation{
		OperationID: "get-incident-playbook", Method: http.MethodGet, Path: incidentsPath + "/{id}/playbook", Tags: []string{tagIncidents, tagPlaybooks},
		Summary:     "What an incident follows",
		Description: "In the versions that it began with, whatever the library has by now.",
		Responses:   playbookResponses(schemaOf[IncidentPlaybook](s)),
	}, s.getIncidentPlaybook, http.StatusNotFound, http.StatusNotAcceptable)
}

func playbookResponses(body *huma.Schema) map[string]*huma.Response {
	content := map[string]*huma.MediaType{"application/json": {Schema: body}}
	for _, form := range playbookForms[1:] {
		content[form] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return map[string]*huma.Response{"200": {Description: "The playbook, in the form that the Accept header asks for", Content: content}}
}
