package doctor

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"muster/config"
	"muster/incident"
	"muster/integrations"
	"muster/playbooks"
	"muster/store"
)

const (
	// DefaultLimit is how long an area is examined at most where it has no limit of its own.
	// It is more than one request to a vendor may take.
	DefaultLimit = integrations.RequestTimeout + 10*time.Second
	// manyServicesLimit is for areas that ask about each service of the catalogue, at the
	// pace that the vendor allows.
	manyServicesLimit = 90 * time.Second
	// patience is how much longer than its limit an area is waited for, to say in its own
	// words what took so long.
	patience = 2 * time.Second
	// atOnce is how many areas are examined at a time.
	atOnce = 6
)

// Options say what to examine.
type Options struct {
	Settings config.Settings
	// SettingProblems are what is wrong with the settings themselves. They are reported in
	// the area that they belong to.
	SettingProblems config.Problems
	// Variables are the names of all environment variables that Muster knows, Environment
	// looks one up, and Set are the names of those that are set. An unknown variable whose
	// name begins with MUSTER_ is reported.
	Variables   []string
	Set         []string
	Environment config.Lookup

	// LoadCatalogue reads the catalogue and the playbooks.
	LoadCatalogue func() (*config.Catalogue, playbooks.Library, error)
	Temporal      Temporal
	// Pulse asks whether a worker takes work; its error says why not, for everybody. Nil does
	// not ask.
	Pulse func(ctx context.Context, temporal client.Client, namespace string) error

	// Behind returns an incident that Temporal knows and that the database has not numbered
	// yet, or an empty id. Nil does not look.
	Behind func(ctx context.Context, temporal client.Client, db *store.Store) (incident.ID, error)

	// Only names the areas to examine; empty means all.
	Only []string
	// Version of Muster.
	Version string
	// HTTPClient carries the requests to vendors and to Muster itself. Nil means a client of
	// its own.
	HTTPClient *http.Client
	// Now is our clock. Nil means [time.Now].
	Now func() time.Time
	// Limit bounds the examination of each area; 0 leaves it to the area.
	Limit time.Duration
}

// Area is one of the things that are examined.
type Area struct {
	// Name is what [Options.Only] takes.
	Name string
	// Needs says what the examination needs, and what it does.
	Needs string
}

// area is an Area with its examination.
type area struct {
	Area
	limit   time.Duration
	examine func(*examination, context.Context, *notes)
}

// areas are in the order of the report.
var areas = []area{
	{Area: Area{"settings", "reads muster.yaml, the playbooks, the environment, and the permissions of the files that hold secrets"}, examine: (*examination).settings},
	{Area: Area{"database", "connects as Muster does, reads what the server says of itself, and proves by one small write that writing works; makes and migrates nothing"}, examine: (*examination).database},
	{Area: Area{"temporal", "connects as Muster does, describes the namespace and the task queues, and looks for incidents that the database has lost; starts no workflow"}, examine: (*examination).temporal},
	{Area: Area{"slack", "auth.test, conversations.list and conversations.info, for which the scope channels:read is enough, and apps.connections.open with an app token; asks MUSTER_PUBLIC_URL/webhooks/slack what Slack asks an address; posts nothing"}, examine: (*examination).slack},
	{Area: Area{"pagerduty", "reads abilities, users, services and on-calls, for which a read-only key is enough; sends no event"}, limit: manyServicesLimit, examine: (*examination).pagerDuty},
	{Area: Area{"jira", "reads the account, the projects and the account's permissions in them; files nothing"}, limit: manyServicesLimit, examine: (*examination).jira},
	{Area: Area{"mail", "signs in to the mail server, names sender and recipients, and takes them back; sends no mail"}, examine: (*examination).mail},
	{Area: Area{"webhook", "connects to the host of the fallback webhook and checks its certificate; posts nothing"}, examine: (*examination).webhook},
	{Area: Area{"prometheus", "asks for the value of vector(1)"}, examine: (*examination).prometheus},
	{Area: Area{"clock", "reads the header Date of the vendors that are connected"}, examine: (*examination).clock},
	{Area: Area{"address", "asks MUSTER_PUBLIC_URL/healthz, from this machine, and compares the installation with that of the database"}, examine: (*examination).address},
	{Area: Area{"heartbeat", "connects to the host of the heartbeat and checks its certificate; does not call it, since a call says that all is well"}, examine: (*examination).heartbeat},
}

// Areas returns what can be examined, in the order of the report.
func Areas() []Area {
	list := make([]Area, len(areas))
	for i, a := range areas {
		list[i] = a.Area
	}
	return list
}

// Examine examines an installation. It may be repeated, and be run beside a Muster that is
// working. It returns when every area was examined or ran out of time, or when ctx ends;
// names in Only that are no area's are passed over.
func Examine(ctx context.Context, o Options) Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{}
	}
	e := &examination{Options: o, redact: redactor(o)}
	e.catalogue, e.library, e.catalogueErr = o.LoadCatalogue()
	chosen := slices.DeleteFunc(slices.Clone(areas), func(a area) bool {
		return len(o.Only) > 0 && !slices.Contains(o.Only, a.Name)
	})
	report := Report{Version: o.Version, CheckedAt: o.Now().UTC(), Sections: make([]Section, len(chosen))}
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, a := range chosen {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			report.Sections[i] = Section{Area: a.Name, Needs: a.Needs, Findings: e.examine(ctx, a)}
		})
	}
	all.Wait()
	report.Healthy = report.Count(Problem) == 0
	return report
}

// examination is what the areas have in common.
type examination struct {
	Options
	redact func(string) string

	// catalogue and library are nil where catalogueErr is not.
	catalogue    *config.Catalogue
	library      playbooks.Library
	catalogueErr error
}

// examine examines one area. It comes back after the area's limit even from what cannot be
// interrupted, such as a disk that hangs.
func (e *examination) examine(ctx context.Context, a area) []Finding {
	limit := cmp.Or(e.Limit, a.limit, DefaultLimit)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	n := &notes{redact: e.redact}
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.settingProblems(n, a.Name)
		a.examine(e, ctx, n)
	}()
	timer := time.NewTimer(limit + patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		n.wrong("the examination did not come to its end within %s", limit).
			mend("look for what hangs: a disk, a name server, a firewall that drops what it does not like")
	}
	return n.close()
}

// areaOf are the beginnings of variables by area; the others belong to the settings.
var areaOf = []struct{ prefix, area string }{
	{"MUSTER_SLACK_", "slack"}, {"MUSTER_PAGERDUTY_", "pagerduty"}, {"MUSTER_JIRA_", "jira"}, {"MUSTER_SMTP_", "mail"},
	{"MUSTER_FALLBACK_WEBHOOK_", "webhook"}, {"MUSTER_PROMETHEUS_", "prometheus"}, {"MUSTER_HEARTBEAT_", "heartbeat"}, {"MUSTER_DATABASE_", "database"},
	{"MUSTER_PUBLIC_URL", "address"},
}

// settingProblems reports those of the settings that belong to an area.
func (e *examination) settingProblems(n *notes, area string) {
	for _, problem := range e.SettingProblems {
		belongs := "settings"
		for _, a := range areaOf {
			if strings.HasPrefix(problem.Setting, a.prefix) {
				belongs = a.area
			}
		}
		if belongs != area {
			continue
		}
		what, mend, _ := strings.Cut(problem.Message, "; ")
		n.wrong("%s %s", problem.Setting, what).mend("%s", mend)
	}
}

// real says whether any vendor is connected that is not played by the sandbox.
func (e *examination) real() bool {
	v := e.Settings.Vendors
	return v.Slack.Token.IsSet() && !played(v.Slack.APIURL) ||
		v.PagerDuty.Token.IsSet() && !played(v.PagerDuty.APIURL) ||
		v.Jira.Token.IsSet() && !played(v.Jira.URL)
}

// played says whether the address of a vendor is one of the sandbox, below which all its
// stand-ins are.
func played(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasPrefix(u.Path, "/sandbox/")
}

// notConnected notes that a vendor has no credentials, and what that means.
func (e *examination) notConnected(n *notes, vendor string) remark {
	if e.Settings.DatabaseURL.IsSet() {
		return n.note("%s is not connected: steps that need it fail", vendor)
	}
	return n.note("%s is not connected: muster dev has its sandbox play it", vendor)
}

// services groups the services of the catalogue by what each has at a vendor, in the order
// of the catalogue; those that have nothing there are in without. It notes why there is
// nothing to examine where the catalogue cannot be read.
func (e *examination) services(n *notes, at func(config.Service) string) (groups []group, without []string) {
	if e.catalogueErr != nil {
		n.note("what muster.yaml names is not examined until the file is mended")
		return nil, nil
	}
	for _, service := range e.catalogue.Services() {
		id := at(service)
		if id == "" {
			without = append(without, service.Name)
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.id == id })
		if i < 0 {
			groups = append(groups, group{id: id})
			i = len(groups) - 1
		}
		groups[i].services = append(groups[i].services, service.Name)
	}
	return groups, without
}

// group is something at a vendor and the services of the catalogue that it is for.
type group struct {
	id       string
	services []string
}

// forServices names the services, or how many there are.
func (g group) forServices() string {
	if len(g.services) > 3 {
		return counted(len(g.services), "service")
	}
	return strings.Join(g.services, ", ")
}
