package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"muster/config"
	"muster/integrations"
	"muster/integrations/pagerduty"
)

// lookUpsAtOnce is how many services or projects of one vendor are looked up at a time.
const lookUpsAtOnce = 4

// pagerDuty examines the key, and whether a page for each service would wake somebody.
func (e *examination) pagerDuty(ctx context.Context, n *notes) {
	settings := e.Settings.PagerDuty
	if !settings.Token.IsSet() {
		e.notConnected(n, "PagerDuty").mend("to connect it, set MUSTER_PAGERDUTY_TOKEN and MUSTER_PAGERDUTY_FROM")
		return
	}
	e.eventsReachable(ctx, n, settings.EventsURL)
	client := pagerduty.New(pagerduty.Options{
		Token: integrations.Secret(settings.Token.Reveal()), From: settings.From,
		APIURL: settings.APIURL, EventsURL: settings.EventsURL, HTTPClient: e.HTTPClient,
	})
	if err := client.Authenticate(ctx); err != nil {
		vendorFailed(n, "PagerDuty", "MUSTER_PAGERDUTY_API_URL", err)
		return
	}
	n.fine("the API key is valid")
	if settings.From != "" {
		switch known, err := client.HasUser(ctx, settings.From); {
		case err != nil:
			vendorFailed(n, "PagerDuty", "MUSTER_PAGERDUTY_API_URL", err)
		case known:
			n.fine("%s is one of its users", settings.From)
		default:
			n.warn("%s is none of the account's users", settings.From).
				mend("set MUSTER_PAGERDUTY_FROM to the address of a user: PagerDuty refuses changes in the name of anybody else")
		}
	} else {
		n.warn("MUSTER_PAGERDUTY_FROM is not set: Muster can page, but neither write notes, nor set priorities, nor ask people to help").
			mend("set it to the address of a PagerDuty user that is Muster's own")
	}
	e.pagerDutyWebhook(ctx, n, client)
	e.pagerDutyServices(ctx, n, client)
	e.pagerDutyTeams(ctx, n, client)
}

// pagerDutyWebhook examines whether what people do in PagerDuty reaches Muster. The account's
// webhooks can be listed by a key of the account only.
func (e *examination) pagerDutyWebhook(ctx context.Context, n *notes, client *pagerduty.Client) {
	const advice = "in PagerDuty, under Integrations, Generic Webhooks (v3), make one for the account with the address %s and the events about incidents"
	address := e.Settings.BaseURL("") + "/webhooks/pagerduty"
	if !e.Settings.PagerDuty.WebhookSecret.IsSet() {
		n.warn("MUSTER_PAGERDUTY_WEBHOOK_SECRET is not set: nothing that people do in PagerDuty reaches its incident").
			mend(advice+", and set the variable to the secret that it shows once", address)
		return
	}
	hooks, err := inTurn(ctx, func(ctx context.Context) ([]pagerduty.Subscription, error) { return client.Subscriptions(ctx, address) })
	var failure *integrations.Error
	switch {
	case errors.As(err, &failure) && (failure.Status == http.StatusForbidden || failure.Status == http.StatusNotFound):
		n.note("the key may not list the account's webhooks: whether there is one for %s is not examined", address)
	case err != nil:
		vendorFailed(n, "PagerDuty", "MUSTER_PAGERDUTY_API_URL", err)
	case len(hooks) == 0:
		n.warn("PagerDuty has no webhook for %s: nothing that people do there reaches its incident", address).mend(advice, address)
	default:
		for _, hook := range hooks {
			subscribed(n, hook)
		}
	}
}

// subscribed says what a webhook of PagerDuty lacks.
func subscribed(n *notes, hook pagerduty.Subscription) {
	switch {
	case !hook.Active:
		n.warn("the webhook %s, for %s, is switched off", hook.ID, hook.Filter).
			mend("enable it in PagerDuty, which switches off those whose deliveries are refused: the secret may be another one")
	case len(hook.Lacking) > 0:
		n.warn("the webhook %s, for %s, does not tell of %s", hook.ID, hook.Filter, strings.Join(hook.Lacking, ", ")).
			mend("add these events to it in PagerDuty")
	default:
		n.fine("the webhook %s, for %s, tells of all that Muster listens to", hook.ID, hook.Filter)
	}
}

// eventsReachable looks whether a connection to the Events API can be made. No event is
// sent, since each would be one of somebody's service.
func (e *examination) eventsReachable(ctx context.Context, n *notes, address string) {
	u, err := url.Parse(address)
	if err == nil {
		err = e.connect(ctx, u)
	}
	switch {
	case errors.Is(err, errProxied):
		n.note("the Events API, by which people are paged, is behind a proxy: whether events get through is not examined")
	case err != nil:
		notReached(n, "the Events API, by which people are paged,", "MUSTER_PAGERDUTY_EVENTS_URL", u.Host, err)
	default:
		n.fine("the Events API, by which people are paged, can be reached")
	}
}

// serviceLookUp is what came of looking up a service.
type serviceLookUp struct {
	pagerduty.Standing
	policy string
	err    error
}

func (e *examination) pagerDutyServices(ctx context.Context, n *notes, client *pagerduty.Client) {
	groups, without := e.services(n, func(s config.Service) string { return s.PagerDuty.Service })
	if len(without) > 0 {
		n.warn("nobody can be paged for %s", strings.Join(without, ", ")).
			mend("give the service pagerduty: {service: …} in muster.yaml, or give one to the default service, which stands in for it")
	}
	lookUps := make([]serviceLookUp, len(groups))
	each(len(groups), func(i int) {
		_, lookUps[i].err = inTurn(ctx, func(ctx context.Context) (_ struct{}, err error) {
			lookUps[i].Standing, lookUps[i].policy, err = client.Standing(ctx, groups[i].id)
			return struct{}{}, err
		})
	})
	var policies []string
	for _, found := range lookUps {
		if found.policy != "" {
			policies = append(policies, found.policy)
		}
	}
	onCall, err := inTurn(ctx, func(ctx context.Context) (map[string]int, error) { return client.CountOnCall(ctx, policies) })
	if err != nil {
		vendorFailed(n, "PagerDuty", "MUSTER_PAGERDUTY_API_URL", err)
	}
	good, failed := 0, false
	for i, found := range lookUps {
		if found.err != nil {
			if !failed { // the others say the same
				vendorFailed(n, "PagerDuty", "MUSTER_PAGERDUTY_API_URL", found.err)
			}
			failed = true
			continue
		}
		people, counted := onCall[found.policy]
		if pageable(n, found.Standing, groups[i], counted, people) && counted {
			good++
		}
	}
	if good > 0 {
		n.fine("%s can be paged, and somebody is on call for each now", counted(good, "service"))
	}
}

// pageable says whether a page for a service would wake somebody, and notes why not.
func pageable(n *notes, s pagerduty.Standing, g group, counted bool, onCall int) bool {
	what := "the service " + s.ID + " (" + strings.Trim(s.Name+", for "+g.forServices(), ", ") + ")"
	switch {
	case !s.Exists:
		n.wrong("there is no service %s (for %s), or the key may not see it", s.ID, g.forServices()).
			mend("mend pagerduty: {service: …} in muster.yaml: the id is at the end of the service's address in PagerDuty")
	case s.Disabled:
		n.wrong("%s is disabled and takes no pages", what).mend("enable it in PagerDuty, or name another in muster.yaml")
	case !s.Pageable:
		n.wrong("%s has no integration of the type \"Events API v2\", by which Muster pages", what).
			mend("in PagerDuty, on the service's tab Integrations, add the integration Events API v2")
	case !s.HasPolicy:
		n.wrong("%s has no escalation policy, so nobody is woken", what).mend("give it one in PagerDuty")
	case counted && onCall == 0:
		n.wrong("nobody is on call for %s now", what).mend("fill the schedule of its escalation policy in PagerDuty")
	case s.InMaintenance:
		n.warn("%s is in a maintenance window: nobody is woken until it ends", what).mend("end the window in PagerDuty, if nobody meant it")
	default:
		return true
	}
	return false
}

// each does something for the numbers below n, a few of them at a time.
func each(n int, do func(i int)) {
	turns := make(chan struct{}, lookUpsAtOnce)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			do(i)
		})
	}
	all.Wait()
}
