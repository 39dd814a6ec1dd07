package playbooks

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// position is one in a file. Both numbers count from 1, a column is a character.
type position struct{ line, column int }

// layout says where the values of a document stand, by their paths: "$.steps[2].with.text".
// The keys of a mapping are parts of paths as they are written.
type layout struct {
	lines []string
	nodes map[string]ast.Node
	keys  map[string]ast.Node
}

func newLayout(text string, tree *ast.File) *layout {
	l := &layout{lines: strings.Split(text, "\n"), nodes: map[string]ast.Node{}, keys: map[string]ast.Node{}}
	for _, document := range tree.Docs {
		if document.Body != nil {
			l.index("$", document.Body)
		}
	}
	return l
}

func (l *layout) index(path string, node ast.Node) {
	l.nodes[path] = node
	switch n := node.(type) {
	case *ast.AnchorNode:
		l.index(path, n.Value)
	case *ast.TagNode:
		l.index(path, n.Value)
	case *ast.MappingNode:
		for _, pair := range n.Values {
			l.indexPair(path, pair)
		}
	case *ast.MappingValueNode:
		l.indexPair(path, n)
	case *ast.SequenceNode:
		for i, value := range n.Values {
			l.index(fmt.Sprintf("%s[%d]", path, i), value)
		}
	}
}

func (l *layout) indexPair(path string, pair *ast.MappingValueNode) {
	if pair.Key.IsMergeKey() {
		l.index(path, pair.Value)
		return
	}
	path += "." + pair.Key.GetToken().Value
	l.keys[path] = pair.Key
	if pair.Value != nil {
		l.index(path, pair.Value)
	}
}

// at is where the value at a path is, or the nearest value above it that exists.
func (l *layout) at(path string) position {
	for ; path != ""; path = parentPath(path) {
		if node, ok := l.nodes[path]; ok {
			return positionOf(node)
		}
	}
	return position{1, 1}
}

// atKey is where the key of a value is.
func (l *layout) atKey(path string) position {
	if key, ok := l.keys[path]; ok {
		return positionOf(key)
	}
	return l.at(path)
}

// within is where a character of the text at a path stands, given by its number in what
// the YAML means. It is the text's beginning where that cannot be told.
func (l *layout) within(path string, character int) position {
	node := l.nodes[path]
	if anchor, ok := node.(*ast.AnchorNode); ok {
		node = anchor.Value
	}
	switch n := node.(type) {
	case *ast.LiteralNode:
		header := n.Start.Position
		if found, ok := l.align([]rune(n.Value.Value), character, position{header.Line + 1, 1}, token.LiteralType); ok {
			return found
		}
	case *ast.StringNode:
		start := positionOf(n)
		if n.Token.Type == token.DoubleQuoteType || n.Token.Type == token.SingleQuoteType {
			start.column++
		}
		if found, ok := l.align([]rune(n.Value), character, start, n.Token.Type); ok {
			return found
		}
	}
	return l.at(path)
}

// align walks along the meaning of a YAML text and along the way it is written, from the
// start on. White space is folded in several ways and cannot be told apart, so that it
// counts on neither side.
func (l *layout) align(meaning []rune, character int, start position, style token.Type) (position, bool) {
	at := cursor{lines: l.lines, position: start}
	for i, r := range meaning {
		if i == character && unicode.IsSpace(r) {
			return at.position, true
		}
		if unicode.IsSpace(r) {
			continue
		}
		written, width, ok := at.next(style)
		if !ok || written != r {
			return position{}, false
		}
		if i == character {
			return at.position, true
		}
		at.column += width
	}
	return at.position, true
}

// cursor stands in a file.
type cursor struct {
	lines []string
	position
	line []rune // of the number lineRead
	read int
}

// next goes to the next character that is no white space, and says what it means and how
// many characters it is written in.
func (c *cursor) next(style token.Type) (meaning rune, width int, ok bool) {
	for {
		if c.position.line > len(c.lines) {
			return 0, 0, false
		}
		if c.read != c.position.line {
			c.line, c.read = []rune(c.lines[c.position.line-1]), c.position.line
		}
		if c.column > len(c.line) {
			c.position.line, c.column = c.position.line+1, 1
			continue
		}
		rest := c.line[c.column-1:]
		switch r := rest[0]; {
		case unicode.IsSpace(r):
			c.column++
		case style == token.DoubleQuoteType && r == '\\':
			if len(rest) > 1 && strings.ContainsRune("ntrvf _NLP", rest[1]) || len(rest) == 1 {
				c.column += 2 // white space, written as an escape
				continue
			}
			return escaped(rest)
		case style == token.SingleQuoteType && r == '\'':
			return r, 2, true
		default:
			return r, 1, true
		}
	}
}

// escaped reads one of YAML's escapes in double quotes.
func escaped(rest []rune) (meaning rune, width int, ok bool) {
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[rest[1]]
	if digits == 0 {
		return rest[1], 2, true
	}
	if len(rest) < 2+digits {
		return 0, 0, false
	}
	code, err := strconv.ParseInt(string(rest[2:2+digits]), 16, 32)
	return rune(code), 2 + digits, err == nil
}

// positionOf is where a node begins. A mapping begins with its first key.
func positionOf(node ast.Node) position {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return positionOf(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return positionOf(n.Key)
	}
	if t := node.GetToken(); t != nil {
		return position{t.Position.Line, max(t.Position.Column, 1)}
	}
	return position{1, 1}
}

func parentPath(path string) string {
	if i := strings.LastIndexAny(path, ".["); i > 0 {
		return path[:i]
	}
	return ""
}

// Bounds of an excerpt.
const (
	excerptBefore = 3
	excerptAfter  = 1
	excerptWidth  = 120
)

// excerpt shows the lines around a position, with a caret below it.
func excerpt(lines []string, at position) string {
	if at.line > len(lines) {
		return ""
	}
	caret := at.column - 1
	left := max(0, caret-excerptWidth*2/3)
	if len([]rune(lines[at.line-1])) <= excerptWidth {
		left = 0
	}
	last := min(at.line+excerptAfter, len(lines))
	digits := len(strconv.Itoa(last))
	var b strings.Builder
	for n := max(1, at.line-excerptBefore); n <= last; n++ {
		line := shown(lines[n-1], left)
		if n > at.line && line == "" {
			break
		}
		mark := " "
		if n == at.line {
			mark = ">"
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s %*d | %s", mark, digits, n, line), " ") + "\n")
		if n == at.line {
			b.WriteString(strings.Repeat(" ", 2+digits+3+caret-left) + "^\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// shown is a line as an excerpt has it: cut, and without what a terminal would act upon.
func shown(line string, left int) string {
	runes := []rune(strings.TrimRight(line, "\r"))
	if left >= len(runes) {
		return ""
	}
	runes = runes[left:]
	cut := ""
	if len(runes) > excerptWidth {
		runes, cut = runes[:excerptWidth], "…"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, string(runes)) + cut
}
