package webhook_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"muster/api/webhook"
	"muster/config"
	"muster/incident"
	"muster/store"
)

var alertmanager = webhook.Alertmanager(config.Secret{})

const mixed = `{
	"version": "4", "receiver": "muster", "status": "firing", "truncatedAlerts": 0,
	"groupKey": "{}:{service=\"checkout\"}", "groupLabels": {"service": "checkout"},
	"commonLabels": {"service": "checkout"}, "commonAnnotations": {}, "externalURL": "http://alertmanager.example.com",
	"alerts": [
		{"status": "firing", "labels": {"alertname": "HighErrors", "service": "checkout"}, "annotations": {"summary": "Many errors"},
		 "startsAt": "2026-03-01T09:00:00.5+01:00", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus.example.com/graph", "fingerprint": "aa"},
		{"status": "resolved", "labels": {"alertname": "SlowQueries", "service": "checkout"},
		 "startsAt": "2026-03-01T08:00:00Z", "endsAt": "2026-03-01T08:30:00Z", "fingerprint": "bb"}
	]
}`

func TestADeliveryIsTakenAlertByAlert(t *testing.T) {
	t.Parallel()

	items, err := alertmanager.Parse([]byte(mixed))

	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]store.Item{
		{Kind: store.KindAlert, Subject: `muster/{}:{service="checkout"}`, Key: `firing/2026-03-01T08:00:00.5Z/aa/muster/{}:{service="checkout"}`, Body: items[0].Body},
		{Kind: store.KindAlert, Subject: `muster/{}:{service="checkout"}`, Key: `resolved/2026-03-01T08:00:00Z/bb/muster/{}:{service="checkout"}`, Body: items[1].Body},
	}, items))
	var reports [2]webhook.AlertReport
	for i, item := range items {
		require.NoError(t, json.Unmarshal(item.Body, &reports[i]))
	}
	group := map[string]string{"service": "checkout"}
	require.Empty(t, cmp.Diff([2]webhook.AlertReport{
		{GroupLabels: group, Alert: incident.Alert{
			Fingerprint: "aa", Name: "HighErrors", Source: "alertmanager", URL: "http://prometheus.example.com/graph",
			Labels:      map[string]string{"alertname": "HighErrors", "service": "checkout"},
			Annotations: map[string]string{"summary": "Many errors"},
			StartsAt:    time.Date(2026, 3, 1, 8, 0, 0, 500_000_000, time.UTC),
		}},
		{GroupLabels: group, Alert: incident.Alert{
			Fingerprint: "bb", Name: "SlowQueries", Source: "alertmanager",
			Labels:     map[string]string{"alertname": "SlowQueries", "service": "checkout"},
			StartsAt:   time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
			ResolvedAt: time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC),
		}},
	}, reports))

	var plain incident.Alert
	require.NoError(t, json.Unmarshal(items[0].Body, &plain), "a report reads as an alert too")
	require.Equal(t, "HighErrors", plain.Name)
}

// edit replaces a part of the mixed delivery, which must be there.
func edit(t *testing.T, old, new string) []byte {
	t.Helper()
	require.Contains(t, mixed, old)
	return []byte(strings.Replace(mixed, old, new, 1))
}

func TestADeliveryThatIsNoneIsRefusedWithThePlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, new, want string }{
		"another version":                  {`"version": "4"`, `"version": "5"`, `version: must be "4"`},
		"a version that is a number":       {`"version": "4"`, `"version": 4`, `version: must be a JSON string, not a JSON number`},
		"no version":                       {`"version": "4",`, ``, `version: must be "4"`},
		"no group":                         {`"{}:{service=\"checkout\"}"`, `""`, `groupKey: is missing`},
		"no list of alerts":                {`"alerts": [`, `"alarms": [`, `alerts: holds no alert`},
		"alerts that are no list":          {`"alerts": [`, `"alerts": 7, "rest": [`, `alerts: must be a JSON array, not a JSON number`},
		"an alert that is no object":       {`"alerts": [`, `"alerts": ["fire", `, `alerts[0]: must be a JSON object, not a JSON string`},
		"an alert that is null":            {`"alerts": [`, `"alerts": [null, `, `alerts[0].labels: holds no label`},
		"another status":                   {`"status": "resolved"`, `"status": "pending"`, `alerts[1].status: must be firing or resolved, not "pending"`},
		"no labels":                        {`"labels": {"alertname": "SlowQueries", "service": "checkout"}`, `"labels": {}`, `alerts[1].labels: holds no label`},
		"a label that is a number":         {`"alertname": "SlowQueries"`, `"alertname": 7`, `alerts[1].labels`},
		"no start":                         {`"startsAt": "2026-03-01T08:00:00Z", `, ``, `alerts[1].startsAt: is missing`},
		"a start that is no time":          {`"2026-03-01T08:00:00Z"`, `"yesterday"`, `alerts[1].startsAt: must be a time as RFC 3339 writes it`},
		"a start at the zero time":         {`"2026-03-01T08:00:00Z"`, `"0001-01-01T00:00:00Z"`, `alerts[1].startsAt: is the zero time`},
		"a start beyond all calendars":     {`"2026-03-01T08:00:00Z"`, `"9999-12-31T23:00:00-12:00"`, `alerts[1].startsAt: lies beyond the year 9999`},
		"a resolved alert without an end":  {`"endsAt": "2026-03-01T08:30:00Z", `, ``, `alerts[1].endsAt: is missing`},
		"a resolved alert with a zero end": {`"2026-03-01T08:30:00Z"`, `"0001-01-01T00:00:00Z"`, `alerts[1].endsAt: is the zero time`},
		"group labels of the wrong kind":   {`"groupLabels": {"service": "checkout"}`, `"groupLabels": ["service"]`, `groupLabels: must be a JSON object, not a JSON array`},
		"something after the body":         {`"alerts": [`, `"alerts": []} {"x": [`, `not JSON`},
	} {
		items, err := alertmanager.Parse(edit(t, test.old, test.new))
		require.ErrorContains(t, err, test.want, name)
		var malformed *webhook.MalformedError
		require.ErrorAs(t, err, &malformed, name)
		require.Nil(t, items, name)
	}
	for _, body := range []string{"", "fire", "[]", "7", "null", "\xff", "{}"} {
		_, err := alertmanager.Parse([]byte(body))
		require.Error(t, err, body)
	}
}

func TestNewAndMissingFieldsAreSurvived(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{
		"a new field of the delivery": edit(t, `"version": "4"`, `"version": "4", "notificationReason": {"x": [1]}`),
		"a new field of an alert":     edit(t, `"status": "resolved"`, `"silenceURL": "http://example.com", "status": "resolved"`),
		"no receiver":                 edit(t, `"receiver": "muster",`, ``),
		"no annotations":              edit(t, `"annotations": {"summary": "Many errors"},`, `"annotations": null,`),
		"an end of a firing alert":    edit(t, `"0001-01-01T00:00:00Z"`, `"2027-01-01T00:00:00Z"`),
	} {
		items, err := alertmanager.Parse(body)
		require.NoError(t, err, name)
		require.Len(t, items, 2, name)
		var report webhook.AlertReport
		require.NoError(t, json.Unmarshal(items[0].Body, &report), name)
		require.True(t, report.Firing(), name)
	}
}

func TestAnAlertWithoutAnAlertnameIsNamedByItsFingerprint(t *testing.T) {
	t.Parallel()
	items, err := alertmanager.Parse(edit(t, `"alertname": "HighErrors", `, ``))
	require.NoError(t, err)
	var report webhook.AlertReport
	require.NoError(t, json.Unmarshal(items[0].Body, &report))
	require.Equal(t, "Alert aa", report.Name)
}

func TestKeysDifferWhereAlertsDoAndOnlyThere(t *testing.T) {
	t.Parallel()
	key := func(body []byte) string {
		items, err := alertmanager.Parse(body)
		require.NoError(t, err)
		return items[0].Key
	}
	same := key([]byte(mixed))
	for name, body := range map[string][]byte{
		"another annotation":          edit(t, "Many errors", "More errors"),
		"the same time elsewhere":     edit(t, "2026-03-01T09:00:00.5+01:00", "2026-03-01T08:00:00.500Z"),
		"another status of the group": edit(t, `"status": "firing", "truncatedAlerts"`, `"status": "resolved", "truncatedAlerts"`),
	} {
		require.Equal(t, same, key(body), name)
	}
	seen := map[string]string{same: "the delivery itself"}
	for name, body := range map[string][]byte{
		"another fingerprint":             edit(t, `"fingerprint": "aa"`, `"fingerprint": "ab"`),
		"another start":                   edit(t, "09:00:00.5", "09:00:00.6"),
		"another group":                   edit(t, `{}:{service`, `{}:{team`),
		"another receiver":                edit(t, `"receiver": "muster"`, `"receiver": "other"`),
		"a receiver that looks like more": edit(t, `"receiver": "muster"`, `"receiver": "muster/{}:{service=\"checkout\"}"`),
		"another state":                   edit(t, `{"status": "firing", "labels"`, `{"status": "resolved", "endsAt": "2026-03-01T08:30:00Z", "labels"`),
	} {
		body = []byte(strings.Replace(string(body), `"endsAt": "0001-01-01T00:00:00Z", `, "", 1))
		k := key(body)
		require.NotContains(t, seen, k, name)
		seen[k] = name
	}
}

func TestIdentifiersStayBoundedAndPrintable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 5000)
	var seen []string
	for _, group := range []string{long, long + "x", `a\u0000b`, `a\u0001b`} {
		items, err := alertmanager.Parse(edit(t, `{}:{service=\"checkout\"}`, group))
		require.NoError(t, err)
		for _, id := range []string{items[0].Subject, items[0].Key} {
			require.LessOrEqual(t, len(id), 500)
			require.NotContains(t, id, "\x00")
			require.NotContains(t, seen, id)
			seen = append(seen, id)
		}
	}
}

// TestTheFingerprintIsPrometheusOwn takes fingerprints away from deliveries that a real
// Alertmanager sent, and finds them again.
func TestTheFingerprintIsPrometheusOwn(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../../shared/counterparts/payloads/alertmanager/webhook.*.json")
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skip("the captured payloads are not here")
	}
	checked := 0
	for _, path := range paths {
		if strings.HasSuffix(path, ".headers.json") {
			continue
		}
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		with, err := alertmanager.Parse(body)
		require.NoError(t, err, path)
		var raw map[string]any
		require.NoError(t, json.Unmarshal(body, &raw))
		for _, a := range raw["alerts"].([]any) {
			delete(a.(map[string]any), "fingerprint")
		}
		body, err = json.Marshal(raw)
		require.NoError(t, err)
		without, err := alertmanager.Parse(body)
		require.NoError(t, err)
		for i := range with {
			require.Equal(t, with[i].Key, without[i].Key, path)
			checked++
		}
	}
	require.Positive(t, checked)
}

func FuzzAlertmanager(f *testing.F) {
	f.Add([]byte(mixed))
	f.Add([]byte(`{"version": "4", "groupKey": "\u0000", "alerts": [{"status": "firing", "labels": {"a": "b"}, "startsAt": "2026-03-01T08:00:00Z"}]}`))
	f.Add([]byte(`{"version": "4", "groupKey": "g", "alerts": [{"status": "resolved", "labels": {"": ""}, "startsAt": "2026-03-01T08:00:00Z", "endsAt": "9999-12-31T23:59:59-23:59"}]}`))
	f.Add([]byte(`{"version": "4", "groupKey": "g", "alerts": [7, [], null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := alertmanager.Parse(body)
		if err != nil {
			var malformed *webhook.MalformedError
			require.ErrorAs(t, err, &malformed)
			require.NotEmpty(t, malformed.Message)
			require.Nil(t, items)
			return
		}
		require.NotEmpty(t, items)
		again, err := alertmanager.Parse(body)
		require.NoError(t, err)
		require.Equal(t, items, again)
		for _, item := range items {
			require.NotEmpty(t, item.Subject)
			require.LessOrEqual(t, len(item.Subject), 500)
			require.NotEmpty(t, item.Key)
			require.LessOrEqual(t, len(item.Key), 500)
			require.NotContains(t, item.Subject+item.Key, "\x00")
			var report webhook.AlertReport
			require.NoError(t, json.Unmarshal(item.Body, &report))
			require.NotEmpty(t, report.Fingerprint)
			require.NotEmpty(t, report.Name)
			require.NotEmpty(t, report.Labels)
			require.False(t, report.StartsAt.IsZero())
			require.Equal(t, strings.HasPrefix(item.Key, "firing/"), report.Firing(), fmt.Sprint(item.Key))
		}
	})
}

func TestAnnotationsThatAreTooLongAreCut(t *testing.T) {
	t.Parallel()
	items, err := alertmanager.Parse(edit(t, "Many errors", `\u0000`+strings.Repeat("é", 100_000)))
	require.NoError(t, err)
	var plain incident.Alert
	require.NoError(t, json.Unmarshal(items[0].Body, &plain))
	require.Equal(t, strings.Repeat("é", 3_999)+"…", plain.Annotations["summary"])
}
