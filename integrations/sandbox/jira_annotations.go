package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

type jiraComment struct {
	id        int64
	body      string
	createdAt int64
}

func issueComments(ctx context.Context, tx *sql.Tx, issueID int64) ([]jiraComment, error) {
	return collect(ctx, tx, func(row scanner) (c jiraComment, err error) {
		err = row.Scan(&c.id, &c.body, &c.createdAt)
		return c, err
	}, `SELECT id, body, created_at FROM jira_comments WHERE issue_id = ? ORDER BY id`, issueID)
}

func (s *Sandbox) insertComment(ctx context.Context, tx *sql.Tx, issueID int64, body string) (jiraComment, error) {
	comment := jiraComment{body: body, createdAt: microseconds(s.now())}
	if strings.TrimSpace(body) == "" {
		return comment, jiraError{status: http.StatusBadRequest, fields: map[string]string{"comment": "Comment body can not be empty!"}}
	}
	err := tx.QueryRowContext(ctx, `INSERT INTO jira_comments (issue_id, body, created_at) VALUES (?, ?, ?) RETURNING id`,
		issueID, comment.body, comment.createdAt).Scan(&comment.id)
	return comment, err
}

func (s *Sandbox) commentDocument(i jiraIssue, c jiraComment) object {
	created := timeOf(c.createdAt).Format(jiraTime)
	return object{
		"self": s.jiraSelf(fmt.Sprintf("issue/%d/comment/%d", i.id, c.id)), "id": fmt.Sprint(c.id), "body": c.body,
		"author": s.jiraUser(jiraAutomation), "updateAuthor": s.jiraUser(jiraAutomation), "created": created, "updated": created,
	}
}

func (s *Sandbox) commentsDocument(i jiraIssue, comments []jiraComment) object {
	documents := []object{}
	for _, c := range comments {
		documents = append(documents, s.commentDocument(i, c))
	}
	return object{"comments": documents, "maxResults": len(documents), "total": len(documents), "startAt": 0}
}

func (s *Sandbox) listComments(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	comments, err := issueComments(ctx, c.tx, i.id)
	return jiraAnswer{status: http.StatusOK, body: s.commentsDocument(i, comments)}, err
}

func (s *Sandbox) addComment(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	var in struct {
		Body string `json:"body"`
	}
	if err := json.NewDecoder(c.Body).Decode(&in); err != nil {
		return jiraAnswer{}, jiraBadRequest("There was an error parsing JSON. Check that your request body is valid.")
	}
	comment, err := s.insertComment(ctx, c.tx, i.id, in.Body)
	return jiraAnswer{status: http.StatusCreated, body: s.commentDocument(i, comment)}, err
}

// remoteLink is a link from a ticket to somewhere else. Its global id identifies it:
// sending one again updates the link instead of adding another.
type remoteLink struct {
	ID           int64           `json:"id"`
	Self         string          `json:"self,omitempty"`
	GlobalID     string          `json:"globalId,omitempty"`
	Application  json.RawMessage `json:"application,omitempty"`
	Relationship string          `json:"relationship,omitempty"`
	Object       struct {
		URL     string          `json:"url"`
		Title   string          `json:"title"`
		Summary string          `json:"summary,omitempty"`
		Icon    json.RawMessage `json:"icon,omitempty"`
		Status  json.RawMessage `json:"status,omitempty"`
	} `json:"object"`
}

func remoteLinks(ctx context.Context, tx *sql.Tx, issueID int64) ([]remoteLink, error) {
	return collect(ctx, tx, func(row scanner) (remoteLink, error) {
		var link remoteLink
		var id int64
		var document string
		if err := row.Scan(&id, &document); err != nil {
			return link, err
		}
		err := json.Unmarshal([]byte(document), &link)
		link.ID = id
		return link, err
	}, `SELECT id, document FROM jira_links WHERE issue_id = ? ORDER BY id`, issueID)
}

func (s *Sandbox) linkSelf(i jiraIssue, id int64) string {
	return s.jiraSelf(fmt.Sprintf("issue/%s/remotelink/%d", i.key(), id))
}

func (s *Sandbox) listRemoteLinks(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	all, err := remoteLinks(ctx, c.tx, i.id)
	if err != nil {
		return jiraAnswer{}, err
	}
	links := []remoteLink{}
	for _, link := range all {
		link.Self = s.linkSelf(i, link.ID)
		links = append(links, link)
	}
	return jiraAnswer{status: http.StatusOK, body: links}, nil
}

func (s *Sandbox) addRemoteLink(ctx context.Context, c jiraCall) (jiraAnswer, error) {
	i, err := c.issue(ctx, c.PathValue("key"))
	if err != nil {
		return jiraAnswer{}, err
	}
	var link remoteLink
	if err := json.NewDecoder(c.Body).Decode(&link); err != nil {
		return jiraAnswer{}, jiraBadRequest("There was an error parsing JSON. Check that your request body is valid.")
	}
	errs := map[string]string{}
	if link.Object.Title == "" {
		errs["title"] = "'title' is required."
	}
	if link.Object.URL == "" {
		errs["url"] = "'url' is required."
	} else if !isWebLink(link.Object.URL) {
		errs["url"] = "'url' is invalid."
	}
	if len(link.GlobalID) > 255 {
		errs["globalId"] = "'globalId' may not be longer than 255 characters."
	}
	if len(errs) > 0 {
		return jiraAnswer{}, jiraError{status: http.StatusBadRequest, fields: errs}
	}
	document, err := json.Marshal(link)
	if err != nil {
		return jiraAnswer{}, err
	}
	status := http.StatusOK
	err = sql.ErrNoRows
	if link.GlobalID != "" {
		err = c.tx.QueryRowContext(ctx, `UPDATE jira_links SET document = ? WHERE issue_id = ? AND global_id = ? RETURNING id`,
			string(document), i.id, link.GlobalID).Scan(&link.ID)
	}
	if errors.Is(err, sql.ErrNoRows) {
		status = http.StatusCreated
		err = c.tx.QueryRowContext(ctx, `INSERT INTO jira_links (issue_id, global_id, document) VALUES (?, ?, ?) RETURNING id`,
			i.id, link.GlobalID, string(document)).Scan(&link.ID)
	}
	return jiraAnswer{status: status, body: object{"id": link.ID, "self": s.linkSelf(i, link.ID)}}, err
}
