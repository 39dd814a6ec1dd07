package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"muster/incident"
	"muster/store"
)

// DefaultHeartbeat is how often a silent stream says that it is alive. Proxies close
// silent connections after 30 to 60 seconds.
const DefaultHeartbeat = 15 * time.Second

// streamWriteTimeout is how long a watcher may take to receive an event. It takes the
// place of the server's WriteTimeout, which would end every stream after a minute.
const streamWriteTimeout = 10 * time.Second

type timelineStreamInput struct {
	IncidentPath
	After       int    `query:"after" minimum:"0" doc:"Begin after the event with this number."`
	LastEventID string `header:"Last-Event-ID" doc:"Sent by browsers when they connect again; it takes the place of after."`
}

// streamTimeline sends an incident's events, those of the past first.
func (s *Server) streamTimeline(ctx context.Context, in *timelineStreamInput) (*huma.StreamResponse, error) {
	after, err := in.position()
	if err != nil {
		return nil, err
	}
	id, err := pathID(in.ID)
	if err != nil {
		return nil, err
	}
	// First subscribed, then read: nothing can fall between the two.
	changes, unsubscribe := s.reader.Subscribe(id)
	if _, err := s.reader.Incident(ctx, id); err != nil {
		unsubscribe()
		return nil, err
	}
	return s.stream(changes, unsubscribe, func(ctx context.Context, out *eventWriter, _ *store.Change) error {
		return s.sendTimeline(ctx, out, id, &after)
	}), nil
}

// position is the number of the last event that the caller has.
func (in *timelineStreamInput) position() (int, error) {
	if in.LastEventID == "" {
		return in.After, nil
	}
	after, err := strconv.Atoi(in.LastEventID)
	if err != nil || after < 0 {
		message := "Last-Event-ID must be the number of an event, not " + quoted(in.LastEventID)
		return 0, newProblem(http.StatusUnprocessableEntity, "%s", message).at("header.Last-Event-ID", message)
	}
	return after, nil
}

// sendTimeline sends the events after a number and moves it on.
func (s *Server) sendTimeline(ctx context.Context, out *eventWriter, id incident.ID, after *int) error {
	for {
		events, err := s.reader.Events(ctx, id, *after, store.MaxEvents)
		if err != nil {
			return err
		}
		for _, e := range events {
			view, err := viewEvent(e)
			if err != nil {
				return err
			}
			if err := out.event("timeline", strconv.Itoa(e.Seq), view); err != nil {
				return err
			}
			*after = e.Seq
		}
		if len(events) < store.MaxEvents {
			return nil
		}
	}
}

// IncidentChange says that something happened in an incident.
type IncidentChange struct {
	ID  string `json:"id" doc:"The incident." example:"INC-42"`
	Seq int    `json:"seq" doc:"The number of its newest event."`
}

// streamIncidents tells which incidents change from now on. Changes that come faster
// than they are taken are joined.
func (s *Server) streamIncidents(context.Context, *struct{}) (*huma.StreamResponse, error) {
	changes, unsubscribe := s.reader.Subscribe("")
	return s.stream(changes, unsubscribe, func(_ context.Context, out *eventWriter, change *store.Change) error {
		if change == nil {
			return nil
		}
		return out.event("incident", "", IncidentChange{ID: string(change.Incident), Seq: change.Seq})
	}), nil
}

// stream answers with server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the watcher
// leaves or the server ends. It calls send at the beginning and with every heartbeat,
// without a change, since what another process did may be heard of late; and
// with each change.
func (s *Server) stream(changes <-chan store.Change, unsubscribe func(), send func(context.Context, *eventWriter, *store.Change) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer unsubscribe()
		// The operation's own context ended when the stream began.
		ctx, cancel := context.WithCancel(humagin.Unwrap(c).Request.Context())
		defer cancel()
		defer context.AfterFunc(s.running, cancel)()
		s.metrics.streams.Inc()
		defer s.metrics.streams.Dec()

		out := newEventWriter(humagin.Unwrap(c))
		err := s.pump(ctx, out, changes, send)
		if err != nil && ctx.Err() == nil {
			s.logger.DebugContext(ctx, "a stream ended early", "error", err, "request_id", requestID(ctx))
		}
	}}
}

func (s *Server) pump(ctx context.Context, out *eventWriter, changes <-chan store.Change, send func(context.Context, *eventWriter, *store.Change) error) error {
	if err := out.comment("connected"); err != nil {
		return err
	}
	if err := send(ctx, out, nil); err != nil {
		return err
	}
	heartbeat := time.NewTicker(s.heartbeat)
	defer heartbeat.Stop()
	for {
		var change *store.Change
		select {
		case <-ctx.Done():
			return nil
		case next, open := <-changes:
			if !open {
				return nil
			}
			change = &next
		case <-heartbeat.C:
			if err := out.comment("alive"); err != nil {
				return err
			}
		}
		if err := send(ctx, out, change); err != nil {
			return err
		}
	}
}

// eventWriter writes server-sent events, each at once.
type eventWriter struct {
	response   http.ResponseWriter
	connection *http.ResponseController
}

func newEventWriter(c *gin.Context) *eventWriter {
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // nginx would hold events back
	c.Status(http.StatusOK)
	return &eventWriter{response: c.Writer, connection: http.NewResponseController(c.Writer)}
}

// event writes an event. JSON has no line breaks of its own, so it fits on one line.
func (w *eventWriter) event(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return w.write("event: " + name + "\n" + id + "data: " + string(text) + "\n\n")
}

// comment writes a line that watchers ignore.
func (w *eventWriter) comment(text string) error { return w.write(": " + text + "\n\n") }

func (w *eventWriter) write(text string) error {
	// A writer without deadlines is a test's; it has no slow watchers either.
	_ = w.connection.SetWriteDeadline(time.Now().Add(streamWriteTimeout))
	if _, err := w.response.Write([]byte(text)); err != nil {
		return err
	}
	return w.connection.Flush()
}

func (s *Server) registerStreams() {
	register(s, huma.Operation{
		OperationID: "stream-timeline", Method: http.MethodGet, Path: incidentsPath + "/{id}/timeline/stream", Tags: []string{tagStreams},
		Summary: "An incident's timeline, live",
		Description: "Server-sent events named timeline, the event's number as id, those of the past first. " +
			"A browser's EventSource connects again by itself and goes on where it was.",
		Responses: map[string]*huma.Response{"200": eventStream("Events of the timeline", schemaOf[TimelineEvent](s))},
	}, s.streamTimeline, http.StatusNotFound)
	register(s, huma.Operation{
		OperationID: "stream-incidents", Method: http.MethodGet, Path: "/api/v1/stream", Tags: []string{tagStreams},
		Summary:     "Which incidents change, live",
		Description: "Server-sent events named incident, from now on. Changes in quick succession may come as one.",
		Responses:   map[string]*huma.Response{"200": eventStream("Changes", schemaOf[IncidentChange](s))},
	}, s.streamIncidents)
}

// eventStream describes a stream by the data of its events, for which OpenAPI 3.1 has
// no words.
func eventStream(description string, data *huma.Schema) *huma.Response {
	return &huma.Response{
		Description: description,
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{
			Type: huma.TypeString, Extensions: map[string]any{"x-event-data": data},
		}}},
	}
}
