package cockpit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"muster/api/oncall"
	"muster/chat"
	"muster/chat/card"
	"muster/incident"
	"muster/store"
)

// Options are what a [Cockpit] is made of. All interfaces are used by many goroutines.
type Options struct {
	// Commander, Reader, Catalogue, Chat, Inbox and Keeper are required.
	Commander Commander
	Reader    Reader
	Catalogue Catalogue
	Chat      Chat
	Inbox     Inbox
	Keeper    Keeper

	// Pager is asked who is on call. Nil knows nothing of that.
	Pager oncall.Pager
	// Pages are where people read more.
	Pages card.Pages
	// Command is what people write to speak to Muster; empty means [DefaultCommand].
	Command string
	// RecordReaction is the emoji that puts a message on the timeline, without colons; empty
	// means [DefaultRecordReaction].
	RecordReaction string
	// Transcript keeps what is said in incidents' channels.
	Transcript bool
	// AtOnce is how many acts may be answered at once that change nothing; 0 means
	// [DefaultAtOnce].
	AtOnce int
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets what went wrong. Nil is the default.
	Logger *slog.Logger
}

// The defaults of [Options].
const (
	DefaultCommand        = "/incident"
	DefaultRecordReaction = "pushpin"
	DefaultAtOnce         = 32
)

// Cockpit understands what people do in a chat and has it done. It is a [chat.Taker]. It may
// be used by many goroutines.
type Cockpit struct {
	commander Commander
	reader    Reader
	catalogue Catalogue
	chat      Chat
	inbox     Inbox
	keeper    Keeper
	pager     oncall.Pager

	pages          card.Pages
	command        string
	recordReaction string
	transcript     bool
	now            func() time.Time
	logger         *slog.Logger

	// turns are what is done beside the requests: each takes one of them.
	turns   chan struct{}
	working sync.WaitGroup
	ctx     context.Context //nolint:containedctx // it ends all that is done beside the requests
	end     context.CancelFunc

	delayed *delayed
}

// New returns a cockpit. The error names the option that is missing.
func New(o Options) (*Cockpit, error) {
	for name, missing := range map[string]bool{
		"Commander": o.Commander == nil, "Reader": o.Reader == nil, "Catalogue": o.Catalogue == nil,
		"Chat": o.Chat == nil, "Inbox": o.Inbox == nil, "Keeper": o.Keeper == nil,
	} {
		if missing {
			return nil, fmt.Errorf("cockpit: the option %s is required", name)
		}
	}
	c := &Cockpit{
		commander: o.Commander, reader: o.Reader, catalogue: o.Catalogue, chat: o.Chat, inbox: o.Inbox, keeper: o.Keeper, pager: o.Pager,
		pages: o.Pages, command: o.Command, recordReaction: o.RecordReaction, transcript: o.Transcript,
		now: o.Now, logger: o.Logger, delayed: &delayed{},
	}
	if c.command == "" {
		c.command = DefaultCommand
	}
	if c.recordReaction == "" {
		c.recordReaction = DefaultRecordReaction
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.logger == nil {
		c.logger = slog.Default()
	}
	if o.AtOnce <= 0 {
		o.AtOnce = DefaultAtOnce
	}
	c.turns = make(chan struct{}, o.AtOnce)
	c.ctx, c.end = context.WithCancel(context.Background())
	return c, nil
}

// Close ends what is done beside the requests and waits for it: forms that are being opened
// and questions that are being answered, which are lost then. It may be repeated.
func (c *Cockpit) Close() {
	c.end()
	c.working.Wait()
}

// planFor is how long an act may take to be understood before it is kept as it is. The chat
// waits for three seconds, and keeping it takes some of them.
const planFor = time.Second

// Take implements [chat.Taker]. What changes something is on disk when it returns, and is
// done when the inbox is emptied, by [Cockpit.CarryOut]. What only shows something is done
// right after it has returned.
func (c *Cockpit) Take(ctx context.Context, act chat.Act) ([]chat.Problem, error) {
	t := &turn{Cockpit: c, act: act, now: c.now()}
	if t.ignored() {
		return nil, nil
	}
	if t.reads() {
		return nil, c.beside(func(ctx context.Context) { t.answerAtOnce(ctx) })
	}
	p, err := t.planSoon(ctx)
	if act.Submission != nil {
		if err == nil {
			err = t.check(ctx, p)
		}
		if problems, mend := t.problems(err); mend {
			return problems, nil
		}
		if err != nil {
			return nil, fmt.Errorf("check what was filled in: %w", err)
		}
	}
	switch {
	case isWords(err):
		return nil, c.beside(func(ctx context.Context) { t.deliver(ctx, plan{}, err) })
	case err != nil:
		t.log().WarnContext(ctx, "an act is kept before it is understood", "error", err)
	case p.form != nil || p.answer != nil:
		return nil, c.beside(func(ctx context.Context) { t.deliver(ctx, p, nil) })
	case !p.changes():
		return nil, nil
	}
	return nil, t.keep(ctx)
}

// planSoon makes the plan in the time there is.
func (t *turn) planSoon(ctx context.Context) (plan, error) {
	ctx, cancel := context.WithTimeout(ctx, planFor)
	defer cancel()
	return t.plan(ctx)
}

// keep puts the act into the inbox.
func (t *turn) keep(ctx context.Context) error {
	body, err := json.Marshal(t.act)
	if err != nil {
		return fmt.Errorf("write the act %s down: %w", t.act.ID, err)
	}
	_, err = t.inbox.Accept(ctx, []store.Item{{
		Kind: store.KindAct, Source: t.act.Chat, Subject: t.subject(), Key: t.itemKey(), ReceivedAt: t.now, Body: body,
	}})
	if err != nil {
		return fmt.Errorf("keep the act %s: %w", t.act.ID, err)
	}
	return nil
}

// itemKey is what the inbox knows the act by.
func (t *turn) itemKey() string {
	if t.act.Owed != nil && t.act.Owed.Again > 0 {
		return fmt.Sprintf("%s:%d", t.act.ID, t.act.Owed.Again)
	}
	return t.act.ID
}

// subject is what acts wait behind each other for. What happens by itself in a channel must
// not hold up what people ask for there.
func (t *turn) subject() string {
	switch {
	case t.act.Owed != nil:
		// While it cannot be had, nothing else is held up.
		return "owed/" + t.act.ID
	case t.act.Membership != nil:
		return "presence/" + t.act.Channel
	case t.act.Message != nil:
		return "said/" + t.act.Channel
	case t.act.Channel != "":
		return t.act.Channel
	case t.act.Reaction != nil:
		return t.act.Reaction.On.ChannelID
	case t.act.Pin != nil:
		return t.act.Pin.On.ChannelID
	}
	return t.act.Workspace + "/" + t.act.By.ID
}

// errBusy is what is returned when too much is being answered at once.
var errBusy = errors.New("too many people ask at once; try again in a moment")

// beside does something beside the request.
func (c *Cockpit) beside(work func(ctx context.Context)) error {
	if c.ctx.Err() != nil {
		return fmt.Errorf("the cockpit is closing: %w", c.ctx.Err())
	}
	select {
	case c.turns <- struct{}{}:
	default:
		return errBusy
	}
	c.working.Go(func() {
		defer func() { <-c.turns }()
		ctx, cancel := context.WithTimeout(c.ctx, answerFor)
		defer cancel()
		defer func() {
			// One question must not bring down what answers all the others.
			if cause := recover(); cause != nil {
				c.logger.ErrorContext(ctx, "a mistake in Muster kept an act from being answered", "cause", cause, "stack", string(debug.Stack()))
			}
		}()
		work(ctx)
	})
	return nil
}

// answerFor bounds what is done beside the requests.
const answerFor = 15 * time.Second

// answerAtOnce understands and answers an act that changes nothing.
func (t *turn) answerAtOnce(ctx context.Context) {
	t.asking = true
	p, err := t.plan(ctx)
	t.deliver(ctx, p, err)
}

// deliver shows what a plan has to show, or says what is wrong.
func (t *turn) deliver(ctx context.Context, p plan, err error) {
	if err != nil {
		t.tell(ctx, t.words(ctx, err))
		t.settlePrompt(t.about)
		return
	}
	if p.form != nil {
		t.openForm(ctx, *p.form)
	}
	if p.answer != nil {
		t.tell(ctx, *p.answer)
	}
}

func (t *turn) openForm(ctx context.Context, form chat.Form) {
	if t.act.Trigger == "" {
		t.tell(ctx, t.needsForm(form))
		return
	}
	if _, known := submissions[form.ID]; known && t.act.Press != nil {
		form.Context = withPrompt(form.Context, t.act.Press.On)
	}
	if err := t.chat.OpenForm(ctx, t.act.Trigger, form); err != nil {
		t.log().WarnContext(ctx, "a form could not be opened", "form", form.ID, "error", err)
		t.tell(ctx, t.needsForm(form))
	}
}

// needsForm is said where a form cannot be opened any more.
func (t *turn) needsForm(form chat.Form) chat.Card {
	q := answer(fmt.Sprintf("The form “%s” could not be opened in time. Please try again.", form.Title))
	if !t.wording.empty() {
		if again := say("Try again", t.wording.text); again != nil {
			q.Parts = append(q.Parts, chat.Part{Controls: again})
		}
	}
	return q
}

// tell answers whoever did the act. What was done stays done where that fails, and where it
// was to be kept, so is the answer.
func (t *turn) tell(ctx context.Context, answer chat.Card) {
	if err := t.show(ctx, answer); err != nil && t.carrying && !isSettled(err) {
		t.owe(ctx, chat.Owed{Answer: &answer})
	}
}

// show answers whoever did the act, once.
func (t *turn) show(ctx context.Context, answer chat.Card) error {
	err := t.chat.Answer(ctx, t.act, answer)
	if err != nil {
		t.log().WarnContext(ctx, "an answer did not reach whom it was for", "error", err)
	}
	return err
}

// actor is whoever did the act, as the timeline names them.
func (t *turn) actor(ctx context.Context) incident.Actor {
	return incident.PersonActor(t.self(ctx).Name)
}
