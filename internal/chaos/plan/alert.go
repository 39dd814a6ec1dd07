package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/prometheus/common/model"
)

// Alert is one occurrence of an alert, as its source tells of it.
type Alert struct {
	Labels      model.LabelSet
	Annotations model.LabelSet
	StartsAt    time.Time
	// EndsAt is zero while it fires.
	EndsAt time.Time
}

// Fingerprint identifies the alert at its source; with StartsAt, one occurrence of it.
func (a Alert) Fingerprint() string { return a.Labels.Fingerprint().String() }

// Firing says whether the alert has not resolved.
func (a Alert) Firing() bool { return a.EndsAt.IsZero() }

// began is when the first alert of every plan fires. Only order and identity matter, so
// that a plan need not know the time at which it is carried out.
var began = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// group is what the alerts of one case have in common, and those that were made so far.
type group struct {
	labels model.LabelSet
	clock  time.Time
	made   int
	alerts []Alert
}

func newGroup(token, name, service, severity string, number int) group {
	return group{
		labels: model.LabelSet{
			model.AlertNameLabel: model.LabelValue(name), "service": model.LabelValue(service),
			"severity": model.LabelValue(severity), "case": model.LabelValue(token),
		},
		clock: began.Add(time.Duration(number) * time.Hour),
	}
}

// tick is a moment after all those before.
func (g *group) tick() time.Time {
	g.clock = g.clock.Add(time.Second)
	return g.clock
}

// fire adds alerts that nobody has seen before.
func (g *group) fire(count int) {
	at := g.tick()
	for range count {
		g.made++
		labels := maps.Clone(g.labels)
		labels["instance"] = model.LabelValue(fmt.Sprintf("node-%03d:9090", g.made))
		g.alerts = append(g.alerts, Alert{
			Labels: labels, StartsAt: at,
			Annotations: model.LabelSet{"summary": model.LabelValue(fmt.Sprintf("%s of %s, %s, alert %d", labels[model.AlertNameLabel], labels["service"], labels["case"], g.made))},
		})
	}
}

// refire has the first alert of the group fire anew: another occurrence of the same.
func (g *group) refire() {
	again := g.alerts[0]
	again.StartsAt, again.EndsAt = g.tick(), time.Time{}
	g.alerts = []Alert{again}
}

// resolve ends the last alerts that fire, as many as asked for.
func (g *group) resolve(count int) {
	at := g.tick()
	alerts := make([]Alert, len(g.alerts))
	copy(alerts, g.alerts)
	for i := len(alerts) - 1; i >= 0 && count > 0; i-- {
		if alerts[i].Firing() {
			alerts[i].EndsAt = at
			count--
		}
	}
	g.alerts = alerts
}

// firing counts the alerts that fire.
func (g *group) firing() int {
	n := 0
	for _, a := range g.alerts {
		if a.Firing() {
			n++
		}
	}
	return n
}

// notify is the group as Alertmanager notifies of it: what fires, and what has resolved
// since the notification before.
func (g *group) notify() []Alert {
	all := append([]Alert{}, g.alerts...)
	var left []Alert
	for _, a := range g.alerts {
		if a.Firing() {
			left = append(left, a)
		}
	}
	if len(left) > 0 {
		g.alerts = left
	}
	return all
}

// Body is the delivery as Alertmanager sends it: its webhook's version 4, with the fields
// in the order of Alertmanager 0.25
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
func (d Deliver) Body() ([]byte, error) {
	type alert struct {
		Status       string         `json:"status"`
		Labels       model.LabelSet `json:"labels"`
		Annotations  model.LabelSet `json:"annotations"`
		StartsAt     time.Time      `json:"startsAt"`
		EndsAt       time.Time      `json:"endsAt"`
		GeneratorURL string         `json:"generatorURL"`
		Fingerprint  string         `json:"fingerprint"`
	}
	body := struct {
		Receiver          string         `json:"receiver"`
		Status            string         `json:"status"`
		Alerts            []alert        `json:"alerts"`
		GroupLabels       model.LabelSet `json:"groupLabels"`
		CommonLabels      model.LabelSet `json:"commonLabels"`
		CommonAnnotations model.LabelSet `json:"commonAnnotations"`
		ExternalURL       string         `json:"externalURL"`
		Version           string         `json:"version"`
		GroupKey          string         `json:"groupKey"`
		TruncatedAlerts   int            `json:"truncatedAlerts"`
	}{
		Receiver: "muster", Status: "resolved", Version: "4", ExternalURL: "http://alertmanager.example.com:9093",
		GroupLabels: model.LabelSet{}, CommonLabels: maps.Clone(d.Alerts[0].Labels), CommonAnnotations: maps.Clone(d.Alerts[0].Annotations),
	}
	for _, name := range []model.LabelName{model.AlertNameLabel, "case", "service"} {
		body.GroupLabels[name] = d.Alerts[0].Labels[name]
	}
	body.GroupKey = "{}:" + body.GroupLabels.String()
	for _, a := range d.Alerts {
		status := "resolved"
		if a.Firing() {
			status, body.Status = "firing", "firing"
		}
		body.Alerts = append(body.Alerts, alert{
			Status: status, Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt, EndsAt: a.EndsAt,
			GeneratorURL: "http://prometheus.example.com:9090/graph?" + url.Values{"g0.expr": {string(a.Labels[model.AlertNameLabel])}}.Encode(),
			Fingerprint:  a.Fingerprint(),
		})
		keepCommon(body.CommonLabels, a.Labels)
		keepCommon(body.CommonAnnotations, a.Annotations)
	}
	return json.Marshal(body)
}

func keepCommon(common, of model.LabelSet) {
	maps.DeleteFunc(common, func(name model.LabelName, value model.LabelValue) bool { return of[name] != value })
}
