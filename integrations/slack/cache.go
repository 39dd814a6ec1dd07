package slack

import (
	"sync"
	"time"
)

const (
	// rememberedFor is how long an answer about somebody's account is good for: the living
	// brief of an incident would otherwise ask for everybody it names at every change.
	rememberedFor = time.Hour
	// forgottenAfter is the same for an account that there was none of. Somebody may be
	// joining just because they are needed.
	forgottenAfter = 5 * time.Minute
	// remembered bounds how many are remembered.
	remembered = 2000
)

// cache remembers answers for a while. It may be used by many goroutines at once.
type cache[V any] struct {
	mu      sync.Mutex
	entries map[string]remark[V]
}

// remark is an answer and until when it is good.
type remark[V any] struct {
	value V
	until time.Time
}

// get returns what is remembered of a key.
func (c *cache[V]) get(key string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.entries[key]
	if !ok || time.Now().After(found.until) {
		return value, false
	}
	return found.value, true
}

// put remembers a value for a time.
func (c *cache[V]) put(key string, value V, keep time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]remark[V]{}
	}
	if _, known := c.entries[key]; !known && len(c.entries) >= remembered {
		c.makeRoom()
	}
	c.entries[key] = remark[V]{value: value, until: time.Now().Add(keep)}
}

// makeRoom forgets what is good no more, or else what is so the soonest.
func (c *cache[V]) makeRoom() {
	now, soonest := time.Now(), ""
	for key, entry := range c.entries {
		if now.After(entry.until) {
			delete(c.entries, key)
			continue
		}
		if soonest == "" || entry.until.Before(c.entries[soonest].until) {
			soonest = key
		}
	}
	if len(c.entries) >= remembered {
		delete(c.entries, soonest)
	}
}
