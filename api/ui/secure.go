package ui

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"
)

// policy allows what the pages use and nothing else: their own files, requests to their
// own host, and no script or style within the HTML.
// https://www.w3.org/TR/CSP3/
var policy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"font-src 'self'",
	"img-src 'self'",
	"connect-src 'self'",
	"form-action 'self'",
	"base-uri 'none'",
	"frame-ancestors 'none'",
}, "; ")

// secure sets the headers that keep a browser from being turned against its user, and
// refuses changes that another site's page asks for.
func (u *UI) secure(c *gin.Context) {
	c.Header("Content-Security-Policy", policy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Referrer-Policy", "same-origin")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	if err := u.crossSite.Check(c.Request); err != nil {
		u.problem(c, http.StatusForbidden,
			"This was sent from another site's page, so Muster did nothing. Open Muster itself and do it there.")
	}
}

// recover shows a page where a handler panicked.
func (u *UI) recover(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if cause == http.ErrAbortHandler { //nolint:errorlint // the server's own sentinel, never wrapped
			panic(cause)
		}
		u.Logger.ErrorContext(c.Request.Context(), "a page panicked",
			"path", c.Request.URL.Path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		u.problem(c, http.StatusInternalServerError, "Muster stumbled over this page. What happened is in its log.")
	}()
	c.Next()
}
