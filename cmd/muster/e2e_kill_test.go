//go:build !slim

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What was answered for must be there exactly once, and every incident must go on,
// however often the process is killed in the middle of its work.
func TestCommandsAreKeptThroughKills(t *testing.T) {
	t.Parallel()
	const incidents, rounds, writers, notes = 3, 3, 6, 60
	dir := t.TempDir()
	p := startMuster(t, dir)
	for i := range incidents {
		p.do("POST", "/api/v1/incidents", document{"title": fmt.Sprintf("Trouble %d", i+1), "service": "search", "severity": "SEV3", "actor": "ana"})
	}
	var mu sync.Mutex
	answered := map[string]int{}
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for writer := range writers {
			group.Go(func() {
				for n := range notes {
					id := fmt.Sprintf("INC-%d", (writer+n)%incidents+1)
					text := fmt.Sprintf("note %d/%d/%d", round, writer, n)
					if p.note(ctx, id, text) {
						mu.Lock()
						answered[text]++
						mu.Unlock()
					}
				}
			})
		}
		p.eventually("enough notes", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(answered) >= (round+1)*writers*notes/4
		})
		p.kill()
		stop()
		group.Wait()
		p = startMuster(t, dir)
	}
	seen := map[string]int{}
	for i := range incidents {
		id := fmt.Sprintf("INC-%d", i+1)
		p.do("POST", "/api/v1/incidents/"+id+"/acknowledge", document{"actor": "ana"})
		events := p.get("/api/v1/incidents/" + id + "/timeline?limit=1000").list("events")
		for n, e := range events {
			require.EqualValues(t, n+1, e["seq"])
			if text := fmt.Sprint(e["text"]); strings.HasPrefix(text, "note ") {
				seen[text]++
			}
		}
	}
	require.NotEmpty(t, answered)
	for text := range answered {
		require.Equal(t, 1, seen[text], "%s was answered for", text)
	}
	for text, times := range seen {
		require.Equal(t, 1, times, "%s is there more than once", text)
	}
}

// note writes a note and says whether it was answered for.
func (p *process) note(ctx context.Context, id, text string) bool {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	body := strings.NewReader(fmt.Sprintf(`{"text": %q, "actor": "ana"}`, text))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/api/v1/incidents/"+id+"/notes", body)
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	return resp.StatusCode == http.StatusOK
}
