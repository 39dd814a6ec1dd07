package store_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/postgrestest"
	"muster/store"
	"muster/store/storetest"
)

// grown fills a database as years of use and a storm do: 100,000 incidents of which 200
// are open; 100,000 items in the inbox, of which 5,000 were sent, and 5,000 are pending,
// most of them about one subject.
var grown = []string{
	// Words are indexed once they are all there, which is faster.
	"CREATE TEMPORARY TABLE words AS SELECT pg_get_indexdef('incidents_search'::regclass) AS index",
	"DROP INDEX incidents_search",
	`INSERT INTO incidents (number, seq, status, severity, service, title, commander, declared_at, resolved_at, ended_at, finished_at, changed_at, merged_into, search, state, channel_id)
	SELECT n, 5, CASE WHEN n > 99800 THEN 'investigating' WHEN n % 50 = 0 THEN 'merged' ELSE 'closed' END, 'SEV' || n % 4 + 1, 'service-' || n % 400, 'title', '',
		now() - (100000 - n) * interval '15 minutes', now(), CASE WHEN n <= 99800 THEN now() END, CASE WHEN n <= 99700 THEN now() END, now() - interval '1 day',
		CASE WHEN n <= 99800 AND n % 50 = 0 THEN n + 1 END,
		'inc-' || n || E'\ncheckout is slow in region ' || n % 7 || E'\n' || md5(n::TEXT) || CASE WHEN n % 5000 = 0 THEN ' zanzibar' ELSE '' END,
		'{"id":"INC-' || n || '","seq":5,"status":"closed"}', 'C' || n FROM generate_series(1, 100000) n`,
	`INSERT INTO followups (incident, position, id, title, owner, due_at, ticket_key, status, url, done, data)
	SELECT n, 0, 'F1', '', '', now(), 'PAY-' || n, '', '', n < 99600, '{}' FROM generate_series(1, 100000, 2) n`,
	`INSERT INTO inbox (kind, source, subject, key, received_at, seen_at, sent_at, settled_at, incident, recorded, body)
	SELECT 'alert', 'alertmanager', CASE WHEN n % 10 = 0 THEN 'subject ' || n % 700 ELSE 'the storm' END, md5(n::TEXT), now(), now() - interval '1 day',
		CASE WHEN n <= 95000 THEN now() END, CASE WHEN n <= 90000 THEN now() - interval '1 day' END,
		CASE WHEN n <= 95000 THEN 99999 - n % 100 END, n <= 90000, '{"annotations":"' || repeat('x', 300) || '"}' FROM generate_series(1, 100000) n`,
	`INSERT INTO transcript (channel, message, incident, at, thread, account, author, url, stage, changed_at, files, text)
	SELECT 'C' || n, s, n, now() + s * interval '1 second', '', '', '', '', 0, now(), '[]', repeat('x', 100) FROM generate_series(1, 200) n, generate_series(1, 200) s`,
	`INSERT INTO events (incident, seq, at, kind, actor_kind, actor_name, source, cause, data)
	SELECT n, s, now(), 'note_added', 'system', '', '', '', '{"text":"a note"}' FROM generate_series(1, 10000) n, generate_series(1, 5) s`,
	`INSERT INTO incident_lives SELECT n, 1 FROM generate_series(1, 100000, 10) n`,
	"INSERT INTO alert_groups VALUES ('alertmanager', 'g', 99999)",
	"UPDATE installation SET last_incident = 100000",
	"DO $$ BEGIN EXECUTE (SELECT index FROM words); END $$",
	// So many that nothing is left to chance: all rows are looked at.
	"SET default_statistics_target = 500",
	"VACUUM ANALYZE",
}

// explaining is a server that writes down how it does what it is asked, with how much it
// read for it. https://www.postgresql.org/docs/current/auto-explain.html
var explaining = postgrestest.Options{Settings: map[string]string{
	"session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "0", "auto_explain.log_level": "log",
	"auto_explain.log_analyze": "on", "auto_explain.log_timing": "off", "auto_explain.log_buffers": "off", "log_line_prefix": "%a|",
}}

// planner runs what a test asks for and reads in the server's log how that was done.
type planner struct {
	conn *pgx.Conn // of a superuser, who may read files
	read int       // so much of the log
}

// explained returns what the server has written since it was asked last, of those
// connections that carry out what the test asks for.
func (p *planner) explained(t *testing.T) string {
	t.Helper()
	var log []byte
	err := p.conn.QueryRow(t.Context(), "SELECT pg_read_binary_file(current_setting('data_directory') || '/../log', $1, 100000000)", p.read).Scan(&log)
	require.NoError(t, err)
	p.read += len(log)
	var explained strings.Builder
	ours := false
	for line := range strings.Lines(string(log)) {
		if !strings.HasPrefix(line, "\t") { // the first of an entry
			ours = strings.HasPrefix(line, "muster|")
		}
		if ours {
			explained.WriteString(line)
		}
	}
	return explained.String()
}

var (
	removed = regexp.MustCompile(`Rows Removed by (?:Filter|Index Recheck|Join Filter): (\d+)`)
	scanned = regexp.MustCompile(`(?:Index Scan(?: Backward)?|Index Only Scan(?: Backward)?) using (\w+)|Bitmap Index Scan on (\w+)`)
)

// A database that has grown must not make anything slow: what is asked is found by an
// index, and little is read in vain.
func TestWhatIsAskedOfALargePostgresIsFoundByAnIndex(t *testing.T) {
	t.Parallel()
	server, err := postgrestest.Start(t.Context(), explaining)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	database, err := server.Create(t.Context(), "grown")
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Options{URL: database, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	admin, err := pgx.Connect(t.Context(), server.AdminURL("grown"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, admin.Close(context.Background())) })
	_, err = admin.Exec(t.Context(), "SET auto_explain.log_min_duration = -1")
	require.NoError(t, err)
	for _, statement := range grown {
		_, err := admin.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	p := &planner{conn: admin}

	list := func(f store.Filter) func() error {
		return func() error { _, _, err := s.Incidents(t.Context(), f); return err }
	}
	pendingIDs := func() []int64 {
		items, err := s.Pending(t.Context(), 0, 100)
		require.NoError(t, err)
		ids := make([]int64, len(items))
		for i, item := range items {
			ids[i] = item.ID
		}
		return ids
	}
	ids := pendingIDs()
	item := anAlert("new")
	for _, tt := range []struct {
		name string
		do   func() error
		// by are the indexes that are used, as a pattern where there is a choice; mostVain the most rows that are read for nothing.
		by       string
		mostVain int
	}{
		{"the newest incidents", list(store.Filter{}), "incidents_pkey", 0},
		{"open incidents", list(store.Filter{Status: store.OpenStatuses()}), "incidents_open", 0},
		{"incidents with a status", list(store.Filter{Status: []incident.Status{incident.Merged}}), "incidents_status", 0},
		{"incidents that have ended", list(store.Filter{Status: []incident.Status{incident.Closed, incident.Cancelled}}), "incidents_pkey", 400},
		{"incidents with a severity", list(store.Filter{Severity: "SEV3"}), "incidents_pkey|incidents_severity", 300},
		{"incidents with a severity that none has", list(store.Filter{Severity: "SEV9"}), "incidents_severity", 0},
		{"incidents of a service", list(store.Filter{Service: "service-7"}), "incidents_service", 0},
		{"incidents since a day ago", list(store.Filter{Since: time.Now().AddDate(0, 0, -1)}), "incidents_declared", 0},
		{"incidents since years ago", list(store.Filter{Since: time.Now().AddDate(-5, 0, 0)}), "incidents_pkey", 0},
		{"a search for a rare word", list(store.Filter{Query: "zanzibar"}), "incidents_search", 100},
		{"a search for a word that is in none", list(store.Filter{Query: "nowhere"}), "incidents_search", 100},
		{"a search for an id", list(store.Filter{Query: "inc-4711"}), "incidents_search", 200},
		{"a search for a word that is in all", list(store.Filter{Query: "checkout"}), "incidents_pkey", 0},
		{"a search for two letters", list(store.Filter{Query: "is"}), "incidents_pkey", 0},
		{"a search for two letters that no word begins with", list(store.Filter{Query: "zq"}), "incidents_search", 0},
		{"a search for a letter that no word begins with", list(store.Filter{Query: "z"}), "incidents_search", 100},
		{"a search among the open", list(store.Filter{Query: "checkout", Status: store.OpenStatuses()}), "incidents_open", 0},
		{"an incident", func() error { _, err := s.Incident(t.Context(), "INC-4711"); return err }, "incidents_pkey", 0},
		{"a timeline", func() error { _, err := s.Journal(t.Context(), "INC-4711"); return err }, "events_pkey", 0},
		{"open follow-ups", func() error { _, err := s.OpenFollowups(t.Context()); return err }, "followups_open incidents_(pkey|unfinished)", 200},
		{"the follow-up of a ticket", func() error { _, _, err := s.FollowupByTicket(t.Context(), "PAY-4711"); return err }, "followups_ticket", 0},
		{"unfinished incidents", func() error { _, err := s.Unfinished(t.Context(), "", 0); return err }, "incidents_unfinished", 0},
		{"what was merged into open incidents", func() error { _, err := s.Merges(t.Context()); return err }, "incidents_merged incidents_open( incidents_unfinished)?", 100},
		{"a census", func() error { _, err := s.Census(t.Context()); return err }, "followups_open incidents_open incidents_(pkey|unfinished)", 200},

		{"the incident of a channel", func() error { _, err := s.IncidentOfChannel(t.Context(), "C4711"); return err }, "incidents_channel", 0},
		{"what was said next", func() error {
			_, err := s.Transcript(t.Context(), "INC-100", incident.MessageRef{ChannelID: "C100", ID: "50"}, 10)
			return err
		}, "transcript_order transcript_pkey", 1},
		{"what was said last", func() error { _, err := s.LastSaid(t.Context(), "INC-100", 10); return err }, "transcript_order", 0},
		{"a message is edited", func() error {
			return s.KeepSaid(t.Context(), store.Said{
				Incident: "INC-100", Ref: incident.MessageRef{ChannelID: "C100", ID: "50"}, At: time.Now(), ChangedAt: time.Now(), Edited: true,
			})
		}, "incidents_pkey", 1},

		{"what is pending", func() error { _, err := s.Pending(t.Context(), 0, 0); return err }, "inbox_pending", 0},
		{"what the inbox is about", func() error { _, _, err := s.Subjects(t.Context(), 0, 0); return err }, "inbox_pkey inbox_subjects", 0},
		{"what the inbox is about of one kind", func() error { _, _, err := s.SubjectsOf(t.Context(), []string{store.KindAct}, 0, 0); return err }, "inbox_subjects", 0},
		{"what is pending about a subject", func() error {
			_, err := s.PendingOf(t.Context(), store.Subject{Kind: store.KindAlert, Source: "alertmanager", Key: "the storm"}, 0, 100)
			return err
		}, "inbox_subjects", 0},
		{"what is pending about another", func() error {
			_, err := s.PendingOf(t.Context(), store.Subject{Kind: store.KindAlert, Source: "alertmanager", Key: "subject 690"}, 0, 100)
			return err
		}, "inbox_subjects", 0},
		{"how much the inbox holds", func() error { _, err := s.InboxStatus(t.Context()); return err }, "inbox_pending inbox_sent", 0},
		{"the alerts of an incident", func() error { _, err := s.Alerts(t.Context(), "INC-99990", 0, 0); return err }, "inbox_incident", 0},
		{"which incidents have items to record", func() error { _, err := s.Unrecorded(t.Context()); return err }, "inbox_sent", 0},
		{"an arrival, and its repetition", func() error { _, err := s.Accept(t.Context(), []store.Item{item}); return err }, "(inbox_kind_source_key_key)?", 1},
		{"many arrivals", func() error {
			items := make([]store.Item, 500)
			for i := range items {
				items[i] = anAlert(fmt.Sprint("one of many ", i))
			}
			_, err := s.Accept(t.Context(), items)
			return err
		}, "(inbox_kind_source_key_key)?", 1},
		{"items are sent", func() error { return s.Sent(t.Context(), ids, "INC-99992", 0) }, "inbox_pkey incident_lives_pkey", 1},
		{"items are given back", func() error { return s.Return(t.Context(), ids, "INC-99992") }, "inbox_pkey", 0},
		{"items are sent again", func() error { _, err := s.Revive(t.Context(), "INC-99992"); return err },
			"events_pkey inbox_sent", 0},
		{"items are recorded", func() error { return s.Record(t.Context(), "INC-99993", 0, nil, ids) }, "inbox_pkey incident_lives_pkey incidents_pkey", 1},
		{"a thousand items are forgotten", func() error { _, err := s.Prune(t.Context(), time.Now().Add(-25*time.Hour)); return err }, "inbox_pkey inbox_settled", 0},
		{"a group finds its incident", func() error {
			_, _, err := s.Route(t.Context(), "alertmanager", "g", time.Now(), time.Hour, true)
			return err
		}, "alert_groups_pkey incidents_pkey", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// As often as it takes for Postgres to keep a plan that does not depend on the values.
			for range 7 {
				p.explained(t)
				require.NoError(t, tt.do())
				plan := p.explained(t)
				require.NotRegexp(t, "Seq Scan on (incidents|inbox|events|followups|transcript)", plan)
				require.Regexp(t, "^("+tt.by+")$", indexesIn(plan), plan)
				for _, match := range removed.FindAllStringSubmatch(plan, -1) {
					rows, err := strconv.Atoi(match[1])
					require.NoError(t, err)
					require.LessOrEqual(t, rows, tt.mostVain, plan)
				}
			}
		})
	}
	require.NoError(t, storetest.Open(t, store.Options{URL: database}).Check(t.Context()))
}

// indexesIn lists the indexes of a plan, each once, in the order of the alphabet.
func indexesIn(plan string) string {
	names := map[string]bool{}
	for _, match := range scanned.FindAllStringSubmatch(plan, -1) {
		names[match[1]+match[2]] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}
