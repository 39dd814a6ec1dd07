package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/config"
	"muster/incident"
)

// HelpRequest asks somebody to join the response.
type HelpRequest struct {
	Author
	Person  string `json:"person,omitempty" maxLength:"254" doc:"A person, by e-mail address or name." example:"responder@example.com"`
	Service string `json:"service,omitempty" doc:"Whoever is on call for this service of the catalogue." example:"payments"`
	Team    string `json:"team,omitempty" doc:"Whoever is on call for the team: for the first of its services that the pager knows."`
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
		return s.onCallFor(intent, "service "+name, []config.Service{found})
	case team != "" && person == "" && service == "":
		var services []config.Service
		var teams []string
		for _, one := range s.catalogue.Services() {
			teams = append(teams, one.Team)
			if strings.EqualFold(one.Team, team) {
				services = append(services, one)
			}
		}
		if services == nil {
			return intent, unknownName("team", team, distinct(teams))
		}
		return s.onCallFor(intent, "team "+services[0].Team, services)
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

// onCallFor asks for the first of the services that the pager knows.
func (s *Server) onCallFor(intent incident.RequestHelp, who string, services []config.Service) (incident.RequestHelp, error) {
	intent.Who = who
	for _, service := range services {
		if intent.PagerService = service.PagerDuty.Service; intent.PagerService != "" {
			return intent, nil
		}
	}
	return intent, newProblem(http.StatusUnprocessableEntity, "nobody can be paged for the %s: give it a pagerduty service in muster.yaml", who)
}

func distinct(names []string) []string {
	var once []string
	seen := map[string]bool{"": true}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			once = append(once, name)
		}
	}
	return once
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
