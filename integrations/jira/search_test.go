package jira_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations"
	"muster/integrations/vendortest"
)

var quotedKey = regexp.MustCompile(`"([A-Z]+-[0-9]+)"`)

// site is a Jira in which some tickets are deleted. It refuses searches for them, in
// the words of refuse.
type site struct {
	deleted []string
	refuse  func(missing []string) string
}

func (s site) install(t *testing.T, fake *vendortest.Fake) {
	fake.Handle(search, func(w http.ResponseWriter, r *http.Request) {
		var found, missing []string
		for _, match := range quotedKey.FindAllStringSubmatch(r.FormValue("jql"), -1) {
			if slices.Contains(s.deleted, match[1]) {
				missing = append(missing, match[1])
			} else {
				found = append(found, issue(match[1], "In Review", "indeterminate"))
			}
		}
		if len(missing) > 0 {
			vendortest.WriteJSON(t, w, http.StatusBadRequest, `{"errorMessages":[`+s.refuse(missing)+`],"errors":{}}`)
			return
		}
		vendortest.WriteJSON(t, w, http.StatusOK, `{"issues":[`+strings.Join(found, ",")+`],"isLast":true}`)
	})
	fake.Handle(read, func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(s.deleted, r.PathValue("key")) {
			vendortest.WriteJSON(t, w, http.StatusNotFound, `{"errorMessages":["Issue does not exist or you do not have permission to see it."]}`)
			return
		}
		vendortest.WriteJSON(t, w, http.StatusOK, issue(r.PathValue("key"), "In Review", "indeterminate"))
	})
}

func named(missing []string) string {
	var messages []string
	for _, key := range missing {
		messages = append(messages, fmt.Sprintf(`"An issue with key '%s' does not exist for field 'key'."`, key))
	}
	return strings.Join(messages, ",")
}

func unnamed([]string) string { return `"Ein Vorgang existiert nicht."` }

// keys returns PAY-1 to PAY-n.
func keys(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("PAY-%d", i+1))
	}
	return all
}

func TestTicketsOfWhichSomeAreDeleted(t *testing.T) {
	t.Parallel()
	for title, row := range map[string]struct {
		site         site
		ask          int
		mostSearches int
	}{
		"none":                               {site{}, 100, 1},
		"none of more than a search holds":   {site{}, 250, 3},
		"one that Jira names":                {site{[]string{"PAY-17"}, named}, 100, 2},
		"one whose name begins another's":    {site{[]string{"PAY-1"}, named}, 100, 2},
		"many that Jira names":               {site{keys(60), named}, 100, 12},
		"all":                                {site{keys(3), named}, 3, 1},
		"one that Jira does not name":        {site{[]string{"PAY-17"}, unnamed}, 100, 16},
		"two neighbours that it does not":    {site{[]string{"PAY-17", "PAY-18"}, unnamed}, 100, 20},
		"a single one that it does not name": {site{[]string{"PAY-1"}, unnamed}, 1, 1},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			client, fake := newClient(t)
			row.site.install(t, fake)
			tickets, err := client.Tickets(t.Context(), keys(row.ask))
			require.NoError(t, err)

			var got []string
			for _, ticket := range tickets {
				require.Equal(t, incident.Ticket{Key: ticket.Key, URL: fake.URL + "/browse/" + ticket.Key, Status: "In Review"}, ticket)
				got = append(got, ticket.Key)
			}
			want := slices.DeleteFunc(keys(row.ask), func(key string) bool { return slices.Contains(row.site.deleted, key) })
			require.ElementsMatch(t, want, got)
			require.LessOrEqual(t, len(fake.Requests(searchPath)), row.mostSearches)
		})
	}
}

func TestTicketsAsksForEachKeyOnceAndOnlyForKeys(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	site{}.install(t, fake)
	tickets, err := client.Tickets(t.Context(), []string{"PAY-2", "PAY-1", "PAY-2", "", "pay-3", `X" OR project = "Y`, "PAY-0"})
	require.NoError(t, err)
	require.Len(t, tickets, 2)
	asked := fake.Requests(searchPath)
	require.Len(t, asked, 1)
	require.Equal(t, `key in ("PAY-1", "PAY-2")`, asked[0].Query.Get("jql"))
	require.Equal(t, "status", asked[0].Query.Get("fields"))
}

func TestTicketsOfNothingAsksNothing(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t)
	tickets, err := client.Tickets(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, tickets)
}

func TestTicketsReadsAllPages(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusOK,
		`{"issues":[`+issue("PAY-1", "Done", "done")+`],"isLast":false,"nextPageToken":"more"}`,
		`{"issues":[`+issue("PAY-2", "To Do", "new")+`],"isLast":true}`)
	tickets, err := client.Tickets(t.Context(), keys(2))
	require.NoError(t, err)
	require.Equal(t, []incident.Ticket{
		{Key: "PAY-1", URL: fake.URL + "/browse/PAY-1", Status: "Done", Done: true},
		{Key: "PAY-2", URL: fake.URL + "/browse/PAY-2", Status: "To Do"},
	}, tickets)
	require.Equal(t, "more", fake.Requests(searchPath)[1].Query.Get("nextPageToken"))
}

func TestTicketsDoesNotTakeAnOutageForDeletion(t *testing.T) {
	t.Parallel()
	client, fake := newClient(t)
	fake.Answer(search, http.StatusBadRequest, `{"errorMessages":["Something is wrong."]}`)
	fake.Answer(read, http.StatusServiceUnavailable, `{}`)
	_, err := client.Tickets(t.Context(), keys(2))
	require.ErrorContains(t, err, "HTTP 503")
	require.False(t, integrations.IsFinal(err))
}
