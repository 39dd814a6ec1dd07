package slack

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/integrations"
)

// Challenge asks an address what Slack asks one that people give it for events, signed now,
// and says whether the answer proves that a Muster with this signing secret is there:
// https://docs.slack.dev/reference/events/url_verification. The status is that of the answer.
// It changes nothing there; the error says why there is no answer.
func Challenge(ctx context.Context, client *http.Client, address string, secret integrations.Secret, now time.Time) (status int, proven bool, err error) {
	challenge := rand.Text()
	body, err := json.Marshal(map[string]string{"type": "url_verification", "challenge": challenge})
	if err != nil {
		return 0, false, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		return 0, false, err
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(timestampHeader, timestamp)
	request.Header.Set(signatureHeader, signatureVersion+"="+hex.EncodeToString(sign(secret, timestamp, body)))
	response, err := client.Do(request)
	if err != nil {
		return 0, false, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, int64(len(challenge))+1))
	if err != nil {
		return 0, false, err
	}
	return response.StatusCode, response.StatusCode == http.StatusOK && string(answer) == challenge, nil
}

// sign returns what Slack makes of a body and the time at which it is sent.
func sign(secret integrations.Secret, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	// A hash's Write never fails.
	_, _ = fmt.Fprintf(mac, "%s:%s:", signatureVersion, timestamp)
	_, _ = mac.Write(body)
	return mac.Sum(nil)
}
