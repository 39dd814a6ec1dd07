package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// What people do with an app in Slack. Muster is told in bodies that Slack would send:
// https://docs.slack.dev/interactivity/implementing-slash-commands and
// https://docs.slack.dev/reference/interaction-payloads.

// interaction is an act on its way to Muster.
type interaction struct {
	channel slackChannel
	what    delivery
	to      responseTo // where an answer to it goes
	view    slackView  // the modal that it is about
	before  happened
}

// begin opens an act that Muster is told of.
func (s *Sandbox) begin(ctx context.Context, tx *sql.Tx, who person) (result happened, err error) {
	if !s.slack.listened() {
		return result, cannot(http.StatusConflict, "This sandbox has no address of Muster: start it with one, as muster dev does, or connect Muster by Socket Mode.")
	}
	if result.since, err = latestTS(ctx, tx); err != nil {
		return result, err
	}
	result.View, err = s.front(ctx, tx, who)
	return result, err
}

// send delivers an interaction and returns what Muster answered.
func (s *Sandbox) send(ctx context.Context, what delivery) (slackAnswer, error) {
	answer, reason := s.slack.deliver(ctx, what)
	if reason != "" {
		return answer, cannot(http.StatusBadGateway, "Muster did not take this (%s): Slack would show that the app did not respond. Look into Muster's log.", reason)
	}
	return answer, nil
}

// envelope is what all interactions of a person have in common.
func (s *Sandbox) envelope(kind string, who person, triggerID string) object {
	return object{
		"type": kind, "token": slackVerificationToken, "api_app_id": slackAppID, "is_enterprise_install": false, "enterprise": nil,
		"team":       object{"id": slackTeamID, "domain": slackTeamDomain},
		"user":       object{"id": who.slackID, "username": who.handle, "name": who.handle, "team_id": slackTeamID},
		"trigger_id": triggerID,
	}
}

// named is how interactions tell of a channel.
func (c slackChannel) named() object {
	name := c.name
	switch {
	case c.imUser != "":
		name = "directmessage"
	case c.isPrivate:
		name = "privategroup"
	}
	return object{"id": c.id, "name": name}
}

// command sends a slash command: {"channel", "text": "/incident …"}.
func (s *Sandbox) command(ctx context.Context, who person, d deed) (happened, error) {
	name, line, _ := strings.Cut(strings.TrimSpace(d.Text), " ")
	if name != s.app.command {
		return happened{}, cannot(http.StatusBadRequest, "%q is not a command here: text begins with %s.", cmp.Or(name, "nothing"), s.app.command)
	}
	var act interaction
	err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
		if act.before, err = s.begin(ctx, tx, who); err != nil {
			return err
		}
		if act.channel, err = s.where(ctx, tx, who, d.Channel); err != nil {
			return err
		}
		composer, err := s.composer(ctx, tx)
		if err != nil {
			return err
		}
		composer.command = s.app.escaped
		triggerID, err := s.newTrigger(ctx, tx, who.slackID, 0)
		if err != nil {
			return err
		}
		responseURL, err := s.newResponseURL(ctx, tx, who.slackID, act.channel.id, 0)
		if err != nil {
			return err
		}
		act.what, err = told(kindCommand, map[string]string{
			"token": slackVerificationToken, "team_id": slackTeamID, "team_domain": slackTeamDomain,
			"channel_id": act.channel.id, "channel_name": act.channel.named()["name"].(string),
			"user_id": who.slackID, "user_name": who.handle, "command": name, "text": composer.compose(strings.TrimSpace(line)).text,
			"api_app_id": slackAppID, "is_enterprise_install": "false", "response_url": responseURL, "trigger_id": triggerID,
		})
		return err
	})
	if err != nil {
		return happened{}, err
	}
	act.to = responseTo{user: who.slackID, channelID: act.channel.id}
	act.before.Channel = act.channel.id
	answer, sent := s.send(ctx, act.what)
	err = s.db.transact(ctx, func(tx *sql.Tx) error {
		if sent != nil {
			_, err := s.insertMessage(ctx, tx, slackMessage{
				channelID: act.channel.id, userID: slackbotUserID, ephemeralTo: who.slackID,
				text: fmt.Sprintf("`%s` failed because the app did not respond", name),
			})
			return err
		}
		return s.answerCommand(ctx, tx, act.to, answer)
	})
	return act.before, cmp.Or(sent, err)
}

// answerCommand shows what the app answered at once: nothing, a text, or a message.
func (s *Sandbox) answerCommand(ctx context.Context, tx *sql.Tx, to responseTo, answer slackAnswer) error {
	body := bytes.TrimSpace(answer.body)
	if len(body) == 0 {
		return nil
	}
	response := slackResponse{Text: string(body)}
	if strings.HasPrefix(answer.header.Get("Content-Type"), "application/json") {
		response = slackResponse{}
		if json.Unmarshal(body, &response) != nil {
			return cannot(http.StatusBadGateway, "Muster answered the command with a body that is no JSON.")
		}
	}
	return s.respond(ctx, tx, to, response)
}

// shortcut chooses one from a message's menu, or the workspace's own: {"callback_id", "channel",
// "ts"}, the last two only for a message's.
func (s *Sandbox) shortcut(ctx context.Context, who person, d deed) (happened, error) {
	if d.CallbackID == "" {
		return happened{}, cannot(http.StatusBadRequest, "callback_id is missing: name the shortcut.")
	}
	var act interaction
	err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
		if act.before, err = s.begin(ctx, tx, who); err != nil {
			return err
		}
		triggerID, err := s.newTrigger(ctx, tx, who.slackID, 0)
		if err != nil {
			return err
		}
		fields := s.envelope("shortcut", who, triggerID)
		fields["callback_id"], fields["action_ts"] = d.CallbackID, formatTS(microseconds(s.now()))
		if d.TS != "" {
			channel, m, err := s.onMessage(ctx, tx, who, d, false)
			if err != nil {
				return err
			}
			act.before.Channel, act.before.TS = channel.id, d.TS
			fields["type"], fields["channel"], fields["message_ts"], fields["message"] = "message_action", channel.named(), formatTS(m.ts), m.document(false)
			if fields["response_url"], err = s.newResponseURL(ctx, tx, who.slackID, channel.id, 0); err != nil {
				return err
			}
		}
		act.what, err = told(kindInteraction, fields)
		return err
	})
	if err != nil {
		return happened{}, err
	}
	_, err = s.send(ctx, act.what)
	return act.before, err
}

// press uses a control: a button with {"value"} where several share an action_id, a menu with
// {"option"} or {"user"}. It is on a message ({"channel", "ts"}) or in a modal ({"view_id"}).
func (s *Sandbox) press(ctx context.Context, who person, d deed) (happened, error) {
	var act interaction
	err := s.db.transact(ctx, func(tx *sql.Tx) (err error) {
		if act.before, err = s.begin(ctx, tx, who); err != nil {
			return err
		}
		if d.ViewID != "" {
			return s.pressInView(ctx, tx, who, d, &act)
		}
		channel, m, err := s.onMessage(ctx, tx, who, d, true)
		if err != nil {
			return err
		}
		act.before.Channel, act.before.TS = channel.id, d.TS
		control, err := s.control([]byte(m.blocks), d)
		if err != nil {
			return err
		}
		triggerID, err := s.newTrigger(ctx, tx, who.slackID, 0)
		if err != nil {
			return err
		}
		fields := s.envelope("block_actions", who, triggerID)
		container := object{"type": "message", "message_ts": formatTS(m.ts), "channel_id": channel.id, "is_ephemeral": m.ephemeralTo != ""}
		if m.threadTS > 0 {
			container["thread_ts"] = formatTS(m.threadTS)
		}
		fields["container"], fields["channel"], fields["state"] = container, channel.named(), object{"values": object{}}
		if m.ephemeralTo == "" {
			fields["message"] = m.document(false)
		}
		fields["actions"] = []object{control}
		if fields["response_url"], err = s.newResponseURL(ctx, tx, who.slackID, channel.id, m.ts); err != nil {
			return err
		}
		act.what, err = told(kindInteraction, fields)
		return err
	})
	if err != nil {
		return happened{}, err
	}
	_, err = s.send(ctx, act.what)
	return act.before, err
}

func (s *Sandbox) pressInView(ctx context.Context, tx *sql.Tx, who person, d deed, act *interaction) error {
	v, err := s.frontView(ctx, tx, who, d.ViewID)
	if err != nil {
		return err
	}
	blocks, err := json.Marshal(v.view["blocks"])
	if err != nil {
		return err
	}
	control, err := s.control(blocks, d)
	if err != nil {
		return err
	}
	values, _, err := s.filled(v, d.Values)
	if err != nil {
		return err
	}
	triggerID, err := s.newTrigger(ctx, tx, who.slackID, v.number)
	if err != nil {
		return err
	}
	fields := s.envelope("block_actions", who, triggerID)
	fields["container"], fields["view"] = object{"type": "view", "view_id": v.id()}, v.document(values)
	fields["actions"] = []object{control}
	act.what, err = told(kindInteraction, fields)
	return err
}

// frontView finds the modal that a person has in front of them.
func (s *Sandbox) frontView(ctx context.Context, tx *sql.Tx, who person, id string) (slackView, error) {
	if id == "" {
		return slackView{}, cannot(http.StatusBadRequest, "view_id is missing: name the modal.")
	}
	v, err := findView(ctx, tx, id, "")
	if err == nil && v.user != who.slackID {
		err = refuse("not_found")
	}
	if err != nil {
		return v, err
	}
	stack, err := views(ctx, tx, who.slackID)
	if err == nil && stack[len(stack)-1].number != v.number {
		err = cannot(http.StatusConflict, "Another modal lies over this one: %s.", stack[len(stack)-1].id())
	}
	return v, err
}
