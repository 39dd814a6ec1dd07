package pagerduty_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/pagerduty"
	"muster/integrations/vendortest"
)

const (
	users     = `{"users":[{"id":"PSELF","name":"Muster","email":"responder@example.com"},{"id":"PTWO","name":"Second Responder","email":"Second@example.com"}]}`
	getRecord = "GET /incidents/Q42"
	// record is what PagerDuty has of the page.
	record = `{"incident":{"id":"Q42","incident_key":"` + key + `","html_url":"https://sample.pagerduty.com/incidents/Q42","status":"triggered",
		"priority":{"id":"PP2","summary":"SEV2"},"assignments":[{"assignee":{"id":"PONE","type":"user_reference"}}],
		"incidents_responders":[{"state":"pending","user":{"id":"PTHREE","type":"user_reference"}}],
		"responder_requests":[{"responder_request_targets":[{"responder_request_target":{"id":"PPOLICY","type":"escalation_policy_reference"}}]}]}}`
	second = "Second Responder"
)

// page is known to PagerDuty by its id, early was sent a moment ago.
var (
	page  = incident.Page{Key: key, Service: "PSAMPLE", ID: "Q42"}
	early = incident.Page{Key: key, Service: "PSAMPLE"}
)

func TestThePageBehindAnIncidentOfPagerDutyIsFound(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(getRecord, http.StatusOK, record)
	found, ok, err := client.PageKey(t.Context(), "Q42")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, key, found)

	fake.Answer("GET /incidents/Q43", http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`)
	_, ok, err = client.PageKey(t.Context(), "Q43")
	require.NoError(t, err)
	require.False(t, ok)

	fake.Answer("GET /incidents/Q44", http.StatusInternalServerError, `{}`)
	_, _, err = client.PageKey(t.Context(), "Q44")
	require.False(t, integrations.IsFinal(err))
	_, _, err = client.PageKey(t.Context(), "")
	require.ErrorContains(t, err, "no incident of PagerDuty is named")
}

func TestANoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(incidents, http.StatusOK, `{"incidents":[]}`, `{"incidents":[{"id":"Q42"}]}`)
	fake.Answer("GET /incidents/Q42/notes", http.StatusOK, `{"notes":[{"content":"by somebody"}]}`, `{"notes":[{"content":"rolled back\n[muster:INC-42/note]"}]}`)
	fake.Answer("POST /incidents/Q42/notes", http.StatusCreated, `{"note":{"id":"N1"}}`)

	err := client.AddNote(t.Context(), early, "INC-42/note", "rolled back")
	require.ErrorContains(t, err, "has made no incident of the page")
	require.False(t, integrations.IsFinal(err), "PagerDuty works through events in its own time")

	long := strings.Repeat("x", 5000)
	require.NoError(t, client.AddNote(t.Context(), early, "INC-42/note", " "+long))
	require.NoError(t, client.AddNote(t.Context(), early, "INC-42/note", long))
	written := fake.Requests("/incidents/Q42/notes")
	require.Len(t, written, 3, "two look-ups and a note")
	require.Equal(t, "responder@example.com", written[1].Header.Get("From"))
	content := written[1].JSON(t)["note"].(map[string]any)["content"].(string)
	require.Less(t, len([]rune(content)), 1900)
	require.True(t, strings.HasSuffix(content, "…\n[muster:INC-42/note]"), content)
	require.True(t, pagerduty.IsOwnNote(content))
	require.Equal(t, []string{key}, fake.Requests("/incidents")[0].Query["incident_key"])
}

func TestANoteOfAPersonIsNotMusters(t *testing.T) {
	t.Parallel()
	for content, own := range map[string]bool{
		"rolled back\n[muster:muster-0a1b2c3d-INC-42-notes.17]": true,
		"[muster:key] \n":                   true,
		"rolled back":                       false,
		"see [muster:key] for more":         false,
		"[muster:key] is what they wrote]":  false,
		"what [muster:\nsomething else]":    false,
		"":                                  false,
		"]":                                 false,
		"I quote: [muster:one] [muster:two": false,
	} {
		require.Equal(t, own, pagerduty.IsOwnNote(content), content)
	}
}

func TestThePriorityIsSetUnlessItIsThere(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /priorities", http.StatusOK, `{"priorities":[{"id":"PP1","name":"SEV1"},{"id":"PP2","summary":"sev2","name":"sev2"}]}`)
	fake.Answer(getRecord, http.StatusOK, record)
	fake.Answer("PUT /incidents", http.StatusOK, `{"incidents":[]}`)

	found, err := client.SetPriority(t.Context(), page, "SEV2")
	require.NoError(t, err)
	require.True(t, found)
	require.Empty(t, fake.Requests("/incidents"), "it has that priority")

	found, err = client.SetPriority(t.Context(), page, "SEV1")
	require.NoError(t, err)
	require.True(t, found)
	put := fake.Requests("/incidents")[0]
	require.Equal(t, "responder@example.com", put.Header.Get("From"))
	require.Equal(t, map[string]any{"incidents": []any{map[string]any{
		"id": "Q42", "type": "incident", "priority": map[string]any{"id": "PP1", "type": "priority_reference"},
	}}}, put.JSON(t))

	found, err = client.SetPriority(t.Context(), page, "SEV9")
	require.NoError(t, err)
	require.False(t, found)
}

func TestAnAccountWithoutPrioritiesHasNone(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /priorities", http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`)
	found, err := client.SetPriority(t.Context(), page, "SEV1")
	require.NoError(t, err)
	require.False(t, found)
}

func TestSomebodyIsAskedToHelpOnce(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /users", http.StatusOK, users)
	fake.Answer(getRecord, http.StatusOK, record)
	fake.Answer("POST /incidents/Q42/responder_requests", http.StatusCreated, `{"responder_request":{}}`)

	open, err := client.AskPerson(t.Context(), page, incident.Person{Name: second, Email: "second@example.com"}, "the database\nneeds you")
	require.NoError(t, err)
	require.True(t, open)
	asked := fake.Requests("/incidents/Q42/responder_requests")[0]
	require.Equal(t, "responder@example.com", asked.Header.Get("From"))
	require.Equal(t, map[string]any{
		"requester_id": "PSELF", "message": "the database\nneeds you",
		"responder_request_targets": []any{map[string]any{"responder_request_target": map[string]any{"id": "PTWO", "type": "user_reference"}}},
	}, asked.JSON(t))
}

// directory knows the accounts of some people.
type directory map[string]string

func (d directory) AccountOf(vendor string, p incident.Person) (string, bool) {
	id, ok := d[vendor+" "+p.Name]
	return id, ok
}

func (d directory) PersonOf(vendor, account, _ string) (incident.Person, bool) {
	for name, id := range d {
		if known, ok := strings.CutPrefix(name, vendor+" "); ok && id == account {
			return incident.Person{Name: known, Email: "known@example.com"}, true
		}
	}
	return incident.Person{}, false
}

func newDirectoryClient(t *testing.T, d directory) (*pagerduty.Client, *vendortest.Fake) {
	t.Helper()
	fake := vendortest.NewFake(t, integrations.PagerDuty)
	return pagerduty.New(pagerduty.Options{
		Token: token, From: "responder@example.com", APIURL: fake.URL, EventsURL: fake.URL, HTTPClient: fake.Client(), Directory: d,
	}), fake
}

func TestWhoIsThereAlreadyIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	client, fake := newDirectoryClient(t, directory{"pagerduty Assigned": "PONE", "pagerduty Asked": "PTHREE"})
	fake.Answer("GET /users", http.StatusOK, users)
	fake.Answer("GET /escalation_policies", http.StatusOK, `{"escalation_policies":[{"id":"PPOLICY","name":"Platform"},{"id":"PX","name":"Platform two"}]}`)
	fake.Answer(getRecord, http.StatusOK, record)
	for _, ask := range []func() (bool, error){
		func() (bool, error) {
			return client.AskPerson(t.Context(), page, incident.Person{Name: "Assigned"}, "")
		},
		func() (bool, error) { return client.AskPerson(t.Context(), page, incident.Person{Name: "Asked"}, "") },
		func() (bool, error) { return client.AskPolicy(t.Context(), page, "platform", "") },
		func() (bool, error) { return client.AskPolicy(t.Context(), page, "PPOLICY", "") },
	} {
		open, err := ask()
		require.NoError(t, err)
		require.True(t, open)
	}
	require.Empty(t, fake.Requests("/incidents/Q42/responder_requests"))
}

func TestNobodyIsAskedOnAPageThatWasResolved(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /users", http.StatusOK, users)
	fake.Answer(getRecord, http.StatusOK, `{"incident":{"id":"Q42","status":"resolved"}}`)
	open, err := client.AskPerson(t.Context(), page, incident.Person{Name: second}, "")
	require.NoError(t, err)
	require.False(t, open)
}

func TestWhoIsUnknownToPagerDutyCannotBeAsked(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /users", http.StatusOK, `{"users":[{"id":"P1","name":"Two People","email":"a@example.com"},{"id":"P2","name":"Two People","email":"b@example.com"}]}`)
	for _, person := range []incident.Person{{Name: "Nobody"}, {Name: "Somebody", Email: "nobody@example.com"}, {Name: "Two People"}, {}} {
		_, err := client.AskPerson(t.Context(), page, person, "")
		require.ErrorContains(t, err, "name their account in muster.yaml under people")
		require.True(t, integrations.IsFinal(err))
	}
}

func TestSomebodyGetsAPageOfTheirOwnOnce(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /users", http.StatusOK, users)
	const opened = `{"id":"Q50","html_url":"https://sample.pagerduty.com/incidents/Q50","status":"triggered"}`
	fake.Answer(incidents, http.StatusOK, `{"incidents":[]}`, `{"incidents":[`+opened+`]}`)
	fake.Answer("POST /incidents", http.StatusCreated, `{"incident":`+opened+`}`)
	fake.Answer("PUT /incidents", http.StatusOK, `{"incidents":[]}`)

	for range 2 {
		got, err := client.PagePerson(t.Context(), request(), incident.Person{Name: second, Email: "second@example.com"})
		require.NoError(t, err)
		require.Equal(t, incident.Page{Key: key + ".direct", Service: "PSAMPLE", ID: "Q50", URL: "https://sample.pagerduty.com/incidents/Q50"}, got)
	}
	var posted []vendortest.Request
	for _, r := range fake.Requests("/incidents") {
		if r.Method == http.MethodPost {
			posted = append(posted, r)
		}
	}
	require.Len(t, posted, 1)
	require.Equal(t, "responder@example.com", posted[0].Header.Get("From"))
	made := posted[0].JSON(t)["incident"].(map[string]any)
	require.Equal(t, "https://muster.example.com/incidents/INC-42", made["body"].(map[string]any)["details"].(map[string]any)["Incident INC-42"])
	delete(made, "body")
	require.Equal(t, map[string]any{
		"type": "incident", "title": "Checkout fails", "incident_key": key + ".direct", "urgency": "high",
		"service":     map[string]any{"id": "PSAMPLE", "type": "service_reference"},
		"assignments": []any{map[string]any{"assignee": map[string]any{"id": "PTWO", "type": "user_reference"}}},
	}, made)
}

func TestAPageOfSomebodysOwnIsAcknowledgedAndResolvedByREST(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(incidents, http.StatusOK, `{"incidents":[{"id":"Q50","status":"triggered"}]}`, `{"incidents":[{"id":"Q50","status":"acknowledged"}]}`,
		`{"incidents":[{"id":"Q50","status":"acknowledged"}]}`, `{"incidents":[]}`)
	fake.Answer("PUT /incidents", http.StatusOK, `{"incidents":[]}`)
	own := incident.Page{Key: key + ".direct", Service: "PSAMPLE", ID: "Q50"}
	require.NoError(t, client.Acknowledge(t.Context(), own))
	require.NoError(t, client.Acknowledge(t.Context(), own), "it is acknowledged")
	require.NoError(t, client.Resolve(t.Context(), own))
	require.NoError(t, client.Resolve(t.Context(), own), "it is resolved")
	var states []any
	for _, r := range fake.Requests("/incidents") {
		if r.Method == http.MethodPut {
			states = append(states, r.JSON(t)["incidents"].([]any)[0].(map[string]any)["status"])
		}
	}
	require.Equal(t, []any{"acknowledged", "resolved"}, states)
}

func TestAPolicyGetsAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /escalation_policies", http.StatusOK, `{"escalation_policies":[]}`)
	fake.Answer(incidents, http.StatusOK, `{"incidents":[]}`)
	fake.Answer("POST /incidents", http.StatusCreated, `{"incident":{"id":"Q50"}}`, `{"incident":{}}`)
	_, err := client.PagePolicy(t.Context(), request(), "PPOLICY")
	require.NoError(t, err)
	posted := fake.Requests("/incidents")[1].JSON(t)["incident"].(map[string]any)
	require.Equal(t, map[string]any{"id": "PPOLICY", "type": "escalation_policy_reference"}, posted["escalation_policy"])
	require.NotContains(t, posted, "assignments")

	_, err = client.PagePolicy(t.Context(), request(), "PPOLICY")
	require.ErrorContains(t, err, "lacks the incident")
	_, err = client.PagePolicy(t.Context(), request(), "")
	require.ErrorContains(t, err, "no escalation policy is named")
}

func TestWhatIsDoneInSomebodysNameNeedsTheirName(t *testing.T) {
	t.Parallel()
	fake := vendortest.NewFake(t, integrations.PagerDuty)
	client := pagerduty.New(pagerduty.Options{Token: token, APIURL: fake.URL, EventsURL: fake.URL, HTTPClient: fake.Client()})
	fake.Answer("GET /users", http.StatusOK, users)
	fake.Answer("GET /priorities", http.StatusOK, `{"priorities":[{"id":"PP1","name":"SEV1"}]}`)
	fake.Answer(getRecord, http.StatusOK, record)
	_, asked := client.AskPerson(t.Context(), page, incident.Person{Name: second}, "")
	_, paged := client.PagePerson(t.Context(), request(), incident.Person{Name: second})
	_, set := client.SetPriority(t.Context(), page, "SEV1")
	for _, err := range []error{asked, paged, set, client.AddNote(t.Context(), page, "k", "t")} {
		require.ErrorContains(t, err, "set MUSTER_PAGERDUTY_FROM")
		var failure *integrations.Error
		require.True(t, errors.As(err, &failure) && failure.Permanent())
	}
	self, err := client.IsSelf(t.Context(), "PSELF")
	require.NoError(t, err)
	require.False(t, self)
}

func TestPeopleAreKnownByTheirAccounts(t *testing.T) {
	t.Parallel()
	client, fake := newDirectoryClient(t, directory{"pagerduty Exceptional Responder": "PEX"})
	fake.Answer("GET /users/PTWO", http.StatusOK, `{"user":{"id":"PTWO","name":"Second Responder","email":"second@example.com"}}`)
	fake.Answer("GET /users/PEX", http.StatusOK, `{"user":{"id":"PEX","name":"As PagerDuty has it","email":"other@example.com"}}`)
	fake.Answer("GET /users/PGONE", http.StatusNotFound, `{"error":{"message":"Not Found","code":2100}}`)
	fake.Answer("GET /users/PLATE", http.StatusInternalServerError, `{}`)
	for range 2 {
		require.Equal(t, incident.Person{Name: second, Email: "second@example.com"}, client.Person(t.Context(), "PTWO", "Second"))
		require.Equal(t, incident.Person{Name: "Exceptional Responder", Email: "known@example.com"}, client.Person(t.Context(), "PEX", ""))
		require.Equal(t, incident.Person{Name: "Gone Responder"}, client.Person(t.Context(), "PGONE", "Gone Responder"))
		require.Equal(t, incident.Person{Name: "Late Responder"}, client.Person(t.Context(), "PLATE", "Late Responder"))
		require.Equal(t, incident.Person{Name: "No Account"}, client.Person(t.Context(), "", "No Account"))
	}
	for path, times := range map[string]int{"/users/PTWO": 1, "/users/PEX": 1, "/users/PGONE": 1, "/users/PLATE": 2} {
		require.Len(t, fake.Requests(path), times, path)
	}
}

func TestMustersOwnAccountIsKnown(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /users", http.StatusOK, users)
	for account, want := range map[string]bool{"PSELF": true, "PTWO": false, "": false} {
		self, err := client.IsSelf(t.Context(), account)
		require.NoError(t, err)
		require.Equal(t, want, self, account)
	}
	require.Len(t, fake.Requests("/users"), 1)

	client, fake = newClient(t)
	fake.Answer("GET /users", http.StatusOK, `{"users":[]}`)
	_, err := client.IsSelf(t.Context(), "PSELF")
	require.ErrorContains(t, err, "PagerDuty has no user responder@example.com: set MUSTER_PAGERDUTY_FROM")
}

func TestOnCallIsKnownByPolicyAndBySchedule(t *testing.T) {
	t.Parallel()
	client, fake := newDirectoryClient(t, directory{"pagerduty Exceptional Responder": "U2"})
	fake.Answer("GET /escalation_policies", http.StatusOK, `{"escalation_policies":[{"id":"PPOLICY","summary":"Platform"}]}`)
	fake.Answer("GET /oncalls", http.StatusOK, `{"oncalls":[
		{"escalation_level":2,"user":{"id":"U2","name":"Two"}},{"escalation_level":1,"user":{"id":"U1","name":"One","email":"one@example.com"}}]}`)
	want := []incident.Person{{Name: "One", Email: "one@example.com"}, {Name: "Exceptional Responder", Email: "known@example.com"}}
	people, err := client.OnCallBy(t.Context(), "Platform")
	require.NoError(t, err)
	require.Equal(t, want, people)
	people, err = client.OnSchedule(t.Context(), "PSCHEDULE")
	require.NoError(t, err)
	require.Equal(t, want, people)
	asked := fake.Requests("/oncalls")
	require.Equal(t, []string{"PPOLICY"}, asked[0].Query["escalation_policy_ids[]"])
	require.Equal(t, []string{"PSCHEDULE"}, asked[1].Query["schedule_ids[]"])
	_, err = client.OnSchedule(t.Context(), "")
	require.ErrorContains(t, err, "no schedule is named")
}

func TestTheWebhooksOfAnAddressAreListed(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	all := `"` + strings.Join(pagerduty.NewsEvents, `","`) + `"`
	fake.Answer("GET /webhook_subscriptions", http.StatusOK,
		`{"more":true,"webhook_subscriptions":[
			{"id":"W1","active":true,"events":[`+all+`],"delivery_method":{"url":"https://muster.example.com/webhooks/pagerduty/"},"filter":{"type":"account_reference"}},
			{"id":"W2","active":true,"events":[`+all+`],"delivery_method":{"url":"https://other.example.com/webhooks/pagerduty"},"filter":{"type":"account_reference"}}]}`,
		`{"more":false,"webhook_subscriptions":[
			{"id":"W3","active":true,"events":["incident.triggered"],"delivery_method":{"url":"https://Muster.example.com/webhooks/pagerduty","temporarily_disabled":true},"filter":{"id":"PSAMPLE","type":"service_reference"}}]}`)
	ours, err := client.Subscriptions(t.Context(), "https://muster.example.com/webhooks/pagerduty")
	require.NoError(t, err)
	require.Len(t, ours, 2)
	require.Equal(t, pagerduty.Subscription{ID: "W1", Active: true, Filter: "the account", Lacking: []string{}}, ours[0])
	require.Equal(t, "the service PSAMPLE", ours[1].Filter)
	require.False(t, ours[1].Active)
	require.Len(t, ours[1].Lacking, len(pagerduty.NewsEvents)-1)
	require.Equal(t, "100", fake.Requests("/webhook_subscriptions")[1].Query.Get("offset"))
}

// PagerDuty makes no incident of a page that it takes for one more alert of another one.
func TestAPageOfWhichThereIsNoIncident(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer("GET /users", http.StatusOK, users)
	fake.Answer("GET /incidents", http.StatusOK, `{"incidents":[]}`)
	grouped := incident.Page{Key: "muster-test-INC-7-escalate.9", Service: "PPAY"}

	open, err := client.AskPerson(t.Context(), grouped, incident.Person{Name: second}, "")
	require.NoError(t, err)
	require.False(t, open, "somebody is asked on another page, or gets one of their own")

	var failure *integrations.Error
	require.ErrorAs(t, client.AddNote(t.Context(), grouped, "note.4", "rolled back"), &failure)
	require.True(t, failure.Missing())
	require.False(t, failure.Permanent(), "PagerDuty may not have made it yet")
}
