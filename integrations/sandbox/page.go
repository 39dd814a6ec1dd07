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
	"connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	hashSource(pageStyle+slackStyle), hashSource(slackScript+pageScript))

func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":      func() template.CSS { return template.CSS(pageStyle + slackStyle) },
	"js":       func() template.JS { return template.JS(slackScript + pageScript) },
	"clock":    func(t time.Time) string { return t.Format("15:04") },
	"day":      func(t time.Time) string { return t.Format("2 Jan") },
	"stamp":    func(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") },
	"words":    func(text string) string { return strings.ReplaceAll(text, "_", " ") },
	"percent":  func(rate float64) string { return fmt.Sprintf("%.0f%%", rate*100) },
	"initials": initials,
	"avatar":   avatar,
	"json": func(v any) (string, error) {
		data, err := json.Marshal(v)
		return string(data), err
	},
	"plural": func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	},
}).Parse(pageSource + slackSource))

// pageView is the state, arranged for reading.
type pageView struct {
	Slack   slackPage
	Pages   []incidentView
	Open    int // pages that are not resolved
	Columns []columnView
	Tickets int
	Mails   []mailState // newest first
	Notices []noticeView
	Metrics []metricView
	Faults  []fault
	Vendors []vendor
	Modes   []mode
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
// one with the latest message, ?thread= the thread beside it, and ?you= the person who looks.
func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) {
	all, err := s.readState(context.WithoutCancel(r.Context()))
	if err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: the state cannot be read", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The state cannot be read; the log says why.")
		return
	}
	view := s.pageView(all)
	view.Slack = s.slackPage(all.Slack, visitor(w, r), r.URL.Query())
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

func (s *Sandbox) pageView(all state) pageView {
	view := pageView{
		Faults: s.faults.list(), Vendors: vendors, Modes: faultModes, Tickets: len(all.Jira.Issues),
	}
	people := map[string]string{}
	for _, user := range all.Slack.Users {
		people[user.Email] = user.Name
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
