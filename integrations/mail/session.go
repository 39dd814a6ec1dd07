package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"muster/incident"
	"muster/integrations"
)

// farewell is how long the server may take to answer that we leave.
const farewell = 2 * time.Second

// session is one conversation with the mail server.
type session struct {
	*Client
	ctx        context.Context
	connection net.Conn
	smtp       *smtp.Client
	unwatch    func() bool // ends the watch over ctx
}

// dial connects, changes to TLS and signs in.
func (c *Client) dial(ctx context.Context) (*session, error) {
	const operation = "connect"
	connection, err := c.open(ctx, "tcp", c.address)
	if err != nil {
		return nil, c.calls.Unanswered(ctx, operation, err)
	}
	// The library knows no context: whatever it waits for ends with this deadline.
	unwatch := context.AfterFunc(ctx, func() {
		// A connection that takes no deadline is closed already.
		_ = connection.SetDeadline(time.Unix(1, 0))
	})
	s := &session{Client: c, ctx: ctx, connection: connection, unwatch: unwatch}
	if err := s.begin(connection); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *session) begin(connection net.Conn) (err error) {
	if s.implicitTLS {
		secured := tls.Client(connection, s.tls)
		if err := secured.HandshakeContext(s.ctx); err != nil {
			return s.failed("connect", err)
		}
		connection = secured
	}
	if s.smtp, err = smtp.NewClient(connection, s.host); err != nil {
		return s.failed("connect", err)
	}
	name, err := os.Hostname()
	if err != nil {
		name = "localhost"
	}
	if err := s.smtp.Hello(name); err != nil {
		return s.failed("EHLO", err)
	}
	offered, _ := s.smtp.Extension("STARTTLS")
	if offered && !s.implicitTLS {
		if err := s.smtp.StartTLS(s.tls); err != nil {
			return s.failed("STARTTLS", err)
		}
	}
	return s.signIn()
}

// signIn authenticates where there is a user.
func (s *session) signIn() error {
	const operation = "AUTH"
	if s.user == "" {
		return nil
	}
	_, mechanisms := s.smtp.Extension(operation)
	auth := s.auth(strings.Fields(mechanisms))
	if auth == nil {
		return s.calls.Refuse(operation, "the server offers no way to sign in that keeps the password safe (it offers %q): "+
			"have it offer STARTTLS, or set MUSTER_SMTP_URL to smtps://…", mechanisms)
	}
	return s.failed(operation, s.smtp.Auth(auth))
}

// auth chooses a mechanism: the plain ones where nobody can listen, since every server
// has them; otherwise one that does not send the password.
func (s *session) auth(offered []string) smtp.Auth {
	_, encrypted := s.smtp.TLSConnectionState()
	local := loopback(s.host)
	for _, mechanism := range []struct {
		name  string
		plain bool
		auth  smtp.Auth
	}{
		{"PLAIN", true, smtp.PlainAuth("", s.user, s.password, s.host, local)},
		{"LOGIN", true, smtp.LoginAuth(s.user, s.password, s.host, local)},
		{"SCRAM-SHA-256", false, smtp.ScramSHA256Auth(s.user, s.password)},
		{"CRAM-MD5", false, smtp.CRAMMD5Auth(s.user, s.password)},
	} {
		if slices.Contains(offered, mechanism.name) && (!mechanism.plain || encrypted || local) {
			return mechanism.auth
		}
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// send is one transaction for all recipients.
func (s *session) send(to []string, message []byte) (incident.MailReceipt, error) {
	receipt, err := s.address(to)
	if err != nil {
		return receipt, err
	}
	body, err := s.smtp.Data()
	if err != nil {
		return receipt, s.failed("DATA", err)
	}
	if _, err := body.Write(message); err != nil {
		return receipt, s.failed("DATA", err)
	}
	return receipt, s.failed("DATA", body.Close())
}

// address begins a transaction: it names the sender and the recipients. At least one of
// these is accepted, or there is an error.
func (s *session) address(to []string) (incident.MailReceipt, error) {
	receipt := incident.MailReceipt{Server: s.host}
	s.smtp.SkipSMTPUTF8(ascii(s.from) && !slices.ContainsFunc(to, func(address string) bool { return !ascii(address) }))
	if err := s.smtp.Mail("<" + s.from + ">"); err != nil {
		return receipt, s.failed("MAIL FROM", err)
	}
	var refusal error
	for _, address := range to {
		err := s.failed("RCPT TO", s.smtp.Rcpt("<"+address+">"))
		var failure *integrations.Error
		switch {
		case err == nil:
			receipt.Accepted = append(receipt.Accepted, address)
		case errors.As(err, &failure) && failure.Code != "":
			receipt.Refused = append(receipt.Refused, address+" ("+failure.Code+": "+failure.Message+")")
			// If nobody is left, one who may be accepted later makes it worth another attempt.
			if refusal == nil || !failure.Final {
				refusal = err
			}
		default:
			return receipt, err
		}
	}
	if len(receipt.Accepted) == 0 {
		return receipt, refusal
	}
	return receipt, nil
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > '~' })
}

// close takes leave. The mail is sent or not by now, so how the server answers is no
// matter.
func (s *session) close() {
	if s.unwatch() && s.connection.SetDeadline(time.Now().Add(farewell)) == nil {
		_ = s.smtp.Quit()
	}
	s.release()
}

// release ends the conversation without a word.
func (s *session) release() {
	s.unwatch()
	// Either side may have closed it by now.
	_ = s.connection.Close()
}

// failed turns an error of the library into ours; nil stays nil.
func (s *session) failed(operation string, err error) error {
	if err == nil {
		return nil
	}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return s.calls.Unanswered(s.ctx, operation, err)
	}
	message := reply.Msg
	switch reply.Code {
	case 530, 534, 535: // RFC 4954, section 6
		message += ": check the user and the password in MUSTER_SMTP_URL"
	}
	return s.calls.Replied(operation, reply.Code, message)
}
