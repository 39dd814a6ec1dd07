package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations"
	"muster/integrations/mail"
)

type message struct {
	ID, Subject, Text string
	To                []string
}

// messages are what the sandbox's mail server took.
func (s *server) messages() []message {
	s.t.Helper()
	var state struct {
		Mail struct{ Messages []message }
	}
	require.NoError(s.t, json.Unmarshal([]byte(s.call("GET", "/sandbox/state", "")), &state))
	return state.Mail.Messages
}

// fake is a mail server that follows a script: how it answers each command. It is reached
// through a pipe, under any name, so that it works in virtual time too.
type fake struct {
	// greeting is what it says first; empty means 220.
	greeting string
	// extensions are what it answers to EHLO.
	extensions []string
	// replies are its answers by the beginning of the command, which go before the usual
	// ones; "." is the end of the mail. A reply of "hang up" closes the connection, and
	// "silence" never comes.
	replies map[string]string
	// tls is its certificate.
	tls *tls.Config

	mu       sync.Mutex
	received []string
}

// commands are what the fake received so far.
func (f *fake) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.received...)
}

// dial is an [mail.Options] Dial that reaches the fake.
func (f *fake) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go f.converse(theirs, theirs)
	return ours, nil
}

// dialTLS is dial for a server that speaks TLS from the start.
func (f *fake) dialTLS(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go f.converse(theirs, tls.Server(theirs, f.tls))
	return ours, nil
}

// converse holds one conversation and then closes the pipe below it: TLS would take leave
// first, which nobody reads.
func (f *fake) converse(pipe io.Closer, connection net.Conn) {
	defer pipe.Close()
	f.serve(connection, f.greeting)
}

// serve goes on until somebody hangs up, when reads and writes fail.
func (f *fake) serve(connection net.Conn, greeting string) {
	say := func(reply string) bool {
		_, err := connection.Write([]byte(reply + "\r\n"))
		return err == nil
	}
	if greeting == "" {
		greeting = "220 mail.example.com ready"
	}
	if greeting != "none" && !say(greeting) {
		return
	}
	lines := bufio.NewScanner(connection)
	inMail := false
	for lines.Scan() {
		line := lines.Text()
		if inMail && line != "." {
			continue
		}
		f.mu.Lock()
		f.received = append(f.received, line)
		f.mu.Unlock()
		reply := f.reply(line)
		inMail = strings.HasPrefix(reply, "354")
		switch {
		case reply == "hang up":
			return
		case reply == "silence":
			continue
		case !say(reply):
			return
		case line == "QUIT":
			return
		case line == "STARTTLS" && strings.HasPrefix(reply, "220"):
			f.serve(tls.Server(connection, f.tls), "none")
			return
		}
	}
}

func (f *fake) reply(line string) string {
	for command, reply := range f.replies {
		if strings.HasPrefix(line, command) {
			return reply
		}
	}
	switch {
	case strings.HasPrefix(line, "EHLO"):
		reply := "250-mail.example.com"
		for _, extension := range f.extensions {
			reply += "\r\n250-" + extension
		}
		return reply + "\r\n250 PIPELINING"
	case line == "DATA":
		return "354 go on"
	case line == "QUIT":
		return "221 bye"
	case line == "STARTTLS":
		return "220 go on"
	case strings.HasPrefix(line, "AUTH"):
		return "235 welcome"
	}
	return "250 ok"
}

// client returns a client that reaches the fake by the address.
func (f *fake) client(t *testing.T, url integrations.Secret) *mail.Client {
	t.Helper()
	return newClient(t, mail.Options{URL: url, Dial: f.dial})
}

// certificate is a server's for example.com, and the configuration of a client that
// trusts it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates}, &tls.Config{RootCAs: trusted}
}
