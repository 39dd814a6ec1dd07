package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
)

// sourceAPI is the source of events that came in through this package.
const sourceAPI = "api"

// defaultActor acts where a command does not say who gives it.
const defaultActor = "API"

// Author says who gives a command. It stands in the body of every command.
type Author struct {
	Actor string `json:"actor,omitempty" maxLength:"100" doc:"Who gives the command. Without it, the timeline says API." example:"Sample Responder"`
}

func (a Author) actor() incident.Actor {
	name := strings.TrimSpace(a.Actor)
	if name == "" {
		name = defaultActor
	}
	return incident.PersonActor(name)
}

// idempotencyKey is the header by which a command is known again.
const idempotencyKey = "Idempotency-Key"

// KeyHeader is the part of every command's input that makes it safe to repeat.
type KeyHeader struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"The same on every repetition of the command, so that it takes effect once. Without it, each request is a command of its own."`
}

// keyed says whether the caller gave a key.
func (k KeyHeader) keyed() bool { return k.Key != "" }

// commandKey makes the key of a command out of the caller's. Callers may use one key
// for different operations, so it is scoped to the operation and its subjects.
func (k KeyHeader) commandKey(operation string, subjects ...string) string {
	key := k.Key
	if key == "" {
		key = rand.Text()
	}
	return strings.Join(append(append([]string{sourceAPI, operation}, subjects...), key), ":")
}

// commandBody is the body of a command about an incident.
type commandBody interface {
	actor() incident.Actor
	// intent is what the command wants, names brought to how the catalogue writes them.
	intent(s *Server) incident.Intent
}

type commandInput[B any] struct {
	IncidentPath
	KeyHeader
	Body *B
}

// AcknowledgeRequest says that somebody has taken the incident.
type AcknowledgeRequest struct {
	Author
	Note string `json:"note,omitempty"`
}

func (r AcknowledgeRequest) intent(*Server) incident.Intent {
	return incident.Acknowledge{Note: r.Note}
}

// StatusRequest moves the response.
type StatusRequest struct {
	Author
	Status string `json:"status" doc:"One of investigating, identified, monitoring and resolved." example:"identified"`
	Note   string `json:"note,omitempty"`
}

func (r StatusRequest) intent(*Server) incident.Intent {
	status := incident.Status(strings.ToLower(strings.TrimSpace(r.Status)))
	return incident.ChangeStatus{Status: status, Note: r.Note}
}

// SeverityRequest moves the incident on its severity scale.
type SeverityRequest struct {
	Author
	Severity string `json:"severity" doc:"A severity or its alias." example:"SEV1"`
	Reason   string `json:"reason,omitempty"`
}

func (r SeverityRequest) intent(s *Server) incident.Intent {
	return incident.ChangeSeverity{Severity: s.canonicalSeverity(r.Severity), Reason: r.Reason}
}

// NoteRequest writes something down.
type NoteRequest struct {
	Author
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero" doc:"When it happened, if that was not now."`
	// Quote is set where the text is what somebody said in the chat.
	Quote    *QuoteRequest `json:"quote,omitempty" doc:"Where it was said, if the text is what somebody said in the chat. A message is written down once."`
	Decision bool          `json:"decision,omitempty" doc:"Marks what was decided."`
}

// QuoteRequest says where a note was said.
type QuoteRequest struct {
	By      string `json:"by" doc:"Who said it." example:"Sample Responder"`
	Channel string `json:"channel" doc:"The id of the chat channel."`
	Message string `json:"message" doc:"The id of the message."`
	URL     string `json:"url,omitempty" doc:"Where the message can be read."`
}

func (r NoteRequest) intent(*Server) incident.Intent {
	note := incident.AddNote{Text: r.Text, At: r.At, Decision: r.Decision}
	if q := r.Quote; q != nil {
		note.Quote = &incident.Quote{By: q.By, Message: incident.MessageRef{ChannelID: q.Channel, ID: q.Message, URL: q.URL}}
	}
	return note
}

// UpdateRequest tells everyone concerned how things stand.
type UpdateRequest struct {
	Author
	Text string `json:"text"`
}

func (r UpdateRequest) intent(*Server) incident.Intent { return incident.PostUpdate{Text: r.Text} }

// ResolveRequest ends the response.
type ResolveRequest struct {
	Author
	Summary string `json:"summary,omitempty" doc:"What ended it."`
}

func (r ResolveRequest) intent(*Server) incident.Intent { return incident.Resolve{Summary: r.Summary} }

// ReopenRequest takes a resolution back.
type ReopenRequest struct {
	Author
	Reason string `json:"reason,omitempty"`
}

func (r ReopenRequest) intent(*Server) incident.Intent { return incident.Reopen{Reason: r.Reason} }

// CancelRequest ends an incident that was a false alarm.
type CancelRequest struct {
	Author
	Reason string `json:"reason,omitempty"`
}

func (r CancelRequest) intent(*Server) incident.Intent { return incident.Cancel{Reason: r.Reason} }

// MergeRequest ends this incident in favour of another.
type MergeRequest struct {
	Author
	Into   string `json:"into" doc:"The incident that carries on." example:"INC-41"`
	Reason string `json:"reason,omitempty"`
}

func (r MergeRequest) intent(*Server) incident.Intent {
	return incident.Merge{Into: incident.ID(r.Into), Reason: r.Reason}
}

// DeclareRequest begins an incident.
type DeclareRequest struct {
	Author
	Email    string `json:"email,omitempty" maxLength:"254" doc:"The e-mail address of whoever declares it, by which they are found in the chat, to be let into the incident's channel." example:"responder@example.com"`
	Title    string `json:"title" example:"Checkout fails for a third of customers"`
	Service  string `json:"service" doc:"What is affected: a service of the catalogue or its alias." example:"checkout"`
	Severity string `json:"severity" doc:"A severity or its alias." example:"SEV2"`
	Summary  string `json:"summary,omitempty"`
	Playbook string `json:"playbook,omitempty" doc:"The playbook to follow; without it, the one that is meant for such an incident (when), or else the default."`
	// Exercise makes it practice.
	Exercise *ExerciseRequest `json:"exercise,omitempty" doc:"Makes it an exercise: nobody is paged, nothing is filed or sent, and it counts in no statistics."`
}

// ExerciseRequest says how an exercise goes by.
type ExerciseRequest struct {
	Speed   float64 `json:"speed,omitempty" minimum:"1" maximum:"100" default:"1" doc:"How much faster than usual the playbook's waiting goes by."`
	Channel string  `json:"channel,omitempty" maxLength:"100" doc:"The chat channel to hold it in, by name or id; without one, what would be said is only written down." example:"game-days"`
}

func (r *ExerciseRequest) exercise() *incident.Exercise {
	if r == nil {
		return nil
	}
	return &incident.Exercise{Speed: r.Speed, Channel: strings.TrimSpace(r.Channel)}
}

type declareInput struct {
	KeyHeader
	Body DeclareRequest
}

func (s *Server) declare(ctx context.Context, in *declareInput) (*incidentOutput, error) {
	service, err := s.service(in.Body.Service)
	if err != nil {
		return nil, err
	}
	severity, err := s.severity(in.Body.Severity)
	if err != nil {
		return nil, err
	}
	state, err := s.commander.Declare(ctx, in.commandKey("declare-incident"), Declaration{
		Title: in.Body.Title, Summary: in.Body.Summary, Service: service, Severity: severity,
		Playbook: strings.TrimSpace(in.Body.Playbook), Exercise: in.Body.Exercise.exercise(), Actor: in.Body.actor(), Person: incident.Person{Email: strings.TrimSpace(in.Body.Email)}, Source: sourceAPI,
	})
	if err != nil {
		return nil, err
	}
	return &incidentOutput{Location: s.publicURL + incidentPath(state.ID), Body: s.viewIncident(state)}, nil
}

// RoleRequest gives a role to somebody.
type RoleRequest struct {
	Author
	User  string `json:"user" doc:"Who takes the role; empty makes it vacant." example:"Sample Responder"`
	Email string `json:"email,omitempty" maxLength:"254" doc:"The e-mail address of who takes it, by which they are found in the chat." example:"responder@example.com"`
	Brief string `json:"brief,omitempty" doc:"What whoever takes it over has to know. Where a role passes from one person to another without it, Muster says how things stand."`
}

type roleInput struct {
	IncidentPath
	KeyHeader
	Role string `path:"role" doc:"The id of a role of the incident's playbook." example:"commander"`
	Body RoleRequest
}

func (s *Server) assignRole(ctx context.Context, in *roleInput) (*incidentOutput, error) {
	return s.command(ctx, in.ID, in.commandKey("assign-role", in.Role), in.Body.actor(),
		incident.AssignRole{Role: in.Role, User: in.Body.User, Email: in.Body.Email, Brief: in.Body.Brief})
}

// command carries out a command and answers with the incident after it.
func (s *Server) command(ctx context.Context, id, key string, actor incident.Actor, intent incident.Intent) (*incidentOutput, error) {
	state, err := s.do(ctx, id, key, actor, intent)
	if err != nil {
		return nil, err
	}
	return &incidentOutput{Body: s.viewIncident(state)}, nil
}

func (s *Server) do(ctx context.Context, id, key string, actor incident.Actor, intent incident.Intent) (incident.State, error) {
	parsed, err := pathID(id)
	if err != nil {
		return incident.State{}, err
	}
	return s.commander.Do(ctx, incident.Command{
		Incident: parsed, Key: key, Actor: actor, Source: sourceAPI, Intent: intent,
	})
}

func (s *Server) registerCommands() {
	register(s, huma.Operation{
		OperationID: "declare-incident", Method: http.MethodPost, Path: incidentsPath, Tags: []string{tagIncidents},
		Summary: "Begin an incident", DefaultStatus: http.StatusCreated,
		Responses: map[string]*huma.Response{"201": createdResponse("The incident")},
	}, s.declare)
	registerCommand[AcknowledgeRequest](s, "acknowledge", "acknowledge-incident", "Say that somebody has taken the incident")
	registerCommand[StatusRequest](s, "status", "change-status", "Move the response between investigating, identified, monitoring and resolved")
	registerCommand[SeverityRequest](s, "severity", "change-severity", "Change the severity")
	registerCommand[NoteRequest](s, "notes", "add-note", "Write something down")
	registerCommand[UpdateRequest](s, "updates", "post-update", "Tell everyone concerned how things stand")
	registerCommand[ResolveRequest](s, "resolve", "resolve-incident", "End the response")
	registerCommand[ReopenRequest](s, "reopen", "reopen-incident", "Take the resolution back")
	registerCommand[CancelRequest](s, "cancel", "cancel-incident", "End an incident that was a false alarm")
	registerCommand[MergeRequest](s, "merge", "merge-incident", "End this incident in favour of another")
	s.registerAttention()
	register(s, huma.Operation{
		OperationID: "assign-role", Method: http.MethodPut, Path: incidentsPath + "/{id}/roles/{role}", Tags: []string{tagCommands},
		Summary: "Give a role to somebody, or make it vacant",
	}, s.assignRole, http.StatusNotFound, http.StatusConflict)
}

// registerCommand adds POST /api/v1/incidents/{id}/{name}. The body may be left out
// unless it has a required field.
func registerCommand[B commandBody](s *Server, name, id, summary string) {
	register(s, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: incidentsPath + "/{id}/" + name,
		Tags: []string{tagCommands}, Summary: summary,
		RequestBody: &huma.RequestBody{Required: hasRequired[B](s)},
	}, func(ctx context.Context, in *commandInput[B]) (*incidentOutput, error) {
		var body B
		if in.Body != nil {
			body = *in.Body
		}
		return s.command(ctx, in.ID, in.commandKey(id), body.actor(), body.intent(s))
	}, http.StatusNotFound, http.StatusConflict)
}

// hasRequired says whether a body has a required field.
func hasRequired[B any](s *Server) bool {
	return len(s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[B](), false, "").Required) > 0
}

// createdResponse describes a 201 with the address of what was created.
func createdResponse(what string) *huma.Response {
	return &huma.Response{
		Description: what,
		Headers: map[string]*huma.Param{"Location": {
			Description: fmt.Sprintf("Where %s can be read.", strings.ToLower(what)),
			Schema:      &huma.Schema{Type: huma.TypeString},
		}},
	}
}
