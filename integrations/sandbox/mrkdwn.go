package sandbox

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// This file renders Slack's markup, mrkdwn, as HTML:
// https://docs.slack.dev/messaging/formatting-message-text. Every character of the input
// passes through html.EscapeString, and only the tags written here are added.

// names resolves mentions and times.
type names struct {
	users, channels map[string]string
	you             string    // the id of who reads
	now             time.Time // zero: times are shown as their fallbacks
}

var (
	// slackAngles are mentions and links: <@U1>, <#C1|name>, <!here>, <https://…|label>.
	slackAngles = regexp.MustCompile(`<([^<>\n]+)>`)
	// slackEmoji are the names between colons.
	slackEmoji = regexp.MustCompile(`:([a-z0-9_+-]+):`)
)

// emoji are the few names that incident messages use; others stay as written.
var emoji = map[string]string{
	"alarm_clock": "⏰", "bell": "🔔", "bookmark": "🔖", "bulb": "💡", "boom": "💥", "calendar": "📅", "chart_with_upwards_trend": "📈",
	"clipboard": "📋", "construction": "🚧", "eyes": "👀", "fire": "🔥", "fire_engine": "🚒", "hammer_and_wrench": "🛠️", "+1": "👍", "thumbsup": "👍", "heart": "❤️", "pray": "🙏", "rocket": "🚀",
	"heavy_check_mark": "✔️", "hourglass_flowing_sand": "⏳", "information_source": "ℹ️", "large_blue_circle": "🔵",
	"large_green_circle": "🟢", "large_orange_circle": "🟠", "large_yellow_circle": "🟡", "link": "🔗", "loudspeaker": "📢",
	"mag": "🔍", "mega": "📣", "memo": "📝", "no_entry": "⛔", "pager": "📟", "pencil": "✏️", "pushpin": "📌",
	"red_circle": "🔴", "rotating_light": "🚨", "speech_balloon": "💬", "stopwatch": "⏱️", "tada": "🎉", "ticket": "🎫",
	"warning": "⚠️", "wave": "👋", "white_check_mark": "✅", "x": "❌", "zap": "⚡",
}

// mrkdwn renders a whole text: code blocks, quotes, line breaks and what is in the lines.
func (n names) mrkdwn(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			out.WriteString("<pre>" + escapeSlack(strings.Trim(part, "\n")) + "</pre>")
			continue
		}
		n.lines(&out, part)
	}
	return template.HTML(out.String()) // safe: escaped text and constant tags
}

func (n names) lines(out *strings.Builder, text string) {
	if text = strings.Trim(text, "\n"); text == "" {
		return
	}
	quoting := false
	for i, line := range strings.Split(text, "\n") {
		quoted, isQuote := strings.CutPrefix(line, "&gt;")
		if !isQuote {
			quoted, isQuote = strings.CutPrefix(line, ">")
		}
		switch {
		case isQuote && !quoting:
			out.WriteString("<blockquote>")
		case !isQuote && quoting:
			out.WriteString("</blockquote>")
		case i > 0:
			out.WriteString("<br>")
		}
		if quoting = isQuote; isQuote {
			line = strings.TrimSpace(quoted)
		}
		n.line(out, line)
	}
	if quoting {
		out.WriteString("</blockquote>")
	}
}

// line renders what stands in one line: code first, since nothing is markup inside it.
func (n names) line(out *strings.Builder, line string) {
	for i, part := range strings.Split(line, "`") {
		switch {
		case i%2 == 1 && strings.Count(line, "`") > i:
			out.WriteString("<code>" + escapeSlack(part) + "</code>")
		case i%2 == 1:
			out.WriteString("`")
			n.angles(out, part)
		default:
			n.angles(out, part)
		}
	}
}

func (n names) angles(out *strings.Builder, text string) {
	var links []string
	// Links become placeholders that no emphasis can tear apart.
	text = slackAngles.ReplaceAllStringFunc(strings.ReplaceAll(text, "\x00", ""), func(match string) string {
		links = append(links, n.angle(match[1:len(match)-1]))
		return "\x00"
	})
	rendered := emphasise(escapeSlack(withEmoji(text)))
	for _, link := range links {
		rendered = strings.Replace(rendered, "\x00", link, 1)
	}
	out.WriteString(rendered)
}

// angle renders what stands between < and >.
func (n names) angle(inner string) string {
	target, label, labelled := strings.Cut(inner, "|")
	switch {
	case strings.HasPrefix(target, "@"):
		return n.mention("@", target[1:], label)
	case strings.HasPrefix(target, "#"):
		return n.mention("#", target[1:], label)
	case strings.HasPrefix(target, "!date^"):
		return n.dateToken(target, label)
	case strings.HasPrefix(target, "!"):
		name, _, _ := strings.Cut(target[1:], "^")
		return `<span class="mention">@` + escapeSlack(strings.TrimPrefix(cmp.Or(label, name), "@")) + `</span>`
	}
	u, err := url.Parse(html.UnescapeString(target))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto") {
		return escapeSlack("<" + inner + ">")
	}
	if !labelled {
		label = strings.TrimPrefix(target, "mailto:")
	}
	return `<a href="` + html.EscapeString(u.String()) + `" rel="noreferrer">` + emphasise(escapeSlack(label)) + `</a>`
}

// mention names a person or a channel, and marks the one that means the reader.
func (n names) mention(sign, id, label string) string {
	known, class := n.users, "mention"
	if sign == "#" {
		known = n.channels
	}
	if id == n.you && id != "" {
		class = "mention you"
	}
	return `<span class="` + class + `">` + sign + escapeSlack(cmp.Or(known[id], label, id)) + `</span>`
}

// dateToken renders <!date^1392734382^{date} at {time}^https://…|fallback>.
func (n names) dateToken(target, fallback string) string {
	parts := strings.SplitN(strings.TrimPrefix(target, "!date^"), "^", 3)
	seconds, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || len(parts) < 2 {
		return escapeSlack(cmp.Or(fallback, target))
	}
	shown := n.date(time.Unix(seconds, 0).UTC(), html.UnescapeString(parts[1]), html.UnescapeString(fallback))
	if len(parts) == 3 && isWebLink(html.UnescapeString(parts[2])) {
		return `<a href="` + html.EscapeString(html.UnescapeString(parts[2])) + `" rel="noreferrer">` + shown + `</a>`
	}
	return shown
}

// dateFormats are Slack's names for ways to write a date, as Go writes them.
var dateFormats = map[string]string{
	"{date_num}": "2006-01-02", "{date_slash}": "02/01/2006", "{date}": "January 2, 2006", "{date_short}": "Jan 2, 2006",
	"{date_long}": "Monday, January 2, 2006", "{time}": "15:04", "{time_secs}": "15:04:05", "{month}": "January", "{year}": "2006",
}

// dateToken's placeholders.
var datePlaceholder = regexp.MustCompile(`\{[a-z_]+\}`)

// date writes a moment as Slack's placeholders say. Times are UTC, and what is written as ago
// is kept true by the page's script.
func (n names) date(at time.Time, format, fallback string) string {
	if n.now.IsZero() || format == "" {
		return html.EscapeString(fallback)
	}
	attributes := ` datetime="` + at.Format(time.RFC3339) + `" title="` + at.Format("2006-01-02 15:04:05 UTC") + `"`
	var out strings.Builder
	rest := 0
	for _, place := range datePlaceholder.FindAllStringIndex(format, -1) {
		name := format[place[0]:place[1]]
		out.WriteString(html.EscapeString(format[rest:place[0]]))
		rest = place[1]
		base, pretty := strings.CutSuffix(name, "_pretty}")
		if pretty {
			name = base + "}"
		}
		switch layout := dateFormats[name]; {
		case name == "{ago}":
			out.WriteString(`<time class="ago"` + attributes + `>` + ago(n.now.Sub(at)) + `</time>`)
		case layout == "":
			out.WriteString(html.EscapeString(name))
		case pretty && nearDay(at, n.now) != "":
			out.WriteString(`<time` + attributes + `>` + nearDay(at, n.now) + `</time>`)
		default:
			out.WriteString(`<time` + attributes + `>` + at.Format(layout) + `</time>`)
		}
	}
	return out.String() + html.EscapeString(format[rest:])
}

// nearDay is what Slack's pretty dates say instead of a date: today, yesterday, tomorrow.
func nearDay(at, now time.Time) string {
	for name, days := range map[string]int{"yesterday": -1, "today": 0, "tomorrow": 1} {
		if at.Format(time.DateOnly) == now.AddDate(0, 0, days).Format(time.DateOnly) {
			return name
		}
	}
	return ""
}

// ago says how long ago something was, or how long it is until then.
func ago(past time.Duration) string {
	size := past.Abs()
	words := "less than a minute"
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if count := int(size / unit.size); count > 0 {
			words = fmt.Sprintf("%d %s", count, unit.name)
			if count > 1 {
				words += "s"
			}
			break
		}
	}
	if past < 0 {
		return "in " + words
	}
	return words + " ago"
}

func withEmoji(text string) string {
	return slackEmoji.ReplaceAllStringFunc(text, func(match string) string {
		return cmp.Or(emoji[strings.Trim(match, ":")], match)
	})
}

// plainText renders a plain_text object: emoji, and nothing else.
func plainText(text string) template.HTML {
	return template.HTML(html.EscapeString(withEmoji(text)))
}

// escapeSlack undoes Slack's own escapes (&amp; &lt; &gt;) and escapes for HTML.
func escapeSlack(text string) string {
	return html.EscapeString(strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text))
}

// emphasise turns *bold*, _italic_ and ~struck~ into tags, in text that is escaped
// already. A mark opens before a visible character that follows a gap, and closes after
// a visible character that precedes one.
func emphasise(text string) string {
	for _, style := range []struct{ mark, tag string }{{"*", "strong"}, {"_", "em"}, {"~", "s"}} {
		var out strings.Builder
		rest := text
		for {
			open, inner, after, ok := cutEmphasis(rest, style.mark)
			if !ok {
				break
			}
			out.WriteString(open + "<" + style.tag + ">" + inner + "</" + style.tag + ">")
			rest = after
		}
		out.WriteString(rest)
		text = out.String()
	}
	return text
}

func cutEmphasis(text, mark string) (before, inner, after string, ok bool) {
	for from := 0; ; {
		open := strings.Index(text[from:], mark)
		if open < 0 {
			return "", "", "", false
		}
		open += from
		from = open + 1
		previous, _ := utf8.DecodeLastRuneInString(text[:open])
		if open > 0 && !isGap(previous) {
			continue
		}
		closable := false
		for at := from; ; {
			end := strings.Index(text[at:], mark)
			if end < 0 {
				break
			}
			end += at
			at = end + 1
			next, _ := utf8.DecodeRuneInString(text[at:])
			if at < len(text) && !isGap(next) {
				continue
			}
			closable = true
			inner := text[from:end]
			// Tags are never cut in two: an inner part with half a tag is no emphasis.
			if inner != "" && strings.TrimSpace(inner) == inner && strings.Count(inner, "<") == strings.Count(inner, "</")*2 {
				return text[:open], inner, text[at:], true
			}
		}
		if !closable { // then no later mark finds an end either
			return "", "", "", false
		}
	}
}

func isGap(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) || r == 0
}
