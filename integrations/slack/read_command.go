package slack

import (
	"net/url"
	"time"

	"muster/chat"
	"muster/integrations"
)

// slashCommand is a command as Slack sends it, by Socket Mode as JSON:
// https://docs.slack.dev/interactivity/implementing-slash-commands.
type slashCommand struct {
	TeamID       string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
	ChannelID    string `json:"channel_id"`
	ChannelName  string `json:"channel_name"`
	UserID       string `json:"user_id"`
	UserName     string `json:"user_name"`
	Command      string `json:"command"`
	Text         string `json:"text"`
	ResponseURL  string `json:"response_url"`
	TriggerID    string `json:"trigger_id"`
}

func commandOfForm(form url.Values) slashCommand {
	return slashCommand{
		TeamID: form.Get("team_id"), EnterpriseID: form.Get("enterprise_id"),
		ChannelID: form.Get("channel_id"), ChannelName: form.Get("channel_name"), UserID: form.Get("user_id"), UserName: form.Get("user_name"),
		Command: form.Get("command"), Text: form.Get("text"),
		ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id"),
	}
}

// readCommand reads a command. Slack sends one once, and gives each a trigger of its own.
func readCommand(c slashCommand, at time.Time) (heard, error) {
	if c.TriggerID == "" || c.UserID == "" {
		return heard{}, unreadable("the command lacks its trigger_id or user_id")
	}
	return heard{act: &chat.Act{
		ID: "command:" + c.TriggerID, Chat: integrations.Slack, At: at,
		Workspace: workspace(c.TeamID, c.EnterpriseID), Channel: c.ChannelID, ChannelName: shownChannel(c.ChannelName),
		By:      chat.Account{ID: c.UserID, Name: integrations.Line(c.UserName)},
		Trigger: c.TriggerID, ReplyTo: replyTo(c.ResponseURL),
		Command: &chat.Command{Name: integrations.Line(c.Command), Text: plainText(c.Text)},
	}}, nil
}

// shownChannel is a channel's name, or nothing where Slack keeps it to itself, as it does of
// private channels and direct messages.
func shownChannel(name string) string {
	if name == "privategroup" || name == "directmessage" {
		return ""
	}
	return integrations.Line(name)
}

// workspace is where something happened. An app that is installed in a whole organization of
// Enterprise Grid may hear of the organization only.
func workspace(team, enterprise string) string {
	if team != "" {
		return team
	}
	return enterprise
}

// replyTo is an address that Slack takes answers at, or nothing where it is no address.
func replyTo(address string) string {
	if _, ok := integrations.WebAddress(address); !ok {
		return ""
	}
	return address
}
