package doctor_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/config"
	"muster/integrations"
	"muster/integrations/sandbox"
	"muster/integrations/slack"
	"muster/internal/doctor"
	"muster/playbooks"
	"muster/store"
)

const (
	version = "1.2.3"
	// responder is one of the sandbox's people.
	responder = "responder-one@example.com"
)

// installation is something to examine: settings, and a server that answers as Muster and
// plays the vendors.
type installation struct {
	t       *testing.T
	options doctor.Options
	// environment holds the variables that are set.
	environment map[string]string
	catalogue   string
	mux         *http.ServeMux
	url         string
	box         *sandbox.Sandbox
	// answering is the installation that answers at the address.
	answering string
}

// newInstallation is one with nothing but its own address: no vendor is connected.
func newInstallation(t *testing.T) *installation {
	t.Helper()
	i := &installation{t: t, environment: map[string]string{}, mux: http.NewServeMux()}
	server := httptest.NewServer(i.mux)
	t.Cleanup(server.Close)
	i.url = server.URL
	i.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"ok","version":"` + version + `","installation":"` + i.answering + `"}`)) // a client that left is no error of ours
	})
	i.catalogue = filepath.Join("testdata", "muster.yaml")
	i.options = doctor.Options{
		Settings: config.Settings{
			HTTP: config.HTTP{Listen: "127.0.0.1:8080", PublicURL: server.URL}, Storage: config.Storage{DataDir: t.TempDir()},
			CatalogueFile: config.CatalogueFile{CataloguePath: i.catalogue},
			Heartbeat:     config.Heartbeat{Every: time.Minute},
		},
		Variables: []string{"MUSTER_CONFIG", "MUSTER_SLACK_TOKEN"},
		Environment: func(name string) (string, bool) {
			value, ok := i.environment[name]
			return value, ok
		},
		LoadCatalogue: func() (*config.Catalogue, playbooks.Library, error) {
			catalogue, err := i.options.Settings.Catalogue()
			if err != nil {
				return nil, nil, err
			}
			library, err := playbooks.BuiltIn()
			// One is enough: reports are not to change with the library.
			return catalogue, playbooks.Library{playbooks.Default: library[playbooks.Default]}, err
		},
		Version: version,
	}
	return i
}

// vendors are the settings of the vendors, to change.
func (i *installation) vendors() *config.Vendors { return &i.options.Settings.Vendors }

// connect connects every vendor, played by the sandbox, a database and a Temporal.
func (i *installation) connect() *installation {
	i.t.Helper()
	box, err := sandbox.Open(i.t.Context(), sandbox.Options{
		Path: ":memory:", PublicURL: i.url, SlackChannels: []string{"team-storefront", "team-payments"}, JiraProjects: []string{"SHOP", "PAY"},
		PagerDutyServices:   []sandbox.Service{{ID: "PCHKOUT", Name: "Checkout"}, {ID: "PSEARCH", Name: "Search"}, {ID: "PPAYMNT", Name: "Payments"}},
		PagerDutyTeams:      []sandbox.Team{{Name: "Storefront", PolicyID: "PSTRPOL", ScheduleID: "PSTRSCH"}},
		PagerDutyWebhookURL: i.url + "/webhooks/pagerduty",
	})
	require.NoError(i.t, err)
	i.t.Cleanup(func() { require.NoError(i.t, box.Close()) })
	i.mux.Handle("/sandbox/", box)
	i.box = box
	*i.vendors() = config.Vendors{
		Slack: config.Slack{Token: config.NewSecret("xoxb-sample"), SigningSecret: config.NewSecret("sample-signing"), APIURL: box.SlackURL()},
		PagerDuty: config.PagerDutyAPI{
			Token: config.NewSecret("sample-key"), From: responder, APIURL: box.PagerDutyURL(), EventsURL: box.PagerDutyEventsURL(),
			WebhookSecret: config.NewSecret("sample-pager-secret"),
		},
		Jira: config.JiraAPI{
			URL: box.JiraURL(), User: responder, Token: config.NewSecret("sample-api-token"), WebhookSecret: config.NewSecret("sample-webhook-secret"),
		},
		Mail:         config.Mail{URL: config.NewSecret(box.SMTPURL()), From: "muster@example.com"},
		Webhook:      config.Webhook{URL: config.NewSecret(box.WebhookURL()), Secret: config.NewSecret("sample-fallback-secret")},
		Prometheus:   config.Prometheus{URL: box.PrometheusURL()},
		Alertmanager: config.Alertmanager{Token: config.NewSecret("sample-alertmanager")},
	}
	i.hearSlack("sample-signing")
	i.options.Settings.Heartbeat.URL = config.NewSecret(i.url + "/heartbeat")
	i.options.Temporal = doctor.Temporal{Options: client.Options{HostPort: newTemporal().start(i.t), Namespace: "muster"}}
	db, err := store.Open(i.t.Context(), store.Options{Path: filepath.Join(i.options.Settings.DataDir, "muster.db"), Migrate: true})
	require.NoError(i.t, err)
	require.NoError(i.t, db.Close())
	return i
}

// hearSlack has the Muster at the address take what is signed with one of these secrets.
func (i *installation) hearSlack(secrets ...integrations.Secret) {
	in := slack.NewInbound(slack.InboundOptions{SigningSecrets: secrets})
	i.mux.HandleFunc("POST "+slack.DeliveryPath, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply, err := in.Receive(r.Context(), r.Header, body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(reply.Body) // a client that left is no error of ours
	})
}

// set sets an environment variable.
func (i *installation) set(name, value string) {
	i.environment[name] = value
	i.options.Set = append(i.options.Set, name)
}

// write makes a file in a folder of its own.
func (i *installation) write(name, content string, mode os.FileMode) (path string) {
	i.t.Helper()
	path = filepath.Join(i.t.TempDir(), name)
	require.NoError(i.t, os.WriteFile(path, []byte(content), mode))
	require.NoError(i.t, os.Chmod(path, mode), "whatever the umask")
	return path
}

// examine examines some areas, or all.
func (i *installation) examine(only ...string) doctor.Report {
	i.t.Helper()
	i.options.Only = only
	// The variables may have been set after the options were made.
	slices.Sort(i.options.Set)
	return doctor.Examine(i.t.Context(), i.options)
}

// requireFinding fails the test unless the report has a finding with the status that says
// both.
func requireFinding(t *testing.T, report doctor.Report, status doctor.Status, text, mend string) {
	t.Helper()
	for _, section := range report.Sections {
		for _, finding := range section.Findings {
			if finding.Status == status && strings.Contains(finding.Text, text) && strings.Contains(finding.Mend, mend) {
				return
			}
		}
	}
	t.Fatalf("no %s says %q and to mend %q:\n%s", status, text, mend, printed(t, report))
}

// printed is a report as people read it.
func printed(t *testing.T, report doctor.Report) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, doctor.Print(&text, report, nil))
	return text.String()
}

// sampleCatalogue is the sample, without a folder.
func sampleCatalogue() (*config.Catalogue, playbooks.Library, error) {
	library, err := playbooks.BuiltIn()
	return config.Sample(), library, err
}
