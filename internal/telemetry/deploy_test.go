package telemetry_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
)

const (
	rulesFile     = "../../deploy/prometheus/muster.rules.yml"
	dashboardFile = "../../deploy/grafana/muster.json"
	docsFolder    = "../../docs"
)

// rule is one alert of the rules.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	var all []rule
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

// variables are those of the dashboard, by a value that they may have.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$__range", "3h", "$job", "muster-server|muster-worker")

// queries are the PromQL expressions of the dashboard.
func queries(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var dashboard any
	require.NoError(t, json.Unmarshal(text, &dashboard))
	var found []string
	var search func(any)
	search = func(node any) {
		switch n := node.(type) {
		case []any:
			for _, child := range n {
				search(child)
			}
		case map[string]any:
			if expr, ok := n["expr"].(string); ok {
				found = append(found, variables.Replace(expr))
			}
			for _, child := range n {
				search(child)
			}
		}
	}
	search(dashboard)
	slices.Sort(found)
	require.NotEmpty(t, found)
	return found
}

// temporalMetrics are the metrics that Temporal's SDK knows, by its source, as Prometheus
// names them.
func temporalMetrics(t *testing.T) map[string]bool {
	t.Helper()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.temporal.io/sdk").Output()
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "internal/common/metrics/constants.go"))
	require.NoError(t, err)
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:TemporalMetricsPrefix|(TemporalRequest|TemporalLongRequest)) \+ "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		name := "temporal_" + map[string]string{"TemporalRequest": "request", "TemporalLongRequest": "long_request"}[m[1]] + m[2]
		if strings.HasSuffix(name, "_latency") {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				known[name+"_seconds"+part] = true
			}
			continue
		}
		known[name], known[name+"_total"] = true, true
	}
	require.True(t, known["temporal_request_latency_seconds_bucket"])
	return known
}

var (
	metricName = regexp.MustCompile(`\b(?:muster|temporal|process|go)_[a-z_]+\b`)
	// selector is a metric with its matchers, none of whose values has a brace.
	selector = regexp.MustCompile(`\b(muster_[a-z_]+)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`([a-z_]+)(=~|!=|!~|=)"([^"]*)"`)
	plain    = regexp.MustCompile(`^[\w./: -]+$`)
)

// family finds the metric that a name in an expression belongs to.
func family(families map[string]*dto.MetricFamily, name string) *dto.MetricFamily {
	for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
		if f := families[strings.TrimSuffix(name, suffix)]; f != nil && (suffix == "" || f.GetType() == dto.MetricType_HISTOGRAM) {
			return f
		}
	}
	return nil
}

// values are those that a metric's labels have.
func values(f *dto.MetricFamily) map[string]map[string]bool {
	found := map[string]map[string]bool{}
	for _, metric := range f.GetMetric() {
		for _, label := range metric.GetLabel() {
			if found[label.GetName()] == nil {
				found[label.GetName()] = map[string]bool{}
			}
			found[label.GetName()][label.GetValue()] = true
		}
	}
	return found
}

func TestRulesAndDashboardAskForWhatIsMeasured(t *testing.T) {
	t.Parallel()
	families, temporal := whole(t).gathered(), temporalMetrics(t)
	expressions := queries(t)
	for _, r := range rules(t) {
		expressions = append(expressions, r.Expr)
	}
	for _, expr := range expressions {
		for _, name := range metricName.FindAllString(expr, -1) {
			known := family(families, name) != nil || temporal[name]
			require.True(t, known, "nobody measures %s:\n%s", name, expr)
		}
		for _, s := range selector.FindAllStringSubmatch(expr, -1) {
			labels := values(family(families, s[1]))
			for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
				if m[1] == "job" || m[1] == "instance" || m[1] == "le" {
					continue
				}
				require.Contains(t, labels, m[1], "%s has no such label:\n%s", s[1], expr)
				for value := range strings.SplitSeq(m[3], "|") {
					if plain.MatchString(value) {
						require.Contains(t, labels[m[1]], value, "%s is never %s:\n%s", m[1], value, expr)
					}
				}
			}
		}
	}
}

func TestEachAlertSaysWhatItMeansAndWhatToDo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(docsFolder, "telemetry.md"))
	require.NoError(t, err)
	described := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#### (Muster\w+)$`).FindAllStringSubmatch(string(text), -1) {
		described[m[1]] = true
	}
	for _, r := range rules(t) {
		require.True(t, described[r.Alert], "docs/telemetry.md does not say what to do about %s", r.Alert)
		delete(described, r.Alert)
		require.Equal(t, "docs/telemetry.md#"+strings.ToLower(r.Alert), r.Annotations["runbook_url"])
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.NotEmpty(t, r.Annotations["description"], r.Alert)
		require.Contains(t, []string{"critical", "warning", "info"}, r.Labels["severity"], r.Alert)
		section := regexp.MustCompile(`(?s)\n#### ` + r.Alert + "\n\n(\\w+)").FindSubmatch(text)
		require.NotNil(t, section, r.Alert)
		require.Equal(t, r.Labels["severity"], strings.ToLower(string(section[1])), "docs/telemetry.md has another severity for %s", r.Alert)
	}
	require.Empty(t, described, "docs/telemetry.md describes alerts that there are not")
}

func TestEveryMetricIsDocumentedWithItsLabels(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(docsFolder, "telemetry.md"))
	require.NoError(t, err)
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(muster_[a-z_]+)` \\|(.*)$").FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = m[2]
	}
	for name, f := range whole(t).gathered() {
		if !strings.HasPrefix(name, "muster_") {
			continue
		}
		row, ok := rows[name]
		require.True(t, ok, "docs/telemetry.md has no row about %s", name)
		delete(rows, name)
		require.Contains(t, row, strings.ToLower(f.GetType().String()), "%s is of another type", name)
		for label := range values(f) {
			require.Contains(t, row, "`"+label+"`", "docs/telemetry.md leaves out a label of %s", name)
		}
	}
	require.Empty(t, slices.Collect(maps.Keys(rows)), "docs/telemetry.md describes metrics that there are not")
}

func TestTheDashboardFitsAnyGrafana(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var dashboard struct {
		UID        string `json:"uid"`
		Templating struct {
			List []struct {
				Name, Type string
			}
		}
		Panels []struct {
			ID                       int
			Type, Title, Description string
			GridPos                  struct{ X, Y, W, H int }
			Datasource               struct{ UID string }
			Targets                  []struct{ Datasource struct{ UID string } }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	require.Equal(t, "datasource", dashboard.Templating.List[0].Type)
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range dashboard.Panels {
		require.False(t, ids[p.ID], "two panels have the number %d", p.ID)
		ids[p.ID] = true
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "%s overlaps", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Description, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		require.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		for _, target := range p.Targets {
			require.Equal(t, "${datasource}", target.Datasource.UID, p.Title)
		}
	}
}
