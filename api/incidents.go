package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
	"muster/store"
)

// IncidentPath is the incident that a path names. (It is exported, as [KeyHeader] is,
// because huma reads embedded structs only if they are.)
type IncidentPath struct {
	ID string `path:"id" doc:"The incident: INC-42, or its number alone." example:"INC-42"`
}

// incidentOutput answers with an incident.
type incidentOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     Incident
}

// incidentOf reads the incident that a path names. What cannot be an id names nothing,
// so it is not found.
func (s *Server) incidentOf(ctx context.Context, id string) (incident.State, error) {
	parsed, err := pathID(id)
	if err != nil {
		return incident.State{}, err
	}
	return s.reader.Incident(ctx, parsed)
}

func pathID(id string) (incident.ID, error) {
	parsed, err := incident.ParseID(id)
	if err != nil {
		return "", newProblem(http.StatusNotFound, "%s", err.Error())
	}
	return parsed, nil
}

func (s *Server) getIncident(ctx context.Context, in *IncidentPath) (*incidentOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &incidentOutput{Body: s.viewIncident(state)}, nil
}

type listInput struct {
	Status   []string  `query:"status" doc:"Statuses, separated by commas; also open (not ended) and active (people are responding)." example:"investigating,identified"`
	Severity string    `query:"severity" doc:"The severity, or an alias of it." example:"SEV1"`
	Service  string    `query:"service" doc:"The service, or an alias of it."`
	Query    string    `query:"q" maxLength:"200" doc:"Words that all stand in its id, title, summary or the names of its alerts. One of fewer than three letters or digits is the beginning of a word."`
	Since    time.Time `query:"since" doc:"Declared at this time or later."`
	Exercise string    `query:"exercise" enum:"true,false" doc:"true for exercises alone, false for what is real; both if left out."`
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor   string    `query:"cursor" doc:"The next_cursor of the page before."`
}

// IncidentList is a page of incidents.
type IncidentList struct {
	Incidents  []Incident `json:"incidents" nullable:"false" doc:"The newest first."`
	NextCursor string     `json:"next_cursor" doc:"Leads to the next page; empty on the last one."`
}

type listOutput struct {
	Body IncidentList
}

func (s *Server) listIncidents(ctx context.Context, in *listInput) (*listOutput, error) {
	statuses, err := parseStatuses(in.Status)
	if err != nil {
		return nil, err
	}
	states, next, err := s.reader.Incidents(ctx, store.Filter{
		Status:   statuses,
		Severity: s.canonicalSeverity(in.Severity), Service: s.canonicalService(in.Service),
		Exercise: parseExercise(in.Exercise), Query: in.Query, Since: in.Since, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, inQuery(err)
	}
	return &listOutput{IncidentList{Incidents: each(states, s.viewIncident), NextCursor: next}}, nil
}

// parseExercise reads the filter by exercise. Nothing means both.
func parseExercise(word string) *bool {
	if word == "" {
		return nil
	}
	return new(word == "true")
}

// parseStatuses reads the filter by status. None means all.
func parseStatuses(words []string) ([]incident.Status, error) {
	var statuses []incident.Status
	for _, word := range words {
		word = strings.ToLower(strings.TrimSpace(word))
		before := len(statuses)
		for _, status := range incident.Statuses() {
			if word == string(status) || word == "active" && status.Active() || word == "open" && !status.Ended() {
				statuses = append(statuses, status)
			}
		}
		if len(statuses) == before {
			message := "must be open, active or one of " + joined(incident.Statuses()) + ", not " + quoted(word)
			return nil, newProblem(http.StatusUnprocessableEntity, "status %s", message).at("query.status", message)
		}
	}
	slices.Sort(statuses)
	return slices.Compact(statuses), nil
}

// inQuery places what is wrong with a command or filter into the query.
func inQuery(err error) error {
	if invalid, ok := errors.AsType[*incident.InvalidError](err); ok {
		return newProblem(http.StatusUnprocessableEntity, "%s", invalid.Message).at("query."+invalid.Field, invalid.Message)
	}
	return err
}

type timelineInput struct {
	IncidentPath
	After int `query:"after" minimum:"0" doc:"Leave out the events up to this number."`
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"How many at most."`
}

// Timeline is what happened in an incident.
type Timeline struct {
	Events []TimelineEvent `json:"events" nullable:"false" doc:"In the order in which they happened."`
	// NextAfter is a pointer so that null says that this is all.
	NextAfter *int `json:"next_after" doc:"There are more events: ask for those after this number. Null when these are all."`
}

type timelineOutput struct {
	Body Timeline
}

func (s *Server) getTimeline(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	events, err := s.reader.Events(ctx, state.ID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &timelineOutput{}
	if len(events) == in.Limit && events[in.Limit-1].Seq < state.Seq {
		out.Body.NextAfter = &events[in.Limit-1].Seq
	}
	out.Body.Events = make([]TimelineEvent, len(events))
	for i, e := range events {
		if out.Body.Events[i], err = viewEvent(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// allEvents reads an incident's whole timeline.
func (s *Server) allEvents(ctx context.Context, id incident.ID) ([]incident.Event, error) {
	var all []incident.Event
	for {
		page, err := s.reader.Events(ctx, id, len(all), store.MaxEvents)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < store.MaxEvents {
			return all, nil
		}
	}
}

func (s *Server) registerIncidents() {
	register(s, huma.Operation{
		OperationID: "list-incidents", Method: http.MethodGet, Path: incidentsPath, Tags: []string{tagIncidents},
		Summary: "The incidents that match, the newest first",
	}, s.listIncidents)
	register(s, huma.Operation{
		OperationID: "get-incident", Method: http.MethodGet, Path: incidentsPath + "/{id}", Tags: []string{tagIncidents},
		Summary: "An incident",
	}, s.getIncident, http.StatusNotFound)
	register(s, huma.Operation{
		OperationID: "get-timeline", Method: http.MethodGet, Path: incidentsPath + "/{id}/timeline", Tags: []string{tagIncidents},
		Summary: "What happened in an incident",
	}, s.getTimeline, http.StatusNotFound)
}
