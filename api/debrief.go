package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/playbooks/debrief"
)

// Debrief is how a response went so far.
type Debrief struct {
	Incident  string        `json:"incident" example:"INC-42"`
	Title     string        `json:"title"`
	Status    string        `json:"status"`
	Exercise  bool          `json:"exercise" doc:"Whether it was practice."`
	Met       int           `json:"met" doc:"How many of the marks were met."`
	Due       int           `json:"due" doc:"How many of the marks are met or missed; for the others there is still time."`
	Marks     []DebriefMark `json:"marks" nullable:"false" doc:"What should happen soon in every response, in its order."`
	Steps     DebriefSteps  `json:"steps"`
	Skipped   []DebriefStep `json:"skipped" nullable:"false" doc:"The steps that people decided against."`
	Open      []DebriefStep `json:"open" nullable:"false" doc:"The steps that wait for people."`
	Reminders int           `json:"reminders" doc:"How often people were reminded of something."`
}

// DebriefMark is something that should happen soon.
type DebriefMark struct {
	ID            string   `json:"id" example:"acknowledge"`
	Title         string   `json:"title"`
	Seconds       *float64 `json:"seconds" doc:"How long it took from the declaration; null while it has not happened."`
	WithinSeconds float64  `json:"within_seconds" doc:"How soon the playbook expects it; 0 where it does not."`
	Met           bool     `json:"met"`
	Open          bool     `json:"open" doc:"Whether it has not happened and there is still time."`
	By            string   `json:"by"`
}

// DebriefSteps counts the steps for people.
type DebriefSteps struct {
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	LeftOut int `json:"left_out" doc:"Those of ways that the response did not take."`
	Open    int `json:"open"`
}

// DebriefStep is a step that was not done.
type DebriefStep struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Reason string `json:"reason"`
}

type debriefOutput struct {
	Body Debrief
}

func (s *Server) getDebrief(ctx context.Context, in *IncidentPath) (*debriefOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	events, err := s.allEvents(ctx, state.ID)
	if err != nil {
		return nil, err
	}
	looked, err := debrief.Of(events, time.Now())
	if err != nil {
		return nil, err
	}
	return &debriefOutput{Body: viewDebrief(looked)}, nil
}

func viewDebrief(d debrief.Debrief) Debrief {
	step := func(s debrief.Step) DebriefStep { return DebriefStep(s) }
	return Debrief{
		Incident: string(d.Incident), Title: d.Title, Status: string(d.Status), Exercise: d.Exercise != nil, Met: d.Met(), Due: d.Due(),
		Marks: each(d.Marks, func(m debrief.Mark) DebriefMark {
			view := DebriefMark{ID: m.ID, Title: m.Title, WithinSeconds: m.Within.Seconds(), Met: m.Met(), Open: m.Open, By: m.By}
			if m.Took != nil {
				view.Seconds = new(m.Took.Seconds())
			}
			return view
		}),
		Steps: DebriefSteps(d.Steps), Skipped: each(d.Skipped, step), Open: each(d.Open, step), Reminders: d.Reminders,
	}
}

func (s *Server) registerDebrief() {
	register(s, huma.Operation{
		OperationID: "get-debrief", Method: http.MethodGet, Path: incidentsPath + "/{id}/debrief", Tags: []string{tagIncidents},
		Summary:     "How the response went so far: what happened soon enough, and which steps were not done",
		Description: "Soon enough is before the incident's playbook would have reminded people. It is computed from the timeline, for exercises and for what was real.",
	}, s.getDebrief, http.StatusNotFound)
}
