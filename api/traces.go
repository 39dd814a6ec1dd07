package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced makes a span of each request that may lead to something. Without a provider the
// handler stays as it is. The attributes are those of OpenTelemetry's conventions: they have
// the path, and neither query nor header nor body.
func traced(next http.Handler, provider trace.TracerProvider) http.Handler {
	if provider == nil {
		return next
	}
	return otelhttp.NewHandler(next, "HTTP", otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		// Requests are measured in observe.
		otelhttp.WithMeterProvider(noop.NewMeterProvider()), otelhttp.WithFilter(worthTracing))
}

// worthTracing leaves out what asks every few seconds whether Muster is there, what lasts as
// long as somebody watches, and the stand-ins for vendors.
func worthTracing(r *http.Request) bool {
	switch path := r.URL.Path; {
	case path == "/healthz", path == "/readyz", path == "/metrics", path == "/openapi.json":
		return false
	case strings.HasSuffix(path, "/stream"), strings.HasPrefix(path, "/sandbox"), strings.HasPrefix(path, "/static/"):
		return false
	}
	return true
}

// nameSpan names the span of a request after its route, which is known by then.
func nameSpan(c *gin.Context, route string) {
	span := trace.SpanFromContext(c.Request.Context())
	if !span.IsRecording() {
		return
	}
	span.SetName(c.Request.Method + " " + route)
	span.SetAttributes(attribute.String("http.route", route), attribute.String("muster.request_id", requestID(c.Request.Context())))
}
