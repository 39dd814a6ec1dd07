package cockpit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/chat"
	"muster/incident"
	"muster/store"
)

// planSubscribe follows what is named, or the incident of the channel, or asks what.
func planSubscribe(ctx context.Context, t *turn, rest line) (plan, error) {
	rest = rest.past("to")
	if word := rest.first().fold(); word == "list" || word == "?" {
		return t.showFollows(ctx)
	}
	f, err := t.followed(ctx, rest, "subscribe")
	if err != nil {
		return plan{}, err
	}
	if f.Kind == "" {
		return open(t.followForm())
	}
	return t.following(f), nil
}

// planUnsubscribe takes it back.
func planUnsubscribe(ctx context.Context, t *turn, rest line) (plan, error) {
	f, err := t.followed(ctx, rest.past("from"), "unsubscribe")
	if err != nil {
		return plan{}, err
	}
	if f.Kind == "" {
		return t.showFollows(ctx)
	}
	follows, err := t.keeper.FollowsOf(ctx, t.act.By.ID)
	if err != nil {
		return plan{}, err
	}
	// Whoever has had enough sees what there is to end.
	same := func(other store.Follow) bool { return other.Kind == f.Kind && other.Name == f.Name }
	if !t.carrying && len(follows) > 0 && !slices.ContainsFunc(follows, same) {
		return t.showFollows(ctx)
	}
	return t.unfollowing(f), nil
}

func (t *turn) following(f store.Follow) plan {
	return plan{follow: []store.Follow{f}, done: func(incident.State) chat.Card {
		return answer(fmt.Sprintf("You hear of %s from now on, in private messages. `%s unsubscribe` ends it.", followedText(f), t.command))
	}}
}

func (t *turn) unfollowing(f store.Follow) plan {
	return plan{unfollow: []store.Follow{f}, done: func(incident.State) chat.Card {
		return answer(fmt.Sprintf("You hear no more of %s, unless you follow it otherwise as well.", followedText(f)))
	}}
}

func followedText(f store.Follow) string {
	switch f.Kind {
	case store.FollowIncident:
		return f.Name
	case store.FollowService:
		return "all incidents of " + f.Name
	case store.FollowSeverity:
		return "all incidents of " + f.Name + " and above"
	default:
		return "all incidents"
	}
}

// followed reads what somebody wants to hear of. The kind is empty where neither the words
// nor the channel say.
func (t *turn) followed(ctx context.Context, rest line, command string) (store.Follow, error) {
	if t.target != "" || rest.empty() {
		id := t.target
		if id == "" {
			var err error
			if id, err = t.channels(ctx, t.act.Channel); err != nil || id == "" {
				return store.Follow{}, err
			}
		}
		f := store.Follow{Kind: store.FollowIncident, Name: string(id)}
		if command == unsubscribeAct {
			return f, nil
		}
		t.target = id
		_, err := t.incident(ctx)
		return f, err
	}
	rest = rest.past("service", "severity")
	word := rest.first().fold()
	if word == "all" || word == "everything" {
		return store.Follow{Kind: store.FollowAll}, nil
	}
	if s, ok := t.catalogue.Service(word); ok {
		return store.Follow{Kind: store.FollowService, Name: s.Name}, nil
	}
	if s, ok := t.catalogue.Severity(word); ok {
		return store.Follow{Kind: store.FollowSeverity, Name: s.Name}, nil
	}
	known := []string{"all"}
	for _, s := range t.catalogue.Services() {
		known = append(known, namesOf(s)...)
	}
	for _, s := range t.catalogue.Scale() {
		known = append(known, strings.ToLower(s.Name))
	}
	written := quoted(rest.first().text)
	if name, like := nearest(word, known); like {
		return store.Follow{}, ask(fmt.Sprintf("There is no service and no severity “%s”. Did you mean “%s”?", written, name), say("Yes: "+command+" "+name, command+" "+name)...)
	}
	return store.Follow{}, ask(fmt.Sprintf("There is no service and no severity “%s”. Name one, or an incident, or write `%s %s all`.", written, t.command, command))
}

// showFollows lists what somebody hears of, with buttons to end it.
func (t *turn) showFollows(ctx context.Context) (plan, error) {
	follows, err := t.keeper.FollowsOf(ctx, t.act.By.ID)
	if err != nil {
		return plan{}, err
	}
	if len(follows) == 0 {
		return show(answer(fmt.Sprintf("You have not subscribed to anything. `%s subscribe` in an incident's channel follows that incident; with a service, a severity or “all” behind it, those.", t.command)))
	}
	c := chat.Card{Summary: "What you hear of", Parts: []chat.Part{{Heading: "What you hear of"}}}
	for _, f := range follows {
		c.Parts = append(c.Parts, chat.Part{
			Body:   chat.Line(capital(followedText(f))),
			Beside: &chat.Control{Act: unsubscribeAct, Label: "Unsubscribe", Value: string(f.Kind) + "|" + f.Name},
		})
	}
	return show(c)
}

// followForm asks what somebody wants to hear of.
func (t *turn) followForm() chat.Form {
	options := []chat.Option{{Value: string(store.FollowAll) + "|", Label: "All incidents"}}
	for _, s := range t.catalogue.Scale() {
		options = append(options, chat.Option{Value: string(store.FollowSeverity) + "|" + s.Name, Label: s.Name + " and above"})
	}
	for _, s := range t.catalogue.Services() {
		options = append(options, chat.Option{Value: string(store.FollowService) + "|" + s.Name, Label: s.Name})
	}
	return chat.Form{
		ID: followFormID, Title: "Subscribe", Submit: "Subscribe",
		Fields: []chat.Entry{{ID: whatEntry, Label: "What do you want to hear of?", Hint: "It comes in private messages.", Kind: chat.ChoiceEntry, Options: options}},
	}
}

const whatEntry = "what"

// readFollow reads a value that one of the functions above has written.
func readFollow(value string) (store.Follow, bool) {
	kind, name, ok := strings.Cut(value, "|")
	f := store.Follow{Kind: store.FollowKind(kind), Name: name}
	return f, ok && (name != "" || f.Kind == store.FollowAll)
}

func submitFollow(_ context.Context, t *turn, s chat.Submission) (plan, error) {
	f, ok := readFollow(s.Values[whatEntry])
	if !ok {
		return plan{}, &incident.InvalidError{Field: whatEntry, Message: "choose what you want to hear of"}
	}
	return t.following(f), nil
}
