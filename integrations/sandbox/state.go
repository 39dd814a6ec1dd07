package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"time"
)

// state is the document of GET /sandbox/state: all that the sandbox holds. The page is
// rendered from it and from nothing else, so that the two cannot disagree.
type state struct {
	Slack      slackState      `json:"slack"`
	PagerDuty  pagerDutyState  `json:"pagerduty"`
	Jira       jiraState       `json:"jira"`
	Mail       mailboxState    `json:"mail"`
	Webhook    webhookState    `json:"webhook"`
	Prometheus prometheusState `json:"prometheus"`
}

type slackState struct {
	Channels []channelState `json:"channels"` // in the order of their creation
	Users    []userState    `json:"users"`
	// DirectMessages are those between Muster and one person each, as channels with that
	// person's id for a name.
	DirectMessages []channelState `json:"direct_messages"`
	Views          []viewState    `json:"views"` // the modals that people have open
	// Connections are how many connections of Socket Mode Muster has open.
	Connections int `json:"connections"`

	standing []channelState // channels in which nothing was said yet
}

type channelState struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Topic      string          `json:"topic"`
	Purpose    string          `json:"purpose"`
	Private    bool            `json:"private"`
	Archived   bool            `json:"archived"`
	URL        string          `json:"url"`
	Members    []string        `json:"members"`  // user ids, in the order they joined
	Messages   []messageState  `json:"messages"` // oldest first, replies among them
	Ephemerals []messageState  `json:"ephemerals"`
	Bookmarks  []bookmarkState `json:"bookmarks"`

	coming   []messageState // who came and went
	imUser   string
	standing bool
}

type messageState struct {
	TS          string          `json:"ts"`
	User        string          `json:"user"` // who said it
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	ThreadTS    string          `json:"thread_ts,omitempty"`
	Edited      bool            `json:"edited,omitempty"`
	Pinned      bool            `json:"pinned,omitempty"`
	EphemeralTo string          `json:"ephemeral_to,omitempty"`
	Reactions   json.RawMessage `json:"reactions,omitempty"`
	Files       json.RawMessage `json:"files,omitempty"`
	PostedAt    time.Time       `json:"posted_at"`

	subtype string
}

type bookmarkState struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Link  string `json:"link"`
	Emoji string `json:"emoji,omitempty"`
}

type userState struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

type pagerDutyState struct {
	Incidents []incidentState `json:"incidents"` // oldest first
}

type incidentState struct {
	ID         string           `json:"id"`
	Number     int              `json:"number"`
	DedupKey   string           `json:"dedup_key"`
	Title      string           `json:"title"`
	Status     string           `json:"status"`
	Urgency    string           `json:"urgency"`
	Service    string           `json:"service"` // its id
	URL        string           `json:"url"`
	Assignee   string           `json:"assignee"` // who is to answer it first
	AssignedTo []string         `json:"assigned_to"`
	Priority   string           `json:"priority,omitempty"`
	Responders []responderState `json:"responders,omitempty"` // who were asked to help
	CreatedAt  time.Time        `json:"created_at"`
	ResolvedAt *time.Time       `json:"resolved_at,omitempty"`
	Details    incidentDetails  `json:"details"`
	Log        []logState       `json:"log"`
}

type responderState struct {
	Person string `json:"person"` // an e-mail address
	State  string `json:"state"`  // pending, joined or declined
}

type logState struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"` // trigger, acknowledge, resolve, annotate, …
	Actor string    `json:"actor"`
	Text  string    `json:"text,omitempty"`
}

type jiraState struct {
	Issues []issueState `json:"issues"` // oldest first
}

type issueState struct {
	Key         string         `json:"key"`
	Summary     string         `json:"summary"`
	Status      string         `json:"status"`
	Type        string         `json:"type"`
	Priority    string         `json:"priority"`
	Description string         `json:"description"`
	Assignee    string         `json:"assignee"` // an email address, or ""
	Due         string         `json:"due"`      // 2006-01-02, or ""
	Labels      []string       `json:"labels"`
	URL         string         `json:"url"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
	Links       []linkState    `json:"links"`
	Comments    []commentState `json:"comments"`
}

type linkState struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

type commentState struct {
	At   time.Time `json:"at"`
	Body string    `json:"body"`
}

type mailboxState struct {
	Messages []mailState `json:"messages"` // oldest first, repetitions among them
}

type mailState struct {
	ID         string    `json:"id"` // the Message-ID, the same on every repetition
	To         []string  `json:"to"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	ReceivedAt time.Time `json:"received_at"`
}

type webhookState struct {
	Deliveries []deliveryState `json:"deliveries"` // oldest first, one of each key
}

type deliveryState struct {
	Key        string          `json:"key"`
	Body       json.RawMessage `json:"body"`
	ReceivedAt time.Time       `json:"received_at"`
}

type prometheusState struct {
	Queries []queryState `json:"queries"` // the latest first
}

type queryState struct {
	Query   string     `json:"query"`
	Value   *float64   `json:"value"` // what a person has set; null for a sample
	AskedAt *time.Time `json:"asked_at,omitempty"`

	now  float64 // what it gives now
	line string  // what it gave lately, drawn
}

// readState reads everything at one moment.
func (s *Sandbox) readState(ctx context.Context) (state, error) {
	all := state{
		Slack:     slackState{Channels: []channelState{}, Users: []userState{}, DirectMessages: []channelState{}, Views: []viewState{}},
		PagerDuty: pagerDutyState{Incidents: []incidentState{}},
		Jira:      jiraState{Issues: []issueState{}},
		Mail:      mailboxState{Messages: []mailState{}},
		Webhook:   webhookState{Deliveries: []deliveryState{}},

		Prometheus: prometheusState{Queries: []queryState{}},
	}
	for _, p := range responders {
		all.Slack.Users = append(all.Slack.Users, userState{ID: p.slackID, Name: p.name, Email: p.email})
	}
	all.Slack.Users = append(all.Slack.Users, userState{ID: slackBotUserID, Name: "Muster"})

	all.Slack.Connections = s.slack.sockets.count()
	err := s.db.transact(ctx, func(tx *sql.Tx) error {
		if err := s.readSlack(ctx, tx, &all.Slack); err != nil {
			return err
		}
		incidents, err := collect(ctx, tx, scanIncident, selectIncidents+` ORDER BY number`)
		if err != nil {
			return err
		}
		for _, incident := range incidents {
			one, err := s.incidentState(ctx, tx, incident)
			if err != nil {
				return err
			}
			all.PagerDuty.Incidents = append(all.PagerDuty.Incidents, one)
		}
		issues, err := collect(ctx, tx, scanIssue, selectIssues+` ORDER BY id`)
		if err != nil {
			return err
		}
		for _, issue := range issues {
			one, err := s.issueState(ctx, tx, issue)
			if err != nil {
				return err
			}
			all.Jira.Issues = append(all.Jira.Issues, one)
		}
		mails, err := collect(ctx, tx, scanMail, `SELECT message_id, recipients, subject, text, received_at FROM mail_messages ORDER BY number`)
		if err != nil {
			return err
		}
		all.Mail.Messages = append(all.Mail.Messages, mails...)
		deliveries, err := collect(ctx, tx, scanDelivery, `SELECT key, body, received_at FROM webhook_deliveries ORDER BY number`)
		if err != nil {
			return err
		}
		all.Webhook.Deliveries = append(all.Webhook.Deliveries, deliveries...)
		all.Prometheus.Queries, err = s.queryStates(ctx, tx)
		return err
	})
	return all, err
}

func (s *Sandbox) incidentState(ctx context.Context, tx *sql.Tx, i pagerDutyIncident) (incidentState, error) {
	one := incidentState{
		ID: i.id(), Number: i.number, DedupKey: i.dedupKey, Title: i.title, Status: i.status, Urgency: i.urgency,
		Service: i.serviceID, URL: s.address("#" + i.id()), CreatedAt: timeOf(i.createdAt), Priority: i.priority, Log: []logState{},
	}
	for _, p := range s.assigned(i) {
		one.AssignedTo = append(one.AssignedTo, p.email)
	}
	one.Assignee = one.AssignedTo[0]
	responders, err := respondersOf(ctx, tx, i.number)
	if err != nil {
		return one, err
	}
	for _, r := range responders {
		one.Responders = append(one.Responders, responderState{Person: r.person, State: r.state})
	}
	if i.resolvedAt > 0 {
		resolved := timeOf(i.resolvedAt)
		one.ResolvedAt = &resolved
	}
	if err := json.Unmarshal([]byte(i.detail), &one.Details); err != nil {
		return one, err
	}
	entries, err := incidentLog(ctx, tx, i.number)
	for _, e := range entries {
		one.Log = append(one.Log, logState{At: timeOf(e.at), Kind: e.kind, Actor: e.actor, Text: e.text})
	}
	return one, err
}

func (s *Sandbox) issueState(ctx context.Context, tx *sql.Tx, i jiraIssue) (issueState, error) {
	one := issueState{
		Key: i.key(), Summary: i.summary, Status: i.status, Type: i.issueType, Priority: i.priority, Description: i.description,
		Due: i.due, Labels: i.labelList(), URL: s.address("/jira/browse/" + i.key()),
		CreatedAt: timeOf(i.createdAt), UpdatedAt: timeOf(i.updatedAt), Links: []linkState{}, Comments: []commentState{},
	}
	if p, ok := assignable(i.assignee); ok {
		one.Assignee = p.email
	}
	links, err := remoteLinks(ctx, tx, i.id)
	if err != nil {
		return one, err
	}
	for _, link := range links {
		one.Links = append(one.Links, linkState{Title: link.Object.Title, URL: link.Object.URL})
	}
	comments, err := issueComments(ctx, tx, i.id)
	for _, c := range comments {
		one.Comments = append(one.Comments, commentState{At: timeOf(c.createdAt), Body: c.body})
	}
	return one, err
}

// serveState serves GET /sandbox/state.
func (s *Sandbox) serveState(w http.ResponseWriter, r *http.Request) {
	all, err := s.readState(context.WithoutCancel(r.Context()))
	if err != nil {
		s.log.ErrorContext(r.Context(), "sandbox: the state cannot be read", "error", err)
		writeProblem(w, http.StatusInternalServerError, "The state cannot be read; the log says why.")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, all)
}
