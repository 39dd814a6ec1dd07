package slack

import (
	"strings"

	"muster/incident"
	"muster/integrations"
)

// Slack's limits, in characters.
const (
	// maxTopicLength also holds for purposes:
	// https://docs.slack.dev/reference/methods/conversations.setTopic
	maxTopicLength = 250
	// maxSectionLength is the longest text of a section:
	// https://docs.slack.dev/reference/block-kit/blocks/section-block
	maxSectionLength = 3000
	// maxLinkTitleLength is ours: more does not fit a line on a phone.
	maxLinkTitleLength = 100
	// maxURLLength is the longest URL in a block:
	// https://docs.slack.dev/reference/block-kit/block-elements/button-element
	maxURLLength = 3000
)

// escaper replaces the characters by which Slack knows mentions and links. See
// https://docs.slack.dev/messaging/formatting-message-text#escaping.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// unescaper undoes what escaper did.
var unescaper = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// escapedLength measures a text as it will be sent.
func escapedLength(text string) int {
	return integrations.UTF16Length(escaper.Replace(text))
}

// escapedLine returns a text as one escaped line within a limit.
func escapedLine(text string, limit int) string {
	return escaper.Replace(integrations.Shorten(integrations.Line(text), limit, escapedLength))
}

// escapedText returns a text of several lines, escaped and within a limit.
func escapedText(text string, limit int) string {
	text = strings.TrimSpace(integrations.Printable(text))
	return escaper.Replace(integrations.Shorten(text, limit, escapedLength))
}

// same says whether Slack already shows a line that we are about to set. Slack gives
// its own escapes back, so texts are compared without.
func same(shown, escaped string) bool {
	return unescaper.Replace(shown) == unescaper.Replace(escaped)
}

// urlEscaper keeps a URL from ending its link early.
var urlEscaper = strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;")

// formatLink returns a link as Slack writes it, or only its title when the address is
// none that a person should click on.
func formatLink(link incident.Link) string {
	title := link.Title
	if strings.TrimSpace(title) == "" {
		title = link.URL
	}
	title = escapedLine(title, maxLinkTitleLength)
	address, ok := integrations.WebAddress(link.URL)
	if !ok {
		return title
	}
	target := urlEscaper.Replace(address.String())
	if len(target) > maxURLLength {
		return title
	}
	return "<" + target + "|" + title + ">"
}

// formatLinks returns as many links as fit one line of a message.
func formatLinks(links []incident.Link) string {
	const separator = "  ·  "
	var line string
	for _, link := range links {
		longer := strings.TrimPrefix(line+separator+formatLink(link), separator)
		if integrations.UTF16Length(longer) > maxSectionLength {
			break
		}
		line = longer
	}
	return line
}
