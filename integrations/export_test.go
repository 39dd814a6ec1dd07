package integrations

// Remembered says of how many limits and subjects a shaped caller keeps count.
func Remembered(c *Caller) int {
	c.shaper.mu.Lock()
	defer c.shaper.mu.Unlock()
	return len(c.shaper.buckets)
}
