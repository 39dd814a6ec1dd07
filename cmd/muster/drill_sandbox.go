package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// sandboxPath is where a sandbox has all that is its own, below its address.
const sandboxPath = "/sandbox"

// findSandbox looks for the sandbox that stands in for vendors, unless it was found before:
// where Muster runs, as that of muster dev, or where the given links to vendors lead, as that
// of muster sandbox.
func (d *drill) findSandbox(ctx context.Context, links ...string) {
	candidates := []*url.URL{d.muster.base}
	for _, link := range links {
		if root := sandboxRoot(link); root != nil {
			candidates = append(candidates, root)
		}
	}
	for _, candidate := range candidates {
		if d.sandbox == nil && d.isSandbox(ctx, candidate) {
			d.sandbox = candidate
		}
	}
}

// useSandbox takes the sandbox at an address that a person has named.
func (d *drill) useSandbox(ctx context.Context, address string) error {
	root, err := url.Parse(strings.TrimSuffix(strings.TrimRight(address, "/"), sandboxPath))
	if err != nil || root.Scheme != "http" && root.Scheme != "https" || root.Host == "" {
		return misuse(fmt.Errorf("--sandbox-url must be an address such as http://127.0.0.1:8090, not %q", address))
	}
	if !d.isSandbox(ctx, root) {
		return fmt.Errorf("no sandbox answers at %s: see that muster sandbox runs there, or leave --sandbox-url out", root.Redacted())
	}
	d.sandbox = root
	return nil
}

// isSandbox asks a sandbox for its state, which changes nothing.
func (d *drill) isSandbox(ctx context.Context, root *url.URL) bool {
	return d.muster.get(ctx, root.JoinPath(sandboxPath, "state"), nil) == nil
}

// sandboxPage is where people see what reached the sandbox.
func (d *drill) sandboxPage() string { return d.sandbox.JoinPath(sandboxPath).String() }

// sandboxRoot is the address of the sandbox that plays the vendor to which a link leads, or
// nil where it leads to no sandbox.
func sandboxRoot(link string) *url.URL {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || !strings.HasPrefix(u.Path, sandboxPath+"/") {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}
