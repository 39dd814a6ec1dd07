package slack

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"muster/chat"
	"muster/incident"
	"muster/integrations"
)

const (
	// momentFormat and agoFormat are templates of Slack's, filled in by the reader's own
	// client: https://docs.slack.dev/reference/block-kit/block-elements/date-element and, for
	// mrkdwn, https://docs.slack.dev/messaging/formatting-message-text#date-formatting.
	momentFormat = "{date_short_pretty} {time}"
	agoFormat    = "{ago}"

	ellipsis = "…"
	// firstStrongIsolate and popIsolate keep a right-to-left text from taking its neighbours
	// along: https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates.
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// accounts are the ids of people who are mentioned, as far as Slack knows them.
type accounts map[incident.Person]string

// kind is how a span is shown.
type kind int

const (
	plainSpan kind = iota
	boldSpan
	codeSpan
	linkSpan
	mentionSpan
	dateSpan
)

// piece is a span that is ready to be shown: a text without what could deceive, and of the
// rest what its kind needs.
type piece struct {
	kind kind
	text string
	// target is a link's address, an account's id or a date's template.
	target string
	unix   int64
}

// pieces are the spans of a text within a limit of UTF-16 units. What does not fit is left
// out behind an ellipsis.
func (a accounts) pieces(text chat.Text, limit int) []piece {
	var whole []piece
	for _, span := range text {
		if p := a.piece(span); p.text != "" {
			whole = append(whole, p)
		}
	}
	whole = trim(whole)
	var kept []piece
	for i, p := range whole {
		if len(whole) > 1 && p.kind != codeSpan && p.kind != dateSpan {
			p.text = isolate(p.text)
		}
		length := integrations.UTF16Length(p.text)
		rest := len(whole) - i - 1
		if length < limit || length == limit && rest == 0 {
			kept, limit = append(kept, p), limit-length
			continue
		}
		if p.kind != mentionSpan && p.kind != dateSpan {
			if p.text = integrations.Shorten(whole[i].text, limit-1, integrations.UTF16Length); p.text != "" {
				return append(kept, p)
			}
		}
		return append(kept, piece{text: ellipsis})
	}
	return kept
}

// piece reads a span.
func (a accounts) piece(span chat.Span) piece {
	text := undirected(span.Text)
	switch {
	case span.Person != incident.Person{}:
		if id := a[span.Person]; id != "" {
			return piece{kind: mentionSpan, text: "@" + id, target: id}
		}
		return piece{text: nameOf(span)}
	case span.URL != "":
		address, ok := integrations.WebAddress(span.URL)
		if !ok || len(address.String()) > maxURLLength {
			return piece{text: text}
		}
		if strings.TrimSpace(text) == "" {
			text = address.String()
		}
		return piece{kind: linkSpan, text: integrations.Line(text), target: address.String()}
	case !span.At.IsZero():
		fallback := integrations.Line(text)
		if fallback == "" {
			fallback = span.At.UTC().Format("2006-01-02 15:04 UTC")
		}
		format := momentFormat
		if span.Ago {
			format = agoFormat
		}
		return piece{kind: dateSpan, text: fallback, target: format, unix: span.At.Unix()}
	case span.Code:
		return piece{kind: codeSpan, text: integrations.Line(text)}
	case span.Bold:
		return piece{kind: boldSpan, text: text}
	default:
		return piece{text: text}
	}
}

// nameOf is how somebody is shown whom the chat does not know.
func nameOf(span chat.Span) string {
	for _, name := range []string{span.Text, span.Person.Name, span.Person.Email} {
		if name = integrations.Line(undirected(name)); name != "" {
			return name
		}
	}
	return ""
}

// trim takes white space off the ends of a text.
func trim(pieces []piece) []piece {
	for len(pieces) > 0 && pieces[0].kind <= boldSpan {
		if pieces[0].text = strings.TrimLeftFunc(pieces[0].text, unicode.IsSpace); pieces[0].text != "" {
			break
		}
		pieces = pieces[1:]
	}
	for len(pieces) > 0 {
		last := &pieces[len(pieces)-1]
		if last.kind > boldSpan {
			break
		}
		if last.text = strings.TrimRightFunc(last.text, unicode.IsSpace); last.text != "" {
			break
		}
		pieces = pieces[:len(pieces)-1]
	}
	return pieces
}

// undirected is a printable text without the controls that change the direction of what
// comes after it. Marks (U+200E, U+200F) have no reach and stay.
func undirected(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, integrations.Printable(text))
}

// rightToLeft are the scripts that are written so.
var rightToLeft = []*unicode.RangeTable{
	unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Samaritan, unicode.Mandaic, unicode.Adlam,
}

// isolate keeps the order of a line in which a text from right to left stands.
func isolate(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsOneOf(rightToLeft, r) }) {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) != "" {
			lines[i] = firstStrongIsolate + line + popIsolate
		}
	}
	return strings.Join(lines, "\n")
}

// richText shows pieces as elements of a rich text, in which Slack takes texts for nothing
// but texts: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block.
func richText(pieces []piece) []slackapi.RichTextSectionElement {
	var elements []slackapi.RichTextSectionElement
	for _, p := range pieces {
		switch p.kind {
		case boldSpan:
			elements = append(elements, slackapi.NewRichTextSectionTextElement(p.text, &slackapi.RichTextSectionTextStyle{Bold: true}))
		case codeSpan:
			elements = append(elements, slackapi.NewRichTextSectionTextElement(p.text, &slackapi.RichTextSectionTextStyle{Code: true}))
		case linkSpan:
			elements = append(elements, slackapi.NewRichTextSectionLinkElement(p.target, p.text, nil))
		case mentionSpan:
			elements = append(elements, slackapi.NewRichTextSectionUserElement(p.target, nil))
		case dateSpan:
			elements = append(elements, slackapi.NewRichTextSectionDateElement(p.unix, p.target, nil, &p.text))
		default:
			elements = append(elements, slackapi.NewRichTextSectionTextElement(p.text, nil))
		}
	}
	return elements
}

// formatting finds what Slack could take for markup in a text that is meant as it stands: the
// signs of bold, italic, strike and code, quotes at the beginning of a line, and names of
// emoji. An underscore within a word formats nothing. See
// https://docs.slack.dev/messaging/formatting-message-text.
var formatting = regexp.MustCompile("[*~`]|\\b_|_\\b|(?m:^\\s*[>\uff1e])|:[^:\\s]*[a-z][^:\\s]*:")

// mrkdwn shows pieces in Slack's markup. It is false where Slack might take a part of them
// for other markup than is meant: it knows no way to escape its signs.
func mrkdwn(pieces []piece) (string, bool) {
	var b strings.Builder
	for i, p := range pieces {
		if p.kind != mentionSpan && p.kind != dateSpan && formatting.MatchString(p.text) {
			return "", false
		}
		text := escaper.Replace(p.text)
		switch p.kind {
		case boldSpan, codeSpan:
			sign := "*"
			if p.kind == codeSpan {
				sign = "`"
			}
			if !delimited(b.String(), p.text, pieces[i+1:]) {
				return "", false
			}
			b.WriteString(sign + text + sign)
		case linkSpan:
			b.WriteString("<" + urlEscaper.Replace(p.target) + "|" + text + ">")
		case mentionSpan:
			b.WriteString("<@" + p.target + ">")
		case dateSpan:
			fmt.Fprintf(&b, "<!date^%d^%s|%s>", p.unix, p.target, strings.NewReplacer("|", "", "^", "").Replace(text))
		default:
			b.WriteString(text)
		}
	}
	return b.String(), true
}

// delimited says whether signs around a text would format it: they count only at the ends of
// words.
func delimited(before, text string, after []piece) bool {
	if strings.TrimSpace(text) != text || strings.Contains(text, "\n") {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	if before != "" && !unicode.IsSpace(last) && last != '(' {
		return false
	}
	if len(after) == 0 {
		return true
	}
	next, _ := utf8.DecodeRuneInString(after[0].text)
	return after[0].kind == plainSpan && (unicode.IsSpace(next) || strings.ContainsRune(".,:;!?)", next))
}

// textObject shows a text where Slack takes no rich text: as plain text where all of it is,
// and in its markup otherwise. It is false where neither shows what is meant.
func textObject(pieces []piece, limit int) (*slackapi.TextBlockObject, bool) {
	if len(pieces) == 0 {
		return nil, false
	}
	var whole strings.Builder
	simple := true
	for _, p := range pieces {
		simple = simple && p.kind == plainSpan
		whole.WriteString(p.text)
	}
	if simple {
		return literal(whole.String(), limit), true
	}
	text, ok := mrkdwn(pieces)
	if !ok || integrations.UTF16Length(text) > limit {
		return nil, false
	}
	return verbatim(text), true
}

// literal is a text that Slack shows as it stands, cut to a limit.
func literal(text string, limit int) *slackapi.TextBlockObject {
	text = integrations.Shorten(strings.TrimSpace(undirected(text)), limit, integrations.UTF16Length)
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, text, false, false)
}

// literalLine is a text in one line that Slack shows as it stands, cut to a limit; nil where
// nothing of it would be seen.
func literalLine(text string, limit int) *slackapi.TextBlockObject {
	line := integrations.Line(undirected(text))
	if !strings.ContainsFunc(line, func(r rune) bool { return unicode.IsGraphic(r) }) {
		return nil
	}
	return literal(line, limit)
}

// verbatim is a text in Slack's markup, in which no "@name" becomes a mention.
func verbatim(text string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.MarkdownType, text, false, true)
}
