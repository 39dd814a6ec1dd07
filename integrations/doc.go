// Package integrations holds what all vendor packages share, so that each of
// them only has to know its vendor.
//
// A vendor package wraps the vendor's own client library and gives Muster four
// promises, which the pieces of this package keep:
//
//   - Every failure is an [*Error]: it says what to mend, whether another attempt
//     can help ([Error.Permanent]) and how long to wait for it ([Error.Delay]).
//     One table in retry.go decides; Temporal does the retrying and the waiting.
//   - The vendor's limits are kept rather than run into: a [Caller] with [Limits] gives
//     each call its turn. Turns that are near are waited for, the others come back as an
//     error with the time until then, so that no activity sits and waits.
//   - The HTTP client of [NewHTTPClient] bounds time and size, follows no redirect
//     to another host, and remembers what the vendor answered, because some
//     libraries forget the Retry-After header or flatten a timeout into a string.
//   - No credential shows in an error: a [Secret] prints as "[redacted]", and a
//     [Caller] removes it from whatever a vendor or a library says.
//   - Text fits the vendor's limits and stays readable: see [Shorten].
//
// A vendor package makes every request inside [Caller.Call]:
//
//	calls := integrations.NewCaller(integrations.Slack, explain, token).Shaped(limits)
//	err := calls.On(channel).Call(ctx, "pins.add", func(ctx context.Context) error {
//		return library.AddPinContext(ctx, channel, item)
//	})
//
// The vendortest package checks these promises on each vendor in the same way.
package integrations
