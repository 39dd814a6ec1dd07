package diagram

import (
	"strings"
	"unicode"

	"muster/playbooks"
)

// letterWidths are the advance widths of the characters from space to tilde in the typeface
// Inter at weight 600, in thousandths of the font size, as a browser measures them. Inter is
// what the pages are set in, and it is wider than most typefaces that may stand in for it.
var letterWidths = [...]int{
	252, 321, 523, 644, 650, 1004, 663, 326, 373, 373, 540, 673, 319, 465, 319, 379,
	660, 423, 623, 636, 666, 612, 640, 576, 640, 640, 319, 329, 673, 673, 673, 543,
	999, 728, 659, 737, 722, 605, 588, 749, 746, 277, 580, 703, 565, 922, 759, 769,
	645, 773, 652, 650, 660, 736, 728, 1020, 720, 713, 652, 373, 379, 373, 481, 469,
	351, 574, 624, 583, 624, 591, 389, 625, 612, 262, 262, 569, 262, 900, 612, 609,
	624, 624, 397, 549, 353, 612, 587, 839, 569, 588, 566, 455, 359, 455, 673,
}

const (
	// letterWidth is that of a letter of another alphabet, wideWidth that of an ideograph,
	// which fills a square, emojiWidth that of a picture, which is wider in most typefaces.
	letterWidth = 680
	wideWidth   = 1000
	emojiWidth  = 1300
)

// runeWidth is the width of one character in thousandths of the font size.
func runeWidth(r rune) int {
	switch {
	case r >= ' ' && int(r-' ') < len(letterWidths):
		return letterWidths[r-' ']
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r < 0x1160, r >= 0x2e80 && r < 0xa4d0, r >= 0xac00 && r < 0xd7a4, r >= 0xf900 && r < 0xfb00,
		r >= 0xff00 && r < 0xff61, r >= 0x20000:
		return wideWidth
	case r >= 0x1f000:
		return emojiWidth
	default:
		return letterWidth
	}
}

// typeface tells the width of a character in thousandths of the font size.
type typeface func(rune) int

// monoWidth is what a letter of the usual typefaces for code takes at least.
const monoWidth = 602

// codeWidth is the width of one character in such a typeface.
func codeWidth(r rune) int {
	switch w := runeWidth(r); {
	case w == 0, w >= wideWidth:
		return w
	default:
		return monoWidth
	}
}

// width is how long a text is at a font size, both in pixels.
func width(text string, size float64) float64 { return typeface(runeWidth).width(text, size) }

func (t typeface) width(text string, size float64) float64 {
	sum := 0
	for _, r := range text {
		sum += t(r)
	}
	return float64(sum) * size / 1000
}

// wrap breaks a text into at most so many lines, none wider than wide. What does not fit
// ends in an ellipsis; a word that is too long for a line is broken.
func wrap(text string, wide, size float64, lines int) []string {
	return typeface(runeWidth).wrap(text, wide, size, lines)
}

func (t typeface) wrap(text string, wide, size float64, lines int) []string {
	var all []string
	line := ""
	for _, word := range strings.Fields(text) {
		joined := word
		if line != "" {
			joined = line + " " + word
		}
		if t.width(joined, size) <= wide {
			line = joined
			continue
		}
		if line != "" {
			all = append(all, line)
		}
		for line = word; t.width(line, size) > wide; {
			head := t.fitting(line, wide, size)
			if head == line {
				break
			}
			all, line = append(all, head), line[len(head):]
		}
		if len(all) > lines {
			break
		}
	}
	if line != "" {
		all = append(all, line)
	}
	if len(all) > lines {
		last := t.fitting(all[lines-1], wide-t.width("…", size), size)
		all = append(all[:lines-1], strings.TrimRight(last, " ")+"…")
	}
	return all
}

// fitting is the longest beginning of a text that is no wider than wide, and at least one
// character. An accent stays with its letter.
func (t typeface) fitting(text string, wide, size float64) string {
	sum := 0.0
	for i, r := range text {
		sum += float64(t(r)) * size / 1000
		if i > 0 && sum > wide && t(r) > 0 {
			return text[:i]
		}
	}
	return text
}

// maxRunes bounds what is looked at of any text.
const maxRunes = 400

// clean makes a text fit to be drawn: one line, no control characters, none that turn the
// direction of reading around (https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings),
// and of a bounded length.
func clean(text string) string {
	var b strings.Builder
	space, runes := false, 0
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			space = true
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Noncharacter_Code_Point, r), r == unicode.ReplacementChar:
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
		if runes++; runes == maxRunes {
			b.WriteString("…")
			break
		}
	}
	return b.String()
}

// plain is a text of a playbook with what is filled in later in pointed brackets.
func plain(text string) string {
	return clean(playbooks.Placeholders(text, playbooks.ShortPlaceholder))
}

// rightToLeft says whether a text is read from the right: its first letter decides, as for a
// paragraph in HTML with dir="auto".
func rightToLeft(text string) bool {
	for _, r := range text {
		if unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko) {
			return true
		}
		if unicode.IsLetter(r) {
			return false
		}
	}
	return false
}
