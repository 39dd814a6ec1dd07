package webhook_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/api/webhook"
)

// BenchmarkReceive is what a delivery costs beside HTTP and the disk.
func BenchmarkReceive(b *testing.B) {
	for _, alerts := range []int{1, 50} {
		b.Run(fmt.Sprintf("%d alerts", alerts), func(b *testing.B) {
			one := `{"status":"firing","labels":{"alertname":"RequestErrors","service":"platform","severity":"warning","instance":"host-17.example.com:9100",` +
				`"job":"api","namespace":"production","cluster":"north-1"},"annotations":{"summary":"More than five of a hundred requests fail",` +
				`"description":"Over the last five minutes, 7.3 % of the requests to the API were answered with an error.",` +
				`"runbook_url":"https://runbooks.example.com/request-errors"},"startsAt":"2026-03-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z",` +
				`"generatorURL":"http://prometheus.example.com/graph?g0.expr=errors&g0.tab=1","fingerprint":"0123456789abcdef"}`
			body := []byte(`{"version":"4","groupKey":"{}:{alertname=\"RequestErrors\"}","truncatedAlerts":0,"status":"firing","receiver":"muster",` +
				`"groupLabels":{"alertname":"RequestErrors"},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://alertmanager.example.com",` +
				`"alerts":[` + strings.Repeat(one+",", alerts-1) + one + `]}`)
			receiver := webhook.NewReceiver(&inbox{}, alertmanager)
			b.ReportAllocs()
			for b.Loop() {
				_, err := receiver.Receive(b.Context(), "alertmanager", nil, body)
				require.NoError(b, err)
			}
		})
	}
}
