package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
)

type alertsInput struct {
	IncidentPath
	After int64 `query:"after" minimum:"0" doc:"Leave out what arrived up to this number."`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"How many at most."`
}

// AlertReports is a page of what monitoring reported.
type AlertReports struct {
	Reports []AlertReport `json:"reports" nullable:"false" doc:"In the order of their arrival."`
	// NextAfter is a pointer so that null says that this is all.
	NextAfter *int64 `json:"next_after" doc:"There is more: ask for what comes after this number. Null when this is all."`
}

// AlertReport is one alert as it was reported, firing or resolved.
type AlertReport struct {
	Number     int64     `json:"number" doc:"Grows with each report that is accepted, over all incidents."`
	ReceivedAt time.Time `json:"received_at"`
	Alert      Alert     `json:"alert"`
}

type alertsOutput struct {
	Body AlertReports
}

func (s *Server) getAlerts(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	items, err := s.reader.Alerts(ctx, state.ID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &alertsOutput{AlertReports{Reports: make([]AlertReport, len(items))}}
	for i, item := range items {
		var alert incident.Alert
		if err := json.Unmarshal(item.Body, &alert); err != nil {
			return nil, fmt.Errorf("inbox item %d is no alert: %w", item.ID, err)
		}
		out.Body.Reports[i] = AlertReport{Number: item.ID, ReceivedAt: item.ReceivedAt.UTC(), Alert: viewAlert(alert)}
	}
	if len(items) == in.Limit {
		out.Body.NextAfter = &items[len(items)-1].ID
	}
	return out, nil
}

func (s *Server) registerAlerts() {
	register(s, huma.Operation{
		OperationID: "get-alerts", Method: http.MethodGet, Path: incidentsPath + "/{id}/alerts", Tags: []string{tagIncidents},
		Summary: "Every alert that was reported to an incident",
		Description: "Each report is listed, firing and resolved, however many there were; an incident itself remembers the first 500 " +
			"alerts. What was accepted in the last 90 days is there.",
	}, s.getAlerts, http.StatusNotFound)
}
