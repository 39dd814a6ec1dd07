package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"muster/store"
)

// largestAnswerBytes bounds what is read of an answer; that of /healthz is far smaller.
const largestAnswerBytes = 64 << 10

// address examines where people and vendors are told that Muster is.
func (e *examination) address(ctx context.Context, n *notes) {
	base := e.Settings.BaseURL("")
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" {
		return // a problem with the settings, which is reported already
	}
	switch {
	case e.real() && loopback(u.Hostname()):
		n.wrong("vendors are connected, but the address given to them is %s, which leads everybody to their own machine", base).
			mend("set MUSTER_PUBLIC_URL to where people and vendors reach Muster, as in https://muster.example.com")
	case e.real() && u.Scheme != "https":
		n.warn("Muster's address %s is not one of https: commands and webhooks travel in the clear", base).
			mend("put Muster behind a proxy that speaks TLS, and set MUSTER_PUBLIC_URL to its https:// address")
	}
	e.answersAsMuster(ctx, n, base, u.Host)
	n.note("whether vendors reach this address cannot be seen from here").
		mend("send a test from them: a webhook of Jira to %s/webhooks/jira, of Alertmanager to %s/webhooks/alertmanager", base, base)
}

// errNotMuster says that something else answers.
var errNotMuster = errors.New("it does not answer as Muster does")

// answersAsMuster asks the address for its health.
func (e *examination) answersAsMuster(ctx context.Context, n *notes, base, host string) {
	there, err := e.askHealth(ctx, base+"/healthz")
	ours := ""
	if err == nil {
		e.withDatabase(ctx, func(db *store.Store) { ours = db.Installation() })
	}
	switch {
	case errors.Is(err, errNotMuster):
		n.wrong("something else than Muster answers at %s: %s", base, err).
			mend("mend MUSTER_PUBLIC_URL, or have the proxy there hand its requests on to muster")
	case err != nil:
		words, mend, known := unreachable(err, host)
		if !known {
			words, mend = err.Error(), "check MUSTER_PUBLIC_URL"
		}
		n.wrong("Muster does not answer at %s: %s", base, words).
			mend("%s; is Muster running, and does this machine get there by that name?", mend)
	case ours != "" && there.Installation != "" && there.Installation != ours:
		n.wrong("another Muster answers at %s: the installation %s, while the database here is that of %s", base, there.Installation, ours).
			mend("mend MUSTER_PUBLIC_URL and what leads there, or give this command and the servers the same database")
	case there.Version != e.Version:
		n.warn("Muster %s answers at %s, while this is version %s", there.Version, base, e.Version).
			mend("examine it with the version that is running, or finish the upgrade")
	case ours != "" && there.Installation == ours:
		n.fine("this installation answers at %s", base)
	default:
		n.fine("Muster answers at %s; whether it is this installation cannot be told without its database", base)
	}
}

// answered is what /healthz says.
type answered struct {
	Status       string `json:"status"`
	Version      string `json:"version"`
	Installation string `json:"installation"`
}

func (e *examination) askHealth(ctx context.Context, address string) (answered, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answered{}, err
	}
	response, err := e.HTTPClient.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswerBytes))
	if err != nil {
		return answered{}, err
	}
	if response.StatusCode != http.StatusOK {
		return answered{}, fmt.Errorf("%w (HTTP %d)", errNotMuster, response.StatusCode)
	}
	var health answered
	if err := json.Unmarshal(body, &health); err != nil || health.Status != "ok" || health.Version == "" {
		return answered{}, errNotMuster
	}
	return health, nil
}
