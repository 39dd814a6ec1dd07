package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// maxViewsOnTop is how many modals lie on top of each other:
// https://docs.slack.dev/surfaces/modals#modal_life_cycle.
const maxViewsOnTop = 3

// slackView is a modal that is open for a person.
type slackView struct {
	number         int
	user           string
	view           map[string]any // as the app defined it
	hash           string
	externalID     string
	previous, root int
}

const selectViews = `SELECT number, user_id, view, hash, external_id, previous, root FROM slack_views`

func scanView(row scanner) (v slackView, err error) {
	var view string
	if err := row.Scan(&v.number, &v.user, &view, &v.hash, &v.externalID, &v.previous, &v.root); err != nil {
		return v, err
	}
	return v, json.Unmarshal([]byte(view), &v.view)
}

func viewID(number int) string { return fmt.Sprintf("V0SANDBOX%03d", number) }

func (v slackView) id() string { return viewID(v.number) }

// word reads a text of the definition, such as callback_id.
func (v slackView) word(name string) string {
	word, _ := v.view[name].(string)
	return word
}

// label reads the text of a text object of the definition, such as the title.
func (v slackView) label(name string) string {
	label, _ := v.view[name].(map[string]any)
	text, _ := label["text"].(string)
	return text
}

func (v slackView) flag(name string) bool { return v.view[name] == true }

// document is the view as Slack shows it to the app, with what was filled in.
func (v slackView) document(values object) object {
	if values == nil {
		values = object{}
	}
	document := object{
		"id": v.id(), "team_id": slackTeamID, "type": "modal", "blocks": v.view["blocks"], "private_metadata": v.word("private_metadata"),
		"callback_id": v.word("callback_id"), "state": object{"values": values}, "hash": v.hash, "title": v.view["title"],
		"clear_on_close": v.flag("clear_on_close"), "notify_on_close": v.flag("notify_on_close"), "submit_disabled": v.flag("submit_disabled"),
		"close": v.view["close"], "submit": v.view["submit"], "previous_view_id": nil, "root_view_id": viewID(v.root),
		"app_id": slackAppID, "external_id": v.externalID, "app_installed_team_id": slackTeamID, "bot_id": slackBotID,
	}
	if v.previous > 0 {
		document["previous_view_id"] = viewID(v.previous)
	}
	return document
}

// definition checks a view as views.open and its sisters take it.
func definition(raw string) (map[string]any, error) {
	if len(raw) > maxViewBytes {
		return nil, refuse("view_too_large")
	}
	view, messages, ok := inspectView(raw)
	switch {
	case !ok:
		return nil, invalid("invalid_arguments", []string{"[ERROR] must provide an object [json-pointer:/view]"})
	case len(messages) > 0:
		return nil, invalid("invalid_arguments", messages)
	}
	return view, nil
}

// views are those that a person has open, the one in front last.
func views(ctx context.Context, tx *sql.Tx, user string) ([]slackView, error) {
	return collect(ctx, tx, scanView, selectViews+` WHERE user_id = ? ORDER BY number`, user)
}

// openView shows a person a modal in place of those that they had open.
func (s *Sandbox) openView(ctx context.Context, c slackCall) (object, error) {
	view, err := definition(c.Get("view"))
	if err != nil {
		return nil, err
	}
	trigger, err := s.exchange(ctx, c)
	if err != nil {
		return nil, err
	}
	if trigger.viewID == 0 {
		if _, err := c.tx.ExecContext(ctx, `DELETE FROM slack_views WHERE user_id = ?`, trigger.user); err != nil {
			return nil, err
		}
	}
	return s.showView(ctx, c.tx, slackView{user: trigger.user, view: view})
}

// pushView lays a modal over the one in which the trigger arose.
func (s *Sandbox) pushView(ctx context.Context, c slackCall) (object, error) {
	view, err := definition(c.Get("view"))
	if err != nil {
		return nil, err
	}
	trigger, err := s.exchange(ctx, c)
	if err != nil {
		return nil, err
	}
	below, err := scanView(c.tx.QueryRowContext(ctx, selectViews+` WHERE number = ?`, trigger.viewID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, refuse("not_found")
	}
	if err != nil {
		return nil, err
	}
	return s.stackView(ctx, c.tx, below, view)
}

// stackView lays a modal over another.
func (s *Sandbox) stackView(ctx context.Context, tx *sql.Tx, below slackView, view map[string]any) (object, error) {
	stack, err := views(ctx, tx, below.user)
	if err != nil {
		return nil, err
	}
	if len(stack) >= maxViewsOnTop {
		return nil, refuse("push_limit_reached")
	}
	return s.showView(ctx, tx, slackView{user: below.user, view: view, previous: below.number, root: below.root})
}

func (s *Sandbox) showView(ctx context.Context, tx *sql.Tx, v slackView) (object, error) {
	v.externalID, v.hash = v.word("external_id"), s.newHash()
	if v.externalID != "" {
		var taken bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM slack_views WHERE external_id = ?)`, v.externalID).Scan(&taken); err != nil {
			return nil, err
		}
		if taken {
			return nil, refuse("duplicate_external_id")
		}
	}
	data, err := json.Marshal(v.view)
	if err != nil {
		return nil, err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO slack_views (user_id, view, hash, external_id, previous, root) VALUES (?, ?, ?, ?, ?, ?) RETURNING number`,
		v.user, string(data), v.hash, v.externalID, v.previous, v.root).Scan(&v.number)
	if err != nil {
		return nil, err
	}
	if v.root == 0 {
		v.root = v.number
		if _, err := tx.ExecContext(ctx, `UPDATE slack_views SET root = number WHERE number = ?`, v.number); err != nil {
			return nil, err
		}
	}
	return object{"view": v.document(nil)}, nil
}

// newHash is what tells one state of a view from the next.
func (s *Sandbox) newHash() string { return fmt.Sprintf("%d.%s", s.now().Unix(), rand.Text()[:8]) }

// updateView puts another view in a view's place, unless somebody else was faster.
func (s *Sandbox) updateView(ctx context.Context, c slackCall) (object, error) {
	next, err := definition(c.Get("view"))
	if err != nil {
		return nil, err
	}
	v, err := findView(ctx, c.tx, c.Get("view_id"), c.Get("external_id"))
	if err != nil {
		return nil, err
	}
	if hash := c.Get("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	return s.replaceView(ctx, c.tx, v, next)
}

// findView finds an open view by its id or by the app's own.
func findView(ctx context.Context, tx *sql.Tx, id, externalID string) (slackView, error) {
	number := 0
	if _, err := fmt.Sscanf(id, "V0SANDBOX%d", &number); err != nil && externalID == "" {
		return slackView{}, refuse("not_found")
	}
	v, err := scanView(tx.QueryRowContext(ctx, selectViews+` WHERE number = ? OR (external_id <> '' AND external_id = ?)`, number, externalID))
	if errors.Is(err, sql.ErrNoRows) {
		err = refuse("not_found")
	}
	return v, err
}

func (s *Sandbox) replaceView(ctx context.Context, tx *sql.Tx, v slackView, next map[string]any) (object, error) {
	data, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	v.view, v.hash = next, s.newHash()
	_, err = tx.ExecContext(ctx, `UPDATE slack_views SET view = ?, hash = ? WHERE number = ?`, string(data), v.hash, v.number)
	return object{"view": v.document(nil)}, err
}

// closeView closes a view, with all those that the person has open where all is set.
func closeView(ctx context.Context, tx *sql.Tx, v slackView, all bool) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM slack_views WHERE number = ? OR (? AND user_id = ?)`, v.number, all, v.user)
	return err
}
