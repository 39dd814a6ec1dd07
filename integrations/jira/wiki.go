package jira

import (
	"cmp"
	"strings"

	"muster/incident"
	"muster/integrations"
)

// Jira's limits, in characters.
const (
	// maxSummaryLength: https://confluence.atlassian.com/adminjiraserver/advanced-jira-application-configuration-938847763.html
	maxSummaryLength = 255
	// maxDescriptionLength is the limit of a text field:
	// https://support.atlassian.com/jira/kb/increase-the-character-limit-on-jira-fields/
	maxDescriptionLength = 32767
	// maxLinkTitleLength is ours: more does not fit a line.
	maxLinkTitleLength = 100
)

// description returns the ticket's text in Jira's wiki notation, which the second
// version of its API takes: the text as it stands, and the links below it.
func description(request incident.TicketRequest) string {
	var links strings.Builder
	for _, link := range request.Links {
		line := formatLink(link) + "\n"
		if integrations.UTF16Length(links.String()+line) > maxDescriptionLength/2 {
			break
		}
		links.WriteString(line)
	}
	const between = "\n\n"
	limit := maxDescriptionLength - integrations.UTF16Length(links.String()) - len(between)
	text := strings.TrimSpace(integrations.Printable(request.Description))
	text = escape(integrations.Shorten(text, limit, func(text string) int { return integrations.UTF16Length(escape(text)) }))
	return strings.TrimSpace(text + between + links.String())
}

// markup are the characters by which the wiki notation starts mentions, links, images
// and macros. A backslash takes their meaning away, and before another backslash
// starts a new line. See
// https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=miscellaneous.
const markup = `[{!`

// zeroWidthSpace keeps two characters apart without showing.
const zeroWidthSpace = '\u200b'

// escape keeps a text from being read as notation.
func escape(text string) string {
	var escaped strings.Builder
	for i, r := range text {
		if strings.ContainsRune(markup, r) {
			escaped.WriteByte('\\')
		}
		escaped.WriteRune(r)
		// A backslash of the text must not meet one of ours.
		if r == '\\' && i+1 < len(text) && strings.IndexByte(`\`+markup, text[i+1]) >= 0 {
			escaped.WriteRune(zeroWidthSpace)
		}
	}
	return escaped.String()
}

// urlEscaper keeps a URL from ending its link early.
var urlEscaper = strings.NewReplacer("|", "%7C", "[", "%5B", "]", "%5D", "{", "%7B", "}", "%7D", " ", "%20")

// titleEscaper keeps a title inside of its link.
var titleEscaper = strings.NewReplacer("|", "/", "[", "(", "]", ")")

// formatLink returns a link in wiki notation, or only its title when the address is
// none that a person should click on.
func formatLink(link incident.Link) string {
	title := linkTitle(link)
	address, ok := integrations.WebAddress(link.URL)
	if !ok {
		return escape(title)
	}
	target := urlEscaper.Replace(address.String())
	return "[" + escape(titleEscaper.Replace(title)) + "|" + target + "]"
}

// linkTitle returns what to show for a link on one line: its title, or else its address.
func linkTitle(link incident.Link) string {
	title := cmp.Or(integrations.Line(link.Title), integrations.Line(link.URL))
	return integrations.Shorten(title, maxLinkTitleLength, integrations.UTF16Length)
}
