package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api"
	"muster/incident"
)

// roster says who is on call, by what it is asked by.
type roster struct {
	people map[string][]incident.Person
	err    error
}

func (r roster) OnCall(_ context.Context, service string) ([]incident.Person, error) {
	return r.people["service "+service], r.err
}

func (r roster) OnCallBy(_ context.Context, policy string) ([]incident.Person, error) {
	return r.people["policy "+policy], r.err
}

func (r roster) OnSchedule(_ context.Context, schedule string) ([]incident.Person, error) {
	return r.people["schedule "+schedule], r.err
}

func TestWhoIsOnCall(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(o *api.Options) {
		o.Pager = roster{people: map[string][]incident.Person{
			"service PPAY123":  {{Name: "Sample Responder", Email: "responder@example.com"}, {Name: "guest"}},
			"policy PPLATPO":   {{Name: "Second Responder", Email: "second@example.com"}},
			"service PNOTTHIS": {{Name: "Nobody"}},
		}}
	})
	for name, test := range map[string]struct{ query, want string }{
		"for a service": {"service=PAYMENTS-API", `{"service": "payments-api", "team": "", "duties": [
			{"by": "service", "id": "PPAY123", "service": "payments-api", "people": [{"name": "Sample Responder", "email": "responder@example.com"}, {"name": "guest", "email": ""}]}]}`},
		"for a team, by its policy and its schedule": {"team=Platform", `{"service": "", "team": "platform", "duties": [
			{"by": "escalation_policy", "id": "PPLATPO", "service": "", "people": [{"name": "Second Responder", "email": "second@example.com"}]},
			{"by": "schedule", "id": "PPLATSC", "service": "", "people": []}]}`},
		"for a team, by its service": {"team=payments", `{"service": "", "team": "payments", "duties": [
			{"by": "service", "id": "PPAY123", "service": "payments-api", "people": [{"name": "Sample Responder", "email": "responder@example.com"}, {"name": "guest", "email": ""}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := h.get("/api/v1/oncall?" + test.query)
			require.Equal(t, http.StatusOK, got.Code, got.Body)
			require.JSONEq(t, test.want, got.Body.String())
		})
	}
}

func TestWhoIsOnCallCannotBeSaid(t *testing.T) {
	t.Parallel()
	asked := roster{}
	for name, test := range map[string]struct {
		query    string
		pager    roster
		status   int
		detail   string
		location string
	}{
		"of nobody":                     {"", asked, http.StatusUnprocessableEntity, "either service or team", "query"},
		"of two":                        {"service=checkout&team=payments", asked, http.StatusUnprocessableEntity, "either service or team", "query"},
		"of an unknown service":         {"service=cart", asked, http.StatusUnprocessableEntity, "there are checkout, payments-api", "query.service"},
		"of an unknown team":            {"team=cart", asked, http.StatusUnprocessableEntity, "there are payments, platform, research", "query.team"},
		"of a service without a pager":  {"service=checkout", asked, http.StatusUnprocessableEntity, "give it pagerduty: {service: …} in muster.yaml", "query.service"},
		"of a team without a pager":     {"team=research", asked, http.StatusUnprocessableEntity, "give it pagerduty: {escalation_policy: …} in muster.yaml", "query.team"},
		"while the pager refuses":       {"team=platform", roster{err: errors.New("the key is wrong")}, http.StatusBadGateway, "the key is wrong", ""},
		"while the pager does not talk": {"team=platform", roster{err: context.DeadlineExceeded}, http.StatusServiceUnavailable, "try again", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, func(o *api.Options) { o.Pager = test.pager })
			got := h.get("/api/v1/oncall?" + test.query)
			require.Equal(t, test.status, got.Code, got.Body)
			require.Contains(t, lookup(t, got.json, "detail"), test.detail)
			if test.location != "" {
				require.Equal(t, test.location, lookup(t, got.json, "errors", 0, "location"))
			}
		})
	}
	t.Run("where there is no pager", func(t *testing.T) {
		t.Parallel()
		got := newHarness(t).get("/api/v1/oncall?team=platform")
		require.Equal(t, http.StatusServiceUnavailable, got.Code)
	})
}
