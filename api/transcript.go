package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"muster/incident"
	"muster/store"
)

type transcriptInput struct {
	IncidentPath
	After string `query:"after" maxLength:"400" doc:"Leave out what was said up to this message: next_after of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"200" doc:"How many at most."`
}

// Transcript is a page of what was said in an incident's channel.
type Transcript struct {
	Messages []ChatMessage `json:"messages" nullable:"false" doc:"In the order in which they were said."`
	// NextAfter is a pointer so that null says that this is all.
	NextAfter *string `json:"next_after" doc:"There is more: ask for what comes after this message. Null when this is all."`
}

// ChatMessage is something that was said in the chat, as it is there now.
type ChatMessage struct {
	Channel string `json:"channel" doc:"The channel's id in the chat."`
	ID      string `json:"id" doc:"The message's id within its channel."`
	URL     string `json:"url" doc:"Where it is in the chat; empty where that is unknown."`
	Thread  string `json:"thread" doc:"The id of the message that it answers; empty for one that stands by itself."`
	By      string `json:"by" doc:"Who said it."`
	Account string `json:"account" doc:"The id of their account in the chat."`
	// At is when it was said.
	At        time.Time    `json:"at"`
	Text      string       `json:"text" doc:"What was said; people and channels are mentioned as <@ID> and <#ID>. Empty where it was deleted."`
	Files     []SharedFile `json:"files" nullable:"false"`
	Edited    bool         `json:"edited"`
	Deleted   bool         `json:"deleted" doc:"It was deleted in the chat. Nothing but who said it, and when, is kept."`
	ChangedAt time.Time    `json:"changed_at" doc:"When it became as it is."`
}

// SharedFile is a file that somebody shared, by where it is kept.
type SharedFile struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type" doc:"As in image/png; empty where it is unknown."`
	URL       string `json:"url" doc:"Where it is; whoever opens it has to be signed in to the chat."`
}

type transcriptOutput struct {
	Body Transcript
}

func (s *Server) getTranscript(ctx context.Context, in *transcriptInput) (*transcriptOutput, error) {
	state, err := s.incidentOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var after incident.MessageRef
	if in.After != "" {
		var ok bool
		if after.ChannelID, after.ID, ok = strings.Cut(in.After, "/"); !ok || after.ID == "" {
			const message = "must be what next_after was in the page before"
			return nil, newProblem(http.StatusUnprocessableEntity, "after %s", message).at("query.after", message)
		}
	}
	said, err := s.reader.Transcript(ctx, state.ID, after, in.Limit)
	if err != nil {
		return nil, inQuery(err)
	}
	out := &transcriptOutput{Transcript{Messages: each(said, viewSaid)}}
	if len(said) == in.Limit {
		last := said[len(said)-1].Ref
		out.Body.NextAfter = new(last.ChannelID + "/" + last.ID)
	}
	return out, nil
}

func viewSaid(m store.Said) ChatMessage {
	return ChatMessage{
		Channel: m.Ref.ChannelID, ID: m.Ref.ID, URL: m.Ref.URL, Thread: m.Thread, By: m.By, Account: m.Account, At: m.At.UTC(), Text: m.Text,
		Files:  each(m.Files, func(f incident.File) SharedFile { return SharedFile(f) }),
		Edited: m.Edited, Deleted: m.Deleted, ChangedAt: m.ChangedAt.UTC(),
	}
}

func (s *Server) registerTranscript() {
	register(s, huma.Operation{
		OperationID: "get-transcript", Method: http.MethodGet, Path: incidentsPath + "/{id}/transcript", Tags: []string{tagIncidents},
		Summary: "What was said in an incident's channel",
		Description: "Kept where muster.yaml says `chat: {transcript: true}`, from then on. Edits and deletions in the chat are followed: " +
			"a message is listed as it is now.",
	}, s.getTranscript, http.StatusNotFound)
}
