package doctor

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"muster/config"
	"muster/integrations"
	"muster/integrations/prometheus"
	"muster/playbooks"
)

// calls returns the names of the playbooks in which an action is used in a certain way.
func (e *examination) calls(action string, how func(playbooks.Parameters) bool) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(e.library)) {
		p := e.library[name]
		uses := slices.ContainsFunc(p.Steps, func(s playbooks.Step) bool { return s.Do == action && how(s.With) }) ||
			slices.ContainsFunc(p.Hooks, func(h playbooks.Hook) bool { return h.Do == action && how(h.With) })
		if uses {
			names = append(names, name)
		}
	}
	return names
}

// anyhow is for [examination.calls].
func anyhow(playbooks.Parameters) bool { return true }

// secretsOfPlaybooks examines whether the playbooks have the secrets that they use.
func (e *examination) secretsOfPlaybooks(n *notes) {
	users := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(e.library)) {
		for _, secret := range e.library[name].Secrets() {
			users[secret] = append(users[secret], name)
		}
	}
	set := e.Settings.PlaybookSecrets
	found := 0
	for _, secret := range slices.Sorted(maps.Keys(users)) {
		if _, ok := set.Secret(secret); ok {
			found++
			continue
		}
		n.warn("the secret %s is not set; steps of %s that use it fail", secret, strings.Join(users[secret], ", ")).
			mend("set %s for the workers", config.PlaybookSecretVariable(secret))
	}
	if found > 0 {
		n.fine("%s of playbooks set", counted(found, "secret"))
	}
	if e.library == nil {
		return
	}
	for _, secret := range set.Names() {
		if users[secret] == nil {
			n.warn("%s is set, but no playbook uses secret(%q)", config.PlaybookSecretVariable(secret), secret).mend("unset it, or correct its name")
		}
	}
}

// prometheus examines whether the metrics can be asked for that playbooks use.
func (e *examination) prometheus(ctx context.Context, n *notes) {
	settings := e.Settings.Prometheus
	if settings.URL == "" {
		users := slices.Concat(e.calls(playbooks.PrometheusQuery, anyhow), e.calls(playbooks.PrometheusCollect, anyhow))
		slices.Sort(users)
		if users = slices.Compact(users); len(users) > 0 && e.Settings.DatabaseURL.IsSet() {
			n.warn("Prometheus is not connected, but %s ask it for metrics: these steps fail", strings.Join(users, ", ")).mend("set MUSTER_PROMETHEUS_URL")
			return
		}
		e.notConnected(n, "Prometheus").mend("to connect it, set MUSTER_PROMETHEUS_URL")
		return
	}
	client, err := prometheus.New(prometheus.Options{
		URL: settings.URL, Token: integrations.Secret(settings.Token.Reveal()), HTTPClient: e.HTTPClient,
	})
	if err != nil {
		return // a problem with the settings, which is reported already
	}
	if _, err := client.Query(ctx, "vector(1)"); err != nil {
		vendorFailed(n, "Prometheus", "MUSTER_PROMETHEUS_URL", err)
		return
	}
	address, err := url.Parse(settings.URL)
	if err != nil {
		return // likewise
	}
	n.fine("%s answers queries", address.Host)
	if settings.Token.IsSet() && address.Scheme == "http" && !loopback(address.Hostname()) {
		n.warn("the token is sent to %s without encryption: whoever is between can read it", address.Host).
			mend("set MUSTER_PROMETHEUS_URL to an address that begins with https://")
	}
}
