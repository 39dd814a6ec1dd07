package pagerduty

import (
	"context"
	"net/url"
	"slices"
	"strings"

	pd "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations"
)

// The operations on notes.
const (
	listNotes  = "GET /incidents/{id}/notes"
	createNote = "POST /incidents/{id}/notes"
)

// maxNoteLength is ours, in UTF-16 units. PagerDuty takes far longer notes, and cuts those
// that it tells of by webhook, where the marker at their end must not get lost.
const maxNoteLength = 1800

const (
	markerStart = "[muster:"
	markerEnd   = "]"
)

// AddNote writes something on a page's record in PagerDuty, once for each key: the note ends
// with a marker, which is looked for first. See [IsOwnNote].
func (c *Client) AddNote(ctx context.Context, page incident.Page, key, text string) error {
	if err := c.needUser(createNote); err != nil {
		return err
	}
	record, err := c.recordOf(ctx, page)
	if err != nil {
		return err
	}
	id, marker := url.PathEscape(record.ID), markerStart+key+markerEnd
	notes, err := integrations.Ask(ctx, c.calls, listNotes, func(ctx context.Context) ([]pd.IncidentNote, error) {
		return c.api.ListIncidentNotesWithContext(ctx, id)
	})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(notes, func(note pd.IncidentNote) bool { return strings.Contains(note.Content, marker) }) {
		return nil
	}
	text = integrations.Shorten(integrations.Printable(strings.TrimSpace(text)), maxNoteLength, integrations.UTF16Length)
	return c.calls.Call(ctx, createNote, func(ctx context.Context) error {
		_, err := c.api.CreateIncidentNoteWithContext(ctx, id, pd.IncidentNote{Content: text + "\n" + marker, User: pd.APIObject{Summary: c.from}})
		return err
	})
}

// IsOwnNote says whether a note was written by a Muster, this one or another.
func IsOwnNote(content string) bool {
	content = strings.TrimSpace(content)
	at := strings.LastIndex(content, markerStart)
	return at >= 0 && strings.HasSuffix(content, markerEnd) && !strings.ContainsAny(content[at:], "\n ")
}
