package mail

import (
	"context"

	"muster/incident"
	"muster/integrations"
)

// Access is what a mail server lets us do.
type Access struct {
	// Server is its host.
	Server string
	// Encrypted says that the conversation was, SignedIn that the server took user and
	// password; without a user nobody signs in.
	Encrypted, SignedIn bool
	// Local says that the server is on this machine, so that nobody can listen.
	Local bool
	// Receipt says which of the recipients the server would take a mail for. It is empty
	// when none were given.
	Receipt incident.MailReceipt
}

// Access goes through a conversation with the server up to the point where a mail would be
// handed over, and takes it back: connect, change to TLS, sign in, name the sender and the
// recipients, RSET. No mail is sent. That the server refuses the sender, or every
// recipient, is an error; without recipients the sender alone is named.
func (c *Client) Access(ctx context.Context, to []string) (Access, error) {
	ctx, cancel := context.WithTimeout(ctx, integrations.RequestTimeout)
	defer cancel()
	s, err := c.dial(ctx)
	if err != nil {
		return Access{}, err
	}
	defer s.close()
	_, encrypted := s.smtp.TLSConnectionState()
	access := Access{Server: s.host, Encrypted: encrypted, SignedIn: s.user != "", Local: loopback(s.host)}
	if len(to) == 0 {
		err = s.failed("MAIL FROM", s.smtp.Mail("<"+s.from+">"))
	} else {
		access.Receipt, err = s.address(to)
	}
	if err != nil {
		return access, err
	}
	return access, s.failed("RSET", s.smtp.Reset())
}
