package sandbox

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is the stand-in for a mail server: SMTP on a loopback port, with what it
// takes in the sandbox's state. It delivers nothing.
type mailServer struct {
	listener net.Listener
	server   *smtp.Server
	served   chan struct{}
}

// mailTimeout bounds how long a conversation may be silent.
const mailTimeout = time.Minute

func (s *Sandbox) startMail(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("sandbox: open a port for the mail server: %w", err)
	}
	server := smtp.NewServer(smtp.BackendFunc(s.newMailSession))
	server.Domain = "sandbox.invalid"
	server.MaxMessageBytes = maxBodyBytes
	server.ReadTimeout, server.WriteTimeout = mailTimeout, mailTimeout
	server.AllowInsecureAuth = true // nobody but this machine can listen
	server.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	s.mail = &mailServer{listener: listener, server: server, served: make(chan struct{})}
	go func() {
		defer close(s.mail.served)
		if err := server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			s.log.ErrorContext(ctx, "sandbox: the mail server stopped", "error", err)
		}
	}()
	return nil
}

func (m *mailServer) close() error {
	err := m.server.Close()
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil // it was closed before
	}
	// A server that has not begun to serve does not know its listener yet.
	if closed := m.listener.Close(); closed != nil && !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	<-m.served
	return err
}

// SMTPURL is the address of the mail server, for example smtp://127.0.0.1:40123. It takes
// any user and password, or none.
func (s *Sandbox) SMTPURL() string { return "smtp://" + s.mail.listener.Addr().String() }

// mailSession is one conversation, which goes as its fault says.
type mailSession struct {
	sandbox    *Sandbox
	connection net.Conn
	fault      mode
	recipients []string
}

func (s *Sandbox) newMailSession(c *smtp.Conn) (smtp.Session, error) {
	session := &mailSession{sandbox: s, connection: c.Conn(), fault: s.faults.draw(vendorMail)}
	if session.fault == modeDown {
		return nil, session.hangUp()
	}
	return session, nil
}

// hangUp closes the connection without an answer.
func (m *mailSession) hangUp() error {
	return errors.Join(errors.New("the sandbox hangs up"), m.connection.Close())
}

// AuthMechanisms implements [smtp.AuthSession].
func (m *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements [smtp.AuthSession]: whoever comes is let in.
func (m *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, _ string) error { return nil }), nil
}

// Mail implements [smtp.Session].
func (m *mailSession) Mail(string, *smtp.MailOptions) error {
	switch m.fault {
	case modeError:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Local error in processing"}
	case modeRateLimit:
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Too many messages, slow down"}
	}
	return nil
}

// Rcpt implements [smtp.Session].
func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.recipients = append(m.recipients, to)
	return nil
}

// Data implements [smtp.Session].
func (m *mailSession) Data(r io.Reader) error {
	written, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := m.sandbox.takeMail(m.recipients, written); err != nil {
		m.sandbox.log.Error("sandbox: a mail was not taken", "error", err)
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "The mail cannot be read: " + err.Error()}
	}
	if m.fault == modeTimeoutAfterEffect {
		<-time.After(silence)
		return m.hangUp()
	}
	return nil
}

// Reset implements [smtp.Session].
func (m *mailSession) Reset() { m.recipients = nil }

// Logout implements [smtp.Session].
func (m *mailSession) Logout() error { return nil }

// takeMail reads a mail and keeps it. A repetition is kept as well: what a mailbox makes
// of the Message-ID is another matter.
func (s *Sandbox) takeMail(recipients []string, written []byte) error {
	message, err := mail.ReadMessage(bytes.NewReader(written))
	if err != nil {
		return err
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return err
	}
	body := message.Body
	switch strings.ToLower(message.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	to, err := json.Marshal(recipients)
	if err != nil {
		return err
	}
	ctx := context.Background() // a mail server finishes what it began
	return s.db.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO mail_messages (message_id, recipients, subject, text, received_at) VALUES (?, ?, ?, ?, ?)`,
			strings.Trim(message.Header.Get("Message-Id"), "<>"), string(to), subject,
			strings.ReplaceAll(string(text), "\r\n", "\n"), microseconds(s.now()))
		return err
	})
}

func scanMail(row scanner) (m mailState, err error) {
	var to string
	var received int64
	if err := row.Scan(&m.ID, &to, &m.Subject, &m.Text, &received); err != nil {
		return m, err
	}
	m.ReceivedAt = timeOf(received)
	return m, json.Unmarshal([]byte(to), &m.To)
}
