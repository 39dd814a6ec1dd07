package postmortem

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Markdown sets the document as CommonMark with GitHub's tables, which GitHub and
// Confluence show well and people can read as it is. Text from the incident is
// escaped: whatever Markdown or HTML it holds is shown as written. Web addresses in
// what people wrote are links to themselves.
func Markdown(d Document) string {
	var parts []string
	for _, b := range compose(d) {
		switch {
		case b.Heading != nil:
			parts = append(parts, strings.Repeat("#", b.Heading.Level)+" "+headingText(b.Heading.Text))
		case b.List != nil:
			parts = append(parts, markdownList(*b.List))
		case b.Table != nil:
			parts = append(parts, markdownTable(*b.Table))
		default:
			parts = append(parts, markdownSpans(b.Paragraph, "", true))
		}
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// headingText escapes a heading. Trailing number signs would end it.
func headingText(text string) string {
	text = escape(oneLine(text))
	bare := strings.TrimRight(text, "#")
	return bare + strings.Repeat(`\#`, len(text)-len(bare))
}

func markdownList(l list) string {
	lines := make([]string, len(l.Items))
	for i, item := range l.Items {
		marker := "- "
		if l.Ordered {
			marker = fmt.Sprintf("%d. ", i+1)
		}
		lines[i] = marker + markdownSpans(item, strings.Repeat(" ", len(marker)), true)
	}
	return strings.Join(lines, "\n")
}

// markdownTable aligns the columns, so that the table can be read as plain text.
func markdownTable(t table) string {
	rows := [][]string{t.Head}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = markdownSpans(cell, "", false)
		}
		rows = append(rows, cells)
	}
	widths := make([]int, len(t.Head))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
	}
	rows = append(rows[:1], append([][]string{rule}, rows[1:]...)...)
	lines := make([]string, len(rows))
	for i, row := range rows {
		var line strings.Builder
		for column, cell := range row {
			pad := widths[column] - utf8.RuneCountInString(cell)
			line.WriteString("| " + cell + strings.Repeat(" ", pad+1))
		}
		lines[i] = line.String() + "|"
	}
	return strings.Join(lines, "\n")
}

// markdownSpans sets spans in one paragraph. indent begins each further line, and
// atStart says that the first one begins a line, where more characters mean
// something to Markdown than elsewhere.
func markdownSpans(spans []span, indent string, atStart bool) string {
	var text strings.Builder
	for _, s := range spans {
		if s.Break {
			// Two spaces before the end of the line are a line break to Markdown and
			// nothing to a reader of plain text.
			text.WriteString("  \n" + indent)
			atStart = true
			continue
		}
		text.WriteString(markdownSpan(s, atStart))
		atStart = false
	}
	return text.String()
}

func markdownSpan(s span, atStart bool) string {
	if s.URL != "" && s.URL == s.Text {
		return "<" + s.URL + ">"
	}
	text := escape(s.Text)
	if atStart {
		text = escapeStart(text)
	}
	switch {
	case s.URL != "":
		return "[" + text + "](" + destination.Replace(s.URL) + ")"
	case s.Strong && text != "":
		return "**" + text + "**"
	default:
		return text
	}
}

// destination keeps an address from ending early or from meaning anything else.
var destination = strings.NewReplacer(
	" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "[", "%5B", "]", "%5D",
	"|", "%7C", `\`, "%5C", "`", "%60", `"`, "%22", "&", "&amp;",
)

var (
	// lineStart matches what begins a heading, a list, a quotation, a rule or a
	// table at the start of a line. Other block starts need characters that escape
	// takes care of.
	lineStart   = regexp.MustCompile(`^[#>+:=-]`)
	listNumber  = regexp.MustCompile(`^[0-9]{1,9}[.)]`)
	entityStart = regexp.MustCompile(`^&#?[0-9A-Za-z]+;`)
)

func escapeStart(text string) string {
	if lineStart.MatchString(text) {
		return `\` + text
	}
	if number := listNumber.FindString(text); number != "" {
		dot := len(number) - 1
		return text[:dot] + `\` + text[dot:]
	}
	return text
}

// escape makes one line of text mean itself. What is harmless where it stands, as
// the underscore in a_name, stays readable.
func escape(text string) string {
	var out strings.Builder
	before := ' '
	for i, r := range text {
		after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		if active(r, before, after, text[i:]) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
		before = r
	}
	return out.String()
}

// active says whether Markdown could take the character for its own.
func active(r, before, after rune, rest string) bool {
	switch r {
	case '*', '`', '[', ']', '|', '~':
		return true
	case '\\':
		return after == utf8.RuneError || after < utf8.RuneSelf && (unicode.IsPunct(after) || unicode.IsSymbol(after))
	case '<':
		return after != ' '
	case '&':
		return entityStart.MatchString(rest)
	case '_':
		return !wordRune(before) || !wordRune(after)
	default:
		return false
	}
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
