package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"muster/chat"
	"muster/incident"
)

// FuzzSpans checks, for whatever stands in a span, that Slack's markup means what was meant:
// nothing of a text can mention, link or format.
func FuzzSpans(f *testing.F) {
	for _, text := range []string{
		"plain", "<!channel>", "*bold*", "a_b _c_", "> quote", ":fire:", "\u202eright", "שלום", "x\x00y", strings.Repeat("👩‍👩‍👧‍👦", 50), "&lt;", "`",
	} {
		f.Add(text, "https://muster.example.com/?a=1", int64(1_700_000_000), 40)
	}
	known := incident.Person{Name: "Sample Responder", Email: "responder@example.com"}
	people := accounts{known: "U0RESPONDER"}
	f.Fuzz(func(t *testing.T, text, url string, unix int64, limit int) {
		if limit < 1 || limit > maxTextLength || unix < 0 || unix > 1<<40 {
			return
		}
		spans := chat.Text{
			chat.Plain(text), chat.Bold(text), chat.Mention(known), chat.Plain(text), chat.Linked(text, url),
			chat.Since(time.Unix(unix, 0)), chat.Code(text), chat.Mention(incident.Person{Name: text}),
		}
		pieces := people.pieces(spans, limit)
		length := 0
		for _, p := range pieces {
			if !utf8.ValidString(p.text) {
				t.Errorf("%q is no UTF-8", p.text)
			}
			length += utf16Length(p.text)
		}
		if length > limit {
			t.Errorf("%d characters do not fit %d", length, limit)
		}
		if _, err := json.Marshal(richText(pieces)); err != nil {
			t.Error(err)
		}
		shown, ok := mrkdwn(pieces)
		if !ok {
			return
		}
		for _, sign := range []string{"<", ">"} {
			if meant := markupCount(pieces); strings.Count(shown, sign) != meant {
				t.Errorf("%q has %d of %s, %d are meant", shown, strings.Count(shown, sign), sign, meant)
			}
		}
	})
}

// markupCount is how many pieces stand between angle brackets.
func markupCount(pieces []piece) (count int) {
	for _, p := range pieces {
		if p.kind == linkSpan || p.kind == mentionSpan || p.kind == dateSpan {
			count++
		}
	}
	return count
}

func utf16Length(text string) (length int) {
	for _, r := range text {
		length += len([]rune{r})
		if r > 0xffff {
			length++
		}
	}
	return length
}
