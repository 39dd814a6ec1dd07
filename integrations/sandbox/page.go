package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// contentSecurityPolicy lets the page's own style and script run, known by their hashes,
// and nothing that a message might smuggle in.
var contentSecurityPolicy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; "+
	"connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", hashSource(pageStyle), hashSource(pageScript))

func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":      func() template.CSS { return template.CSS(pageStyle) },
	"js":       func() template.JS { return template.JS(pageScript) },
	"clock":    func(t time.Time) string { return t.Format("15:04") },
	"day":      func(t time.Time) string { return t.Format("2 Jan") },
	"stamp":    func(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") },
	"words":    func(text string) string { return strings.ReplaceAll(text, "_", " ") },
	"percent":  func(rate float64) string { return fmt.Sprintf("%.0f%%", rate*100) },
	"initials": initials,
	"plural": func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	},
}).Parse(pageSource))

// pageView is the state, arranged for reading.
type pageView struct {
	Channels []channelLink // newest first
	Channel  *channelView  // the one that is open; nil where there is none
	Pages    []incidentView
	Open     int // pages that are not resolved
	Columns  []columnView
	Tickets  int
	Mails    []mailState // newest first
	Notices  []noticeView
	Metrics  []metricView
	Faults   []fault
	Vendors  []vendor
	Modes    []mode
}

type channelLink struct {
	channelState
	Current bool
}

type channelView struct {
	channelState
	TopicHTML template.HTML
	People    []string // the members' names
	Threads   []threadView
}

// threadView is a message and what was replied to it.
type threadView struct {
	messageView
	Replies []messageView
	NewDay  bool // it is the first of its day
}

type messageView struct {
	messageState
	Anchor string
	Body   template.HTML // where there are no blocks
	Blocks []blockView
	To     string // the only reader of an ephemeral message
}

type incidentView struct {
	incidentState
	ServiceName string
	Priorities  []string // those of the account
}

// noticeView is a delivery to the webhook.
type noticeView struct {
	deliveryState
	Document string // the body, indented
}

// metricView is what a query of Prometheus gives.
type metricView struct {
	queryState
	Now  float64 // what it gives now
	Line string  // what it gave lately
}

// columnView is one column of the board.
type columnView struct {
	Status, Category string
	Tickets          []ticketView
}

type ticketView struct {
	issueState
	Moves []string // the statuses it can be moved to
	Who   string
}

func initials(name string) string {
	letters := ""
	for _, word := range strings.Fields(name) {
		letters += string([]rune(word)[:1])
	}
	if runes := []rune(letters); len(runes) > 2 {
		letters = string(runes[0]) + string(runes[len(runes)-1])
	}
	return strings.ToUpper(letters)
}

// servePage serves GET /sandbox; ?channel= picks the channel that is open, else it is the
// one with the latest message.
func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) {
	all, err := s.readState(context.WithoutCancel(r.Context()))
	if err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: the state cannot be read", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The state cannot be read; the log says why.")
		return
	}
	view := s.pageView(all, r.URL.Query().Get("channel"))
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, view); err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: the page cannot be rendered", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The page cannot be rendered; the log says why.")
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	_, _ = body.WriteTo(w) // a reader that left is no error of ours
}

func (s *Sandbox) pageView(all state, channelID string) pageView {
	view := pageView{
		Faults: s.faults.list(), Vendors: vendors, Modes: faultModes, Tickets: len(all.Jira.Issues),
	}
	dictionary := names{users: map[string]string{}, channels: map[string]string{}}
	people := map[string]string{}
	for _, user := range all.Slack.Users {
		dictionary.users[user.ID], people[user.Email] = user.Name, user.Name
	}
	current := -1
	for i, channel := range all.Slack.Channels {
		dictionary.channels[channel.ID] = channel.Name
		if current < 0 || channel.latest() >= all.Slack.Channels[current].latest() {
			current = i
		}
	}
	if i := slices.IndexFunc(all.Slack.Channels, func(c channelState) bool { return c.ID == channelID }); i >= 0 {
		current = i
	}
	for i, channel := range slices.Backward(all.Slack.Channels) {
		view.Channels = append(view.Channels, channelLink{channelState: channel, Current: i == current})
	}
	if current >= 0 {
		view.Channel = dictionary.channelView(all.Slack.Channels[current])
	}
	for _, incident := range slices.Backward(all.PagerDuty.Incidents) {
		service, _, _ := s.service(incident.Service)
		incident.Assignee = cmp.Or(people[incident.Assignee], incident.Assignee)
		for i, entry := range incident.Log {
			incident.Log[i].Actor = nameOf(entry.Actor)
		}
		view.Pages = append(view.Pages, incidentView{
			incidentState: incident, ServiceName: cmp.Or(service.Name, incident.Service), Priorities: s.options.PagerDutyPriorities,
		})
		if incident.Status != pageResolved {
			view.Open++
		}
	}
	view.Mails = slices.Clone(all.Mail.Messages)
	slices.Reverse(view.Mails)
	for _, delivery := range slices.Backward(all.Webhook.Deliveries) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, delivery.Body, "", "  "); err != nil {
			indented.Write(delivery.Body) // it was checked on arrival; show it as it is
		}
		view.Notices = append(view.Notices, noticeView{deliveryState: delivery, Document: indented.String()})
	}
	for _, query := range all.Prometheus.Queries {
		view.Metrics = append(view.Metrics, metricView{queryState: query, Now: query.now, Line: query.line})
	}
	for _, status := range jiraStatuses {
		column := columnView{Status: status.name, Category: status.categoryKey}
		for _, issue := range slices.Backward(all.Jira.Issues) {
			if issue.Status != status.name {
				continue
			}
			ticket := ticketView{issueState: issue, Who: cmp.Or(people[issue.Assignee], issue.Assignee)}
			for _, other := range jiraStatuses {
				if other != status {
					ticket.Moves = append(ticket.Moves, other.name)
				}
			}
			column.Tickets = append(column.Tickets, ticket)
		}
		view.Columns = append(view.Columns, column)
	}
	return view
}

// latest is the timestamp of a channel's last message; timestamps of one length compare
// as text.
func (c channelState) latest() string {
	if len(c.Messages) == 0 {
		return ""
	}
	return c.Messages[len(c.Messages)-1].TS
}

func (n names) channelView(channel channelState) *channelView {
	view := &channelView{channelState: channel, TopicHTML: n.mrkdwn(channel.Topic)}
	for _, id := range channel.Members {
		view.People = append(view.People, cmp.Or(n.users[id], id))
	}
	visible := slices.Concat(channel.Messages, channel.Ephemerals)
	slices.SortFunc(visible, func(a, b messageState) int { return a.PostedAt.Compare(b.PostedAt) })
	position := map[string]int{}
	day := ""
	for _, m := range visible {
		message := messageView{
			messageState: m, Anchor: "m" + strings.ReplaceAll(m.TS, ".", ""), To: n.users[m.EphemeralTo], Blocks: n.blockViews(m.Blocks),
		}
		if len(message.Blocks) == 0 {
			message.Body = n.mrkdwn(m.Text)
		}
		if parent, ok := position[m.ThreadTS]; ok {
			view.Threads[parent].Replies = append(view.Threads[parent].Replies, message)
			continue
		}
		position[m.TS] = len(view.Threads)
		today := m.PostedAt.Format(time.DateOnly)
		view.Threads = append(view.Threads, threadView{messageView: message, NewDay: today != day})
		day = today
	}
	return view
}
