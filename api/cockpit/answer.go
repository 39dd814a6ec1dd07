package cockpit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/chat"
	"muster/chat/card"
	"muster/incident"
)

// answer is a short card. What stands between backticks is code.
func answer(text string) chat.Card {
	c := card.Answer(strings.ReplaceAll(text, "`", ""))
	c.Parts = []chat.Part{{Body: spans(text)}}
	return c
}

func spans(text string) chat.Text {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		return chat.Line(text) // one of them encloses nothing
	}
	var body chat.Text
	for i, part := range parts {
		switch {
		case part == "":
		case i%2 == 1:
			body = append(body, chat.Code(part))
		default:
			body = append(body, chat.Plain(part))
		}
	}
	return body
}

// quotedRunes is how much an answer repeats of what somebody wrote.
const quotedRunes = 40

// quoted is what somebody wrote, as an answer repeats it.
func quoted(text string) string {
	return incident.CutText(strings.ReplaceAll(text, "`", "'"), quotedRunes)
}

// capital is a text with its first letter in capitals.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if first == utf8.RuneError {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
