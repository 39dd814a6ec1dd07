package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// connectLimit bounds one connection with its TLS handshake.
const connectLimit = 10 * time.Second

// errProxied says that a connection would go through a proxy, so that connecting directly
// would show nothing.
var errProxied = errors.New("it is reached through a proxy")

// connect opens a connection to the host of a web address, with TLS and its checks where
// that is https, and closes it again without having sent a request.
func (e *examination) connect(ctx context.Context, address *url.URL) error {
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: address}); err == nil && proxy != nil {
		return errProxied
	}
	port := cmp.Or(address.Port(), map[string]string{"http": "80", "https": "443"}[address.Scheme])
	var configuration *tls.Config
	if address.Scheme == "https" {
		configuration = &tls.Config{MinVersion: tls.VersionTLS12}
		if transport, ok := e.HTTPClient.Transport.(*http.Transport); ok && transport.TLSClientConfig != nil {
			configuration = transport.TLSClientConfig.Clone()
		}
	}
	return handshake(ctx, net.JoinHostPort(address.Hostname(), port), configuration)
}

// handshake opens a connection and closes it again; with a configuration it speaks TLS.
func handshake(ctx context.Context, hostPort string, configuration *tls.Config) error {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", hostPort)
	if err != nil {
		return err
	}
	// Nothing was sent, so nothing can be lost.
	defer func() { _ = connection.Close() }()
	if configuration == nil {
		return nil
	}
	configuration = configuration.Clone()
	if configuration.ServerName == "" {
		configuration.ServerName, _, _ = net.SplitHostPort(hostPort)
	}
	return tls.Client(connection, configuration).HandshakeContext(ctx)
}

// unreachable puts a failure to reach a host into words, and says what to mend. It is false
// for a failure that is not one of the network or of TLS.
func unreachable(err error, host string) (what, mend string, known bool) {
	var name *net.DNSError
	var timeout net.Error
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &hostname):
		return fmt.Sprintf("the certificate of %s is not for that name", host),
			"use the name that the certificate is for, or give the server one for this name", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s is not valid now (from %s to %s)", host,
				day(invalid.Cert.NotBefore), day(invalid.Cert.NotAfter)),
			"renew the certificate, or set this machine's clock right", true
	case errors.As(err, &authority), errors.As(err, &invalid):
		return fmt.Sprintf("the certificate of %s is not signed by an authority that this machine trusts", host),
			"add the authority's certificate to those of this machine (SSL_CERT_FILE names a file with them), or give the server one from a public authority", true
	case errors.As(err, &record):
		return host + " does not speak TLS", "check scheme and port", true
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("the name %s does not resolve", name.Name), "check how the name is written, and this machine's name server", true
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at " + host, "start it, or check host and port", true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to " + host + " from here", "check this machine's network and routes", true
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return host + " does not answer in time", "check host and port, and the firewalls between: one may drop what it does not know", true
	default:
		return "", "", false
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// notReached notes why a host cannot be reached. The setting is where its name comes from.
func notReached(n *notes, what, setting, host string, err error) {
	if words, mend, ok := unreachable(err, host); ok {
		n.wrong("%s cannot be reached: %s", what, words).mend("%s; the address is that of %s", mend, setting)
		return
	}
	n.wrong("%s cannot be reached: %s", what, err).mend("check %s", setting)
}

// loopback says whether a host is this machine itself.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
