package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Bounds on request bodies. What people write is short (see the bounds in package
// incident). A delivery of alerts is about 1 KiB an alert, and an alert storm comes as
// few deliveries of thousands.
const (
	MaxBodyBytes     = 1 << 20
	MaxDeliveryBytes = 16 << 20
)

// mostAhead is how much room is made for a body by the length that its sender has announced.
const mostAhead = 64 << 10

// bodyTimeout is how long the body of a request may take to arrive.
const bodyTimeout = 15 * time.Second

// requestIDHeader names a request in answers and logs. A sane one that the caller
// sends is kept, so that a request can be followed through a proxy.
const requestIDHeader = "X-Request-Id"

var saneRequestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,80}$`)

type requestIDKey struct{}

// requestID returns the id of the request that ctx belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string) // Empty outside of a request.
	return id
}

func identify(c *gin.Context) {
	id := c.GetHeader(requestIDHeader)
	if id == "" || !saneRequestID.MatchString(id) {
		id = rand.Text()
	}
	c.Header(requestIDHeader, id)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestIDKey{}, id))
	c.Next()
}

// observe measures and logs every request. Streams are not measured: they last as
// long as somebody watches.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	c.Next()
	elapsed := time.Since(start)
	route := c.FullPath()
	if route == "" {
		route = "other"
	}
	nameSpan(c, route)
	if !strings.HasSuffix(route, "/stream") {
		s.metrics.observeRequest(c.Request.Method, route, c.Writer.Status(), elapsed)
	}
	if !s.logger.Enabled(c.Request.Context(), slog.LevelDebug) {
		return
	}
	s.logger.LogAttrs(c.Request.Context(), slog.LevelDebug, "request",
		slog.String("method", c.Request.Method), slog.String("path", c.Request.URL.Path),
		slog.Int("status", c.Writer.Status()), slog.Int("bytes", max(c.Writer.Size(), 0)),
		slog.Duration("elapsed", elapsed), slog.String("remote", c.Request.RemoteAddr),
		slog.String("request_id", requestID(c.Request.Context())))
}

// recoverPanics turns a panic into a 500. Once an answer is under way, all that is
// left is to break the connection, so that nobody takes half of it for the whole.
func (s *Server) recoverPanics(c *gin.Context) {
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(reason)
		}
		s.logger.ErrorContext(c.Request.Context(), "panic while serving a request",
			"method", c.Request.Method, "path", c.Request.URL.Path,
			"request_id", requestID(c.Request.Context()),
			"panic", fmt.Sprint(reason), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler)
		}
		newProblem(http.StatusInternalServerError, "something went wrong inside Muster; its log says more").write(c)
	}()
	c.Next()
}

// readBody takes the body off the connection before anything looks at it: bounded in
// size, and in time without the server's ReadTimeout, whose deadline would also end
// the handlers that come after it.
func readBody(c *gin.Context) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		c.Next()
		return
	}
	limit := int64(MaxBodyBytes)
	if strings.HasPrefix(c.Request.URL.Path, webhookPrefix) {
		limit = MaxDeliveryBytes
	}
	connection := http.NewResponseController(c.Writer)
	// A writer without deadlines is a test's; it has no slow clients either.
	_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout))
	body := bytes.NewBuffer(make([]byte, 0, min(max(c.Request.ContentLength, 0), mostAhead)+bytes.MinRead))
	_, err := body.ReadFrom(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	_ = connection.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		newProblem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes, the most that is taken here", limit).write(c)
		return
	case err != nil:
		newProblem(http.StatusBadRequest, "the body did not arrive whole").write(c)
		return
	}
	c.Request.Body = &wholeBody{Reader: *bytes.NewReader(body.Bytes()), text: body.Bytes()}
	c.Next()
}

// wholeBody is a body that readBody has taken off the connection.
type wholeBody struct {
	bytes.Reader
	text []byte
}

// Close implements [io.Closer].
func (*wholeBody) Close() error { return nil }

// textOf is all of a request's body, which nobody has read yet.
func textOf(r *http.Request) ([]byte, error) {
	if whole, ok := r.Body.(*wholeBody); ok {
		return whole.text, nil
	}
	return io.ReadAll(r.Body)
}

// sameOrigin refuses what a page of another site makes a browser send
// ([http.CrossOriginProtection]). Programs are not affected.
func (s *Server) sameOrigin(c *gin.Context) {
	if s.crossOrigin.Check(c.Request) != nil {
		newProblem(http.StatusForbidden, "the request was made by a page of another site; nothing has changed").write(c)
		return
	}
	c.Next()
}
