package activities

import (
	"cmp"
	"context"
	"fmt"

	"muster/incident"
)

const (
	noMetrics = "there is no Prometheus to ask: set MUSTER_PROMETHEUS_URL"
	// maxValues bounds how many values of a query are kept by their names.
	maxValues = 50
)

// queryMetric asks for the values of now.
func (a *Activities) queryMetric(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Metrics == nil {
		return incident.Outcome{}, final(noMetrics)
	}
	samples, err := a.Metrics.Query(ctx, e.text("query"))
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	if len(samples) == 0 {
		return incident.Outcome{Text: "no value", Output: map[string]any{"count": 0, "values": map[string]any{}}}, nil
	}
	largest, smallest := samples[0].Value, samples[len(samples)-1].Value
	values := map[string]any{}
	for _, s := range samples[:min(len(samples), maxValues)] {
		values[s.Name] = s.Value
	}
	text := incident.FormatValue(largest)
	if len(samples) > 1 {
		text = fmt.Sprintf("%d values from %s to %s", len(samples), incident.FormatValue(smallest), text)
	}
	return incident.Outcome{
		Text:   text,
		Output: map[string]any{"value": largest, "min": smallest, "count": len(samples), "values": values},
	}, nil
}

// collectMetric keeps what a metric did.
func (a *Activities) collectMetric(ctx context.Context, e call) (incident.Outcome, error) {
	if a.Metrics == nil {
		return incident.Outcome{}, final(noMetrics)
	}
	m, err := a.Metrics.Range(ctx, e.text("query"), e.duration("last"))
	if err != nil {
		return incident.Outcome{}, vendorError(err)
	}
	m.Query, m.Unit = e.text("query"), e.text("unit")
	m.Title = cmp.Or(e.text("title"), m.Query)
	if len(m.Series) == 0 {
		return incident.Outcome{Text: "no values in the last " + e.text("last"), Output: map[string]any{}}, nil
	}
	// The timeline tells of the measurement itself.
	return incident.Outcome{Measurement: &m, Output: extremes(m)}, nil
}

// extremes are the outputs of a measurement.
func extremes(m incident.Measurement) map[string]any {
	output := map[string]any{}
	note := func(name string, value float64, better bool) {
		if _, known := output[name]; !known || better {
			output[name] = value
		}
	}
	for _, s := range m.Series {
		if last, ok := s.Last(); ok {
			known, _ := output["last"].(float64)
			note("last", last, last > known)
		}
		for _, v := range s.Values {
			if v != nil {
				low, _ := output["min"].(float64)
				high, _ := output["max"].(float64)
				note("min", *v, *v < low)
				note("max", *v, *v > high)
			}
		}
	}
	return output
}
