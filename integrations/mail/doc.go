// Package mail sends e-mail by SMTP: a second way to page, for when PagerDuty cannot be
// reached.
//
// # Once, as far as SMTP allows
//
// SMTP has no way to ask whether a mail has been taken. When the connection breaks after
// the mail was sent and before the server's answer, the next attempt sends it again. Both
// carry the same Message-ID, made of the effect's key, by which many mailboxes show one
// mail only.
//
// A mail goes to all its recipients in one transaction. It counts as sent when the server
// takes it for one of them; the others are named in the receipt. To repeat it for their
// sake would wake those again who have it.
//
// # The connection
//
// An address with smtps:// speaks TLS from the start (port 465 unless given), one with
// smtp:// begins in the clear and changes to TLS by STARTTLS where the server offers that
// (port 587). A password is never sent in the clear, except to a server on the same
// machine. Certificates are verified.
//
// # Text
//
// Subject and text come from alerts, so they are hostile until proven otherwise: a subject
// is one line without control characters, and header fields are encoded by the library.
package mail
