package sandbox

import (
	"context"
	"fmt"
	"net/http"
)

// Notes are the entries of kind annotate in an incident's log.

func noteID(e logEntry) string { return fmt.Sprintf("PSANDBOXNOTE%d", e.number) }

func (s *Sandbox) noteDocument(e logEntry) object {
	return object{
		"id": noteID(e), "content": e.text,
		"created_at": rfc3339(e.at), "user": s.agent(e.actor),
	}
}

func (s *Sandbox) listNotes(ctx context.Context, c pagerDutyCall) (int, object, error) {
	i, err := c.incident(ctx, c.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	entries, err := incidentLog(ctx, c.tx, i.number)
	if err != nil {
		return 0, nil, err
	}
	notes := []object{}
	for _, e := range entries {
		if e.kind == "annotate" {
			notes = append(notes, s.noteDocument(e))
		}
	}
	return http.StatusOK, object{"notes": notes}, nil
}

func (s *Sandbox) createNote(ctx context.Context, c pagerDutyCall) (int, object, error) {
	i, err := c.incident(ctx, c.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	var note struct {
		Content string `json:"content"`
	}
	if err := c.decode("note", &note); err != nil {
		return 0, nil, err
	}
	e, err := s.annotate(ctx, c.tx, i, c.Header.Get("From"), note.Content)
	return http.StatusCreated, object{"note": s.noteDocument(e)}, err
}
