package activities

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"muster/incident"
	"muster/playbooks"
)

// Of an exercise ([incident.Exercise]) nothing leaves Muster but what is said in the channel
// that it takes place in. What an action would have done is told in its place.

// exerciseMark begins all that is said of an exercise.
const exerciseMark = "exercise: "

// maxTold bounds what is told of a parameter, in characters.
const maxTold = 120

// would returns what tells that an action would have been done, with parameters of it.
func would(format string, parameters ...string) func(context.Context, call) (incident.Outcome, error) {
	return func(_ context.Context, e call) (incident.Outcome, error) {
		values := make([]any, len(parameters))
		for i, name := range parameters {
			values[i] = brief(e.text(name))
		}
		return told(format, values...), nil
	}
}

// brief is the beginning of a text, as one line.
func brief(text string) string {
	return incident.CutText(strings.Join(strings.Fields(text), " "), maxTold)
}

func told(format string, values ...any) incident.Outcome {
	return incident.Outcome{Text: exerciseMark + "would " + fmt.Sprintf(format, values...)}
}

func wouldPage(_ context.Context, e call) (incident.Outcome, error) {
	service := e.Incident.Service
	if service.PagerService == "" {
		// It could not be done in earnest either.
		return incident.Outcome{}, final(nobodyToPage(e.Incident))
	}
	return told("page whoever is on call for %s (%s)", service.Name, service.PagerService), nil
}

// wouldRequest tells no more of the address than its host, and answers with a status that the
// playbook expects.
func wouldRequest(_ context.Context, e call) (incident.Outcome, error) {
	host := "an address"
	if address, err := url.Parse(e.text("url")); err == nil {
		host = address.Host
	}
	outcome := told("send a %s request to %s", e.text("method"), host)
	if expect, err := playbooks.ParseStatuses(e.text("expect")); err == nil {
		outcome.Output = map[string]any{"status": expect[0][0]}
	}
	return outcome, nil
}

// joinExercise adopts the channel that the exercise takes place in.
func (a *Activities) joinExercise(ctx context.Context, e call) (incident.Outcome, error) {
	id, name, err := a.exerciseChannel(ctx, e)
	if err != nil {
		return incident.Outcome{}, err
	}
	if id == "" {
		return told("open the channel %s", e.text("name")), nil
	}
	outcome := told("open the channel %s", e.text("name"))
	outcome.Text += ", and takes place in " + channelTitle(id, name)
	outcome.Channel = &incident.Channel{ID: id, Name: name}
	outcome.Output = map[string]any{"id": id, "name": name}
	return outcome, nil
}

// postExercise says in the exercise's channel what would have been said in another.
func (a *Activities) postExercise(ctx context.Context, e call) (incident.Outcome, error) {
	id, name, err := a.exerciseChannel(ctx, e)
	if err != nil {
		return incident.Outcome{}, err
	}
	if id == "" {
		return told("say: %s", brief(e.text("text"))), nil
	}
	link, err := a.say(ctx, e, id, false)
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	return incident.Outcome{Text: exerciseMark + "posted in " + channelTitle(id, name), Output: map[string]any{"url": link}}, nil
}

// exerciseChannel finds the channel that the exercise takes place in; it has no id where there
// is none.
func (a *Activities) exerciseChannel(ctx context.Context, e call) (id, name string, err error) {
	name = strings.TrimPrefix(strings.TrimSpace(e.Incident.Exercise.Channel), "#")
	if name == "" {
		return "", "", nil
	}
	if known := e.Incident.Channel; known.ID != "" {
		return known.ID, cmp.Or(known.Name, e.Incident.Exercise.ChannelName, name), nil
	}
	id, err = a.Chat.ChannelID(ctx, name)
	return id, cmp.Or(e.Incident.Exercise.ChannelName, name), vendorError(err)
}

func channelTitle(id, name string) string {
	if id == name {
		return id
	}
	return "#" + name
}

// sampleOutput gives an exercise the outputs that the action would have given, so that later
// steps that use them can be practised: empty ones, where it says nothing else.
func sampleOutput(action playbooks.Action, output map[string]any) map[string]any {
	if len(action.Outputs) == 0 {
		return output
	}
	sample := make(map[string]any, len(action.Outputs))
	for _, o := range action.Outputs {
		switch o.Type {
		case playbooks.NumberOutput:
			sample[o.Name] = 0
		case playbooks.TruthOutput:
			sample[o.Name] = false
		case playbooks.AnyOutput:
			sample[o.Name] = map[string]any{}
		default:
			sample[o.Name] = ""
		}
	}
	maps.Copy(sample, output)
	return sample
}
