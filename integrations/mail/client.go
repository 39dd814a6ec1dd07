package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/mail"
	"net/url"
	"strings"

	"muster/incident"
	"muster/integrations"
)

// The ports of message submission, RFC 6409 and RFC 8314.
const (
	startTLSPort    = "587"
	implicitTLSPort = "465"
)

// Options say how to reach a mail server.
type Options struct {
	// URL is smtp://user:password@host:port or smtps://…; user, password and port may be
	// left out. Special characters in the password are percent-encoded.
	URL integrations.Secret
	// From is the sender's address, without a display name.
	From string
	// TLS is the configuration for TLS. Nil means the system's certificate authorities.
	TLS *tls.Config
	// Dial opens the connection. Nil means a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client sends mail through one server. Its methods may be called by many goroutines at
// once; every error is an [*integrations.Error].
type Client struct {
	calls          *integrations.Caller
	host, address  string
	user, password string
	implicitTLS    bool
	tls            *tls.Config
	open           func(ctx context.Context, network, address string) (net.Conn, error)
	from, domain   string
}

// New returns a client. It connects with the first mail, not before. The error says what
// is wrong with the options and quotes nothing of the URL.
func New(options Options) (*Client, error) {
	server, err := url.Parse(options.URL.Reveal())
	if err != nil || server.Hostname() == "" || (server.Scheme != "smtp" && server.Scheme != "smtps") {
		return nil, errors.New("mail: the server's address is not of the form smtp://user:password@host:port")
	}
	from, err := mail.ParseAddress(options.From)
	if err != nil || from.Address != options.From {
		return nil, errors.New("mail: the sender is not an e-mail address")
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	c := &Client{
		host: server.Hostname(), user: server.User.Username(), implicitTLS: server.Scheme == "smtps",
		tls: &tls.Config{MinVersion: tls.VersionTLS12}, open: options.Dial, from: from.Address, domain: domain,
	}
	if c.open == nil {
		c.open = (&net.Dialer{}).DialContext
	}
	c.password, _ = server.User.Password()
	port := startTLSPort
	if c.implicitTLS {
		port = implicitTLSPort
	}
	c.address = net.JoinHostPort(c.host, cmp.Or(server.Port(), port))
	if options.TLS != nil {
		c.tls = options.TLS.Clone()
	}
	c.tls.ServerName = cmp.Or(c.tls.ServerName, c.host)
	c.calls = integrations.NewCaller(integrations.Mail, func(integrations.Refusal) (code, message string) { return "", "" },
		c.secrets(options.URL)...)
	return c, nil
}

// secrets are the password in all the forms in which it is sent.
func (c *Client) secrets(address integrations.Secret) []integrations.Secret {
	if c.password == "" {
		return []integrations.Secret{address}
	}
	encode := func(text string) integrations.Secret {
		return integrations.Secret(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return []integrations.Secret{
		address, integrations.Secret(c.password), integrations.Secret(url.QueryEscape(c.password)),
		encode(c.password), encode("\x00" + c.user + "\x00" + c.password),
	}
}

// Send hands a mail to the server and returns who was accepted as a recipient, at least
// one. A repetition is sent again under the same Message-ID.
func (c *Client) Send(ctx context.Context, m incident.Mail) (incident.MailReceipt, error) {
	message, err := c.compose(m)
	if err != nil {
		return incident.MailReceipt{}, err
	}
	var receipt incident.MailReceipt
	err = c.calls.Observed(ctx, "send", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, integrations.RequestTimeout)
		defer cancel()
		s, err := c.dial(ctx)
		if err != nil {
			return err
		}
		defer s.close()
		receipt, err = s.send(m.To, message)
		return err
	})
	return receipt, err
}
