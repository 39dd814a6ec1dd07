package cockpit

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"muster/api"
	"muster/chat"
	"muster/chat/card"
	"muster/config"
	"muster/incident"
	"muster/store"
)

// draft is a declaration as far as somebody's words go.
type draft struct {
	title, summary    string
	service, severity string
	playbook          string
	// exercise makes it practice; nil for what is real.
	exercise *incident.Exercise
	// unsure says that the words name more than one service or severity: the form asks.
	unsure bool
}

// planDeclare declares what is written, or opens the form.
func planDeclare(ctx context.Context, t *turn, rest line) (plan, error) {
	if len(rest.words) <= 1 {
		return t.declareForm(ctx, t.readDeclaration(ctx, rest))
	}
	return t.planDeclaration(ctx, rest)
}

// planDeclaration declares in one line, if that says which service is affected. What it
// does not say, or says twice, the form asks.
func (t *turn) planDeclaration(ctx context.Context, l line) (plan, error) {
	d := t.readDeclaration(ctx, l)
	if d.unsure || d.service == "" || d.title == "" {
		return t.declareForm(ctx, d)
	}
	named := d.severity != ""
	d.severity = cmp.Or(d.severity, t.catalogue.Defaults().Severity)
	return t.declaring(d, named)
}

// declaring is the plan to declare an incident.
func (t *turn) declaring(d draft, severityNamed bool) (plan, error) {
	return plan{
		declare: &api.Declaration{
			Title: d.title, Summary: d.summary, Service: d.service, Severity: incident.Severity(d.severity), Playbook: d.playbook,
			Exercise: d.exercise,
		},
		done: func(s incident.State) chat.Card { return t.declaredCard(s, severityNamed) },
	}, nil
}

// declaredCard says what was understood, so that a mistake is seen at once.
func (t *turn) declaredCard(s incident.State, severityNamed bool) chat.Card {
	text := chat.Text{chat.Plain("Declared "), chat.Linked(string(s.ID), t.pages.Incident(s.ID)), chat.Plain(": "), chat.Bold(s.Title)}
	about := fmt.Sprintf("\n%s, %s.", s.Severity, s.Service.Name)
	if !severityNamed {
		about = fmt.Sprintf("\n%s, because you named no severity; %s.", s.Severity, s.Service.Name)
	}
	next := " Its channel is being opened, and whoever is on call is told."
	if s.Exercise != nil {
		text = append(text, chat.Plain(about+" "), chat.Bold("It is an exercise"), chat.Plain(": nobody is paged, nothing is filed, and it counts nowhere. "+t.heldWhere(*s.Exercise)))
	} else if s.Channel.URL != "" {
		text = append(text, chat.Plain(about+" It meets in "), chat.Linked("#"+s.Channel.Name, s.Channel.URL), chat.Plain("."))
	} else {
		text = append(text, chat.Plain(about+next))
	}
	what := "Declared "
	if s.Exercise != nil {
		what = "Declared the exercise "
	}
	c := chat.Card{Summary: fmt.Sprintf("%s%s: %s", what, s.ID, s.Title), Parts: []chat.Part{{Body: text}}}
	row := []chat.Control{
		{Act: card.SeverityAct, Label: "Change the severity…", Value: card.Value(s.ID)},
		{Act: card.TakeRoleAct, Label: "Lead it", Value: card.Value(s.ID, leadRole(s))},
	}
	if leadRole(s) == "" {
		row = row[:1]
	}
	c.Parts = append(c.Parts, chat.Part{Controls: row})
	return c
}

// leadRole is the first role of the playbook, while nobody has it.
func leadRole(s incident.State) string {
	if len(s.Roles) == 0 || s.Roles[0].Holder != "" {
		return ""
	}
	return s.Roles[0].ID
}

// marked is a word that says what it is, "service:checkout" or "severity=sev2".
var marked = regexp.MustCompile(`^(?i:(service|severity|sev|playbook)[:=])(.+)$`)

// readDeclaration finds the service and the severity in a line. What is quoted is taken as
// it is.
func (t *turn) readDeclaration(ctx context.Context, l line) draft {
	var d draft
	services, severities, left := []string{}, []string{}, []int{}
	for i, w := range l.words {
		if w.kind != bareWord {
			continue
		}
		if m := marked.FindStringSubmatch(w.text); m != nil {
			if t.readMarked(&d, &services, &severities, strings.ToLower(m[1]), foldName(m[2])) {
				left = append(left, i)
			}
			continue
		}
		if name, size := t.severityAt(l, i); size > 0 {
			severities = append(severities, name)
			for n := range size {
				left = append(left, i+n)
			}
			continue
		}
		if name, ok := t.serviceAt(l, i); ok {
			services = append(services, name)
		}
	}
	slices.Sort(services)
	slices.Sort(severities)
	services, severities = slices.Compact(services), slices.Compact(severities)
	d.unsure = len(services) > 1 || len(severities) > 1
	if len(services) > 0 {
		d.service = services[0]
	}
	if len(severities) > 0 {
		d.severity = severities[0]
	}
	if all := t.catalogue.Services(); d.service == "" && len(all) == 1 {
		d.service = all[0].Name
	}
	rest := l.without(left...)
	d.title = strings.Trim(rest.tidy(), " ,;:-–—")
	if len(rest.words) == 1 && rest.words[0].kind == quotedWord {
		d.title = rest.words[0].text
	}
	d.title = t.plain(ctx, d.title)
	return d
}

// readMarked reads a word that says what it is.
func (t *turn) readMarked(d *draft, services, severities *[]string, what, name string) bool {
	switch what {
	case "service":
		if s, ok := t.catalogue.Service(name); ok {
			*services = append(*services, s.Name)
			return true
		}
		d.unsure = true
	case "playbook":
		d.playbook = name
		return true
	default:
		if s, ok := t.catalogue.Severity(name); ok {
			*severities = append(*severities, s.Name)
			return true
		}
		d.unsure = true
	}
	return false
}

// severityAt finds the severity that is named at a place of a line, in how many words: its
// name, also in two, as "sev 2" or "SEV-2". Its aliases are everyday words, such as
// "critical", and count only where nothing else can be meant: at the end of the line.
func (t *turn) severityAt(l line, i int) (name string, words int) {
	word := l.words[i].fold()
	for _, s := range t.catalogue.Scale() {
		known := bareName(s.Name)
		switch {
		case bareName(word) == known:
			return s.Name, 1
		case i+1 < len(l.words) && word != "" && bareName(word+l.words[i+1].fold()) == known && l.words[i+1].fold() != "":
			return s.Name, 2
		case i == len(l.words)-1 && i > 0 && slices.ContainsFunc(s.Aliases, func(a string) bool { return strings.EqualFold(a, word) }):
			return s.Name, 1
		}
	}
	return "", 0
}

// bareName is a name without case, spaces and hyphens.
func bareName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// serviceAt finds the service that is named at a place of a line, also in two words.
func (t *turn) serviceAt(l line, i int) (string, bool) {
	word := l.words[i].fold()
	if word == "" {
		return "", false
	}
	if i+1 < len(l.words) && l.words[i+1].fold() != "" {
		if s, ok := t.catalogue.Service(word + "-" + l.words[i+1].fold()); ok {
			return s.Name, true
		}
	}
	for _, name := range []string{word, strings.TrimPrefix(word, "#"), strings.TrimSuffix(word, "'s"), strings.TrimSuffix(word, "’s")} {
		if s, ok := t.catalogue.Service(name); ok {
			return s.Name, true
		}
	}
	return "", false
}

// Names of the declaration's fields, the same as in the API.
const (
	titleEntry    = "title"
	serviceEntry  = "service"
	severityEntry = "severity"
	summaryEntry  = "summary"
	realEntry     = "exercise"
)

// declareForm opens the form that declares, with all that is known or likely filled in.
func (t *turn) declareForm(ctx context.Context, d draft) (plan, error) {
	service, err := t.likelyService(ctx, d)
	if err != nil {
		return plan{}, err
	}
	places, err := t.places(ctx, d.exercise)
	if err != nil {
		return plan{}, err
	}
	return open(chat.Form{
		ID: declareFormID, Context: d.playbook, Title: "Declare an incident", Submit: "Declare",
		Fields: []chat.Entry{
			{ID: titleEntry, Label: "What is wrong?", Kind: chat.LineEntry, Value: incident.CutText(d.title, incident.MaxTitleRunes), Placeholder: "Checkout fails for a third of customers", MaxRunes: incident.MaxTitleRunes},
			{ID: serviceEntry, Label: "Service", Kind: chat.ChoiceEntry, Value: service, Options: t.serviceOptions()},
			{ID: severityEntry, Label: "Severity", Kind: chat.ChoiceEntry, Value: cmp.Or(d.severity, t.catalogue.Defaults().Severity), Options: t.severityOptions(), Hint: "It can be changed at any time."},
			{ID: summaryEntry, Label: "What else is known?", Kind: chat.TextEntry, Value: d.summary, Optional: true},
			t.realEntryOf(d.exercise, places),
		},
	})
}

func (t *turn) serviceOptions() []chat.Option {
	services := t.catalogue.Services()
	options := make([]chat.Option, len(services))
	for i, s := range services {
		options[i] = chat.Option{Value: s.Name, Label: s.Name, Hint: s.Description}
	}
	return options
}

func (t *turn) severityOptions() []chat.Option {
	scale := t.catalogue.Scale()
	options := make([]chat.Option, len(scale))
	for i, s := range scale {
		options[i] = chat.Option{Value: s.Name, Label: s.Name, Hint: s.Description}
	}
	return options
}

// lookedBack is how many of the latest incidents are looked at for the service that somebody
// declared one about last.
const lookedBack = 50

// likelyService is the service that a form begins with: the one that was named, or almost,
// that of the incident whose channel it is, or of the team whose channel it is, or of the
// last incident that the same person declared, or else the default one.
func (t *turn) likelyService(ctx context.Context, d draft) (string, error) {
	if d.service != "" {
		return d.service, nil
	}
	for _, w := range readLine(d.title).words {
		if name, ok := t.similarService(w.fold()); ok {
			return name, nil
		}
	}
	id, err := t.channels(ctx, t.act.Channel)
	if err != nil {
		return "", err
	}
	if id != "" {
		s, err := t.reader.Incident(ctx, id)
		if err != nil {
			return "", err
		}
		if found, ok := t.catalogue.Service(s.Service.Name); ok {
			return found.Name, nil
		}
	}
	if name := t.serviceOfChannel(t.act.Channel); name != "" {
		return name, nil
	}
	latest, _, err := t.reader.Incidents(ctx, store.Filter{Limit: lookedBack})
	if err != nil {
		return "", err
	}
	self := t.self(ctx).Name
	for _, s := range latest {
		found, ok := t.catalogue.Service(s.Service.Name)
		if ok && s.DeclaredBy.Kind == incident.ActorPerson && s.DeclaredBy.Name == self {
			return found.Name, nil
		}
	}
	return t.catalogue.Defaults().Service, nil
}

// serviceOfChannel is the first service of the team whose channel it is.
func (t *turn) serviceOfChannel(channel string) string {
	for _, team := range t.catalogue.Teams() {
		if channel == "" || team.SlackChannel != channel {
			continue
		}
		for _, s := range t.catalogue.Services() {
			if strings.EqualFold(s.Team, team.Name) {
				return s.Name
			}
		}
	}
	return ""
}

// similarService finds the service that a mistyped word most likely means, or that it is a
// part of: "payments" of payments-api.
func (t *turn) similarService(word string) (string, bool) {
	var known []string
	for _, s := range t.catalogue.Services() {
		known = append(known, namesOf(s)...)
		if word != "" && slices.Contains(strings.FieldsFunc(strings.ToLower(s.Name), func(r rune) bool { return r == '-' || r == '_' }), word) {
			return s.Name, true
		}
	}
	name, ok := nearest(word, known)
	if !ok {
		return "", false
	}
	s, ok := t.catalogue.Service(name)
	return s.Name, ok
}

func namesOf(s config.Service) []string {
	names := []string{strings.ToLower(s.Name)}
	for _, alias := range s.Aliases {
		names = append(names, strings.ToLower(alias))
	}
	return names
}

// submitDeclaration declares what the form says.
func submitDeclaration(ctx context.Context, t *turn, s chat.Submission) (plan, error) {
	d := draft{
		title: t.plain(ctx, strings.TrimSpace(s.Values[titleEntry])), summary: t.plain(ctx, s.Values[summaryEntry]), playbook: s.Context,
		exercise: readExercise(s.Values[realEntry]),
	}
	service, ok := t.catalogue.Service(s.Values[serviceEntry])
	if !ok {
		return plan{}, &incident.InvalidError{Field: serviceEntry, Message: "choose the service that is affected"}
	}
	severity, ok := t.catalogue.Severity(s.Values[severityEntry])
	if !ok {
		return plan{}, &incident.InvalidError{Field: severityEntry, Message: "choose a severity"}
	}
	d.service, d.severity = service.Name, severity.Name
	p, err := t.declaring(d, true)
	if err != nil {
		return plan{}, err
	}
	// The rest of the rules are the domain's; the catalogue was asked above.
	_, err = incident.Decide(incident.State{}, incident.Command{
		Incident: "INC-1", Actor: incident.PersonActor(cmp.Or(t.act.By.Name, t.act.By.ID, "somebody")), Intent: incident.Declare{
			Title: d.title, Summary: d.summary, Severity: p.declare.Severity, Service: incident.Service{Name: d.service},
			Scale: []incident.SeverityLevel{{Name: p.declare.Severity}},
		},
	}, t.now)
	return p, err
}
