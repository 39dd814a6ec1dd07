package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/api/oncall"
	"muster/incident"
)

// HelpRequest asks somebody to join the response.
type HelpRequest struct {
	Author
	Person  string `json:"person,omitempty" maxLength:"254" doc:"A person, by e-mail address or name." example:"responder@example.com"`
	Service string `json:"service,omitempty" doc:"Whoever is on call for this service of the catalogue." example:"payments"`
	Team    string `json:"team,omitempty" doc:"Whoever is on call for the team: by its escalation policy, or else for the first of its services that the pager knows."`
	Message string `json:"message,omitempty" doc:"What they are needed for."`
}

type helpInput struct {
	IncidentPath
	KeyHeader
	Body HelpRequest
}

func (s *Server) requestHelp(ctx context.Context, in *helpInput) (*incidentOutput, error) {
	intent, err := s.help(in.Body)
	if err != nil {
		return nil, err
	}
	return s.command(ctx, in.ID, in.commandKey("request-help"), in.Body.actor(), intent)
}

// help finds whom a request is for.
func (s *Server) help(r HelpRequest) (incident.RequestHelp, error) {
	intent := incident.RequestHelp{Message: r.Message}
	person, service, team := strings.TrimSpace(r.Person), strings.TrimSpace(r.Service), strings.TrimSpace(r.Team)
	switch {
	case service != "" && person == "" && team == "":
		name, err := s.service(service)
		if err != nil {
			return intent, err
		}
		found, _ := s.catalogue.Service(name)
		intent.Who, intent.PagerService = "service "+found.Name, found.PagerDuty.Service
		if intent.PagerService == "" {
			return intent, newProblem(http.StatusUnprocessableEntity, "nobody can be paged for the service %s: give it pagerduty: {service: …} in muster.yaml", found.Name)
		}
		return intent, nil
	case team != "" && person == "" && service == "":
		found, ok := s.catalogue.Team(team)
		if !ok {
			return intent, unknownName("team", team, s.teamNames())
		}
		policy, by := s.catalogue.PagedBy(found)
		intent.Who, intent.Policy, intent.PagerService = "team "+found.Name, policy, by.PagerDuty.Service
		if intent.Policy == "" && intent.PagerService == "" {
			return intent, newProblem(http.StatusUnprocessableEntity, "%s", oncall.NotPaged(found))
		}
		return intent, nil
	case person != "" && service == "" && team == "":
		intent.Who, intent.Person.Name = person, person
		if strings.Contains(person, "@") {
			intent.Person.Email = person
		}
		return intent, nil
	default:
		const message = "say whom to ask: one of person, service and team"
		return intent, newProblem(http.StatusUnprocessableEntity, message).at("body", message)
	}
}

// ConfirmSeverityRequest finds the severity right.
type ConfirmSeverityRequest struct {
	Author
}

func (ConfirmSeverityRequest) intent(*Server) incident.Intent { return incident.ConfirmSeverity{} }

// SnoozeRequest wants no reminders for a while.
type SnoozeRequest struct {
	Author
	Hook    string `json:"hook,omitempty" doc:"The hook of the playbook that reminds. Without it, all reminders are meant, except that nobody has acknowledged or that a page does not arrive." example:"update-due"`
	Subject string `json:"subject,omitempty" doc:"The step that it reminds of, where it reminds of several."`
	Minutes int    `json:"minutes,omitempty" minimum:"1" maximum:"1440" default:"30" doc:"For how long."`
}

func (r SnoozeRequest) intent(*Server) incident.Intent {
	return incident.SnoozeReminder{
		Hook: strings.TrimSpace(r.Hook), Subject: strings.TrimSpace(r.Subject), For: time.Duration(cmp.Or(r.Minutes, 30)) * time.Minute,
	}
}

func (s *Server) registerAttention() {
	registerCommand[ConfirmSeverityRequest](s, "severity/confirm", "confirm-severity", "Find the severity right, as it was set by what declared the incident")
	registerCommand[SnoozeRequest](s, "snooze", "snooze-reminders", "Want no reminders for a while")
	register(s, huma.Operation{
		OperationID: "request-help", Method: http.MethodPost, Path: incidentsPath + "/{id}/help", Tags: []string{tagCommands},
		Summary: "Ask a person, or whoever is on call for a service or a team, to help",
	}, s.requestHelp, http.StatusNotFound, http.StatusConflict)
}
