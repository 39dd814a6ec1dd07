package queries

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // registers the driver
)

// A long inbox, full of what is sent or settled, must not make anything slow on SQLite.
// Postgres has a test of its own, beside the store.
func TestQueriesFindWhatTheyNeedByAnIndex(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	byID := []string{"SEARCH inbox USING INTEGER PRIMARY KEY (rowid=?)", "LIST SUBQUERY 1", "SCAN json_each VIRTUAL TABLE INDEX 1:"}
	for name, tt := range map[string]struct {
		query string
		plan  []string
	}{
		"accepting looks for the key": {itemSeenAt, []string{"SEARCH inbox USING INDEX sqlite_autoindex_inbox_1 (kind=? AND source=? AND key=?)"}},
		"a repeated key is touched":   {touchItem, []string{"SEARCH inbox USING INDEX sqlite_autoindex_inbox_1 (kind=? AND source=? AND key=?)"}},
		"what is pending is read":     {pendingItems, []string{"SEARCH inbox USING INDEX inbox_pending (id>?)"}},
		"what the inbox is about": {pendingSubjects, []string{
			"CO-ROUTINE heads", "SETUP", "CO-ROUTINE first", "SCAN i USING COVERING INDEX inbox_subjects", "SCAN first",
			"RECURSIVE STEP", "SCAN h", "SEARCH next USING INTEGER PRIMARY KEY (rowid=?)", "CORRELATED SCALAR SUBQUERY 3",
			"SEARCH i USING COVERING INDEX inbox_subjects ((kind,source,subject)>(?,?,?))", "SCAN heads", "USE TEMP B-TREE FOR ORDER BY",
		}},
		"what the inbox is about of one kind": {pendingSubjectsOf, []string{
			"SEARCH inbox USING COVERING INDEX inbox_subjects (kind=?)", "USE TEMP B-TREE FOR ORDER BY",
		}},
		"what is pending about a subject": {pendingItemsOf, []string{
			"SEARCH inbox USING INDEX inbox_subjects ((kind,source,subject)>(?,?,?) AND (kind,source,subject)<(?,?,?))",
		}},
		"the census of incidents": {openIncidents, []string{
			"SEARCH incidents USING INDEX incidents_open (number>?)", "USE TEMP B-TREE FOR GROUP BY",
		}},
		"the census of follow-ups": {countFollowups, []string{
			"SCAN f USING INDEX followups_open", "SEARCH i USING INTEGER PRIMARY KEY (rowid=?)",
		}},
		"what is pending is counted": {pendingStatus, []string{
			"SEARCH inbox USING COVERING INDEX inbox_pending (id>?)", "SCALAR SUBQUERY 1", "SEARCH inbox USING INDEX inbox_pending (id>?)",
		}},
		"what was sent is counted": {sentStatus, []string{
			"SCAN inbox USING COVERING INDEX inbox_sent", "SCALAR SUBQUERY 1", "SCAN inbox USING COVERING INDEX inbox_sent",
			"USE TEMP B-TREE FOR ORDER BY",
		}},
		"items are sent":      {sendItems, byID},
		"items are delivered": {deliverItems, byID},
		"items are recorded":  {recordItems, byID},
		"items are handled":   {handleItems, byID},
		"the incident of a channel": {incidentOfChannel, []string{
			"SEARCH incidents USING INDEX incidents_channel (channel_id=?)", "USE TEMP B-TREE FOR ORDER BY",
		}},
		"what was said next":             {saidAfter, []string{"SEARCH transcript USING INDEX transcript_order (incident=? AND at>?)"}},
		"what was said last":             {saidLast, []string{"SEARCH transcript USING INDEX transcript_order (incident=?)"}},
		"who follows an incident":        {followsOfIncident, []string{"SEARCH follows USING INDEX follows_incident (kind=? AND name=?)", "USE TEMP B-TREE FOR ORDER BY"}},
		"what is followed otherwise":     {followsBeyondIncidents, []string{"SCAN follows USING INDEX sqlite_autoindex_follows_1"}},
		"items are discarded":            {discardItems, byID},
		"items are given back":           {returnItems, byID},
		"items are sent again":           {resendItems, []string{"SEARCH inbox USING INDEX inbox_sent (incident=? AND sent_at>?)"}},
		"incidents with items to record": {unrecordedIncidents, []string{"SCAN inbox USING COVERING INDEX inbox_sent"}},
		"the items of an incident":       {incidentItems, []string{"SEARCH inbox USING INDEX inbox_incident (incident=? AND id>?)"}},
		"what was settled is pruned": {pruneItems, []string{
			"SEARCH inbox USING INTEGER PRIMARY KEY (rowid=?)", "LIST SUBQUERY 1", "SEARCH i USING INDEX inbox_settled (settled_at<?)",
		}},
		"incidents that are not finished": {unfinishedIncidents, []string{"SEARCH incidents USING COVERING INDEX incidents_unfinished (number>?)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.plan, planOf(t, db, tt.query))
		})
	}
}

func migrated(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "muster.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../../migrations/sqlite"))
	require.NoError(t, err)
	_, err = provider.Up(t.Context())
	require.NoError(t, err)
	return db
}

func planOf(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	var args []any
	for strings.Contains(query, fmt.Sprintf("$%d", len(args)+1)) {
		args = append(args, nil)
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	require.NoError(t, err)
	defer rows.Close() //nolint:errcheck // rows.Err tells of whatever cut the plan short
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	require.NoError(t, rows.Err())
	return plan
}
