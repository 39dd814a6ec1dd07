package activities

import (
	"context"
	"slices"
	"strings"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/playbooks"
)

// post says something in the incident's channel.
func (a *Activities) post(ctx context.Context, e call) (incident.Outcome, error) {
	channel, err := channelOf(e)
	if err != nil {
		return incident.Outcome{}, err
	}
	url, err := a.say(ctx, e, channel, e.flag("pin"))
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{Output: map[string]any{"url": url}}, nil
}

// say says the text of a slack.post in a channel, once. With nobody to mention and no buttons
// it is a message, with either a card.
func (a *Activities) say(ctx context.Context, e call, channel string, pin bool) (url string, err error) {
	exercise := e.Incident.Exercise != nil
	if e.text("to") == "" && e.text("buttons") == "" {
		text := e.text("text")
		if exercise {
			text = "*Exercise*\n" + text
		}
		return a.Chat.Post(ctx, incident.Message{Key: e.key, ChannelID: channel, Text: text, Links: a.messageLinks(e), Pin: pin})
	}
	buttons := card.Buttons(e.Incident, strings.Fields(e.text("buttons")), matterOf(e.Work), a.addresses())
	shown, err := a.Chat.Show(ctx, chat.Outgoing{
		Key: e.key, ChannelID: channel, Pin: pin, Prompt: len(buttons) > 0,
		Card: card.Message(card.Said{
			Text: e.text("text"), To: recipients(e.Incident, e.text("to")), Links: a.messageLinks(e), Exercise: exercise, Buttons: buttons,
		}),
	})
	return shown.URL, err
}

// toOnCall is who a message is to where whoever is on call is meant.
const toOnCall = "on_call"

// recipients are the people whom a playbook means: the holder of a role, whoever is on call,
// or somebody by name or e-mail address. Nobody is meant while nobody holds the role. Whoever
// is on call is not called to an exercise.
func recipients(s incident.State, to string) []incident.Person {
	if to == "" {
		return nil
	}
	if to == toOnCall {
		if s.Exercise != nil {
			return nil
		}
		return s.OnCall
	}
	if role, ok := s.Role(to); ok {
		if role.Holder == "" {
			return nil
		}
		return []incident.Person{s.HolderPerson(to)}
	}
	if s.Declarer.Name == to && to != "" {
		return []incident.Person{s.Declarer} // a name may have a comma: “Last, First”
	}
	if strings.Contains(to, ",") {
		var all []incident.Person
		for one := range strings.SplitSeq(to, ",") {
			all = append(all, recipients(s, strings.TrimSpace(one))...)
		}
		return all
	}
	person := incident.Person{Name: to}
	if strings.Contains(to, "@") {
		person.Email = to
	}
	known := slices.Concat([]incident.Person{s.Declarer}, s.OnCall, s.Present)
	for _, role := range s.Roles {
		known = append(known, s.HolderPerson(role.ID))
	}
	// Their name reads better than an address.
	for _, one := range known {
		if one.Name != "" && person.Same(one) {
			return []incident.Person{one}
		}
	}
	return []incident.Person{person}
}

// matterOf is the reminder that the work tells of, which can be snoozed.
func matterOf(w playbooks.Work) card.Matter {
	if w.On == nil {
		return card.Matter{}
	}
	reminder, ok := w.On.Fact.(incident.ReminderGiven)
	if !ok {
		return card.Matter{}
	}
	return card.Matter{Hook: reminder.Hook, Subject: reminder.Subject}
}

// messageLinks are the links that the playbook asks for by name.
func (a *Activities) messageLinks(e call) []incident.Link {
	return a.addresses().Links(e.Incident, strings.Fields(e.Work.With["links"]), e.Work.Followup)
}
