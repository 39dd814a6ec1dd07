package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// checkTimeout bounds each check of readiness; an orchestrator's probe does not wait
// for longer (Kubernetes gives 1 s by default and people set a few).
const checkTimeout = 2 * time.Second

// Health says that the process answers.
type Health struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version" doc:"The version of Muster."`
}

// Readiness says that all the parts work that Muster needs.
type Readiness struct {
	Status string        `json:"status" enum:"ready"`
	Checks []CheckResult `json:"checks" nullable:"false"`
}

// CheckResult is how one part does.
type CheckResult struct {
	Name string `json:"name" doc:"The part that was checked." example:"database"`
	OK   bool   `json:"ok"`
}

type healthOutput struct {
	Body Health
}

type readinessOutput struct {
	Body Readiness
}

func (s *Server) health(context.Context, *struct{}) (*healthOutput, error) {
	return &healthOutput{Health{Status: "ok", Version: s.version}}, nil
}

// readiness runs all checks at once. What went wrong is for the log, since it may name
// hosts and users; the answer only says which part it was.
func (s *Server) readiness(ctx context.Context, _ *struct{}) (*readinessOutput, error) {
	results := make([]CheckResult, len(s.checks))
	var running sync.WaitGroup
	for i, check := range s.checks {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			err := check.Check(ctx)
			results[i] = CheckResult{Name: check.Name, OK: err == nil}
			if err != nil {
				s.logger.WarnContext(ctx, "not ready", "check", check.Name, "error", err)
			}
		})
	}
	running.Wait()
	var broken []string
	for _, result := range results {
		if !result.OK {
			broken = append(broken, result.Name)
		}
	}
	if len(broken) > 0 {
		p := newProblem(http.StatusServiceUnavailable, "not ready: %s; the log says why", strings.Join(broken, ", "))
		p.Checks, p.retryAfter = results, retryAfter
		return nil, p
	}
	return &readinessOutput{Readiness{Status: "ready", Checks: results}}, nil
}

func (s *Server) registerHealth(router gin.IRouter, metrics http.Handler) {
	register(s, huma.Operation{
		OperationID: "get-health", Method: http.MethodGet, Path: "/healthz", Tags: []string{tagOperation},
		Summary: "Whether the process answers",
	}, s.health)
	register(s, huma.Operation{
		OperationID: "get-readiness", Method: http.MethodGet, Path: "/readyz", Tags: []string{tagOperation},
		Summary:     "Whether all that Muster needs works",
		Description: "A 503 names the parts that do not work.",
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
