package pagerduty_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/pagerduty"
)

func TestAuthenticateProvesTheToken(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /abilities", http.StatusOK, `{"abilities":["teams"]}`)
	require.NoError(t, client.Authenticate(t.Context()))
}

func TestAuthenticateSaysWhatToSetWhenTheTokenIsWrong(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /abilities", http.StatusUnauthorized, `{"error":{"message":"Invalid token `+token+`","code":2006}}`)
	err := client.Authenticate(t.Context())
	require.ErrorContains(t, err, "set MUSTER_PAGERDUTY_TOKEN to a valid REST API key")
	require.NotContains(t, err.Error(), token)
}

func TestAUserIsKnownByTheWholeAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		users string
		known bool
	}{
		"the same in other letters":    {`[{"id":"U1","email":"Responder@Example.com"}]`, true},
		"an address that ends like it": {`[{"id":"U1","email":"first.responder@example.com"}]`, false},
		"nobody":                       {`[]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer("GET /users", http.StatusOK, `{"more":false,"users":`+test.users+`}`)
			known, err := client.HasUser(t.Context(), "responder@example.com")
			require.NoError(t, err)
			require.Equal(t, test.known, known)
			require.Equal(t, "responder@example.com", fake.Requests("/users")[0].Query.Get("query"))
		})
	}
}

func TestPoliciesAndSchedulesAreThereOrNot(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /escalation_policies/PTHERE", http.StatusOK, `{"escalation_policy":{"id":"PTHERE","type":"escalation_policy"}}`)
	fake.Answer("GET /schedules/PTHERE", http.StatusOK, `{"schedule":{"id":"PTHERE","type":"schedule"}}`)
	fake.Answer("GET /schedules/PDENIED", http.StatusForbidden, `{"error":{"message":"Access Denied","code":2010}}`)
	for _, kind := range []string{"escalation_policies", "schedules"} {
		fake.Answer("GET /"+kind+"/PGONE", http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`)
	}
	for _, has := range []func(context.Context, string) (bool, error){client.HasPolicy, client.HasSchedule} {
		there, err := has(t.Context(), "PTHERE")
		require.NoError(t, err)
		require.True(t, there)
		there, err = has(t.Context(), "PGONE")
		require.NoError(t, err)
		require.False(t, there)
	}
	_, err := client.HasSchedule(t.Context(), "PDENIED")
	require.ErrorContains(t, err, "Access Denied")
}

func TestStandingSaysWhetherAPageWouldReachSomebody(t *testing.T) {
	t.Parallel()
	const events = `{"id":"P2","type":"events_api_v2_inbound_integration","integration_key":"` + routingKey + `"}`
	for name, test := range map[string]struct {
		status   int
		document string
		want     pagerduty.Standing
		policy   string
	}{
		"all is there": {
			http.StatusOK, `{"service":{"id":"PSAMPLE","name":"Checkout","status":"active","escalation_policy":{"id":"PPOLICY"},"integrations":[` + events + `]}}`,
			pagerduty.Standing{ID: "PSAMPLE", Name: "Checkout", Exists: true, Pageable: true, HasPolicy: true}, "PPOLICY",
		},
		"it is disabled": {
			http.StatusOK, `{"service":{"id":"PSAMPLE","name":"Checkout","status":"disabled","escalation_policy":{"id":"PPOLICY"},"integrations":[` + events + `]}}`,
			pagerduty.Standing{ID: "PSAMPLE", Name: "Checkout", Exists: true, Disabled: true, Pageable: true, HasPolicy: true}, "PPOLICY",
		},
		"it is in maintenance, without integration and policy": {
			http.StatusOK, `{"service":{"id":"PSAMPLE","name":"Checkout","status":"maintenance","integrations":[{"id":"P1","type":"generic_email_inbound_integration"}]}}`,
			pagerduty.Standing{ID: "PSAMPLE", Name: "Checkout", Exists: true, InMaintenance: true}, "",
		},
		"it is not there": {http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`, pagerduty.Standing{ID: "PSAMPLE"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(getService, test.status, test.document)
			standing, policy, err := client.Standing(t.Context(), "PSAMPLE")
			require.NoError(t, err)
			require.Equal(t, test.want, standing)
			require.Equal(t, test.policy, policy)
		})
	}
}

func TestStandingPassesOnThatTheKeyMayNotRead(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusForbidden, `{"error":{"message":"Access Denied","code":2010}}`)
	_, _, err := client.Standing(t.Context(), "PSAMPLE")
	require.ErrorContains(t, err, "use one with read access to services")
}

func TestOnCallIsCountedOncePerPersonAndTwentyPoliciesAtATime(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /oncalls", http.StatusOK,
		`{"more":false,"oncalls":[
			{"escalation_policy":{"id":"P00"},"escalation_level":1,"user":{"id":"U1"}},
			{"escalation_policy":{"id":"P00"},"escalation_level":2,"user":{"id":"U1"}},
			{"escalation_policy":{"id":"P01"},"escalation_level":1,"user":{"id":"U1"}},
			{"escalation_policy":{"id":"P01"},"escalation_level":1,"user":{"id":"U2"}}]}`,
		`{"more":false,"oncalls":[]}`)
	policies := []string{"P00"} // twice
	for i := range 21 {
		policies = append(policies, fmt.Sprintf("P%02d", i))
	}
	counts, err := client.CountOnCall(t.Context(), policies)
	require.NoError(t, err)
	require.Len(t, counts, 21)
	require.Equal(t, 1, counts["P00"])
	require.Equal(t, 2, counts["P01"])
	require.Equal(t, 0, counts["P20"])
	asked := fake.Requests("/oncalls")
	require.Len(t, asked, 2)
	require.Len(t, asked[0].Query["escalation_policy_ids[]"], 20)
	require.Equal(t, "P20", strings.Join(asked[1].Query["escalation_policy_ids[]"], ","))
}

func TestNobodyIsAskedAboutNoPolicy(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t)
	counts, err := client.CountOnCall(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, counts)
}
