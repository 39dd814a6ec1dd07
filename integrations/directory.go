package integrations

import "muster/incident"

// Directory knows who has which account where, for those whom a common e-mail address does
// not join: the exceptions that people have written down. It may be used by many goroutines,
// and must answer at once.
//
// Vendors are those of [NewCaller]. Whoever is not in the directory is joined by their
// e-mail address, as far as a vendor tells it, and is an unknown person otherwise: someone
// whom Muster shows by the name that the vendor gives, and asks nothing else of.
type Directory interface {
	// AccountOf returns the id of a person's account with a vendor. It is false where the
	// directory does not say; then the vendor is asked for the person's e-mail address.
	AccountOf(vendor string, person incident.Person) (id string, ok bool)
	// PersonOf returns the person behind an account with a vendor. The e-mail address is
	// what the vendor says of the account, or empty. It is false where the directory knows
	// neither the account nor the address.
	PersonOf(vendor, account, email string) (incident.Person, bool)
}
