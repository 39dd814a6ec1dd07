package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
)

func runList(t *testing.T, b Backend) {
	runAll(t, b, []test{
		{"an empty store has an empty list", func(t *testing.T, s *store.Store) {
			page, next, err := s.Incidents(t.Context(), store.Filter{})
			require.NoError(t, err)
			require.Empty(t, page)
			require.Empty(t, next)
		}},
		{"the newest comes first, whole", func(t *testing.T, s *store.Store) {
			first := declared(t, s, incident.Declare{Title: "First"})
			second := declared(t, s, incident.Declare{Title: "Second"}, incident.Acknowledge{})
			page, next, err := s.Incidents(t.Context(), store.Filter{})
			require.NoError(t, err)
			require.Empty(t, next)
			require.Empty(t, cmp.Diff([]incident.State{second.state, first.state}, page))
		}},
		{"pages follow each other without gaps or repeats while incidents are declared", func(t *testing.T, s *store.Store) {
			var want []incident.ID
			for range 23 {
				want = append([]incident.ID{declared(t, s, incident.Declare{}).state.ID}, want...)
			}
			var got []incident.ID
			filter := store.Filter{Limit: 5}
			for pages := 1; ; pages++ {
				page, next, err := s.Incidents(t.Context(), filter)
				require.NoError(t, err)
				got = append(got, idsOf(page)...)
				if next == "" {
					require.Equal(t, 5, pages)
					break
				}
				require.Len(t, page, 5)
				filter.Cursor = next
				declared(t, s, incident.Declare{})
			}
			require.Equal(t, want, got)
		}},
		{"a last page that is full has no next", func(t *testing.T, s *store.Store) {
			declared(t, s, incident.Declare{})
			declared(t, s, incident.Declare{})
			page, next, err := s.Incidents(t.Context(), store.Filter{Limit: 2})
			require.NoError(t, err)
			require.Len(t, page, 2)
			require.Empty(t, next)
		}},
		{"a filter that makes no sense is refused", func(t *testing.T, s *store.Store) {
			for range 2 {
				declared(t, s, incident.Declare{})
			}
			_, cursor, err := s.Incidents(t.Context(), store.Filter{Limit: 1})
			require.NoError(t, err)
			for _, tt := range []struct {
				filter store.Filter
				field  string
			}{
				{store.Filter{Limit: -1}, "limit"},
				{store.Filter{Limit: store.MaxIncidents + 1}, "limit"},
				{store.Filter{Cursor: "x"}, "cursor"},
				{store.Filter{Cursor: "not base64!"}, "cursor"},
				{store.Filter{Cursor: cursor[:len(cursor)-1]}, "cursor"},
				{store.Filter{Cursor: swapped(cursor)}, "cursor"},
				{store.Filter{Cursor: strings.Repeat("A", len(cursor))}, "cursor"},
				{store.Filter{Status: []incident.Status{"wondering"}}, "status"},
				{store.Filter{Query: "nul \x00"}, "q"},
				{store.Filter{Service: "broken \xff"}, "service"},
				{store.Filter{Query: strings.Repeat("q", store.MaxQueryRunes+1)}, "q"},
			} {
				_, _, err := s.Incidents(t.Context(), tt.filter)
				requireInvalid(t, err, tt.field)
			}
		}},
	})
	t.Run("filters", func(t *testing.T) { t.Parallel(); runFilters(t, b) })
}

func runFilters(t *testing.T, b Backend) {
	s := Open(t, b.Fresh(t))
	latency := incident.Alert{Fingerprint: "a", Name: "HighLatency", StartsAt: start}
	disk := incident.Alert{Fingerprint: "b", Name: "DiskFull_root", StartsAt: start}
	resolve := incident.Resolve{}

	// In the order of their declaration: INC-1 to INC-6, an hour apart.
	for i, each := range []struct {
		declare incident.Declare
		intents []incident.Intent
	}{
		{incident.Declare{Title: "Checkout is slow", Severity: "SEV1", Summary: "Customers wait"},
			[]incident.Intent{incident.ReportAlerts{Alerts: []incident.Alert{latency, disk}}}},
		{incident.Declare{Title: "Search is down", Service: incident.Service{Name: "search"}},
			[]incident.Intent{incident.ChangeStatus{Status: incident.Identified}}},
		{incident.Declare{Title: "Payments at 100%", Service: incident.Service{Name: "payments"}}, []incident.Intent{resolve}},
		{incident.Declare{Title: `Path C:\temp is full`}, []incident.Intent{resolve, incident.Close{}}},
		{incident.Declare{Title: "ÜBERLAST beim Suchen"}, []incident.Intent{incident.Cancel{}}},
		{incident.Declare{Title: "Checkout is slow again", Severity: "SEV3"}, []incident.Intent{incident.Merge{Into: "INC-1"}}},
	} {
		st := begin(t, incident.NewID(int64(i+1)), each.declare)
		st.events[0].At = start.Add(time.Duration(i) * time.Hour)
		st.state = incident.Fold(st.events)
		st.now = st.state.At
		st.do(each.intents...)
		st.store(s)
	}

	status := func(statuses ...incident.Status) store.Filter { return store.Filter{Status: statuses} }
	for _, tt := range []struct {
		name   string
		filter store.Filter
		want   string
	}{
		{"no filter chooses all", store.Filter{}, "6 5 4 3 2 1"},
		{"one status", status(incident.Resolved), "3"},
		{"several statuses", status(incident.Investigating, incident.Closed), "4 1"},
		{"what is open has not ended", status(store.OpenStatuses()...), "3 2 1"},
		{"every status is all", status(incident.Statuses()...), "6 5 4 3 2 1"},
		{"a severity", store.Filter{Severity: "SEV1"}, "1"},
		{"a service", store.Filter{Service: "search"}, "2"},
		{"part of a service's name is not the service", store.Filter{Service: "sea"}, ""},
		{"a word of the title", store.Filter{Query: "slow"}, "6 1"},
		{"a word in capitals", store.Filter{Query: "SLOW"}, "6 1"},
		{"capitals beyond ASCII", store.Filter{Query: "überlast"}, "5"},
		{"a word of the summary", store.Filter{Query: "customers"}, "1"},
		{"all words must be there, in any order", store.Filter{Query: " again  slow "}, "6"},
		{"two letters begin a word", store.Filter{Query: "ch"}, "6 1"},
		{"two letters within a word are not looked for", store.Filter{Query: "ow"}, ""},
		{"one letter begins a word, at the beginning of the title as well", store.Filter{Query: "p"}, "4 3"},
		{"a word begins after whatever is no letter", store.Filter{Query: "te"}, "4"},
		{"the digits of an id begin a word", store.Filter{Query: "4"}, "4"},
		{"short words and long ones", store.Filter{Query: "is CHECKOUT s"}, "6 1"},
		{"two letters beyond ASCII are found everywhere", store.Filter{Query: "üb"}, "5"},
		{"an id", store.Filter{Query: "inc-4"}, "4"},
		{"the name of an alert", store.Filter{Query: "highlat"}, "1"},
		{"the name of another alert of the same incident", store.Filter{Query: "diskfull"}, "1"},
		{"a percent sign is itself", store.Filter{Query: "100%"}, "3"},
		{"a percent sign stands for nothing else", store.Filter{Query: "p%s"}, ""},
		{"an underscore is itself", store.Filter{Query: "full_root"}, "1"},
		{"an underscore stands for nothing else", store.Filter{Query: "c_eckout"}, ""},
		{"a backslash is itself", store.Filter{Query: `c:\temp`}, "4"},
		{"a quote does no harm", store.Filter{Query: `'; DROP TABLE incidents; --`}, ""},
		{"since includes its moment", store.Filter{Since: start.Add(4 * time.Hour)}, "6 5"},
		{"since leaves out what was before it, be it a nanosecond", store.Filter{Since: start.Add(4*time.Hour + 1)}, "6"},
		{"since in another zone", store.Filter{Since: start.Add(5 * time.Hour).In(time.FixedZone("UTC-9", -9*60*60))}, "6"},
		{"all that is set must hold", store.Filter{Query: "slow", Severity: "SEV3", Status: []incident.Status{incident.Merged}, Since: start}, "6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// Two at a time, so that every filter is tried with cursors as well.
			var got []string
			filter := tt.filter
			filter.Limit = 2
			for {
				page, next, err := s.Incidents(t.Context(), filter)
				require.NoError(t, err)
				for _, id := range idsOf(page) {
					got = append(got, strings.TrimPrefix(string(id), "INC-"))
				}
				if next == "" {
					break
				}
				filter.Cursor = next
			}
			require.Equal(t, tt.want, strings.Join(got, " "))
		})
	}
}

func idsOf(page []incident.State) []incident.ID {
	ids := make([]incident.ID, len(page))
	for i, state := range page {
		ids[i] = state.ID
	}
	return ids
}

// swapped changes one character of a cursor.
func swapped(cursor string) string {
	if cursor[4] == 'A' {
		return cursor[:4] + "B" + cursor[5:]
	}
	return cursor[:4] + "A" + cursor[5:]
}
