package integrations

import (
	"net/url"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ellipsis ends a text that was cut.
const ellipsis = "…"

// Characters of Unicode that decide how a text may be cut or shown.
const (
	zeroWidthJoiner      = '\u200d'
	firstVariation       = '\ufe00'
	lastVariation        = '\ufe0f'
	leftToRightOverride  = '\u202d'
	rightToLeftOverride  = '\u202e'
	firstSkinTone        = '\U0001f3fb'
	lastSkinTone         = '\U0001f3ff'
	firstRegionalSymbol  = '\U0001f1e6'
	lastRegionalSymbol   = '\U0001f1ff'
	byteOrderMark        = '\ufeff'
	searchBackForSpaceBy = 5 // a cut may give up a fifth of the text to end at a word
)

// UTF16Length counts a text in UTF-16 units, as Jira and most browsers do. It is
// never less than the number of characters, so it is safe where a vendor does
// not say how it counts.
func UTF16Length(text string) int {
	length := 0
	for _, r := range text {
		length++
		if r > 0xffff {
			length++
		}
	}
	return length
}

// Shorten returns a text whose length is at most the limit: the text itself, or its
// beginning and an ellipsis. It cuts after a word where that costs little, and
// never inside of an emoji or an accented letter. The length function measures the
// text as it will be sent, escapes included; use [UTF16Length] for plain text. It
// must not shrink as a text grows.
func Shorten(text string, limit int, length func(string) int) string {
	if length(text) <= limit {
		return text
	}
	starts := make([]int, 0, len(text)) // of each character
	for i := range text {
		starts = append(starts, i)
	}
	tooLong := sort.Search(len(starts), func(i int) bool { return length(text[:starts[i]]+ellipsis) > limit })
	if tooLong == 0 {
		return ""
	}
	last := tooLong - 1
	for last > 0 && !cuttable(text, starts[last]) {
		last--
	}
	end := starts[last]
	kept := text[:end]
	if space := strings.LastIndexFunc(kept, unicode.IsSpace); space > end-end/searchBackForSpaceBy {
		kept = kept[:space]
	}
	return strings.TrimRightFunc(kept, unicode.IsSpace) + ellipsis
}

// cuttable says whether a text may end before the character that starts at i.
func cuttable(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i:])
	switch {
	case before == zeroWidthJoiner, after == zeroWidthJoiner:
		return false
	case after >= firstVariation && after <= lastVariation:
		return false
	case after >= firstSkinTone && after <= lastSkinTone:
		return false
	case regional(before) && regional(after):
		return false
	default:
		return !unicode.IsMark(after)
	}
}

// regional says whether a character is half of a flag.
func regional(r rune) bool { return r >= firstRegionalSymbol && r <= lastRegionalSymbol }

// WebAddress parses an address that a person may open: an absolute one of http or
// https. It is false for anything else, such as "javascript:…".
func WebAddress(address string) (*url.URL, bool) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return nil, false
	}
	return parsed, true
}

// Printable returns a text without what could only deceive or break its display:
// control characters other than line breaks and tabs, overrides of the writing
// direction, and bytes that are no UTF-8. Right-to-left text itself stays.
func Printable(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r == leftToRightOverride, r == rightToLeftOverride, r == byteOrderMark:
			return -1
		default:
			return r
		}
	}, text)
}

// Line returns a text as one line: [Printable], with every run of white space
// turned into one space.
func Line(text string) string {
	return strings.Join(strings.Fields(Printable(text)), " ")
}
