package cockpit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// ignored says that an act is none of Muster's business, whatever else is known about it.
func (t *turn) ignored() bool {
	switch a := t.act; {
	case a.Command != nil, a.Press != nil, a.Submission != nil, a.Shortcut != nil:
		return false
	case a.Reaction != nil:
		return a.By.Bot || a.Reaction.Removed || a.Reaction.Emoji != t.recordReaction
	case a.Pin != nil:
		return a.By.Bot || a.Pin.Removed
	case a.Membership != nil:
		return a.By.Bot
	case a.Message != nil:
		// What bots say is not kept, so there is nothing to follow when they change it.
		return a.Message.By.Bot || !t.transcript && !t.mayAnswer()
	}
	return true
}

// reads says that an act changes nothing, as far as that can be told by itself.
func (t *turn) reads() bool {
	switch a := t.act; {
	case a.Command != nil:
		return readsOnly(a.Command.Text)
	case a.Press != nil:
		return presses[a.Press.Act].reads || a.Press.Act == sayAct && readsOnly(a.Press.Value)
	case a.Shortcut != nil:
		return true
	}
	return false
}

// readsOnly says that a command line opens a form or shows something.
func readsOnly(text string) bool {
	l := readLine(text)
	if _, named := namedIncident(l.first()); named {
		l = l.after(1)
	}
	if l.empty() {
		return true
	}
	v, rest, ok := resolveVerb(l)
	return ok && (v.reads || v.bare && rest.empty())
}

// plan makes the plan of an act.
func (t *turn) plan(ctx context.Context) (plan, error) {
	switch a := t.act; {
	case a.Command != nil:
		return t.planCommand(ctx, a.Command.Text)
	case a.Press != nil:
		return t.planPress(ctx, *a.Press)
	case a.Submission != nil:
		return t.planSubmission(ctx, *a.Submission)
	case a.Shortcut != nil:
		return t.planShortcut(ctx, *a.Shortcut)
	case a.Reaction != nil:
		return t.planRecord(ctx, a.Reaction.On)
	case a.Pin != nil:
		return t.planRecord(ctx, a.Pin.On)
	case a.Membership != nil:
		return t.planPresence(ctx, *a.Membership)
	case a.Message != nil:
		return t.planMessage(ctx, *a.Message)
	}
	return plan{}, nil
}

var incidentName = regexp.MustCompile(`^(?i:inc-[1-9][0-9]{0,17})$`)

// namedIncident reads a word that is the id of an incident. A bare number is none: people
// write "500 errors".
func namedIncident(w word) (incident.ID, bool) {
	if !incidentName.MatchString(w.fold()) {
		return "", false
	}
	id, err := incident.ParseID(w.fold())
	return id, err == nil
}

// resolveVerb finds the verb that a line begins with, below others where the next word says
// so, and what stands behind it.
func resolveVerb(l line) (v verb, rest line, ok bool) {
	word := l.first().fold()
	if word == "follow" && len(l.words) > 1 && l.words[1].fold() == "up" {
		word, l = "followup", l.after(1)
	}
	if path, short := shortcuts[word]; short {
		above, _ := find(verbs(), path[0])
		v, _ = find(above.below, path[1])
		return v, l.after(1), true
	}
	if v, ok = find(verbs(), word); !ok {
		return verb{}, l, false
	}
	rest = l.after(1)
	if below, found := find(v.below, rest.first().fold()); found {
		below.bare = false
		return below, rest.after(1), true
	}
	return v, rest, true
}

// planCommand understands a command line.
func (t *turn) planCommand(ctx context.Context, text string) (plan, error) {
	l := readLine(text)
	if id, named := namedIncident(l.first()); named {
		t.target = id
		if l = l.after(1); l.empty() {
			l = readLine("status")
		}
	}
	if l.empty() {
		return t.planNothing(ctx)
	}
	t.wording = l
	v, rest, ok := resolveVerb(l)
	if !ok {
		return t.planUnknown(ctx, l)
	}
	return t.planVerb(ctx, v, rest)
}

// planVerb makes the plan of a verb and what stands behind it. Its incident may be named
// first there as well: "status INC-42".
func (t *turn) planVerb(ctx context.Context, v verb, rest line) (plan, error) {
	if id, named := namedIncident(rest.first()); named && t.target == "" && (v.name != "merge" || namesTwo(rest)) {
		t.target, rest = id, rest.after(1)
	}
	return v.plan(ctx, t, rest)
}

func namesTwo(l line) bool {
	count := 0
	for _, w := range l.words {
		if _, named := namedIncident(w); named {
			count++
		}
	}
	return count > 1
}

// planNothing is for the command with nothing behind it: how things stand, where there is an
// incident; the form that declares one, where there is none.
func (t *turn) planNothing(ctx context.Context) (plan, error) {
	id, err := t.channels(ctx, t.act.Channel)
	if err != nil {
		return plan{}, err
	}
	if id == "" {
		return t.declareForm(ctx, draft{})
	}
	t.target = id
	return planStatus(ctx, t, line{})
}

// planUnknown is for a line that begins with no verb. Outside of incidents, several words
// declare one, unless the first of them is so much like a verb that it may be a slip.
func (t *turn) planUnknown(ctx context.Context, l line) (plan, error) {
	first := l.first().fold()
	name, like := similarCommand(first)
	_, isService := t.catalogue.Service(first)
	_, isSeverity := t.catalogue.Severity(first)
	switch {
	case t.target != "":
		return plan{}, t.askVerb(l, name, like)
	case like && !isService && !isSeverity:
		return plan{}, t.askVerb(l, name, true)
	}
	// An act that was kept has been understood before: its own incident may have taken over
	// the channel by now.
	if !t.carrying {
		id, err := t.channels(ctx, t.act.Channel)
		if err != nil {
			return plan{}, err
		}
		if id != "" {
			return plan{}, t.askInside(id, l)
		}
	}
	if len(l.words) == 1 {
		return t.declareForm(ctx, t.readDeclaration(ctx, l))
	}
	return t.planDeclaration(ctx, l)
}

// askVerb asks what is meant by a line that begins with no command.
func (t *turn) askVerb(l line, name string, like bool) error {
	written := quoted(l.first().text)
	before := ""
	if t.target != "" {
		before = string(t.target) + " "
	}
	var answers []chat.Control
	text := fmt.Sprintf("I know no command “%s”. `%s help` shows them all.", written, t.command)
	if like {
		text = fmt.Sprintf("I know no command “%s”. Did you mean “%s”?", written, name)
		corrected := strings.TrimSpace(before + name + " " + l.tail(1))
		answers = append(answers, say("Yes: "+incident.CutText(strings.TrimSpace(name+" "+l.after(1).tidy()), 40), corrected)...)
	} else {
		answers = append(answers, say("Show the commands", "help")...)
	}
	return ask(text, append(answers, declareAs(l)...)...)
}

// askInside asks what is meant by words in an incident's channel that are no command.
func (t *turn) askInside(id incident.ID, l line) error {
	answers := declareAs(l)
	answers = append(answers, say("Note it on "+string(id), string(id)+" note "+l.text)...)
	answers = append(answers, say("Show the commands", "help")...)
	return ask(fmt.Sprintf("This is the channel of %s, and “%s” is no command. Is it a new incident, or something to write down?",
		id, quoted(l.first().text)), answers...)
}

// askBelow asks what is meant by a word that is none of those that may follow a verb.
func (t *turn) askBelow(above verb, l line) error {
	names := make([]string, len(above.below))
	for i, v := range above.below {
		names[i] = v.name
	}
	written := quoted(l.first().text)
	before := ""
	if t.target != "" {
		before = string(t.target) + " "
	}
	if name, like := similar(above.below, l.first().fold()); like {
		corrected := strings.TrimSpace(above.name + " " + name + " " + l.tail(1))
		return ask(fmt.Sprintf("“%s %s” is no command. Did you mean “%s %s”?", above.name, written, above.name, name),
			say("Yes: "+incident.CutText(corrected, 40), before+corrected)...)
	}
	return ask(fmt.Sprintf("“%s %s” is no command. After “%s” comes one of: %s.", above.name, written, above.name, strings.Join(names, ", ")))
}

// planHelp shows the commands, or those that one verb has.
func planHelp(_ context.Context, t *turn, rest line) (plan, error) {
	wanted := rest.first().fold()
	if path, short := shortcuts[wanted]; short {
		wanted = path[0]
	}
	if v, ok := find(verbs(), wanted); ok {
		return show(card.Help(t.command, "", topics([]verb{v})))
	}
	help := card.Help(t.command, "Inside an incident's channel the commands are about that incident. Anywhere else, name it first: "+t.command+" INC-42 status.", nil)
	for _, g := range groups() {
		parts := card.Help(t.command, "", topics(g.verbs)).Parts[1:]
		parts[0].Body = slices.Concat(chat.Text{chat.Bold(g.title), chat.Plain("\n")}, parts[0].Body)
		help.Parts = append(help.Parts, parts...)
	}
	return show(help)
}

// topics are the ways to write some verbs, as a card has them.
func topics(among []verb) []card.Topic {
	var all []card.Topic
	for _, w := range ways(among) {
		all = append(all, card.Topic{Usage: w.words, Does: strings.ReplaceAll(w.does, "*", "")})
	}
	return all
}

// ways are all the ways to write some verbs, those below them included.
func ways(among []verb) []way {
	var all []way
	for _, v := range among {
		all = append(all, v.ways...)
		all = append(all, ways(v.below)...)
	}
	return all
}
