package pagerduty_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestOnCallListsPeopleInTheOrderTheyAreWoken(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusOK, service)
	fake.Answer("GET /oncalls", http.StatusOK,
		`{"more":true,"oncalls":[
			{"escalation_level":2,"user":{"id":"U2","name":"Second Responder","email":"second@example.com"}},
			{"escalation_level":1,"user":{"id":"U1","name":"First Responder","email":"first@example.com"}},
			{"escalation_level":1,"user":{"id":"U2","name":"Second Responder","email":"second@example.com"}}]}`,
		`{"more":false,"oncalls":[
			{"escalation_level":1,"user":{"id":"U1","name":"First Responder","email":"first@example.com"}},
			{"escalation_level":3,"user":{"id":"U3","summary":"Third Responder"}}]}`)

	people, err := client.OnCall(t.Context(), "PSAMPLE")
	require.NoError(t, err)
	require.Equal(t, []incident.Person{
		{Name: "First Responder", Email: "first@example.com"},
		{Name: "Second Responder", Email: "second@example.com"},
		{Name: "Third Responder"},
	}, people)

	asked := fake.Requests("/oncalls")
	require.Len(t, asked, 2)
	require.Equal(t, []string{"PPOLICY"}, asked[0].Query["escalation_policy_ids[]"])
	require.Equal(t, []string{"users"}, asked[0].Query["include[]"])
	require.Equal(t, "100", asked[1].Query.Get("offset"))
}

func TestOnCallEscapesTheServiceID(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /services/{id}", http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`)
	_, err := client.OnCall(t.Context(), "P1?limit=1")
	require.ErrorContains(t, err, "check the ids of PagerDuty in muster.yaml")
	require.Len(t, fake.Requests("/services/P1?limit=1"), 1)
}

func TestOnCallNeedsAnEscalationPolicy(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(getService, http.StatusOK, `{"service":{"id":"PSAMPLE"}}`)
	_, err := client.OnCall(t.Context(), "PSAMPLE")
	require.ErrorContains(t, err, "lacks the service's escalation policy")
}
