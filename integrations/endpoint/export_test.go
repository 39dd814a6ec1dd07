package endpoint

import (
	"net/http"
	"net/netip"

	"muster/integrations"
	"muster/integrations/vendortest"
)

// Check says whether an address may be connected to.
func (a Allowed) Check(host string, address netip.Addr) error { return a.check(host, address) }

// NewInProcess returns a client whose requests a handler answers, without a network.
func NewInProcess(h http.Handler) *Client {
	return &Client{http: integrations.NewHTTPClient(&http.Client{Transport: vendortest.InProcess(h)})}
}
