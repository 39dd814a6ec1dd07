package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Section is what every view of a section embeds. Its fields that change without
// anything having happened are left out of the view's JSON, by which views are compared.
type Section struct {
	// ID is the section's id in the page.
	ID string
	// Fresh marks a section that is sent alone, to replace the one in the page.
	Fresh bool `json:"-"`
	// Now is when the section was rendered.
	Now time.Time `json:"-"`
}

func (s *Section) section() *Section { return s }

// view is a pointer to a struct that embeds Section.
type view interface{ section() *Section }

// part is a section of a page and the template that shows it.
type part struct {
	template string
	view     view
}

// fingerprints tell of each section what it shows.
func fingerprints(parts []part) (map[string]string, error) {
	prints := make(map[string]string, len(parts))
	for _, p := range parts {
		text, err := json.Marshal(p.view)
		if err != nil {
			return nil, fmt.Errorf("compare section %s: %w", p.view.section().ID, err)
		}
		prints[p.view.section().ID] = string(text)
	}
	return prints, nil
}

// showSections answers with some sections, each to replace its namesake in the page.
func (u *UI) showSections(c *gin.Context, parts []part) {
	wanted := strings.Split(c.Query("want"), ",")
	var all []byte
	for _, p := range parts {
		s := p.view.section()
		if !slices.Contains(wanted, s.ID) {
			continue
		}
		s.Fresh = true
		one, ok := u.render(c, p.template, p.view)
		if !ok {
			return
		}
		all = append(all, one...)
	}
	u.sendHTML(c, http.StatusOK, all)
}

func findPart(parts []part, id string) (part, bool) {
	i := slices.IndexFunc(parts, func(p part) bool { return p.view.section().ID == id })
	if i < 0 {
		return part{}, false
	}
	return parts[i], true
}
