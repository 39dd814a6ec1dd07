package slack

import (
	"cmp"
	"strings"
	"time"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

// musterPrefix begins the ids that Muster gives to controls, fields, forms and shortcuts. A
// control's is "muster:ACT:NAME", a field's "muster:FIELD", a form's "muster:FORM", a
// shortcut's "muster:NAME"; a field's block has the field's id as it is. Whatever begins
// otherwise is not ours, such as a block that somebody's workflow has put beside.
const musterPrefix = "muster:"

// openPage is the act of buttons that open a page. Slack tells of their presses, although
// nothing is to be done about them.
const openPage = "open"

// interaction is a press, a form or a shortcut as Slack sends it:
// https://docs.slack.dev/reference/interaction-payloads.
type interaction struct {
	Type string `json:"type"`
	// Team and Enterprise are null where the app is installed in a whole organization, or in
	// one workspace only.
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	User struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Type        string `json:"type"`
		MessageTS   string `json:"message_ts"`
		ChannelID   string `json:"channel_id"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	TriggerID   string         `json:"trigger_id"`
	ResponseURL string         `json:"response_url"`
	CallbackID  string         `json:"callback_id"`
	ActionTS    string         `json:"action_ts"`
	MessageTS   string         `json:"message_ts"`
	Message     *postedMessage `json:"message"`
	Actions     []struct {
		ActionID string `json:"action_id"`
		ActionTS string `json:"action_ts"`
		filledIn
	} `json:"actions"`
	View openView `json:"view"`
}

// openView is a form that is open on somebody's screen.
type openView struct {
	ID              string `json:"id"`
	Hash            string `json:"hash"`
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		// Values are by the ids of the block and of its element.
		Values map[string]map[string]filledIn `json:"values"`
	} `json:"state"`
	openForm
}

// filledIn is what stands in an element of a form, or was chosen with a control: each kind
// has a field of its own. See
// https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
type filledIn struct {
	Type                 string         `json:"type"`
	Value                string         `json:"value"`
	SelectedOption       *chosenOption  `json:"selected_option"`
	SelectedOptions      []chosenOption `json:"selected_options"`
	SelectedUser         string         `json:"selected_user"`
	SelectedConversation string         `json:"selected_conversation"`
	SelectedChannel      string         `json:"selected_channel"`
	SelectedDate         string         `json:"selected_date"`
	SelectedTime         string         `json:"selected_time"`
}

type chosenOption struct {
	Value string `json:"value"`
}

// text is what was filled in or chosen, empty for nothing. Of boxes that are checked it has
// the values with commas between them.
func (f filledIn) text() string {
	if f.SelectedOption != nil {
		return f.SelectedOption.Value
	}
	checked := make([]string, len(f.SelectedOptions))
	for i, option := range f.SelectedOptions {
		checked[i] = option.Value
	}
	return cmp.Or(f.Value, strings.Join(checked, ","), f.SelectedUser, f.SelectedConversation, f.SelectedChannel, f.SelectedDate, f.SelectedTime)
}

// readInteraction reads what people press, fill in and choose from menus. Menus that Slack
// asks options for, and forms that are closed, hold nothing: Muster has neither.
func readInteraction(document []byte, at time.Time) (heard, error) {
	var i interaction
	if err := decode("interaction", document, &i); err != nil {
		return heard{}, err
	}
	switch i.Type {
	case "block_actions", "view_submission", "message_action", "shortcut":
	default:
		return heard{}, nil
	}
	if i.User.ID == "" || i.TriggerID == "" {
		return heard{}, unreadable("the %s lacks its user or its trigger_id", i.Type)
	}
	if acted := timeOf(i.ActionTS); !acted.IsZero() {
		at = acted
	}
	act := chat.Act{
		Chat: integrations.Slack, At: at, Workspace: workspace(i.Team.ID, i.Enterprise.ID),
		Channel: cmp.Or(i.Channel.ID, i.Container.ChannelID),
		By:      chat.Account{ID: i.User.ID, Name: integrations.Line(cmp.Or(i.User.Name, i.User.Username))},
		Trigger: i.TriggerID, ReplyTo: replyTo(i.ResponseURL),
	}
	switch i.Type {
	case "block_actions":
		return i.press(act), nil
	case "view_submission":
		return i.submission(act), nil
	default:
		return i.shortcut(act), nil
	}
}

// press reads the use of a control. Slack sends each by itself.
func (i interaction) press(act chat.Act) heard {
	for _, action := range i.Actions {
		name, ours := strings.CutPrefix(action.ActionID, musterPrefix)
		if cut := strings.LastIndexByte(name, ':'); cut >= 0 {
			name = name[:cut]
		}
		value := action.text()
		// Slack tells of buttons that open a page too. A menu can be emptied, which chooses
		// nothing.
		emptied := value == "" && action.Type != "button"
		if !ours || name == "" || name == openPage || emptied {
			continue
		}
		if pressed := timeOf(action.ActionTS); !pressed.IsZero() {
			act.At = pressed
		}
		act.ID = "press:" + i.TriggerID
		act.Press = &chat.Press{Act: name, Value: value}
		switch on := (incident.MessageRef{ChannelID: act.Channel, ID: i.Container.MessageTS}); {
		case i.Container.Type != "message" || on.ID == "":
		case i.Container.IsEphemeral:
			act.Press.Asked = on.ChannelID + ":" + on.ID
		default:
			act.Press.On = on
		}
		return heard{act: &act}
	}
	return heard{}
}

// submission reads a form. It takes effect once for each time it was opened or changed:
// somebody who sends it again, since Slack has heard no answer, sends the same.
func (i interaction) submission(act chat.Act) heard {
	form, ours := strings.CutPrefix(i.View.CallbackID, musterPrefix)
	if !ours {
		return heard{}
	}
	act.ID = "form:" + i.View.ID + ":" + i.View.Hash
	if i.View.ID == "" {
		act.ID = "form:" + i.TriggerID
	}
	act.Submission = &chat.Submission{Form: form, Context: i.View.PrivateMetadata, Values: map[string]string{}}
	for _, elements := range i.View.State.Values {
		for id, element := range elements {
			entry, ours := strings.CutPrefix(id, musterPrefix)
			if value := strings.TrimSpace(integrations.Printable(element.text())); ours && value != "" {
				act.Submission.Values[entry] = value
			}
		}
	}
	return heard{act: &act, form: i.View.openForm}
}

// shortcut reads what was chosen from the menu of a message, or of Slack.
func (i interaction) shortcut(act chat.Act) heard {
	name, ours := strings.CutPrefix(i.CallbackID, musterPrefix)
	if !ours {
		return heard{}
	}
	act.ID = "shortcut:" + i.TriggerID
	act.Shortcut = &chat.Shortcut{Name: name}
	if i.Message != nil {
		i.Message.TS = cmp.Or(i.Message.TS, i.MessageTS)
		message := i.Message.in(act.Channel)
		act.Shortcut.Message = &message
	}
	return heard{act: &act}
}
