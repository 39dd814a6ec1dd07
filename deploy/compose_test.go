package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/sandbox"
)

type composeFile struct {
	Services map[string]composeService
	Configs  map[string]composeSource
	Secrets  map[string]composeSource
}

type composeService struct {
	Image       string
	Build       any
	Command     []string
	Environment map[string]string
	Ports       []string
	Volumes     []string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct{ Test []string }
	Restart     string
	StopGrace   string `yaml:"stop_grace_period"`
}

type composeSource struct{ File string }

var composeFiles = []string{"docker-compose.yml", "deploy/compose/dev.yml", "deploy/compose/catalogue.yml", "deploy/compose/vendors.yml"}

// fallbacks replaces ${NAME:-value} by the value.
func fallbacks(s string) string {
	return regexp.MustCompile(`\$\{\w+:-([^}]*)\}`).ReplaceAllString(s, "$1")
}

func TestComposeServices(t *testing.T) {
	t.Parallel()
	known := muster(t)
	for _, file := range composeFiles {
		compose := document[composeFile](t, file)
		for name, s := range compose.Services {
			where := file + ": " + name
			own := s.Build != nil
			if s.Image != "" && !own {
				pinned(t, where, s.Image)
			}
			if own {
				known.understands(t, where, s.Command)
			}
			if test := s.Healthcheck.Test; len(test) > 1 && strings.HasSuffix(test[1], "/muster") {
				known.understands(t, where+": healthcheck", test[2:])
			}
			for variable := range s.Environment {
				known.knows(t, where, variable)
			}
			for _, port := range s.Ports {
				require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s: %s is open to the world", where, port)
			}
			for other, d := range s.DependsOn {
				needed, ok := compose.Services[other]
				require.True(t, ok, "%s waits for %s, which is not there", where, other)
				switch d.Condition {
				case "service_healthy":
					require.NotEmpty(t, needed.Healthcheck.Test, "%s waits for %s to be healthy, which nobody asks", where, other)
				case "service_completed_successfully":
					require.Regexp(t, "^(no|on-failure.*)$", needed.Restart, "%s waits for %s to end, which is started again", where, other)
				}
			}
		}
	}
}

func TestComposeMountsWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, file := range composeFiles {
		compose := document[composeFile](t, file)
		exists := func(path string) {
			path = fallbacks(path)
			if strings.HasPrefix(path, "./") {
				_, err := os.Stat(filepath.Join(root, filepath.Dir(file), path))
				require.NoError(t, err, file)
			}
		}
		for _, source := range compose.Configs {
			exists(source.File)
		}
		for _, source := range compose.Secrets {
			exists(source.File)
		}
		for _, s := range compose.Services {
			for _, volume := range s.Volumes {
				exists(strings.Split(fallbacks(volume), ":")[0])
			}
		}
	}
}

func TestComposeKeepsTemporalToItself(t *testing.T) {
	t.Parallel()
	services := document[composeFile](t, "docker-compose.yml").Services
	require.Empty(t, services["temporal"].Ports, "it lets in whoever reaches it")
	require.Empty(t, services["postgres"].Ports)
}

func TestComposeRunsTheTemporalThatMusterIsTestedWith(t *testing.T) {
	t.Parallel()
	services := document[composeFile](t, "docker-compose.yml").Services
	_, server, _ := strings.Cut(services["temporal"].Image, ":")
	_, tools, _ := strings.Cut(services["temporal-schema"].Image, ":")
	require.Equal(t, server, tools, "the schema must be that of the server")
	minor := regexp.MustCompile(`^\d+\.\d+`)
	require.Equal(t, minor.FindString(moduleVersion(t, "go.temporal.io/server")), minor.FindString(server))
}

func TestComposeReachesTheSandbox(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Open(t.Context(), sandbox.Options{Path: ":memory:", PublicURL: "http://sandbox:8090"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Close()) })
	for _, name := range []string{"server", "worker"} {
		environment := document[composeFile](t, "docker-compose.yml").Services[name].Environment
		for variable, address := range map[string]string{
			"MUSTER_SLACK_API_URL": box.SlackURL(), "MUSTER_JIRA_URL": box.JiraURL(),
			"MUSTER_PAGERDUTY_API_URL": box.PagerDutyURL(), "MUSTER_PAGERDUTY_EVENTS_URL": box.PagerDutyEventsURL(),
			"MUSTER_PROMETHEUS_URL": box.PrometheusURL(),
		} {
			require.Equal(t, address, environment[variable], "%s: %s", name, variable)
		}
	}
}

func TestSampleSecretsAgree(t *testing.T) {
	t.Parallel()
	secret := func(name string) string {
		return strings.TrimSpace(read(t, "deploy/compose/secrets.sample/"+name))
	}
	require.Contains(t, secret("database_url"), "postgres://muster:"+secret("muster_password")+"@postgres:5432/muster")
	for _, name := range []string{"muster_password", "postgres_password", "temporal_password", "grafana_password"} {
		require.True(t, strings.HasPrefix(secret(name), "sample-"), "%s must be seen to be a sample", name)
	}
}
