package mail

import (
	"bytes"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"muster/incident"
	"muster/integrations"
)

// maxSubjectLength is where a subject is cut: what mailboxes still show in a list.
const maxSubjectLength = 200

// compose writes a mail as it is sent. The error is final: what cannot be written will
// not become writable.
func (c *Client) compose(m incident.Mail) ([]byte, error) {
	const operation = "compose"
	if m.Key == "" {
		return nil, c.calls.Refuse(operation, "the mail has no key, so nobody could recognise its repetition")
	}
	if len(m.To) == 0 {
		return nil, c.calls.Refuse(operation, "the mail has no recipient")
	}
	for _, to := range m.To {
		if address, err := mail.ParseAddress(to); err != nil || address.Address != to {
			return nil, c.calls.Refuse(operation, "%q is not an e-mail address", to)
		}
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.FromFormat("Muster", c.from); err != nil {
		return nil, c.calls.Refuse(operation, "the sender cannot be written: %v", err)
	}
	if err := message.To(m.To...); err != nil {
		return nil, c.calls.Refuse(operation, "the recipients cannot be written: %v", err)
	}
	message.Subject(integrations.Shorten(integrations.Line(m.Subject), maxSubjectLength, integrations.UTF16Length))
	message.SetMessageIDWithValue(m.Key + "@" + c.domain)
	message.SetDate()
	message.SetImportance(gomail.ImportanceHigh)
	// Keeps vacation notices from answering (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, body(m))
	var written bytes.Buffer
	if _, err := message.WriteTo(&written); err != nil {
		return nil, c.calls.Refuse(operation, "the mail cannot be written: %v", err)
	}
	return written.Bytes(), nil
}

// body is the text with the links below it.
func body(m incident.Mail) string {
	var text strings.Builder
	text.WriteString(strings.TrimSpace(integrations.Printable(m.Text)))
	text.WriteString("\n")
	for i, link := range m.Links {
		if i == 0 {
			text.WriteString("\n")
		}
		text.WriteString(integrations.Line(link.Title) + ": " + integrations.Line(link.URL) + "\n")
	}
	return text.String()
}
