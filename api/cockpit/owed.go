package cockpit

import (
	"context"
	"time"

	"muster/chat"
)

const (
	// owedFor is how long after an act it is tried to give somebody what they are owed for it.
	// Slack takes answers at the address that came with an act for as long:
	// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.
	owedFor = 30 * time.Minute
	// owedEvery is how often.
	owedEvery = 5 * time.Second
	// renewedEvery is how long it waits in the inbox at most before it is kept anew: what has
	// waited there for minutes is a sign that Muster hands nothing on.
	renewedEvery = time.Minute
	// keepOwedFor bounds how long it may take to keep it, also while Muster ends.
	keepOwedFor = 5 * time.Second
)

// laterError says that something is to be tried again after a while, and that nothing is wrong
// with Muster.
type laterError struct {
	cause error
	after time.Duration
}

func (e *laterError) Error() string { return e.cause.Error() }

func (e *laterError) Unwrap() error { return e.cause }

// Early says that it is no failure.
func (*laterError) Early() bool { return true }

// Delay says how long it is left alone.
func (e *laterError) Delay() time.Duration { return e.after }

// owe keeps in the inbox what whoever did the act has still to be shown. It may be repeated.
func (t *turn) owe(ctx context.Context, answer chat.Card) {
	act := t.act
	act.ID, act.At = t.act.ID+":answer", t.saidAt()
	act.Command, act.Press, act.Submission, act.Message, act.Reaction, act.Pin = nil, nil, nil, nil, nil, nil
	if err := t.keepOwed(ctx, act, chat.Owed{Answer: answer}); err != nil {
		t.log().ErrorContext(ctx, "what somebody is owed for an act could not be kept", "error", err)
	}
}

// keepOwed puts it there, even as Muster ends.
func (t *turn) keepOwed(ctx context.Context, act chat.Act, owed chat.Owed) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepOwedFor)
	defer cancel()
	owed.Kept = t.now
	act.Owed = &owed
	keeping := *t
	keeping.act = act
	return keeping.keep(ctx)
}

// payOwed gives somebody what they could not get when their act was carried out. An answer
// may come twice after a crash.
func (t *turn) payOwed(ctx context.Context, owed chat.Owed) error {
	err := t.chat.Answer(ctx, t.act, owed.Answer)
	switch {
	case err == nil:
		return nil
	case isSettled(err), t.now.Sub(t.act.At) >= owedFor:
		t.log().WarnContext(ctx, "somebody did not get what they were owed for an act", "error", err)
		return nil
	case t.now.Sub(owed.Kept) >= renewedEvery:
		if owed.Again++; t.keepOwed(ctx, t.act, owed) == nil {
			return nil
		}
	}
	return &laterError{cause: err, after: owedEvery}
}
