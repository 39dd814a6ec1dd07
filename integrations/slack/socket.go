package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"muster/integrations"
)

const (
	// openConnection is the method by which a connection is asked for.
	openConnection = "apps.connections.open"
	// maxFrameBytes bounds what comes over a connection at a time: several times as much as
	// the longest message, before and after it was changed.
	maxFrameBytes = 4 << 20
	// envelopesAtOnce is how many envelopes are taken side by side. More wait, and Slack with
	// them.
	envelopesAtOnce = 16
	// socketsOpen is how many connections there are at a time. Slack ends each every few hours
	// and gives little or no time for the next; meanwhile the other one hears. An app may have
	// ten: https://docs.slack.dev/apis/events-api/using-socket-mode.
	socketsOpen = 2
	// refusedPause is how long Slack is left alone after it has refused the app's token,
	// which somebody has to mend.
	refusedPause = time.Minute
)

// SocketOptions say how to reach Slack by Socket Mode.
type SocketOptions struct {
	// AppToken is an app-level token (xapp-…) with the scope connections:write.
	AppToken integrations.Secret
	// APIURL is the base of the Web API. Empty means https://slack.com/api/.
	APIURL string
	// HTTPClient asks for connections. Nil means a client of its own. The connections
	// themselves, which are WebSockets, go by the proxy of the environment.
	HTTPClient *http.Client
	// Connections are how many to keep open. Zero means two, so that Slack has one left when
	// it ends the other.
	Connections int
	// Inbound reads what comes.
	Inbound *Inbound
	// Logger is told when the connection comes and goes. Nil is the default.
	Logger *slog.Logger
}

// Socket receives what Slack sends over connections that Muster has opened, for where Slack
// cannot reach Muster: https://docs.slack.dev/apis/events-api/using-socket-mode. Several are
// open at a time, in each of several processes; each envelope comes by one of them.
type Socket struct {
	api    *slackapi.Client
	calls  *integrations.Caller
	in     *Inbound
	count  int
	logger *slog.Logger
	// pause waits; tests have no time for that.
	pause func(context.Context, time.Duration)
}

// NewSocket returns one whose connections are not open yet.
func NewSocket(options SocketOptions) *Socket {
	apiURL := strings.TrimSuffix(cmp.Or(options.APIURL, slackapi.APIURL), "/") + "/"
	return &Socket{
		api: slackapi.New("",
			slackapi.OptionAppLevelToken(options.AppToken.Reveal()), slackapi.OptionAPIURL(apiURL),
			slackapi.OptionHTTPClient(integrations.NewHTTPClient(options.HTTPClient))),
		calls: integrations.NewCaller(integrations.Slack, explainAppToken, options.AppToken),
		in:    options.Inbound, count: cmp.Or(options.Connections, socketsOpen), logger: cmp.Or(options.Logger, slog.Default()), pause: pause,
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Check asks Slack for a connection and does not open it: whether the token is good.
func (s *Socket) Check(ctx context.Context) error {
	return s.calls.Call(ctx, openConnection, func(ctx context.Context) error {
		_, _, err := s.api.StartSocketModeContext(ctx)
		return err
	})
}

// Run keeps connections open until ctx ends, whatever becomes of them, and hands on what
// comes. An envelope is acknowledged once nothing of it can be lost; of those that are not,
// Slack sends events again. It returns when all that came has been dealt with.
func (s *Socket) Run(ctx context.Context) {
	var open sync.WaitGroup
	defer open.Wait()
	for range s.count {
		open.Go(func() { s.keepOpen(ctx) })
	}
}

// keepOpen keeps one connection open until ctx ends.
func (s *Socket) keepOpen(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		s.logger.ErrorContext(ctx, "Slack does not let Muster connect by Socket Mode: nothing that people do in Slack is heard", "error", s.explained(err))
		s.pause(ctx, refusedPause)
	}
}

// connect keeps a connection open until ctx ends or Slack refuses the token.
func (s *Socket) connect(ctx context.Context) error {
	client := socketmode.New(s.api, socketmode.OptionReadLimit(maxFrameBytes), socketmode.OptionLog(silent{}))
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	var working sync.WaitGroup
	defer working.Wait()
	// What is under way is taken to its end; without a connection nobody waits for an answer.
	connected, disconnect := context.WithCancel(ctx)
	defer disconnect()
	turns := make(chan struct{}, envelopesAtOnce)
	for {
		select {
		case err := <-ended:
			return err
		case event := <-client.Events:
			envelope, ok := s.envelope(ctx, event)
			if !ok {
				continue
			}
			turns <- struct{}{}
			working.Go(func() {
				defer func() { <-turns }()
				if answer, taken := s.take(ctx, envelope); taken {
					s.acknowledge(connected, client, envelope, answer)
				}
			})
		}
	}
}

// silent swallows the library's own log, which has nothing that its events have not.
type silent struct{}

// Output is what the library writes with.
func (silent) Output(int, string) error { return nil }

// envelope returns what Slack has sent, where an event of the library is that. What it says
// of the connection is logged.
func (s *Socket) envelope(ctx context.Context, event socketmode.Event) (socketmode.Request, bool) {
	switch data := event.Data.(type) {
	case *socketmode.ConnectedEvent:
		s.logger.InfoContext(ctx, "connected to Slack by Socket Mode", "connection", data.ConnectionCount+1)
	case *slackapi.ConnectionErrorEvent:
		s.logger.WarnContext(ctx, "Slack cannot be reached by Socket Mode: what people do there is heard later, if at all",
			"attempt", data.Attempt, "next_in", data.Backoff, "error", s.explained(data.ErrorObj))
	case *socketmode.ErrorWriteFailed:
		s.logger.WarnContext(ctx, "an answer did not reach Slack, which may send the question again", "error", s.explained(data.Cause))
	case *socketmode.ErrorBadMessage:
		// What the library cannot read may be of a kind that is newer than it, and must be
		// acknowledged all the same.
		var request socketmode.Request
		if err := json.Unmarshal(data.Message, &request); err == nil && request.EnvelopeID != "" {
			return request, true
		}
		s.logger.WarnContext(ctx, "Slack has sent what cannot be read", "error", s.explained(data.Cause))
	}
	if event.Request == nil || event.Request.EnvelopeID == "" {
		return socketmode.Request{}, false
	}
	return *event.Request, true
}

// take hands on an envelope and returns what to answer. One that could not be taken is not
// to be acknowledged.
func (s *Socket) take(ctx context.Context, envelope socketmode.Request) (answer any, taken bool) {
	heard, err := readEnvelope(envelope, s.in.now().UTC())
	if err != nil {
		// Sent again, it would be no better.
		s.logger.WarnContext(ctx, "something from Slack was passed over", "type", envelope.Type, "error", err)
	}
	if answer, err = s.in.take(ctx, heard); err != nil {
		s.logger.ErrorContext(ctx, "what somebody did in Slack could not be taken in; Slack may send it again", "type", envelope.Type, "error", err)
		return nil, false
	}
	return answer, true
}

// acknowledge answers an envelope.
func (s *Socket) acknowledge(ctx context.Context, client *socketmode.Client, envelope socketmode.Request, answer any) {
	if err := client.AckCtx(ctx, envelope.EnvelopeID, answer); err != nil {
		s.logger.WarnContext(ctx, "an answer did not reach Slack, which may send the question again", "error", err)
	}
}

// readEnvelope reads what came over a connection: the same as by HTTP, all of it as JSON.
func readEnvelope(envelope socketmode.Request, at time.Time) (heard, error) {
	switch envelope.Type {
	case socketmode.RequestTypeEventsAPI:
		return readEvent(envelope.Payload)
	case socketmode.RequestTypeInteractive:
		return readInteraction(envelope.Payload, at)
	case socketmode.RequestTypeSlashCommands:
		var command slashCommand
		if err := decode("command", envelope.Payload, &command); err != nil {
			return heard{}, err
		}
		return readCommand(command, at)
	default:
		return heard{}, nil
	}
}

// wrongAppToken is what to mend when Slack does not take the token.
const wrongAppToken = "set MUSTER_SLACK_APP_TOKEN to an app-level token (xapp-…) of the app, made on its page Basic Information with the scope connections:write"

// explainAppToken is [explain] for calls with the app's token. It is an
// [integrations.Explain].
func explainAppToken(refusal integrations.Refusal) (code, message string) {
	code, message = explain(refusal)
	if message == wrongToken || code == "not_allowed_token_type" || code == "missing_scope" {
		message = wrongAppToken
	}
	return code, message
}

// explained is why there is no connection, in words and without secrets.
func (s *Socket) explained(err error) error {
	if err == nil {
		return nil
	}
	var refused slackapi.SlackErrorResponse
	if errors.As(err, &refused) {
		code, message := explainAppToken(integrations.Refusal{Err: err})
		return s.calls.Refuse(openConnection, "%s: %s", code, cmp.Or(message, "refused"))
	}
	return s.calls.Refuse(openConnection, "%v", err)
}
