package webhook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"muster/config"
	"muster/incident"
	"muster/store"
)

// Alertmanager is the source for Prometheus Alertmanager's webhook, version 4 of its
// body (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
// Each alert of a delivery becomes an item of kind [store.KindAlert] whose body is
// an [AlertReport]. The subject is the receiver and the group: alerts of one group belong
// to one incident.
func Alertmanager(token config.Secret) Source {
	return Source{Name: alertmanagerName, Verify: bearer(token), Parse: parseAlertmanager}
}

const alertmanagerName = "alertmanager"

// AlertReport is the body of an inbox item of kind [store.KindAlert].
type AlertReport struct {
	incident.Alert
	// GroupLabels are the labels that all alerts of the group share by definition;
	// they name what an incident is about better than one alert does.
	GroupLabels map[string]string `json:"group_labels,omitzero"`
}

// alertmanagerVersion is the only version that Alertmanager has sent since 0.5.
const alertmanagerVersion = "4"

type alertmanagerDelivery struct {
	Version     string              `json:"version"`
	Receiver    string              `json:"receiver"`
	GroupKey    string              `json:"groupKey"`
	GroupLabels map[string]string   `json:"groupLabels"`
	Alerts      []alertmanagerAlert `json:"alerts"`
}

type alertmanagerAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

func parseAlertmanager(body []byte) ([]store.Item, error) {
	var delivery alertmanagerDelivery
	if err := decode("", body, &delivery); err != nil {
		return nil, cmp.Or(misplaced(body), err)
	}
	switch {
	case delivery.Version != alertmanagerVersion:
		return nil, malformed("version", "must be %q, the version of Alertmanager's webhook body that Muster reads, not %q",
			alertmanagerVersion, delivery.Version)
	case delivery.GroupKey == "":
		return nil, malformed("groupKey", "is missing; without it the alerts belong to no group")
	case len(delivery.Alerts) == 0:
		return nil, malformed("alerts", "holds no alert; Alertmanager always sends one at least")
	}
	subject := identifier(delivery.Receiver, delivery.GroupKey)
	items := make([]store.Item, len(delivery.Alerts))
	for i, in := range delivery.Alerts {
		alert, problem := parseAlert(in)
		if problem != nil {
			problem.Place = fmt.Sprintf("alerts[%d].%s", i, problem.Place)
			return nil, problem
		}
		report, err := json.Marshal(AlertReport{Alert: alert, GroupLabels: delivery.GroupLabels})
		if err != nil {
			return nil, malformed(fmt.Sprintf("alerts[%d]", i), "cannot be kept: %v", err)
		}
		state := "firing"
		if !alert.Firing() {
			state = "resolved"
		}
		items[i] = store.Item{
			Kind: store.KindAlert, Subject: subject, Body: report,
			Key: identifier(state, alert.StartsAt.Format(time.RFC3339Nano), alert.Fingerprint, subject),
		}
	}
	return items, nil
}

// misplaced says which alert of a delivery is not as it should be, where it is one: the
// decoder tells the field, but not of which alert. It is for deliveries that are refused.
func misplaced(body []byte) error {
	var delivery struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	if err := json.Unmarshal(body, &delivery); err != nil {
		return nil //nolint:nilerr // it is no alert then, and the caller has the error
	}
	for i, raw := range delivery.Alerts {
		var alert alertmanagerAlert
		if err := decode(fmt.Sprintf("alerts[%d]", i), raw, &alert); err != nil {
			return err
		}
	}
	return nil
}

// parseAlert reads one alert; the place of what is wrong with it is one within the alert.
// Alertmanager gives a firing alert the zero time as its end.
func parseAlert(in alertmanagerAlert) (incident.Alert, *MalformedError) {
	if len(in.Labels) == 0 {
		return incident.Alert{}, malformed("labels", "holds no label; labels are what identifies an alert")
	}
	startsAt, problem := parseMoment("startsAt", in.StartsAt)
	if problem != nil {
		return incident.Alert{}, problem
	}
	alert := incident.Alert{
		Fingerprint: in.Fingerprint, Labels: in.Labels, Annotations: in.Annotations,
		StartsAt: startsAt, URL: in.GeneratorURL, Source: alertmanagerName,
	}
	if alert.Fingerprint == "" {
		alert.Fingerprint = fingerprint(in.Labels)
	}
	alert.Name = cmp.Or(in.Labels["alertname"], "Alert "+alert.Fingerprint)
	alert = bounded(alert)
	switch in.Status {
	case "firing":
	case "resolved":
		if alert.ResolvedAt, problem = parseMoment("endsAt", in.EndsAt); problem != nil {
			return incident.Alert{}, problem
		}
	default:
		return incident.Alert{}, malformed("status", "must be firing or resolved, not %q", in.Status)
	}
	return alert, nil
}

// parseMoment reads a time that must be given. The zero time is how Alertmanager
// writes a time that it does not have.
func parseMoment(place, text string) (time.Time, *MalformedError) {
	if text == "" {
		return time.Time{}, malformed(place, "is missing")
	}
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, malformed(place, "must be a time as RFC 3339 writes it, such as 2006-01-02T15:04:05Z, not %q", text)
	}
	moment = moment.UTC()
	if moment.Year() <= 1 {
		return time.Time{}, malformed(place, "is the zero time")
	}
	if moment.Year() > 9999 {
		return time.Time{}, malformed(place, "lies beyond the year 9999")
	}
	return moment, nil
}
