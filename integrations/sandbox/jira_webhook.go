package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// How hard a webhook is tried. Jira itself tries up to five times, over minutes:
// https://developer.atlassian.com/cloud/jira/platform/webhooks, "Retry policy".
const (
	webhookAttempts     = 5
	webhookFirstPause   = 200 * time.Millisecond // doubled after every attempt
	webhookTimeout      = 10 * time.Second
	webhookQueueLength  = 1024
	webhookDrainTimeout = 5 * time.Second
)

// jiraWebhook is one delivery. Its id is the same on every attempt, so that a receiver
// can tell a repetition.
type jiraWebhook struct {
	id   string
	body []byte
}

func newJiraWebhook(body object) (*jiraWebhook, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &jiraWebhook{id: rand.Text(), body: data}, nil
}

// webhookSender delivers webhooks one after the other, in the order of what they tell.
// Those that are not delivered when the process dies are lost, as a webhook may be: who
// must know asks Jira now and then.
type webhookSender struct {
	url, secret string
	log         *slog.Logger
	client      *http.Client

	mu      sync.Mutex // guards queue against sending after closing
	closed  bool
	queue   chan jiraWebhook
	cancel  context.CancelFunc
	drained chan struct{}
}

func newWebhookSender(url, secret string, log *slog.Logger) *webhookSender {
	ctx, cancel := context.WithCancel(context.Background())
	w := &webhookSender{
		url: url, secret: secret, log: log,
		client: &http.Client{Timeout: webhookTimeout, Transport: http.DefaultTransport.(*http.Transport).Clone()},
		queue:  make(chan jiraWebhook, webhookQueueLength), cancel: cancel, drained: make(chan struct{}),
	}
	go func() {
		defer close(w.drained)
		for webhook := range w.queue {
			w.deliver(ctx, webhook)
		}
	}()
	return w
}

// send hands a webhook over and returns at once.
func (w *webhookSender) send(webhook jiraWebhook) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == "" || w.closed {
		return
	}
	select {
	case w.queue <- webhook:
	default:
		w.log.Error("sandbox: too many Jira webhooks are waiting; one was dropped", "webhook", webhook.id)
	}
}

func (w *webhookSender) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	select {
	case <-w.drained:
	case <-time.After(webhookDrainTimeout):
		w.log.Warn("sandbox: Jira webhooks were still waiting and are dropped")
		w.cancel()
		<-w.drained
	}
	w.cancel()
	w.client.CloseIdleConnections()
}

func (w *webhookSender) deliver(ctx context.Context, webhook jiraWebhook) {
	pause := webhookFirstPause
	for attempt := range webhookAttempts {
		if attempt > 0 {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return
			}
			pause *= 2
		}
		again, err := w.post(ctx, webhook, attempt)
		if err == nil {
			return
		}
		w.log.WarnContext(ctx, "sandbox: a Jira webhook was not taken", "webhook", webhook.id, "attempt", attempt+1, "again", again, "error", err)
		if !again {
			return
		}
	}
}

// post makes one attempt and says whether another makes sense: Jira repeats after a
// broken connection, a 5xx, and the four 4xx that may pass.
func (w *webhookSender) post(ctx context.Context, webhook jiraWebhook, retries int) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(webhook.body))
	if err != nil {
		return false, errors.New("the webhook's address cannot be used")
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "Muster sandbox")
	request.Header.Set("X-Atlassian-Webhook-Identifier", webhook.id)
	if retries > 0 {
		request.Header.Set("X-Atlassian-Webhook-Retry", strconv.Itoa(retries))
	}
	if w.secret != "" {
		request.Header.Set("X-Hub-Signature", sign(w.secret, webhook.body))
	}
	response, err := w.client.Do(request)
	if err != nil {
		// The address stays out of the log: it may carry a token.
		if broken := (*url.Error)(nil); errors.As(err, &broken) {
			err = broken.Err
		}
		return ctx.Err() == nil, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maxBodyBytes)); err != nil {
		return true, err
	}
	if response.StatusCode < 300 {
		return false, nil
	}
	passing := []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests}
	return response.StatusCode >= 500 || slices.Contains(passing, response.StatusCode), fmt.Errorf("the receiver answered %s", response.Status)
}

// sign is the value of X-Hub-Signature: https://www.w3.org/TR/websub/#signing-content.
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
