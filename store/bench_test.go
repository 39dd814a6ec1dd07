package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/store"
	"muster/store/storetest"
)

// BenchmarkAccept measures alerts stored per second, alone and in the batches that an
// Alertmanager sends.
func BenchmarkAccept(b *testing.B) {
	for _, size := range []int{1, 50} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := storetest.Open(b, fresh(b))
			body := json.RawMessage(fmt.Sprintf(`{"annotations": {"description": %q}}`, strings.Repeat("x", 1000)))
			items := make([]store.Item, size)
			batch := 0
			for b.Loop() {
				batch++
				for i := range items {
					items[i] = store.Item{
						Kind: store.KindAlert, Source: "alertmanager", Subject: "group",
						Key: fmt.Sprintf("%d/%d", batch, i), ReceivedAt: time.Now(), Body: body,
					}
				}
				_, err := s.Accept(b.Context(), items)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "alerts/s")
		})
	}
}

// BenchmarkAcceptRepeated measures deliveries that the inbox knows already.
func BenchmarkAcceptRepeated(b *testing.B) {
	s := storetest.Open(b, fresh(b))
	items := []store.Item{{
		Kind: store.KindAlert, Source: "alertmanager", Subject: "group", Key: "key",
		ReceivedAt: time.Now(), Body: json.RawMessage(`{}`),
	}}
	for b.Loop() {
		_, err := s.Accept(b.Context(), items)
		require.NoError(b, err)
	}
}

// BenchmarkAppend measures one event at a time on an incident with some alerts.
func BenchmarkAppend(b *testing.B) {
	for _, alerts := range []int{0, 20, 500} {
		b.Run(fmt.Sprintf("alerts=%d", alerts), func(b *testing.B) {
			s := storetest.Open(b, fresh(b))
			id, _, err := s.NewIncident(b.Context(), "")
			require.NoError(b, err)
			var state incident.State
			do := func(intent incident.Intent) {
				events, err := incident.Decide(state, incident.Command{
					Incident: id, Actor: incident.PersonActor("Sample Responder"), Source: "api", Intent: intent,
				}, time.Now())
				require.NoError(b, err)
				for _, e := range events {
					state = incident.Apply(state, e)
				}
				require.NoError(b, s.Append(b.Context(), events))
			}
			do(incident.Declare{
				Title: "Checkout is slow", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}},
				Service: incident.Service{Name: "checkout"},
			})
			firing := make([]incident.Alert, alerts)
			for i := range firing {
				firing[i] = incident.Alert{
					Fingerprint: fmt.Sprint(i), Name: "HighLatency", StartsAt: time.Now().UTC(),
					Labels: map[string]string{"instance": fmt.Sprint(i), "severity": "page"},
				}
			}
			do(incident.ReportAlerts{Alerts: firing})
			for b.Loop() {
				do(incident.AddNote{Text: "a note"})
			}
		})
	}
}

// BenchmarkIncidents measures the first page of the list and a search that finds nothing,
// with 10,000 incidents stored.
func BenchmarkIncidents(b *testing.B) {
	s := storetest.Open(b, fresh(b))
	for range 10_000 {
		id, _, err := s.NewIncident(b.Context(), "")
		require.NoError(b, err)
		events, err := incident.Decide(incident.State{}, incident.Command{
			Incident: id, Actor: incident.MusterActor(), Intent: incident.Declare{
				Title: "Checkout is slow", Severity: "SEV1", Scale: []incident.SeverityLevel{{Name: "SEV1"}},
				Service: incident.Service{Name: "checkout"}, Summary: strings.Repeat("Customers wait. ", 20),
			},
		}, time.Now())
		require.NoError(b, err)
		require.NoError(b, s.Append(b.Context(), events))
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
}
