package main

import (
	"crypto/rand"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"muster/api"
)

// drillLabel tells the drills' alerts from real ones, and one drill from another.
const drillLabel = "drill"

// drillAlertName is the same for all drills, as an alerting rule's name is.
const drillAlertName = "HighErrorRate"

// The statuses of an alert.
const (
	alertFiring   = "firing"
	alertResolved = "resolved"
)

// alertmanagerDelivery is the body of Alertmanager's webhook, version 4, with its
// fields in the order in which Alertmanager 0.25 writes them
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type alertmanagerDelivery struct {
	Receiver          string              `json:"receiver"`
	Status            string              `json:"status"`
	Alerts            []alertmanagerAlert `json:"alerts"`
	GroupLabels       model.LabelSet      `json:"groupLabels"`
	CommonLabels      model.LabelSet      `json:"commonLabels"`
	CommonAnnotations model.LabelSet      `json:"commonAnnotations"`
	ExternalURL       string              `json:"externalURL"`
	Version           string              `json:"version"`
	GroupKey          string              `json:"groupKey"`
	TruncatedAlerts   int                 `json:"truncatedAlerts"`
}

// alertmanagerAlert is one alert of a delivery. EndsAt is the zero time while it fires.
type alertmanagerAlert struct {
	Status       string         `json:"status"`
	Labels       model.LabelSet `json:"labels"`
	Annotations  model.LabelSet `json:"annotations"`
	StartsAt     time.Time      `json:"startsAt"`
	EndsAt       time.Time      `json:"endsAt"`
	GeneratorURL string         `json:"generatorURL"`
	Fingerprint  string         `json:"fingerprint"`
}

// newDrillID names a drill. It is different every time.
func newDrillID() string { return strings.ToLower(rand.Text()[:8]) }

// newDrillAlert is an alert that fires since now.
func newDrillAlert(drill, service, severity string, now time.Time) alertmanagerAlert {
	labels := model.LabelSet{
		model.AlertNameLabel: drillAlertName,
		drillLabel:           model.LabelValue(drill),
		model.JobLabel:       model.LabelValue(service),
		"service":            model.LabelValue(service),
		"severity":           model.LabelValue(severity),
	}
	expression := `sum(rate(http_requests_total{job="` + service + `",code=~"5.."}[5m])) / sum(rate(http_requests_total{job="` + service + `"}[5m])) > 0.05`
	return alertmanagerAlert{
		Status: alertFiring,
		Labels: labels,
		Annotations: model.LabelSet{
			"summary":     model.LabelValue("8 % of the requests to " + service + " fail (drill)"),
			"description": model.LabelValue("This is a drill: nothing is broken. In earnest, more than 5 % of the requests to " + service + " would have failed for five minutes."),
			"runbook_url": "https://runbooks.example.com/high-error-rate",
		},
		StartsAt:     now.UTC().Truncate(time.Millisecond), // Prometheus counts in milliseconds.
		GeneratorURL: "http://prometheus.example.com:9090/graph?" + url.Values{"g0.expr": {expression}, "g0.tab": {"1"}}.Encode(),
		Fingerprint:  labels.Fingerprint().String(),
	}
}

// newDelivery puts alerts that belong to one group into the body that brings them. The
// group is named after the labels by which a route would group, so that an alert finds
// its group again when it resolves.
func newDelivery(alerts ...alertmanagerAlert) alertmanagerDelivery {
	group := model.LabelSet{}
	for _, name := range []model.LabelName{model.AlertNameLabel, drillLabel, "service"} {
		group[name] = alerts[0].Labels[name]
	}
	delivery := alertmanagerDelivery{
		Receiver: "muster", Status: alertResolved, Alerts: alerts,
		GroupLabels: group, CommonLabels: maps.Clone(alerts[0].Labels), CommonAnnotations: maps.Clone(alerts[0].Annotations),
		ExternalURL: "http://alertmanager.example.com:9093", Version: "4", GroupKey: "{}:" + group.String(),
	}
	for _, alert := range alerts {
		if alert.Status == alertFiring {
			delivery.Status = alertFiring
		}
		keepCommon(delivery.CommonLabels, alert.Labels)
		keepCommon(delivery.CommonAnnotations, alert.Annotations)
	}
	return delivery
}

func keepCommon(common, of model.LabelSet) {
	maps.DeleteFunc(common, func(name model.LabelName, value model.LabelValue) bool { return of[name] != value })
}

// resolvedDeliveries bring the news that the drills' alerts of an incident fire no
// more, a body for each group. There is none where no such alert fires.
func resolvedDeliveries(alerts []api.Alert, now time.Time) []alertmanagerDelivery {
	groups := map[string][]alertmanagerAlert{}
	for _, alert := range drillAlerts(alerts) {
		if alert.Status != alertFiring {
			continue
		}
		resolved := alertmanagerAlert{
			Status: alertResolved, Labels: labelSet(alert.Labels), Annotations: labelSet(alert.Annotations),
			StartsAt: alert.StartsAt, EndsAt: now.UTC().Truncate(time.Millisecond),
			GeneratorURL: alert.URL, Fingerprint: alert.Fingerprint,
		}
		key := newDelivery(resolved).GroupKey
		groups[key] = append(groups[key], resolved)
	}
	deliveries := make([]alertmanagerDelivery, 0, len(groups))
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		deliveries = append(deliveries, newDelivery(groups[key]...))
	}
	return deliveries
}

// drillAlerts are those of an incident's alerts that drills have sent.
func drillAlerts(alerts []api.Alert) []api.Alert {
	var drills []api.Alert
	for _, alert := range alerts {
		if alert.Labels[drillLabel] != "" {
			drills = append(drills, alert)
		}
	}
	return drills
}

func labelSet(labels map[string]string) model.LabelSet {
	set := make(model.LabelSet, len(labels))
	for name, value := range labels {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	return set
}
