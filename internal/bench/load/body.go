package load

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// Kind is what is sent.
type Kind string

// What can be sent.
const (
	// Webhook is a delivery of Alertmanager's webhook, version 4 of its body
	// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
	Webhook Kind = "webhook"
	// PostAlerts is a call of Alertmanager's own API, POST /api/v2/alerts
	// (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).
	PostAlerts Kind = "post-alerts"
)

// digits is how long the number is that makes an alert another one. All digits are
// hexadecimal ones too, so that it passes for a fingerprint.
const digits = 16

// request is a whole HTTP request in one piece of memory, made once. Before each sending
// the numbers of its alerts are written over the last ones, which costs next to nothing.
type request struct {
	bytes []byte
	// marks are where the number of each alert stands.
	marks [][]int
}

// number gives the alerts of the request the numbers first, first+1 and so on.
func (r *request) number(first uint64) {
	var text [digits]byte
	for i, places := range r.marks {
		n := first + uint64(i)
		for d := digits - 1; d >= 0; d-- {
			text[d] = byte('0' + n%10)
			n /= 10
		}
		for _, place := range places {
			copy(r.bytes[place:], text[:])
		}
	}
}

// writer writes a body and remembers where the numbers stand.
type writer struct {
	bytes.Buffer
	marks [][]int
}

// number leaves room for the number of the alert that was begun last.
func (w *writer) number() {
	last := len(w.marks) - 1
	w.marks[last] = append(w.marks[last], w.Len())
	w.WriteString("0000000000000000")
}

// newRequest makes the request that one sender sends again and again. All of a sender's
// alerts belong to one group.
func newRequest(p Plan, sender int) *request {
	var body writer
	group := fmt.Sprintf("InstanceDown%02d", sender%max(p.Groups, 1))
	if p.Kind == Webhook {
		body.delivery(p, group)
	} else {
		body.alerts(p, group)
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		p.Path, p.Address, body.Len())
	for _, places := range body.marks {
		for i := range places {
			places[i] += head.Len()
		}
	}
	return &request{bytes: append(head.Bytes(), body.Bytes()...), marks: body.marks}
}

// delivery writes what Alertmanager would post of a group.
func (w *writer) delivery(p Plan, group string) {
	labels := fmt.Sprintf(`{"alertname":"%s","service":"%s"}`, group, p.Service)
	fmt.Fprintf(w, `{"version":"4","groupKey":"{}/{team=\"sample\"}:{alertname=\"%s\", service=\"%s\", run=\"%s\"}",`, group, p.Service, p.Run)
	fmt.Fprintf(w, `"truncatedAlerts":0,"status":"firing","receiver":"muster","externalURL":"http://alertmanager.example.com",`)
	fmt.Fprintf(w, `"groupLabels":%s,"commonLabels":%s,"commonAnnotations":{},"alerts":`, labels, labels)
	w.alerts(p, group)
	w.WriteByte('}')
}

func (w *writer) alerts(p Plan, group string) {
	w.WriteByte('[')
	for i := range p.Alerts {
		if i > 0 {
			w.WriteByte(',')
		}
		w.marks = append(w.marks, nil)
		w.alert(p, group)
	}
	w.WriteByte(']')
}

// alert writes an alert of a common size: seven labels, three annotations.
func (w *writer) alert(p Plan, group string) {
	w.WriteByte('{')
	if p.Kind == Webhook {
		w.WriteString(`"status":"firing","fingerprint":"`)
		w.number()
		w.WriteString(`",`)
	}
	fmt.Fprintf(w, `"labels":{"alertname":"%s","service":"%s","severity":"%s","job":"node","region":"eu-central-1","cluster":"sample-1","instance":"host-`,
		group, p.Service, severity)
	w.number()
	w.WriteString(`.example.com:9100"},"annotations":{"summary":"Instance host-`)
	w.number()
	w.WriteString(` does not answer","description":"It has not answered the health check for two minutes; requests to it fail with a timeout.",` +
		`"runbook_url":"https://runbooks.example.com/instance-down"},"startsAt":`)
	w.WriteString(strconv.Quote(p.StartsAt.UTC().Format(time.RFC3339Nano)))
	if p.Kind == Webhook {
		w.WriteString(`,"endsAt":"0001-01-01T00:00:00Z"`)
	}
	w.WriteString(`,"generatorURL":"http://prometheus.example.com/graph?g0.expr=up+%3D%3D+0&g0.tab=1"}`)
}

const severity = "critical"
