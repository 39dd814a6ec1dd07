package jira_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/jira"
	"muster/integrations/vendortest"
)

const label = "muster-inc-42-follow-up-1-2b9054c87791"

func request() incident.TicketRequest {
	return incident.TicketRequest{
		Key: "INC-42/follow-up/1", Project: "PAY", Title: "Add a\nretry budget", Description: "The client retried forever.",
		Owner: "responder@example.com", Due: time.Date(2026, time.March, 31, 0, 0, 0, 0, time.UTC),
		Links: []incident.Link{{Title: "Incident INC-42", URL: "https://muster.example.com/incidents/INC-42"}},
	}
}

const knownOwner = `[{"accountId":"5b10","displayName":"Sample Responder","emailAddress":"Responder@example.com"}]`

func TestOpenTicketFilesTheFollowUp(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusOK, nothing)
	fake.Answer(assignable, http.StatusOK, knownOwner)
	fake.Answer(create, http.StatusCreated, `{"id":"10007","key":"PAY-7"}`)
	fake.Answer(link, http.StatusCreated, linked)
	fake.Answer(read, http.StatusOK, issue("PAY-7", "To Do", "new"))

	ticket, err := client.OpenTicket(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, incident.Ticket{Key: "PAY-7", URL: fake.URL + "/browse/PAY-7", Status: "To Do"}, ticket)

	searched := fake.Requests(searchPath)[0]
	require.Equal(t, `labels = "`+label+`" ORDER BY created ASC`, searched.Query.Get("jql"))
	name, password, ok := (&http.Request{Header: searched.Header}).BasicAuth()
	require.True(t, ok)
	require.Equal(t, []string{user, token}, []string{name, password})

	looked := fake.Requests("/rest/api/2/user/assignable/search")[0].Query
	require.Equal(t, "PAY", looked.Get("project"))
	require.Equal(t, "responder@example.com", looked.Get("query"))

	require.Equal(t, map[string]any{
		"project": map[string]any{"key": "PAY"}, "issuetype": map[string]any{"name": "Task"},
		"summary": "Add a retry budget", "labels": []any{"muster", label},
		"duedate": "2026-03-31", "assignee": map[string]any{"accountId": "5b10"},
		"description": "The client retried forever.\n\n[Incident INC-42|https://muster.example.com/incidents/INC-42]",
	}, fake.Requests(createPath)[0].JSON(t)["fields"])

	remote := fake.Requests(linkPath)[0].JSON(t)
	require.Regexp(t, `^muster:[0-9a-f]{12}$`, remote["globalId"])
	require.Equal(t, map[string]any{"title": "Incident INC-42", "url": "https://muster.example.com/incidents/INC-42"}, remote["object"])
}

func TestOpenTicketAgainFindsTheOldestTicketAndItsLinks(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusOK, `{"issues":[`+issue("PAY-7", "Done", "done")+`,`+issue("PAY-8", "To Do", "new")+`],"isLast":true}`)
	fake.Answer(link, http.StatusOK, linked)

	ticket, err := client.OpenTicket(t.Context(), request())
	require.NoError(t, err)
	require.Equal(t, incident.Ticket{Key: "PAY-7", URL: fake.URL + "/browse/PAY-7", Status: "Done", Done: true}, ticket)
	require.Len(t, fake.Requests(linkPath), 1)
	require.Empty(t, fake.Requests(createPath))
}

func TestFindTicketFilesNothing(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusOK, nothing)
	_, found, err := client.FindTicket(t.Context(), request().Key)
	require.NoError(t, err)
	require.False(t, found)

	client, fake = newClient(t)
	fake.Answer(search, http.StatusOK, `{"issues":[`+issue("PAY-7", "To Do", "new")+`],"isLast":true}`)
	ticket, found, err := client.FindTicket(t.Context(), request().Key)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, incident.Ticket{Key: "PAY-7", URL: fake.URL + "/browse/PAY-7", Status: "To Do"}, ticket)
	require.Equal(t, `labels = "`+label+`" ORDER BY created ASC`, fake.Requests(searchPath)[0].Query.Get("jql"))
	require.Empty(t, fake.Requests(createPath))
}

func TestOpenTicketFindsItsOwner(t *testing.T) {
	t.Parallel()
	const hidden = `[{"accountId":"5b10","displayName":"Sample Responder","emailAddress":""}]`
	assigned := map[string]any{"accountId": "5b10"}
	for title, row := range map[string]struct {
		owner  string
		status int
		found  string
		want   any
	}{
		"by address whatever its case":              {"responder@example.com", http.StatusOK, knownOwner, assigned},
		"by address though Jira hides it":           {"responder@example.com", http.StatusOK, hidden, assigned},
		"by name":                                   {"sample responder", http.StatusOK, hidden, assigned},
		"not by the beginning of a name":            {"sample", http.StatusOK, hidden, nil},
		"not by the beginning of an address":        {"responder@example.co", http.StatusOK, knownOwner, nil},
		"not where two people go by it":             {"Sample Responder", http.StatusOK, `[{"accountId":"1","displayName":"Sample Responder"},{"accountId":"2","displayName":"Sample Responder"}]`, nil},
		"not where nobody is known":                 {"nobody@example.com", http.StatusOK, `[]`, nil},
		"not where the search for people is barred": {"responder@example.com", http.StatusForbidden, `{"errorMessages":["no"]}`, nil},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(search, http.StatusOK, nothing)
			fake.Answer(assignable, row.status, row.found)
			fake.Answer(create, http.StatusCreated, `{"id":"10007","key":"PAY-7"}`)
			fake.Answer(link, http.StatusCreated, linked)
			fake.Answer(read, http.StatusOK, issue("PAY-7", "To Do", "new"))

			owned := request()
			owned.Owner = row.owner
			_, err := client.OpenTicket(t.Context(), owned)
			require.NoError(t, err)
			fields := fake.Requests(createPath)[0].JSON(t)["fields"].(map[string]any)
			require.Equal(t, row.want, fields["assignee"])
		})
	}
}

// written is a directory of one person.
type written struct{ incident.Person }

func (w written) AccountOf(vendor string, person incident.Person) (string, bool) {
	return "5b99", vendor == integrations.Jira && (person.Email == w.Email || person.Name == w.Name)
}

func (w written) PersonOf(string, string, string) (incident.Person, bool) {
	return incident.Person{}, false
}

func TestOpenTicketFindsItsOwnerInTheDirectoryFirst(t *testing.T) {
	t.Parallel()
	for title, owner := range map[string]string{"by address": "responder@example.com", "by name": "Sample Responder"} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			fake := vendortest.NewFake(t, integrations.Jira)
			client, err := jira.New(jira.Options{
				URL: fake.URL, User: "muster@example.com", Token: "sample", HTTPClient: fake.Client(),
				Directory: written{incident.Person{Name: "Sample Responder", Email: "responder@example.com"}},
			})
			require.NoError(t, err)
			fake.Answer(search, http.StatusOK, nothing)
			fake.Answer(create, http.StatusCreated, `{"id":"10007","key":"PAY-7"}`)
			fake.Answer(link, http.StatusCreated, linked)
			fake.Answer(read, http.StatusOK, issue("PAY-7", "To Do", "new"))

			owned := request()
			owned.Owner = owner
			_, err = client.OpenTicket(t.Context(), owned)
			require.NoError(t, err, "whom the directory knows, Jira is not asked for")
			fields := fake.Requests(createPath)[0].JSON(t)["fields"].(map[string]any)
			require.Equal(t, map[string]any{"accountId": "5b99"}, fields["assignee"])
		})
	}
}

func TestOpenTicketDoesWithoutFieldsThatJiraRefuses(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusOK, nothing)
	fake.Answer(assignable, http.StatusOK, knownOwner)
	attempts := 0
	fake.Handle(create, func(w http.ResponseWriter, _ *http.Request) {
		attempts++
		answer, status := `{"id":"10007","key":"PAY-7"}`, http.StatusCreated
		if attempts == 1 {
			answer, status = `{"errors":{"duedate":"not on the screen","assignee":"cannot be assigned"}}`, http.StatusBadRequest
		}
		vendortest.WriteJSON(t, w, status, answer)
	})
	fake.Answer(link, http.StatusForbidden, `{"errorMessages":["linking is disabled"]}`)
	fake.Answer(read, http.StatusInternalServerError, `{}`)

	ticket, err := client.OpenTicket(t.Context(), request())
	require.NoError(t, err, "links and status are not worth a failure")
	require.Equal(t, incident.Ticket{Key: "PAY-7", URL: fake.URL + "/browse/PAY-7"}, ticket)
	fields := fake.Requests(createPath)[1].JSON(t)["fields"].(map[string]any)
	require.NotContains(t, fields, "duedate")
	require.NotContains(t, fields, "assignee")
}

func TestOpenTicketWaitsForTheSearchAfterAnUncertainCreation(t *testing.T) {
	t.Parallel()
	for title, row := range map[string]struct{ createStatus, linkStatus int }{
		"that was not answered well": {http.StatusGatewayTimeout, http.StatusCreated},
		"whose link failed":          {http.StatusCreated, http.StatusServiceUnavailable},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			fake.Answer(search, http.StatusOK, nothing)
			fake.Answer(assignable, http.StatusOK, `[]`)
			fake.Answer(create, row.createStatus, `{"id":"10007","key":"PAY-7"}`)
			fake.Answer(link, row.linkStatus, `{}`)

			_, err := client.OpenTicket(t.Context(), request())
			require.False(t, integrations.IsFinal(err))
			require.Equal(t, 10*time.Second, delay(t, err))
		})
	}
}

func TestOpenTicketRefusesWhatJiraWouldRefuse(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*incident.TicketRequest){
		"has no key":                             func(r *incident.TicketRequest) { r.Key = "" },
		"has no title":                           func(r *incident.TicketRequest) { r.Title = "\n" },
		`"" is not the key of a Jira project`:    func(r *incident.TicketRequest) { r.Project = "" },
		`"pay" is not the key of a Jira project`: func(r *incident.TicketRequest) { r.Project = "pay" },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			client, _ := newClient(t)
			spoiled := request()
			spoil(&spoiled)
			_, err := client.OpenTicket(t.Context(), spoiled)
			require.ErrorContains(t, err, want)
			require.True(t, integrations.IsFinal(err))
		})
	}
}

func TestOpenTicketMakesAValidLabelOfAnyKey(t *testing.T) {
	t.Parallel()
	labels := map[string]bool{}
	keys := []string{"INC-42/1", "INC-42 1", "inc-42/1", `"; DROP`, "重大", strings.Repeat("key/", 100)}
	for _, key := range keys {
		client, fake := newClient(t)
		fake.Answer(search, http.StatusOK, `{"issues":[`+issue("PAY-7", "To Do", "new")+`]}`)
		fake.Answer(link, http.StatusOK, linked)
		keyed := request()
		keyed.Key = key
		_, err := client.OpenTicket(t.Context(), keyed)
		require.NoError(t, err)
		query := fake.Requests(searchPath)[0].Query.Get("jql")
		require.Regexp(t, `^labels = "muster-[a-z0-9-]{12,150}" ORDER BY created ASC$`, query)
		labels[query] = true
	}
	require.Len(t, labels, len(keys), "keys that look alike get different labels")
}

func TestOpenTicketShowsHostileTextAsItStands(t *testing.T) {
	t.Parallel()
	for title, row := range map[string]struct{ text, want string }{
		"mentions and links": {"[~accountid:5b10] [click|http://example.com]", `\[~accountid:5b10] \[click|http://example.com]`},
		"macros and images":  {"{code}x{code} !http://example.com/x.png!", `\{code}x\{code} \!http://example.com/x.png\!`},
		"backslashes":        {`C:\temp \\host \[~x]`, "C:\\temp \\\u200b\\host \\\u200b\\[~x]"},
		"control characters": {"a\x00b\u202ec\r\nd", "abc\nd"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, described(t, incident.TicketRequest{Description: row.text}))
		})
	}
}

func TestOpenTicketKeepsTheLinksOfALongDescription(t *testing.T) {
	t.Parallel()
	text := described(t, incident.TicketRequest{
		Description: strings.Repeat("{never ending} ", 10000),
		Links: []incident.Link{
			{Title: "a|b]c", URL: "https://example.com/x|y]z?q=[1]"},
			{Title: "script", URL: "javascript:alert(1)"},
			{URL: "https://example.com/untitled"},
		},
	})
	require.LessOrEqual(t, integrations.UTF16Length(text), 32767)
	require.Greater(t, len(text), 32000)
	require.True(t, strings.HasSuffix(text, "…\n\n[a/b)c|https://example.com/x%7Cy%5Dz?q=%5B1%5D]\nscript\n[https://example.com/untitled|https://example.com/untitled]"), text[len(text)-200:])
}

// described returns the description under which a ticket is filed.
func described(t *testing.T, given incident.TicketRequest) string {
	t.Helper()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusOK, nothing)
	fake.Answer(create, http.StatusCreated, `{"id":"10007","key":"PAY-7"}`)
	fake.Answer(link, http.StatusCreated, linked)
	fake.Answer(read, http.StatusOK, issue("PAY-7", "To Do", "new"))
	given.Key, given.Project, given.Title = "INC-42/1", "PAY", "title"
	_, err := client.OpenTicket(t.Context(), given)
	require.NoError(t, err)
	return fake.Requests(createPath)[0].JSON(t)["fields"].(map[string]any)["description"].(string)
}
