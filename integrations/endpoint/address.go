package endpoint

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Allowed is what may be connected to although its address is not public.
type Allowed struct {
	// Networks may be connected to whatever they are.
	Networks []netip.Prefix
	// Hosts may have private, shared or loopback addresses. They are names in lower case, and
	// names only: what is below them is not allowed with them. Addresses of metadata services
	// and the rest of the link-local ones stay refused, since a name can come to point to them.
	Hosts []string
}

// forbidden are the networks that are not public, with what they are called. The sources are
// IANA's registries of special-purpose addresses
// (https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry); the last two are metadata
// services at addresses that look public, or are within what a host may be allowed
// (Azure: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16,
// AWS by IPv6: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
// The first match counts.
var forbidden = []struct {
	network netip.Prefix
	what    string
	// hosts says that a host may be allowed to have such an address.
	hosts bool
}{
	{netip.MustParsePrefix("168.63.129.16/32"), "a metadata service's", false},
	{netip.MustParsePrefix("fd00:ec2::/32"), "a metadata service's", false},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local", false},
	{netip.MustParsePrefix("fe80::/10"), "a link-local", false},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback", true},
	{netip.MustParsePrefix("::1/128"), "a loopback", true},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private", true},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private", true},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private", true},
	{netip.MustParsePrefix("fc00::/7"), "a private", true},
	{netip.MustParsePrefix("fec0::/10"), "a private", true},
	{netip.MustParsePrefix("100.64.0.0/10"), "a shared (carrier's)", true},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast", false},
	{netip.MustParsePrefix("ff00::/8"), "a multicast", false},
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified", false},
	{netip.MustParsePrefix("::/128"), "an unspecified", false},
	{netip.MustParsePrefix("::/96"), "a reserved", false}, // of IPv4 once, RFC 4291
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved", false},
	{netip.MustParsePrefix("192.0.2.0/24"), "a reserved", false},
	{netip.MustParsePrefix("192.88.99.0/24"), "a reserved", false},
	{netip.MustParsePrefix("198.18.0.0/15"), "a reserved", false},
	{netip.MustParsePrefix("198.51.100.0/24"), "a reserved", false},
	{netip.MustParsePrefix("203.0.113.0/24"), "a reserved", false},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved", false},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a reserved", false},
	{netip.MustParsePrefix("100::/64"), "a reserved", false},
	{netip.MustParsePrefix("2001::/23"), "a reserved", false},
	{netip.MustParsePrefix("2001:db8::/32"), "a reserved", false},
	{netip.MustParsePrefix("3fff::/20"), "a reserved", false},
	{netip.MustParsePrefix("5f00::/16"), "a reserved", false},
}

// translated are networks of IPv6 in whose addresses one of IPv4 stands, and at which byte:
// RFC 6052 (NAT64) and RFC 3056 (6to4).
var translated = []struct {
	network netip.Prefix
	at      int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
}

// refusal is why an address is not connected to.
type refusal struct{ host, address, what string }

func (r *refusal) Error() string {
	return fmt.Sprintf("%s has %s address (%s), which playbooks may not connect to; if they are to, add %s below http: allow: in muster.yaml",
		r.host, r.what, r.address, r.address)
}

// check refuses addresses that are not public and not allowed.
func (a Allowed) check(host string, address netip.Addr) error {
	address = embedded(address.Unmap().WithZone(""))
	if slices.ContainsFunc(a.Networks, func(network netip.Prefix) bool { return network.Contains(address) }) {
		return nil
	}
	for _, f := range forbidden {
		if !f.network.Contains(address) {
			continue
		}
		if f.hosts && slices.Contains(a.Hosts, strings.ToLower(strings.TrimSuffix(host, "."))) {
			return nil
		}
		return &refusal{host: host, address: address.String(), what: f.what}
	}
	return nil
}

// embedded returns the address of IPv4 that a translator would connect to, or the address
// itself.
func embedded(address netip.Addr) netip.Addr {
	for _, t := range translated {
		if t.network.Contains(address) {
			bytes := address.As16()
			return netip.AddrFrom4([4]byte(bytes[t.at : t.at+4]))
		}
	}
	return address
}

// dialLimit bounds one connection.
const dialLimit = 10 * time.Second

// dial connects to a host. Each of its addresses is checked when it is connected to, so that
// a name cannot mean another one by then.
func (a Allowed) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dialLimit, Control: func(_, address string, _ syscall.RawConn) error {
		resolved, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return a.check(host, resolved.Addr())
	}}
	return dialer.DialContext(ctx, network, hostPort)
}
