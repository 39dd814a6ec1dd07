package ui

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"muster/incident"
)

// Where nobody signs in, a person says who they are once, and a cookie remembers it.

const personCookie = "muster_you"

const personKeptFor = 365 * 24 * time.Hour

// person is the name of whoever looks at the page, or empty while they have not said.
func person(c *gin.Context) string {
	// A missing or damaged cookie is as good as none: the page asks for the name.
	name, err := c.Cookie(personCookie)
	if err != nil {
		return ""
	}
	return tidyName(name)
}

// tidyName makes a name fit for a timeline, or returns "".
func tidyName(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > incident.MaxNameRunes {
		return ""
	}
	return name
}

func rememberPerson(c *gin.Context, name string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: personCookie, Value: url.QueryEscape(name), Path: "/",
		MaxAge:   int(personKeptFor / time.Second),
		Secure:   c.Request.TLS != nil,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// setPerson takes the name from the field at the top of every page.
func (u *UI) setPerson(c *gin.Context) {
	values, ok := u.posted(c)
	if !ok {
		return
	}
	if name := tidyName(values.Get("you")); name != "" {
		rememberPerson(c, name)
	}
	c.Redirect(http.StatusSeeOther, ownPath(values.Get("back")))
}

// ownPath returns a path on this host, whatever was sent.
func ownPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return "/"
	}
	return path
}
