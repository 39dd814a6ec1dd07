package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"time"

	"muster/chat"
	"muster/integrations"
)

// answerWithin is how long an act may take to be taken. Slack waits three seconds for an
// answer, the way there and back included:
// https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response.
const answerWithin = 2500 * time.Millisecond

// InboundOptions say how to receive.
type InboundOptions struct {
	// SigningSecrets are those that Slack may sign with: one, or two while one takes the
	// other's place. Without any, nothing is taken by HTTP.
	SigningSecrets []integrations.Secret
	// Taker gets what people do.
	Taker chat.Taker
	// Logger gets what Slack says of the app itself. Nil is the default.
	Logger *slog.Logger
	// Now is our clock. Nil means [time.Now].
	Now func() time.Time
}

// Inbound reads what Slack sends, by HTTP or by Socket Mode, into acts of people. It
// implements [chat.Deliveries] and may be used by many goroutines.
//
// Acts of bots, Muster's own among them, are none: two programs that answer each other
// would never end. What is changed in a message or deleted is told whoever wrote it, except
// for Muster's own messages.
type Inbound struct {
	secrets []integrations.Secret
	taker   chat.Taker
	logger  *slog.Logger
	now     func() time.Time
	taken   deliveries
}

// NewInbound returns a reader.
func NewInbound(options InboundOptions) *Inbound {
	in := &Inbound{taker: options.Taker, logger: cmp.Or(options.Logger, slog.Default()), now: options.Now}
	for _, secret := range options.SigningSecrets {
		if secret != "" {
			in.secrets = append(in.secrets, secret)
		}
	}
	if in.now == nil {
		in.now = time.Now
	}
	return in
}

// Receive implements [chat.Deliveries]: slash commands, interactions and events all come to
// one address. What is signed well and holds nothing for Muster is accepted, so that Slack
// does not repeat it.
func (in *Inbound) Receive(ctx context.Context, header http.Header, body []byte) (chat.Reply, error) {
	signature, at, err := in.verify(header, body)
	if err != nil {
		return chat.Reply{}, err
	}
	if !in.taken.begin(signature, in.now(), at.Add(maxSkew)) {
		return chat.Reply{}, &chat.RefusedError{Unproven: true, Message: "this very delivery was taken already; what Slack repeats, it signs anew"}
	}
	reply, err := in.receive(ctx, header, body, at)
	if err != nil {
		in.taken.forget(signature)
	}
	return reply, err
}

// receive takes a delivery that was proven.
func (in *Inbound) receive(ctx context.Context, header http.Header, body []byte, at time.Time) (chat.Reply, error) {
	heard, err := readDelivery(header, body, at)
	if err != nil {
		return chat.Reply{}, err
	}
	if heard.challenge != "" {
		return chat.Reply{MediaType: "text/plain", Body: []byte(heard.challenge)}, nil
	}
	answer, err := in.take(ctx, heard)
	if err != nil || answer == nil {
		return chat.Reply{}, err
	}
	document, err := json.Marshal(answer)
	return chat.Reply{MediaType: "application/json", Body: document}, err
}

// take hands on what was heard, and returns what to answer: nil for an empty answer. On an
// error it was not taken.
func (in *Inbound) take(ctx context.Context, heard heard) (answer any, err error) {
	if heard.notice != nil {
		heard.notice(ctx, in.logger)
	}
	if heard.act == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	problems, err := in.taker.Take(ctx, *heard.act)
	if err != nil || len(problems) == 0 {
		return nil, err
	}
	return heard.form.refuse(problems), nil
}

// heard is what a delivery holds; all of it is empty for one that holds nothing for Muster.
type heard struct {
	act *chat.Act
	// form is the one that a submission came from.
	form openForm
	// challenge is to be sent back, which proves to Slack that the address is ours.
	challenge string
	// notice logs what those who run Muster should know; nil where there is nothing.
	notice func(context.Context, *slog.Logger)
}

// readDelivery reads what came by HTTP: JSON for events, and a form for all else.
func readDelivery(header http.Header, body []byte, at time.Time) (heard, error) {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return heard{}, unreadable("the header Content-Type makes no sense")
	}
	switch mediaType {
	case "application/json":
		return readEvent(body)
	case "application/x-www-form-urlencoded":
	default:
		return heard{}, unreadable("the body is neither JSON nor a form, but %s", mediaType)
	}
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return heard{}, unreadable("the form cannot be read")
	case form.Has("payload"):
		return readInteraction([]byte(form.Get("payload")), at)
	case form.Has("command"):
		return readCommand(commandOfForm(form), at)
	case form.Has("ssl_check"):
		// Slack looks whether the certificate of a command's address is good.
		return heard{}, nil
	default:
		return heard{}, unreadable("the form has neither a command nor a payload")
	}
}

// unreadable is the error for what is not as Slack sends it.
func unreadable(format string, args ...any) error {
	return &chat.RefusedError{Message: fmt.Sprintf(format, args...)}
}

// decode reads JSON into target. Fields that target does not have are ignored.
func decode(what string, document []byte, target any) error {
	if err := json.Unmarshal(document, target); err != nil {
		return unreadable("the %s is not as Slack sends it: %v", what, err)
	}
	return nil
}
