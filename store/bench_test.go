package store_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/postgrestest"
	"muster/store"
	"muster/store/storetest"
)

// onEach runs a benchmark on each kind of database, each time with a new one. The Postgres
// waits for the disk, as in production.
func onEach(b *testing.B, run func(b *testing.B, fresh func(b *testing.B) store.Options)) {
	b.Helper()
	b.Run("SQLite", func(b *testing.B) {
		run(b, func(b *testing.B) store.Options { return fresh(b) })
	})
	b.Run("Postgres", func(b *testing.B) {
		server, err := postgrestest.Start(b.Context(), postgrestest.Options{Durable: true})
		require.NoError(b, err)
		defer func() { require.NoError(b, server.Stop()) }()
		made := 0
		run(b, func(b *testing.B) store.Options {
			made++
			url, err := server.Create(b.Context(), fmt.Sprint("bench_", made))
			require.NoError(b, err)
			return store.Options{URL: url, Migrate: true}
		})
	})
}

// BenchmarkAccept measures alerts stored per second, one delivery after another, alone
// and in the batches that an Alertmanager sends.
func BenchmarkAccept(b *testing.B) {
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		for _, size := range []int{1, 100} {
			b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
				s, next := storetest.Open(b, fresh(b)), arrivals("group")
				for b.Loop() {
					_, err := s.Accept(b.Context(), next(size))
					require.NoError(b, err)
				}
				b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "alerts/s")
			})
		}
	})
}

// BenchmarkAcceptTogether measures what it gains that deliveries of one alert which
// come at the same time share a transaction: first one after another, then from many
// senders at once, in the same database.
func BenchmarkAcceptTogether(b *testing.B) {
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		for _, senders := range []int{2, 16, 128} {
			b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
				s, next := storetest.Open(b, fresh(b)), arrivals("group")
				const alone = 200
				began := time.Now()
				for range alone {
					_, err := s.Accept(b.Context(), next(1))
					require.NoError(b, err)
				}
				before := alone / time.Since(began).Seconds()
				b.SetParallelism(max(1, senders/runtime.GOMAXPROCS(0)))
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if _, err := s.Accept(b.Context(), next(1)); err != nil {
							b.Error(err)
							return
						}
					}
				})
				after := float64(b.N) / b.Elapsed().Seconds()
				b.ReportMetric(before, "alone-alerts/s")
				b.ReportMetric(after, "together-alerts/s")
				b.ReportMetric(after/before, "gain")
			})
		}
	})
}

// BenchmarkAcceptRepeated measures deliveries that the inbox knows already.
func BenchmarkAcceptRepeated(b *testing.B) {
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		s := storetest.Open(b, fresh(b))
		items := arrivals("group")(1)
		for b.Loop() {
			_, err := s.Accept(b.Context(), items)
			require.NoError(b, err)
		}
	})
}

// BenchmarkStorm measures 100,000 alerts of one group on their whole way: accepted in
// deliveries of 100, then handed on and recorded in thousands. What each alert costs
// at the end of the storm over what it cost at its beginning is told for both ways: it
// has to stay near one.
func BenchmarkStorm(b *testing.B) {
	const alerts, delivery, tenth = 100_000, 100, 10_000
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		for b.Loop() {
			s, next := storetest.Open(b, fresh(b)), arrivals("group")
			story := declaredIncident(b, s)
			began := time.Now()
			accept := pace(alerts/tenth, func() {
				for range tenth / delivery {
					_, err := s.Accept(b.Context(), next(delivery))
					require.NoError(b, err)
				}
			})
			b.ReportMetric(alerts/time.Since(began).Seconds(), "accepted/s")
			began = time.Now()
			record := pace(alerts/tenth, func() {
				for range tenth / store.MaxPending {
					items, err := s.Pending(b.Context(), 0, 0)
					require.NoError(b, err)
					ids := make([]int64, len(items))
					for i, item := range items {
						ids[i] = item.ID
					}
					require.NoError(b, s.Sent(b.Context(), ids, story.id, 0))
					require.NoError(b, s.Record(b.Context(), story.id, 0, story.note(b), ids))
				}
			})
			b.ReportMetric(alerts/time.Since(began).Seconds(), "recorded/s")
			b.ReportMetric(accept, "accept-late/early")
			b.ReportMetric(record, "record-late/early")
			status, err := s.InboxStatus(b.Context())
			require.NoError(b, err)
			require.Zero(b, status)
		}
	})
}

// pace calls do some times and returns how long the last call took over the first.
func pace(times int, do func()) float64 {
	took := make([]time.Duration, times)
	for i := range took {
		began := time.Now()
		do()
		took[i] = time.Since(began)
	}
	return took[times-1].Seconds() / took[0].Seconds()
}

// arrivals returns a function that makes new alerts of a group, which many may call at once.
func arrivals(group string) func(n int) []store.Item {
	body := json.RawMessage(fmt.Sprintf(`{"annotations": {"description": %q}}`, strings.Repeat("x", 1000)))
	var last atomic.Int64
	return func(n int) []store.Item {
		items := make([]store.Item, n)
		for i := range items {
			items[i] = store.Item{
				Kind: store.KindAlert, Source: "alertmanager", Subject: group,
				Key: fmt.Sprintf("%s/%032x", group, uint64(last.Add(1))*0x9e3779b97f4a7c15), ReceivedAt: time.Now(), Body: body,
			}
		}
		return items
	}
}

// teller leads one incident.
type teller struct {
	id    incident.ID
	state incident.State
}

func (t *teller) do(b *testing.B, intent incident.Intent) []incident.Event {
	b.Helper()
	events, err := incident.Decide(t.state, incident.Command{
		Incident: t.id, Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: intent,
	}, time.Now())
	require.NoError(b, err)
	for _, e := range events {
		t.state = incident.Apply(t.state, e)
	}
	return events
}

func (t *teller) note(b *testing.B) []incident.Event {
	b.Helper()
	return t.do(b, incident.AddNote{Text: "a note"})
}

func declaredIncident(b *testing.B, s *store.Store) *teller {
	b.Helper()
	id, _, err := s.NewIncident(b.Context(), "", "")
	require.NoError(b, err)
	t := &teller{id: id}
	require.NoError(b, s.Append(b.Context(), t.do(b, incident.Declare{
		Title: "Checkout is slow", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}},
		Service: incident.Service{Name: "checkout"}, Summary: strings.Repeat("Customers wait. ", 20),
	})))
	return t
}

// BenchmarkAppend measures one event at a time on an incident with some alerts.
func BenchmarkAppend(b *testing.B) {
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		for _, alerts := range []int{0, 20, 500} {
			b.Run(fmt.Sprintf("alerts=%d", alerts), func(b *testing.B) {
				s := storetest.Open(b, fresh(b))
				told := declaredIncident(b, s)
				firing := make([]incident.Alert, alerts)
				for i := range firing {
					firing[i] = incident.Alert{
						Fingerprint: fmt.Sprint(i), Name: "HighLatency", StartsAt: time.Now().UTC(),
						Labels: map[string]string{"instance": fmt.Sprint(i), "severity": "page"},
					}
				}
				require.NoError(b, s.Append(b.Context(), told.do(b, incident.ReportAlerts{Alerts: firing})))
				for b.Loop() {
					require.NoError(b, s.Append(b.Context(), told.note(b)))
				}
			})
		}
	})
}

// BenchmarkIncidents measures the first page of the list and a search that finds nothing,
// with 10,000 incidents stored.
func BenchmarkIncidents(b *testing.B) {
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		s := storetest.Open(b, fresh(b))
		for range 10_000 {
			declaredIncident(b, s)
		}
		for name, filter := range map[string]store.Filter{
			"all": {}, "open": {Status: store.OpenStatuses()}, "search": {Query: "nothing"},
			"service": {Service: "checkout"}, "ended": {Status: []incident.Status{incident.Closed}},
		} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					_, _, err := s.Incidents(b.Context(), filter)
					require.NoError(b, err)
				}
			})
		}
	})
}

// BenchmarkSubjects measures what the dispatcher asks first, with 100,000 items pending: of
// one subject, and of 10,000.
func BenchmarkSubjects(b *testing.B) {
	onEach(b, func(b *testing.B, fresh func(*testing.B) store.Options) {
		for _, subjects := range []int{1, 10_000} {
			b.Run(fmt.Sprintf("subjects=%d", subjects), func(b *testing.B) {
				s, next := storetest.Open(b, fresh(b)), arrivals("group")
				for batch := range 100 {
					items := next(1000)
					for i := range items {
						items[i].Subject = fmt.Sprint((batch*1000 + i) % subjects)
					}
					_, err := s.Accept(b.Context(), items)
					require.NoError(b, err)
				}
				for b.Loop() {
					_, _, err := s.Subjects(b.Context(), 0, 0)
					require.NoError(b, err)
				}
			})
		}
	})
}
