package postmortem

import (
	"regexp"
	"strings"
	"unicode"
)

// block is one part of the composed document; exactly one of its fields is set.
type block struct {
	Heading   *heading
	Paragraph []span
	List      *list
	Table     *table
}

type heading struct {
	Level int
	// Anchor is what links within the document point to; empty for none.
	Anchor string
	Text   string
}

type list struct {
	Ordered bool
	Items   [][]span
}

type table struct {
	Head []string
	Rows [][][]span
}

// span is a run of text in one style, or a line break.
type span struct {
	Text   string
	URL    string
	Strong bool
	Break  bool
}

// address matches what people paste: it ends where no address goes on, which also
// keeps it clear of everything that Markdown could take for its own.
var address = regexp.MustCompile("https?://[^\\s<>\"'`|\\\\^{}\\[\\]()*\\x00-\\x1f]+")

// entity matches what Markdown would read as a character reference, even in an
// address.
var entity = regexp.MustCompile(`&#?[0-9A-Za-z]+;`)

// prose turns what people wrote into spans: its line breaks are kept, runs of empty
// lines become one break, and web addresses become links to themselves.
func prose(text string) []span {
	var spans []span
	for _, line := range strings.Split(newlines.Replace(text), "\n") {
		line = oneLine(line)
		if line == "" {
			continue
		}
		if len(spans) > 0 {
			spans = append(spans, span{Break: true})
		}
		spans = append(spans, linked(line)...)
	}
	return spans
}

// plain turns text into spans of one line without links: for titles and names.
func plain(text string) []span { return []span{{Text: oneLine(text)}} }

func strong(text string) span { return span{Text: oneLine(text), Strong: true} }

// link shows text that leads to an address; without one it is plain.
func link(text, url string) span { return span{Text: oneLine(text), URL: url} }

func linked(line string) []span {
	var spans []span
	end := 0
	for _, at := range address.FindAllStringIndex(line, -1) {
		url := strings.TrimRight(line[at[0]:at[1]], ".,;:!?_~")
		if webAddress(url) != url || entity.MatchString(url) {
			continue
		}
		if at[0] > end {
			spans = append(spans, span{Text: line[end:at[0]]})
		}
		spans = append(spans, span{Text: url, URL: url})
		end = at[0] + len(url)
	}
	if end < len(line) {
		spans = append(spans, span{Text: line[end:]})
	}
	return spans
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// oneLine brings text to one line without control characters. Characters that turn
// the direction of writing are dropped too: they can make text read as another.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}
