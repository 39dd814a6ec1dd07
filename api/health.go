package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"muster/internal/health"
)

// Health says that the process answers.
type Health struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version" doc:"The version of Muster."`
	// Installation tells one Muster from another that answers at the same address by mistake.
	Installation string `json:"installation,omitempty" doc:"The id of the installation, which is that of its database." example:"cad6d1c7"`
}

// Readiness says that all the parts work that Muster needs.
type Readiness struct {
	Status string        `json:"status" enum:"ready"`
	Checks []CheckResult `json:"checks" nullable:"false"`
}

// CheckResult is how one part does.
type CheckResult struct {
	Name   string `json:"name" doc:"The part that was checked: database, inbox, dispatcher, temporal or worker; or shutdown, while Muster stops." example:"database"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty" doc:"Why it is not, in short; the log says more." example:"the oldest alert has waited for 3 minutes"`
}

type healthOutput struct {
	Body Health
}

type readinessOutput struct {
	Body Readiness
}

// health is what load balancers ask: who stops is sent nothing new.
func (s *Server) health(context.Context, *struct{}) (*healthOutput, error) {
	if s.leaving() {
		return nil, notReady(CheckResult{Name: "shutdown", Reason: "Muster is stopping"})
	}
	return &healthOutput{Health{Status: "ok", Version: s.version, Installation: s.installation}}, nil
}

// readiness asks all parts at once. What went wrong in detail is for the log, since it may
// name hosts and users. While the server leaves nobody is asked: it is about to be gone,
// whatever the parts say.
func (s *Server) readiness(ctx context.Context, _ *struct{}) (*readinessOutput, error) {
	if s.leaving() {
		return nil, notReady(CheckResult{Name: "shutdown", Reason: "Muster is stopping"})
	}
	var report health.Report
	if s.monitor != nil {
		report = s.monitor.Check(ctx)
	}
	results := checkResults(report)
	if !report.Healthy() {
		return nil, notReady(results...)
	}
	return &readinessOutput{Readiness{Status: "ready", Checks: results}}, nil
}

func checkResults(report health.Report) []CheckResult {
	results := make([]CheckResult, len(report))
	for i, part := range report {
		results[i] = CheckResult{Name: part.Name, OK: part.Healthy(), Reason: part.Reason}
	}
	return results
}

func notReady(results ...CheckResult) *Problem {
	var broken []string
	for _, result := range results {
		if !result.OK {
			broken = append(broken, result.Name+" ("+result.Reason+")")
		}
	}
	p := newProblem(http.StatusServiceUnavailable, "not ready: %s", strings.Join(broken, ", "))
	p.Checks, p.retryAfter = results, retryAfter
	return p
}

func (s *Server) registerHealth(router gin.IRouter, metrics http.Handler) {
	register(s, huma.Operation{
		OperationID: "get-health", Method: http.MethodGet, Path: "/healthz", Tags: []string{tagOperation},
		Summary:     "Whether the process answers",
		Description: "A 503 says that it is stopping.",
	}, s.health, http.StatusServiceUnavailable)
	register(s, huma.Operation{
		OperationID: "get-readiness", Method: http.MethodGet, Path: "/readyz", Tags: []string{tagOperation},
		Summary:     "Whether all that Muster needs works",
		Description: "A 503 names the parts that do not work, and says why.",
	}, s.readiness, http.StatusServiceUnavailable)
	s.registerPlain(router, "get-metrics", "/metrics", "Metrics in the format of Prometheus", "text/plain", gin.WrapH(metrics))
	s.registerPlain(router, "get-openapi", "/openapi.json", "This description", "application/json", func(c *gin.Context) {
		c.Data(http.StatusOK, "application/json", s.document)
	})
}

// registerPlain adds a GET that takes no parameters and whose body is nobody's type.
func (s *Server) registerPlain(router gin.IRouter, id, path, summary, mediaType string, handler gin.HandlerFunc) {
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tagOperation}, Summary: summary,
		Responses: map[string]*huma.Response{
			"200":     {Description: summary, Content: map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{}}}},
			"default": s.problemResponse("Any error"),
		},
	})
	router.GET(path, handler)
}
