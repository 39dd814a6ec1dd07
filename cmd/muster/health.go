package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// healthCommand asks a running process whether it is well, for containers that have neither
// a shell nor curl. It changes nothing.
type healthCommand struct {
	URL   string        `name:"url" env:"MUSTER_URL" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Where the server, worker or sandbox listens (${default})."`
	Ready bool          `help:"Ask whether all parts work (/readyz), not only whether the process answers (/healthz)."`
	Wait  time.Duration `default:"3s" placeholder:"DURATION" help:"How long the answer may take (${default}); with --ready, a part may take 5 seconds."`
}

// Validate is called by kong before Run.
func (cmd healthCommand) Validate() error {
	if u, err := url.Parse(cmd.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--url must be the address of a process, as in http://127.0.0.1:8080")
	}
	if cmd.Wait <= 0 {
		return fmt.Errorf("--wait must be longer than nothing, not %s", cmd.Wait)
	}
	return nil
}

// Run prints ok. The error is what ails it, or that it does not
// answer in time.
func (cmd healthCommand) Run(ctx context.Context, c *console) error {
	path := "/healthz"
	if cmd.Ready {
		path = "/readyz"
	}
	ctx, cancel := context.WithTimeout(ctx, cmd.Wait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(cmd.URL, "/")+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no answer from %s within %s: %w", cmd.URL, cmd.Wait, err)
	}
	defer response.Body.Close()
	var problem struct {
		Detail string `json:"detail"`
	}
	// An answer that cannot be read says enough by its status.
	_ = json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&problem)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", path, response.StatusCode, cmp.Or(problem.Detail, http.StatusText(response.StatusCode)))
	}
	c.printf("ok\n")
	return nil
}
