package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Service is a PagerDuty service that the sandbox pretends to have. It comes with an
// escalation policy, two people on call and an Events API integration, all derived from
// its ID and place in the list, so that they stay the same across restarts.
type Service struct {
	ID   string // as in PagerDuty's URLs, for example PCHECKOUT
	Name string // for people, for example Checkout
}

// Team is a team that PagerDuty knows by an escalation policy, by a schedule, or by both. It
// comes with two people, the first of whom is on call by the schedule too.
type Team struct {
	Name string // for people, for example Payments
	// PolicyID and ScheduleID are as in PagerDuty's URLs. A team that has a schedule only gets
	// a policy with an id of the sandbox's own: in PagerDuty nobody is on call without one.
	PolicyID, ScheduleID string
}

// Options say what the sandbox pretends to be. Path and PublicURL are required.
type Options struct {
	// Path is the SQLite file that holds the state; its folder must exist. ":memory:"
	// keeps the state in memory, until Close.
	Path string
	// PublicURL is the scheme and host under which browsers reach the server that mounts
	// the sandbox at /sandbox, for example http://127.0.0.1:8080. Permalinks and the
	// vendors' html_url fields start with it.
	PublicURL string

	// JiraWebhookURL receives jira:issue_updated when a ticket moves. Empty: none is sent.
	JiraWebhookURL string
	// JiraWebhookSecret keys the HMAC in the webhook's X-Hub-Signature header. Empty: the
	// header is left out.
	JiraWebhookSecret string

	// PagerDutyWebhookURL receives PagerDuty's webhooks of version 3. Empty: none are sent.
	PagerDutyWebhookURL string
	// PagerDutyWebhookSecret keys the signature of those webhooks. Empty: they are not signed.
	PagerDutyWebhookSecret string
	// PagerDutyPriorities are the names of the account's priorities, the most important first.
	// Nil: P1 to P5, which PagerDuty begins with.
	PagerDutyPriorities []string
	// PagerDutyServices are the services that can be paged.
	PagerDutyServices []Service
	// PagerDutyTeams have escalation policies and schedules of their own, beside those of the
	// services.
	PagerDutyTeams []Team
	// SlackChannels are channels that people made, by name or id. They take messages; the
	// page and the state show them once Muster has said something there.
	SlackChannels []string
	// SlackRequestURL is where Muster takes what people do in Slack: commands, interactions
	// and events alike. Empty: nothing is delivered, and people can only talk.
	SlackRequestURL string
	// SlackSigningSecret keys the signature of those deliveries. Required with SlackRequestURL.
	SlackSigningSecret string
	// SlackManifest is the manifest of Muster's app, in JSON: its command, its shortcuts, its
	// scopes and the events that it is told of. Nil: an app that may do what Muster
	// does, and hears everything.
	SlackManifest []byte
	// SlackCommand is the app's slash command where there is no manifest. Empty: /incident.
	SlackCommand string
	// SlackRetryPauses are how long an event that was not taken waits before it is sent again.
	// Nil: Slack's own, which are none, a minute and five minutes.
	SlackRetryPauses []time.Duration

	// JiraProjects are the keys of the projects that take tickets, for example CHECKOUT.
	JiraProjects []string

	// Logger is told of webhooks that failed and of the sandbox's own errors. Nil:
	// [slog.Default].
	Logger *slog.Logger
	// Clock gives the time of every message, page and ticket. Nil: [time.Now].
	Clock func() time.Time
	// Seed fixes which requests a fault with a rate below 1 hits. Zero: a new seed each time.
	Seed uint64
}

// projectKey is Jira's default pattern for project keys.
var projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

// Sandbox is the handler. Its methods may be called from any number of goroutines.
type Sandbox struct {
	options  Options
	db       database
	log      *slog.Logger
	faults   *faults
	mail     *mailServer
	webhooks *webhookSender
	slack    *slackSender
	app      slackApp
	rates    *slackRates
	pages    *pagerDutySender
	mux      *http.ServeMux
}

// Open opens the state at options.Path, creating it where there is none, and returns the
// handler. The error names the option to mend, or the file that cannot be used. Close the
// sandbox when the server that mounts it has stopped.
func Open(ctx context.Context, options Options) (*Sandbox, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	options.PublicURL = strings.TrimRight(options.PublicURL, "/")
	options.PagerDutyServices = slices.Clone(options.PagerDutyServices)
	options.PagerDutyTeams = slices.Clone(options.PagerDutyTeams)
	options.JiraProjects = slices.Clone(options.JiraProjects)
	if options.SlackRetryPauses == nil {
		options.SlackRetryPauses = slackRetryPauses
	}
	options.PagerDutyPriorities = slices.Clone(options.PagerDutyPriorities)
	if options.PagerDutyPriorities == nil {
		options.PagerDutyPriorities = []string{"P1", "P2", "P3", "P4", "P5"}
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	app, err := options.installed()
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, options.Path)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{
		options:  options,
		db:       db,
		log:      options.Logger,
		app:      app,
		faults:   newFaults(options.Seed),
		rates:    newSlackRates(),
		webhooks: newWebhookSender(options.JiraWebhookURL, options.JiraWebhookSecret, options.Logger),
	}
	s.slack = newSlackSender(options, db)
	s.pages = newPagerDutySender(options, db)
	s.mux = s.routes()
	err = errors.Join(s.addStandingChannels(ctx), s.startMail(ctx))
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (o Options) validate() error {
	var errs []error
	if o.Path == "" {
		errs = append(errs, errors.New("sandbox: Path is empty: name the SQLite file for the state"))
	}
	if err := checkURL(o.PublicURL); err != nil {
		errs = append(errs, fmt.Errorf("sandbox: PublicURL %w", err))
	}
	if o.JiraWebhookURL != "" {
		if err := checkURL(o.JiraWebhookURL); err != nil {
			errs = append(errs, fmt.Errorf("sandbox: JiraWebhookURL %w", err))
		}
	}
	if o.PagerDutyWebhookURL != "" {
		if err := checkURL(o.PagerDutyWebhookURL); err != nil {
			errs = append(errs, fmt.Errorf("sandbox: PagerDutyWebhookURL %w", err))
		}
	}
	if o.SlackRequestURL != "" {
		if err := checkURL(o.SlackRequestURL); err != nil {
			errs = append(errs, fmt.Errorf("sandbox: SlackRequestURL %w", err))
		}
		if o.SlackSigningSecret == "" {
			errs = append(errs, errors.New("sandbox: SlackSigningSecret is empty: deliveries to SlackRequestURL must be signed"))
		}
	}
	if _, err := o.installed(); err != nil {
		errs = append(errs, err)
	}
	seen := map[string]bool{}
	for i, service := range o.PagerDutyServices {
		if service.ID == "" || service.Name == "" {
			errs = append(errs, fmt.Errorf("sandbox: PagerDutyServices[%d] needs an ID and a Name", i))
		} else if seen[service.ID] {
			errs = append(errs, fmt.Errorf("sandbox: PagerDutyServices[%d] repeats the ID %s", i, service.ID))
		}
		seen[service.ID] = true
	}
	for i, team := range o.PagerDutyTeams {
		if team.Name == "" || team.PolicyID == "" && team.ScheduleID == "" {
			errs = append(errs, fmt.Errorf("sandbox: PagerDutyTeams[%d] needs a Name, and a PolicyID or a ScheduleID", i))
		}
		for _, id := range []string{team.PolicyID, team.ScheduleID} {
			if id != "" && seen[id] {
				errs = append(errs, fmt.Errorf("sandbox: PagerDutyTeams[%d] repeats the ID %s", i, id))
			}
			seen[id] = true
		}
	}
	seen = map[string]bool{}
	for i, key := range o.JiraProjects {
		if !projectKey.MatchString(key) {
			errs = append(errs, fmt.Errorf("sandbox: JiraProjects[%d] is %q: a key is two or more capital letters, digits or underscores and begins with a letter", i, key))
		} else if seen[key] {
			errs = append(errs, fmt.Errorf("sandbox: JiraProjects[%d] repeats the key %s", i, key))
		}
		seen[key] = true
	}
	return errors.Join(errs...)
}

// checkURL leaves the value out of its errors: a webhook's address may carry a token.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("must be an absolute http or https address")
	}
	return nil
}

func (s *Sandbox) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sandbox", s.servePage)
	mux.Handle("GET /sandbox/{$}", http.RedirectHandler("/sandbox", http.StatusPermanentRedirect))
	mux.HandleFunc("GET /sandbox/state", s.serveState)
	mux.Handle("POST /sandbox/faults", sameOrigin(s.setFault))
	mux.Handle("POST /sandbox/jira/issues/{key}/status", sameOrigin(s.moveIssue))

	mux.Handle("/sandbox/slack/api/{method}", s.misbehaving(vendorSlack, s.slackAPI()))
	mux.Handle("POST /sandbox/slack/hooks/"+slackTeamID+"/{token}", s.misbehaving(vendorSlack, http.HandlerFunc(s.takeResponse)))
	mux.Handle("POST /sandbox/slack/people/{user}/{act}", sameOrigin(s.doInSlack))
	mux.HandleFunc("GET /sandbox/slack/link", s.serveSocket)
	mux.Handle("POST /sandbox/slack/disconnect", sameOrigin(s.disconnectSlack))
	mux.HandleFunc("GET /sandbox/revision", s.serveRevision)
	mux.HandleFunc("GET /sandbox/slack/archives/{channel}", s.redirectToChannel)
	mux.HandleFunc("GET /sandbox/slack/archives/{channel}/{message}", s.redirectToChannel)

	for act, do := range s.pageActs() {
		mux.Handle("POST /sandbox/pagerduty/incidents/{id}/"+act, sameOrigin(s.doInPagerDuty(do)))
	}
	mux.Handle("/sandbox/pagerduty/", http.StripPrefix("/sandbox/pagerduty", s.misbehaving(vendorPagerDuty, s.pagerDutyAPI())))

	mux.Handle("/sandbox/jira/rest/", http.StripPrefix("/sandbox/jira", s.misbehaving(vendorJira, s.jiraAPI())))
	mux.HandleFunc("GET /sandbox/jira/browse/{key}", s.redirectToIssue)

	mux.Handle("POST /sandbox/prometheus/value", sameOrigin(s.setMetric))
	mux.Handle("/sandbox/prometheus/", http.StripPrefix("/sandbox/prometheus", s.misbehaving(vendorPrometheus, s.prometheusAPI())))

	mux.Handle("POST /sandbox/webhook", s.misbehaving(vendorWebhook, http.HandlerFunc(s.takeNotice)))
	return mux
}

// ServeHTTP serves the page, its controls and the vendors' APIs. Paths keep their
// /sandbox prefix.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close waits for the webhooks that are still to be delivered, at most five seconds, and
// closes the state. Slack's events that were not taken are delivered after the next start. Stop the server that mounts the sandbox first. Calling it again does nothing.
func (s *Sandbox) Close() error {
	s.webhooks.close()
	s.slack.close()
	s.pages.close()
	var err error
	if s.mail != nil {
		err = s.mail.close()
	}
	return errors.Join(err, s.db.Close())
}

// SlackURL is the base address for slack-go's OptionAPIURL; it ends in a slash, as that
// option requires.
func (s *Sandbox) SlackURL() string { return s.address("/slack/api/") }

// PagerDutyURL is the base address of PagerDuty's REST API, for go-pagerduty's
// WithAPIEndpoint.
func (s *Sandbox) PagerDutyURL() string { return s.address("/pagerduty") }

// PagerDutyEventsURL is the base address of PagerDuty's Events API, for go-pagerduty's
// WithV2EventsAPIEndpoint, which appends /v2/enqueue.
func (s *Sandbox) PagerDutyEventsURL() string { return s.address("/pagerduty/events") }

// JiraURL is the address of the Jira site, for go-jira's NewClient. Tickets open in a
// browser at JiraURL()/browse/KEY, as on a real site.
func (s *Sandbox) JiraURL() string { return s.address("/jira") }

func (s *Sandbox) address(path string) string { return s.options.PublicURL + "/sandbox" + path }

func (s *Sandbox) now() time.Time { return s.options.Clock().UTC() }
