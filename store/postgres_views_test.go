package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/postgrestest"
	"muster/store"
	"muster/store/storetest"
)

func TestTheViewsTellWhatTheReadModelDoes(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	s := storetest.Open(t, store.Options{URL: database, Migrate: true})
	due := time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	ticket := incident.Ticket{Key: "PAY-1", URL: "https://tracker.example.com/PAY-1", Status: "To Do"}
	events := do(t, s, declareOn(t, s),
		incident.AttachPlaybook{
			Playbook: incident.PlaybookRef{Name: "default", Version: "1"}, Roles: []incident.Role{{ID: "commander", Title: "Commander"}},
		},
		incident.Acknowledge{}, incident.AssignRole{Role: "commander", User: "Sample Responder"},
		incident.AddFollowup{Title: "Add an index", Owner: "responder@example.com", Due: due},
		incident.FinishStep{Step: "hook", Hook: "file", Title: "File", Outcome: incident.Outcome{Followup: "F1", Ticket: &ticket}},
		incident.Resolve{}, incident.ReportTicket{
			Followup: "F1", Ticket: incident.Ticket{Key: "PAY-1", URL: ticket.URL, Status: "Done", Done: true},
		}, incident.Close{})
	state := incident.Fold(events)
	_, err := s.Accept(t.Context(), []store.Item{anAlert("recorded"), anAlert("pending")})
	require.NoError(t, err)
	items, err := s.Pending(t.Context(), 0, 0)
	require.NoError(t, err)
	require.NoError(t, s.Record(t.Context(), state.ID, 0, nil, []int64{items[0].ID}))

	conn := connected(t, database)
	row := func(query string, into ...any) {
		t.Helper()
		require.NoError(t, conn.QueryRow(t.Context(), query).Scan(into...))
	}
	var id, title, status, commander string
	var acknowledged, resolved, closed time.Time
	var merged *string
	row("SELECT id, title, status, commander, acknowledged_at, resolved_at, closed_at, merged_into FROM muster_incidents",
		&id, &title, &status, &commander, &acknowledged, &resolved, &closed, &merged)
	require.Equal(t, []string{"INC-1", "Checkout is slow", "closed", "Sample Responder"}, []string{id, title, status, commander})
	require.Nil(t, merged)
	require.True(t, state.FirstAcknowledgedAt.Equal(acknowledged))
	require.True(t, state.ResolvedAt.Equal(resolved))
	require.True(t, state.EndedAt.Equal(closed))

	var owner, key, url string
	var dueAt time.Time
	var done bool
	row("SELECT incident, id, title, owner, due_at, ticket, status, url, done FROM muster_followups",
		&id, new(string), &title, &owner, &dueAt, &key, &status, &url, &done)
	require.Equal(t, []string{"INC-1", "Add an index", "responder@example.com", "PAY-1", "Done", ticket.URL},
		[]string{id, title, owner, key, status, url})
	require.True(t, due.Equal(dueAt))
	require.True(t, done)

	var count int
	row("SELECT count(*) FROM muster_timeline WHERE incident = 'INC-1' AND actor = 'Sample Responder'", &count)
	require.Equal(t, len(events), count)
	row("SELECT data->>'title' FROM muster_timeline WHERE seq = 1", &title)
	require.Equal(t, "Checkout is slow", title)
	var states []string
	row("SELECT array_agg(state || ' ' || COALESCE(incident, 'nobody') ORDER BY id) FROM muster_alerts", &states)
	require.Equal(t, []string{"recorded INC-1", "pending nobody"}, states)
}

func TestTheTimelineIsReadableWhateverAFactHolds(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	s := storetest.Open(t, store.Options{URL: database, Migrate: true})
	events := declareOn(t, s)
	for _, data := range []string{
		`{"text":"nul \u0000 and \\u0000 and \\\u0000\u0000"}`, `{"text":"half a pair \ud83d"}`, `{"text":"\ud83d\ude00"}`, `{"n":1e999999}`, `{"text":"plain"}`,
	} {
		events = append(events, incident.Event{
			Incident: events[0].Incident, Seq: len(events) + 1, At: time.Now(), Actor: incident.MusterActor(),
			Fact: incident.UnknownFact{Name: "moon_landed", Data: json.RawMessage(data)},
		})
	}
	require.NoError(t, s.Append(t.Context(), events))
	require.NoError(t, s.Append(t.Context(), events), "what comes again is what was recorded")
	var texts []string
	err := connected(t, database).QueryRow(t.Context(),
		"SELECT array_agg(COALESCE(data->>'text', data->>'unreadable') ORDER BY seq) FROM muster_timeline WHERE seq > 1").Scan(&texts)
	require.NoError(t, err)
	require.Equal(t, []string{"nul \uFFFD and \\u0000 and \\\uFFFD\uFFFD", "half a pair \uFFFD", "😀", `{"n":1e999999}`, "plain"}, texts)
}

func TestEveryColumnOfTheViewsIsExplained(t *testing.T) {
	t.Parallel()
	database := postgrestest.New(t)
	storetest.Open(t, store.Options{URL: database, Migrate: true})
	var views int
	var silent []string
	err := connected(t, database).QueryRow(t.Context(), `
		SELECT count(DISTINCT c.oid), array_agg(c.relname || '.' || a.attname) FILTER (WHERE col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'v' AND c.relname LIKE 'muster%'`).Scan(&views, &silent)
	require.NoError(t, err)
	require.Equal(t, 4, views)
	require.Empty(t, silent)
}
