package playbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Findings are what is wrong with a playbook, in the order of its text.
type Findings []Finding

// Finding is one mistake, with its place.
type Finding struct {
	File         string
	Line, Column int
	Message      string
	// Excerpt shows the lines around the place with a caret.
	Excerpt string
}

// Error lists every finding, each with its place and an excerpt.
func (f Findings) Error() string {
	blocks := make([]string, len(f))
	for i, finding := range f {
		blocks[i] = fmt.Sprintf("%s:%d:%d: %s", finding.File, finding.Line, finding.Column, finding.Message)
		if finding.Excerpt != "" {
			blocks[i] += "\n" + strings.TrimRight(finding.Excerpt, "\n")
		}
	}
	return strings.Join(blocks, "\n\n")
}

// inOrder returns the findings in the order of the text, each once.
func (f Findings) inOrder() Findings {
	slices.SortStableFunc(f, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return slices.CompactFunc(f, func(a, b Finding) bool {
		return a.File == b.File && a.Line == b.Line && a.Column == b.Column && a.Message == b.Message
	})
}

// report adds a finding at the place that the path leads to, or at the nearest place
// above it that exists.
func (c *checker) report(path, format string, args ...any) {
	finding := Finding{File: c.file, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	for p := path; p != ""; p = parentPath(p) {
		query, err := yaml.PathString(p)
		if err != nil {
			continue
		}
		node, err := query.FilterFile(c.tree())
		if err != nil || node == nil || node.GetToken() == nil {
			continue
		}
		position := node.GetToken().Position
		finding.Line, finding.Column = position.Line, position.Column
		if excerpt, err := query.AnnotateSource([]byte(c.source), false); err == nil {
			finding.Excerpt = string(excerpt)
		}
		break
	}
	c.findings = append(c.findings, finding)
}

func parentPath(path string) string {
	if i := strings.LastIndexAny(path, ".["); i > 0 {
		return path[:i]
	}
	return ""
}
