package slack

import (
	"regexp"
	"strings"

	"muster/integrations"
)

// markupPattern is what stands between < and > in Slack's texts: a mention, a link or a command,
// with its label behind a bar. See
// https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages.
var markupPattern = regexp.MustCompile(`<([^<>|]+)(?:\|([^<>]*))?>`)

// plainText reads a text as Slack sends it: people are left as <@ID>, whose names
// are asked for, and channels as <#ID|name> or, where Slack does not say the name, <#ID>; links become readable, and the characters that Slack escapes are themselves again. What is
// bold or code stays between its marks, as people have typed it.
func plainText(text string) string {
	text = markupPattern.ReplaceAllStringFunc(text, func(found string) string {
		parts := markupPattern.FindStringSubmatch(found)
		target, label := parts[1], strings.TrimSpace(parts[2])
		switch target[0] {
		case '@':
			return "<" + target + ">"
		case '#':
			return "<" + strings.TrimSuffix(target+"|"+label, "|") + ">"
		case '!':
			return special(target[1:], label)
		default:
			return readableLink(target, label)
		}
	})
	return strings.TrimSpace(integrations.Printable(unescaper.Replace(text)))
}

// special is what people see of a command such as <!here> or <!subteam^S123|@payments>.
func special(command, label string) string {
	if label != "" {
		return label
	}
	name, _, _ := strings.Cut(command, "^")
	return "@" + name
}

// readableLink is a link for those who see text only.
func readableLink(target, label string) string {
	shown := strings.TrimPrefix(target, "mailto:")
	bare := strings.TrimPrefix(strings.TrimPrefix(shown, "https://"), "http://")
	if label == "" || label == shown || label == bare {
		return shown
	}
	return label + " (" + shown + ")"
}
