package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"muster/api/oncall"
	"muster/config"
	"muster/incident"
)

// OnCall is who is on call for a service or a team.
type OnCall struct {
	Service string `json:"service" doc:"The service that was asked for, as the catalogue writes it; empty for a team."`
	Team    string `json:"team" doc:"The team that was asked for; empty for a service."`
	Duties  []Duty `json:"duties" nullable:"false" doc:"By what somebody is on call: one for a service, up to two for a team."`
}

// Duty is who is on call by one thing of the pager.
type Duty struct {
	By      string         `json:"by" enum:"service,escalation_policy,schedule" doc:"What of the pager says so."`
	ID      string         `json:"id" doc:"The pager's id of it." example:"PABC123"`
	Service string         `json:"service" doc:"The catalogue's name of a service; empty for others."`
	People  []OnCallPerson `json:"people" nullable:"false" doc:"Whom it would wake now, first responders first. Nobody leaves it empty."`
}

// OnCallPerson is somebody who is on call.
type OnCallPerson struct {
	Name  string `json:"name" example:"Sample Responder"`
	Email string `json:"email" doc:"Empty where it is not known." example:"responder@example.com"`
}

type onCallInput struct {
	Service string `query:"service" doc:"A service of the catalogue, by name or alias." example:"payments"`
	Team    string `query:"team" doc:"A team of the catalogue."`
}

type onCallOutput struct{ Body OnCall }

func (s *Server) getOnCall(ctx context.Context, in *onCallInput) (*onCallOutput, error) {
	service, team := strings.TrimSpace(in.Service), strings.TrimSpace(in.Team)
	if (service == "") == (team == "") {
		const message = "say whose on-call is wanted: either service or team"
		return nil, newProblem(http.StatusUnprocessableEntity, message).at("query", message)
	}
	if s.pager == nil {
		return nil, newProblem(http.StatusServiceUnavailable, "this Muster has no pager that could be asked")
	}
	var (
		found  OnCall
		duties []oncall.Duty
		err    error
	)
	if service != "" {
		known, ok := s.catalogue.Service(service)
		if !ok {
			return nil, unknownIn("query.service", "service", service, s.serviceNames())
		}
		found.Service = known.Name
		duties, err = oncall.OfService(ctx, s.pager, known.Name, known.PagerDuty.Service)
	} else {
		known, ok := s.catalogue.Team(team)
		if !ok {
			return nil, unknownIn("query.team", "team", team, s.teamNames())
		}
		found.Team = known.Name
		duties, err = oncall.OfTeam(ctx, s.pager, s.catalogue, known)
	}
	if err != nil {
		return nil, s.onCallProblem(err)
	}
	found.Duties = each(duties, func(d oncall.Duty) Duty {
		return Duty{By: string(d.By), ID: d.ID, Service: d.Service, People: each(d.People, func(p incident.Person) OnCallPerson { return OnCallPerson{p.Name, p.Email} })}
	})
	return &onCallOutput{Body: found}, nil
}

// onCallProblem is the answer where nobody can say who is on call.
func (s *Server) onCallProblem(err error) error {
	var invalid *incident.InvalidError
	switch {
	case errors.As(err, &invalid):
		return newProblem(http.StatusUnprocessableEntity, "%s", invalid.Message).at("query."+invalid.Field, invalid.Message)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	default:
		return newProblem(http.StatusBadGateway, "the pager does not say who is on call: %v", err)
	}
}

func (s *Server) serviceNames() []string {
	return each(s.catalogue.Services(), func(s config.Service) string { return s.Name })
}

func (s *Server) teamNames() []string {
	return each(s.catalogue.Teams(), func(t config.Team) string { return t.Name })
}

func (s *Server) registerOnCall() {
	register(s, huma.Operation{
		OperationID: "get-on-call", Method: http.MethodGet, Path: "/api/v1/oncall", Tags: []string{tagOperation},
		Summary:     "Who is on call for a service or a team now",
		Description: "The pager is asked at that moment. A team is known to it by its escalation policy and its schedule, or else by the first of its services that the pager knows.",
	}, s.getOnCall, http.StatusBadGateway)
}
