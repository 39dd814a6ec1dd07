package sandbox

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed slack.html
var slackSource string

//go:embed slack.css
var slackStyle string

//go:embed slack.js
var slackScript string

// slackPage is Slack as one person sees it.
type slackPage struct {
	You       personLink
	People    []personLink
	Channels  []channelLink // those of people, then Muster's, newest first
	Direct    *channelLink  // the messages between Muster and the person; nil for none
	Channel   *channelView  // the one that is open
	Thread    *threadView   // the one that is open beside it; nil for none
	Modal     *modalView
	Command   string
	Hints     []commandHint
	Shortcuts []slackShortcut // the workspace's own
	Connected bool            // Muster is told of what people do
}

type personLink struct {
	Name, ID, Handle, Href string
	Current                bool
}

type channelLink struct {
	channelState
	Href    string
	Count   int
	Latest  string
	Current bool
}

type channelView struct {
	channelState
	Title       string // with its sign
	TopicHTML   template.HTML
	People      []memberView
	Threads     []threadView
	Pinned      []messageView
	Member      bool // the person is in it
	ReadOnly    bool // nobody but Muster writes here
	Placeholder string
}

type memberView struct{ Name, Avatar string }

// threadView is a message and what was replied to it.
type threadView struct {
	messageView
	Replies []messageView
	Href    string // opens it
	NewDay  bool   // it is the first of its day
}

type messageView struct {
	messageState
	Channel   string // its id
	Anchor    string
	Author    string
	Avatar    string        // the class of its colour
	App       bool          // Muster or Slack said it
	Coming    bool          // a line that tells who came or went
	With      []string      // who else did
	More      bool          // said right after another of the same person
	Body      template.HTML // where there are no blocks
	Blocks    []blockView
	Files     []fileView
	Reactions []reactionView
	Private   bool // only this person sees it
	Own       bool
	CanAct    bool // the person can reply and react
	Shortcuts []slackShortcut
	Reply     string // the address of its thread
}

type fileView struct{ Name, URL, Kind string }

type reactionView struct {
	Emoji, Sign, Who string
	Count            int
	Mine             bool
}

type modalView struct {
	viewState
	Closing string
	Views   []blockView
	Below   bool // another modal lies below it
}

// commandHint is shown while a command is typed.
type commandHint struct{ Line, About string }

// commandHints are what Muster's command is used for most.
var commandHints = []commandHint{
	{"", "declare an incident: a form opens"},
	{"checkout errors spiking sev2", "declare in one line"},
	{"list", "the open incidents"},
	{"status", "how it stands"},
	{"update", "tell everybody how it stands"},
	{"severity sev1", "change the severity"},
	{"role commander @someone", "hand a role to somebody"},
	{"step", "the steps: complete, skip, add"},
	{"note", "put something on the timeline"},
	{"page @someone", "ask somebody, a team or a service to help"},
	{"followup", "remember what to repair later"},
	{"resolve", "say that it is over"},
	{"postmortem", "what is known so far"},
	{"help", "everything it can do"},
}

// youCookie remembers who the visitor is in Slack.
const youCookie = "sandbox_you"

// visitor says who looks at the page: ?you= decides and is remembered.
func visitor(w http.ResponseWriter, r *http.Request) person {
	if who, ok := somebody(r.URL.Query().Get("you")); ok {
		http.SetCookie(w, &http.Cookie{
			Name: youCookie, Value: who.handle, Path: "/sandbox", MaxAge: 1 << 25, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		return who
	}
	if cookie, err := r.Cookie(youCookie); err == nil {
		if who, ok := somebody(cookie.Value); ok {
			return who
		}
	}
	return responders[0]
}

// slackReader arranges Slack's state for one person.
type slackReader struct {
	names
	sandbox *Sandbox
	you     person
	asked   url.Values
}

func (s *Sandbox) slackPage(all slackState, you person, asked url.Values) slackPage {
	reader := slackReader{
		names:   names{users: map[string]string{slackbotUserID: "Slackbot"}, channels: map[string]string{}, you: you.slackID, now: s.now()},
		sandbox: s, you: you, asked: asked,
	}
	for _, user := range all.Users {
		reader.users[user.ID] = user.Name
	}
	channels := slices.Concat(all.Channels, all.standing)
	for _, channel := range channels {
		if !channel.Private {
			reader.channels[channel.ID] = channel.Name
		}
	}
	slices.Reverse(channels) // newest first
	channels = slices.DeleteFunc(channels, func(c channelState) bool { return c.Private && !slices.Contains(c.Members, you.slackID) })
	direct := slices.IndexFunc(all.DirectMessages, func(c channelState) bool { return c.imUser == you.slackID })
	view := slackPage{You: personLink{Name: you.name, ID: you.slackID, Handle: you.handle}, Command: s.app.command, Hints: commandHints, Shortcuts: s.app.offers(false), Connected: s.options.SlackRequestURL != ""}
	for _, one := range responders {
		view.People = append(view.People, personLink{one.name, one.slackID, one.handle, reader.href(url.Values{"you": {one.handle}, "channel": asked["channel"]}), one == you})
	}
	open := reader.current(channels)
	if open != nil { // what follows puts the channels in another order
		chosen := *open
		open = &chosen
	}
	if direct >= 0 {
		link := reader.channelLink(all.DirectMessages[direct], false)
		if link.Current = asked.Get("channel") == link.ID; link.Current {
			open = &all.DirectMessages[direct]
		}
		view.Direct = &link
	}
	slices.SortStableFunc(channels, func(a, b channelState) int {
		if a.rank() == rankOfPeople && b.rank() == rankOfPeople {
			return cmp.Compare(a.Name, b.Name)
		}
		return cmp.Compare(a.rank(), b.rank())
	})
	for _, channel := range channels {
		view.Channels = append(view.Channels, reader.channelLink(channel, open != nil && channel.ID == open.ID))
	}
	if open != nil {
		view.Channel = reader.channelView(*open)
		view.Thread = reader.thread(view.Channel)
	}
	for _, modal := range all.Views {
		if modal.User == you.slackID {
			view.Modal = reader.modal(modal)
		}
	}
	return view
}

// href is the page with other choices.
func (r slackReader) href(choices url.Values) string {
	if len(choices["channel"]) == 0 {
		choices.Del("channel")
	}
	return "/sandbox?" + choices.Encode()
}

// current is the channel that was asked for, or else the one with the latest message.
func (r slackReader) current(channels []channelState) *channelState {
	current := -1
	for i, channel := range channels {
		if current < 0 || channel.latest() > channels[current].latest() {
			current = i
		}
		if channel.ID == r.asked.Get("channel") {
			return &channels[i]
		}
	}
	if current < 0 {
		return nil
	}
	return &channels[current]
}

func (r slackReader) channelLink(channel channelState, current bool) channelLink {
	return channelLink{
		channelState: channel, Current: current, Count: len(channel.Messages), Latest: channel.latest(),
		Href: r.href(url.Values{"you": {r.you.handle}, "channel": {channel.ID}}),
	}
}

// latest is the timestamp of a channel's last message; timestamps of one length compare
// as text.
func (c channelState) latest() string {
	if len(c.Messages) == 0 {
		return ""
	}
	return c.Messages[len(c.Messages)-1].TS
}

// rankOfPeople is that of channels that people made.
const rankOfPeople = 1

// rank puts #general and people's channels first and archived ones last.
func (c channelState) rank() int {
	switch {
	case c.Archived:
		return 3
	case c.standing && c.Name == generalChannel:
		return 0
	case c.standing:
		return rankOfPeople
	}
	return 2
}

func (r slackReader) channelView(channel channelState) *channelView {
	view := &channelView{
		channelState: channel, Title: "# " + channel.Name, TopicHTML: r.mrkdwn(channel.Topic), Member: slices.Contains(channel.Members, r.you.slackID),
		Placeholder: "Message #" + channel.Name,
	}
	if channel.imUser != "" {
		view.Title, view.Placeholder = "Muster", "Message Muster"
		view.ReadOnly = r.sandbox.app.readOnly
	}
	for _, id := range channel.Members {
		view.People = append(view.People, memberView{Name: cmp.Or(r.users[id], id), Avatar: avatar(id)})
	}
	visible := slices.Concat(channel.Messages, channel.coming)
	for _, m := range channel.Ephemerals {
		if m.EphemeralTo == r.you.slackID {
			visible = append(visible, m)
		}
	}
	slices.SortFunc(visible, func(a, b messageState) int { return cmp.Compare(a.TS, b.TS) })
	position := map[string]int{}
	for _, m := range visible {
		message := r.messageView(m, channel, view.Member)
		if message.Pinned {
			view.Pinned = append(view.Pinned, message)
		}
		if parent, ok := position[m.ThreadTS]; ok {
			thread := &view.Threads[parent]
			thread.Replies = append(thread.Replies, message)
			continue
		}
		thread := threadView{messageView: message, Href: message.Reply, NewDay: true}
		if last := len(view.Threads) - 1; last >= 0 {
			before := &view.Threads[last]
			thread.NewDay = before.PostedAt.Format(time.DateOnly) != m.PostedAt.Format(time.DateOnly)
			if !thread.NewDay && before.Coming && message.Coming && before.Body == message.Body {
				before.With = append(before.With, message.Author)
				continue
			}
			thread.More = !thread.NewDay && !message.Coming && !before.Coming && before.User == m.User && before.Private == message.Private &&
				len(before.Replies) == 0 && m.PostedAt.Sub(before.PostedAt) < 5*time.Minute
		}
		position[m.TS] = len(view.Threads)
		view.Threads = append(view.Threads, thread)
	}
	return view
}

func (r slackReader) messageView(m messageState, channel channelState, member bool) messageView {
	view := messageView{
		messageState: m, Channel: channel.ID, Anchor: "m" + strings.ReplaceAll(m.TS, ".", ""), Author: cmp.Or(r.users[m.User], m.User),
		Avatar: avatar(m.User), App: m.User == slackBotUserID || m.User == slackbotUserID, Private: m.EphemeralTo != "",
		Own: m.User == r.you.slackID, Coming: m.subtype != "" && m.subtype != subtypeTombstone,
		Reply: r.href(url.Values{"you": {r.you.handle}, "channel": {channel.ID}, "thread": {cmp.Or(m.ThreadTS, m.TS)}}),
	}
	view.CanAct = member && !channel.Archived && !view.Private && m.subtype == ""
	switch {
	case view.Coming:
		view.Body = template.HTML(map[string]string{"channel_join": "joined", "channel_leave": "left"}[m.subtype])
		return view
	case view.App:
		view.Blocks = r.blockViews(m.Blocks)
	}
	if len(view.Blocks) == 0 {
		view.Body = r.mrkdwn(m.Text)
	}
	view.Shortcuts = r.sandbox.app.offers(true)
	view.Files, view.Reactions = filesIn(m.Files), r.reactions(m.Reactions)
	return view
}

// avatar is the class of somebody's colour.
func avatar(user string) string {
	if i := slices.IndexFunc(responders, func(p person) bool { return p.slackID == user }); i >= 0 {
		return "p" + string(rune('1'+i))
	}
	if user == slackbotUserID {
		return "slackbot"
	}
	return "muster"
}

func filesIn(raw json.RawMessage) (views []fileView) {
	var files []struct {
		Name     string `json:"name"`
		MIMEType string `json:"mimetype"`
		URL      string `json:"url_private"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &files) != nil {
		return nil
	}
	for _, file := range files {
		views = append(views, fileView{Name: file.Name, URL: file.URL, Kind: file.MIMEType})
	}
	return views
}

func (r slackReader) reactions(raw json.RawMessage) (views []reactionView) {
	var reactions []struct {
		Name  string
		Users []string
		Count int
	}
	if len(raw) == 0 || json.Unmarshal(raw, &reactions) != nil {
		return nil
	}
	for _, reaction := range reactions {
		who := make([]string, 0, len(reaction.Users))
		for _, user := range reaction.Users {
			who = append(who, cmp.Or(r.users[user], user))
		}
		name, _, _ := strings.Cut(reaction.Name, "::")
		views = append(views, reactionView{
			Emoji: reaction.Name, Sign: withEmoji(":" + name + ":"), Count: reaction.Count, Who: strings.Join(who, ", "),
			Mine: slices.Contains(reaction.Users, r.you.slackID),
		})
	}
	return views
}

// thread is the one that was asked for, of the channel that is open.
func (r slackReader) thread(channel *channelView) *threadView {
	asked := r.asked.Get("thread")
	for i := range channel.Threads {
		if one := &channel.Threads[i]; one.TS == asked && !one.Coming {
			thread := *one
			thread.More, thread.NewDay = false, false
			return &thread
		}
	}
	return nil
}

func (r slackReader) modal(state viewState) *modalView {
	blocks, _ := state.Blocks.([]any)
	var maps []map[string]any
	for _, block := range blocks {
		if block, ok := block.(map[string]any); ok {
			maps = append(maps, block)
		}
	}
	return &modalView{viewState: state, Closing: state.closing, Views: r.viewsOf(maps), Below: state.depth > 0}
}
