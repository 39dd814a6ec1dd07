package config

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Outbound says what playbooks may connect to by http.request although it is not public. The
// zero value allows nothing of the kind.
type Outbound struct {
	// Networks may be connected to, whatever they are.
	Networks []netip.Prefix
	// Hosts are names in lower case, which may have private addresses.
	Hosts []string
}

// hostName is a name as DNS has it (RFC 1123, section 2.1), without a dot at its end.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// parseHTTP reads what playbooks may connect to.
func (p *catalogueParser) parseHTTP(node ast.Node) {
	const subject = "http"
	m, ok := p.mapping(node, subject, "allow")
	if !ok {
		return
	}
	allowed := &p.catalogue.outbound
	for _, node := range p.list(m.get("allow"), "allow of "+subject) {
		entry := p.text(node, "an entry in allow of "+subject)
		if !entry.given() {
			continue
		}
		name := strings.ToLower(strings.TrimSuffix(entry.value, "."))
		network, isNetwork := p.network(entry)
		switch {
		case isNetwork && network.IsValid() && !slices.Contains(allowed.Networks, network):
			allowed.Networks = append(allowed.Networks, network)
		case isNetwork && !network.IsValid(): // told already
		case !isNetwork && !hostName.MatchString(name):
			p.report(entry.at, "write a network, as in 10.1.0.0/16, an address, or the whole name of a host without scheme, port and *",
				"%q is neither a network nor a host", entry.value)
		case !isNetwork && !slices.Contains(allowed.Hosts, name):
			allowed.Hosts = append(allowed.Hosts, name)
		default:
			p.report(entry.at, "remove it here", "%q is in allow of %s already", entry.value, subject)
		}
	}
}

// network reads a network or an address. It is false for what is neither, and returns the zero
// network for one with a mistake, which it reports.
func (p *catalogueParser) network(entry text) (network netip.Prefix, ok bool) {
	if address, err := netip.ParseAddr(entry.value); err == nil {
		address = address.WithZone("").Unmap()
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	network, err := netip.ParsePrefix(entry.value)
	switch {
	case err != nil:
		return netip.Prefix{}, false
	case network.Bits() == 0:
		p.report(entry.at, "name the networks that playbooks need", "%s is every address there is", entry.value)
		return netip.Prefix{}, true
	case network != network.Masked():
		p.report(entry.at, "write "+network.Masked().String()+", or the address alone", "%s is an address within a network", entry.value)
		return netip.Prefix{}, true
	}
	return network, true
}
