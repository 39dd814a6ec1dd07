package ui

import (
	"html/template"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"muster/incident"
	"muster/incident/postmortem"
)

// postmortemPage shows the postmortem as the events tell it now.
type postmortemPage struct {
	Layout       Layout
	Incident     incident.ID
	Title        string
	Path         string
	MarkdownPath string
	Article      template.HTML
	Questions    int
	// Draft says that the incident is not over, so that more will come.
	Draft bool
}

func (u *UI) showPostmortem(c *gin.Context) {
	document, ok := u.draft(c)
	if !ok {
		return
	}
	article, err := postmortem.HTML(document)
	if err != nil {
		u.failed(c, err)
		return
	}
	path := incidentPath(document.ID)
	u.show(c, http.StatusOK, "page/postmortem", postmortemPage{
		Layout:   u.layout(c, "Postmortem of "+string(document.ID)),
		Incident: document.ID, Title: document.Title, Path: path, MarkdownPath: path + "/postmortem.md",
		Article: article, Questions: len(document.Questions), Draft: document.Status.Active(),
	})
}

// postmortemMarkdown is the same as text to paste elsewhere; browsers show it.
func (u *UI) postmortemMarkdown(c *gin.Context) {
	if document, ok := u.draft(c); ok {
		c.Header("Cache-Control", "no-store")
		c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(postmortem.Markdown(document)))
	}
}

// draft computes the postmortem. When it cannot, it has answered and returns false.
func (u *UI) draft(c *gin.Context) (postmortem.Document, bool) {
	id, err := incident.ParseID(c.Param("id"))
	if err != nil {
		u.failed(c, err)
		return postmortem.Document{}, false
	}
	events, err := u.events(c.Request.Context(), id, 0)
	if err != nil {
		u.failed(c, err)
		return postmortem.Document{}, false
	}
	return postmortem.Draft(events, postmortem.Links{Incident: absoluteURL(c, incidentPath(id))}), true
}

// absoluteURL makes an address that also works outside the page, as in pasted text.
func absoluteURL(c *gin.Context, path string) string {
	u := url.URL{Scheme: "http", Host: c.Request.Host, Path: path}
	if c.Request.TLS != nil || c.GetHeader("X-Forwarded-Proto") == "https" {
		u.Scheme = "https"
	}
	return u.String()
}
