package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/chat"
)

// deliveries answer what a chat sends, and remember it.
type deliveries struct {
	reply chat.Reply
	err   error

	header http.Header
	body   string
}

func (d *deliveries) Receive(_ context.Context, header http.Header, body []byte) (chat.Reply, error) {
	d.header, d.body = header, string(body)
	return d.reply, d.err
}

// inSlack is a server whose Slack is played by d.
func inSlack(t *testing.T, d *deliveries) *harness {
	t.Helper()
	return newHarness(t, func(o *api.Options) { o.Chats = map[string]chat.Deliveries{"slack": d} })
}

// say sends what a chat would.
func (h *harness) say(mediaType, body string) answer {
	h.t.Helper()
	return h.send(request{
		method: http.MethodPost, path: "/webhooks/slack", body: body,
		header: map[string]string{"Content-Type": mediaType, "X-Slack-Signature": "v0=1"},
	})
}

func TestWhatPeopleDoInAChatIsTaken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mediaType, body string
		reply           chat.Reply
	}{
		"a command":                   {"application/x-www-form-urlencoded", "command=%2Fincident&text=a%20b", chat.Reply{}},
		"a form with problems":        {"application/x-www-form-urlencoded", "payload=%7B%7D", chat.Reply{MediaType: "application/json", Body: []byte(`{"response_action":"errors"}`)}},
		"a question whether it is us": {"application/json; charset=utf-8", `{"type": "url_verification"}`, chat.Reply{MediaType: "text/plain", Body: []byte("it is")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &deliveries{reply: test.reply}
			h := inSlack(t, d)
			got := h.say(test.mediaType, test.body)
			require.Equal(t, http.StatusOK, got.Code, "%s", got.Body)
			require.Equal(t, test.body, d.body, "byte by byte, since it is signed")
			require.Equal(t, "v0=1", d.header.Get("X-Slack-Signature"))
			require.Equal(t, string(test.reply.Body), got.Body.String())
			require.Contains(t, got.Header().Get("Content-Type"), test.reply.MediaType)
			require.Contains(t, h.get("/metrics").Body.String(), `muster_webhook_deliveries_total{outcome="accepted",source="slack"} 1`)
		})
	}
}

func TestWhatIsNotTakenFromAChatIsRefused(t *testing.T) {
	t.Parallel()
	for outcome, test := range map[string]struct {
		err        error
		status     int
		detail     string
		retryAfter string
	}{
		"unauthorized": {&chat.RefusedError{Unproven: true, Message: "the signature is wrong"}, http.StatusUnauthorized, "the signature is wrong", ""},
		"malformed":    {&chat.RefusedError{Message: "the form cannot be read"}, http.StatusBadRequest, "the form cannot be read", ""},
		"unstored":     {errors.New("disk full"), http.StatusServiceUnavailable, "send it again", "5"},
	} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			h := inSlack(t, &deliveries{err: test.err})
			got := h.say("application/json", "{}")
			require.Equal(t, test.status, got.Code)
			require.Contains(t, got.json["detail"], test.detail)
			require.Equal(t, test.retryAfter, got.Header().Get("Retry-After"))
			require.Contains(t, h.log.String(), test.err.Error())
			require.Contains(t, h.get("/metrics").Body.String(), `muster_webhook_deliveries_total{outcome="`+outcome+`",source="slack"} 1`)
		})
	}
}

func TestADeliveryOfAChatIsBounded(t *testing.T) {
	t.Parallel()
	got := inSlack(t, &deliveries{}).say("application/json", strings.Repeat("x", api.MaxDeliveryBytes+1))
	require.Equal(t, http.StatusRequestEntityTooLarge, got.Code)
}

func TestAChatThatIsNotConnectedHasNoAddress(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) { o.Chats = nil })
	require.Equal(t, http.StatusNotFound, h.say("application/json", "{}").Code)
}

func TestAChatIsToSendAgainWhileTheServerStops(t *testing.T) {
	t.Parallel()
	d := &deliveries{}
	h := inSlack(t, d)
	require.NoError(t, h.server.Drain(t.Context()))
	require.Equal(t, http.StatusServiceUnavailable, h.say("application/json", "{}").Code)
	require.Empty(t, d.body)
}
