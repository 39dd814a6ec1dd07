package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marked reads text as playbooks and people write it for a channel: what stands between
// two asterisks, as in *bold*, is bold, and everything else is plain. Asterisks that
// enclose nothing, or that stand within a word, as in 2*3*4, stay what they are.
func Marked(text string) Text {
	var marked Text
	for {
		from, to, ok := boldIn(text)
		if !ok {
			break
		}
		if from > 0 {
			marked = append(marked, Plain(text[:from]))
		}
		marked = append(marked, Bold(text[from+1:to]))
		text = text[to+1:]
	}
	if text != "" {
		marked = append(marked, Plain(text))
	}
	return marked
}

// boldIn finds the first two asterisks that make what is between them bold: on one line,
// with no space inside them and no word right outside.
func boldIn(text string) (from, to int, ok bool) {
	for from < len(text) {
		next := strings.IndexByte(text[from:], '*')
		if next < 0 {
			return 0, 0, false
		}
		from += next
		inside := text[from+1:]
		if line := strings.IndexByte(inside, '\n'); line >= 0 {
			inside = inside[:line]
		}
		end := strings.IndexByte(inside, '*')
		if end < 0 {
			from++
			continue
		}
		to = from + 1 + end
		if end > 0 && inside[0] != ' ' && inside[end-1] != ' ' && !wordEnds(text[:from]) && !wordBegins(text[to+1:]) {
			return from, to, true
		}
		from++
	}
	return 0, 0, false
}

func wordEnds(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return text != "" && inWord(last)
}

func wordBegins(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && inWord(first)
}

// inWord says whether a character goes on with a word. A second asterisk does so too, so that
// rows of them stay what they are.
func inWord(r rune) bool { return r == '*' || unicode.IsLetter(r) || unicode.IsDigit(r) }
