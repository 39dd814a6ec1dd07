// Package vendortest is the test kit that every vendor package runs, so that all
// vendors keep the same promises:
//
//   - [Fake] stands in for a vendor's API: a test says how it answers and reads
//     what it received. Every request passes a check against the vendor's own API
//     description on its way, where those descriptions are at hand.
//   - [Conform] is the table of everything that can go wrong between Muster and a
//     vendor, with the decision that must follow: retry, wait or give up. It also
//     checks that no secret shows in any error.
//   - [Once] loses the answer to each request of a call in turn, after the vendor has
//     done what was asked, and checks that the next attempt does not do it again.
//   - [Pace] drives a client hard and checks that the vendor never has to refuse it for
//     a request too many.
//
// Once and Pace run in virtual time, over [InProcess] instead of a network.
package vendortest
