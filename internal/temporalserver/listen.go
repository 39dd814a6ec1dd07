//go:build !slim

package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// Ports picked for the caller come from this range, below the ones that
// operating systems hand out to outgoing connections (from 32768 on Linux, from
// 49152 elsewhere). The server itself dials a lot while it starts: a port from
// the system's own range could be gone again before it is listened on.
const (
	firstPickedPort = 20000
	lastPickedPort  = 31999
)

// reservation holds a TCP address until the server that is to listen on it is
// about to start. Neither Temporal nor its web UI takes a listener, so the
// address has to be given up for a moment; until then nobody else gets it.
type reservation struct {
	address  netip.AddrPort
	listener net.Listener
}

// release frees the address. It may be repeated.
func (r *reservation) release() {
	// Closing a listener that nobody accepts from cannot fail but by having
	// been closed before.
	_ = r.listener.Close()
}

func listen(ctx context.Context, at netip.AddrPort) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", at.String())
}

// parseLoopback reads a host:port, the value of the given flag, and refuses
// every host that other machines could reach.
func parseLoopback(flag, hostPort string) (netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(hostPort)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s %q: want host:port, such as 127.0.0.1:7233", flag, hostPort)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s %q: the port must be a number from 0 to 65535", flag, hostPort)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("%s %q: the embedded Temporal server lets in whoever reaches it, "+
			"so it listens on loopback only: use 127.0.0.1:%d", flag, hostPort, port)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
}

// reserve claims the address given for a flag, or a free one for port 0.
func reserve(ctx context.Context, flag, hostPort string) (*reservation, error) {
	address, err := parseLoopback(flag, hostPort)
	if err != nil {
		return nil, err
	}
	if address.Port() == 0 {
		return reserveFree(ctx, address.Addr())
	}
	listener, err := listen(ctx, address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("address %s is %w: end what listens there, or choose another with %s",
			address, ErrAddressTaken, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s, choose another address with %s: %w", address, flag, err)
	}
	return &reservation{address, listener}, nil
}

// reserveFree claims some free port of an address.
func reserveFree(ctx context.Context, ip netip.Addr) (*reservation, error) {
	const attempts = 100
	var failure error
	for range attempts {
		port := uint16(firstPickedPort + rand.IntN(lastPickedPort-firstPickedPort+1))
		address := netip.AddrPortFrom(ip, port)
		listener, err := listen(ctx, address)
		if err == nil {
			return &reservation{address, listener}, nil
		}
		failure = err
	}
	return nil, fmt.Errorf("no free port on %s between %d and %d: %w", ip, firstPickedPort, lastPickedPort, failure)
}
