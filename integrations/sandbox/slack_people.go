package sandbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is what people do in Slack, by HTTP: POST /sandbox/slack/people/{user}/{act}. The
// page uses it, and so does whoever plays a person in a test or a drill.

// deed is the body of an act; every act uses some of the fields.
type deed struct {
	Channel    string         `json:"channel"` // an id or a name, with or without #; "@muster" for direct messages
	Text       string         `json:"text"`
	TS         string         `json:"ts"`
	ThreadTS   string         `json:"thread_ts"`
	Files      []sharedFile   `json:"files"`
	Emoji      string         `json:"emoji"`
	Removed    bool           `json:"removed"`
	ViewID     string         `json:"view_id"`
	ActionID   string         `json:"action_id"`
	BlockID    string         `json:"block_id"`
	Value      string         `json:"value"`
	Option     string         `json:"option"`
	User       string         `json:"user"`
	Values     map[string]any `json:"values"`
	CallbackID string         `json:"callback_id"`
}

// sharedFile is a file that a person shares; the sandbox keeps where it is, not what it holds.
type sharedFile struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	URL       string `json:"url"`
}

// happened is what became of an act.
type happened struct {
	OK      bool           `json:"ok"`
	Channel string         `json:"channel,omitempty"` // where it happened
	TS      string         `json:"ts,omitempty"`      // the message that it made or changed
	Answers []messageState `json:"answers"`           // what has been said since to this person alone
	View    *viewState     `json:"view,omitempty"`    // the modal that the person has in front of them
	// Errors are what is wrong with a submission, by block id.
	Errors map[string]string `json:"errors,omitempty"`
	since  int64             // answers are later than this
}

// actProblem is why an act did not happen.
type actProblem struct {
	status int
	detail string
}

func (p actProblem) Error() string { return p.detail }

func cannot(status int, format string, args ...any) error {
	return actProblem{status, fmt.Sprintf(format, args...)}
}

// slackAct does one thing as a person.
type slackAct func(ctx context.Context, who person, d deed) (happened, error)

func (s *Sandbox) slackActs() map[string]slackAct {
	return map[string]slackAct{
		"command": s.command, "shortcut": s.shortcut, "press": s.press, "submit": s.submit, "close": s.closeModal,
		"say": s.say, "edit": s.edit, "delete": s.erase, "react": s.reactTo, "pin": s.pinTo, "join": s.join, "leave": s.leave,
	}
}

// maxWait bounds how long an act waits for an answer.
const maxWait = 10 * time.Second

// doInSlack serves the acts. With ?wait=SECONDS it waits so long for Muster to answer: to show
// something to this person alone, or to open, change or close a modal.
func (s *Sandbox) doInSlack(w http.ResponseWriter, r *http.Request) {
	acts := s.slackActs()
	act := acts[r.PathValue("act")]
	who, known := somebody(r.PathValue("user"))
	switch {
	case !known:
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("There is nobody called %q here: name one of %s, or somebody's address or id.",
			r.PathValue("user"), strings.Join(handles(), ", ")))
		return
	case act == nil:
		writeProblem(w, http.StatusNotFound, fmt.Sprintf("People cannot %q here: they can %s.",
			r.PathValue("act"), strings.Join(slices.Sorted(maps.Keys(acts)), ", ")))
		return
	}
	wait, err := strconv.ParseFloat(cmp.Or(r.URL.Query().Get("wait"), "0"), 64)
	if err != nil || wait < 0 || wait > maxWait.Seconds() {
		writeProblem(w, http.StatusBadRequest, fmt.Sprintf("wait is a number of seconds from 0 to %.0f.", maxWait.Seconds()))
		return
	}
	var d deed
	if _, ok := readControl(w, r, &d, func(form url.Values) { d.fill(form) }); !ok {
		return
	}
	ctx := context.WithoutCancel(r.Context())
	_, changed := s.db.changes.now()
	result, err := act(ctx, who, d)
	if err == nil {
		deadline, cancel := context.WithTimeout(r.Context(), time.Duration(wait*float64(time.Second)))
		defer cancel()
		result, err = s.await(deadline, who, result, changed)
	}
	var problem actProblem
	var refused slackError
	switch {
	case err == nil:
		result.OK = len(result.Errors) == 0
		writeJSON(w, http.StatusOK, result)
	case errors.As(err, &problem):
		writeProblem(w, problem.status, problem.detail)
	case errors.As(err, &refused):
		writeProblem(w, http.StatusConflict, cmp.Or(slackWords[refused.code], "Slack refuses: "+refused.code+"."))
	default:
		s.log.ErrorContext(ctx, "sandbox: an act in Slack failed", "act", r.PathValue("act"), "error", err)
		writeProblem(w, http.StatusInternalServerError, "The act failed; the log says why.")
	}
}

// slackWords say in words what Slack has codes for.
var slackWords = map[string]string{
	"channel_not_found": "There is no such channel, or it is private and this person is not in it.",
	"is_archived":       "The channel is archived.",
	"message_not_found": "There is no such message in the channel.",
	"already_reacted":   "This person has reacted so already.",
	"no_reaction":       "This person has not reacted so.",
	"already_pinned":    "The message is pinned already.",
	"no_pin":            "The message is not pinned.",
	"invalid_name":      "An emoji's name is small letters, digits, hyphens and underscores, such as pushpin.",
	"not_found":         "There is no such modal any more.",
	"too_many_emoji":    "The message has as many different reactions as Slack allows.",
}

// fill takes the fields of a form, which are texts.
func (d *deed) fill(form url.Values) {
	d.Channel, d.Text, d.TS, d.ThreadTS, d.Emoji = form.Get("channel"), form.Get("text"), form.Get("ts"), form.Get("thread_ts"), form.Get("emoji")
	d.ViewID, d.ActionID, d.BlockID = form.Get("view_id"), form.Get("action_id"), form.Get("block_id")
	d.Value, d.Option, d.User, d.CallbackID = form.Get("value"), form.Get("option"), form.Get("user"), form.Get("callback_id")
	d.Removed = form.Get("removed") == "true"
}

// somebody finds a person by id, handle or address.
func somebody(name string) (person, bool) {
	name = strings.TrimPrefix(name, "@")
	return find(func(p person) bool {
		return p.slackID == name || strings.EqualFold(p.handle, name) || strings.EqualFold(p.email, name)
	})
}

func handles() []string {
	all := make([]string, 0, len(responders))
	for _, p := range responders {
		all = append(all, p.handle)
	}
	return all
}

// await completes what happened with what this person sees of it, and waits for something to
// be seen until the deadline.
func (s *Sandbox) await(deadline context.Context, who person, result happened, changed <-chan struct{}) (happened, error) {
	ctx := context.WithoutCancel(deadline)
	before := result.View
	for {
		seen := result
		err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
			if seen.Answers, err = s.answersTo(ctx, tx, who, result.since); err != nil {
				return err
			}
			seen.View, err = s.front(ctx, tx, who)
			return err
		})
		if err != nil || len(seen.Answers) > 0 || len(seen.Errors) > 0 || !before.same(seen.View) || result.since == 0 {
			return seen, err
		}
		select {
		case <-deadline.Done():
			return seen, nil
		case <-changed:
			_, changed = s.db.changes.now()
		}
	}
}

// answersTo are the messages that only this person sees, their direct messages among them,
// after a moment.
func (s *Sandbox) answersTo(ctx context.Context, tx *sql.Tx, who person, since int64) ([]messageState, error) {
	answers := []messageState{}
	if since == 0 {
		return answers, nil
	}
	all, err := collect(ctx, tx, scanMessage, selectMessages+` WHERE ts > ? AND (ephemeral_to = ?
		OR user_id <> ? AND channel_id IN (SELECT id FROM slack_channels WHERE im_user = ?)) ORDER BY ts`, since, who.slackID, who.slackID, who.slackID)
	for _, m := range all {
		answers = append(answers, m.state())
	}
	return answers, err
}

// latestTS is the timestamp of the last message anywhere, at least 1.
func latestTS(ctx context.Context, tx *sql.Tx) (ts int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT MAX(1, COALESCE(MAX(ts), 0)) FROM slack_messages`).Scan(&ts)
	return ts, err
}

// where finds the channel in which a person does something. They must see it, and be in it.
func (s *Sandbox) where(ctx context.Context, tx *sql.Tx, who person, name string) (slackChannel, error) {
	if name == "" {
		return slackChannel{}, cannot(http.StatusBadRequest, "channel is missing: name the channel by its id or its name.")
	}
	if name == "@"+slackBotName || name == slackBotUserID {
		return s.talkTo(ctx, tx, who.slackID)
	}
	channel, in, err := s.visible(ctx, tx, who, name)
	switch {
	case err != nil:
		return channel, err
	case channel.archived:
		return channel, refuse("is_archived")
	case !in:
		return channel, cannot(http.StatusConflict, "%s is not in #%s: join it first.", who.name, channel.name)
	}
	return channel, nil
}

// visible finds a channel that a person can see, and says whether they are in it.
func (s *Sandbox) visible(ctx context.Context, tx *sql.Tx, who person, name string) (channel slackChannel, in bool, err error) {
	channel, err = slackCall{url.Values{"channel": {name}}, tx}.channel(ctx, "channel")
	if err != nil {
		return channel, false, err
	}
	present, err := members(ctx, tx, channel.id)
	in = slices.Contains(present, who.slackID)
	if err == nil && channel.isPrivate && !in {
		err = refuse("channel_not_found")
	}
	return channel, in, err
}

// onMessage finds the message that an act is about; alone lets it be one that only this
// person sees.
func (s *Sandbox) onMessage(ctx context.Context, tx *sql.Tx, who person, d deed, alone bool) (slackChannel, slackMessage, error) {
	if d.TS == "" {
		return slackChannel{}, slackMessage{}, cannot(http.StatusBadRequest, "ts is missing: name the message by its timestamp.")
	}
	channel, err := s.where(ctx, tx, who, d.Channel)
	if err != nil {
		return channel, slackMessage{}, err
	}
	m, err := slackCall{nil, tx}.anyMessage(ctx, channel, d.TS)
	if err == nil && (m.subtype == subtypeTombstone || m.ephemeralTo != "" && (!alone || m.ephemeralTo != who.slackID)) {
		err = refuse("message_not_found")
	}
	return channel, m, err
}

// composer knows what a person can mention.
func (s *Sandbox) composer(ctx context.Context, tx *sql.Tx) (composer, error) {
	channels, err := collect(ctx, tx, scanChannel, selectChannels+` WHERE NOT is_private`)
	p := composer{channelIDs: map[string]string{}, names: names{channels: map[string]string{}}}
	for _, channel := range channels {
		p.channelIDs[channel.name], p.names.channels[channel.id] = channel.id, channel.name
	}
	return p, err
}

// serveRevision tells whether anything has changed, cheaply.
func (s *Sandbox) serveRevision(w http.ResponseWriter, _ *http.Request) {
	count, _ := s.db.changes.now()
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, object{"revision": count})
}

// document is the file as Slack describes it.
func (f sharedFile) document(id, user string) object {
	return object{
		"id": id, "name": f.Name, "title": f.Name, "mimetype": f.MediaType, "user": user, "mode": "hosted", "is_external": false,
		"url_private": f.URL, "permalink": f.URL,
	}
}

// filesOf checks what a person shares and describes it as Slack does.
func filesOf(files []sharedFile, user string, ts int64) (string, error) {
	if len(files) == 0 {
		return "", nil
	}
	documents := make([]object, 0, len(files))
	for i, file := range files {
		if file.Name == "" || !isWebLink(file.URL) {
			return "", cannot(http.StatusBadRequest, "files[%d] needs a name and a web address.", i)
		}
		documents = append(documents, file.document(fmt.Sprintf("F0%X%d", ts, i), user))
	}
	data, err := json.Marshal(documents)
	return string(data), err
}
