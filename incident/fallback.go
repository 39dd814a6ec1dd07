package incident

import "time"

// Fallback is the second way to reach people, for when the pager does not take a page.
// Like the rest of a [Service] it is copied into the incident.
type Fallback struct {
	// After is how long the pager may be out of reach before the second way is tried.
	// Zero leaves it to the playbook.
	After time.Duration `json:"after_ns,omitzero"`
	// Emails are addresses without display names.
	Emails []string `json:"emails,omitzero"`
	// Channel is a chat channel that people watch, by its name without "#" or its id.
	Channel string `json:"channel,omitzero"`
	// Webhook says that whatever is behind the configured webhook wakes people too. Its
	// address is a secret and therefore not here.
	Webhook bool `json:"webhook,omitzero"`
}

// Configured says whether there is a second way at all.
func (f Fallback) Configured() bool { return len(f.Emails) > 0 || f.Channel != "" || f.Webhook }

// Mail is an e-mail to people who are to take the incident.
type Mail struct {
	// Key is the same on every repetition of the same mail. It becomes its Message-ID, by
	// which mailboxes recognise one that they have already.
	Key string
	// To are addresses without display names; at least one.
	To      []string
	Subject string
	// Text is plain text.
	Text string
	// Links are listed below the text.
	Links []Link
}

// MailReceipt says what a mail server did with a [Mail] that it took.
type MailReceipt struct {
	// Server is who took it, "smtp.example.com".
	Server string
	// Accepted are the recipients it takes care of now; at least one. It has not delivered
	// anything yet, let alone has anybody read it.
	Accepted []string
	// Refused says of each other recipient why not: "nobody@example.com (550 no such user)".
	Refused []string
}

// Notice tells a webhook of an incident that needs people.
type Notice struct {
	// Key is the same on every repetition of the same notice, so that the receiver can
	// tell one that it has already.
	Key  string
	Text string
	// The incident, and where people act on it.
	Incident   ID
	Title      string
	Summary    string
	Service    string
	Severity   Severity
	Status     Status
	DeclaredAt time.Time
	URL        string
}
