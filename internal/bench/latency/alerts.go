package latency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"muster/internal/bench/sample"
)

// webhook is where Muster takes Alertmanager's deliveries.
const webhook = "/webhooks/alertmanager"

// arrivals keeps when each page arrived.
type arrivals struct {
	mu sync.Mutex
	at map[string]time.Time
	// more is signalled when another one arrives.
	more chan struct{}
}

func newArrivals() *arrivals {
	return &arrivals{at: map[string]time.Time{}, more: make(chan struct{}, 1)}
}

// token is what tells the pages of this measurement apart, and is part of their summaries.
var token = regexp.MustCompile(`Sample-[a-z-]+-[0-9]+`)

// note is told of each page. The first of each counts.
func (a *arrivals) note(at time.Time, summary string) {
	found := token.FindString(summary)
	if found == "" {
		return
	}
	a.mu.Lock()
	if _, known := a.at[found]; !known {
		a.at[found] = at
	}
	a.mu.Unlock()
	select {
	case a.more <- struct{}{}:
	default:
	}
}

// find returns when the page for a token arrived.
func (a *arrivals) find(token string) (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at, ok := a.at[token]
	return at, ok
}

// alerts sends so many alerts at the pace, waits for their pages, and returns how long those
// took that arrived.
func (m *measuring) alerts(ctx context.Context, name string, times int) (sample.Distribution, error) {
	tokens, sent := make([]string, times), make([]time.Time, times)
	answered := make([]time.Duration, times)
	err := atPace(ctx, times, func(ctx context.Context, i int) error {
		tokens[i] = fmt.Sprintf("Sample-%s-%d", name, i)
		body := alertBody(tokens[i], serviceName(i%services))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+m.stack.Server.Address+webhook, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		sent[i] = time.Now()
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		answered[i] = time.Since(sent[i])
		if resp.StatusCode != http.StatusAccepted {
			return errors.Join(fmt.Errorf("an alert was answered with %s", resp.Status), resp.Body.Close())
		}
		return resp.Body.Close()
	})
	if err != nil {
		return sample.Distribution{}, err
	}
	m.accepted = sample.Summarize(answered)
	m.await(ctx, tokens)
	var took []time.Duration
	m.missing = 0
	for i, token := range tokens {
		if at, ok := m.pages.find(token); ok {
			took = append(took, at.Sub(sent[i]))
		} else {
			m.missing++
		}
	}
	return sample.Summarize(took), ctx.Err()
}

// await waits until the pages have arrived, or patience is at its end.
func (m *measuring) await(ctx context.Context, tokens []string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, token := range tokens {
		for {
			if _, ok := m.pages.find(token); ok {
				break
			}
			select {
			case <-m.pages.more:
			case <-ctx.Done():
				return
			}
		}
	}
}

func serviceName(i int) string { return fmt.Sprintf("service-%02d", i) }

// alertBody is what Alertmanager posts of a group with one alert.
func alertBody(name, service string) []byte {
	return fmt.Appendf(nil, `{"version":"4","groupKey":"{}:{alertname=\"%[1]s\"}","truncatedAlerts":0,"status":"firing","receiver":"muster",`+
		`"groupLabels":{"alertname":"%[1]s"},"commonLabels":{"alertname":"%[1]s"},"commonAnnotations":{},"externalURL":"http://alertmanager.example.com",`+
		`"alerts":[{"status":"firing","labels":{"alertname":"%[1]s","service":"%[2]s","severity":"critical","instance":"host-1.example.com:9100"},`+
		`"annotations":{"summary":"Requests fail"},"startsAt":"2026-03-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z",`+
		`"generatorURL":"http://prometheus.example.com/graph","fingerprint":"%[1]s"}]}`, name, service)
}

// atPace does something so many times, each at its time whether or not the one before has
// ended, and waits until all have.
func atPace(ctx context.Context, times int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	errs := make([]error, times)
	var running sync.WaitGroup
	for i := range times {
		running.Go(func() {
			if errs[i] = do(ctx, i); errs[i] != nil {
				cancel()
			}
		})
		select {
		case <-ticker.C:
		case <-ctx.Done():
			running.Wait()
			return errors.Join(errs...)
		}
	}
	running.Wait()
	return errors.Join(errs...)
}
