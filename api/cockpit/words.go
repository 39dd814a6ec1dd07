package cockpit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is what somebody wrote after the command, taken apart. The words point into the
// text, so that what is not understood as a word reaches the record as it was written.
type line struct {
	text  string
	words []word
}

// word is a word of a line: what stands between two spaces, or between quotation marks, or
// the mention of an account or a channel.
type word struct {
	kind wordKind
	// text is what was written, without quotation marks; of a mention, the name in it.
	text string
	// id is the account's or the channel's.
	id string
	// from and to are where it stands in the line, quotation marks included.
	from, to int
}

type wordKind int

const (
	bareWord wordKind = iota
	quotedWord
	accountWord
	channelWord
)

// A pair of quotation marks, as keyboards and phones write them.
var quotationMarks = map[rune][]rune{
	'"': {'"'},
	'“': {'”', '“'},
	'”': {'”'},
	'„': {'“', '”'},
	'«': {'»'},
	'»': {'«'},
}

// invisible are characters that come along when text is pasted and that nobody can see or
// type: zero-width spaces, the byte order mark, and the marks of direction around a mention.
const invisible = "\u200b\u2060\ufeff\u200e\u200f\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e"

// readLine takes a line apart. It takes any text: whatever looks broken, such as a quotation
// mark that is never closed, stands for itself.
func readLine(text string) line {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(invisible, r) || r == 0 || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	l := line{text: strings.TrimSpace(text)}
	for at := 0; at < len(l.text); {
		r, size := utf8.DecodeRuneInString(l.text[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		w := l.wordAt(at)
		l.words = append(l.words, w)
		at = w.to
	}
	return l
}

// wordAt reads the word that begins at a place where there is one.
func (l line) wordAt(at int) word {
	rest := l.text[at:]
	if kind, id, name, size, ok := readMention(rest); ok {
		return word{kind: kind, text: name, id: id, from: at, to: at + size}
	}
	if inside, size, ok := readQuoted(rest); ok {
		return word{kind: quotedWord, text: inside, from: at, to: at + size}
	}
	end := len(rest)
	for i, r := range rest {
		// A mention is a word by itself, also right behind another word or a comma.
		if unicode.IsSpace(r) || i > 0 && r == '<' && isMention(rest[i:]) {
			end = i
			break
		}
	}
	return word{text: rest[:end], from: at, to: at + end}
}

// readQuoted reads what stands between quotation marks at the beginning of a text.
func readQuoted(text string) (inside string, size int, ok bool) {
	opening, first := utf8.DecodeRuneInString(text)
	closing, known := quotationMarks[opening]
	if !known {
		return "", 0, false
	}
	for i, r := range text[first:] {
		if slices.Contains(closing, r) {
			inside = strings.TrimSpace(text[first : first+i])
			return inside, first + i + utf8.RuneLen(r), inside != ""
		}
	}
	return "", 0, false
}

// readMention reads <@ID>, <@ID|name>, <#ID> or <#ID|name> at the beginning of a text.
func readMention(text string) (kind wordKind, id, name string, size int, ok bool) {
	switch {
	case strings.HasPrefix(text, "<@"):
		kind = accountWord
	case strings.HasPrefix(text, "<#"):
		kind = channelWord
	default:
		return 0, "", "", 0, false
	}
	end := strings.IndexByte(text, '>')
	if end < 0 {
		return 0, "", "", 0, false
	}
	id, name, _ = strings.Cut(text[len("<@"):end], "|")
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return !isIDRune(r) }) || strings.ContainsAny(name, "<\n") {
		return 0, "", "", 0, false
	}
	return kind, id, name, end + 1, true
}

func isMention(text string) bool {
	_, _, _, _, ok := readMention(text)
	return ok
}

// isIDRune says what ids of accounts and channels are made of, in any chat.
func isIDRune(r rune) bool {
	return r == '-' || r == '_' || r == '.' || r == ':' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// from is the rest of a line from its nth word on, as it was written. A rest that is one
// quotation is what is quoted.
func (l line) from(n int) string {
	if n >= len(l.words) {
		return ""
	}
	if n == len(l.words)-1 && l.words[n].kind == quotedWord {
		return l.words[n].text
	}
	return l.text[l.words[n].from:]
}

// after is the line without its first n words.
func (l line) after(n int) line { return readLine(l.tail(n)) }

// tail is the rest of a line from its nth word on, quotation marks and all.
func (l line) tail(n int) string {
	if n >= len(l.words) {
		return ""
	}
	return l.text[l.words[n].from:]
}

// without is the line with some of its words left out.
func (l line) without(left ...int) line {
	var b strings.Builder
	at := 0
	for i, w := range l.words {
		if slices.Contains(left, i) {
			b.WriteString(l.text[at:w.from])
			at = w.to
		}
	}
	b.WriteString(l.text[at:])
	return readLine(b.String())
}

// tidy is the text of a line with single spaces, as it reads after words were left out.
func (l line) tidy() string {
	parts := make([]string, len(l.words))
	for i, w := range l.words {
		parts[i] = l.text[w.from:w.to]
	}
	return strings.Join(parts, " ")
}

func (l line) empty() bool { return len(l.words) == 0 }

// first is the first word, a zero one where there is none.
func (l line) first() word {
	if l.empty() {
		return word{}
	}
	return l.words[0]
}

// fold makes a word comparable: in small letters, without the punctuation around it. What
// is quoted or mentioned is compared with nothing.
func (w word) fold() string {
	if w.kind != bareWord {
		return ""
	}
	return foldName(w.text)
}

func foldName(text string) string {
	return strings.ToLower(strings.TrimFunc(text, func(r rune) bool { return strings.ContainsRune(".,;:!?()[]'`’", r) && text != "?" }))
}

// mentioned finds the first account that a line mentions, and where.
func (l line) mentioned() (w word, at int, ok bool) {
	at = slices.IndexFunc(l.words, func(w word) bool { return w.kind == accountWord })
	if at < 0 {
		return word{}, 0, false
	}
	return l.words[at], at, true
}

// spell writes the mentions in a text as names, which the functions give for the ids.
func spell(text string, account func(id, name string) string, channel func(id, name string) string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '<')
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at])
		kind, id, name, size, ok := readMention(text[at:])
		switch {
		case !ok:
			size = 1
			b.WriteByte('<')
		case kind == accountWord:
			b.WriteString("@" + account(id, name))
		default:
			b.WriteString("#" + channel(id, name))
		}
		text = text[at+size:]
	}
}
